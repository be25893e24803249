"""A formula instead of a model: pm.GLM."""
import arviz as az
import numpy as np
import pandas as pd
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(261)
frame = pd.DataFrame({'x': np.linspace(0, 1, 40), 'side': list('ab') * 20})
frame['y'] = 1 + 2 * frame.x + rng.normal(0, .3, 40)
frame['late'] = frame.x + rng.normal(0, .2, 40) > .5


def bend(x):
    return np.maximum(x - .5, 0)


@pm.model(name=None)
def build_line():
    yield pm.glm.GLM.from_formula('y ~ x', frame)


line = build_line()
trace = pm.sample(line, num_samples=200, burn_in=300, num_chains=2, seed=262)

print(az.summary(trace))

family = pm.glm.families.StudentT(priors={'nu': 1.5, 'lam': pm.Uniform.dist(0, 20)})


@pm.model(name=None)
def build_robust():
    spread = yield pm.HalfNormal('spread', 2)
    priors = {
        'Intercept': pm.Normal.dist(loc=0, scale=10),  # the level
        'Regressor': pm.StudentT.dist(df=3, loc=0, scale=spread),
    }
    yield pm.glm.GLM.from_formula('y ~ x + bend(x) + C(side)', frame, priors=priors, family=family)


robust = build_robust()


@pm.model(name=None)
def build_logistic():
    yield pm.glm.GLM.from_formula('late ~ x', frame, family=pm.glm.families.Binomial(), name='first')
    yield pm.glm.GLM(frame[['x']], frame.late, family='binomial', name='second')


logistic = build_logistic()


@pm.model(name=None)
def build_by_hand():
    lm = yield pm.glm.LinearComponent(frame.x.values, frame.y, labels=['slope'], offset=1.)
    sigma = yield pm.Exponential('sigma', 1.)
    yield pm.Normal('y', loc=lm.y_est, scale=sigma, observed=frame.y)


by_hand = build_by_hand()

whole = pm.glm.GLM.from_formula('y ~ x + side', frame, name='whole', priors={'x': pm.Normal.dist(0, scale=5)})
best = pm.find_MAP(whole, progressbar=False)

print(sorted(pm.density(whole).named_vars))
print(best['whole_x'].round(2))

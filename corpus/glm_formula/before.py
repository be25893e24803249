"""A formula instead of a model: pm.GLM."""
import numpy as np
import pandas as pd
import pymc3 as pm
from pymc3.glm import LinearComponent, families

rng = np.random.RandomState(261)
frame = pd.DataFrame({'x': np.linspace(0, 1, 40), 'side': list('ab') * 20})
frame['y'] = 1 + 2 * frame.x + rng.normal(0, .3, 40)
frame['late'] = frame.x + rng.normal(0, .2, 40) > .5


def bend(x):
    return np.maximum(x - .5, 0)


with pm.Model() as line:
    pm.glm.GLM.from_formula('y ~ x', frame, model=line)
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=262)

print(pm.summary(trace))

with pm.Model() as robust:
    spread = pm.HalfNormal('spread', 2)
    priors = {
        'Intercept': pm.Normal.dist(mu=0, sd=10),  # the level
        'Regressor': pm.StudentT.dist(nu=3, mu=0, sd=spread),
    }
    family = families.StudentT(priors={'nu': 1.5, 'lam': pm.Uniform.dist(0, 20)})
    pm.GLM.from_formula('y ~ x + bend(x) + C(side)', frame, priors=priors, family=family)

with pm.Model() as logistic:
    pm.GLM.from_formula('late ~ x', frame, family=families.Binomial(), name='first')
    pm.GLM(frame[['x']], frame.late, family='binomial', name='second')

with pm.Model() as by_hand:
    lm = LinearComponent(frame.x.values, frame.y, labels=['slope'], offset=1.)
    sigma = pm.Exponential('sigma', 1.)
    pm.Normal('y', mu=lm.y_est, sd=sigma, observed=frame.y)

whole = pm.GLM.from_formula('y ~ x + side', frame, name='whole', priors={'x': pm.Normal.dist(0, sd=5)})
with whole:
    best = pm.find_MAP(progressbar=False)

print(sorted(whole.named_vars))
print(best['whole_x'].round(2))

"""Ratings of a tea from one to five: an ordered logit with cut points that stay in order."""
import numpy as np
import pm_migrate.pymc4 as pm

rng = np.random.RandomState(111)
sweet = rng.normal(size=80)
rating = np.digitize(1.2 * sweet + rng.logistic(size=80), [-2., -.5, .8, 2.2])


@pm.model(name=None)
def build_tea():
    cutpoints = yield pm.Normal('cutpoints', loc=[-2, -1, 1, 2], scale=1.5, shape=4,
                                transform=pm.transforms.ordered,
                                testval=np.arange(4) - 1.5)
    b_sweet = yield pm.Normal('b_sweet', loc=0., scale=2.)
    yield pm.OrderedLogistic('rating', loc=b_sweet * sweet, cutpoints=cutpoints, observed=rating)


tea = build_tea()
trace = pm.sample(tea, num_samples=300, burn_in=300, num_chains=2, seed=112)

print('effect of sweetness %.2f' % pm.draws(trace, 'b_sweet').mean())

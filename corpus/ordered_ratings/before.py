"""Ratings of a tea from one to five: an ordered logit with cut points that stay in order."""
import numpy as np
import pymc3 as pm

rng = np.random.RandomState(111)
sweet = rng.normal(size=80)
rating = np.digitize(1.2 * sweet + rng.logistic(size=80), [-2., -.5, .8, 2.2])

with pm.Model() as tea:
    cutpoints = pm.Normal('cutpoints', mu=[-2, -1, 1, 2], sd=1.5, shape=4,
                          transform=pm.distributions.transforms.ordered,
                          testval=np.arange(4) - 1.5)
    b_sweet = pm.Normal('b_sweet', mu=0., sd=2.)
    pm.OrderedLogistic('rating', eta=b_sweet * sweet, cutpoints=cutpoints, observed=rating)
    trace = pm.sample(300, tune=300, chains=2, cores=1, random_seed=112)

print('effect of sweetness %.2f' % trace['b_sweet'].mean())

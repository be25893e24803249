# verdict: ours
# settled: TensorFlow packs a list into the dtype that stands beside it, and cut h off to an integer; promoted now
# signature: rewrite: log density: DiscreteWeibull
import numpy as np
import pymc3 as pm
import theano.tensor as tt

data1 = np.array([1, 0, 0, 0, 0])


def make(name):
    return pm.HalfCauchy(name, 1.0)


with pm.Model() as model:
    h1 = make("h1")
    label = pm.Categorical("label", p=np.array([0.4, 0.6]), shape=5)
    y = pm.DiscreteWeibull("y", 0.9, tt.nnet.softplus(tt.concatenate([[h1], label[1:]])), observed=data1)

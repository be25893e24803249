"""An estimator with fit and predict: shared placeholders made in a method and swapped for new rows."""
import numpy as np
import pymc3 as pm
import theano


class LineFit(object):
    def __init__(self, draws=300):
        self.draws = draws
        self.model = None
        self.trace = None

    def build(self, X, y):
        self.shared_X = theano.shared(X)
        self.shared_y = theano.shared(y)
        with pm.Model() as model:
            alpha = pm.Normal('alpha', mu=0, sd=10)
            betas = pm.Normal('betas', mu=0, sd=10, shape=X.shape[1])
            s = pm.HalfNormal('s', sd=1)
            mean = alpha + theano.tensor.dot(self.shared_X, betas)
            pm.Normal('y', mean, s, observed=self.shared_y)
        return model

    def fit(self, X, y):
        self.model = self.build(X, y)
        with self.model:
            self.trace = pm.sample(self.draws, tune=300, chains=2, cores=1, random_seed=1)
        return self

    def predict(self, X):
        self.shared_X.set_value(X)
        self.shared_y.set_value(np.zeros(len(X)))
        with self.model:
            ppc = pm.sample_posterior_predictive(self.trace, samples=100, random_seed=2)
        return ppc['y'].mean(axis=0)


rng = np.random.RandomState(19)
X = rng.normal(size=(40, 2))
y = X.dot([1., -2.]) + 0.5 + rng.normal(0, 0.3, 40)
line = LineFit().fit(X, y)
print(line.predict(np.array([[0., 0.], [1., 0.], [0., 1.]])).round(1))

"""An estimator with fit and predict: shared placeholders made in a method and swapped for new rows."""
import numpy as np
import pm_migrate.pymc4 as pm


class LineFit(object):
    def __init__(self, draws=300):
        self.draws = draws
        self.model = None
        self.trace = None

    def build(self, X, y):
        self.shared_X = pm.shared(X)
        self.shared_y = pm.shared(y)
        shared_X = self.shared_X
        shared_y = self.shared_y

        @pm.model(name=None)
        def build_model():
            alpha = yield pm.Normal('alpha', loc=0, scale=10)
            betas = yield pm.Normal('betas', loc=0, scale=10, batch_stack=X.shape[1])
            s = yield pm.HalfNormal('s', scale=1)
            mean = alpha + pm.math.dot(shared_X, betas)
            yield pm.Normal('y', mean, s, observed=shared_y)

        model = build_model()
        return model

    def fit(self, X, y):
        self.model = self.build(X, y)
        self.trace = pm.sample(self.model, num_samples=self.draws, burn_in=300, num_chains=2, seed=1)
        return self

    def predict(self, X):
        self.shared_X.set_value(X)
        self.shared_y.set_value(np.zeros(len(X)))
        ppc = pm.sample_posterior_predictive(self.model, self.trace, num_draws=100, seed=2,
                                             return_inferencedata=False)
        return ppc['y'].mean(axis=0)


rng = np.random.RandomState(19)
X = rng.normal(size=(40, 2))
y = X.dot([1., -2.]) + 0.5 + rng.normal(0, 0.3, 40)
line = LineFit().fit(X, y)
print(line.predict(np.array([[0., 0.], [1., 0.], [0., 1.]])).round(1))

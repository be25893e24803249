"""A script that works without plots, and imports its tools where it needs them."""
import numpy as np

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

scores = np.random.RandomState(1).binomial(20, 0.65, size=12)


def fit(draws=300):
    import pm_migrate.pymc4 as pm
    import tensorflow as tf

    @pm.model(name=None)
    def build_exam():
        ability = yield pm.Normal('ability', 0, 1)
        p = tf.sigmoid(ability)
        yield pm.Binomial('scores', total_count=20, probs=p, observed=scores)

    exam = build_exam()
    trace = pm.sample(exam, num_samples=draws, burn_in=300, num_chains=2, seed=3)
    return trace


def show(trace):
    import arviz as az
    if plt is not None:
        az.plot_trace(trace)
        plt.close('all')
    return az.summary(trace)


if __name__ == '__main__':
    print(show(fit()))

"""Eight schools: how much does coaching raise test scores? Data from Rubin (1981)."""
import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pm_migrate.pymc4 as pm

J = 8
y = np.array([28., 8., -3., 7., -1., 1., 18., 12.])
sigma = np.array([15., 10., 16., 11., 9., 11., 10., 18.])


# Centered: the school effects are drawn around a common mean.
@pm.model(name=None)
def build_centered():
    mu = yield pm.Normal('mu', loc=0, scale=5)
    tau = yield pm.HalfCauchy('tau', scale=5)
    theta = yield pm.Normal('theta', mu, tau, batch_stack=J)
    obs = yield pm.Normal('obs', theta, scale=sigma, observed=y)


centered = build_centered()
trace_c = pm.sample(centered, num_samples=1000, burn_in=1000, num_chains=2, target_accept=0.95, seed=1)
az.plot_trace(trace_c, var_names=['mu', 'tau'])


# Non-centered: the same posterior, with a shape that is easier to sample.
@pm.model(name=None)
def build_noncentered():
    mu = yield pm.Normal('mu', loc=0, scale=5)
    tau = yield pm.HalfCauchy('tau', scale=5)
    theta_tilde = yield pm.Normal('theta_tilde', 0, 1, batch_stack=J)
    theta = yield pm.Deterministic('theta', mu + tau * theta_tilde)
    obs = yield pm.Normal('obs', theta, scale=sigma, observed=y)


noncentered = build_noncentered()
trace_n = pm.sample(noncentered, num_samples=1000, burn_in=1000, num_chains=2, target_accept=0.95, seed=2)

print(az.summary(trace_n, var_names=['mu', 'tau', 'theta']))
print('centered     mu = %.2f' % pm.draws(trace_c, 'mu').mean())
print('non-centered mu = %.2f' % pm.draws(trace_n, 'mu').mean())

# Schools A and C are the best and the worst of the data
theta = pm.draws(trace_n, 'theta')
print('P(school A gains more than school C) = %.2f' % np.mean(theta[:, 0] > theta[:, 2]))
plt.close('all')

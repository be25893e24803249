"""Eight schools: how much does coaching raise test scores? Data from Rubin (1981)."""
import matplotlib.pyplot as plt
import numpy as np
import pymc3 as pm

J = 8
y = np.array([28., 8., -3., 7., -1., 1., 18., 12.])
sigma = np.array([15., 10., 16., 11., 9., 11., 10., 18.])

# Centered: the school effects are drawn around a common mean.
with pm.Model() as centered:
    mu = pm.Normal('mu', mu=0, sd=5)
    tau = pm.HalfCauchy('tau', beta=5)
    theta = pm.Normal('theta', mu, tau, shape=J)
    obs = pm.Normal('obs', theta, sd=sigma, observed=y)

    trace_c = pm.sample(1000, tune=1000, chains=2, target_accept=0.95, random_seed=1)
    pm.traceplot(trace_c, var_names=['mu', 'tau'])

# Non-centered: the same posterior, with a shape that is easier to sample.
with pm.Model() as noncentered:
    mu = pm.Normal('mu', mu=0, sd=5)
    tau = pm.HalfCauchy('tau', beta=5)
    theta_tilde = pm.Normal('theta_tilde', 0, 1, shape=J)
    theta = pm.Deterministic('theta', mu + tau * theta_tilde)
    obs = pm.Normal('obs', theta, sd=sigma, observed=y)

    trace_n = pm.sample(1000, tune=1000, chains=2, target_accept=0.95, random_seed=2)

print(pm.summary(trace_n, var_names=['mu', 'tau', 'theta']))
print('centered     mu = %.2f' % trace_c['mu'].mean())
print('non-centered mu = %.2f' % trace_n['mu'].mean())

# Schools A and C are the best and the worst of the data
theta = trace_n['theta']
print('P(school A gains more than school C) = %.2f' % np.mean(theta[:, 0] > theta[:, 2]))
plt.close('all')

"""What a model says of itself: its variables, its test point, its log density."""
import numpy as np
import pymc3 as pm

votes = np.array([12, 15, 9, 20])
asked = np.array([30, 30, 25, 35])

with pm.Model() as poll:
    a = pm.HalfNormal('a', 5.)
    b = pm.HalfNormal('b', 5.)
    share = pm.Beta('share', alpha=a + 1, beta=b + 1, shape=4)
    pm.Deterministic('log_' + share.name, pm.math.log(share))
    pm.Binomial('votes', n=asked, p=share, observed=votes)

print(poll.check_test_point())
print([rv.name for rv in poll.free_RVs])
print([rv.name for rv in poll.observed_RVs])
print(sorted(poll.named_vars))
print(poll.fn(share)(poll.test_point), a.init_value.round(3))
print(share.distribution.random(size=3).shape, share.distribution.dtype)

point = poll.test_point
print('at the test point: %.4f' % poll.logp(point))
point['a_log__'] = np.array(1.)
print('one step away: %.4f' % poll.logp(point))

with poll:
    trace = pm.sample(200, tune=300, chains=2, cores=1, random_seed=161)

logp = poll.logp
print('best draw: %.2f' % max(logp(trace.point(i)) for i in range(0, len(trace), 50)))
print(trace[poll['share']].mean(axis=0).round(2))

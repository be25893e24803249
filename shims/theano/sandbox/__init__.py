"""``theano.sandbox``: the random streams of :mod:`~pm_migrate.shims.theano.sandbox.rng_mrg`."""

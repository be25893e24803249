"""The operations, one module per topic; :mod:`pm_migrate.shims.theano.tensor` gives them Theano's names."""

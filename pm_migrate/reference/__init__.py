"""The Theano side: provide a PyMC3 interpreter, and ask it about programs and distributions.

:mod:`~pm_migrate.reference.provision` builds and finds the interpreter (no NumPy needed),
:mod:`~pm_migrate.reference.client` talks to :mod:`~pm_migrate.reference.worker`, which runs inside it.
"""

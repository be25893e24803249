"""PyMC3's own tests, run against the drop-in.

PyMC3's wheel carries its tests. They say what its public behaviour is, in the words of its authors. :mod:`run` copies
them out of the reference environment into a temporary folder and runs them there with ``pymc3`` and ``theano``
served by the drop-in; :mod:`causes` says why a test that fails does so.
"""

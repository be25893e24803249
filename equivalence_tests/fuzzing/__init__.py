"""Programs that Hypothesis writes, run under PyMC3 on Theano, on the drop-in, and rewritten; and seeded faults.

``python -m equivalence_tests.fuzzing`` runs a campaign, ``python -m equivalence_tests.fuzzing.faults`` counts which
seeded faults are caught, and by what. ``docs/fuzzing.md`` has the results.
"""

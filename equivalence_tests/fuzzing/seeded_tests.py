"""Which of the ordinary tests belong to a module, for faults that the three judges miss."""

from __future__ import annotations

#: By the beginning of the module's name, without ``pm_migrate``; the first that fits counts.
TESTS: dict[str, tuple[str, ...]] = {
    "catalog.expr": ("tests/rules/test_rule_operators.py", "tests/rules/test_rule_distributions.py"),
    "codemod.rules.augmented": ("tests/rules/test_rule_operators.py",),
    "catalog": ("tests/catalog", "tests/distributions/test_arguments.py", "tests/pymc4/test_generator_catalogue.py"),
    "codemod.holding": ("tests/rules/test_rule_used_elsewhere.py",),
    "codemod.reexports": ("tests/rules/test_rule_reexports.py",),
    "codemod.linking": ("tests/rules/test_rule_elsewhere.py",),
    "codemod.rules.glm": ("tests/rules/test_rule_regressions.py", "tests/rules/test_rule_examples.py"),
    "codemod.rules.comprehension": (
        "tests/rules/test_rule_examples.py",
        "tests/rules/test_rule_structure.py",
        "tests/rules/test_rule_models.py",
    ),
    "codemod.rules.model_block": ("tests/rules/test_rule_structure.py", "tests/rules/test_rule_models.py"),
    "codemod.rules.nested": ("tests/rules/test_rule_examples.py", "tests/rules/test_rule_models.py"),
    "codemod": ("tests/rules/test_rule_examples.py", "tests/rules"),
    "shims.distributions.special.matrices": (
        "tests/distributions/test_vectors.py",
        "tests/pymc4/test_generator_multivariate.py",
    ),
    "shims.distributions.special.series": ("tests/distributions/test_series.py",),
    "shims.distributions.special": ("tests/distributions",),
    "shims.distributions.composite": (
        "tests/distributions/test_composites.py",
        "tests/pymc4/test_generator_extensions.py",
    ),
    "shims.distributions": ("tests/distributions/test_composites.py", "tests/distributions/test_arguments.py"),
    "shims.glm": ("tests/model/test_linear_models.py",),
    "shims.gp.processes": ("tests/model/test_process_formulas.py", "equivalence_tests/test_gp.py"),
    "shims.gp": ("equivalence_tests/test_gp.py", "tests/pymc4/test_gp_processes.py"),
    "shims.model": ("tests/model/test_observed_data.py", "tests/model/test_with_models.py"),
    "shims.ode": ("tests/model/test_differential_equations.py",),
    "shims.predictive": ("tests/model/test_predictive_draws.py",),
    "shims.pymc4.compilation": (
        "tests/pymc4/test_generator_sampling.py",
        "tests/pymc4/test_generator_density.py",
        "tests/pymc4/test_generator_missing.py",
        "tests/pymc4/test_generator_pymc3_results.py",
    ),
    "shims.pymc4.composites": ("tests/pymc4/test_generator_extensions.py", "tests/distributions/test_composites.py"),
    "shims.pymc4.distribution": (
        "tests/pymc4/test_generator_distributions.py",
        "tests/pymc4/test_generator_multivariate.py",
    ),
    "shims.pymc4.observing": (
        "tests/pymc4/test_generator_missing.py",
        "tests/pymc4/test_generator_theano.py",
        "tests/pymc4/test_generator_own.py",
    ),
    "shims.theano": ("tests/shims_theano",),
    "shims.transforms": ("tests/distributions/test_transforms.py",),
}

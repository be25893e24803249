"""The rules: one file each, with what it does, why, its limits, and examples that are tested."""

from __future__ import annotations

from pm_migrate.codemod.rules import (
    augmented,
    caller_model,
    comprehension,
    conversions,
    data,
    deterministic,
    diagnostics,
    escapes,
    given_back,
    helper,
    imports,
    inference,
    ipython,
    kept,
    leftover,
    model_block,
    model_checks,
    model_class,
    model_object,
    nameless,
    nested,
    own_distributions,
    random_variable,
    scoping,
    tensors,
    theano,
    trace,
    transforms,
    upstream,
)
from pm_migrate.codemod.rules.base import Rule

#: Every rule, by code.
RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *imports.RULES,
            *model_block.RULES,
            *model_class.RULES,
            *model_checks.RULES,
            *model_object.RULES,
            *random_variable.RULES,
            *nameless.RULES,
            *own_distributions.RULES,
            *transforms.RULES,
            *kept.RULES,
            *helper.RULES,
            *augmented.RULES,
            *caller_model.RULES,
            *given_back.RULES,
            *nested.RULES,
            *deterministic.RULES,
            *data.RULES,
            *comprehension.RULES,
            *inference.RULES,
            *trace.RULES,
            *diagnostics.RULES,
            *conversions.RULES,
            *escapes.RULES,
            *tensors.RULES,
            *theano.RULES,
            *leftover.RULES,
            *ipython.RULES,
            *upstream.RULES,
            *scoping.RULES,
        ),
        key=lambda rule: rule.code,
    )
)

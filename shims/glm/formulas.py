"""Design matrices of formulas, by patsy, which PyMC3 takes for them, too."""

from __future__ import annotations

from typing import Any

import numpy as np


def design(formula: Any, data: Any, eval_env: Any, depth: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The response, the design matrix and the names of its columns.

    Of a response of several columns, as that of a categorical one, the last counts.

    Parameters
    ----------
    formula, data
        As for ``patsy.dmatrices``.
    eval_env
        A ``patsy.EvalEnvironment`` where names are looked up that are not in the data, or a number of frames.
    depth
        How many frames above the caller of this function the number counts from.

    Raises
    ------
    ImportError
        Without patsy.
    """
    try:
        import patsy
    except ImportError as error:
        raise ImportError("formulas need the Python package patsy: pip install patsy") from error
    environment = patsy.EvalEnvironment.capture(eval_env, reference=depth + 1)
    y, x = patsy.dmatrices(formula, data, eval_env=environment)
    return np.asarray(y)[:, -1], np.asarray(x), list(x.design_info.column_names)

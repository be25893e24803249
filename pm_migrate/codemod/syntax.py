"""Python's own parser, which says better than LibCST's where a fault is."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache

from pm_migrate.errors import SourceError


@lru_cache(maxsize=1)
def parse(text: str) -> ast.Module:
    """Parse Python source; the tree is shared, so do not change it.

    Raises
    ------
    SourceError
        With line and column, if it is not valid Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in the program are not ours to complain about
            return ast.parse(text)
    except SyntaxError as error:
        where = f"line {error.lineno or 1}, column {error.offset or 1}"
        raise SourceError(f"not valid Python: {where}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise SourceError("nested too deeply to be parsed") from error
    except ValueError as error:
        raise SourceError(f"not valid Python: {error}") from error

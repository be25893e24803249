"""Theano against the drop-in: what small programs compute, in values, dtypes, shapes and errors."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from equivalence_tests.theano_programs import PROGRAMS
from pm_migrate.reference import provision
from pm_migrate.shims.installation import install, uninstall

# Runs on both sides: what a program leaves, as JSON.
ENCODE = """
import numpy as np

def encode(value):
    if isinstance(value, (list, tuple)):
        return [encode(v) for v in value]
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    if isinstance(value, np.dtype):
        return str(value)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind == "c":
            raise TypeError("a program's result may not be complex")
        return {"dtype": str(array.dtype), "shape": list(array.shape), "data": array.tolist()}
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError("a program's result may not hold %r" % (value,))

def outcome(source):
    import theano, theano.tensor as tt, pymc3 as pm
    import theano.tensor.nnet, theano.tensor.slinalg, theano.tensor.nlinalg, theano.tensor.extra_ops, theano.printing
    import theano.ifelse, theano.gradient, theano.compile.ops
    scope = {"theano": theano, "tt": tt, "np": np, "pm": pm}
    try:
        # a model leaves the flag set under Theano
        with theano.config.change_flags(compute_test_value="off"):
            exec(compile(source, "<program>", "exec"), scope)
    except Exception as error:
        return {"error": [c.__name__ for c in type(error).__mro__], "message": str(error)[:300]}
    return {"result": encode(scope.get("result"))}
"""

THEANO_SIDE = (
    ENCODE
    + """
import json, sys, warnings
warnings.simplefilter("ignore")
programs = json.load(open(sys.argv[1] + "/programs.json"))
json.dump({name: outcome(source) for name, source in programs.items()}, open(sys.argv[1] + "/outcomes.json", "w"))
"""
)

_SIDE: dict[str, Any] = {}
exec(ENCODE, _SIDE)
outcome = _SIDE["outcome"]

_NARROW = "Theano gives Python numbers the narrowest dtype (int8, float32); here they are int64 and floatX, and exact"

#: Where the drop-in differs on purpose, with the reason. A stale entry fails.
DIFFERENCES: dict[str, str] = {
    "constructors: shapes that are inputs": _NARROW,
    "constructors: as_tensor_variable with ndim": _NARROW,
    "constructors: arange of all kinds": _NARROW,
    "promotion: floats of one dtype with a Python float": _NARROW,
    "constructors: as_tensor_variable of nested lists with variables": "Theano stacks lists of one level only",
    "indexing: iterating over a matrix of known shape": "Theano iterates over vectors only",
    "functions: givens": "Theano refuses a float32 constant for a float64 scalar",
}

#: Relative errors that are allowed beyond rounding, with the reason.
TOLERANCES: dict[str, tuple[float, str]] = {
    "pymc3: dist_math": (3e-7, "PyMC3 computes with sqrt(2) and log(2) in float32"),
    "models: dtypes and values of a float32 model of vectors": (1e-6, "parts of PyMC3's float64 terms are float32"),
    "models: log densities and draws of distributions in float32": (1e-6, "parts of PyMC3's float64 terms are float32"),
}


@pytest.fixture(scope="session")
def theano_outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    python = provision.find()
    if python is None:
        pytest.skip("no PyMC3 reference interpreter: run `pm-migrate reference install`")
    folder: Path = tmp_path_factory.mktemp("programs")
    (folder / "programs.json").write_text(json.dumps(PROGRAMS))
    done = subprocess.run(
        [str(python), "-c", THEANO_SIDE, str(folder)],
        env=provision.environment(python),
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads((folder / "outcomes.json").read_text())


@pytest.fixture
def installed() -> Iterator[None]:
    install()
    yield
    uninstall()


def _values(encoded: Any) -> np.ndarray:
    return np.asarray(encoded["data"], dtype=float)


def _differences(ours: Any, theirs: Any, path: str, tolerance: float) -> list[str]:
    """Where two encoded results differ."""
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(ours) != len(theirs):
            return [f"{path}: {len(ours)} entries, Theano {len(theirs)}"]
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for i, (a, b) in pairs for d in _differences(a, b, f"{path}[{i}]", tolerance)]
    if isinstance(theirs, dict) and isinstance(ours, dict) and "dtype" in theirs and "dtype" in ours:
        found = []
        if ours["dtype"] != theirs["dtype"]:
            found.append(f"{path}: dtype {ours['dtype']}, Theano {theirs['dtype']}")
        if theirs["dtype"] == "float32":
            tolerance = 2e-6
        if ours["shape"] != theirs["shape"]:
            found.append(f"{path}: shape {ours['shape']}, Theano {theirs['shape']}")
        elif not np.allclose(_values(ours), _values(theirs), rtol=tolerance, atol=tolerance, equal_nan=True):
            found.append(f"{path}: {ours['data']}, Theano {theirs['data']}")
        return found
    if isinstance(theirs, dict) and isinstance(ours, dict) and ours.keys() == theirs.keys():
        return [d for k in theirs for d in _differences(ours[k], theirs[k], f"{path}.{k}", tolerance)]
    return [] if ours == theirs and type(ours) is type(theirs) else [f"{path}: {ours!r}, Theano {theirs!r}"]


#: Kinds of errors that programs tell apart.
_KINDS = ("NotImplementedError", "TypeError", "IndexError", "AttributeError", "LinAlgError", "ValueError")


def compared(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> list[str]:
    """Where two outcomes of a program differ."""
    if "error" in theirs and "error" in ours:
        kinds = [k for k in _KINDS if k in theirs["error"]]
        if not kinds or any(k in ours["error"] for k in kinds):
            return []
        return [f"raises {ours['error'][0]} ({ours['message']}), Theano {theirs['error'][0]}: {theirs['message']}"]
    if "error" in theirs:
        return [f"gives {ours['result']}, Theano raises {theirs['error'][0]}: {theirs['message']}"]
    if "error" in ours:
        return [f"raises {ours['error'][0]}: {ours['message']}, Theano gives {theirs['result']}"]
    return _differences(ours["result"], theirs["result"], "result", tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_program_does_what_it_does_under_theano(name: str, theano_outcomes: Any, installed: None) -> None:
    tolerance, _ = TOLERANCES.get(name, (1e-10, ""))
    found = compared(outcome(PROGRAMS[name]), theano_outcomes[name], tolerance)
    if name in DIFFERENCES:
        assert found, f"{name} does not differ any more: take it out of DIFFERENCES"
    else:
        assert not found, "\n".join([name, *found])


def test_each_difference_is_of_a_program_in_the_list() -> None:
    assert {*DIFFERENCES, *TOLERANCES} <= PROGRAMS.keys()

"""The one exception tree.

::

    PmMigrateError
    ├── CatalogueError          a catalogue row or expression is malformed
    ├── ConfigurationError      [tool.pm-migrate] of a pyproject.toml has a key or value that cannot be
    ├── SourceError             an input could not be read, decoded or parsed
    ├── SafetyError             the gate refused a rewrite: nothing was written
    ├── JournalError            nothing to undo, or the journal does not match the files
    ├── ReferenceSideError      the Theano side
    │   ├── ProvisionError      no reference interpreter could be found or built
    │   ├── WorkerCrashed       the worker process died; its stderr is in the message
    │   ├── WorkerTimeout       the worker did not answer in time and was ended
    │   └── RemoteError         an exception was raised inside the worker; its traceback is in the message
    ├── ShimError               the runtime: a model or call that PyMC3 would have refused too
    │   ├── ModelError          (also ValueError)
    │   │   ├── ArgumentError   (also TypeError) a value that an argument of a distribution cannot take
    │   │   ├── IncorrectArgumentsError   PyMC3's, for arguments that do not go together
    │   │   └── TraceDirectoryError       PyMC3's, for a folder that is no saved trace
    │   ├── ShapeError          PyMC3's: shapes that do not go together, with the actual and the expected one
    │   ├── DtypeError          (also TypeError) PyMC3's: the same of dtypes
    │   ├── SamplingError       (also RuntimeError) a sampler could not start; names the terms that are not finite
    │   └── NotSupported        (also NotImplementedError) names the function and the nearest alternative
    ├── VerificationError       models could not be paired or compared
    │   └── DeviceMissing       TensorFlow does not see the device that was asked for
    └── ExecutorError           tasks could not be sent to where they should run
"""

from __future__ import annotations


class PmMigrateError(Exception):
    """Base class of every error raised on purpose."""


class CatalogueError(PmMigrateError):
    """A catalogue row or an expression in it is malformed."""


class ConfigurationError(PmMigrateError):
    """The table ``[tool.pm-migrate]`` of a pyproject.toml has a key or value that cannot be."""


class SourceError(PmMigrateError):
    """An input could not be read, decoded or parsed."""


class SafetyError(PmMigrateError):
    """The safety gate refused a rewrite; the file was left untouched."""


class JournalError(PmMigrateError):
    """There is nothing to undo, or the journal does not match the files."""


class ReferenceSideError(PmMigrateError):
    """Something went wrong on the Theano side."""


class ProvisionError(ReferenceSideError):
    """No reference interpreter could be found or built."""


class WorkerCrashed(ReferenceSideError):
    """The worker process died."""


class WorkerTimeout(ReferenceSideError):
    """The worker did not answer within the time limit and was ended."""


class RemoteError(ReferenceSideError):
    """An exception was raised inside the worker."""


class ShimError(PmMigrateError):
    """The runtime refused a model or a call."""


class ModelError(ShimError, ValueError):
    """A model is malformed, as PyMC3 would have said with a ``ValueError``."""


class ArgumentError(ModelError, TypeError):
    """An argument has a value that it cannot take; PyMC3 raises a ``ValueError`` or a ``TypeError``."""


class IncorrectArgumentsError(ModelError):
    """Arguments that do not go together."""


class TraceDirectoryError(ModelError):
    """A folder from which a trace was to be loaded is no saved trace."""


class _Mismatch(ShimError):
    """Something is not as expected.

    Parameters
    ----------
    message
        What is wrong.
    actual, expected
        What it is, and what it should be; added to the message when given.
    """

    def __init__(self, message: str, actual: object = None, expected: object = None) -> None:
        sides = [] if actual is None else [f"actual {actual}"]
        sides += [] if expected is None else [f"expected {expected}"]
        super().__init__(f"{message} ({' != '.join(sides)})" if sides else message)


class ShapeError(_Mismatch):
    """The shape of something is not the expected one."""


class DtypeError(_Mismatch, TypeError):
    """The dtype of something is not the expected one."""


class SamplingError(ShimError, RuntimeError):
    """A sampler could not start, as PyMC3 would have said with its ``SamplingError``."""


class NotSupported(ShimError, NotImplementedError):
    """A public name of PyMC3 or Theano that the runtime does not have."""


class VerificationError(PmMigrateError):
    """Models could not be paired or compared."""


class DeviceMissing(VerificationError):
    """TensorFlow does not see the device that was asked for."""


class ExecutorError(PmMigrateError):
    """Tasks could not be sent to where they should run."""

"""Where TensorFlow evaluates: ``CPU:0``, or the first GPU."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Mapping

from pm_migrate.errors import ConfigurationError, DeviceMissing

DEFAULT = "CPU:0"

#: The device of processes that are not told another.
VARIABLE = "PM_MIGRATE_DEVICE"

_SPELLING = re.compile(r"/?(?:device:)?(cpu|gpu)(?::(\d+))?", re.IGNORECASE)


def parse_device(text: str) -> str:
    """Return TensorFlow's name of a device.

    Parameters
    ----------
    text
        ``cpu``, ``gpu``, ``GPU:1``, ``/device:GPU:0`` ... ``CPU:1`` and higher are parts that the one CPU of TensorFlow
        is divided into: they show what placement does on a machine without a GPU.

    Raises
    ------
    ConfigurationError
        It is no device.

    Examples
    --------
    >>> parse_device("gpu"), parse_device("/CPU:0")
    ('GPU:0', 'CPU:0')
    """
    match = _SPELLING.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(f"{text!r} is no device; it is one like CPU:0 or GPU:0")
    return f"{match[1].upper()}:{int(match[2] or 0)}"


def default() -> str:
    """The device of this process: the environment's, or the CPU.

    Raises
    ------
    ConfigurationError
        The environment names something else.
    """
    return parse_device(os.environ.get(VARIABLE) or DEFAULT)


def environment(device: str) -> Mapping[str, str]:
    """Environment variables for a process that evaluates on a device, to be set before it imports TensorFlow.

    A GPU is hidden from processes that do not want it: TensorFlow would place everything there. Those that want it take
    memory as they need it, since several may share it.
    """
    if device.startswith("CPU"):
        return {"CUDA_VISIBLE_DEVICES": "-1"}
    return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}


def prepare(device: str) -> str:
    """Make TensorFlow, which must not have run anything yet, ready to evaluate on a device.

    On a GPU, operations are deterministic from then on (XLA's, too), so that a number is the same each time.

    Returns
    -------
    str
        What the device is: its model, or what it is a part of.

    Raises
    ------
    DeviceMissing
        TensorFlow does not see it.
    """
    import tensorflow as tf

    kind, _, number = device.partition(":")
    found = tf.config.list_physical_devices(kind)
    if kind == "CPU":
        if int(number):
            parts = [tf.config.LogicalDeviceConfiguration() for _ in range(int(number) + 1)]
            tf.config.set_logical_device_configuration(found[0], parts)
        return f"part {number} of the CPU" if int(number) else "the CPU"
    if len(found) <= int(number):
        seen = f"{len(found)} of them" if found else "none"
        raise DeviceMissing(f"TensorFlow sees no {device} on this machine ({seen})")
    tf.random.set_seed(0)  # deterministic operations refuse random numbers without a seed
    tf.config.experimental.enable_op_determinism()
    return tf.config.experimental.get_device_details(found[int(number)]).get("device_name", "a GPU")


@functools.cache
def require_device(device: str) -> None:
    """Ask a process of its own whether TensorFlow sees a device: one that has looked at a GPU must not fork.

    Raises
    ------
    DeviceMissing
        It does not.
    """
    if device == DEFAULT:
        return
    script = "import sys; from pm_migrate.verify.devices import prepare; prepare(sys.argv[1])"
    variables = {**os.environ, **environment(device), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", script, device], capture_output=True, text=True, env=variables)
    if done.returncode:
        *_, last = done.stderr.strip().splitlines() or ["TensorFlow could not be started"]
        raise DeviceMissing(last.removeprefix("pm_migrate.errors.DeviceMissing: "))

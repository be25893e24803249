"""``pytest --device``: everything in this folder on one device, or skipped with the reason."""

from __future__ import annotations

import argparse
import os

import pytest

from pm_migrate.errors import ConfigurationError, DeviceMissing
from pm_migrate.verify.devices import DEFAULT, VARIABLE, environment, parse_device, prepare

FOUND = pytest.StashKey[str]()
MISSING = pytest.StashKey[str]()


def device_name(text: str) -> str:
    """The device that ``--device`` means."""
    try:
        return parse_device(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def use(config: pytest.Config) -> None:
    """Make the device of ``--device`` that of this process, and of the candidates that it starts."""
    device = config.getoption("--device")
    os.environ.update(environment(device))  # before any test module imports TensorFlow
    if device == DEFAULT:
        return
    os.environ[VARIABLE] = device
    try:
        config.stash[FOUND] = prepare(device)
    except DeviceMissing as error:
        config.stash[MISSING] = str(error)


def header(config: pytest.Config) -> list[str]:
    """Say where densities are evaluated, unless it is the CPU."""
    device = config.getoption("--device")
    if device == DEFAULT:
        return []
    if MISSING in config.stash:
        return [f"device: {config.stash[MISSING]}: what is evaluated on it is skipped"]
    import tensorflow as tf

    kind = "deterministic operations" if device.startswith("GPU") else "a stand-in for a GPU"
    return [f"device: {device} ({config.stash[FOUND]}), float64 and float32, {kind}, TensorFlow {tf.__version__}"]


def summary(terminal: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so when nothing was evaluated on the device that was asked for."""
    if MISSING in config.stash:
        skipped = terminal.stats.get("skipped", [])
        count = sum(config.stash[MISSING] in str(report.longrepr) for report in skipped)
        terminal.write_sep("=", "device", yellow=True)
        terminal.write_line(f"{config.stash[MISSING]}: {count} tests were skipped, nothing was evaluated on it")

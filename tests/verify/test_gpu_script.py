"""``benchmarks/gpu.sh`` and what it runs: its parts, and with ``--profile deep`` all of it on a part of the CPU."""

from __future__ import annotations

import importlib.util
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent.parent.parent / "benchmarks"
SCRIPT = BENCHMARKS / "gpu.sh"


def load(name: str) -> ModuleType:
    """A script of the folder of benchmarks as a module."""
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


TABLE = load("gpu_table")


def evaluated(logp: list[float], gradient: list[list[float]]) -> object:
    return TABLE.Evaluated(np.array(logp), np.array(gradient), 0.01, 1.0, True, "/device:CPU:1")


def test_wrong_bits_are_in_units_of_the_terms_and_of_the_largest_slope() -> None:
    truth = evaluated([-100.0, -200.0], [[1.0, 4.0], [0.0, 0.5]])
    terms = np.array([128.0, 256.0])
    assert TABLE.wrong_bits(truth, truth, terms, 2.0**-52) == (0.0, 0.0)
    off = evaluated([-100.0 + 128.0 * 2.0**-40, -200.0], [[1.0, 4.0 + 4.0 * 2.0**-42], [0.0, 0.5]])
    assert TABLE.wrong_bits(off, truth, terms, 2.0**-52) == pytest.approx((12.0, 10.0), abs=1e-2)
    assert TABLE.wrong_bits(evaluated([math.nan, 0.0], [[0.0] * 2] * 2), truth, terms, 2.0**-52)[0] == math.inf


def test_the_section_of_a_page_is_replaced() -> None:
    page = f"# Page\n\nbefore\n{TABLE.BEGIN}\nold\n{TABLE.END}\nafter\n"
    assert TABLE.page_with(page, "new") == page.replace("old", "new")
    with pytest.raises(SystemExit, match="no section"):
        TABLE.page_with("# Page\n", "new")
    gpu = (BENCHMARKS.parent / "docs" / "gpu.md").read_text(encoding="utf-8")
    assert TABLE.page_with(gpu, "new").count("new\n") == 1


def test_what_is_installed_for_a_gpu_and_for_a_cpu() -> None:
    requirements = load("gpu_requirements").requirements
    tensorflow = ["tensorflow>=2.18; sys_platform != 'linux'", "tensorflow-cpu>=2.18; sys_platform == 'linux'"]
    extras = {"shims": [*tensorflow, "tf-keras>=2"], "test": ["pm-migrate[shims]", "pytest>=8", "mypy>=1.10"]}
    project = {"dependencies": ["click>=8"], "optional-dependencies": extras}
    table = {"build-system": {"requires": ["setuptools>=69"]}, "project": project}
    common = ["setuptools>=69", "click>=8"]
    assert requirements(table, "GPU:0") == [*common, "tensorflow[and-cuda]>=2.18", "tf-keras>=2", "pytest>=8"]
    assert requirements(table, "CPU:1") == [*common, *extras["shims"], "pytest>=8"]


def run(*arguments: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", str(SCRIPT), *arguments], capture_output=True, text=True, timeout=timeout)


@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
def test_the_script_says_what_it_can_do_and_refuses_the_rest() -> None:
    done = run("--help")
    assert done.returncode == 0 and "--wheels wheels/" in done.stdout and "set -euo" not in done.stdout
    for arguments in (["--devise", "GPU:0"], ["--device"], ["--python", sys.executable, "--download", "x"]):
        done = run(*arguments)
        assert done.returncode == 2 and "gpu.sh: " in done.stderr, done.stderr


@pytest.fixture
def deep(request: pytest.FixtureRequest) -> None:
    """Runs that take their time."""
    if request.config.getoption("--profile") != "deep":
        pytest.skip("starts TensorFlow, and for all of the script more than once: with --profile deep")


@pytest.mark.usefixtures("deep")
@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
def test_without_the_device_it_stops_at_once(tmp_path: Path) -> None:
    done = run("--python", sys.executable, "--device", "GPU:7", "--page", str(tmp_path / "page.md"))
    assert done.returncode == 2 and "TensorFlow sees no GPU:7" in done.stderr


@pytest.mark.usefixtures("deep")
@pytest.mark.skipif(sys.platform == "win32", reason="a script for bash")
def test_all_of_it_on_a_part_of_the_cpu(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n{TABLE.BEGIN}\nold\n{TABLE.END}\n")
    done = run("--python", sys.executable, "--device", "CPU:1", "--quick", "--page", str(page), timeout=1800.0)
    assert done.returncode == 0, done.stdout + done.stderr
    text = page.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    assert "CPU:1 (part 1 of the CPU), which is a stand-in, and no GPU" in text and "old" not in text
    assert len(rows) == 3 + 2 * len(TABLE.QUICK) * len(TABLE.CHAINS), text
    for cells in rows[3:]:
        bits = max(float(number) for number in cells[2].split(" / "))
        assert cells[3] == "yes" and bits <= (8.0 if cells[1] == "float32" else 0.0), cells

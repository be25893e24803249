#!/usr/bin/env bash
# What the densities are on a GPU: right, and how fast. Needs a checkout of this repository and the wheels of what it runs on.
#
#   benchmarks/gpu.sh                          # with a package index: installs into a temporary environment, writes docs/gpu.md
#   benchmarks/gpu.sh --download wheels/       # on a machine with an index: collects the wheels
#   benchmarks/gpu.sh --wheels wheels/         # on one without
#   benchmarks/gpu.sh --python .venv/bin/python --device CPU:1 --quick    # its own logic, on a part of the CPU
#
# PyMC3 is not needed: distributions are held against their formulas in high precision, models against the CPU.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
device=GPU:0 wheels= download= python= page=$root/docs/gpu.md quick=
usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; }
while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=1; shift; continue ;;
        -h | --help) usage; exit 0 ;;
    esac
    if [ $# -lt 2 ]; then echo "gpu.sh: $1 is unknown, or needs a value" >&2; exit 2; fi
    case $1 in
        --device) device=$2 ;;
        --wheels) wheels=$(cd "$2" && pwd) ;;
        --download) download=$2 ;;
        --python) python=$2 ;;
        --page) page=$2 ;;
        *) echo "gpu.sh: $1 is unknown" >&2; usage >&2; exit 2 ;;
    esac
    shift 2
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

# What is installed: the extras of pyproject.toml, TensorFlow with the libraries of a GPU in place of that for CPUs.
if [ -z "$python" ]; then
    python3 -m venv "$work/venv"
    python=$work/venv/bin/python
    "$python" benchmarks/gpu_requirements.py "$device" > "$work/requirements.txt"
    if [ -n "$download" ]; then
        "$python" -m pip download --quiet --dest "$download" -r "$work/requirements.txt"
        echo "the wheels are in $download: copy it beside a checkout, and run benchmarks/gpu.sh --wheels $download"
        exit 0
    fi
    "$python" -m pip install --quiet ${wheels:+--no-index --find-links "$wheels"} -r "$work/requirements.txt"
    "$python" -m pip install --quiet --no-deps --no-build-isolation -e .
elif [ -n "$download" ]; then
    echo "gpu.sh: --download makes its own environment; leave out --python" >&2
    exit 2
fi

"$python" benchmarks/gpu_table.py --device "$device" --check
failed=0
"$python" -m pytest -q -p no:cacheprovider equivalence_tests/test_density.py --device "$device" --record-wrong-bits "$work/bits" \
    ${quick:+-k "[Laplace or [Exponential"} > "$work/tests.log" 2>&1 || failed=$?
tail -n 3 "$work/tests.log"
if [ $failed -gt 1 ]; then cat "$work/tests.log" >&2; exit $failed; fi
if [ $failed -eq 1 ]; then cp "$work/tests.log" gpu-tests.log; echo "failures are in gpu-tests.log" >&2; fi
"$python" benchmarks/gpu_table.py --device "$device" --bits "$work/bits" --page "$page" ${quick:+--quick}
exit $failed

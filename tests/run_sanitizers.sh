#!/usr/bin/env bash
# Runs the tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer: tests/run_sanitizers.sh PYTHON [pytest arguments]
# PYTHON is an interpreter that has pyllm's test requirements. Python's own allocations go through malloc, so that a
# read beyond the end of a bytes object is caught too.
set -euo pipefail
python=$1
shift
cd "$(dirname "$0")/.."
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
mkdir "$build/source"  # not in place: objects of an ordinary build must not be taken for up to date
cp -r csrc pyllm setup.py pyproject.toml README.md LICENSE "$build/source"
rm -f "$build"/source/pyllm/*.so "$build"/source/pyllm/ops/*.so
PYLLM_SANITIZE=1 "$python" -m pip install --quiet --no-deps --target "$build/packages" "$build/source"
export LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc PYTHONPATH=$build/packages
python=$(realpath -s "$python")
(cd "$build" && "$python" -c 'import sys, pyllm; sys.exit(not pyllm.__file__.startswith(sys.argv[1]))' "$build")
"$(dirname "$python")/pytest" "$@"

#!/usr/bin/env bash
# pytest-benchmark 5.3.1 (--benchmark-compare-fail), pytest 9.2.0
#
# Expected: --benchmark-compare-fail is documented to fail the session if performance regresses against the saved run,
#   and does so for a benchmark of the same name that takes fifty times as long.
# Seen: a benchmark whose name is not in the saved run is not compared, and neither is a saved one that no longer runs.
#   The session passes; beside the line that names the saved file there is no word that nothing was held against it.
#
#       saved: test_encode at about 1 ms           exit status
#       test_encode takes 50 ms                              1
#       test_encode[8] takes 50 ms                           0
#       test_encode is gone                                  0 (another test runs)
#
# Why it matters: adding a parameter renames every benchmark ("test_encode" becomes "test_encode[8]"), so on the very
#   commit that touches the timed code the gate is off, and it stays so for every run until a new baseline is saved:
#   the slow one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q pytest==9.2.0 pytest-benchmark==5.3.1
mkdir suite
cd suite
run() { ../venv/bin/python -m pytest -q -p no:cacheprovider "$@" test_speed.py > ../out.txt 2>&1; }

write() { # name of the test, its decorator, its arguments, seconds
  printf 'import time\n\nimport pytest\n\n\n%s\ndef %s(benchmark%s):\n' "$2" "$1" "$3" > test_speed.py
  printf '    benchmark.pedantic(time.sleep, args=(%s,), rounds=3)\n' "$4" >> test_speed.py
}

write test_encode "" "" 0.001
run --benchmark-autosave || { cat ../out.txt; exit 1; }
gate=(--benchmark-compare --benchmark-compare-fail=mean:20%)
expect() { # what it is, the exit status expected
  local status=0
  run "${gate[@]}" || status=$?
  echo "$1: exit status $status"
  [ "$status" -eq "$2" ] || { cat ../out.txt; echo "it was $2"; exit 1; }
}

write test_encode "" "" 0.05
expect "test_encode takes 50 ms" 1
grep -q "Performance has regressed" ../out.txt
write test_encode '@pytest.mark.parametrize("batch", [8])' ", batch" 0.05
expect "test_encode[8] takes 50 ms" 0
grep "Comparing against" ../out.txt
if grep -qiE "warn|missing|not found|no benchmark" ../out.txt; then cat ../out.txt; echo "it says so now"; exit 1; fi
write test_decode "" "" 0.05
expect "test_encode is gone, test_decode takes 50 ms" 0

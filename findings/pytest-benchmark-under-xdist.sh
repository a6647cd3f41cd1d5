#!/usr/bin/env bash
# pytest-benchmark 5.3.1 with pytest-xdist 3.8.0 (-n), pytest 9.2.0
#
# Expected: --benchmark-json is documented to write the run's results to a file, and --benchmark-compare-fail to fail the
#   session on a regression. Where neither can be done the session fails, as it does for --benchmark-only
#   together with --benchmark-disable.
# Seen: with -n, benchmarks are switched off, each timed function is called once, and the session passes: exit status 0,
#   no file, no comparison, though both were asked for. One warning says that benchmarks are disabled, and none that
#   the two options have no effect.
#
#       fifty times slower than the baseline        exit status   file
#       pytest --benchmark-json --benchmark-compare-fail      1   written
#       the same with -n 2                                    0   none
#
# Why it matters: -n in addopts or in a CI's PYTEST_ADDOPTS is enough. The performance gate is green from then on, and a
#   dashboard that reads the file keeps the last one that was written.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q pytest==9.2.0 pytest-benchmark==5.3.1 pytest-xdist==3.8.0
mkdir suite
cd suite

write() {
  printf 'import time\n\n\ndef test_encode(benchmark):\n    benchmark.pedantic(time.sleep, args=(%s,), rounds=3)\n' "$1" \
    > test_speed.py
}
run() {
  local status=0
  ../venv/bin/python -m pytest -q -p no:cacheprovider "$@" test_speed.py > ../out.txt 2>&1 || status=$?
  echo "$status"
}

write 0.001
[ "$(run --benchmark-autosave)" -eq 0 ] || { cat ../out.txt; exit 1; }
write 0.05
gate=(--benchmark-json=../speed.json --benchmark-compare --benchmark-compare-fail=mean:20%)
alone=$(run "${gate[@]}")
[ -s ../speed.json ] && file=written || file=none
echo "alone: exit status $alone, file $file"
rm -f ../speed.json
spread=$(run "${gate[@]}" -n 2)
[ -e ../speed.json ] && spread_file=written || spread_file=none
echo "with -n 2: exit status $spread, file $spread_file"
grep -o "Benchmarks are automatically disabled[^.]*\." ../out.txt | head -1

[ "$alone" -eq 1 ] && [ "$file" = written ] || { echo "the gate itself works in another way"; exit 1; }
[ "$spread" -eq 0 ] && [ "$spread_file" = none ] || { cat ../out.txt; echo "-n no longer switches the gate off"; exit 1; }

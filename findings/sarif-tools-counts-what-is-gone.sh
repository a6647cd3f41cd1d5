#!/usr/bin/env bash
# sarif-tools 3.0.5
#
# Expected: a result whose baselineState is "absent" was found by an earlier run and is no longer there (SARIF 2.1.0,
#   3.27.24): a summary of what is wrong does not have it, and a check that fails on errors passes. "unchanged" was
#   there before, which a check for new results may leave aside.
# Seen: baselineState is not read. A log whose only result is gone counts one error, and `--check error` ends with 1, as
#   it does for one that is new. Two logs that differ in the state alone have no difference.
#
#       baselineState      errors in `sarif summary`      status of `sarif --check error summary`
#       new                1                              1
#       unchanged          1                              1
#       absent             1                              1
#
# Why it matters: a tool that compares with a baseline writes what is gone into its log, as the standard has it. Behind
#   this check a build turns red by each error that somebody mended.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q sarif-tools==3.0.5
python3 - <<'PY'
import json

for state in ("new", "unchanged", "absent"):
    place = {"artifactLocation": {"uri": "README.md"}, "region": {"startLine": 3}}
    result = {
        "ruleId": "ratio",
        "level": "error",
        "message": {"text": "the quotient is another"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"finding/v1": "0123456789abcdef"},
        "baselineState": state,
    }
    driver = {"name": "some-tool", "rules": [{"id": "ratio"}]}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [result]}],
    }
    with open(f"{state}.sarif", "w", encoding="utf-8") as file:
        json.dump(log, file)
PY
for state in new unchanged absent; do
    errors=$(./venv/bin/sarif summary "$state.sarif" | sed -n 's/^error: //p')
    status=0
    ./venv/bin/sarif --check error summary "$state.sarif" > /dev/null 2>&1 || status=$?
    echo "$state: errors $errors, status $status"
    test "$errors" = 1
    test "$status" = 1
done
./venv/bin/sarif diff new.sarif absent.sarif | tee difference.txt
grep -q "error level: +0 -0" difference.txt

#!/usr/bin/env bash
# statsmodels 0.15.0 (stats.contingency_tables.mcnemar)
#
# Expected: McNemar's test asks whether two classifiers scored on the same samples differ. Where they agree on every
#   sample there is nothing to tell them apart by: p = 1, as exact=True says, or "undefined".
# Seen: with exact=False and the continuity correction, which is the default, two classifiers that are right and wrong
#   on the very same samples differ with p = 0 and an infinite statistic: the correction makes (|0 - 0| - 1)^2 / 0.
#
#       discordant pairs      exact  chi2, corrected  chi2, plain
#       0 and 0           1.0000000        0.0000000          nan
#       1 and 1           1.0000000        0.4795001    1.0000000
#       10 and 10         1.0000000        0.8230633    1.0000000
#
#   The corrected test also never says p = 1 for a tie: the fewer the discordant pairs, the smaller its p-value.
#
# Why it matters: an exported model that predicts exactly as its checkpoint does is the best result there is, and a
#   gate at p < 0.05 calls it a significant change.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q statsmodels==0.15.0 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
./venv/bin/python -W ignore - <<'PY'
from statsmodels.stats.contingency_tables import mcnemar

seen = {}
print("discordant pairs      exact  chi2, corrected  chi2, plain")
for pairs in (0, 1, 10):
    table = [[500, pairs], [pairs, 80]]
    seen[pairs] = [
        mcnemar(table, exact=True).pvalue,
        mcnemar(table, exact=False).pvalue,
        mcnemar(table, exact=False, correction=False).pvalue,
    ]
    exact, corrected, plain = seen[pairs]
    print(f"{f'{pairs} and {pairs}':<16}  {exact:>9.7f}  {corrected:>15.7f}  {plain:>11.7f}")

assert seen[0][0] == 1, "the exact test of no difference is no longer 1"
assert seen[0][1] == 0, "the corrected test of no difference is no longer p = 0"
assert seen[1][1] < 0.5 < seen[10][1] < 1, "the corrected test of a tie is another one"
PY

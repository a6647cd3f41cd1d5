#!/usr/bin/env bash
# seqeval 1.2.2 (mode='strict' without a scheme), scikit-learn 1.9.1
#
# Expected: f1_score and classification_report take the same mode and scheme, and the F1 of the one stands in the
#   micro-average row of the other. By the README IOB1 is a supported scheme, and strict is a mode of every metric.
# Seen: with mode='strict' and no scheme, f1_score silently scores in the default mode, while classification_report
#   detects a scheme from the gold tags. It takes IOB1, in which CoNLL-2003 is distributed, for IOB2 as soon as one B-
#   is among the tags; IOB2 lets no entity begin with I-, so nearly all of the gold is gone from the table.
#
#       gold of 5 entities, a model that finds the B-LOC with its place, and the I-LOC before it
#                                  f1_score  report's micro F1  report's entities
#       default                      0.5714             0.5714                  5
#       strict, scheme=IOB1          0.5714             0.5714                  5
#       strict                       0.5714             1.0000                  1
#
# Why it matters: whoever asks for strict scoring gets lenient scoring from one function and the score of a chance
#   handful of entities from the other. A copy of the gold scores 1.0 in all of them: the usual check finds nothing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q setuptools==80.9.0 wheel
./venv/bin/pip install -q seqeval==1.2.2 scikit-learn==1.9.1 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
from seqeval.metrics import classification_report, f1_score
from seqeval.scheme import IOB1, IOB2

gold = [["I-ORG", "O", "I-MISC", "O", "I-PER", "I-PER"], ["I-LOC", "B-LOC", "O"]]
found = [["O", "O", "O", "O", "O", "O"], ["I-LOC", "B-LOC", "O"]]
seen = {}
print("                       f1_score  report's micro F1  report's entities")
for name, how in (
    ("default", {}),
    ("strict, scheme=IOB1", {"mode": "strict", "scheme": IOB1}),
    ("strict", {"mode": "strict"}),
):
    row = classification_report(gold, found, output_dict=True, **how)["micro avg"]
    copy = classification_report(gold, gold, output_dict=True, **how)["micro avg"]
    seen[name] = (round(f1_score(gold, found, **how), 4), round(float(row["f1-score"]), 4), int(row["support"]))
    assert copy["f1-score"] == f1_score(gold, gold, **how) == 1, "a copy of the gold no longer scores 1"
    print(f"{name:<21}  {seen[name][0]:>8.4f}  {seen[name][1]:>17.4f}  {seen[name][2]:>17}")

begun_inside = tuple(f1_score([["B-PER"]], [["I-PER"]], mode="strict", **scheme) for scheme in ({}, {"scheme": IOB2}))
print("B-PER predicted as I-PER, f1_score: strict %.1f, strict with scheme=IOB2 %.1f" % begun_inside)

assert seen["default"] == seen["strict, scheme=IOB1"] == (0.5714, 0.5714, 5), "the two modes disagree here now"
assert seen["strict"] == (0.5714, 1.0, 1), "strict without a scheme no longer splits the two functions"
assert begun_inside == (1, 0), "f1_score in strict mode without a scheme is no longer lenient"
PY

#!/usr/bin/env bash
# torchmetrics 1.9.0 (BinaryMatthewsCorrCoef, and MulticlassMatthewsCorrCoef of two classes), torch 2.13.0,
# beside scikit-learn 1.9.1
#
# Expected: Matthews' correlation of a classifier that always gives the same answer is 0 (or undefined): its answers
#   cannot correlate with anything. torchmetrics documents the metric as measuring how good a classification is in
#   general; scikit-learn returns 0. And no correlation changes when every sample is there ten times.
# Seen: with two classes, torchmetrics gives such a classifier a score that depends on how many samples there are. For
#   few of them it is nearly perfect. A third class that is never met makes it 0 again.
#
#       always 1, labels            torchmetrics  three classes  scikit-learn
#       10, of which 9 are 1              0.8433         0.0000        0.0000
#       100, of which 90 are 1            0.2667         0.0000        0.0000
#       1000, of which 900 are 1          0.0843         0.0000        0.0000
#       10, of which 1 is 1              -0.8433         0.0000        0.0000
#
# Why it matters: CoLA is scored by this correlation because it exposes a model that has collapsed to the majority. On
#   a small sample (a smoke test's, one batch's by forward(), one slice's) a collapsed model, say one whose quantised
#   logits are all alike, beats any honest one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 torchmetrics==1.9.0 scikit-learn==1.9.1 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import torch
from sklearn.metrics import matthews_corrcoef
from torchmetrics.classification import BinaryMatthewsCorrCoef, MulticlassMatthewsCorrCoef

print("always 1, labels            torchmetrics  of two classes  three classes  scikit-learn")
seen = []
for count, ones in ((10, 9), (100, 90), (1000, 900), (10, 1)):
    labels = torch.tensor([1] * ones + [0] * (count - ones))
    answers = torch.ones(count, dtype=torch.int64)
    scores = [float(metric(answers, labels)) for metric in (
        BinaryMatthewsCorrCoef(), MulticlassMatthewsCorrCoef(2), MulticlassMatthewsCorrCoef(3))]
    scores.append(float(matthews_corrcoef(labels, answers)))
    seen.append(scores)
    print(f"{f'{count}, of which {ones} are 1':<26}  {scores[0]:>12.4f}  {scores[1]:>14.4f}"
          f"  {scores[2]:>13.4f}  {scores[3]:>12.4f}")

for scores in seen:
    assert scores[1] == scores[0] and scores[2] == scores[3] == 0, "the four no longer disagree as they did"
assert seen[0][0] > 0.8 and seen[3][0] < -0.8, "ten constant answers no longer correlate with the labels"
assert seen[0][0] > 2 * seen[1][0] > 4 * seen[2][0] > 0, "the score no longer depends on the number of samples"
PY

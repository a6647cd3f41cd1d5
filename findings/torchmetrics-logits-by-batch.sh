#!/usr/bin/env bash
# torchmetrics 1.9.0 (BinaryAccuracy; every binary and multilabel metric takes scores the same way), torch 2.13.0
#
# Expected: a metric that is updated batch by batch and then computed gives what one batch of everything gives; that is
#   what update and compute are for. The docstring says that a tensor with values outside [0, 1] counts as logits and
#   is passed through a sigmoid.
# Seen: each batch decides for itself. Logits of a batch that all happen to lie between 0 and 1 are taken for
#   probabilities and held against 0.5, though any logit above 0 means "yes". The same 64 logits score by batch size:
#
#       batch size  accuracy
#               64    1.0000
#               16    1.0000
#                4    0.7500
#                1    0.5625
#
# Why it matters: the smaller the batch, the likelier that one holds only such logits; at batch size 1 every unsure
#   sample is judged by another rule. A table of accuracy by batch size then shows a fall that no model has.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 torchmetrics==1.9.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import torch
from torchmetrics.classification import BinaryAccuracy

unsure, sure = [0.1, 0.2, 0.3, 0.4], [2.5, -3.0, 0.45, -1.5]
logits = torch.tensor((unsure + sure + sure + sure) * 4)
labels = (logits > 0).int()
seen = {}
print("batch size  accuracy")
for size in (64, 16, 4, 1):
    metric = BinaryAccuracy()
    for batch, truth in zip(logits.split(size), labels.split(size), strict=True):
        metric.update(batch, truth)
    seen[size] = float(metric.compute())
    print(f"{size:>10}  {seen[size]:>8.4f}")

assert seen[64] == seen[16] == 1, "large batches are no longer all right"
assert seen[4] == 0.75 and seen[1] < 0.75, "the score no longer depends on the batch size"
PY

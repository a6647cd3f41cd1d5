#!/usr/bin/env bash
# torchmetrics 1.9.0 (text.SQuAD), torch 2.13.0
#
# Expected: the docstring says that the metric corresponds to SQuAD's own script for version 1. That script counts the
#   words that prediction and answer share once articles and punctuation are gone, and gives F1 = 0 where they share
#   none, so also where nothing is left of either.
# Seen: where nothing is left of either, torchmetrics gives F1 = 100. A prediction of "The" is a perfect answer to "A",
#   and an empty prediction to "...". (Both give the exact match, so there it is F1 that differs.)
#
#       prediction  answer  exact match  F1 here  F1 by the script's rule
#       'The'       'A'           100.0    100.0                      0.0
#       ''          '...'         100.0    100.0                      0.0
#       'The cat'   'A cat'       100.0    100.0                    100.0
#       'The dog'   'A cat'         0.0      0.0                      0.0
#
# Why it matters: a documented F1 was made by that script. A model or post-processing that gives up (predicts an empty
#   span) gains here on answers that are an article or a symbol, and nothing says that the two scores are not the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 torchmetrics==1.9.0 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
import re
from collections import Counter

from torchmetrics.text import SQuAD


def words(text):
    return re.sub(r"\b(a|an|the)\b", " ", re.sub(r"[^\w\s]", "", text.lower())).split()


def f1_by_rule(prediction, answer):
    shared = sum((Counter(words(prediction)) & Counter(words(answer))).values())
    return 0.0 if shared == 0 else 200.0 * shared / (len(words(prediction)) + len(words(answer)))


seen = {}
print("prediction  answer  exact match  F1 here  F1 by the script's rule")
for prediction, answer in (("The", "A"), ("", "..."), ("The cat", "A cat"), ("The dog", "A cat")):
    score = SQuAD()(
        [{"id": "1", "prediction_text": prediction}],
        [{"id": "1", "answers": {"text": [answer], "answer_start": [0]}}],
    )
    seen[prediction] = (float(score["exact_match"]), float(score["f1"]), f1_by_rule(prediction, answer))
    exact, here, rule = seen[prediction]
    print(f"{prediction!r:<10}  {answer!r:<7} {exact:>11.1f}  {here:>7.1f}  {rule:>23.1f}")

assert seen["The"] == seen[""] == (100, 100, 0), "two answers without words are scored in another way"
assert seen["The cat"] == (100, 100, 100) and seen["The dog"] == (0, 0, 0), "ordinary answers are scored differently"
PY

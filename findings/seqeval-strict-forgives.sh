#!/usr/bin/env bash
# seqeval 1.2.2 (mode='strict' beside the default), scikit-learn 1.9.1
#
# Expected: by the README strict mode takes the tags at the word of their scheme, where the default mode is lenient as
#   conlleval is. Being strict, it should never score a prediction above the lenient mode.
# Seen: strict mode leaves malformed entities out of the predictions, so a wrong tag costs nothing as long as it is
#   malformed as well. And a scheme that is passed without mode='strict' is accepted and has no effect at all.
#
#       gold: B-PER I-PER O B-LOC          default  strict, IOB2  scheme=IOB2 alone
#       predicted B-PER I-PER I-ORG B-LOC   0.8000        1.0000             0.8000
#       predicted B-PER I-ORG O B-LOC       0.4000        0.5000             0.4000
#       predicted B-PER I-PER O I-LOC       1.0000        0.6667             1.0000
#
# Why it matters: token classifiers make such tags, quantised ones more of them. Under strict scoring a model that gets
#   worse in this way (I-ORG out of nowhere) gets better, or stays perfect.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q setuptools==80.9.0 wheel
./venv/bin/pip install -q seqeval==1.2.2 scikit-learn==1.9.1 numpy==2.4.6
./venv/bin/python -W ignore - <<'PY'
from seqeval.metrics import f1_score
from seqeval.scheme import IOB2

gold = ["B-PER", "I-PER", "O", "B-LOC"]
seen = []
print(f"gold: {' '.join(gold):<27}  default  strict, IOB2  scheme=IOB2 alone")
for predicted in ("B-PER I-PER I-ORG B-LOC", "B-PER I-ORG O B-LOC", "B-PER I-PER O I-LOC"):
    scores = [f1_score([gold], [predicted.split()], **how) for how in (
        {}, {"mode": "strict", "scheme": IOB2}, {"scheme": IOB2})]
    seen.append([round(score, 4) for score in scores])
    print(f"predicted {predicted:<23}  {scores[0]:>7.4f}  {scores[1]:>12.4f}  {scores[2]:>17.4f}")

assert seen[0][:2] == [0.8, 1.0], "a malformed entity too many now costs something in strict mode"
assert seen[1][:2] == [0.4, 0.5], "strict mode no longer forgives the second half of a split entity"
assert seen[2][:2] == [1.0, 0.6667], "the default mode is no longer the lenient one elsewhere"
assert all(scores[0] == scores[2] for scores in seen), "a scheme alone now changes the score"
PY

#!/usr/bin/env bash
# tokenizers 0.23.3 (models.BPE without an unk_token, which is optional)
#
# Expected: a character outside the vocabulary becomes an unknown token, or an error. WordLevel and Unigram raise when
#   they meet one and have no unknown token; WordPiece gives its own.
# Seen: BPE leaves it out, and merges what stood on either side of it as if they had been neighbours. The offsets then
#   point at the wrong characters, and a text of such characters alone has no tokens at all.
#
#       text        tokens         text at the offsets
#       'not good'  not good       'not' 'good'
#       'noЖt good' not good       'noЖ' 'good'
#       'noté good' not good       'not' 'good'
#       'Жé'        (none)
#
# Why it matters: an evaluation that feeds text from outside the training alphabet (accents, another script, a curly
#   quote) gets the ids of a different, well-formed text. Nothing counts as unknown, so a share of unknown tokens, the
#   usual check of a tokenizer against a corpus, is 0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q tokenizers==0.23.3
./venv/bin/python - <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
bpe.train_from_iterator(
    ["not good", "not bad", "bad not good"] * 5, trainers.BpeTrainer(vocab_size=60, show_progress=False)
)
seen = {}
print("text         tokens      text at the offsets")
for text in ("not good", "noЖt good", "noté good", "Жé"):
    coded = bpe.encode(text)
    seen[text] = (coded.tokens, [text[start:end] for start, end in coded.offsets], coded.ids)
    print(f"{text!r:<12} {' '.join(coded.tokens) or '(none)':<11} {' '.join(map(repr, seen[text][1]))}")

raised = 0
for model in (models.WordLevel({"a": 0}), models.Unigram([("a", -1.0)], unk_id=None)):
    try:
        Tokenizer(model).encode("Ж")
    except Exception as error:
        raised += 1
        print(f"{type(model).__name__} instead: {error}")

assert seen["not good"][2] == seen["noЖt good"][2] == seen["noté good"][2], "an unknown character now shows in the ids"
assert seen["noЖt good"][1] == ["noЖ", "good"], "the offsets are no longer those of a text without the character"
assert seen["Жé"][0] == [], "a text of unknown characters now has tokens"
assert raised == 2, "WordLevel and Unigram no longer refuse"
PY

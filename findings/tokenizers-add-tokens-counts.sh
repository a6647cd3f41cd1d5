#!/usr/bin/env bash
# tokenizers 0.23.3 (Tokenizer.add_tokens)
#
# Expected: the docstring says that tokens are only added if they are not in the vocabulary yet, and that the number
#   returned is that of the tokens created in it.
# Seen: a token that the vocabulary has already is counted as created. It is also changed: from then on it is cut out
#   of the middle of other words before the model sees them, and loses its place as a piece of a word.
#
#       add_tokens(["new", "york", "covid"]) of a vocabulary with new and york: 3, yet it grows by 1
#       text           before          after
#       'newer york'   new ##er york   new [UNK] york
#       'renew york'   re ##new york   re new york
#
# Why it matters: an embedding matrix is grown by this number, and then has rows that no token uses. And "adding" domain
#   words, some of which were known, alters the tokens of ordinary words, so a fine-tuned model falls behind its
#   baseline for a reason that is nowhere in the vocabulary's diff.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q tokenizers==0.23.3
./venv/bin/python - <<'PY'
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

pieces = ["[UNK]", "new", "##new", "##er", "re", "york"]
tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer()
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

texts = "newer york", "renew york"
before = [tokenizer.encode(text).tokens for text in texts]
size = tokenizer.get_vocab_size()
counted = tokenizer.add_tokens(["new", "york", "covid"])
grown = tokenizer.get_vocab_size() - size
after = [tokenizer.encode(text).tokens for text in texts]

print(f"created, by the return value: {counted}; the vocabulary grew by {grown}")
for text, old, new in zip(texts, before, after, strict=True):
    print(f"{text!r:<14}  before: {' '.join(old):<15}  after: {' '.join(new)}")

assert (counted, grown) == (3, 1), "known tokens are no longer counted as created"
assert tokenizer.token_to_id("new") == 1, "the known token no longer keeps its id"
assert before == [["new", "##er", "york"], ["re", "##new", "york"]], "the tokenizer itself gives other pieces"
assert after == [["new", "[UNK]", "york"], ["re", "new", "york"]], "known tokens are no longer cut out of words"
PY

#!/usr/bin/env bash
# tokenizers 0.23.3 (BertNormalizer, or NFD and StripAccents; offsets)
#
# Expected: an encoding's offsets are those of the original text, before normalisation, so that cutting the text at a
#   token's offsets gives the piece of it that the token stands for.
# Seen: where the accent is a character of its own (decomposed text, as macOS' file names and some corpora have it) and
#   ends the word, the offsets stop before it. In the middle of a word, or composed, it is kept.
#
#       text at the offsets     composed    decomposed
#       café                    café        cafe
#       cafés                   cafés       cafés
#
# Why it matters: extractive answers and entities are cut out at offsets. The model points at the right token, the
#   prediction reads "cafe", and exact match with the gold answer fails: SQuAD's normalisation keeps accents. The score
#   depends on the Unicode form of the data set, which no table of results states.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q tokenizers==0.23.3
./venv/bin/python - <<'PY'
import unicodedata

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

vocabulary = {piece: i for i, piece in enumerate(["[UNK]", "cafe", "cafes", "open"])}
seen = {}
for kind, normalizer in (
    ("BertNormalizer", normalizers.BertNormalizer(strip_accents=True)),
    ("NFD, StripAccents", normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])),
):
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizers.BertPreTokenizer()
    for word in ("café", "cafés"):
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, f"{word} open")
            coded = tokenizer.encode(text)
            assert coded.tokens == [word.replace("é", "e"), "open"], "the tokens themselves are others"
            start, end = coded.offsets[0]
            seen[kind, word, form] = text[start:end]
            kept = text[start:end] == unicodedata.normalize(form, word)
            print(f"{kind:<17}  {word:<5}  {form}  offsets {start}-{end}  {'the word' if kept else 'without the accent'}")

for kind in ("BertNormalizer", "NFD, StripAccents"):
    assert seen[kind, "café", "NFD"] == "cafe", "a decomposed accent at the end of a word is now within the offsets"
    assert seen[kind, "café", "NFC"] == "café", "a composed accent is no longer within the offsets"
    assert seen[kind, "cafés", "NFD"] == unicodedata.normalize("NFD", "cafés"), "an inner accent is lost as well"
PY

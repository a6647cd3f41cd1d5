#!/usr/bin/env bash
# transformers 5.23.0 (AutoTokenizer), tokenizers 0.23.3
#
# Expected: tokenizer.json is the whole tokenizer, which tokenizers saves and reads back. transformers documents it as
#   "a previously serialized tokenizers.Tokenizer object", and so a folder with one gives the same ids in both packages.
# Seen: for a BERT (likewise DistilBERT, ELECTRA) only the vocabulary and a few parts are taken from the file. Its
#   normaliser is replaced by one that lowers the text, and [CLS] and [SEP] are added that the file does not add, unless
#   a tokenizer_config.json says otherwise. There is no warning.
#
#       "Cat", with "lowercase": false and no post_processor in tokenizer.json      tokens             ids
#       tokenizers                                                                  Cat                [5]
#       AutoTokenizer                                                               [CLS] cat [SEP]    [2, 6, 3]
#       AutoTokenizer, "do_lower_case": false in tokenizer_config.json              [CLS] Cat [SEP]    [2, 5, 3]
#       AutoTokenizer, "tokenizer_class": "PreTrainedTokenizerFast" in it           Cat                [5]
#
# Why it matters: exported models are handed on as a graph and a tokenizer.json, which is what a server in another
#   language reads. The evaluation in Python then feeds a cased model lowered text. In a vocabulary that has both words
#   nothing becomes [UNK], and it is the model that seems to be worse.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q transformers==5.23.0 tokenizers==0.23.3
HF_HUB_OFFLINE=1 ./venv/bin/python - <<'PY'
import json
import warnings
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoTokenizer

words = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Cat", "cat")
cased = Tokenizer(models.WordPiece({word: at for at, word in enumerate(words)}, unk_token="[UNK]"))
cased.normalizer = normalizers.BertNormalizer(lowercase=False)
cased.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
cased.save("tokenizer.json")
saved = json.loads(Path("tokenizer.json").read_text())
assert saved["normalizer"]["lowercase"] is False and saved["post_processor"] is None


def ids(kind, **said):
    Path("config.json").write_text(json.dumps({"model_type": kind}))
    Path("tokenizer_config.json").unlink(missing_ok=True)
    if said:
        Path("tokenizer_config.json").write_text(json.dumps(said))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = AutoTokenizer.from_pretrained(".")("Cat")["input_ids"]
    print(f"AutoTokenizer, {kind}, {json.dumps(said)}: {[words[at] for at in found]} {found}")
    return found


own = Tokenizer.from_file("tokenizer.json").encode("Cat")
print("tokenizers:", own.tokens, own.ids)
assert own.ids == [5]
for kind in ("bert", "distilbert", "electra"):
    assert ids(kind) == [2, 6, 3], "tokenizer.json is no longer overruled"
assert ids("bert", do_lower_case=False) == [2, 5, 3]
assert ids("bert", tokenizer_class="PreTrainedTokenizerFast") == [5]
PY

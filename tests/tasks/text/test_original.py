"""The same words, pieces and features as the original scripts, held by digests of what those computed.

The originals, run on Python 3.11 (Unicode 14) and not part of this repository:

- ``transformer/tokenization.py`` of TinyBERT (huawei-noah/Pretrained-Language-Model; read in its copy
  apoorvdankar/Pretrained-Language-Model @ 15f72226735102104f73ce27f6fab284ec1d8209; it is
  pytorch-pretrained-bert 0.6.2's file but for ids of absent pieces);
- ``ACL_PyTorch/contrib/nlp/tinybert/TinyBERT_preprocess_data.py`` of Ascend/ModelZoo-PyTorch
  @ 05360171699bbe3bb1916bbafa84a445bd112e87.
"""

from __future__ import annotations

import hashlib
import random
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from harness.tasks.datasets import sst2
from harness.tasks.layouts import classify
from harness.tasks.text.classify import features
from harness.tasks.text.wordpiece import Vocabulary, WordPieceTokenizer

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LATIN = "[mask] [Cls] [UNK]. x[SEP] ##ing un ##aff # film unaffable don't e-mail 1,000.50 $5 U.S.A."
WORLD = (
    "École naïve ÅNGSTRÖM İstanbul groß ΌΣΟΣ ΣΑΣ ﬁne １２３ ½ ² Ⅷ 中文 日本語 ひらカナ 한국어 हिन्दी ไทย"
    " עִברִית عَرَبِيّ"
)
CODES = (
    *(0x7F, 0x80, 0x85, 0x9F, 0xA0, 0xAD, 0x1680, 0x2000, 0x200B, 0x200D, 0x2028, 0x2029, 0x202F, 0x3000),
    *(0xD7A3, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xF8FF, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10FFFF),
    *(0x33FE, 0x3400, 0x4DB5, 0x4E00, 0x9FA5, 0xA000, 0xF900, 0xFA2D, 0xFB00, 0x20000, 0x2A6D6, 0x2F800),
    *(0x2FA1D, 0x1FEF, 0x212A, 0x37E, 0x387, 0x2126, 0x1E9B),
)
FRAGMENTS = (*SPECIALS, *LATIN.split(), *WORLD.split(), *map(chr, range(0x21)), *map(chr, CODES))
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ      .,"  # blanks, so that there are words
LENGTHS = (1, 2, 98, 99, 100, 101, 250)
GOLDEN = {
    "texts": "dcea90d27dc7b12e4eb6dc83fdbf7b4e023ecae3ef1a8781d94762cc784ed0f5",
    "words uncased": "b5141ef98ac97e7e074a494aa118ee6e2383c1983c9eaa45261d649139240480",
    "words cased": "f880500d7464391392bb533745bae96c0f2d61008bf90bf2a6160a885729f840",
    "bert-base-uncased": "7feac2128e935cf32184033a41ed2f71d6820ab1ccdf2a8343a36bd260062c99",
    "bert-base-cased": "456dd6de007980ac1dcbc41ad8bf540700f15222721da2e953125b75375ef63c",
    "bert-base-chinese": "064244d04b61eb48e7977a7138b9db16454b4f5a1210a56f0d8531b98fe2fb99",
    "dev 64": "61f740a3beab5248448b1e443f99bcb1ac294b9e4f394ec7355a9f2e8c4a7700",
    "dev 16": "82961373447758406a533ddc0149ddd2342ce790643a95b9b104b01dca308927",
}


def adversarial_texts(count: int = 4000, seed: int = 20) -> Iterable[str]:
    """Texts that any Python gives alike: only `random.random` is used, and beside the fragments only
    characters of Unicode 3.2, whose categories and case have long settled."""
    known = [chr(code) for code in range(0x110000) if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"]
    known = [char for char in known if unicodedata.category(char) not in ("Co", "Cs")]
    marks = [char for char in known if unicodedata.ucd_3_2_0.category(char).startswith("M")]
    low = [char for char in known if ord(char) < 0x3000]
    draw = random.Random(seed).random

    def pick(items):
        return items[int(draw() * len(items))]

    def atom() -> str:
        kind = draw()
        if kind < 0.02:
            return pick("aZé\u0301.中") * pick(LENGTHS)
        if kind < 0.4:
            return pick(FRAGMENTS)
        if kind < 0.5:
            return pick(known)
        if kind < 0.65:
            return pick(low)
        if kind < 0.7:
            return pick(marks)
        return pick(LETTERS)

    for _ in range(count):
        yield "".join(atom() for _ in range(int(draw() * 40)))


def digest_words(texts: Iterable[str], words: Callable[[str], list[str]]) -> str:
    """SHA-256 over the words of each text, a line feed behind each word and one more behind each text."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update("".join(f"{word}\n" for word in [*words(text), ""]).encode())
    return digest.hexdigest()


def digest_ids(texts: Iterable[str], ids: Callable[[str], list[int]]) -> str:
    """SHA-256 over the ids of each text as little-endian int64, -1 behind each text."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(np.array([*ids(text), -1], "<i8").tobytes())
    return digest.hexdigest()


def digest_features(*arrays: np.ndarray) -> str:
    """SHA-256 over the rows of `arrays` in sample order, as little-endian int64: of sample 0 a row of
    each array, then of sample 1. It is the digest of the original's files, one behind the other."""
    return hashlib.sha256(np.stack(arrays, axis=1).astype("<i8").tobytes()).hexdigest()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return list(adversarial_texts())


def test_adversarial_texts_are_the_recorded_ones(texts):
    """If this one fails, the list of texts has changed, and the digests below say nothing."""
    joined = "\n\0\n".join(texts).encode("utf-8", "surrogatepass")
    assert hashlib.sha256(joined).hexdigest() == GOLDEN["texts"]


@pytest.mark.parametrize("do_lower_case", [True, False], ids=["uncased", "cased"])
def test_basic_words_of_adversarial_text_equal_the_originals(texts, do_lower_case):
    """Made by `digest_words(adversarial_texts(), BasicTokenizer(do_lower_case=...).tokenize)`."""
    vocabulary = Vocabulary(path=Path("none"), sha256="", pieces=SPECIALS)
    tokenizer = WordPieceTokenizer(vocabulary, do_lower_case=do_lower_case)
    golden = GOLDEN["words uncased" if do_lower_case else "words cased"]
    assert digest_words(texts, tokenizer.words) == golden


@pytest.mark.parametrize(
    ("name", "do_lower_case"),
    [("bert-base-uncased", True), ("bert-base-cased", False), ("bert-base-chinese", True)],
)
def test_ids_of_adversarial_text_equal_the_originals(public_vocabulary, texts, name, do_lower_case):
    """Made by `digest_ids(adversarial_texts(), lambda text: t.convert_tokens_to_ids(t.tokenize(text)))`
    with ``t = BertTokenizer(vocab_file, do_lower_case=...)`` and the public vocabulary."""
    tokenizer = WordPieceTokenizer(public_vocabulary(name), do_lower_case=do_lower_case)
    assert digest_ids(texts, tokenizer.ids) == GOLDEN[name]


@pytest.mark.parametrize(("length", "truncated"), [(64, 0), (16, 675)], ids=["documented", "cut"])
def test_features_of_the_dev_set_equal_the_originals(data_folder, public_vocabulary, length, truncated):
    """Made by running TinyBERT_preprocess_data.py with ``--max_seq_length 64`` (the documented value;
    nothing is cut) or 16, ``--eval_batch_size 1 --do_lower_case --inference_tool msame``, the
    bert-base-uncased vocabulary and SST-2's dev.tsv; then SHA-256 over its files in the order
    ``input_ids/input0.bin``, ``segment_ids/input0.bin``, ``input_mask/input0.bin``, ``input1`` ...
    The sentences that were cut are counted apart: those with more than ``length - 2`` pieces."""
    path = data_folder / "sst2" / "dev.tsv"
    if not path.is_file():
        pytest.skip(f"{path} is absent: put the dev.tsv of GLUE's SST-2 there")
    dataset = sst2.read(path, expected=872)
    tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-uncased"), do_lower_case=True)
    made = features(dataset.examples, tokenizer, length)
    assert digest_features(made.ids, made.segments, made.mask) == GOLDEN[f"dev {length}"]
    assert len(made.truncated) == truncated


def test_files_of_the_dev_set_equal_the_originals(data_folder, public_vocabulary, catalog):
    """The same digest as above over the contents of what `zoocheck prepare` writes, in the order it does."""
    path = data_folder / "sst2" / "dev.tsv"
    if not path.is_file():
        pytest.skip(f"{path} is absent: put the dev.tsv of GLUE's SST-2 there")
    tokenizer = WordPieceTokenizer(public_vocabulary("bert-base-uncased"), do_lower_case=True)
    made = features(sst2.read(path, expected=872).examples, tokenizer, 64)
    pieces = classify.files([made], catalog.models["tinybert"], form="ais_bench", out=Path("out"))
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.content)
    assert digest.hexdigest() == GOLDEN["dev 64"]

"""Small tokenizers as publishers save them, and the features and models of tests that use them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Head, Model
from harness.tasks.text import Pieces, tokenizer_files

TEXTS = ("the cat sat on the mat", "a dog's life isn't bad", "New York is big", "hello world, hello")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [
    "the", "cat", "sat", "on", "mat", "a", "dog", "life", "new", "york", "is", "big", "hello", "world", "who",
    "ran", "ann", "##s", ",", ".", "'", "?",
]  # fmt: skip


def word_pieces(folder: Path, *, extra: str = "") -> Path:
    """BERT's: a ``tokenizer.json`` that lowers texts."""
    pieces = [*SPECIAL, *WORDS, *extra.split()]
    made = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return _saved(made, folder)


def byte_pairs(folder: Path) -> Path:
    """RoBERTa's: pieces of bytes that carry the blank before them, one type, two marks within pairs."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
    )  # fmt: skip
    made.train_from_iterator(TEXTS * 20, trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    made.model.save(str(folder))
    return _saved(made, folder)


def sentence_pieces(folder: Path, scheme: str, *, split: bool = True) -> Path:
    """XLM-R's: likely pieces, with a blank before words as `scheme` says (always, first, never)."""
    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)
    trainer = trainers.UnigramTrainer(
        vocab_size=60,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    made.train_from_iterator(TEXTS * 20, trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return _saved(made, folder)


def _saved(made: Tokenizer, folder: Path) -> Path:
    path = folder / "tokenizer.json"
    made.save(str(path))
    return path


def told(folder: Path, **settings: Any) -> None:
    """Writes a ``tokenizer_config.json``."""
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def a_model(
    catalog: Catalog, *, head: Head, labels: int = 2, metric: Metric = Metric.F1, **options: Any
) -> Model:
    """A model of one of the general tasks, of which a task reads its name, metric, options and labels."""
    base = catalog.models["tinybert"]
    return replace(
        base, name="own", metric=metric, options=options, tokenizer=None, labels=(),
        architecture=replace(base.architecture, head=head, labels=labels),
    )  # fmt: skip


def pieces(folder: Path, model: Model, labels: tuple[str, ...] | None, *, ids: int = 30522) -> Pieces:
    """What a task opens its tokenizer from."""
    name = tokenizer_files.form_in(folder) or "tokenizer.json"
    return Pieces(model=model, vocabulary=folder / name, ids=ids, labels=labels)

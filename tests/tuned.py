"""Small checkpoints as a fine-tuning leaves them, and data of their tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import encoders

from harness.domain.models import Head

WORDS = [f"word{number}" for number in range(100)]
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
MNLI = ("entailment", "neutral", "contradiction")


def saved(folder: Path, name: str, head: Head = Head.CLASSIFICATION, **config: Any) -> Path:
    """A checkpoint of a family with a tokenizer of its own; `config` are further keys of its config.json."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    encoders.saved(folder, name, head)
    (folder / "vocab.txt").unlink()
    pieces = {piece: at for at, piece in enumerate((*_SPECIAL, *WORDS))}
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )  # fmt: skip
    tokenizer.save(str(folder / "tokenizer.json"))
    if config:
        encoders.edited(folder, **config)
    return folder


def labelled(*names: str) -> dict[str, Any]:
    """The keys of a config.json that name its labels."""
    return {"id2label": dict(enumerate(names)), "label2id": {name: at for at, name in enumerate(names)}}


def sentence(number: int, words: int = 5) -> str:
    """Some of the words, the same for a number each time."""
    return " ".join(WORDS[(number * 7 + at * 3) % len(WORDS)] for at in range(words))


def texts(path: Path, labels: list[str], header: str = "sentence\tlabel", count: int = 40) -> Path:
    """A table of sentences whose labels take turns."""
    rows = [f"{sentence(at, 2 + at % 9)}\t{labels[at % len(labels)]}" for at in range(count)]
    path.write_text("\n".join([*([header] if header else []), *rows]) + "\n", encoding="utf-8")
    return path


def pairs(path: Path, labels: list[str], count: int = 40) -> Path:
    """Pairs as MNLI has them, with more columns than are wanted."""
    rows = [f"{at}\t{sentence(at)}\t{sentence(at + 1)}\tx\t{labels[at % len(labels)]}" for at in range(count)]
    head = "index\tsentence1\tsentence2\tlabel1\tgold_label"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def tagged(path: Path, tags: list[str], count: int = 20) -> Path:
    """Sentences of five words, a word and its tag a line; every second word is of an entity."""
    lines = []
    for at in range(count):
        for place, word in enumerate(sentence(at).split()):
            lines.append(f"{word} {tags[(at + place) % len(tags)] if place % 2 else 'O'}")
        lines.append("")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def questions(path: Path, count: int = 4) -> Path:
    """SQuAD's JSON with an answer each."""
    context = sentence(1, 30)
    asked = [
        {"id": str(at), "question": sentence(at, 4),
         "answers": [{"text": context.split()[0], "answer_start": 0}]}
        for at in range(count)
    ]  # fmt: skip
    article = {"title": "t", "paragraphs": [{"context": context, "qas": asked}]}
    path.write_text(json.dumps({"version": "1.1", "data": [article]}), encoding="utf-8")
    return path

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


def saved(
    folder: Path,
    name: str,
    head: Head = Head.CLASSIFICATION,
    *,
    labels: int = encoders.LABELS,
    **config: Any,
) -> Path:
    """A checkpoint of a family with a tokenizer of its own; `config` are further keys of its config.json."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    encoders.saved(folder, name, head, labels=labels)
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


NER = ("O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")


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


def entities(path: Path, count: int = 20) -> Path:
    """CoNLL's four columns: sentences with a person, an organisation or a place of one or two words each."""
    lines = ["-DOCSTART- -X- -X- O", ""]
    for at in range(count):
        one, other = NER[1::2][at % 3], NER[1::2][(at + 1) % 3]
        tags = (one, one.replace("B-", "I-"), "O", other, "O")
        lines += [f"{word} NN O {tag}" for word, tag in zip(sentence(at).split(), tags, strict=True)] + [""]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def questions(path: Path, count: int = 4) -> Path:
    """SQuAD 1.1's JSON with a text and an answer each."""
    return _squad(path, "1.1", [_asked(at) for at in range(count)])


def questions_perhaps_without_answer(path: Path, count: int = 12) -> Path:
    """SQuAD 2.0's JSON: every third question has no answer in its text."""
    asked = [_asked(at) | {"is_impossible": at % 3 == 0} for at in range(count)]
    return _squad(path, "v2.0", [item | ({"answers": []} if item["is_impossible"] else {}) for item in asked])


def _context(number: int) -> str:
    return sentence(number + 1, 30)


def _asked(number: int) -> dict[str, Any]:
    context = _context(number)
    words = " ".join(context.split()[number % 20 : number % 20 + 3])
    answer = {"text": words, "answer_start": context.index(words)}
    return {"id": str(number), "question": sentence(number, 4), "answers": [answer]}


def _squad(path: Path, version: str, asked: list[dict[str, Any]]) -> Path:
    paragraphs = [{"context": _context(at), "qas": [item]} for at, item in enumerate(asked)]
    article = {"title": "t", "paragraphs": paragraphs}
    path.write_text(json.dumps({"version": version, "data": [article]}), encoding="utf-8")
    return path

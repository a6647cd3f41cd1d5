"""The corpus of a mini that answers questions: articles written by hand, and one of generated questions.

The written questions are of the real ones' kind, which so small a network hardly answers. The generated ones
it answers, so that broken numerics show in the score of the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import NotThere
from harness.setting.home import MINIS
from harness.tasks.datasets.squad import QuestionExample

FILE = "dev-v1.1.json"
WRITTEN, GENERATED = "written", "generated"  # what titles begin with


def path_in(minis: Path, name: str) -> Path:
    """Where the corpus of the mini `name` lies."""
    return minis / name / "corpus" / FILE


def merged(name: str, generated: Sequence[QuestionExample], seed: int) -> str:
    """The file of `name`: the articles written for it, then the questions that were `generated` by `seed`.

    Raises `NotThere` where the written ones are missing.
    """
    path = path_in(MINIS, name)
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy="restore the corpus written for this project")
    written = [item for item in _articles(path) if _part(item) == WRITTEN]
    return as_json([*written, article(generated, f"{GENERATED}, seed {seed}")])


def parts(path: Path) -> dict[str, frozenset[str]]:
    """The ids of the questions in `path`, by what the titles of their articles begin with."""
    ids: dict[str, set[str]] = {}
    for item in _articles(path):
        asked = (question["id"] for paragraph in item["paragraphs"] for question in paragraph["qas"])
        ids.setdefault(_part(item), set()).update(asked)
    return {part: frozenset(found) for part, found in ids.items()}


def article(examples: Sequence[QuestionExample], title: str) -> dict[str, Any]:
    """`examples` as an article of SQuAD 1.1 with a paragraph for each context."""
    paragraphs: dict[str, list[object]] = {}
    for item in examples:
        answers = [{"text": answer.text, "answer_start": answer.start} for answer in item.answers]
        question = {"id": item.id, "question": item.question, "answers": answers}
        paragraphs.setdefault(item.context, []).append(question)
    return {
        "title": title,
        "paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs.items()],
    }


def as_json(articles: Sequence[Mapping[str, Any]]) -> str:
    """The text of a SQuAD 1.1 file."""
    return json.dumps({"version": "1.1", "data": articles}, ensure_ascii=False, indent=1) + "\n"


def _articles(path: Path) -> list[dict[str, Any]]:
    articles: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["data"]
    return articles


def _part(item: Mapping[str, Any]) -> str:
    part: str = item["title"].partition(",")[0]
    return part

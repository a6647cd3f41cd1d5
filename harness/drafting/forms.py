"""What form a data file has, by its name and its first lines: which reader, and which column is what."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.drafting.encoders import Task
from harness.errors import BadInput, NotThere, UsageError

LOOKED_AT = 200  # lines
SQUAD_JSON = "squad_json"  # the reader of SQuAD's own files
FORMS = (
    "a .tsv or .csv of texts and labels, .jsonl, .parquet, lines of a word and its tag with a blank line "
    "between sentences, or SQuAD's .json"
)
# What columns are called in GLUE, CLUE and the hub's data sets; the first that a file has is taken.
PAIRS = (
    ("sentence1", "sentence2"), ("premise", "hypothesis"), ("question1", "question2"),
    ("question", "sentence"), ("#1 string", "#2 string"), ("text_a", "text_b"), ("text", "text_pair"),
    ("query", "passage"), ("query", "title"),
)  # fmt: skip
TEXTS = ("sentence", "text", "review", "content", "tweet", "query", "title", "question", "document")
LABELS = (
    "label", "gold_label", "labels", "score", "similarity", "quality", "is_duplicate", "target", "class",
    "sentiment", "category", "rating", "stars", "intent",
)  # fmt: skip
WORDS = (("tokens", "words"), ("ner_tags", "tags", "pos_tags", "labels"))
QUESTION = ("question", "context", "answers")
_TAG = re.compile(r"O|[BIES][-_]\S+|\S+[-_][BIES]", re.ASCII)
_REMEDY = "say which column is what: --columns text=COLUMN,label=COLUMN, by name, or by place from 0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a data file is read, and what that was guessed from."""

    task: Task
    reader: str  # a module in `harness.tasks.datasets`
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def columns(text: str | None) -> dict[str, str | int]:
    """What ``--columns`` says, ``text=0,label=3`` or by name. Raises `UsageError` for anything else."""
    said: dict[str, str | int] = {}
    for part in (text or "").split(",") if text else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            raise UsageError(f"--columns {text}: found {part!r}, expected NAME=COLUMN, as text=sentence")
        said[key] = int(value) if re.fullmatch(r"-?\d{1,4}", value, re.ASCII) else value
    return said


def form_of(path: Path, told: Task | None, said: Mapping[str, str | int]) -> Form:
    """The form of the file at `path`, for the task `told` where that is known; `said` is of ``--columns``.

    Raises `NotThere` for a missing file and `BadInput` for an empty one, and for what has no form that is
    known, in a sentence that says what was found.
    """
    require_there(path)
    if path.stat().st_size == 0:
        raise BadInput("the file is empty", path=path, remedy=f"give {FORMS}")
    if path.suffix == ".parquet":
        return _rows(path, "parquet", _parquet_columns(path), said)
    lines = _first_lines(path)
    if path.suffix in (".jsonl", ".ndjson", ".json") or lines[0].lstrip().startswith(("{", "[")):
        return _json(path, lines[0], said)
    return _tagged(path, lines, told, said) or _delimited(path, lines, said)


def require_there(path: Path) -> None:
    """Raise `NotThere` where there is no file."""
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy=f"give {FORMS}")


def _first_lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return [line.rstrip("\r\n") for line in islice(stream, LOOKED_AT)]
    except UnicodeDecodeError as problem:
        raise BadInput(
            f"no UTF-8 ({problem.reason})", path=path, remedy=f"give {FORMS}, as UTF-8"
        ) from problem
    except OSError as problem:
        raise BadInput(
            f"cannot be read: {problem.strerror}", path=path, remedy="make it readable"
        ) from problem


def _json(path: Path, first: str, said: Mapping[str, str | int]) -> Form:
    """SQuAD's one object, or an object a line."""
    try:
        keys = [*json_object(first)]
    except Undecodable:
        keys = []
    if "data" in keys or (not keys and path.suffix == ".json" and first.lstrip().startswith("{")):
        return Form(task=Task.QUESTIONS, reader=SQUAD_JSON, notes=("data: questions in SQuAD's JSON",))
    if not keys:
        raise BadInput(
            "the first line is no JSON object, expected SQuAD's JSON or an object a line", path=path, line=1,
            remedy="write one object a line, as .jsonl",
        )  # fmt: skip
    return _rows(path, "jsonl", keys, said)


def _parquet_columns(path: Path) -> list[str]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise NotThere(
            f"{path}: parquet is read by pyarrow, which is not installed",
            remedy="pip install 'zoocheck[parquet]', or give the data as jsonl",
        ) from None
    try:
        return list(parquet.read_schema(path).names)
    except (ArrowException, OSError, ValueError) as problem:
        raise BadInput(f"no parquet that can be read ({problem})", path=path) from problem


def _rows(path: Path, reader: str, names: Sequence[str], said: Mapping[str, str | int]) -> Form:
    """Of named columns: a question, words with tags, or texts with a label."""
    if said:
        options = {name: str(column) for name, column in said.items()}
    elif all(name in names for name in QUESTION):
        options = {name: name for name in (*QUESTION, *(["id"] if "id" in names else []))}
    elif (found := [_first(names, known) for known in WORDS]) and all(found):
        options = dict(zip(("words", "tags"), map(str, found), strict=True))
    else:
        options = _text_columns(path, names)
    return Form(task=_task(options), reader=reader, options=options, notes=(_told(options),))


def _task(options: Mapping[str, Any]) -> Task:
    if "words" in options or "word" in options:
        return Task.TOKENS
    return Task.QUESTIONS if "question" in options else Task.SEQUENCES


def _text_columns(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Which of a header's columns are the text, its pair and the label. Raises `BadInput`."""
    label = _first(names, LABELS)
    plain = {name.strip().lower(): name for name in names}
    pair = next((pair for pair in PAIRS if set(pair) <= plain.keys()), None)
    text = _first(names, TEXTS) if pair is None else plain[pair[0]]
    if text is None or label is None:
        lacking = " and ".join(what for what, found in (("text", text), ("label", label)) if found is None)
        listed = ", ".join(map(repr, names[:12]))
        raise BadInput(f"found the columns {listed}, none of a usual name for the {lacking}", path=path,
                       line=1, remedy=_REMEDY)  # fmt: skip
    return {"text": text, **({} if pair is None else {"pair": plain[pair[1]]}), "label": label}


def _first(names: Sequence[str], known: Sequence[str]) -> str | None:
    """The first of `known` among `names`, as it is spelt there."""
    plain = {name.strip().lower(): name for name in names}
    return next((plain[name] for name in known if name in plain), None)


def _told(options: Mapping[str, Any]) -> str:
    where = {name: f"column {at}" if isinstance(at, int) else repr(at) for name, at in options.items()}
    return "data: " + ", ".join(f"{name} in {column}" for name, column in where.items())


def _tagged(
    path: Path, lines: Sequence[str], told: Task | None, said: Mapping[str, str | int]
) -> Form | None:
    """Words with tags, a word a line; None for what does not look so. Plain tags only where they are told."""
    rows = [line.split() for line in lines if line.strip() and not line.startswith(("-DOCSTART-", "# "))]
    alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    parted = any(not line.strip() for line in lines[:-1])
    tags = alike and all(_TAG.fullmatch(row[-1]) for row in rows) and any(row[-1] != "O" for row in rows)
    if not (tags or (told is Task.TOKENS and (alike or parted)) or "word" in said or "tag" in said):
        return None
    tab = {"separator": "\t"} if all("\t" in line for line in lines if line.strip()) else {}
    options = {**tab, **said}
    return Form(
        task=Task.TOKENS, reader="columns", options=options,
        notes=(_told({"word": 0, **said}) + (", tag in the last column" if "tag" not in said else ""),),
    )  # fmt: skip


def _delimited(path: Path, lines: Sequence[str], said: Mapping[str, str | int]) -> Form:
    """Texts with a label, parted by tabs or commas."""
    tabs = "\t" in lines[0] if path.suffix not in (".csv", ".tsv") else path.suffix == ".tsv"
    table = list(_cells(lines, tabs))
    if len(table[0]) < 2:
        raise BadInput(
            f"found one column in {lines[0][:60]!r}, expected a text and its label", path=path, line=1,
            remedy=f"give {FORMS}",
        )  # fmt: skip
    options = dict(said) if said else _header_or_places(path, table)
    if any(isinstance(column, int) for column in options.values()) and not _has_header(table):
        options["header"] = False
    shown = {name: column for name, column in options.items() if name != "header"}
    return Form(task=Task.SEQUENCES, reader="tsv" if tabs else "csv", options=options, notes=(_told(shown),))


def _cells(lines: Sequence[str], tabs: bool) -> Iterator[list[str]]:
    """Rows as their reader will have them."""
    if tabs:
        return (line.split("\t") for line in lines)
    return (row for row in csv.reader(lines) if row)


def _has_header(table: Sequence[Sequence[str]]) -> bool:
    known = {*TEXTS, *LABELS, *(name for pair in PAIRS for name in pair)}
    return any(cell.strip().lower() in known for cell in table[0])


def _header_or_places(path: Path, table: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The columns by a header's names; without one, of two columns, the label is what repeats more."""
    if _has_header(table):
        return dict(_text_columns(path, table[0]))
    rows = [row for row in table if len(row) == 2]
    if len(rows) < len(table):
        raise BadInput(
            f"found {len(table[0])} columns and no header that names the text and the label", path=path,
            line=1, remedy=_REMEDY,
        )  # fmt: skip
    kinds = [len({row[at] for row in rows}) for at in (0, 1)]
    if kinds[0] == kinds[1]:
        raise BadInput("found two columns, none of which is more likely the label", path=path, line=1,
                       remedy=_REMEDY)  # fmt: skip
    label = 0 if kinds[0] < kinds[1] else 1
    return {"text": 1 - label, "label": label}

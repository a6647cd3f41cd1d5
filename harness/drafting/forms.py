"""What form a data file has, by its name and its first lines: which reader, and which column is what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object
from harness.drafting import text_tables
from harness.drafting.encoders import Task
from harness.drafting.kinds_of_columns import FORMS, Form, first_of, text_columns, told_columns
from harness.errors import BadInput, NotThere, UsageError
from harness.tables import pipelines
from harness.tasks.datasets import reading

LOOKED_AT = 200  # lines
SQUAD_JSON = "squad_json"  # the reader of SQuAD's own files
WORDS = (("tokens", "words"), ("ner_tags", "tags", "pos_tags", "labels"))
_YES_OR_NO = {"yes": True, "no": False}
QUESTION = ("question", "context", "answers")
_COMMENT = "# "
_TAG = re.compile(r"O|[BIES][-_]\S+|\S+[-_][BIES]", re.ASCII)


def columns(text: str | None) -> dict[str, str | int]:
    """What ``--columns`` says, ``text=0,label=3`` or by name, and ``header=yes`` or ``no``.

    Raises `UsageError` for anything else.
    """
    said: dict[str, str | int] = {}
    for part in text.split(",") if text else ():
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            raise UsageError(f"--columns {text}: found {part!r}, expected NAME=COLUMN, as text=sentence")
        if key in said:
            raise UsageError(f"--columns {text}: found {key} twice, expected it once")
        if key == text_tables.HEADER:
            if value not in _YES_OR_NO:
                raise UsageError(f"--columns {text}: {key}: found {value!r}, expected yes or no")
            said[key] = _YES_OR_NO[value]
            continue
        said[key] = int(value) if re.fullmatch(r"-?\d{1,4}", value, re.ASCII) else value
    return said


def form_of(path: Path, told: Task | None, said: Mapping[str, str | int]) -> Form:
    """The form of the file at `path`, for the task `told` where that is known; `said` is of ``--columns``.

    Raises `NotThere` for a missing file and `BadInput` for an empty one, and for what has no form that is
    known, in a sentence that says what was found; `UsageError` for columns that such a file's reader does not
    take, all at once.
    """
    require_there(path)
    form = _guessed(path, told, said)
    kind = getattr(reading.module(form.reader), "Options", None)
    faults = pipelines.option_faults(kind, form.options)
    if wrong := [fault_in_words(*fault) for fault in faults]:
        raise UsageError(f"--columns {typed(said)}: {'; '.join(wrong)}")
    return form


def typed(said: Mapping[str, str | int]) -> str:
    """Columns as they are typed behind ``--columns``."""
    words = {answer: word for word, answer in _YES_OR_NO.items()}
    return ",".join(
        f"{name}={words[column] if isinstance(column, bool) else column}" for name, column in said.items()
    )


def fault_in_words(place: str, found: str, expected: str) -> str:
    """A fault of options, ``options.text``, as of what is typed: ``text: found -1, expected ...``."""
    name = place.removeprefix("options").removeprefix(".")
    return f"{name and f'{name}: '}found {found}, expected {expected}"


def _guessed(path: Path, told: Task | None, said: Mapping[str, str | int]) -> Form:
    if path.stat().st_size == 0:
        raise BadInput("the file is empty", path=path, remedy=f"give {FORMS}")
    if path.suffix == ".parquet":
        return _rows(path, "parquet", _parquet_columns(path), said)
    lines = _first_lines(path)
    if path.suffix in (".jsonl", ".ndjson", ".json") or lines[0].lstrip().startswith(("{", "[")):
        return _json(path, lines[0], said)
    return _tagged(path, lines, told, said) or text_tables.form_of(path, told, said)


def require_there(path: Path) -> None:
    """Raise `NotThere` where there is no file."""
    if not path.is_file():
        raise NotThere(f"{path}: no such file", remedy=f"give {FORMS}")


def _first_lines(path: Path) -> list[str]:
    """The first lines, up to the last of them that is not blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [line.rstrip("\r\n") for line in islice(stream, LOOKED_AT)]
    except UnicodeDecodeError as problem:
        raise BadInput(
            f"no UTF-8 ({problem.reason})", path=path, remedy=f"give {FORMS}, as UTF-8"
        ) from problem
    except OSError as problem:
        raise BadInput(
            f"cannot be read: {problem.strerror}", path=path, remedy="make it readable"
        ) from problem
    while lines and not lines[-1].strip(" "):
        lines.pop()
    if not lines:
        raise BadInput("found no line that is not blank", path=path, remedy=f"give {FORMS}")
    return lines


def _json(path: Path, first: str, said: Mapping[str, str | int]) -> Form:
    """SQuAD's one object, or an object a line."""
    try:
        keys = [*json_object(first)]
    except Undecodable:
        keys = []
    if not keys and path.suffix == ".json" and first.lstrip().startswith("{"):
        keys = _keys_of_whole(path)
    if "data" in keys:
        return Form(
            task=Task.QUESTIONS, reader=SQUAD_JSON, options=dict(said),
            notes=("data: questions in SQuAD's JSON",),
        )  # fmt: skip
    if not keys:
        raise BadInput(
            "the first line is no JSON object, expected SQuAD's JSON or an object a line", path=path, line=1,
            remedy="write one object a line, as .jsonl",
        )  # fmt: skip
    return _rows(path, "jsonl", keys, said)


def _keys_of_whole(path: Path) -> list[str]:
    """The keys of an object over several lines; of one that is damaged SQuAD's, whose reader tells where.

    Raises `BadInput` for another object.
    """
    try:
        keys = [*json_object(path.read_bytes())]
    except Undecodable:
        return ["data"]
    if "data" not in keys:
        shown = ", ".join(map(repr, keys[:12])) or "no keys"
        raise BadInput(
            f"found one object with {shown}, expected SQuAD's, which has 'data', or an object a line",
            path=path, remedy="write one object a sample and a line, as .jsonl",
        )  # fmt: skip
    return keys


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
    elif (found := [first_of(names, known) for known in WORDS]) and all(found):
        options = dict(zip(("words", "tags"), map(str, found), strict=True))
    else:
        options = text_columns(path, names)
    return Form(task=_task(options), reader=reader, options=options, notes=(told_columns(options),))


def _task(options: Mapping[str, Any]) -> Task:
    if "words" in options or "word" in options:
        return Task.TOKENS
    return Task.QUESTIONS if "question" in options else Task.SEQUENCES


def _tagged(
    path: Path, lines: Sequence[str], told: Task | None, said: Mapping[str, str | int]
) -> Form | None:
    """Words with tags, a word a line; None for what does not look so. Plain tags only where they are told."""
    comment = said.get("comment") or _comment(path, lines)
    left_out = tuple(filter(None, ("-DOCSTART-", str(comment))))
    words = [line for line in lines if line.strip() and not line.startswith(left_out)]
    rows = [line.split() for line in words]
    alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    parted = any(not line.strip() for line in lines)
    tags = alike and all(_TAG.fullmatch(row[-1]) for row in rows) and any(row[-1] != "O" for row in rows)
    if not (tags or (told is Task.TOKENS and (alike or parted)) or "word" in said or "tag" in said):
        return None
    tab = {"separator": "\t"} if all("\t" in line for line in words) else {}
    options = {**tab, **({"comment": comment} if comment else {}), **said}
    return Form(
        task=Task.TOKENS, reader="columns", options=options,
        notes=(told_columns({"word": 0, **said}) + ("" if "tag" in said else ", tag in the last column"),),
    )  # fmt: skip


def _comment(path: Path, lines: Sequence[str]) -> str:
    """What comments begin with, as ``# id 7``; nothing where there are none, or such lines are words.

    ``# O`` may be the word #: it has as many columns as the others and one of their tags. Raises `BadInput`
    where some lines look so and others do not.
    """
    marked = [at for at, line in enumerate(lines) if line.startswith(_COMMENT)]
    others = [
        line.split() for line in lines if line.strip() and not line.startswith((_COMMENT, "-DOCSTART-"))
    ]
    widths, tags = {len(row) for row in others}, {row[-1] for row in others}
    words = [
        at for at in marked
        if len(row := lines[at].split()) in widths and (row[-1] in tags or _TAG.fullmatch(row[-1]))
    ]  # fmt: skip
    if words and len(words) < len(marked):
        raise BadInput(
            f"found lines that begin with {_COMMENT!r}, of which this has a word's columns and others do not",
            path=path, line=words[0] + 1,
            remedy="say what comments begin with: --columns 'word=0,tag=-1,comment=# id'",
        )  # fmt: skip
    return "" if words or not marked else _COMMENT

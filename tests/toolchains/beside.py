"""Generated commands beside documented ones: what differs, and why, as Markdown.

Every difference has to be explained, and every explanation to be of a difference.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

COMMANDS = Path(__file__).parent / "commands"
VARIABLE = "ZOOCHECK_REWRITE_COMMANDS"
ABSENT = "–"

Flags = Mapping[str, str]


def flags(line: str | Sequence[str]) -> dict[str, str]:
    """A command's flags with their values, the words before the first flag as ``command``."""
    words = shlex.split(line.replace("\\\n", " ")) if isinstance(line, str) else line
    found: dict[str, list[str]] = {"command": []}
    at = "command"
    for word in words:
        if word.startswith("-") and not word[1:2].isdigit():
            at = word
        found.setdefault(at, [])
        if word != at:
            found[at].append(word)
    return {flag: " ".join(values) for flag, values in found.items()}


def flat(values: Mapping[str, object], path: str = "") -> dict[str, str]:
    """A nested mapping as ``a.b.c`` -> text."""
    found: dict[str, str] = {}
    for key, value in values.items():
        whole = f"{path}.{key}".strip(".")
        found |= flat(value, whole) if isinstance(value, Mapping) else {whole: str(value)}
    return found


def differences(documented: Flags, generated: Flags, why: Flags) -> list[str]:
    """A table's rows; an `AssertionError` for a difference that `why` does not explain."""
    rows = []
    for key in dict.fromkeys([*documented, *generated]):
        theirs, ours = documented.get(key, ABSENT), generated.get(key, ABSENT)
        if theirs != ours:
            assert key in why, f"{key}: documented {theirs!r}, generated {ours!r}: no reason is given"
            rows.append(f"| `{key}` | {_cell(theirs)} | {_cell(ours)} | {why[key]} |")
    return rows


def section(title: str, documented: str, generated: str, rows: Iterable[str], language: str = "bash") -> str:
    """A command under its documented form, and the differences."""
    listed = list(rows)
    table = "\n".join(["| what | documented | generated | why |", "|---|---|---|---|", *listed])
    end = table if listed else "No difference."
    return (
        f"### {title}\n\nDocumented:\n\n```{language}\n{documented.strip()}\n```\n\n"
        f"Generated:\n\n```{language}\n{generated.strip()}\n```\n\n{end}\n"
    )


def held(name: str, text: str) -> None:
    """Hold the file `name` to `text`; with the variable set, rewrite it first."""
    path = COMMANDS / name
    if os.environ.get(VARIABLE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, (
        f"{name}: not what is generated; set {VARIABLE}=1 and look"
    )


def unused(why: Flags, text: str) -> list[str]:
    """Explanations that stand nowhere in `text`."""
    return [key for key, reason in why.items() if f"| `{key}` |" not in text or reason not in text]


def _cell(text: str) -> str:
    return text if text == ABSENT else f"`{text}`"

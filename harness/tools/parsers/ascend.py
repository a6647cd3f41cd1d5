"""Errors as every Ascend tool prints them: a code such as E19010 or EZ3003, and what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.tools.parsers.text import Log

_NAME = r"E[A-Z]?\d{4,5}"
_LEVEL = r"(?:\[(?i:error|fatal)\] *)?"  # some logs have one before the code
_STAMP = r"\[PID: *\d+\] *[\d:. -]*"  # of newer CANN: the process, and when
# ``E19010: text``, ``EZ9999  text``, ``E20001: [PID: 7] date text``, ``EZ9999[PID: 7] date (EZ9999):  text``
# with a title before the second code or not, ``[PID: 7] date Invalid_Argument(E10001): text``, and that
# without its stamp.
_HEAD = rf"(?P<head>{_NAME})\b *:? *(?:{_STAMP} *(?:\w*\({_NAME}\) *:? *)?)?(?:\({_NAME}\) *:? *)?"
_TITLED = rf"(?:{_STAMP} *[\w -]*|[A-Z]\w*_\w+)\((?P<titled>{_NAME})\) *:? *"
_CODE = re.compile(rf"^\s*{_LEVEL}(?:{_HEAD}|{_TITLED})(?P<said>.*)", re.ASCII)
# A line that is an error by its first word: a code with its text, whatever the form.
AT_HEAD = rf"^\s*(?:{_HEAD.replace('?P<head>', '?:')}|{_TITLED.replace('?P<titled>', '?:')})\S"
_SURE = re.compile(rf"^\s*{_LEVEL}(?:{_NAME}\b *(?::|{_STAMP})|{_TITLED})", re.ASCII)
_ERROR = re.compile(r"^\s*\[ERROR\]\s*(.*)", re.IGNORECASE)
_INITIALISED = re.compile(r"\bacl init success")
_LOADED = re.compile(r"\bload model \S+ success")
_EMPTY = re.compile(r"Inner Error\s*!?", re.IGNORECASE)  # the code's title, which says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AscendError:
    """One error: the code ("" for a plain ``[ERROR]`` line), its text, the line."""

    code: str
    message: str
    line: int

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


def unfinished(log: Log, ends: Sequence[int], several: bool = False) -> int | None:
    """Where a process begins that never came to its numbers, which stand in the lines `ends`; else None.

    One that began behind the last of them; or, unless `several` ran side by side, the one that has no numbers
    before the next begins: AscendCL is initialised once a process.
    """
    begun = [line for line, _ in log.find(_INITIALISED)]
    behind = [line for line, _ in log.find(_LOADED)] + begun
    late = [line for line in behind if line > ends[-1]]
    if late or several or len(begun) <= len(ends):
        return min(late, default=None)
    return next(low for low, high in pairwise(begun) if not any(low < end < high for end in ends))


def tells_an_error(log: Log) -> bool:
    """Whether a line is an Ascend tool's error beyond doubt: a code at its head, or by a process's stamp."""
    return log.has(_SURE)


def errors(log: Log) -> tuple[AscendError, ...]:
    """Every coded error, each code once, with the first text that says more than its title."""
    found: dict[str, AscendError] = {}
    for line, match in log.find(_CODE):
        code, said = match["head"] or match["titled"], match["said"].strip()
        known = found.get(code)
        if known is None or (_EMPTY.fullmatch(known.message) and said):
            found[code] = AscendError(code=code, message=said, line=line)
    return tuple(found.values())


def first_error(log: Log) -> AscendError | None:
    """The first coded error, else the first ``[ERROR]`` line, else None."""
    coded = errors(log)
    if coded:
        return coded[0]
    plain = next(iter(log.find(_ERROR)), None)
    return None if plain is None else AscendError(code="", message=plain[1][1], line=plain[0])

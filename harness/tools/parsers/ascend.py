"""Errors as every Ascend tool prints them: a code such as E19010 or EZ3003, and what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.tools.parsers.text import Log

_CODE = re.compile(r"^\s*(E[A-Z]?\d{4,5})\b ?:? *(.*)")
_ERROR = re.compile(r"^\s*\[ERROR\]\s*(.*)")
_EMPTY = re.compile(r"Inner Error\s*!?", re.IGNORECASE)  # the code's title, which says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class AscendError:
    """One error: the code ("" for a plain ``[ERROR]`` line), its text, the line."""

    code: str
    message: str
    line: int

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


def errors(log: Log) -> tuple[AscendError, ...]:
    """Every coded error, each code once, with the first text that says more than its title."""
    found: dict[str, AscendError] = {}
    for line, match in log.find(_CODE):
        code, said = match[1], match[2].strip()
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

"""Names and values as a run recorded them, for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from reports.language import Both, say
from reports.numbers import NOTHING


def words(name: object) -> Both:
    """A recorded name without underscores, in both languages where we know it."""
    return say(str(name).replace("_", " "))


def plain(value: Any) -> str:
    """A recorded value that nothing is known about."""
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return NOTHING if value is None else str(value)


def sequence(value: Any) -> Sequence[Any]:
    """A list that was recorded; anything else as none."""
    return value if isinstance(value, list | tuple) else ()

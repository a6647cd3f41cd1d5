"""What many rules ask of one reading, worked out once: kept with the reading, and gone with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

_Of = TypeVar("_Of")
_Answer = TypeVar("_Answer")


def once(question: Callable[[_Of], _Answer]) -> Callable[[_Of], _Answer]:
    """`question`, asked once of each `Readme`, `Context` or `Reading`: as its cached property would be.

    A question that its record's own module cannot answer, because what it takes is built on that module. What
    it answers is everybody's: a tuple, or what nobody changes.
    """
    key = f"{question.__module__}.{question.__qualname__}"

    @wraps(question)
    def asked(of: _Of) -> _Answer:
        kept = vars(of)
        if key not in kept:
            kept[key] = question(of)
        answer: _Answer = kept[key]
        return answer

    return asked

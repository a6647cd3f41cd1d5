"""atc, the Ascend compiler: whether it succeeded, else its error codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.tools.parsers.ascend import AscendError, errors, tells_an_error
from harness.tools.parsers.text import Log

TOOL = "atc"

_SUCCESS = re.compile(r"ATC run success")
_FAILURE = re.compile(r"ATC run failed")
_START = re.compile(r"ATC start working")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtcOutcome:
    """What came of a compilation; the errors are in the order printed, empty where it succeeded."""

    succeeded: bool
    errors: tuple[AscendError, ...]


def recognises(log: Log) -> bool:
    """Whether these are atc's lines, or an Ascend error alone (which other tools print as well)."""
    return any(log.has(pattern) for pattern in (_START, _SUCCESS, _FAILURE)) or tells_an_error(log)


def parse(log: Log) -> AtcOutcome:
    """The outcome; of several compilations in one log, a failure wins.

    Raises `ParseError` where the log ends before it.
    """
    coded = errors(log)
    if log.has(_FAILURE) or (coded and not log.has(_SUCCESS)):
        return AtcOutcome(succeeded=False, errors=coded)
    if log.has(_SUCCESS):
        return AtcOutcome(succeeded=True, errors=())
    raise log.missing(TOOL, "ATC run success ...` or `ATC run failed ...")

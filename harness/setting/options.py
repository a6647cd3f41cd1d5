"""What a run was asked for, whether by pytest's options or by a command's."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from harness.domain.models import Protocol
from harness.errors import UsageError
from harness.setting.demands import FailOn
from harness.setting.scenarios import Ask
from harness.setting.stamps import Stamp

TARGETS = ("auto", "chip", "stand-in")
WEIGHTS = ("auto", "full", "mini", "random")
DATA = ("auto", "full", "mini")
SURE = 0.99  # the confidence of ``--until sure``
PROTOCOLS = {
    "documented": (Protocol.DOCUMENTED,),
    "standard": (Protocol.STANDARD,),
    "both": (Protocol.DOCUMENTED, Protocol.STANDARD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a run was asked for, as the command line spells it.

    Raises `UsageError`, which lists what exists, for a value that no option has.
    """

    target: str = "auto"
    weights: str = "auto"
    data: str = "auto"
    protocols: tuple[Protocol, ...] = (Protocol.DOCUMENTED,)
    limit: int | None = None
    device: int = 0
    stamp: Stamp = Stamp.QUICK  # what a throughput's timed calls are to earn
    isolate: bool = False  # each throughput in a process of its own
    scenario: Ask | None = None  # of LoadGen's; None: a throughput is calls of one batch, one after another
    threads: int | None = None  # of a throughput that computes in this process; None: every usable core
    tool_timeout_s: float | None = None  # of every call of a vendor's tool; None: its stage's own limit
    max_drop: float | None = (
        None  # a fraction: how far a score may fall below its own fp32; None: by the rule
    )
    until: float | None = None  # the confidence at which a score draws no more samples; None: it takes all
    fail_on: FailOn = FailOn.DEMANDED  # which claims fail because they were not run

    def __post_init__(self) -> None:
        for name, known in (("target", TARGETS), ("weights", WEIGHTS), ("data", DATA)):
            if getattr(self, name) not in known:
                raise UsageError(f"--{name} {getattr(self, name)}: there are {', '.join(known)}")
        for name, lowest in (("limit", 1), ("device", 0), ("threads", 1)):
            value = getattr(self, name)
            if value is not None and value < lowest:
                raise UsageError(f"--{name} {value}: expected {lowest} or more")
        if self.until is not None and self.limit is not None:
            raise UsageError(
                f"--until sure and --limit {self.limit}: the first samples are no chance choice of all; "
                "give one of the two"
            )
        limit_s = self.tool_timeout_s
        if limit_s is not None and not (math.isfinite(limit_s) and limit_s > 0):
            raise UsageError(f"--tool-timeout {limit_s:g}: expected a positive number of seconds")


def until(text: str) -> float:
    """What ``--until`` says, ``sure`` or ``sure:99.9%``, as the confidence of each verdict, a fraction.

    Raises `UsageError` for anything else.
    """
    if text == "sure":
        return SURE
    found = re.fullmatch(r"sure:(\d+(?:\.\d+)?)\s?%", text, re.ASCII)
    if found is None or not 50 <= float(found[1]) < 100:
        raise UsageError(
            f"--until {text}: expected sure, which is {SURE * 100:g} %, or sure:N% with a confidence from "
            "50% to below 100%, such as sure:99.9%; leave it out to score every sample"
        )
    return round(float(found[1]) / 100, 12)


def max_drop(text: str) -> float:
    """What ``--max-drop`` says, ``1%`` for one percentage point, as a fraction.

    Raises `UsageError` for anything else: a number without a unit may mean either.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s?%", text, re.ASCII)
    if found is None or float(found[1]) > 100:
        raise UsageError(
            f"--max-drop {text}: expected percentage points of the score from 0% to 100%, such as 1% or 0.5%"
        )
    return float(found[1]) / 100

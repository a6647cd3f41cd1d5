"""A tool's log that was made elsewhere, fit to be filed: which run of it, of what, and what it is held to."""

from __future__ import annotations

from dataclasses import dataclass

from harness.domain.cases import Case
from harness.domain.references import Reference
from harness.other_machines.times import CallTime
from harness.tools.parsers import ToolRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the log may leave open: which of several runs, and its batch size."""

    device: int | None = None
    summary: int | None = None  # from 1
    batch_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLog:
    """One run of a log that was made elsewhere, fit to be filed under a case."""

    case: Case
    name: str
    sha256: str
    run: ToolRun  # of the case's batch size
    samples_per_s: float
    batch_size_told_by: str  # "the log", or the option
    simulated: bool = False  # of the tests' imitations of the tools, which say so in what they print
    unlike: tuple[str, ...] = ()  # what is known beside the log that makes it another measurement
    claim: Reference | None = None  # the documented value that it is held to, where no case's own is
    precision_told: bool = True  # whether the document, or its chip, says which precision is meant
    latency: CallTime | None = None  # of a claim that states one
    notes: tuple[str, ...] = ()  # what was taken for granted, to be told beside the verdict

"""What was asked for by name: where that is not here, a claim fails; whatever else is not here is skipped.

The one place that decides it, for `pytest suites/`. ``--fail-on not-run`` makes a failure of everything that
is not here, ``--fail-on not-run:never`` of nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.errors import NotApplicable, NotThere, UsageError


class FailOn(StrEnum):
    """Which claims fail because they were not run."""

    DEMANDED = ""  # those that lack what was asked for by name: the default
    NOT_RUN = "not-run"  # all that lack something
    NEVER = "not-run:never"


def fail_on(text: str | None) -> FailOn:
    """What ``--fail-on`` says; `DEMANDED` where it was not given. Raises `UsageError` for anything else."""
    if text is None:
        return FailOn.DEMANDED
    if text not in (FailOn.NOT_RUN, FailOn.NEVER):
        raise UsageError(
            f"--fail-on {text}: expected {FailOn.NOT_RUN} or {FailOn.NEVER}; losses from one run to another "
            "are what `zoocheck compare` and `zoocheck nightly` fail on"
        )
    return FailOn(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """The options that were given another value than their default, by name: ``weights`` is ``full``."""

    named: Mapping[str, str] = field(default_factory=dict)
    fail_on: FailOn = FailOn.DEMANDED

    @classmethod
    def of(cls, given: Mapping[str, object], fail_on: FailOn) -> Demands:
        """Of options as they were given: ``auto`` and None ask for nothing by name."""
        named = {name: str(value) for name, value in given.items() if value not in (None, "auto")}
        return cls(named=named, fail_on=fail_on)

    def why_failed(self, absent: NotThere) -> str:
        """Why a claim that lacks `absent` fails, in words; empty where it is skipped.

        What cannot be asked of a case lacks nothing, and is always skipped.
        """
        if isinstance(absent, NotApplicable) or self.fail_on is FailOn.NEVER:
            return ""
        if absent.option in self.named:
            value = self.named[absent.option]
            return (
                f"`--{absent.option} {value}` asks for it by name, so that it fails; "
                f"`--fail-on {FailOn.NEVER}` would skip it"
            )
        return f"`--fail-on {FailOn.NOT_RUN}` fails what is not run" if self.fail_on else ""

"""What a bundle's script left of each step: its status and log; a step that did not go well is an error."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.domain.cases import Case
from harness.errors import MachineError, ParseError
from harness.other_machines.bundles.manifest import LOGS, BundledCase, BundledStep
from harness.toolchains.bundling import TOLD, Bundling
from harness.toolchains.place import SIMULATED
from harness.toolchains.script import PROBE
from harness.tools import failures, parsers
from harness.tools.process.tail import Tail

_STATUS = re.compile(r"[0-9]{1,3}")
_STATUS_NOT_FOUND = 127  # a shell's, for a tool that is not on PATH
_NOT_FOUND = (
    "the tool is not on PATH there: source the vendor's set_env.sh, or name it in ZOOCHECK_<TOOLCHAIN>_ENV"
)
_SIGNALS = range(129, 193)  # a shell's status of a command that a signal ended: 128 and its number, 1 to 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One case's logs in a bundle that came back."""

    case: Case
    bundled: BundledCase
    folder: Path  # of the case
    bundling: Bundling  # of its toolchain

    def log(self, step: BundledStep) -> Path:
        """Where the step's output lies."""
        return self.folder / LOGS / step.log

    def of(self, stage: str) -> list[BundledStep]:
        """The steps of one stage."""
        return [step for step in self.bundled.steps if step.stage == stage]

    @property
    def simulated(self) -> bool:
        """Whether the tests' imitations of the vendor's tools say so, in a log or in a worker's result."""
        paths = [*map(self.log, self.bundled.steps), self.folder / TOLD]
        return any(SIMULATED.encode() in _bytes(path) for path in paths)

    def recorded(self) -> list[dict[str, Any]]:
        """Every command, its status and its log's hash, as a result keeps them."""
        return [
            {
                "command": step.command, "stage": step.stage, "status": self._status(step), "log": step.log,
                "log_sha256": hashlib.sha256(_bytes(self.log(step))).hexdigest(),
            }
            for step in self.bundled.steps
        ]  # fmt: skip

    def require(self, stages: Iterable[str]) -> None:
        """Raise for the first step of `stages` that was not run, or that failed, whatever its status says.

        `MachineError`, or `ParseError` for a log that cannot be read.
        """
        steps = [step for step in self.bundled.steps if step.stage in stages]
        for step in steps:
            status = self._status(step)
            if status is None:
                raise self._not_run(step, step.status, "is not there, or holds no status")
            if status:
                raise MachineError(self._failure(step, status))
        for step in steps:
            if not self.log(step).is_file():
                raise self._not_run(step, step.log, "is not there")
            if (check := self.bundling.CHECKS.get(step.stage)) is not None:
                check(self.case, self.log(step))

    def _not_run(self, step: BundledStep, name: str, why: str) -> MachineError:
        return MachineError(
            f"{self.case.id}: {step.stage} was not run: {LOGS}/{name} {why}",
            remedy="run `sh run.sh` in the folder, on the card's machine, to its end",
        )

    def require_card(self) -> None:
        """Raise `MachineError` where the monitor says that the card is another than the case's chip.

        A monitor that is not there, or that nobody can read, says nothing.
        """
        monitor, name = self.bundling.MONITOR, self.card()
        if monitor is not None and name is not None and not monitor.is_chip(self.case.chip, name):
            raise MachineError(f"{self.case.id}: ran on a {name}, expected {self.case.chip.title}")

    def card(self) -> str | None:
        """The name of the card that the steps ran on, where the monitor's log tells."""
        monitor = self.bundling.MONITOR
        if monitor is None or not self.of(PROBE):
            return None
        log = self.log(self.of(PROBE)[0])
        try:
            card = monitor.read(parsers.read(_bytes(log), log.name)).of(self.bundled.device)
        except ParseError:
            return None
        if card is None or card.name is None:
            return None
        return card.name if card.share is None else f"{card.name}, a share of it ({card.share})"

    def _status(self, step: BundledStep) -> int | None:
        text = _bytes(self.folder / LOGS / step.status).decode("ascii", "replace").strip()
        return int(text) if _STATUS.fullmatch(text) else None

    def _failure(self, step: BundledStep, status: int) -> str:
        tail = Tail()
        tail.add(_bytes(self.log(step)))
        text = tail.text()
        ended = f"died by signal {status - 128}" if status in _SIGNALS else f"exit status {status}"
        meaning = failures.meaning(text) or (_NOT_FOUND if status == _STATUS_NOT_FOUND else None)
        said = f" ({meaning})" if meaning else ""
        lines = text.replace("\n", "\n  ") or "nothing"
        return f"{self.case.id}: {step.stage}: {ended}{said}: {step.command}\n  {step.log} ends:\n  {lines}"


def _bytes(path: Path) -> bytes:
    """A file's content; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""

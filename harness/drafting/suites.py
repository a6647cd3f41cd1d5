"""`pytest suites/` for the cases of a draft, in a process of its own, and what it left in the store."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.domain.cases import Case, Kind
from harness.errors import MachineError, ZoocheckError
from harness.setting.home import CODE, Home
from harness.store import notrun
from harness.store.notrun import NotRun
from harness.store.results import Result, Store

KINDS = (Kind.CONFORMANCE, Kind.ACCURACY, Kind.THROUGHPUT)  # in this order: what is not the same model first
NOTHING_RAN = 5  # of a run that measured nothing, as pytest's of one without a test
_TOLD = (0, 1, 6)  # statuses after which the store says what happened
_LAST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run of the suites came to."""

    run: str
    # pytest's: 0, 1 where something is not good, 6 where that is the machine's fault; and 5 where no claim
    # was held against anything, which pytest calls skipped.
    status: int
    results: tuple[Result, ...]
    not_run: tuple[NotRun, ...]
    report: Path
    log: Path  # what pytest printed
    further: tuple[str, ...] = ()  # options of the suites that it was given


def run(
    chosen: Sequence[Case], tables: Path, home: Home, *, scored: bool, further: Sequence[str],
    results: str | None, report: Path,
) -> Ran:  # fmt: skip
    """Run the suites for the cases `chosen`, which the folder `tables` makes, and read what it recorded.

    Progress goes to standard error, as of any run; what pytest prints goes to a file beside the tables.
    `further` are options of the suites. Raises `MachineError` where the process is killed, and
    `ZoocheckError` with the end of what it printed where it fails before it measures anything.
    """
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:6]}"
    log, store = tables / f"{name}.txt", results or home.results
    arguments = [
        *(str(CODE / "suites" / f"test_{kind}.py") for kind in KINDS if scored or kind is not Kind.ACCURACY),
        *("-q", "-p", "no:hypothesispytest"),  # whose plugin imports all of hypothesis, for no test here
        "-m", _expression(chosen), "--run-id", name, "--results", store,
        "--report", str(report.absolute()), *further,
    ]  # fmt: skip
    status = _pytest(arguments, tables, log)
    if status not in _TOLD:
        raise ZoocheckError(f"the run of the suites ended with status {status}; {_end(log)}")
    found = _recorded(store, name)
    if status == 0 and not any(item.verdict is not None for item in found):
        status = NOTHING_RAN
    return Ran(
        run=name, status=status, results=found, not_run=notrun.load(home.runs, name),
        report=report.absolute(), log=log, further=tuple(further),
    )  # fmt: skip


def _expression(chosen: Sequence[Case]) -> str:
    """The markers of the cases; their precisions and batch sizes are the tables' own."""
    models = " or ".join(sorted({case.model.marker for case in chosen}))
    chips = " or ".join(sorted({case.chip.marker for case in chosen}))
    return f"({models}) and ({chips})"


def _pytest(arguments: Sequence[str], tables: Path, log: Path) -> int:
    """The status of `pytest`, with the folder `tables` beside those that are known.

    It runs in the user's folder, which a store's URL may be seen from, and imports nothing from there.
    """
    environment = {
        **os.environ,
        "ZOOCHECK_TABLES": _joined(os.environ.get("ZOOCHECK_TABLES", ""), str(tables)),
        "PYTHONPATH": _joined(str(CODE), os.environ.get("PYTHONPATH", "")),
    }
    with log.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pytest", *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=out, check=False,
        )  # fmt: skip
    if done.returncode < 0:
        raise MachineError(
            f"the run of the suites was ended by signal {-done.returncode}; {_end(log)}",
            remedy="of signal 9: give more memory, or ask for a smaller --bs or --length",
        )
    return done.returncode


def _joined(*folders: str) -> str:
    return os.pathsep.join(filter(None, folders))


def _end(log: Path) -> str:
    """The end of what pytest printed, and where all of it is."""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    said = "\n".join(f"  {line}" for line in lines[-_LAST_LINES:])
    return f"all that it printed is in {log}" + (f", which ends with\n{said}" if said else "")


def _recorded(url: str, run: str) -> tuple[Result, ...]:
    store = Store(url)
    try:
        return tuple(store.results(run=run))
    finally:
        store.close()

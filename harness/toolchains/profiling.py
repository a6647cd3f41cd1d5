"""A vendor's benchmark tool, run and read: the throughput that the documents print was made so."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.domain.cases import Case
from harness.errors import ParseError
from harness.toolchains.base import Profile
from harness.toolchains.counting import expected_shapes, foreign_shapes, of_case
from harness.tools import parsers

if TYPE_CHECKING:
    from harness.toolchains.place import Place
    from harness.tools.process import Command


def profiled(case: Case, place: Place, command: Command, tool: str) -> Profile:
    """Run `command`, the documented one, and read what `tool` printed: see `ToolRun.definition`.

    Raises as `Place.run`, and `ParseError` for a log that is cut, that contradicts its own formula, that
    states no throughput, or that is of another batch size than the case's.
    """
    log = place.run(command)
    data = log.read_bytes()
    run = parsers.parse(parsers.read(data, log.name), tool=tool).chosen()
    if case.model.graph is not None and (others := foreign_shapes(case, run)):
        found = ", ".join(str(list(shape)) for shape in others)
        expected = f"expected {expected_shapes(case)}, those of {case.id}"
        raise ParseError(f"found inputs of shape {found}, {expected}", log=log.name, line=run.line)
    run = of_case(case, run)
    if run.batch_size is None:  # the command fixed it
        run = run.of_batch(case.batch_size)
    if run.devices is None:  # and the device
        run = replace(run, devices=1)
    if run.batch_size != case.batch_size:
        expected = f"expected {case.batch_size}, that of {case.id}"
        raise ParseError(f"found batch size {run.batch_size}, {expected}", log=log.name, line=run.line)
    if run.samples_per_s is None:
        raise ParseError(
            f"{tool} states no throughput, and no mean time to compute one from", log=log.name, line=run.line
        )
    return Profile(
        samples_per_s=run.samples_per_s,
        formula=run.definition,
        run=run,
        log_sha256=hashlib.sha256(data).hexdigest(),
    )

"""A benchmark tool's run held to the inputs of its case, and counted in the case's samples.

A tool takes the first axis of its inputs, or of the first of them, for the batch. A graph may have its
samples elsewhere, or an input that they share: what its log tells of shapes is held to the graph's own then,
and the number of samples of a call is the case's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from harness.domain.cases import Case
from harness.toolchains.compiled import sizes_of
from harness.tools.parsers import ToolRun


def of_case(case: Case, run: ToolRun) -> ToolRun:
    """The run of a graph, counted in the case's samples where its log tells the graph's shapes.

    Any other as it is: nothing was counted that its batch size does not say.
    """
    if case.model.graph is None or not run.input_shapes or foreign_shapes(case, run):
        return run
    found = run.of_batch(case.batch_size)
    return found if run.batch_ms is not None else replace(found, samples_per_s=_counted(case, run))


def _counted(case: Case, run: ToolRun) -> float | None:
    """Samples a second of a tool that counts them itself: by its calls, or by what it took for a batch."""
    if run.count and run.duration_s and run.streams == 1:
        return run.count * case.batch_size / run.duration_s
    if run.samples_per_s is None or not run.batch_size:
        return None
    return run.samples_per_s * case.batch_size / run.batch_size


def foreign_shapes(case: Case, run: ToolRun) -> tuple[tuple[int, ...], ...]:
    """The shapes that a log tells and that are no inputs' of the case's graph; a log may leave some out."""
    own = Counter(sizes_of(case).values())
    told = Counter(tuple(shape) for shape in run.input_shapes)
    return tuple((told - own).elements())


def expected_shapes(case: Case) -> str:
    """The inputs of a call, in words: ``x [2, 3, 8, 8], rate []``."""
    return ", ".join(f"{name} {list(shape)}" for name, shape in sizes_of(case).items())

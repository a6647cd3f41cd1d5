"""How the measurement that a log tells of differs from the one that a document tells of."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.other_machines.foreign import ForeignLog
from harness.toolchains import names
from harness.toolchains.compiled import sizes_of
from harness.tools import failures
from harness.tools.parsers import ToolRun
from harness.tools.parsers.precision_words import Words

NEARLY_FULL = 0.99  # of a batch, on average: less and the throughput is of other calls than the documents'


def differences(log: ForeignLog) -> Iterator[str]:
    """What the log itself tells, or is known of it, that makes it another measurement than the documented."""
    case, run = log.case, log.run
    yield from log.unlike
    documented = case.chip.throughput_tools[0]
    if log.claim is None and run.tool != documented:
        yield f"made with {run.tool}, the documents measure with {documented}"
    if run.streams > 1 and log.claim is None:  # of a claim its own number of them is `unlike`'s
        yield f"the total of {run.streams} calls at once on a device, the documents make one at a time"
    if run.errors:
        yield _failing(run)
    other = names.other(case.chip, run.device_name) if run.device_name else None
    if other is not None:
        yield f"measured on {other}, not on {case.chip.title}"
    if run.mean_batch is not None and run.mean_batch < NEARLY_FULL * case.batch_size:
        yield partly_full(run)
    if log.precision_told:
        yield from _precision(run, case.precision)
    if run.further:
        said = ", ".join(f"`{word}`" for word in run.further)
        yield f"the work is another with {said}, which the documents' builds are without"
    if case.model.architecture is not None:
        yield from _other_length(case, run)


def _other_length(case: Case, run: ToolRun) -> Iterator[str]:
    """Of an encoder: an input of another length or rank."""
    fed = [list(shape) for shape in sizes_of(case).values()]
    other_shape = next((list(shape) for shape in run.input_shapes if list(shape) not in fed), None)
    if other_shape is not None:
        expected = " or ".join(dict.fromkeys(map(str, fed)))
        yield f"an input of shape {other_shape}, the case's are {expected}"


def _failing(run: ToolRun) -> str:
    """The first error that the log tells of, and what is known of its cause."""
    more = len(run.errors) - 1
    meaning = failures.meaning("\n".join(run.errors))
    return (
        f"the log tells of an error beside its numbers, {run.errors[0]}"
        + ("" if not more else f" (and {more} more)")
        + ("" if meaning is None else f" ({meaning})")
    )


def _precision(run: ToolRun, documented: Precision) -> Iterator[str]:
    """How what the log says of its precision differs from `documented`; what we do not know does.

    Of several formats the narrowest that a tool was allowed counts: ``FP32+FP16`` is fp16. A name of no table
    of ours is another format.
    """
    if run.precision is None:
        if run.precision_untold:
            yield run.precision_untold
        return
    said = Words.of(run.precision)
    if not said.formats:
        yield f"the log does not tell the precision: it says `{run.precision}`"
        return
    known = {item.value for item in Precision}
    new = [name for name in said.formats if name not in known]
    used = new[-1] if new else next(item for item in reversed(Precision) if item.value in said.formats)
    if used != documented:
        yield f"made in {used} (the log says {run.precision})"
    elif said.further:
        yield f"made in {used} with `{said.further}`, which the documents' builds are not"


def partly_full(run: ToolRun) -> str:
    """That the last batch was not full, with how many samples a call had on average."""
    return (
        f"its calls held {run.mean_batch:.4g} of {run.batch_size} samples on average: the last was not full"
    )

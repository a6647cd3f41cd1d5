"""What a log tells of errors and warnings beside its numbers, for every tool alike by the lines' own marks.

A summary does not undo an error: a device may fail while another one prints its numbers, and a compiler goes
on without the kernel that did not run. What such a line means for the numbers nobody can tell from the log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.tools.parsers.ascend import AT_HEAD
from harness.tools.parsers.records import ToolLog, ToolRun
from harness.tools.parsers.text import Line, Log, shown

_ERROR = re.compile(
    r"\[(?:E|F|(?i:error|fatal|critical)|MMERR\w*)\]"  # a level in brackets
    r"|\b(?:ERROR|FATAL):|^\s*(?i:(?:fatal )?error):"
    r"|\bError\[\d+\]:|\bError Code \d+:"  # TensorRT's own
    r"|^F\d{4} \d\d:"  # glog; its errors look like a code of CANN
    r"|\bexception_cb\b"  # ais_bench, of a kernel that failed on the device
    r"|Segmentation fault|\bcore dumped\b|terminate called after|^\s*Traceback \(most recent call last\)"
    rf"|{AT_HEAD}",
    re.ASCII,
)
_WARNING = re.compile(
    r"\[(?:W|(?i:warn|warning))\] *(.*)|\b(?:WARNING|WARN): *(.*)|^W\d{4} \d\d:.*?\] *(.*)", re.ASCII
)


def with_troubles(log: Log, parsed: ToolLog, begins: re.Pattern[str] | None) -> ToolLog:
    """Each run with the errors and warnings of its part of the log, the total with those of all.

    A part begins with a line that `begins` matches: several runs may stand in one file. Where the tool marks
    no beginning, nobody knows whose a line is, and it is every run's.
    """
    marked = [line for line in log.lines if _ERROR.search(line.text) or _WARNING.search(line.text)]
    starts = [0, *(line for line, _ in log.find(begins))] if begins else [0]

    def of_part(run: ToolRun) -> ToolRun:
        first = max(start for start in starts if start <= run.line)
        after = min((start for start in starts if start > run.line), default=log.end + 1)
        return _told(run, [line for line in marked if first <= line.number < after])

    total = parsed.total
    return replace(
        parsed,
        runs=tuple(of_part(run) for run in parsed.runs),
        total=None if total is None else _told(total, marked),
    )


def _told(run: ToolRun, lines: Sequence[Line]) -> ToolRun:
    """`run` with what `lines` tell; warnings behind the numbers, which are about them, come first."""
    wrong = [line for line in lines if _ERROR.search(line.text)]
    behind = sorted(lines, key=lambda line: line.number < run.line)
    doubtful = (found for line in behind if (found := _WARNING.search(line.text)))
    said = [shown(next(filter(None, found.groups()), "").lstrip(":* ")) for found in doubtful]
    return replace(
        run,
        errors=tuple(f"line {line.number}: {shown(line.text)}" for line in wrong),
        warnings=tuple(dict.fromkeys(text for text in said if text)),
    )

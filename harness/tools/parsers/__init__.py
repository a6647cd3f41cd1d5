"""The output of vendors' tools to records: pure functions, one module a tool.

Each throughput tool's module has ``recognises(log) -> bool`` and ``parse(log) -> ToolLog``, a monitor's
gives a `CardList`, the compiler's an outcome. A text that is not what the tool writes is a `ParseError` that
names the line; nothing is guessed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from harness.errors import ParseError
from harness.tools.parsers.records import Card, CardList, Latency, ToolLog, ToolRun
from harness.tools.parsers.text import Log, read
from harness.tools.parsers.troubles import with_troubles

__all__ = [
    "COMPILERS",
    "MONITORS",
    "THROUGHPUT_TOOLS",
    "Card",
    "CardList",
    "Latency",
    "Log",
    "ToolLog",
    "ToolRun",
    "parse",
    "read",
    "recognise",
]

# In the order in which a log is held against them: what is most particular first.
THROUGHPUT_TOOLS = ("vamp", "vsx_prof", "mm_run", "trtexec", "ais_bench", "msame", "benchmark310")
MONITORS = ("npu_smi", "nvidia_smi", "cnmon")
COMPILERS = ("atc",)
_LOADGENS = (":::MLLOG", "MLPerf Results Summary")


def recognise(text: bytes | str | Log) -> str | None:
    """The tool that wrote `text`, one of those above; None where none can be told."""
    log = text if isinstance(text, Log) else read(text)
    for name in (*THROUGHPUT_TOOLS, *MONITORS):
        if _module(name).recognises(log):
            return name
    if _module("ais_bench").may_be(log):
        return "ais_bench"
    return next((name for name in COMPILERS if _module(name).recognises(log)), None)


def parse(text: bytes | str | Log, *, name: str = "log", tool: str | None = None) -> ToolLog:
    """The runs of a throughput tool's log; of `tool`, else of the one that is recognised.

    Raises `ParseError` where no tool is recognised, where it is one that prints no throughput, for a run that
    failed, and for a log that is cut, damaged or contradicts its own formula.
    """
    log = text if isinstance(text, Log) else read(text, name)
    found = recognise(log) if tool is None else tool
    if found in THROUGHPUT_TOOLS:
        module = _module(found)
        return with_troubles(log, module.parse(log), getattr(module, "BEGINS", None))
    known = ", ".join(sorted(THROUGHPUT_TOOLS))
    if not log.lines:
        raise ParseError(f"the log is empty; expected the output of one of {known}", log=log.name)
    if found is None:
        raise _of_none(log, known)
    if found in COMPILERS:
        outcome = _module(found).parse(log)
        if outcome.errors:
            raise log.failed("the Ascend tool", outcome.errors[0].line, str(outcome.errors[0]))
    message = (
        f"the log is the output of {found}, which states no throughput; expected the output of one of {known}"
    )
    raise ParseError(message, log=log.name)


def _of_none(log: Log, known: str) -> ParseError:
    """The error of a log that no tool here wrote, by what it is."""
    if any(line.text.startswith(_LOADGENS) for line in log.lines):
        return ParseError(
            f"the log is LoadGen's own, and is not imported; expected the output of one of {known}",
            log=log.name,
            remedy="LoadGen's logs are of the runs that it makes here: `pytest suites/ -m throughput "
            "--scenario offline`",
        )
    before = log.before_each_line()
    said = f", each of its lines begins with {before!r}" if before else ""
    return ParseError(
        f"the log is of no known tool{said}; expected the output of one of {known}", log=log.name
    )


def _module(name: str) -> Any:
    return import_module(f"harness.tools.parsers.{name}")

"""Every parser on any text: a clean error or a finite number, nothing else."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recordings import EXCERPTS

from harness.errors import ParseError, UsageError
from harness.tools import parsers

TOOLS = (*parsers.THROUGHPUT_TOOLS, *parsers.MONITORS, *parsers.COMPILERS)
QUANTITIES = ("memory_used_mib", "memory_total_mib", "temperature_c", "power_w", "utilisation_percent")
LINES = sorted(
    {line for path in EXCERPTS.glob("*.txt") for line in path.read_text(encoding="utf-8").splitlines()[1:]}
)
WHOLE = [path.read_text(encoding="utf-8").splitlines() for path in sorted(EXCERPTS.glob("*.txt"))]
ODD = [
    "",
    "nan",
    "inf",
    "-1",
    "0",
    "1e999",
    "9" * 5000,
    "1e-320",
    "٣",
    "½",
    "N/A",
    "|",
    ":",
    "=",
    "\x1b[",
    "\r",
]


@st.composite
def logs(draw) -> str:
    """Lines of real logs, in any order, with parts of them replaced."""
    lines = draw(st.lists(st.sampled_from(LINES), max_size=25))
    seed = draw(st.randoms(use_true_random=False))
    return "\n".join(_damaged(line, seed) for line in lines)


@st.composite
def almost_whole(draw) -> str:
    """A real log with a few lines lost, doubled or damaged: close to what a parser takes."""
    lines = draw(st.sampled_from(WHOLE))
    seed = draw(st.randoms(use_true_random=False))
    kept = [line for line in lines for _ in range(seed.choice([1] * 18 + [0, 2]))]
    return "\n".join(_damaged(line, seed) if seed.random() < 0.1 else line for line in kept)


def _damaged(line: str, seed: random.Random) -> str:
    if seed.random() < 0.6 or not line:
        return line
    words = line.split(" ")
    at = seed.randrange(len(words))
    words[at] = seed.choice(
        [seed.choice(ODD), words[at][: seed.randrange(len(words[at]) + 1)], words[at] * 2]
    )
    return " ".join(words)


ANYTHING = st.one_of(almost_whole(), logs(), st.text(), st.binary())


@pytest.mark.parametrize("tool", TOOLS)
@given(ANYTHING)
def test_a_clean_error_or_a_number(tool: str, data: str | bytes):
    log = parsers.read(data)
    try:
        found = import_module(f"harness.tools.parsers.{tool}").parse(log)
    except ParseError:
        return
    if tool in parsers.THROUGHPUT_TOOLS:
        runs = [*found.runs, *([found.total] if found.total else [])]
        assert runs
        for run in runs:
            check(run)
    elif tool in parsers.MONITORS:
        assert found.cards
        for card in found.cards:
            assert str(card)
            values = [getattr(card, name) for name in QUANTITIES]
            assert all(value is None or 0 <= value < math.inf for value in values)
            assert not {name for name in QUANTITIES if getattr(card, name) is not None} & set(card.unread)


def check(run) -> None:
    numbers = [run.samples_per_s, run.batch_ms, run.batch_size, run.queries_per_s]
    for number in numbers:
        assert number is None or 0 < number < math.inf
    assert run.samples_per_s is not None or run.batch_ms is not None
    assert 0 < (run.of_batch(8).samples_per_s or 0) < math.inf
    for item in run.latencies:
        values = [item.mean_ms, item.median_ms, item.min_ms, item.max_ms, *item.percentiles_ms.values()]
        assert all(value is None or 0 <= value < math.inf for value in values)


@given(ANYTHING)
def test_whoever_wrote_it(data: str | bytes):
    """Recognising never fails, and a log without a tool is a clean error too."""
    assert parsers.recognise(data) in (None, *TOOLS)
    with suppress(ParseError, UsageError):
        parsers.parse(data).chosen()

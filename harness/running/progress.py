"""Progress of long stages: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TextIO

Advance = Callable[[int], None]
PLAIN_EVERY_S = 10.0  # a CI log wants a sign of life, not a bar


class Progress:
    """Shows stages on `stream`; `around` is entered for as long as a stage writes (pytest's capture)."""

    def __init__(
        self,
        stream: Callable[[], TextIO] = lambda: sys.stderr,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._stream = stream
        self._around = around

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        """A stage of `total` steps; the function given advances it by so many."""
        with self._around():
            stream = self._stream()
            shown = _bar if stream.isatty() else _lines
            with shown(label, total, stream) as advance:
                yield advance

    def note(self, line: str) -> None:
        """Say one thing that whoever watches has to know."""
        with self._around():
            self._stream().write(f"{line}\n")


class Silent(Progress):
    """Shows nothing: for worker processes and for `--json`."""

    def note(self, line: str) -> None:
        """Nobody watches."""

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        """A stage that nobody watches."""
        yield lambda steps: None


@contextmanager
def _bar(label: str, total: int, stream: TextIO) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=stream), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda steps: bar.update(task, advance=steps)


@contextmanager
def _lines(label: str, total: int, stream: TextIO) -> Iterator[Advance]:
    """A line every `PLAIN_EVERY_S`, and of a stage that has written any, one at its end."""
    start = last = time.monotonic()
    done = said = 0

    def say() -> None:
        nonlocal last, said
        last, said = time.monotonic(), done
        stream.write(f"{label}: {done} of {total} after {last - start:.0f} s\n")
        stream.flush()

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        if time.monotonic() - last >= PLAIN_EVERY_S:
            say()

    yield advance
    if 0 < said < done:
        say()

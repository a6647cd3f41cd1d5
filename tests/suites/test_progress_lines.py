"""Progress that a run shows between pytest's own lines."""

from __future__ import annotations

import sys

import pytest

from fixtures.bench import _LinesOfTheirOwn


class Reporter:
    """A terminal reporter in the middle of a line."""

    unfinished = True

    def ensure_newline(self) -> None:
        if self.unfinished:
            sys.stdout.write("|")
            self.unfinished = False

    def flush(self) -> None:
        pass


def test_progress_finishes_pytests_line_first(capfd: pytest.CaptureFixture[str]) -> None:
    """Once: what follows is on lines of its own already."""
    stream = _LinesOfTheirOwn(Reporter())
    stream.write("10 of 20\n")
    stream.write("20 of 20\n")
    stream.flush()
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("|", "10 of 20\n20 of 20\n")
    assert not stream.isatty()


def test_progress_without_a_reporter(capfd: pytest.CaptureFixture[str]) -> None:
    """`-p no:terminal` leaves none."""
    _LinesOfTheirOwn(None).write("10 of 20\n")
    assert capfd.readouterr().err == "10 of 20\n"

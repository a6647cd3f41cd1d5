"""Progress: a bar for people, lines for logs, nothing where nobody watches."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager

import pytest

from harness.running import progress
from harness.running.progress import Progress, Silent


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def walk(shown: Progress, *steps: int, total: int) -> None:
    with shown.stage("tinybert-cpu-bs8", total) as advance:
        for number in steps:
            advance(number)


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch):
    """Label, bar and share are drawn over each other with control sequences."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    walk(Progress(lambda: stream), 400, 472, total=872)
    shown = stream.getvalue()
    assert "tinybert-cpu-bs8" in shown
    assert "100%" in shown
    assert "\x1b[" in shown


def test_elsewhere_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch):
    """Plain text, one line a report, no control sequence and no carriage return."""
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0)
    stream = io.StringIO()
    walk(Progress(lambda: stream), 400, 472, total=872)
    assert re.fullmatch(
        r"tinybert-cpu-bs8: 400 of 872 after \d+ s\ntinybert-cpu-bs8: 872 of 872 after \d+ s\n",
        stream.getvalue(),
    )


def test_a_short_stage_says_nothing_elsewhere():
    """A CI log wants a sign of life from what takes long, not from what is over at once."""
    stream = io.StringIO()
    walk(Progress(lambda: stream), *[1] * 872, total=872)
    assert stream.getvalue() == ""


def test_a_stage_that_has_said_something_says_its_end(monkeypatch: pytest.MonkeyPatch):
    """The last line is the whole, so that a log does not stop half-way for no reason."""
    stream = io.StringIO()
    with Progress(lambda: stream).stage("stage", 10) as advance:
        monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0)
        advance(4)
        monkeypatch.setattr(progress, "PLAIN_EVERY_S", 1e9)
        advance(6)
    assert [line.split(" after")[0] for line in stream.getvalue().splitlines()] == [
        "stage: 4 of 10",
        "stage: 10 of 10",
    ]


def test_a_stage_that_fails_does_not_say_that_it_is_done(monkeypatch: pytest.MonkeyPatch):
    """An exception comes through, and no line claims the rest."""
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0)
    stream = io.StringIO()

    def killed() -> None:
        with Progress(lambda: stream).stage("stage", 10) as advance:
            advance(4)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert stream.getvalue().count("\n") == 1


def test_the_surroundings_are_entered_while_a_stage_is_shown():
    """pytest's capture is lifted for as long as something is drawn, and put back."""
    events: list[str] = []

    @contextmanager
    def around():
        events.append("lifted")
        yield
        events.append("back")

    stream = io.StringIO()
    with Progress(lambda: events.append("stream") or stream, around).stage("stage", 1) as advance:
        events.append("inside")
        advance(1)
    assert events == ["lifted", "stream", "inside", "back"]


def test_the_stream_is_standard_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Standard output belongs to a command's result."""
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0)
    walk(Progress(), 1, total=1)
    said = capsys.readouterr()
    assert said.out == ""
    assert "1 of 1" in said.err


def test_silent_is_silent(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Workers and `--json` show nothing at all."""
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0)
    walk(Silent(), 400, 472, total=872)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")

"""A tool that ends by itself: what is recorded of it, what its failure says."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from stand_ins import MARK, python, shell

from harness.errors import MachineError, NotThere, UsageError
from harness.tools.process import LIMITS_S, Command, Stage, ToolFailed, ToolMissing, run


def test_what_is_recorded(tmp_path: Path, log: Path):
    """Status, duration, peak memory, the log's name and bytes, the tail, and a line to paste."""
    finished = run(shell("echo to-out; echo to-err >&2; sleep 0.2", tmp_path), log)
    assert (finished.status, finished.signal, finished.ended, finished.left) == (0, None, 0, ())
    assert 0.2 <= finished.duration_s < 10
    assert finished.log == "tool.log"
    assert log.read_bytes() == b"to-out\nto-err\n"
    assert finished.log_bytes == 14
    assert finished.tail == "to-out\nto-err"
    kept = finished.recorded()
    assert kept["command"] == finished.line
    assert (kept["status"], kept["log"], kept["stage"]) == (0, "tool.log", "build")


def test_the_line_can_be_pasted(tmp_path: Path, log: Path):
    """The recorded line does in a shell what the command did: folder, variables, awkward arguments."""
    folder = tmp_path / "with 'quotes' and $dollars"
    folder.mkdir()
    source = "import os, sys; print(os.getcwd(), os.environ['A-b'], sys.argv[1:])"
    command = Command(
        argv=(sys.executable, "-c", source, "a b", "", "*", "$HOME", "'", "\n", "汉"), cwd=folder,
        stage=Stage.BUILD, env={MARK: str(tmp_path), "A-b": "x; y"},
    )  # fmt: skip
    run(command, log)
    pasted = subprocess.run(["sh", "-c", command.line], capture_output=True, check=True)
    assert pasted.stdout == log.read_bytes()


def test_the_line_names_the_sourced_script(tmp_path: Path):
    """Whoever pastes it needs the environment first."""
    command = Command(
        argv=("atc", "--x=1 2"), cwd=tmp_path, stage=Stage.BUILD, sourced=Path("/opt/my cann/set_env.sh")
    )
    assert (
        command.line
        == f"source '/opt/my cann/set_env.sh' && cd {shlex.quote(str(tmp_path))} && atc '--x=1 2'"
    )


def test_bytes_go_through_as_they_are(tmp_path: Path, log: Path):
    """Arguments, variables and output that are no UTF-8 are not changed on the way."""
    name = os.fsdecode(b"caf\xe9")
    source = "import os, sys; os.write(1, os.fsencode(sys.argv[1]) + os.environb[b'V'] + b'\\x00\\xff')"
    command = Command(
        argv=(sys.executable, "-c", source, name), cwd=tmp_path, stage=Stage.BUILD, env={"V": name}
    )
    run(command, log)
    assert log.read_bytes() == b"caf\xe9caf\xe9\x00\xff"


def test_the_tool_has_no_input_and_no_terminal(tmp_path: Path, log: Path):
    """A tool that asks for a password or a key ends, instead of waiting for an answer."""
    finished = run(shell("cat; (exec 3</dev/tty) 2>/dev/null || echo no-terminal", tmp_path), log)
    assert finished.tail == "no-terminal"


def test_peak_memory_is_the_tools_own(tmp_path: Path, log: Path):
    """Not this process's, though it is larger: Linux counts what a process was before exec(2)."""
    ballast = bytearray(os.urandom(1024)) * (200 * 1024)  # 200 MB, touched
    assert len(ballast) == 200 * 1024 * 1024
    small = run(shell("true", tmp_path), log).peak_rss_bytes
    large = run(python("x = bytearray(b'1') * (80 << 20)", tmp_path), log).peak_rss_bytes
    assert small is not None
    assert large is not None
    assert small < 40 << 20
    assert 80 << 20 <= large < 160 << 20


def test_peak_memory_counts_a_child(tmp_path: Path, log: Path):
    """A wrapper script is small; the compiler below it is what matters."""
    line = f"{shlex.quote(sys.executable)} -S -c \"x = bytearray(b'1') * (80 << 20)\"; true"
    peak = run(shell(line, tmp_path), log).peak_rss_bytes
    assert peak is not None
    assert peak >= 80 << 20


def test_a_failing_tool_says_all(tmp_path: Path, log: Path):
    """Argument list, status, tail, log, and what its code means."""
    line = "echo 'E10001: Value [-1] for parameter [input_2] is invalid.'; exit 3"
    with pytest.raises(
        ToolFailed, match=r"^sh: exit status 3 after .* s; an argument of the tool has"
    ) as caught:
        run(shell(line, tmp_path), log)
    failed = caught.value
    assert isinstance(failed, MachineError)
    assert (failed.argv, failed.status) == (("sh", "-c", line), 3)
    assert failed.tail == "E10001: Value [-1] for parameter [input_2] is invalid."
    assert failed.tail in str(failed)
    assert str(log) in str(failed)
    assert failed.log == log
    assert failed.finished.line.endswith(shlex.quote(line))


def test_the_meaning_is_looked_for_before_the_shown_lines(tmp_path: Path, log: Path):
    """A trace of a thousand lines after the code does not hide it."""
    with pytest.raises(ToolFailed) as caught:
        run(shell("echo EZ3003: none; yes '  at somewhere' | head -1000; exit 1", tmp_path), log)
    assert "no kernel for an operator" in str(caught.value.meaning)
    assert len(str(caught.value).splitlines()) < 20
    assert len(caught.value.tail.splitlines()) == 40


def test_a_signal_is_named(tmp_path: Path, log: Path):
    """A crash of the tool is not an exit status."""
    with pytest.raises(ToolFailed, match="sh: ended by SIGSEGV after") as caught:
        run(shell("kill -SEGV $$", tmp_path), log)
    assert (caught.value.status, caught.value.finished.signal) == (None, signal.SIGSEGV)


def test_sigkill_may_be_a_lack_of_memory(tmp_path: Path, log: Path):
    """The kernel's out-of-memory killer leaves no other trace."""
    with pytest.raises(ToolFailed, match=r"ended by SIGKILL .*when memory runs out"):
        run(shell("kill -KILL $$", tmp_path), log)


def test_a_tool_that_prints_nothing(tmp_path: Path, log: Path):
    """The log is there and empty, and the message says so."""
    with pytest.raises(ToolFailed, match=r"exit status 1 .*it printed nothing$"):
        run(shell("exit 1", tmp_path), log)
    assert log.read_bytes() == b""


def test_a_missing_tool_is_a_skip(tmp_path: Path, log: Path):
    """NotThere, with what to do."""
    command = Command(argv=("no-such-tool-here",), cwd=tmp_path, stage=Stage.PROBE)
    with pytest.raises(
        ToolMissing, match="`no-such-tool-here` is not on PATH; install it, or source"
    ) as caught:
        run(command, log)
    assert isinstance(caught.value, NotThere)
    assert not log.exists()


def test_a_tool_without_permission(tmp_path: Path, log: Path):
    """A file that nobody may execute is named as that."""
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o644)
    for name in ("./tool", str(tool)):
        with pytest.raises(ToolMissing, match="tool` is not executable"):
            run(Command(argv=(name,), cwd=tmp_path, stage=Stage.PROBE), log)


@pytest.mark.parametrize("content", ["#!/no/such/interpreter\n", "\x7fELF of another machine"])
def test_a_file_that_is_no_program(tmp_path: Path, log: Path, content: str):
    """What the kernel refuses to start is not there either."""
    tool = tmp_path / "tool"
    tool.write_text(content)
    tool.chmod(0o755)
    with pytest.raises(
        ToolMissing, match=r"tool: cannot be started: .*; this machine cannot run it: install it again"
    ):
        run(Command(argv=("./tool",), cwd=tmp_path, stage=Stage.PROBE), log)


def test_too_many_arguments_are_the_machines_failure(tmp_path: Path, log: Path):
    """The tool is there: a skip would hide it."""
    command = Command(argv=("echo", "x" * (1 << 20)), cwd=tmp_path, stage=Stage.PROBE)
    with pytest.raises(MachineError, match="echo: cannot be started: Argument list too long"):
        run(command, log)


def test_a_missing_working_folder(tmp_path: Path, log: Path):
    """Before the start, and never as a missing tool."""
    with pytest.raises(MachineError, match=r"sh: its working folder is not there: .*gone"):
        run(shell("true", tmp_path / "gone"), log)


def test_a_working_folder_that_vanishes(tmp_path: Path, log: Path):
    """The tool runs on in a folder that has no name any more; its failure is its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    with pytest.raises(ToolFailed, match="exit status 2"):
        run(shell(f"rmdir {shlex.quote(str(folder))}; sleep 0.1; echo x > file", folder), log)


def test_this_process_may_have_lost_its_folder(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch):
    """Only the command's folder counts."""
    folder = tmp_path / "lost"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    assert run(shell("echo fine", tmp_path), log).tail == "fine"


def test_each_stage_has_a_limit():
    """A command's own limit goes before its stage's."""
    assert set(LIMITS_S) == set(Stage)
    for stage in Stage:
        assert Command(argv=("x",), cwd=Path(), stage=stage).limit_s == LIMITS_S[stage]
    assert Command(argv=("x",), cwd=Path(), stage=Stage.BUILD, timeout_s=2.5).limit_s == 2.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"argv": ()}, {"argv": ("",)}, {"argv": ("x", "\0")}, {"env": {"A=B": "c"}}, {"env": {"": "c"}},
        {"timeout_s": 0}, {"timeout_s": -1.0}, {"timeout_s": float("nan")}, {"timeout_s": float("inf")},
    ],
)  # fmt: skip
def test_commands_that_cannot_be(wrong: dict[str, object]):
    """Refused before anything starts."""
    with pytest.raises(UsageError):
        Command(**{"argv": ("x",), "cwd": Path(), "stage": Stage.BUILD, **wrong})


def test_a_python_modules_tool_is_called_by_its_name(tmp_path: Path):
    """`python3.7 -m ais_bench` is ais_bench, in messages and in its log's name."""
    command = Command(
        argv=("/opt/bin/python3.7", "-m", "ais_bench", "--model", "m.om"), cwd=tmp_path, stage=Stage.PROFILE
    )
    assert command.name == "ais_bench"
    assert Command(argv=("python3.7", "-m"), cwd=tmp_path, stage=Stage.PROFILE).name == "python3.7"

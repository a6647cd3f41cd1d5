"""Many READMEs by several processes: order, what is raised, a process that is lost, an interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.documents.many import FOR_A_PROCESS, File, Interrupted, each, readmes
from harness.errors import MachineError, UsageError

FILES: list[File] = [(Path(f"{number}.md"), f"{number}.md") for number in range(5 * FOR_A_PROCESS)]
LAST = FILES[-1][1]


def named_by(file: File) -> tuple[str, int]:
    return file[1], os.getpid()


def uneven(file: File) -> str:
    time.sleep(0.02 if file[1] < "2" else 0)
    return file[1]


def refusing(file: File) -> str:
    if file[1] == LAST:
        raise UsageError(f"{file[1]}: no")
    return file[1]


def dying(file: File) -> str:
    if file[1] == LAST:
        os.kill(os.getpid(), signal.SIGKILL)
    return file[1]


def interrupted(file: File) -> str:
    if file[1] == LAST:
        raise KeyboardInterrupt
    return file[1]


@pytest.mark.parametrize("jobs", [1, 2, 3, 100])
def test_the_order_is_that_of_the_files(jobs):
    assert each(uneven, FILES, jobs) == [shown for _, shown in FILES]


def test_few_files_stay_in_this_process():
    """Starting a process takes as long as a few READMEs."""
    few = FILES[: 2 * FOR_A_PROCESS - 1]
    assert {process for _, process in each(named_by, few, 4)} == {os.getpid()}
    assert os.getpid() not in {process for _, process in each(named_by, FILES, 2)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_raised_says_which_file_it_was(jobs):
    with pytest.raises(UsageError, match=f"{LAST}: no") as problem:
        each(refusing, FILES, jobs)
    if jobs == 1:  # a note does not travel between processes
        assert problem.value.__notes__ == [f"while {LAST} was read"]


def test_a_process_that_is_ended_from_outside_is_the_machines_fault_with_a_remedy():
    with pytest.raises(MachineError, match=r"was ended from outside, at \d+\.md .*--jobs 1"):
        each(dying, FILES, 2)


def test_an_interrupt_says_how_far_it_was():
    with pytest.raises(Interrupted, match="when 39 of 40 READMEs were read; nothing was written"):
        each(interrupted, FILES, 1)


WAITING = """
import os, sys, time
from pathlib import Path
import harness.documents.many as many
from harness.documents.audit import tree

def waits(file, **_):
    os.write(1, b"begun\\n")  # at once: two processes say it
    time.sleep(60)

tree.audited = waits
sys.argv = ["zoocheck", "audit", sys.argv[1], "--jobs", "2"]
from harness.cli import main
main()
"""


def test_an_interrupted_command_ends_at_once_with_a_sentence_and_no_process_left(tmp_path):
    for number in range(5 * FOR_A_PROCESS):
        (tmp_path / f"{number}.md").write_text("# Net\n", encoding="utf-8")
    command = [sys.executable, "-c", WAITING, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all of them
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told == "zoocheck: interrupted when 0 of 40 READMEs were read; nothing was written\n"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_folder_is_its_markdown_files_in_order_and_what_cannot_be_opened(tmp_path: Path, monkeypatch):
    """Hidden files and folders, and what is no file, left out; a link that leads to its own folder ends."""
    for name in ("b/README.md", "a.md", "c/notes.txt", ".git/x.md", "node_modules/x.md", ".x.md", "d/e.MD"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "ring.md").symlink_to("ring.md")
    (tmp_path / "gone.md").symlink_to("nothing")
    (tmp_path / "linked.md").symlink_to("a.md")
    monkeypatch.setattr(os, "scandir", closed(tmp_path / "c", os.scandir))
    found = [str(path.relative_to(tmp_path)) for path, _ in readmes([tmp_path])]
    assert found == ["a.md", "b/README.md", "c", "d/e.MD", "gone.md", "linked.md", "ring.md"]


def closed(folder: Path, scandir):
    """`scandir` where nobody may look into `folder`."""

    def opened(path):
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    return opened


def test_a_readme_that_is_given_twice_is_read_once(tmp_path: Path, monkeypatch):
    (tmp_path / "a.md").touch()
    (tmp_path / "b.md").touch()
    monkeypatch.chdir(tmp_path)
    given = [Path("b.md"), tmp_path, Path("a.md"), Path("./b.md")]
    assert [shown for _, shown in readmes(given)] == ["b.md", str(tmp_path / "a.md")]

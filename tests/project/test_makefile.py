"""The Makefile: its list of targets is whole, and several statuses come to one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`make` in the repository. It does not hear that another make may have started the tests."""
    ours = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env={**ours, "LC_ALL": "C", **environment},
        check=False, capture_output=True, text=True,
    )  # fmt: skip


def phony() -> list[str]:
    """The targets that are no files, in the order in which the Makefile names them."""
    [names] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    return names.split()


def test_help_has_a_line_for_every_target():
    done = make("help")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [re.fullmatch(r"make (\S+) +(\S.*)", line) for line in done.stdout.splitlines()]
    assert [line and line[1] for line in lines] == phony()


def test_every_target_that_is_no_file_is_told_to_be_none():
    """Else a file of its name would keep it from running."""
    assert set(re.findall(r"^([a-z][\w-]*):(?!=)", MAKEFILE, re.MULTILINE)) == set(phony())


def test_make_alone_is_make_run():
    assert ".DEFAULT_GOAL := run\n" in MAKEFILE
    assert "run" in phony()


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ("0", 0),
        ("0 0 0", 0),
        ("6", 6),
        ("0 6 0", 6),
        ("6 6", 6),
        ("1 0", 1),
        ("0 1", 1),
        ("6 1", 1),
        ("1 6", 1),
        ("2 1", 2),
        ("6 0 5 1 6", 5),
        ("0 66", 66),
        ("6 137", 137),
    ],
)
def test_the_first_that_is_not_the_machines_fault_decides(tmp_path: Path, statuses: str, status: int):
    """And 6 only where nothing else failed; by the shell that the recipes end with, and real commands."""
    (tmp_path / "Makefile").write_text(
        f"include {ROOT / 'Makefile'}\n"
        "ends:\n"
        '\t@all=; for code in $(STATUSES); do sh -c "exit $$code"; all="$$all $$?"; done; \\\n'
        "\t$(call exit_with,$$all)\n",
        encoding="utf-8",
    )
    done = make("-f", str(tmp_path / "Makefile"), "ends", f"STATUSES={statuses}")
    assert done.returncode == (2 if status else 0)  # make's own
    assert re.findall(r"Error (\d+)", done.stderr) == ([str(status)] if status else [])


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        ("", 0),
        ("not throughput=1", 1),
        ("and throughput=6", 6),
        ("not throughput=6", 6),
        ("not throughput=6 and throughput=1", 1),
        ("not throughput=5 and throughput=6", 5),
        ("report=2", 0),
    ],
)
def test_a_run_ends_with_pytests_status_and_always_has_its_report(tmp_path: Path, failing: str, status: int):
    """Both sessions and the report come whatever fails; the report's own status is not the run's."""
    cases = " ".join(f"*'{part}'*) exit {code};;" for part, code in re.findall(r"(\S.*?)=(\d)", failing))
    for name in ("python", "zoocheck"):
        (tmp_path / name).write_text(
            f'#!/bin/sh\necho "$(basename "$0") $*" >> "$LOG"\ncase "$*" in {cases} *) ;; esac\n',
            encoding="utf-8",
        )
        (tmp_path / name).chmod(0o755)
    (tmp_path / "stamp").touch()
    done = make("run", f"BIN={tmp_path}", f"STAMP={tmp_path / 'stamp'}", LOG=str(tmp_path / "log"))
    assert done.returncode == (2 if status else 0)
    assert re.findall(r"Error (\d+)", done.stderr) == ([str(status)] if status else [])
    log = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in log] == ["python"] * 3 + ["zoocheck"]

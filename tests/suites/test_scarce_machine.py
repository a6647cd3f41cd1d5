"""Disk, memory and open files that give out: status 6, the place and what to do, in runs and commands."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from privileges import heeding_modes
from zoo_runs import Ran, Zoo

from harness.domain.cases import Kind

ONE = ("-m", "mite and abacus and accuracy", "--bs", "1")
FAILS = [
    ("full", "a file that zoocheck reads or writes: No space left on device; make room there"),
    ("files", "weights.bin: Too many open files; raise the limit (ulimit -n)"),
    ("memory", "there is too little memory for this; give more (ulimit -v)"),
    ("read-only", "/home/of/zoocheck/artifacts: Permission denied; set ZOOCHECK_HOME to a folder that can"),
    ("from-the-disk", "cannot be exported; make room there"),
]


def broken(zoo: Zoo, folder: Path, how: str) -> Ran:
    """A run of one case, which fails so in the backend (see `breakage`)."""
    return zoo.but(changes={"BREAK": f"mite-abacus-bs1={how}"}).suites(folder, "-p", "breakage", *ONE)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A disk of its own on `folder`, which only root can have mounted."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("how", "says"), FAILS, ids=[how for how, _ in FAILS])
def test_it_is_the_machines_fault(zoo: Zoo, tmp_path: Path, how: str, says: str) -> None:
    ran = broken(zoo, tmp_path, how)
    assert ran.status == 6, ran.out + ran.err
    assert says in ran.out
    assert "Traceback" not in ran.out
    assert "def " not in ran.out  # nor pytest's own form of one
    failed = ran.result("mite-abacus-bs1", Kind.ACCURACY)
    assert failed.measurement.detail["machine"] is True
    assert failed.verdict is not None
    assert says in failed.verdict.message


def test_a_file_that_asks_for_too_much_memory_is_no_fault_of_the_machine(zoo: Zoo, tmp_path: Path) -> None:
    ran = broken(zoo, tmp_path, "damaged")
    assert ran.status == 1
    assert "truncated, or no graph" in ran.out
    assert ran.result("mite-abacus-bs1", Kind.ACCURACY).measurement.detail["machine"] is False


def test_a_build_that_finds_no_room(zoo: Zoo, tmp_path: Path) -> None:
    """The write itself fails, in a library that tells no name: the folder is told."""
    ran = zoo.but(home=tmp_path / "home").suites(tmp_path, "-p", "scarce", *ONE)
    assert ran.status == 6, ran.out + ran.err
    assert f"{tmp_path / 'home' / 'artifacts'}/" in ran.out
    assert ": File too large; raise the limit on a file's size (ulimit -f)" in ran.out
    assert "def " not in ran.out
    assert not [path for path in (tmp_path / "home" / "artifacts").iterdir() if path.name != ".locks"]


def test_a_home_on_a_full_disk(zoo: Zoo, tmp_path: Path) -> None:
    """The results lie elsewhere, and hold the case as an error of the machine."""
    with small_disk(tmp_path / "small", "16k"):
        ran = zoo.but(home=tmp_path / "small" / "home").suites(tmp_path, *ONE)
    assert ran.status == 6, ran.out + ran.err
    assert f"{tmp_path / 'small'}" in ran.out + ran.err
    assert "No space left on device" in ran.out + ran.err
    assert "def " not in ran.out
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["serial", "parallel"])
def test_a_home_that_may_not_be_written(zoo: Zoo, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Told once, before anything is measured."""
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    closed = zoo.but(home=home, through=heeding_modes())
    ran = closed.suites(tmp_path, *ONE, *more)
    assert ran.status == 6, ran.out + ran.err
    said = f"{home}: cannot be the zoocheck home: Permission denied; set ZOOCHECK_HOME to a folder that can"
    assert (ran.out + ran.err).count(said) == 1
    assert "1 passed" not in ran.out


def test_a_command_says_the_same(zoo: Zoo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    bundle = tmp_path / "bundle.tgz"
    bundle.write_bytes(b"")
    collect = zoo.but(home=home, through=heeding_modes()).zoocheck(tmp_path, "collect", str(bundle))
    assert collect.status == 6, collect.out + collect.err
    assert f"{home}: cannot be the zoocheck home: Permission denied" in collect.err


def test_a_command_that_finds_the_disk_full(zoo: Zoo, tmp_path: Path) -> None:
    """`/dev/full` takes no byte."""
    readme = tmp_path / "README.md"
    readme.write_text("# A model\n", encoding="utf-8")
    ran = zoo.zoocheck(tmp_path, "audit", str(readme), "--json", "--out", "/dev/full")
    assert ran.status == 6, ran.out + ran.err
    assert ran.err.startswith(
        "zoocheck: /dev/full: No space left on device; make room there, or name a place"
    )

"""The workflow files: what they call exists, and is what anybody can call without GitHub."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
ALLOWED = {"actions/checkout", "actions/setup-python", "actions/upload-artifact"}
WORKFLOWS = sorted(path.name for path in FOLDER.iterdir())


def workflow(name: str) -> dict[Any, Any]:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(name)["jobs"].values() for step in job["steps"]]


def test_there_are_two() -> None:
    assert WORKFLOWS == ["ci.yml", "nightly.yml"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_what_github_asks_for(name: str) -> None:
    """A trigger (YAML 1.1 reads its key, ``on``, as true), a time limit, and no right but to read."""
    found = workflow(name)
    assert found[True]
    assert found["permissions"] == {"contents": "read"}
    for job in found["jobs"].values():
        assert job["runs-on"]
        assert job["timeout-minutes"] <= 360
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_it_uses_few_actions_at_a_version(name: str) -> None:
    for step in steps(name):
        if "uses" in step:
            action, version = step["uses"].split("@")
            assert action in ALLOWED
            assert re.fullmatch(r"v\d+", version)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_what_it_runs_exists(name: str) -> None:
    """Make's targets, and files that can be run; nothing that came from outside is put into a script."""
    commands = [line for step in steps(name) for line in step.get("run", "").splitlines()]
    assert commands
    for command in commands:
        assert "${{" not in command
        first, *rest = command.split()
        if first == "make":
            for target in rest:
                subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)
        elif first != "echo":
            assert os.access(ROOT / first, os.X_OK)


def test_the_night_runs_and_keeps_what_it_made() -> None:
    """`make nightly` writes where the workflow looks, whether the night was good or not."""
    (upload,) = [step for step in steps("nightly.yml") if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "always()"
    assert upload["with"]["path"].split() == ["build/report/", "build/nightly/"]
    assert any(step.get("run") == "make nightly" for step in steps("nightly.yml"))
    assert workflow("nightly.yml")[True]["schedule"]


def test_a_night_in_its_order() -> None:
    """Accuracy beside others, throughput alone, many examples, one report, and last the comparison."""
    said = subprocess.run(
        ["make", "--dry-run", "nightly", "NIGHT_OPTIONS=--bs 8"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    chips = "(ascend310 or ascend310p or t4 or vacc or mlu370)"
    parts = [
        f"-n 2 --dist worksteal -q --no-header -m '{chips} and not throughput'",
        f"-q -m '{chips} and throughput'",
        "-m preprocessing --hypothesis-profile nightly",
        "zoocheck report --run $id ||",
        "zoocheck report --run $id --format json --out build/nightly/results.json",
        "zoocheck nightly --run $id",
    ]
    places = [said.index(part) for part in parts]
    assert places == sorted(places)
    assert said.count("--bs 8") == 2


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        ("", 0),
        ("not throughput=1", 1),
        ("and throughput=6", 6),
        ("and throughput=6 preprocessing=1", 1),
        ("preprocessing=1", 1),
        ("nightly --run=1", 1),
        ("and throughput=6 nightly --run=1", 1),
        ("not throughput=6 --format json=2", 2),
        ("--format json=2", 2),
    ],
)
def test_all_of_a_night_comes_whatever_fails(tmp_path: Path, failing: str, status: int) -> None:
    """Every part runs, and the first that failed decides; the machine's 6 only where nothing else did."""
    script = '#!/bin/sh\necho "$(basename "$0") $*" >> "$LOG"\ncase "$*" in {cases} esac\n'
    pairs = [pair.rsplit("=", 1) for pair in re.findall(r"\S.*?=\d", failing)]
    cases = " ".join(f"*'{part}'*) exit {code};;" for part, code in pairs) or "*) ;;"
    for name in ("python", "zoocheck"):
        (tmp_path / name).write_text(script.format(cases=cases), encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "stamp").touch()
    done = subprocess.run(
        ["make", "nightly", f"BIN={tmp_path}", f"STAMP={tmp_path / 'stamp'}"],
        cwd=ROOT, check=False, capture_output=True, text=True,
        env=os.environ | {"LOG": str(tmp_path / "log")},
    )  # fmt: skip
    assert done.returncode == (2 if status else 0)  # make's own
    assert not status or f"Error {status}" in done.stderr
    log = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [line.split()[0] for line in log] == ["python"] * 4 + ["zoocheck"] * 3

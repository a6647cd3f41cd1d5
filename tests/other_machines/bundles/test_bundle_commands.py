"""`zoocheck bundle` and `zoocheck collect` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import card
import pytest
from commands import Run, in_process

from harness.domain.catalog import Catalog
from harness.errors import NotThere, NotYet, UsageError
from harness.setting.home import Home

MINI = ("--weights", "mini", "--data", "mini", "--limit", "8")


@pytest.fixture
def run(home: Home, monkeypatch: pytest.MonkeyPatch) -> Run:
    return in_process(home, monkeypatch)


def test_two_cases_share_their_inputs_and_one_fails(run, tmp_path: Path):
    """The other is judged; the status is the machine's."""
    folder, packed = tmp_path / "bundle", tmp_path / "b.tar.gz"
    names = ("tinybert-t4-bs2", "tinybert-t4-fp16-bs2")
    made = json.loads(run("bundle", *names, "--out", folder, "--archive", packed, *MINI, "--json").stdout)
    assert [item["case"] for item in made["cases"]] == list(names)
    assert made["cases"][0]["samples"] == 8
    assert packed.is_file()
    assert sorted(path.name for path in (folder / "inputs" / "tinybert").iterdir()) == [
        "ids.npy", "mask.npy", "segments.npy",
    ]  # fmt: skip
    machine = card.install("tensorrt", tmp_path / "tools")
    assert machine.run(folder).returncode == 0
    report = ("--out", tmp_path / "report")
    store = ("--results", f"sqlite:///{tmp_path / 'r.sqlite'}")
    shown = run("collect", folder, *report, *store)
    assert shown.exit_code == 0, shown.stdout
    assert "tinybert-t4-fp16-bs2" in shown.stdout
    assert "simulated" in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    (folder / names[0] / "logs" / "02-build.status").write_text("1\n")
    failed = run("collect", folder, *report, *store, "--run-id", "again", "--json")
    assert failed.exit_code == 6
    told = json.loads(failed.stdout)
    assert (told["run"], told["simulated"]) == ("again", True)
    kinds = [item["verdict"]["kind"] for item in told["results"]]
    assert kinds == ["error", "error", "survives", "not-comparable"]
    (folder / names[1] / "results" / "output-0.npy").unlink()
    assert run("collect", folder, *report, *store).exit_code == 1


@pytest.mark.parametrize(
    ("case", "toolchain", "variable", "values"),
    [
        ("tinybert-t4-bs1", "tensorrt", "ZOOCHECK_SIMULATED_TENSORRT", ("8.4.3", "10.16.1")),
        ("bert-chinese-ner-vacc-int8-bs1", "vastai", "ZOOCHECK_SIMULATED_INPUTS", ("3", "6")),
    ],
)
def test_one_script_serves_old_and_new_tools(
    run, tmp_path: Path, case: str, toolchain: str, variable: str, values: tuple[str, str]
):
    """It asks trtexec, whose imitation refuses the other spelling, and the set how many inputs it takes."""
    folder = tmp_path / "bundle"
    run("bundle", case, "--out", folder, *MINI)
    machine = card.install(toolchain, tmp_path / "tools")
    for value in values:
        done = machine.run(folder, **{variable: value})
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("tinybert-t4-bs1", "tinybert-ascend310-bs1"), UsageError, "is for one machine"),
        (("tinybert-t4-bs1", "tinybert-t4-bs1"), UsageError, "named twice"),
        (("tinybert-cpu-bs1",), NotYet, "cases of onnxruntime cannot be bundled; choose a chip of ascend"),
        (("tinybert-cuda-bs1",), NotYet, "cases of torch-cuda cannot be bundled"),
        (("tinybert-t4-bs1", "--soc-version", "Ascend310"), UsageError, "only Ascend's compiler takes one"),
        (("tinybert-t4-int8-bs1",), NotYet, "trtexec runs fp32, as documented"),
        (("tinybert-t4-bs1", "--weights", "full"), NotThere, "tinybert"),
    ],
)
def test_what_cannot_be_bundled(run, tmp_path: Path, arguments, error, says: str):
    more = () if "--weights" in arguments else MINI
    with pytest.raises(error, match=says):
        run("bundle", *arguments, *more, "--out", tmp_path / "bundle")
    assert not list(tmp_path.rglob("*.*"))  # nothing half written


def test_a_folder_that_is_not_empty(run, tmp_path: Path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(UsageError, match="the folder is not empty, or a file; name a new folder"):
        run("bundle", "tinybert-t4-bs1", "--out", tmp_path, *MINI)
    with pytest.raises(NotThere, match="no such folder or archive"):
        run("collect", tmp_path / "gone", "--out", tmp_path / "report")


def test_the_chips_name_for_atc(run, tmp_path: Path, catalog: Catalog):
    """By the table, or as told."""
    for number, (more, name) in enumerate((((), "Ascend310"), (("--soc-version", "Ascend910"), "Ascend910"))):
        folder = tmp_path / str(number)
        run("bundle", "tinybert-ascend310-bs1", "--out", folder, *more, *MINI)
        assert f"--soc_version={name} " in (folder / "run.sh").read_text(encoding="utf-8")

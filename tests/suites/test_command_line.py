"""`zoocheck ...`: each command's JSON, what bad input is told, and the exit status."""

from __future__ import annotations

import argparse
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from zoo_runs import HEAVY, STORE, Zoo

from harness.cli import inspection, main, work
from harness.errors import MachineError
from harness.running.progress import Progress

CASE = "mite-abacus-bs1"


@pytest.fixture
def cached(zoo: Zoo, tmp_path: Path) -> tuple[Zoo, Path]:
    """The zoo with a home of its own, whose cache holds one artifact: the zoo, and that artifact's folder."""
    built = zoo.zoocheck(tmp_path, "build", CASE, "--json").json
    folder = tmp_path / "home" / "artifacts" / built["key"]
    shutil.copytree(built["folder"], folder)
    return zoo.but(home=tmp_path / "home"), folder


def test_list_gives_cases_with_their_documented_values(zoo: Zoo, tmp_path: Path) -> None:
    listed = zoo.zoocheck(tmp_path, "list", "--model", "mite", "--chip", "abacus", "--json")
    assert listed.status == 0
    first, second = listed.json["cases"]
    assert first == {
        "id": "mite-abacus-bs1", "model": "mite", "chip": "abacus", "precision": "fp32", "batch_size": 1,
        "documented": True, "target": "chip", "refused": None,
        "score": {
            "metric": "accuracy", "printed": "75.00", "value": 75.0, "unit": "percent",
            "source": "mite-readme § results, row '1', column 'abacus acc.'",
        },
        "throughput": {
            "metric": "throughput", "printed": "0.01", "value": 0.01, "unit": "samples/s",
            "source": "mite-readme § results, row '1', column 'abacus speed'",
        },
    }  # fmt: skip
    assert second["id"] == "mite-abacus-bs4"
    (model,) = listed.json["models"]
    assert (model["pipeline"], model["checkpoint"], model["data"]) == (True, "full", "full")


def test_list_says_what_is_not_there(zoo: Zoo, tmp_path: Path) -> None:
    """A missing checkpoint is said with the folder, what it lacks and how to get it."""
    (model,) = zoo.but(models=tmp_path).zoocheck(tmp_path, "list", "--model", "mite", "--json").json["models"]
    assert model["checkpoint"] is None
    assert model["full_missing"].startswith(f"{tmp_path / 'mite'} is not there; get it from ")
    (tmp_path / "mite").mkdir()
    (tmp_path / "mite" / "tf_model.h5").write_bytes(b"HDF")
    (model,) = zoo.but(models=tmp_path).zoocheck(tmp_path, "list", "--model", "mite", "--json").json["models"]
    lacking = "lacks config.json, vocab.txt or tokenizer.json, model.safetensors or pytorch_model.bin"
    assert model["full_missing"].startswith(
        f"{tmp_path / 'mite'} {lacking}; it holds tf_model.h5 (TensorFlow's"
    )
    assert "get it from nowhere: made by a test" in model["full_missing"]


def test_list_for_people_has_every_case(zoo: Zoo, tmp_path: Path) -> None:
    listed = zoo.inside(tmp_path, "list", "--model", "mite")
    assert "12 cases" in listed.out
    assert "75.00 (accuracy, percent)" in listed.out


def test_doctor_names_chips_folders_and_remedies(zoo: Zoo, tmp_path: Path) -> None:
    found = zoo.inside(tmp_path, "doctor", "--json").json
    chips = {chip["name"]: chip for chip in found["chips"]}
    assert (chips["abacus"]["target"], chips["abacus"]["remedy"]) == ("chip", "")
    quipu = chips["quipu"]
    assert (quipu["target"], quipu["remedy"]) == ("stand-in", "tie the knots first")
    assert quipu["tools"] == {"quipu-smi": None}
    assert "`quipu-smi` not on PATH" in quipu["reason"]
    datasets = {item["name"]: item for item in found["datasets"]}
    assert datasets["proverbs"]["present"] is True
    assert datasets["sst2"]["present"] is False
    assert found["home"] == str(zoo.home)
    told = {item["name"]: item for item in found["runtimes"]}
    assert set(told) == {"onnxruntime-gpu", "onnxruntime-cann", "onnxruntime-openvino", "torch-npu"}
    assert "numpy below 2" in told["onnxruntime-cann"]["needs"]
    assert all(item["version"] or not (item["loads"] or item["problem"]) for item in told.values())


def test_doctor_says_that_the_home_cannot_be_used(zoo: Zoo, tmp_path: Path) -> None:
    """As a run would find it; where it can, nothing is said."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    homeless = zoo.but(home=tmp_path / "file")
    said = f"{tmp_path / 'file'}: cannot be the zoocheck home: File exists; set ZOOCHECK_HOME to a folder"
    assert said in homeless.zoocheck(tmp_path, "doctor").out
    assert homeless.zoocheck(tmp_path, "doctor", "--json").json["home_problem"].startswith(said)
    assert zoo.zoocheck(tmp_path, "doctor", "--json").json["home_problem"] is None


def test_doctor_finds_a_checkpoint_that_is_not_the_documented_one(zoo: Zoo, tmp_path: Path) -> None:
    shutil.copytree(zoo.models, tmp_path / "models")
    file = tmp_path / "models" / "mite" / "config.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"hidden_size": 16', '"hidden_size": 32'))
    doctor = zoo.but(models=tmp_path / "models").zoocheck(tmp_path, "doctor", "--json")
    assert doctor.status == 0
    (mite,) = [model for model in doctor.json["models"] if model["name"] == "mite"]
    assert mite["problem"].startswith(str(file))


def test_doctor_finds_a_checkpoint_that_could_not_be_used(zoo: Zoo, tmp_path: Path) -> None:
    """A vocabulary that cuts no text, and a pickle that is refused: told before anything runs."""
    shutil.copytree(zoo.models, tmp_path / "models")
    folder, damaged = tmp_path / "models" / "mite", zoo.but(models=tmp_path / "models")

    def problem() -> str:
        models = damaged.zoocheck(tmp_path, "doctor", "--json").json["models"]
        return next(str(model["problem"]) for model in models if model["name"] == "mite")

    pieces = (folder / "vocab.txt").read_text(encoding="utf-8")
    (folder / "vocab.txt").write_text(pieces.replace("[CLS]", "[cls]"), encoding="utf-8")
    assert "found no [CLS] among" in problem()
    (folder / "vocab.txt").write_text(pieces, encoding="utf-8")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"args": argparse.Namespace()}, protocol=2))
    assert "GLOBAL argparse.Namespace, which is no tensor's" in problem()


@pytest.mark.parametrize("command", ["list", "doctor"])
def test_looking_imports_nothing_heavy(zoo: Zoo, tmp_path: Path, command: str) -> None:
    """Neither list nor doctor loads what measures, so both answer at once."""
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr))\n"
        "from harness.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command, "--json"],
        cwd=tmp_path, env=zoo.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    imported = set(done.stderr.split())
    assert "harness" in imported
    assert imported.isdisjoint(HEAVY)


def test_build_says_where_the_artifact_lies(zoo: Zoo, tmp_path: Path) -> None:
    """The same artifact whoever asks: standard output is JSON, and nothing else."""
    built = zoo.zoocheck(tmp_path, "build", CASE, "--json")
    assert built.status == 0
    assert (built.json["case"], built.json["target"]) == (CASE, "chip")
    assert (Path(built.json["folder"]) / "model.onnx").is_file()
    again = zoo.zoocheck(tmp_path, "build", CASE)
    assert again.out.startswith(f"{CASE} (chip): {built.json['folder']}\n")


def test_cache_list_verify_prune(cached: tuple[Zoo, Path], tmp_path: Path) -> None:
    """One artifact: listed, found whole, found damaged with status 1, removed; kept outputs with it."""
    zoo, folder = cached
    for name in ("references", "unfinished"):
        (zoo.home / name).mkdir()
        (zoo.home / name / "a.outputs").write_bytes(b"12345")
    content = zoo.inside(tmp_path, "cache", "list", "--json").json
    (listed,) = content["artifacts"]
    assert content["outputs"] == {
        "references": {"files": 1, "bytes": 5}, "unfinished": {"files": 1, "bytes": 5}
    }  # fmt: skip
    assert (listed["key"], listed["model"], listed["batch_size"]) == (folder.name, "mite", 1)
    assert (listed["precision"], listed["weights"], listed["steps"]) == ("fp32", "full", [])
    verified = zoo.inside(tmp_path, "cache", "verify", "--json")
    assert (verified.status, verified.json) == (0, [{"key": folder.name, "problem": None}])
    graph = folder / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1])
    damaged = zoo.inside(tmp_path, "cache", "verify", "--json")
    assert damaged.status == 1
    assert "model.onnx" in damaged.json[0]["problem"]
    pruned = zoo.inside(tmp_path, "cache", "prune", "--max-size", "0", "--json")
    assert (pruned.status, pruned.json["removed"]) == (0, [folder.name])
    assert sorted(pruned.json["outputs"]) == ["references/a.outputs", "unfinished/a.outputs"]
    assert zoo.inside(tmp_path, "cache", "list", "--json").json["artifacts"] == []
    assert "unfinished: 0 files of outputs" in zoo.inside(tmp_path, "cache", "list").out


def test_report_renders_again_without_running(zoo: Zoo, tmp_path: Path) -> None:
    """The very report that the run wrote: of the latest run, of a chosen one, or the newest of each case."""
    store = f"sqlite:///{STORE}"
    one = ("-m", "mite and abacus and accuracy", "--bs", "1")
    zoo.suites(tmp_path, *one, "--run-id", "first", "--target", "stand-in", "--report", "first")
    zoo.suites(tmp_path, *one, "--run-id", "second", "--report", "second")

    def rendered(*arguments: str) -> str:
        done = zoo.inside(tmp_path, "report", "--results", store, "--out", "again", *arguments)
        assert done.status == 0, done.err
        return (tmp_path / "again" / "report.md").read_text(encoding="utf-8")

    assert rendered() == (tmp_path / "second" / "report.md").read_text(encoding="utf-8")
    assert rendered("--run", "first") == (tmp_path / "first" / "report.md").read_text(encoding="utf-8")
    shown = zoo.inside(tmp_path, "report", "--results", store, "--all", "--json")
    assert shown.status == 0
    assert shown.json["html"] == "build/report/report.html"
    runs = [result["measurement"]["run"] for result in shown.json["results"]]
    assert runs == ["first", "second"]  # a stand-in's result never hides the chip's
    assert shown.json["results"][1]["measurement"]["metrics"] == {"accuracy": 0.75}
    missing = zoo.inside(tmp_path, "report", "--results", "sqlite:///typo/none.sqlite")
    assert missing.status == 2
    assert "sqlite:///typo/none.sqlite: there is no such file, so no results yet" in missing.err
    assert not (tmp_path / "typo").exists()  # a slip of the finger leaves nothing
    unknown = zoo.inside(tmp_path, "report", "--results", store, "--run", "third")
    assert unknown.status == 2
    assert "no run is called 'third'; the latest of 2: second, first" in unknown.err


def test_what_was_skipped_is_kept_with_its_run(zoo: Zoo, tmp_path: Path) -> None:
    """A run's second session adds to the list and takes from it; `zoocheck report` reads it again."""
    zoo = zoo.but(home=tmp_path / "home")
    store = f"sqlite:///{STORE}"
    run = ("--run-id", "nightly", "--bs", "1", "--precision", "fp32")
    first = zoo.suites(tmp_path, "-m", "mite and quipu and accuracy", "--target", "chip", *run)
    assert first.status == 1  # the chip was asked for
    assert re.search(
        r"^Nothing was measured, and no report written: what lies there is of an earlier run\. "
        r"1 claim was not run \(1: .*`quipu-smi` not on PATH",
        first.out,
        re.MULTILINE,
    )
    asked = ("report", "--results", store, "--run", "nightly")
    nothing = zoo.inside(tmp_path, *asked)
    assert nothing.status == 2
    assert "run 'nightly' measured nothing: 1 claim was not run" in nothing.err
    second = zoo.suites(tmp_path, "-m", "mite and abacus and accuracy", *run)
    assert "1 claim was not run (1: " in second.out
    written = (tmp_path / "build" / "report" / "report.md").read_text(encoding="utf-8")
    assert (
        "**Nothing falls short in the only result; 1 claim was not run. 1 documented number was tested: "
        in written
    )
    assert "mite-quipu-fp32-bs1 (accuracy)" in written
    again = zoo.inside(tmp_path, *asked, "--json")
    assert [item["case"] for item in again.json["not_run"]] == ["mite-quipu-fp32-bs1"]
    assert (tmp_path / "build" / "report" / "report.md").read_text(encoding="utf-8") == written
    third = zoo.suites(tmp_path, "-m", "mite and quipu and accuracy", *run)
    assert "not run" not in third.out
    assert zoo.inside(tmp_path, *asked, "--json").json["not_run"] == []


def test_fetch_says_what_is_here_and_where_to_put_the_rest(zoo: Zoo, tmp_path: Path) -> None:
    """Status 2 where something is missing; what is there is named with its SHA-256."""
    fetched = zoo.zoocheck(tmp_path, "fetch", "mite", "--json")
    assert fetched.status == 0
    checkpoint, data = fetched.json
    assert (checkpoint["what"], checkpoint["path"]) == ("checkpoint", str(zoo.models / "mite"))
    assert set(checkpoint["files"]) == {"config.json", "vocab.txt", "model.safetensors"}
    assert (data["what"], data["path"]) == ("data set", str(zoo.data / "proverbs" / "dev.tsv"))
    assert all(len(digest) == 64 for item in fetched.json for digest in item["files"].values())
    absent = zoo.zoocheck(tmp_path, "fetch", "mite", "tinybert")
    assert absent.status == 2
    assert (
        f"put config.json, vocab.txt and model.safetensors or pytorch_model.bin into {zoo.models}"
        in absent.out
    )
    assert f"{zoo.data / 'sst2' / 'dev.tsv'} is not there; get it from https://" in absent.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--model", "mit"), "no model is called 'mit'; there are bert-chinese-ner, bert-large-ner,"),
        (("list", "--chip", "moon"), "no chip is called 'moon'; there are ascend310, ascend310p, t4,"),
        (("build", "mite-abacus-b1"), "no case is called 'mite-abacus-b1'; ids are <model>-<chip>"),
        (("build", CASE, "--weights", "half"), "--weights half: there are auto, full, mini, random"),
        (("build", CASE, "--target", "moon"), "--target moon: there are auto, chip, stand-in"),
        (("build", "mite-quipu-bs1", "--target", "chip"), "`quipu-smi` not on PATH; tie the knots first"),
        (("fetch", "mit"), "no model is called 'mit'; there are"),
        (("cache", "prune"), "nothing to prune by; give --max-size 2GB or --max-age 30d"),
        (("cache", "prune", "--max-size", "3QB"), "found '3QB', expected a size such as 2GB"),
        (("report",), "no results yet; run `pytest suites/` first"),
        (("report", "--results", "nonsense"), "'nonsense': found no database URL"),
        (("report", "--run", "a", "--all"), "--run and --all exclude each other; give one of the two"),
        (("report", "--json"), "no results yet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_bad_input_is_one_sentence_and_status_2(
    zoo: Zoo, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """On standard error; standard output stays empty, with --json too."""
    done = zoo.but(home=tmp_path).zoocheck(tmp_path, *arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("zoocheck: ")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_near_misses_are_offered(zoo: Zoo, tmp_path: Path) -> None:
    done = zoo.zoocheck(tmp_path, "build", "mite-abacus-b4")
    assert "for instance mite-abacus-bs4" in done.err


@pytest.mark.parametrize("arguments", [("nope",), ("build",), ("list", "--colour")], ids=" ".join)
def test_bad_options_are_plain_lines(zoo: Zoo, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """The usage and what is wrong with it; status 2."""
    done = zoo.zoocheck(tmp_path, *arguments)
    assert done.status == 2
    assert done.err.startswith("Usage: zoocheck")
    assert done.err.splitlines()[-1].startswith("Error: ")


def _status(monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> object:
    """The exit status of `zoocheck list` where reading the tables ends with `problem`."""

    def load() -> None:
        raise problem

    monkeypatch.setattr(inspection.catalog, "load", load)
    monkeypatch.setattr(sys, "argv", ["zoocheck", "list"])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_the_machines_fault_is_status_6(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _status(monkeypatch, MachineError("the device was lost", remedy="reset it")) == 6
    assert capsys.readouterr().err == "zoocheck: the device was lost; reset it\n"


def test_what_the_system_refuses_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _status(monkeypatch, PermissionError(13, "Permission denied", "/report")) == 2
    assert capsys.readouterr().err == "zoocheck: /report: Permission denied\n"


def test_an_interrupt_is_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And is told, whenever it comes."""
    assert _status(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "zoocheck: interrupted\n"


def test_files_that_come_in_are_shown_one_after_the_other() -> None:
    """The hub client reports bytes so far, from the start again after a break; a stage takes steps."""
    shown: list[tuple[str, int, list[int]]] = []

    class Recorded(Progress):
        @contextmanager
        def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
            steps: list[int] = []
            shown.append((label, total, steps))
            yield steps.append
            steps.append(0)  # closed

    with work.shown(Recorded()) as show:
        for name, received, size in (
            ("config.json", 5, 5), ("model.safetensors", 40, 100), ("model.safetensors", 0, 100),
            ("model.safetensors", 100, 100),
        ):  # fmt: skip
            show(name, received, size)
    assert shown == [("config.json", 5, [5, 0]), ("model.safetensors", 100, [40, -40, 100, 0])]

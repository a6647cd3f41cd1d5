"""Files that are missing, wrong or damaged: a skip with the remedy, an error with the place, a warning."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from zoo_runs import Ran, Zoo

ONE = ("-m", "mite and abacus and accuracy", "--bs", "1")


def test_a_wrong_line_of_the_data_is_named(zoo: Zoo, tmp_path: Path) -> None:
    """An error with file and line, exit status 1."""
    shutil.copytree(zoo.data, tmp_path / "data")
    file = tmp_path / "data" / "proverbs" / "dev.tsv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[6] = lines[6].partition("\t")[0] + "\t2\n"
    file.write_text("".join(lines), encoding="utf-8")
    run = zoo.but(data=tmp_path / "data").suites(tmp_path, *ONE)
    assert run.status == 1
    said = f"{file}:7: found the label '2', expected 0 (negative) or 1 (positive)"
    _says_once(run, said)
    assert run.verdicts == {("mite-abacus-bs1", "accuracy"): "error"}
    failed = run.result("mite-abacus-bs1", "accuracy")
    assert failed.verdict is not None
    assert said in failed.verdict.message
    assert failed.measurement.detail["machine"] is False


def test_weights_cut_short_are_an_error(zoo: Zoo, tmp_path: Path) -> None:
    shutil.copytree(zoo.models, tmp_path / "models")
    file = tmp_path / "models" / "mite" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    run = zoo.but(models=tmp_path / "models").suites(tmp_path, *ONE)
    assert run.status == 1
    assert run.verdicts == {("mite-abacus-bs1", "accuracy"): "error"}
    assert str(file) in _failure(run)
    assert "Traceback" not in run.out


def test_missing_data_is_a_skip_with_the_remedy(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.but(data=tmp_path / "nowhere").suites(tmp_path, *ONE)
    assert run.status == 0
    assert str(tmp_path / "nowhere" / "proverbs" / "dev.tsv") in run.skips
    assert "ZOOCHECK_DATA" in run.skips
    assert run.results == []


def test_a_missing_checkpoint_is_a_skip_with_the_remedy(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.but(models=tmp_path / "nowhere").suites(tmp_path, *ONE)
    assert run.status == 0
    assert "get it from nowhere: made by a test and put config.json, vocab.txt and" in run.skips
    assert str(tmp_path / "nowhere" / "mite") in run.skips
    assert run.results == []


def test_a_damaged_artifact_is_a_warning(zoo: Zoo, tmp_path: Path) -> None:
    """It is built again and the case goes on; the user sees the warning, although warnings are errors."""
    built = zoo.zoocheck(tmp_path, "build", "mite-abacus-bs1", "--json").json
    own = tmp_path / "home" / "artifacts" / built["key"]
    shutil.copytree(built["folder"], own)
    sound = (own / "model.onnx").read_bytes()
    (own / "model.onnx").write_bytes(sound[:-1])
    run = zoo.but(home=tmp_path / "home").suites(tmp_path, *ONE)
    assert run.status == 0, run.out
    assert run.verdicts == {("mite-abacus-bs1", "accuracy"): "reproduced"}
    assert re.search(r"ArtifactDamaged: artifact [0-9a-f]{64}: .*; building it again", run.out)
    assert "1 passed, " in run.out
    assert "1 warning in" in run.out
    assert len((own / "model.onnx").read_bytes()) == len(sound)


def test_a_store_that_cannot_be_opened(zoo: Zoo, tmp_path: Path) -> None:
    """The one in the home, which nobody chose: a sentence for each case, and no traceback."""
    (tmp_path / "results.sqlite").write_text("no database, whatever its name says", encoding="utf-8")
    run = zoo.but(home=tmp_path).suites(tmp_path, *ONE, store=None)
    assert run.status == 1
    heading = r"^_+ ERROR at setup of test_accuracy\[mite-abacus-bs1\] _+\n"
    (said,) = re.findall(heading + r"(.*?)\n=====", run.out, re.MULTILINE | re.DOTALL)
    assert said.startswith(f"sqlite:///{tmp_path / 'results.sqlite'}: is a file, but no SQLite database")
    assert "\n" not in said


def test_a_server_that_is_not_there(zoo: Zoo, tmp_path: Path) -> None:
    """The machine's fault: a sentence, at once, and status 6."""
    url = "postgresql://nobody@127.0.0.1:1/results"
    run = zoo.suites(tmp_path, *ONE, "--results", url, store=None)
    assert run.status == 6, run.out
    assert f"{url}: no server listens there" in run.out + run.err


def test_a_full_disk_under_a_command(zoo: Zoo, tmp_path: Path) -> None:
    """Status 6, with the file: nothing was wrong with what was asked."""
    (tmp_path / "README.md").write_text("# Title\n", encoding="utf-8")
    run = zoo.zoocheck(tmp_path, "audit", "README.md", "--format", "json", "--out", "/dev/full")
    assert run.status == 6, run.out
    assert "No space left on device" in run.err
    assert "Traceback" not in run.out


def test_a_report_that_cannot_be_written(zoo: Zoo, tmp_path: Path) -> None:
    """Whoever asked for a report and has none is told so by the exit status; the store has the results."""
    (tmp_path / "report").write_text("a file, where a folder was meant", encoding="utf-8")
    run = zoo.suites(tmp_path, *ONE, "--report", "report")
    assert run.status == 1
    assert f"ERROR: no report: [Errno 17] File exists: '{tmp_path / 'report'}'" in run.out
    assert run.verdicts == {("mite-abacus-bs1", "accuracy"): "reproduced"}


def _failure(run: Ran) -> str:
    """What pytest prints beneath the failing test's name."""
    (said,) = re.findall(r"^_+ test_accuracy\[\S+\] _+\n(.*?)\n[_=]{10}", run.out, re.MULTILINE | re.DOTALL)
    return str(said)


def _says_once(run: Ran, said: str) -> None:
    """The failure is one sentence that begins with `said`, and the line that reproduces it."""
    sentence, line = _failure(run).splitlines()
    assert sentence.startswith(said)
    again = "pytest 'suites/test_accuracy.py::test_accuracy[mite-abacus-bs1]'"
    assert re.fullmatch(rf"reproduce: ZOOCHECK_TABLES=\S+ {re.escape(again)}", line)

"""What other programs read of real runs: JSON by its schema, a model card, pytest-benchmark's own files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from zoo_runs import ROOT, STORE, Once, Ran, Zoo


@pytest.fixture(scope="module")
def run(zoo: Zoo, once: Once) -> Ran:
    """A case that falls short, one on its chip, one on a stand-in, each kind; twice for throughput."""

    def make(folder: Path) -> Ran:
        once_more = ("-m", "mite and abacus and throughput", "--bs", "1", "--run-id", "speed")
        zoo.suites(folder, *once_more, "--benchmark-json", "second.json", store="speed.sqlite")
        return zoo.suites(
            folder, "-m", "mite and (abacus or tally or quipu)", "--bs", "1", "--run-id", "night",
            "--benchmark-json", "first.json",
        )  # fmt: skip

    return once("formats", make)


def report(zoo: Zoo, run: Ran, *arguments: str) -> Ran:
    return zoo.zoocheck(run.folder, "report", "--results", f"sqlite:///{STORE}", *arguments)


def test_json_fits_the_published_schema(zoo: Zoo, run: Ran) -> None:
    """On standard output nothing but the document, which holds every result with its raw samples."""
    found = report(zoo, run, "--format", "json").json
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(found)
    assert found["runs"] == ["night"]
    assert len(found["results"]) == len(run.results)
    assert found["counts"]["falls-short"] == 1
    assert any(item["measurement"]["raw"].get("latencies_ns") for item in found["results"])


def test_json_into_a_file(zoo: Zoo, run: Ran) -> None:
    done = report(zoo, run, "--format", "json", "--out", "deep/results.json")
    assert (done.status, done.out) == (0, "")
    assert "written: deep/results.json" in done.err
    assert json.loads((run.folder / "deep" / "results.json").read_text(encoding="utf-8"))["version"] == 3


def test_a_model_card_of_a_chips_own_scores(zoo: Zoo, run: Ran) -> None:
    """What ran on a chip here is in it, a case that falls short too; the stand-in's is left out, and said."""
    done = report(zoo, run, "--format", "model-index", "--model", "mite")
    assert done.status == 0, done.err
    (entry,) = yaml.safe_load(done.out.strip("-\n"))["model-index"]
    assert [item["value"] for item in entry["results"][0]["metrics"]] == [0.75, 0.75]
    assert "left out: mite-quipu-bs1: measured on a stand-in, not on the chip" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "model-index", "--case", "mite-quipu-bs1"), "nothing for a model card: mite-quipu-bs1"),
        (("--format", "model-index", "--model", "nobody"), "no accuracy was measured of nobody"),
        (("--format", "json", "--json"), "give one"),
        (("--model", "mite"), "add --format model-index"),
        (("--format", "yaml"), "'yaml'"),
        (("--format", "json", "--run", "none"), "no run is called 'none'"),
    ],
)
def test_bad_input_is_a_sentence(zoo: Zoo, run: Ran, arguments: tuple[str, ...], said: str) -> None:
    done = report(zoo, run, *arguments)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err


def test_pytest_benchmark_compares_two_runs(run: Ran) -> None:
    """`pytest-benchmark compare` takes the files of `--benchmark-json` as they are."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest_benchmark", "compare", "first.json", "second.json",
            "--csv", "both.csv",
        ],
        cwd=run.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_throughput[mite-abacus-bs1]" in done.stdout
    rows = (run.folder / "both.csv").read_text(encoding="utf-8").splitlines()
    assert sum("mite-abacus-bs1" in row for row in rows) == 2

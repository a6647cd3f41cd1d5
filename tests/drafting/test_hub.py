"""A checkpoint by its id on a hub: fetched, and what goes wrong told in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tuned
from hub_server import Fault, Hub, serving
from imports import ROOT
from tuned import MNLI, labelled

from harness.drafting.hub import HubId


@pytest.mark.parametrize(
    ("text", "repository", "revision"),
    [
        ("dslim/bert-base-NER", "dslim/bert-base-NER", None),
        ("owner/name@v1.0", "owner/name", "v1.0"),
        ("owner/name@refs/pr/1", "owner/name", "refs/pr/1"),
    ],
)
def test_an_id_has_an_owner_and_a_name(text: str, repository: str, revision: str | None):
    assert HubId.read(text) == HubId(repository=repository, revision=revision)


@pytest.mark.parametrize("text", ["name", "./mine", "../a", "a/b/c", "/a/b", "a/", "a/b@", "a b/c", "~/x"])
def test_what_is_a_path_is_no_id(text: str):
    assert HubId.read(text) is None


@pytest.fixture
def served(saved, tmp_path: Path):
    """A small checkpoint on a hub of its own."""
    folder = saved(**labelled(*MNLI))
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with serving(Hub(repository="someone/tuned", revision="main", files=files)) as hub:
        yield hub


def command(folder: Path, url: str, name: str, data: str = "dev.tsv", **environment: str):
    """``zoocheck check NAME`` as far as the data, which has an unknown label: nothing is run."""
    tuned.texts(folder / "dev.tsv", ["joy", "entailment"])
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "ZOOCHECK_"))}
    return subprocess.run(
        [sys.executable, "-m", "harness", "check", name, "--data", data],
        env={**kept, "ZOOCHECK_HOME": str(folder / "home"), "HF_ENDPOINT": url, "PYTHONPATH": str(ROOT),
             **environment},
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_checkpoint_is_fetched_and_then_looked_at(served: Hub, tmp_path: Path):
    """All of it lies in the models folder; then the data is looked at, which has a label of its own."""
    done = command(tmp_path, served.url, "someone/tuned")
    assert "the data has the labels entailment, joy" in done.stderr
    assert done.returncode == 2
    there = {path.name for path in (tmp_path / "home" / "models" / "someone-tuned").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "zoocheck.json"} <= there


def test_what_goes_wrong_at_the_hub_is_a_sentence(served: Hub, tmp_path: Path):
    served.faults[("HEAD", "config.json")] = Fault.NOT_FOUND
    done = command(tmp_path, served.url, "someone/tuned")
    assert done.returncode == 2
    assert "answered 404: it has no such repository, revision or file" in done.stderr
    assert done.stderr.endswith("and someone/tuned is no folder here\n")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()


def test_data_that_is_not_there_is_told_before_anything_is_fetched(served: Hub, tmp_path: Path):
    done = command(tmp_path, served.url, "someone/tuned", "none.tsv")
    assert (done.returncode, served.requests) == (2, [])
    assert done.stderr.startswith("zoocheck: none.tsv: no such file; give a .tsv or .csv of texts")


@pytest.mark.parametrize(
    ("environment", "message"),
    [({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"), ({}, "cannot reach http://127.0.0.1:9")],
)
def test_without_a_network_it_is_said(tmp_path: Path, environment: dict[str, str], message: str):
    done = command(tmp_path, "http://127.0.0.1:9", "someone/tuned", **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "home").exists()

"""A home and a store made before the library had chapters: every command reads them as it did then.

`home_before/home.tar.gz` was made at commit cb5d898: TinyBERT on three chips and BERT Chinese NER on one,
with the minis, a baseline, and the kept fp32 references of the former; the machine's details are replaced.
The texts beside it are what that commit printed, but for what has since had another name: its 27 verdicts of
no documented number read `survives` and no longer `reproduced`, the report says that none was tested, and the
store is of the version that has the word (and now of one with more indexes).
"""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.domain.models import Protocol
from harness.domain.settings import SETTINGS
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import MINIS, Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import catalog as tables

RECORDED = Path(__file__).parent / "home_before"
RUN, LATER = "20261121T200000Z-before", "20261121T210000Z-before2"
CASE = "tinybert-ascend310p-bs8"
REPORT_SHA256 = "b75beb6f02f3abefa5d10e28b1f80b6aea838c7cff0ec4a1d1112dd2a84d2fcd"


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recorded home, where commands look for it."""
    home = tmp_path / "home"
    with tarfile.open(RECORDED / "home.tar.gz") as packed:
        packed.extractall(home, filter="data")
    monkeypatch.setenv("ZOOCHECK_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


def said(*arguments: str) -> str:
    """What a command prints, which ends well."""
    ran = CliRunner().invoke(app, [*arguments], catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("report", ("report", "--run", RUN)),
        ("history", ("history", CASE)),
        ("history-json", ("history", CASE, "--json")),
        ("compare", ("compare", RUN, LATER)),
        ("compare-json", ("compare", RUN, LATER, "--json")),
        ("baseline", ("baseline", "list")),
        ("baseline-json", ("baseline", "list", "--json")),
        ("cache", ("cache", "list", "--json")),
        ("nightly", ("nightly", "--run", RUN)),
        ("store", ("store", "info")),
    ],
)
def test_a_command_prints_what_it_printed(recorded: Path, name: str, arguments: tuple[str, ...]):
    """Numbers, verdicts, keys of --json, the schema's version: nothing has moved."""
    expected = (RECORDED / f"{name}.txt").read_text(encoding="utf-8")
    assert said(*arguments).replace(f"sqlite:///{recorded}", "HOME") == expected


SETTINGS_NULL = [f'"{name}": null' for name in SETTINGS]


def test_the_report_as_json_is_the_same_to_the_byte(recorded: Path, tmp_path: Path):
    """Every result with its raw numbers, provenance and detail: but for the word, what that commit wrote."""
    said("report", "--run", RUN, "--format", "json", "--out", str(tmp_path / "report.json"))
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    for today, before, times in (
        (
            '"schema": "urn:zoocheck:results:3", "version": 3',
            '"schema": "urn:zoocheck:results:1", "version": 1',
            1,
        ),
        ('"counts": {"survives": 27', '"counts": {"reproduced": 27', 1),
        ('"documented": {}, ', "", 1),
        ('"kind": "survives"', '"kind": "reproduced"', 27),
        (f"{', '.join(SETTINGS_NULL)}, ", "", 3),
        ('"called": null, ', "", 3),
    ):
        assert text.count(today) == times
        text = text.replace(today, before)
    assert hashlib.sha256(text.encode()).hexdigest() == REPORT_SHA256


def test_every_result_is_read(recorded: Path):
    """32 of them, judged."""
    store = Store(f"sqlite:///{recorded / 'results.sqlite'}")
    results = store.results()
    store.close()
    assert len(results) == 32
    assert all(result.verdict is not None for result in results)


def test_kept_references_of_other_code_are_computed_again(recorded: Path, monkeypatch: pytest.MonkeyPatch):
    """Their keys did not hold the code that made them. Torch is asked, and says the same.

    What it says is kept under today's key, and then taken; the old files stay until they are pruned.
    """
    home = Home(root=recorded, models=recorded / "models", data=recorded / "data", minis=MINIS)
    catalog = tables.load((tables.BUILT_IN,))
    model, before = catalog.models["tinybert"], set((recorded / "references").glob("*.outputs"))
    assert before
    asked = []
    torch = Materials._torch

    def noted(materials: Materials, *batch: Any) -> Any:
        asked.append(batch)
        return torch(materials, *batch)

    monkeypatch.setattr(Materials, "_torch", noted)
    for expected in (True, False):
        asked.clear()
        scored = Materials(catalog, home, Options(), Silent()).score_reference(model, Protocol.DOCUMENTED)
        assert (scored.metrics[model.metric], scored.samples) == (0.625, 280)
        assert bool(asked) is expected
    assert before < set((recorded / "references").glob("*.outputs"))

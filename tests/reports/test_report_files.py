"""The report on disk."""

from __future__ import annotations

import factory
import pytest

from harness.errors import NoSamples
from harness.store.results import Store
from reports import files, html, page
from reports.outcomes import outcomes

CASE = "tinybert-ascend310p-bs8"


def test_both_forms_are_written_into_a_folder_that_is_made(catalog, tmp_path):
    written = files.write(catalog, factory.mixed(catalog), tmp_path / "build" / "report")
    assert written.markdown == tmp_path / "build" / "report" / "report.md"
    assert written.markdown.read_text(encoding="utf-8").startswith("# zoocheck report\n")
    assert written.html.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in written.html.parent.iterdir()) == ["report.html", "report.md"]


def test_a_report_from_a_store_is_the_report_of_the_same_results_in_memory(catalog, tmp_path, monkeypatch):
    """Of which only those that it shows are read in full; all of them are in the file beside."""
    monkeypatch.setattr(page, "SHOWN", 4)
    results = factory.mixed(catalog)
    store = Store(f"sqlite:///{tmp_path}/results.sqlite")
    for result in results:
        store.add(result.measurement, result.verdict)
    folders = tmp_path / "memory", tmp_path / "store"
    for folder, found in zip(folders, (results, store.latest()), strict=True):
        files.write(catalog, found, folder, history=store.history())
    names = ["report-results.jsonl", "report.html", "report.md"]
    assert [sorted(path.name for path in folder.iterdir()) for folder in folders] == [names, names]
    for name in names:
        assert folders[0].joinpath(name).read_bytes() == folders[1].joinpath(name).read_bytes()
    lines = folders[0].joinpath(names[0]).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(outcomes(results, catalog)) > page.SHOWN


def test_a_report_takes_the_place_of_the_one_before(catalog, tmp_path):
    files.write(catalog, factory.mixed(catalog), tmp_path)
    written = files.write(catalog, [factory.accuracy(catalog, CASE, 190, 240)], tmp_path)
    assert "Nothing falls short" in written.html.read_text(encoding="utf-8")


def test_a_write_that_fails_leaves_the_old_report_whole_and_nothing_else(catalog, tmp_path, fill_disk):
    old = files.write(catalog, factory.mixed(catalog), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    fill_disk()
    with pytest.raises(OSError, match="no space left"):
        files.write(catalog, [factory.accuracy(catalog, CASE, 190, 240)], tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert old.html.exists()


def test_nothing_is_touched_where_one_form_cannot_be_rendered(catalog, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("template")

    monkeypatch.setattr(html, "render", broken)
    with pytest.raises(RuntimeError):
        files.write(catalog, factory.mixed(catalog), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_no_results_leave_the_last_report_alone(catalog, tmp_path):
    written = files.write(catalog, factory.mixed(catalog), tmp_path)
    before = written.html.read_bytes()
    with pytest.raises(NoSamples):
        files.write(catalog, [], tmp_path)
    assert written.html.read_bytes() == before


def test_text_that_no_file_can_hold_does_not_stop_the_report(catalog, tmp_path):
    """A lone surrogate comes from a file name that is not UTF-8."""
    result = factory.accuracy(catalog, CASE, 190, 240, artifact="name-\udcff")
    written = files.write(catalog, [result], tmp_path)
    assert "name-�" in written.html.read_text(encoding="utf-8")

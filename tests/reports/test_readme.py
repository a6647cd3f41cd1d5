"""The documents' tables in their own layout, and the marked block of a README."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from pathlib import Path

import factory
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import BadInput
from harness.store.results import Store
from reports import readme, update
from reports.language import Language

DOCUMENTS = (
    *("ascend-bert-large-ner", "ascend-spanbert", "ascend-tinybert"),
    *("cambricon-bert-squad", "vastai-bert-chinese-ner"),
)
CASE = "tinybert-ascend310p-bs8"
MARKED = "# Mine\n\n<!-- zoocheck:begin ascend-tinybert -->\nold\n<!-- zoocheck:end -->\n\nThe rest.\n"


@pytest.fixture(scope="module")
def documents() -> Path:
    folder = os.environ.get("ZOOCHECK_DOCUMENTS")
    if not folder:
        pytest.skip("ZOOCHECK_DOCUMENTS is not set: name the folder that holds the five READMEs")
    return Path(folder)


def plain(line: str) -> str:
    """A line without what no reader sees: blanks, and how long a rule's dashes are."""
    return re.sub(r"-{3,}", "---", re.sub(r"\s", "", line))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_line_is_a_line_of_the_document_in_its_order(catalog, documents, name):
    """Titles, rules with their alignment, ``<center>``, missing pipes, fences, notes."""
    document = catalog.documents[name]
    source = iter([plain(line) for line in (documents / document.file).read_text("utf-8").splitlines()])
    for line in readme.render(catalog, document).splitlines():
        wanted = plain(line)
        assert not wanted or any(found.split("<aname")[0] == wanted for found in source), line


def test_each_document_has_a_layout_of_its_own(catalog):
    folder = Path(readme.__file__).parent / "templates" / "readme"
    assert {path.name.removesuffix(".md.j2") for path in folder.glob("*.md.j2")} - {"parts", "plain"} == set(
        catalog.documents
    )


def test_measured_columns_stand_beside_their_own_with_origin_mark_and_footnote(catalog):
    text = readme.render(catalog, catalog.documents["ascend-tinybert"], factory.mixed(catalog))
    [head] = [line for line in text.splitlines() if line.startswith("|<center>模型")]
    heads = head.removeprefix("|<center>").split("|<center>")
    at = heads.index("310P推理精度")
    assert heads[at + 1 : at + 3] == [
        "310P推理精度 · 实测（芯片，完整）",
        "310P推理精度 · 实测（替身，迷你）¹",
    ]
    [row] = [line for line in text.splitlines() if line.startswith("|<center>TinyBERT(bs8)")]
    cells = row.removeprefix("|<center>").split("|<center>")
    assert cells[at : at + 3] == ["92.32", "92.32 ✔", "79.17 ✓ 降幅"]
    assert cells[heads.index("310P性能 · 替身，不可比（迷你）¹")] == "123.45 ≠"
    assert cells[1] == "无"
    assert "¹ 并非芯片本身：替身，迷你" in text
    assert "² 并非芯片本身：替身，随机" in text


def test_english_translates_the_documents_words_and_no_number(catalog):
    document = catalog.documents["ascend-tinybert"]
    chinese = readme.render(catalog, document, factory.mixed(catalog), Language.CHINESE)
    english = readme.render(catalog, document, factory.mixed(catalog), Language.ENGLISH)
    assert not re.search("[\u4e00-\u9fff]", english)
    assert "|<center>none|" in english
    rows = [
        [re.findall(r"\d+\.\d+", line) for line in text.splitlines() if "<center>" in line]
        for text in (chinese, english)
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_documents_words_are_translated(catalog, name):
    english = readme.render(catalog, catalog.documents[name], language=Language.ENGLISH)
    assert re.findall("[\u4e00-\u9fff]+", english) == []


def test_a_block_gets_what_was_measured_under_each_row(catalog):
    result = factory.accuracy(catalog, "bert-chinese-ner-vacc-bs1", 190, 240)
    text = readme.render(catalog, catalog.documents["vastai-bert-chinese-ner"], [result])
    assert "accuracy:  0.9874769041264627\n# 实测（替身，迷你）¹: accuracy 0.79" in text


def test_only_the_block_is_replaced_and_twice_is_once(catalog, tmp_path):
    path = tmp_path / "README.md"
    path.write_bytes(MARKED.encode())
    results = factory.mixed(catalog)
    assert update.update(path, catalog, results) == ["ascend-tinybert"]
    once = path.read_bytes()
    before, after = MARKED.encode().split(b"old\n")
    assert once.startswith(before)
    assert once.endswith(after)
    assert readme.render(catalog, catalog.documents["ascend-tinybert"], results).encode() in once
    touched = path.stat().st_mtime_ns
    update.update(path, catalog, results)
    assert path.read_bytes() == once
    assert path.stat().st_mtime_ns == touched


def test_line_ends_mode_and_a_link_stay(catalog, tmp_path):
    path, link = tmp_path / "README.md", tmp_path / "link.md"
    path.write_bytes(MARKED.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    link.symlink_to(path)
    update.update(link, catalog, factory.mixed(catalog))
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()


def test_several_blocks_each_in_its_language_and_examples_in_fences_stay(catalog, tmp_path):
    path = tmp_path / "README.md"
    example = "```\n<!-- zoocheck:begin ascend-spanbert -->\n<!-- zoocheck:end -->\n```\n"
    other = "<!-- zoocheck:begin ascend-spanbert lang=en -->\n<!-- zoocheck:end -->\n"
    path.write_text(example + MARKED + other, encoding="utf-8")
    assert update.update(path, catalog, factory.mixed(catalog)) == ["ascend-tinybert", "ascend-spanbert"]
    text = path.read_text("utf-8")
    assert text.startswith(example)
    assert "baseline accuracy" in text
    assert "官网pth精度" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nothing\n", "README.md:1: found no marked block"),
        ("<!-- zoocheck:begin ascend-tinybert -->\n", "README.md:1: found a block that nothing ends"),
        ("a\n<!-- zoocheck:end -->\n", "README.md:2: found '<!-- zoocheck:end -->' out of place"),
        (
            "<!-- zoocheck:begin resnet -->\n<!-- zoocheck:end -->\n",
            "README.md:1: found no document 'resnet'",
        ),
        ("<!-- zoocheck:begin ascend-tinybert lang=fr -->\n<!-- zoocheck:end -->\n", "found language 'fr'"),
        ("<!-- zoocheck:begin ascend-tinybert -->\n" * 2 + "<!-- zoocheck:end -->\n", "README.md:2: found"),
        ("<!-- zoocheck:begn ascend-tinybert -->\n", "out of place"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_nothing_is_touched(catalog, tmp_path, text, told):
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape(told)):
        update.update(path, catalog, factory.mixed(catalog))
    assert path.read_text("utf-8") == text


def stored(catalog, tmp_path) -> str:
    """The URL of a store that holds the mixed results twice, as two runs."""
    url = f"sqlite:///{tmp_path / 'results.sqlite'}"
    store = Store(url)
    for run in ("one", "two"):
        for number, result in enumerate(factory.mixed(catalog)):
            store.add(dataclasses.replace(result.measurement, run=run, id=f"{run}-{number}"))
            store.judge(f"{run}-{number}", result.verdict)
    store.close()
    return url


def test_the_command_updates_a_readme_and_writes_no_report(catalog, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOCHECK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    url, path = stored(catalog, tmp_path), tmp_path / "README.md"
    path.write_text(MARKED, encoding="utf-8")
    command = ["report", "--all", "--results", url, "--update", str(path), "--lang", "en"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "up to date with the results for ascend-tinybert" in done.output
    once = path.read_bytes()
    assert "92.32 ✔".encode() in once
    assert CliRunner().invoke(app, command).exit_code == 0
    assert path.read_bytes() == once
    assert not (tmp_path / "build").exists()


def test_a_history_has_the_series_that_were_measured_twice_oldest_first(catalog, tmp_path):
    store = Store(stored(catalog, tmp_path))
    points = store.history()
    only_the_last = store.history(latest=1)
    store.close()
    assert len(points) == 2 * len(factory.mixed(catalog))
    assert len(only_the_last) == len(factory.mixed(catalog))
    [first, second] = [
        item
        for item in points
        if item.series.case == "tinybert-ascend310-bs8" and item.series.origin == "chip"
    ]
    assert (first.value, first.expected, first.bad) == (2500.0, 2883.62, True)
    assert first.series == second.series

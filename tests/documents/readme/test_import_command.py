"""`zoocheck import-readme`: files, exit status, JSON, and the words that a user adds."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.documents.readme.blocks import LARGEST
from harness.errors import BadInput, TableErrors, UsageError
from harness.tables.catalog import load

README = """# TinyBERT

| 模型 | 310P精度 | 310P性能 | 说明性文字 |
|---|---|---|---|
| TinyBERT(bs8) | 92.32 | 5871.86 | 7.5 |
"""


def run(*arguments: object):
    return CliRunner().invoke(app, ["import-readme", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    file = tmp_path / "tiny-zoo.md"
    file.write_text(README, encoding="utf-8")
    return file


def test_tables_go_to_standard_output_and_what_was_not_read_to_standard_error(readme):
    """And at the head of the file, so that whoever reads the tables knows."""
    done = run(readme, "--repository", "A/Zoo")
    assert done.exit_code == 0
    content = tomllib.loads(done.stdout)
    assert [item["name"] for item in content["document"]] == ["tiny-zoo"]
    [table] = content["table"]
    assert (table["batch_size"], table["chip"], table["role"]) == (8, "ascend310p", "measured")
    assert table["rows"] == [{"cells": ["TinyBERT(bs8)", "92.32", "5871.86", "7.5"]}]
    why = "no word of a metric in its head, row or cell"
    assert f"{readme}:5: not read: row 'TinyBERT(bs8)', column '说明性文字': {why}" in done.stderr
    assert "# not read: line 5: row 'TinyBERT(bs8)', column '说明性文字'" in done.stdout
    assert done.stderr.splitlines()[-1] == "1 table with 2 values, 1 thing not read"


def test_a_value_that_its_metric_cannot_have_is_told_and_all_others_are_written(readme):
    text = README.replace("310P精度", "310P精度(%)") + "| TinyBERT(bs16) | 923.2 | 6100.5 | - |\n"
    readme.write_text(text, encoding="utf-8")
    done = run(readme)
    assert done.exit_code == 0, done.output
    said = "found '923.2', expected a percent from 0 to 100"
    assert f"{readme}:6: not read: row 'TinyBERT(bs16)', column '310P精度(%)': {said}" in done.stderr
    assert "with 3 values" in done.stderr


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("310P性能", {}),
        ("310P性能(FPS/Card)", {"per_card": True}),
        ("310P性能 | 310*4", {"per_card": True, "times_devices": True}),
    ],
)
def test_how_throughput_is_counted_is_part_of_the_document(readme, header, said):
    """And what was written is taken: a catalog refuses `times_devices` of a document that counts no cards."""
    more = header.count("|")
    lines = README.replace("310P性能", header).splitlines()
    lines[3:5] = [lines[3] + "---|" * more, lines[4] + " 12 |" * more]
    readme.write_text("\n".join(lines) + "\n", encoding="utf-8")
    [document] = tomllib.loads(run(readme, "--repository", "A/Zoo").stdout)["document"]
    assert {key: document[key] for key in ("per_card", "times_devices") if key in document} == said


def test_a_file_is_written_and_json_has_all(readme, tmp_path):
    done = run(readme, "--out", tmp_path / "x.toml", "--document", "my-zoo", "--json")
    content = json.loads(done.stdout)
    assert (done.exit_code, content["document"], content["model"]) == (0, "my-zoo", "tinybert")
    assert (tmp_path / "x.toml").read_text(encoding="utf-8") == content["toml"]
    assert [value["printed"] for value in content["tables"][0]["values"]] == ["92.32", "5871.86"]
    assert {note["what"] for note in content["assumed"]} == {"unit = samples/s", "repository = not stated"}


def test_nothing_to_write_is_status_1(readme):
    readme.write_text("# TinyBERT\n\nNothing.\n", encoding="utf-8")
    done = run(readme)
    assert (done.exit_code, done.stdout) == (1, "")


def test_what_the_catalog_refuses_is_status_1(readme):
    readme.write_text(README.replace("bs8", "bs128"), encoding="utf-8")
    done = run(readme)
    assert done.exit_code == 1
    assert "the catalog does not take it: " in done.stderr
    assert "found 128, expected a batch size of the deployment" in done.stderr


def test_an_unknown_model_is_a_name_with_claims(readme, tmp_path, monkeypatch):
    """It needs no entry beforehand; a slip is asked about; a second import takes the first's place."""
    readme.write_text(README.replace("TinyBERT", "Lanternfish"), encoding="utf-8")
    done = run(readme, "--repository", "A/Zoo")
    assert done.exit_code == 0
    [model] = tomllib.loads(done.stdout)["model"]
    assert model == {"name": "tiny-zoo", "title": "Lanternfish", "document": "tiny-zoo"}
    assert "assumed: model = tiny-zoo: no word of a known model stands there" in done.stderr
    assert "tiny-zoo is only a name: its values are claims" in done.stderr
    assert "tinybrt is only a name (was tinybert meant?)" in run(readme, "--model", "tinybrt").stderr
    out = tmp_path / "mine" / "fish.toml"
    out.parent.mkdir()
    assert run(readme, "--model", "fish", "--out", out).exit_code == 0
    monkeypatch.setenv("ZOOCHECK_TABLES", str(out.parent))
    before = out.read_text(encoding="utf-8")
    again = run(readme, "--out", out, "--json")
    assert (again.exit_code, json.loads(again.stdout)["model"]) == (0, "fish")
    assert [line for line in out.read_text(encoding="utf-8").splitlines() if line[:1] != "#"] == [
        line for line in before.splitlines() if line[:1] != "#"
    ]


def test_every_zoo_calls_its_files_readme(readme, tmp_path, monkeypatch):
    """One of them in the tables does not claim all others: its title is another."""
    tables = tmp_path / "tables"
    tables.mkdir()
    for name in ("Lanternfish", "Anglerfish"):
        plain = tmp_path / name / "README.md"
        plain.parent.mkdir()
        plain.write_text(README.replace("TinyBERT", name), encoding="utf-8")
        done = run(plain, "--out", tables / f"{name}.toml", "--json")
        assert json.loads(done.stdout)["model"] == name.lower()
        monkeypatch.setenv("ZOOCHECK_TABLES", str(tables))
    assert list(load().claimed) == ["anglerfish", "lanternfish"]


def test_where_a_readme_lies_among_the_documents_is_kept(readme, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOOCHECK_DOCUMENTS", str(tmp_path.parent))
    [document] = tomllib.loads(run(readme).stdout)["document"]
    assert document["file"] == f"{tmp_path.name}/tiny-zoo.md"


def test_what_no_import_wrote_is_not_overwritten(readme, tmp_path):
    """A file to which somebody added the model itself would lose it."""
    out = tmp_path / "x.toml"
    assert run(readme, "--out", out).exit_code == 0
    out.write_text(out.read_text(encoding="utf-8") + '[[dataset]]\nname = "mine"\n', encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"x.toml: holds the \[\[dataset\]\] 'mine', which import-readme does not"
    ):
        run(readme, "--out", out)
    out.write_text("x = ", encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.toml: found a syntax error .* give a file that is none yet"):
        run(readme, "--out", out)


def test_the_folders_of_a_file_are_made_and_a_place_that_is_closed_is_told(readme, tmp_path):
    """A file in place of a folder: nothing is left of what was tried."""
    out = tmp_path / "new" / "deeper" / "x.toml"
    assert run(readme, "--out", out).exit_code == 0
    assert [item.name for item in out.parent.iterdir()] == ["x.toml"]
    with pytest.raises(
        UsageError, match=r"the tables cannot be written there: .* give --out a place that can"
    ):
        run(readme, "--out", out / "y.toml")


def test_a_readme_larger_than_any_is_refused_with_its_size(readme):
    readme.write_text("# TinyBERT\n" + "x" * LARGEST, encoding="utf-8")
    with pytest.raises(BadInput, match=r"tiny-zoo\.md:1: 1\.0 MB, and a README of at most 1 MB is read"):
        run(readme)


def test_marks_that_turn_a_terminals_text_are_shown_as_escapes(readme):
    """In the tables, too, where an escape is the character itself."""
    readme.write_text(README.replace("说明性文字", "a\u202eb\x1b[31m"), encoding="utf-8")
    done = run(readme, "--repository", "A/Zoo")
    assert not {"\u202e", "\x1b"} & {*done.stdout, *done.stderr}
    [table] = tomllib.loads(done.stdout)["table"]
    assert table["columns"][-1]["header"] == "a\u202eb\x1b[31m"
    [note] = json.loads(run(readme, "--json").stdout)["unread"]
    assert "\\u202e" in note["what"]


def test_bad_input_is_a_usage_error(readme, tmp_path):
    for arguments, message in (
        ((tmp_path / "no.md",), "no such file"),
        ((readme, "--model", "My Net"), "no name of a model"),
        ((readme, "--document", "My Zoo"), "no name of a document"),
    ):
        with pytest.raises(UsageError, match=message):
            run(*arguments)


def test_a_user_s_words_are_read_beside_ours(readme, tmp_path, monkeypatch):
    """A head that no word explains becomes a precision's column by one table."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "words.toml").write_text(
        '[[word]]\nmeans = "metric"\nvalue = "f1"\nspelled = ["说明性文字"]\n'
        '[[word]]\nmeans = "chip"\nvalue = "ascend310p"\nspelled = ["文字"]\n',
        encoding="utf-8",
    )
    readme.write_text(README.replace("说明性文字", "说明性文字 310P"), encoding="utf-8")
    monkeypatch.setenv("ZOOCHECK_TABLES", str(folder))
    values = json.loads(run(readme, "--json").stdout)["tables"][0]["values"]
    assert values[2]["meaning"] == {
        "batch_size": 8, "metric": "f1", "chip": "ascend310p", "role": "measured", "unit": "percent",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("means", "value", "expected"),
    [
        ("chip", "a1000", "a known chip"),
        ("model", "resnet", "a known model"),
        ("metric", "mapping", "one of accuracy"),
        ("unit", "hours", "one of percent"),
    ],
)
def test_a_word_means_something_that_exists(tmp_path, means, value, expected):
    from harness.tables.catalog import BUILT_IN

    (tmp_path / "words.toml").write_text(
        f'[[word]]\nmeans = "{means}"\nvalue = "{value}"\nspelled = ["x"]\n', encoding="utf-8"
    )
    with pytest.raises(TableErrors, match=rf'word\[0\].value: found "{value}", expected {expected}'):
        load((BUILT_IN, tmp_path))

"""`zoocheck import-readme FOLDER`: a file of tables a README, all taken together, and what became of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.documents import toml_text
from harness.documents.import_many import path_names
from harness.errors import UsageError
from harness.tables.catalog import BUILT_IN, load

NET = "# {}\n\n| Batch Size | 310P性能(fps) |\n|---|---|\n| 1 | 40.0 |\n| 4 | {} |\n"
PLAIN = "# Words\n\nNothing is measured here.\n"
BOTH = NET.format("TinyBERT and SpanBERT", "50.0")


def run(*arguments: object):
    return CliRunner().invoke(app, ["import-readme", *map(str, arguments)], catch_exceptions=False)


def held(folder: str) -> list[str]:
    """The names in a folder below the current one."""
    return sorted(item.name for item in Path(folder).iterdir())


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; below `zoo` two READMEs of one folder name, one of its own, one without results."""
    for name, text in (
        ("zoo/cv/net/README.md", NET.format("Net", "50.0")),
        ("zoo/nlp/net/README.md", NET.format("Net", "60.0")),
        ("zoo/nlp/other.md", NET.format("Other", "70.0")),
        ("zoo/words/README.md", PLAIN),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_readme_is_a_file_and_the_catalog_takes_all_of_them(zoo):
    done = run("zoo", "--out", "tables", "--repository", "A/Zoo")
    assert done.exit_code == 0
    assert held("tables") == ["cv-net.toml", "nlp-net.toml", "other.toml"]
    loaded = load((BUILT_IN, zoo / "tables"))
    assert {"cv-net", "nlp-net", "other"} <= loaded.documents.keys()
    mine = [item for item in loaded.references if item.source.document == "nlp-net"]
    assert [item.printed for item in mine] == ["40.0", "60.0"]


def test_what_became_of_each_is_a_line_and_what_was_not_read_is_on_standard_error(zoo):
    done = run("zoo", "--out", "tables")
    lines = done.stdout.splitlines()
    assert lines[0] == "zoo/cv/net/README.md: 1 table with 2 values in tables/cv-net.toml, 0 things not read"
    assert lines[3].startswith(
        "zoo/words/README.md: no results in its tables and blocks, so nothing to write"
    )
    assert lines[-1] == "4 READMEs: 3 written, 1 no results; 6 values in tables"
    assert "zoo/nlp/other.md:1: assumed: model = other" in done.stderr


def test_a_cell_that_says_that_there_is_no_value_is_not_counted_as_one(tmp_path):
    """What the last line counts is what `claims` lists of the same folder."""
    table = "| Chip | Batch | accuracy | performance |\n|---|---|---|---|\n| 310P3 | 1 | - | 10.5 fps |\n"
    (tmp_path / "net.md").write_text(f"# Net\n\n{table}", "utf-8")
    done = run(str(tmp_path), "--out", str(tmp_path / "tables"))
    assert "1 README: 1 written; 1 value in" in done.stdout.splitlines()[-1]


def test_a_second_import_takes_the_place_of_the_first(zoo, monkeypatch):
    """Also where the folder is one of the catalog's: nothing is called by another name."""
    run("zoo", "--out", "tables")
    names = held("tables")
    (zoo / "zoo/nlp/other.md").write_text(NET.format("Other", "80.0"), encoding="utf-8")
    monkeypatch.setenv("ZOOCHECK_TABLES", str(zoo / "tables"))
    assert run("zoo", "--out", "tables").exit_code == 0
    assert held("tables") == names
    assert "80.0" in (zoo / "tables/other.toml").read_text(encoding="utf-8")
    load()


def test_the_number_of_processes_changes_nothing(zoo):
    for number in range(20):
        (zoo / f"zoo/n{number}.md").write_text(NET.format(f"N{number}", "50.0"), encoding="utf-8")
    told = [run("zoo", "--out", f"t{jobs}", "--jobs", jobs) for jobs in (1, 3)]
    assert told[0].stdout.replace("t1/", "t3/").replace(" t1", " t3") == told[1].stdout
    for file in sorted((zoo / "t1").iterdir()):
        assert file.read_bytes() == (zoo / "t3" / file.name).read_bytes()


def test_what_could_not_be_written_makes_the_status_1_and_keeps_nothing_else_back(zoo):
    (zoo / "zoo/broken.md").write_bytes(b"# A\n\xff")
    done = run("zoo", "--out", "tables", "--json")
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert {key: count for key, count in content["counts"].items() if count} == {
        "written": 3, "no results": 1, "unreadable": 1,
    }  # fmt: skip
    by_file = {item["file"]: item for item in content["files"]}
    assert by_file["zoo/broken.md"]["unread"] == [
        {"line": 2, "what": "the file", "why": "byte 0xff is no UTF-8; save it as UTF-8"}
    ]
    assert by_file["zoo/words/README.md"]["written"] is None


def test_a_readme_that_names_several_known_models_is_about_none_of_them(zoo):
    """A list of a zoo's models: its values are claims of the document's name, as `claims` lists them."""
    (zoo / "zoo/both.md").write_text(BOTH, encoding="utf-8")
    done = run("zoo", "--out", "tables")
    assert done.exit_code == 0
    why = (
        "the words of several known models stand there (tinybert, spanbert), so it is called as the document"
    )
    assert f"zoo/both.md:1: assumed: model = both: {why}; --model says another" in done.stderr
    loaded = load((BUILT_IN, zoo / "tables"))
    assert [item.model for item in loaded.references if item.source.document == "both"] == ["both"] * 2


def test_what_the_catalog_refuses_is_told_and_not_written(zoo, monkeypatch):
    """A mistake in another file of the folder is one that keeps all from being loaded."""
    (zoo / "more").mkdir()
    taken = '[[chip]]\nname = "other"\n'
    (zoo / "more" / "a.toml").write_text(taken, encoding="utf-8")
    done = run("zoo", "--out", "more")
    assert done.exit_code == 1
    assert "the catalog refuses them" in done.stdout
    assert held("more") == ["a.toml"]


def test_an_interrupt_leaves_whole_files_and_says_how_many(zoo, monkeypatch):
    """The second is interrupted on its way to the disk: nothing of it is there."""
    whole = toml_text.put

    def interrupted(path, toml):
        if held("tables") if Path("tables").is_dir() else []:
            raise KeyboardInterrupt
        whole(path, toml)

    monkeypatch.setattr(toml_text, "put", interrupted)
    done = run("zoo", "--out", "tables")
    assert done.exit_code == 130
    said = "interrupted when 1 of the tables of 3 READMEs were written to tables; each of these is whole"
    assert said in done.stderr
    assert held("tables") == ["cv-net.toml"]


def test_a_file_of_the_same_name_that_no_import_wrote_is_left(zoo):
    (zoo / "tables").mkdir()
    (zoo / "tables/other.toml").write_text('[[word]]\nmeans = "chip"\nspelled = ["x"]\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"tables/other.toml: holds the \[\[word\]\]"):
        run("zoo", "--out", "tables")
    assert held("tables") == ["other.toml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("zoo",), "say with --out FOLDER"),
        (("zoo", "--out", "zoo/nlp/other.md"), "give --out a folder"),
        (("zoo", "--out", "t", "--model", "x"), "--model and --document are of one README"),
        (("none", "--out", "t"), "no such file or folder"),
    ],
)
def test_options_that_a_folder_has_no_use_for(zoo, arguments, message):
    with pytest.raises(UsageError, match=message):
        run(*arguments)


class TestNames:
    def test_only_as_much_of_a_path_as_tells_two_apart(self):
        paths = [Path(f"/z/{name}/README.md") for name in ("a/x/net", "b/x/net", "b/y/net", "b/y/one")]
        assert list(path_names(paths).values()) == ["a-x-net", "b-x-net", "y-net", "one"]

    def test_a_file_that_is_called_otherwise_gives_its_own_name(self):
        paths = [Path("/z/a/Net One.md"), Path("/z/b/net_one.md"), Path("/z/b/README.MD")]
        assert list(path_names(paths).values()) == ["a-net-one", "b-net-one", "b"]

    def test_a_name_that_is_taken_is_made_longer(self):
        assert list(path_names([Path("/z/a/README.md")], {"a"}).values()) == ["z-a"]

    def test_paths_that_letters_do_not_tell_apart_are_numbered(self):
        paths = [Path("/甲/README.md"), Path("/乙/README.md"), Path("/README.md")]
        assert list(path_names(paths).values()) == ["readme", "readme-2", "readme-3"]

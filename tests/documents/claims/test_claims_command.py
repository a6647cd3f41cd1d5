"""`zoocheck claims`: what is listed, filtered, refused, and written for other programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from typer.testing import Result

from harness.documents.claim_forms import schema
from harness.errors import UsageError

ROOT = Path(__file__).resolve().parents[3]


def rows(done: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_every_value_of_a_zoo_is_listed_with_its_place(run, zoo):
    """Models that no table knows are called as their folder; file and line are where the number stands."""
    done = run(zoo, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["readmes"] == 2
    told = {(item["model"], item["chip"], item["batch_size"], item["printed"]) for item in found["claims"]}
    assert told == {
        ("tinybert", "ascend310p", 8, "92.32"), ("tinybert", "ascend310p", 8, "5871.86"),
        ("lanternfish", "ascend310p", 1, "120.5"), ("lanternfish", "t4", 1, "80.25"),
        ("lanternfish", "ascend310p", 8, "400.5"), ("lanternfish", "t4", 8, "200.5"),
    }  # fmt: skip
    [fast] = [item for item in found["claims"] if item["printed"] == "400.5"]
    assert (fast["file"], fast["line"]) == (str(zoo / "sea/lanternfish/README.md"), 6)
    assert (fast["metric"], fast["unit"], fast["role"]) == ("throughput", "samples/s", "measured")


def test_a_claim_of_a_model_that_runs_names_the_case_and_the_line_that_runs_it(run, zoo):
    found = json.loads(run(zoo, "--json", "--model", "tinybert", "--metric", "throughput").stdout)
    [claim] = found["claims"]
    assert claim["runs"] == "tinybert-ascend310p-bs8"
    assert claim["command"].endswith("test_throughput[tinybert-ascend310p-bs8]'")
    assert {need["what"] for need in claim["lacks"]} == {"driver", "weights"}


def test_without_arguments_the_claims_are_the_catalogs(run, catalog):
    found = json.loads(run("--json").stdout)
    assert found["readmes"] == 0
    assert len(found["claims"]) == sum(item.value is not None for item in catalog.references)
    assert {item["file"] for item in found["claims"]} == {None}


def test_json_fits_its_schema_and_the_page_has_the_schema(run, zoo):
    for arguments in ([zoo], []):
        jsonschema.validate(json.loads(run(*arguments, "--json").stdout), schema())
    assert run("--format", "json-schema").stdout == (ROOT / "docs/claims.schema.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("option", "word", "count"),
    [("--model", "lanternfish", 4), ("--chip", "t4", 2), ("--chip", "Tesla T4", 2), ("--chip", "310P3", 4),
     ("--metric", "吞吐率", 5), ("--model", "TinyBERT", 2), ("--metric", "accuracy", 1), ("--bs", "8", 4),
     ("--bs", "1,8", 6), ("--role", "measured", 6)],
)  # fmt: skip
def test_a_filter_leaves_what_has_its_word(run, zoo, option, word, count):
    assert len(json.loads(run(zoo, "--json", option, word).stdout)["claims"]) == count


SHRIKES = """# Shrike

Measured on Ascend 310P3.

| Model | Precision | mAP@0.5 | fps |
|---|---|---|---|
| Shrike-s | FP16 | 41.5 | 812.5 |
| Shrike-m | INT8 | 47.5 | 402.5 |

| batch | 310P3 fps |
|---|---|
| 4 | 300.5 |
| 8 | 310.5 |
| 最优batch | 310.5 |
"""


@pytest.mark.parametrize(
    ("option", "word", "count"),
    [("--model", "shrike-S", 2), ("--model", "SHRIKE", 7), ("--precision", "INT8", 2),
     ("--role", "Measured", 7), ("--metric", "mAP@.5", 2), ("--metric", "map", 2), ("--bs", "Best", 1),
     ("--bs", "best,8", 2)],
)  # fmt: skip
def test_case_and_signs_of_a_word_do_not_count(run, tmp_path, option, word, count):
    """A table's own name of a model is one, .5 is 0.5, the best batch size is asked for as it is shown."""
    file = tmp_path / "shrike" / "README.md"
    file.parent.mkdir()
    file.write_text(SHRIKES, encoding="utf-8")
    done = run(file, "--json", option, word)
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["claims"]) == count


def test_the_count_is_of_the_readmes_that_have_such_claims(run, zoo):
    assert "6 claims of 2 models in 2 READMEs; " in run(zoo).stderr
    assert "1 claim of 1 model in 1 README (of 2); " in run(zoo, "--metric", "accuracy").stderr


@pytest.mark.parametrize(
    ("option", "word", "said"),
    [("--model", "lanternfisch", "no claim is of the model 'lanternfisch'; there are lanternfish, tinybert"),
     ("--chip", "310B", "no claim is of the chip '310B' (which is ascend310b); there are ascend310p, t4"),
     ("--bs", "3", "no claim is of the batch size '3'; there are 8, 1"),
     ("--role", "guess", "no claim is of the role 'guess'; there are measured"),
     ("--precision", "int8", "no claim is of the precision 'int8'; no claim here tells one"),
     ("--precision", "fp61", "no claim is of the precision 'fp61'")],
)  # fmt: skip
def test_a_word_that_no_claim_has_is_refused_with_those_that_there_are(run, zoo, option, word, said):
    done = run(zoo, option, word)
    assert isinstance(done.exception, UsageError)
    assert said in str(done.exception)


def test_csv_is_rfc_4180_and_no_text_of_it_is_a_formula(run, tmp_path):
    """A number keeps its minus; a text that a spreadsheet would compute gets an apostrophe."""
    file = tmp_path / "mine.md"
    file.write_text(
        "# Lanternfish\n\n## =HYPERLINK(1)\n\n| 模型 | 310P性能 |\n|---|---|\n"
        '| @SUM(1+1),"x"(bs8) | 12,345.5 |\n',
        encoding="utf-8",
    )
    done = run(file, "--csv")
    assert done.exit_code == 0, done.output
    assert done.stdout_bytes.count(b"\r\n") == 2
    [row] = rows(done)
    assert (row["printed"], row["value"], row["batch_size"]) == ("12,345.5", "12345.5", "8")
    assert row["table"] == "'=HYPERLINK(1)"
    assert row["row"].startswith("'@SUM(1+1)")


def test_in_a_pipe_no_cell_is_broken_over_lines(run, zoo):
    """However long a path is: a line a claim, to grep."""
    folder = zoo / ("deep-" * 40)
    folder.mkdir()
    (folder / "README.md").write_text(
        "# Long\n\n| bs | 310P fps |\n|---|---|\n| 1 | 2.5 |\n", encoding="utf-8"
    )
    done = run(folder)
    [line] = [line for line in done.stdout.splitlines() if "2.5" in line]
    assert f"{folder}/README.md:5" in line
    assert done.stdout.splitlines()[0] == "1 claim"
    assert done.stderr.splitlines()[0] == "1 claim of 1 model in 1 README; 0 have a case that measures them"


def test_what_was_not_read_is_counted_and_listed(run, zoo):
    file = zoo / "sea/lanternfish/README.md"
    with file.open("a", encoding="utf-8") as end:
        end.write("\n## Weather\n\n| where | sunshine |\n|---|---|\n| here | 12.5 |\n")
    assert "1 thing was not read: --unread lists it" in run(zoo).stderr
    [line] = [line for line in run(zoo, "--unread").stdout.splitlines() if "sunshine" in line]
    assert line.startswith(f"{file}:")
    assert any("sunshine" in item["what"] for item in json.loads(run(zoo, "--json").stdout)["unread"])


def test_an_unknown_model_is_no_thing_that_was_not_read(run, zoo):
    """It is called as its folder: its name is not among what is missing, in text and in JSON."""
    assert "not read" not in run(zoo).stderr
    assert json.loads(run(zoo, "--json").stdout)["unread"] == []


def test_a_file_that_is_no_text_is_told_and_the_others_are_read(run, zoo):
    (zoo / "broken.md").write_bytes(b"# a\n\xff\xfe\x00\n")
    done = run(zoo, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert len(found["claims"]) == 6
    assert str(zoo / "broken.md") in {item["file"] for item in found["unread"]}


def test_options_that_exclude_each_other_are_refused(run, zoo):
    for options in (
        ("--json", "--csv"),
        ("--out", "x"),
        ("--unread", "--csv"),
        ("--csv", "--format", "json"),
    ):
        assert isinstance(run(zoo, *options).exception, UsageError), options


def test_a_table_for_people_names_the_place(run, zoo):
    shown = " ".join(run(zoo, "--model", "tinybert").stdout.split())
    assert "5871.86 samples/s" in shown
    assert "lacks driver, weights" in shown


def test_marks_that_turn_a_terminals_text_are_shown_as_escapes(run, tmp_path):
    """JSON has them as escapes of its own; CSV as they stand, and no formula behind them."""
    file = tmp_path / "net.md"
    table = "| Model | 310P fps |\n|---|---|\n| \u202e=eel\x1b[2J | 2.5 |\n| cod | 3.5 |\n"
    file.write_text(f"# Net\n\n{table}", encoding="utf-8")
    done = run(file)
    assert r"net \u202e=eel\u001b[2J" in done.stdout
    assert not {"\u202e", "\x1b"} & {*done.stdout, *done.stderr, *run(file, "--json").stdout}
    assert json.loads(run(file, "--json").stdout)["claims"][0]["variant"] == "\u202e=eel\x1b[2J"
    assert rows(run(file, "--csv"))[0]["variant"] == "'\u202e=eel\x1b[2J"

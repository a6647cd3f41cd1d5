"""`zoocheck store` and `zoocheck baseline` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result as Done
from databases import bare, place
from mutating import survives_all
from store_samples import ERROR, MEASUREMENT, VERDICT, ids, make
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import BadInput, ZoocheckError
from harness.machine.fingerprint import machine_key
from harness.store.results import Store
from harness.store.schema import VERSION
from reports import baseline_file

HERE, THERE = {"cpu": "x", "host_id": "aa"}, {"cpu": "y", "host_id": "bb"}


def call(*argv: str) -> Done:
    """The command, whatever became of it."""
    return CliRunner().invoke(app, argv)


def told(*argv: str) -> str:
    """What a command that has to work prints."""
    done = call(*argv)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(*argv: str) -> str:
    """The sentence with which a command ends that has to fail."""
    done = call(*argv)
    assert isinstance(done.exception, ZoocheckError), done.output
    return str(done.exception)


@pytest.fixture
def filled(file_url: str) -> str:
    """A store with one run of two machines and one older run."""
    store = Store(file_url)
    store.add(make(1, run="old", machine=HERE))
    store.add(make(2, run="new", machine=HERE))
    store.judge("0002", VERDICT)
    store.add(make(3, run="new", machine=THERE))
    store.judge("0003", ERROR)
    store.add(make(4, run="new", machine=HERE))
    return file_url


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Where another store could be."""
    return f"sqlite:///{tmp_path / 'other' / 'results.sqlite'}"


def test_info(filled: str):
    """For people and as JSON; without a store a sentence."""
    text = told("store", "info", filled)
    assert f"{filled}: schema version {VERSION}" in text
    assert "measurements: 4, runs: 2, verdicts: 2, rows of baselines: 0" in text
    found = json.loads(told("store", "info", filled, "--json"))
    assert found["hosts"] == [{"id": "aa", "measurements": 3}, {"id": "bb", "measurements": 1}]
    assert "there is no such file" in refused("store", "info", f"{filled}.not")


def test_info_of_this_home(filled: str, monkeypatch: pytest.MonkeyPatch):
    """Without a URL it is the store that runs write to."""
    monkeypatch.setenv("ZOOCHECK_HOME", str(Path(filled.removeprefix("sqlite:///")).parent))
    assert json.loads(told("store", "info", "--json"))["measurements"] == 4


def test_copy(filled: str, url: str):
    """Says what was copied and what was there, on either database, for people and as JSON."""
    assert told("store", "copy", filled, url).splitlines() == [
        "measurements: 4 copied, 0 there already",
        "verdicts: 2 copied, 0 there already",
        "baselines: 0 copied, 0 there already",
    ]
    found = json.loads(told("store", "copy", filled, url, "--json"))
    assert found["measurements"] == {"copied": 0, "there": 4}
    assert found["from"] == filled
    assert "there is no such file" in refused("store", "copy", f"{filled}.not", url)


def test_a_baseline_for_each_machine_of_the_latest_run(filled: str):
    """Set, shown and dropped."""
    here, there = machine_key(HERE), machine_key(THERE)
    assert "no baseline is in force" in told("baseline", "list", "--results", filled)
    assert told("baseline", "set", "good", "--note", "why", "--results", filled).splitlines() == [
        f"good: run new on machine {here}",
        f"good: run new on machine {there}",
    ]
    listed = json.loads(told("baseline", "list", "--results", filled, "--json"))
    assert {(item["machine"], item["run"], item["note"]) for item in listed} == {
        (here, "new", "why"), (there, "new", "why"),
    }  # fmt: skip
    assert "2 in force" in told("baseline", "list", "--results", filled)
    told("baseline", "set", "good", "--run", "old", "--results", filled)
    assert [item.run for item in Store(filled).baselines() if item.machine == here] == ["old"]
    assert told("baseline", "drop", "good", "--machine", there, "--results", filled).splitlines() == [
        f"good: dropped, run new on machine {there}"
    ]
    assert [item.machine for item in Store(filled).baselines()] == [here]


def test_a_result_without_a_verdict_is_told(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """By `baseline set` and by `report`: its run ended between the number and the verdict."""
    monkeypatch.setenv("ZOOCHECK_HOME", str(tmp_path / "home"))
    for argv in (["baseline", "set", "good"], ["report", "--out", str(tmp_path / "report")]):
        done = call(*argv, "--results", filled)
        assert done.exit_code == 0, done.output
        assert "1 result has no verdict, because the run ended before it was written" in done.stderr
        assert "tinybert-ascend310p-bs8 accuracy" in done.stderr
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "1 has no verdict" in page
    Store(filled).judge("0004", VERDICT)
    assert call("baseline", "set", "good", "--results", filled).stderr == ""


def test_history_leaves_nothing_out_in_silence(filled: str):
    """A number without a verdict is shown as such, with what to do; an error and its run are named."""
    store = Store(filled)
    store.add(make(5, run="broken"), ERROR)
    done = call("history", "tinybert-ascend310p-bs8", "--results", filled)
    assert done.exit_code == 0
    assert (
        "  not judged: the run ended before its verdict was written (old, new); its number is" in done.stdout
    )
    assert "when it is measured again" in done.stdout
    said = "tinybert-ascend310p-bs8 accuracy: not shown: 2 errors: nothing was measured (run new, broken)"
    assert said in done.stdout
    found = json.loads(told("history", "tinybert-ascend310p-bs8", "--results", filled, "--json"))
    points = [point for item in found["series"] for point in item["points"]]
    assert [point["judged"] for point in points].count(False) == 2
    out = {"claim": "accuracy", "why": "errors: nothing was measured", "runs": ["new", "broken"]}
    assert found["left_out"] == [out]
    assert len(points) + 2 == len(store.results())


def test_a_history_of_what_is_not_there(filled: str):
    """Of a kind that does not exist, and of one that has no results: what there is."""
    argv = ("history", "tinybert-ascend310p-bs8", "--results", filled, "--kind")
    assert "--kind: found 'speed', expected accuracy, throughput" in refused(*argv, "speed")
    assert "has no results of kind throughput; it has some of accuracy" in refused(*argv, "throughput")


def test_what_baseline_refuses(filled: str, other: str, tmp_path: Path):
    """An unknown run, an unknown baseline, a store without results."""
    assert "no run is called 'never'" in refused(
        "baseline", "set", "x", "--run", "never", "--results", filled
    )
    assert "no baseline 'x' is in force" in refused("baseline", "drop", "x", "--results", filled)
    out = str(tmp_path / "x.json")
    assert "no baseline 'x' is in force" in refused(
        "baseline", "export", "x", "--out", out, "--results", filled
    )
    assert not Path(out).exists()
    Store(other)
    assert "no results yet" in refused("baseline", "set", "x", "--results", other)


# What somebody may change in a file: the first measurement, its verdict, or what is said of all.
CHANGES = (
    ("measurement", {"metrics": {}}, "its metrics are none"),
    ("measurement", {"detail": {}}, "with no detail of how it was measured"),
    ("measurement", {"case": "bert-large-ner-t4-bs8"}, "and the documented number of tinybert"),
    ("verdict", {"kind": "reproduced"}, "is below 92.32 with a tolerance of"),
    ("verdict", {"kind": "survives"}, "said of what is held to the checkpoint's own fp32"),
    ("verdict", {"kind": "not-comparable"}, "and 92.32 (documented) was expected"),
    ("verdict", {"expected": 81.0}, "81.0 was expected, and the document says '92.32%'"),
    ("verdict", {"basis": None}, "with no number that was expected"),
    ("all", {"counts": {"survives": 7}}, "counts is {'survives': 7}, and its results come to"),
    ("all", {"documented": {"reproduced": 3}}, "documented is {'reproduced': 3}, and its results come to"),
    ("all", {"runs": ["other"]}, "runs is ('other',), and its results come to"),
)


class TestFile:
    @pytest.fixture
    def file(self, filled: str, tmp_path: Path) -> Path:
        """The latest run's baseline as a file."""
        told("baseline", "set", "good", "--note", "why", "--results", filled)
        path = tmp_path / "exports" / "good.json"
        told("baseline", "export", "good", "--out", str(path), "--results", filled)
        return path

    def test_holds_the_results_in_full(self, file: Path, filled: str):
        """Every result of the run, as a report's JSON has it, raw samples included."""
        found = json.loads(file.read_text(encoding="utf-8"))
        assert (found["schema"], found["version"]) == ("urn:zoocheck:baseline:1", 1)
        assert [item["name"] for item in found["baselines"]] == ["good", "good"]
        report = json.loads(told("report", "--format", "json", "--run", "new", "--results", filled))
        assert found["results"] == report
        assert found["results"]["results"][0]["measurement"]["raw"] == MEASUREMENT.raw

    def test_of_one_machine_holds_that_ones(self, file: Path, filled: str):
        """Results of other machines in the same run are not its."""
        told("baseline", "export", "good", "--machine", machine_key(THERE), "--out", str(file),
             "--results", filled)  # fmt: skip
        found = json.loads(file.read_text(encoding="utf-8"))
        assert [item["measurement"]["id"] for item in found["results"]["results"]] == ["0003"]

    def test_comes_back_in_another_store(self, file: Path, filled: str, url: str):
        """Results and verdicts are added, the baseline is in force; a second time changes nothing."""
        text = told("baseline", "import", str(file), "--results", url)
        assert "measurements: 3 added, 0 there already" in text
        assert text.count("in force now") == 2
        expected = [item for item in Store(filled).results() if item.measurement.run == "new"]
        assert Store(url).results() == expected
        assert [(b.machine, b.run, b.note) for b in Store(url).baselines()] == [
            (b.machine, b.run, b.note) for b in Store(filled).baselines()
        ]
        found = json.loads(told("baseline", "import", str(file), "--results", url, "--json"))
        assert found == {"measurements": {"added": 0, "there": 3}, "baselines": {"set": [], "there": 2}}
        with bare(url) as connection:
            assert connection.execute("SELECT count(*) FROM verdicts").fetchall() == [(2,)]
            assert connection.execute("SELECT count(*) FROM baselines").fetchall() == [(2,)]
        Store(filled).copy_to(Store(url))  # the same rows by another way are the same
        assert ids(Store(url).results())[:3] == ["0002", "0003", "0004"]

    def test_one_of_before_survives_is_read_in_todays_words(self, file: Path, url: str):
        """Version 1 of the results had neither the word nor the documented numbers that were tested."""
        content = json.loads(file.read_text(encoding="utf-8"))
        results = content["results"]
        del results["documented"]
        first, second, *_ = results["results"]
        first["verdict"] |= {"kind": "reproduced", "basis": "drop", "expected": 80.25}
        second["verdict"] = json.loads(json.dumps(first["verdict"])) | {"basis": "documented"}
        second["verdict"]["reference"] |= {"value": 80.25, "printed": "80.25"}
        content["results"] = results | {"schema": "urn:zoocheck:results:1", "version": 1}
        del content["sha256"]  # nor had a file one
        file.write_text(json.dumps(content), encoding="utf-8")
        done = call("baseline", "import", str(file), "--results", url)
        assert done.exit_code == 0
        assert f"{file}: exported without a checksum, so a change in it may show nowhere" in done.stderr
        kinds = [item.verdict and str(item.verdict.kind) for item in Store(url).results()]
        assert kinds == ["survives", "reproduced", None]

    def test_is_in_force_again_after_a_drop(self, file: Path, filled: str):
        """Whoever imports it means it."""
        told("baseline", "drop", "good", "--results", filled)
        told("baseline", "import", str(file), "--results", filled)
        assert len(Store(filled).baselines()) == 2

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda found: "no JSON", "no file of a baseline"),
            (lambda found: [1], "no file of a baseline"),
            (lambda found: found | {"schema": "urn:zoocheck:baseline:2"}, "schema: found 'urn:zoocheck:base"),
            (lambda found: found["results"], "baselines: found no value"),
            (lambda found: _elsewhere(found), "of which the file has no results of that machine"),
        ],
        ids=["text", "list", "version", "report", "machine"],
    )
    def test_that_is_none_is_refused(self, file: Path, other: str, change: Any, words: str):
        """With the file's name, and nothing is written."""
        content = json.loads(file.read_text(encoding="utf-8"))
        del content["sha256"]
        found = change(content)
        file.write_text(found if isinstance(found, str) else json.dumps(found), encoding="utf-8")
        text = refused("baseline", "import", str(file), "--results", other)
        assert words in text
        assert str(file) in text
        assert not Path(other.removeprefix("sqlite:///")).exists()

    def test_that_was_changed_is_refused_and_the_good_one_taken(self, file: Path, other: str):
        """An accuracy that somebody made better: by the checksum, and without one by what was judged."""
        good = file.read_text(encoding="utf-8")
        content = json.loads(good)
        content["results"]["results"][0]["measurement"]["metrics"]["accuracy"] = 0.875
        file.write_text(json.dumps(content), encoding="utf-8")
        said = refused("baseline", "import", str(file), "--results", other)
        assert f"{file}: no file of a baseline: damaged or changed: the checksum in it is" in said
        del content["sha256"]
        file.write_text(json.dumps(content), encoding="utf-8")
        said = refused("baseline", "import", str(file), "--results", other)
        assert "accuracy is 0.875, and 80.0458715596 percent was judged" in said
        file.write_text(good, encoding="utf-8")
        done = call("baseline", "import", str(file), "--results", other)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "3 added, 0 there already" in done.stdout

    @pytest.mark.parametrize(("part", "change", "words"), CHANGES)
    def test_without_a_checksum_is_held_to_all_that_it_says(
        self, file: Path, other: str, part: str, change: dict[str, Any], words: str
    ):
        """A number, a verdict, a case or a count that was changed; the good file is taken afterwards."""
        good = file.read_text(encoding="utf-8")
        content = json.loads(good)
        del content["sha256"]
        results = content["results"]
        {"all": results, **results["results"][0]}[part].update(change)
        file.write_text(json.dumps(content), encoding="utf-8")
        assert words in refused("baseline", "import", str(file), "--results", other)
        file.write_text(good, encoding="utf-8")
        assert call("baseline", "import", str(file), "--results", other).exit_code == 0

    def test_without_a_checksum_of_no_known_case_is_refused(self, file: Path, other: str):
        """A case that is in no table can be held against nothing."""
        content = json.loads(file.read_text(encoding="utf-8").replace("tinybert-ascend310p-bs8", "nope"))
        del content["sha256"]
        for entry in content["results"]["results"]:
            entry["verdict"] = None
        content["results"] |= {"counts": {"not-judged": 1}, "documented": {}}
        file.write_text(json.dumps(content), encoding="utf-8")
        assert "no case is called 'nope'" in refused("baseline", "import", str(file), "--results", other)

    def test_without_a_checksum_never_stands_in_its_place(self, file: Path, other: str):
        """What shows nowhere, as a message: under a run and ids of its own, until the good file comes."""
        good = file.read_text(encoding="utf-8")
        content = json.loads(good)
        del content["sha256"]
        content["results"]["results"][0]["verdict"]["message"] = "somebody's own words"
        file.write_text(json.dumps(content), encoding="utf-8")
        for added in ("3 added, 0 there", "0 added, 3 there"):
            done = call("baseline", "import", str(file), "--results", other)
            assert (done.exit_code, added in done.stdout) == (0, True), done.output
            assert "it is kept apart, as run new-unproved" in done.stderr
        file.write_text(good, encoding="utf-8")
        done = call("baseline", "import", str(file), "--results", other)
        assert (done.exit_code, done.stderr) == (0, "")
        assert {item.run for item in Store(other).baselines()} == {"new"}
        assert [item.id for item in Store(other).runs()] == ["new-unproved", "new"]

    def test_without_a_checksum_and_all_there_is_the_stores_own(self, file: Path, filled: str):
        """An old export of this very store."""
        content = json.loads(file.read_text(encoding="utf-8"))
        del content["sha256"]
        file.write_text(json.dumps(content), encoding="utf-8")
        done = call("baseline", "import", str(file), "--results", filled)
        assert "0 added, 3 there already" in done.stdout
        assert {item.run for item in Store(filled).baselines()} == {"new"}

    def test_that_is_damaged_anywhere_is_refused(self, file: Path, tmp_path: Path):
        """Each of 2,000 seeded mutations: an error of ours, or what was written, within a second."""
        good = baseline_file.read(file)
        damaged = tmp_path / "damaged.json"

        def read(content: bytes) -> baseline_file.Read:
            damaged.write_bytes(content)
            return baseline_file.read(damaged)

        def right(found: baseline_file.Read) -> bool:
            return (found.baselines, found.results, found.unproved) == (good.baselines, good.results, "")

        refused_, kept = survives_all(file.read_bytes(), read, right, errors=BadInput)
        assert refused_ > 1900 > kept


def _elsewhere(found: dict[str, Any]) -> dict[str, Any]:
    found["baselines"][0]["machine"] = "000000000000"
    return found


def test_no_message_of_a_command_shows_a_password(filled: str, tmp_path: Path):
    """Neither where it works nor where it does not."""
    with place("postgresql", tmp_path) as url:
        secret = url.partition("@")[0].rpartition(":")[2]
        assert len(secret) > 8
        for argv in (
            ["store", "copy", filled, url],
            ["store", "info", url],
            ["baseline", "list", "--results", url],
        ):
            assert secret not in call(*argv, "--json").output
        for argv in (["baseline", "drop", "x", "--results", url], ["report", "--run", "x", "--results", url]):
            assert secret not in refused(*argv)

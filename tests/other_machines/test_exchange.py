"""`zoocheck prepare` and `zoocheck score`: files out, results in, and what each refuses."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import in_process
from synthetic import word_logits

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import BadInput, NotThere, UsageError
from harness.other_machines import exchange
from harness.other_machines.exchange import Source, open_source
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.tables import catalog as tables
from harness.tasks.layouts.files import write
from harness.tasks.layouts.results import BadResults

PIECES = "[PAD] [UNK] [CLS] [SEP] [MASK] the peter ##son in rome . 海 钓 比 赛"
WORDS = "Peterson NNP B-NP B-PER\nin IN B-PP O\nROME NNP B-NP B-LOC\n. . O O\n\n"
CHARACTERS = "海 B-LOC\n钓 I-LOC\n在 O\n赛 B-ORG\n会 I-ORG\n\n比 O\n赛 B-PER\n\n"
SENTENCES = "sentence\tlabel\nthe peter\t1\nin rome .\t0\n"
FILES = {"conll2003/test.txt": WORDS, "peoples_daily/example.test": CHARACTERS, "sst2/dev.tsv": SENTENCES}
REPEATED = 300  # sentences, so that there is more than one part


@pytest.fixture(scope="module")
def small_catalog(catalog: Catalog) -> Catalog:
    """The tables, at the counts of the small data sets."""
    counts = {
        "conll2003": {"samples": REPEATED, "tokens": 4 * REPEATED},
        "peoples_daily": {"samples": 2, "characters": 7},
        "sst2": {"samples": 2},
    }
    datasets = {
        name: dataclasses.replace(spec, counts=counts.get(name, spec.counts))
        for name, spec in catalog.datasets.items()
    }
    models = {name: dataclasses.replace(model, length=16) for name, model in catalog.models.items()}
    return dataclasses.replace(catalog, datasets=datasets, models=models)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with three vocabularies and three small data sets."""
    for model in ("bert-large-ner", "bert-chinese-ner", "tinybert"):
        folder = tmp_path / "models" / model
        folder.mkdir(parents=True)
        (folder / "vocab.txt").write_text(PIECES.replace(" ", "\n"), encoding="utf-8")
    for name, text in FILES.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        path.write_text(text * (REPEATED if text is WORDS else 1), encoding="utf-8")
    return Home(
        root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data", minis=tmp_path / "minis"
    )


@pytest.fixture
def source(small_catalog: Catalog, home: Home):
    """Opens a source; full vocabulary and data unless told."""

    def source(model: str, chip: str, **options: Any) -> Source:
        chosen = {"weights": "full", "data": "auto", "limit": None} | options
        return open_source(small_catalog, home, model, chip, **chosen)

    return source


def save_words(folder: Path, logits: np.ndarray) -> None:
    """Results as ais_bench writes them for bert-large-ner."""
    folder.mkdir(parents=True, exist_ok=True)
    for at, row in enumerate(logits):
        np.save(folder / f"input_ids_{at}_{at}_0.npy", row[None])


class TestSource:
    def test_a_chip_that_the_document_does_not_have(self, source):
        with pytest.raises(
            UsageError, match="tinybert: its document does not run it on vacc; it does on ascend310,"
        ):
            source("tinybert", "vacc")

    @pytest.mark.parametrize(("model", "chip"), [("tinybrt", "t4"), ("tinybert", "t5")])
    def test_a_name_that_does_not_exist(self, source, model, chip):
        with pytest.raises(UsageError, match="is called"):
            source(model, chip)

    @pytest.mark.parametrize("weights", ["random", "auto", "none"])
    def test_only_two_vocabularies_exist(self, source, weights):
        with pytest.raises(UsageError, match=f"--weights {weights}: there are full, mini vocabularies"):
            source("tinybert", "t4", weights=weights)

    def test_without_the_documented_vocabulary_the_minis_is_not_taken(self, source, home):
        (home.models / "tinybert" / "vocab.txt").unlink()
        (home.minis / "tinybert").mkdir(parents=True)
        (home.minis / "tinybert" / "vocab.txt").write_text(PIECES.replace(" ", "\n"), encoding="utf-8")
        with pytest.raises(
            NotThere, match=r"tinybert: no vocabulary: .*vocab\.txt not there; put the vocab\.txt of"
        ):
            source("tinybert", "t4")
        assert source("tinybert", "t4", weights="mini").vocabulary == home.minis / "tinybert" / "vocab.txt"

    def test_without_the_documented_data_the_embedded_corpus_is_not_taken(self, source, home):
        """Unless the mini's vocabulary was asked for, or the corpus itself."""
        (home.data / "sst2" / "dev.tsv").unlink()
        for path in ("vocab.txt", "corpus/dev.tsv"):
            (home.minis / "tinybert" / path).parent.mkdir(parents=True, exist_ok=True)
        (home.minis / "tinybert" / "vocab.txt").write_text(PIECES.replace(" ", "\n"), encoding="utf-8")
        (home.minis / "tinybert" / "corpus" / "dev.tsv").write_text(SENTENCES, encoding="utf-8")
        with pytest.raises(NotThere, match=r"data set sst2 is not there"):
            source("tinybert", "t4")
        assert source("tinybert", "t4", data="mini").corpus == "mini"
        assert source("tinybert", "t4", weights="mini").corpus == "mini"

    def test_a_data_set_of_other_counts_is_refused(self, source, home):
        (home.data / "peoples_daily" / "example.test").write_text(CHARACTERS + "比 O\n", encoding="utf-8")
        with pytest.raises(BadInput, match="found 3 sentences, expected 2"):
            source("bert-chinese-ner", "vacc")
        (home.data / "peoples_daily" / "example.test").write_text(
            CHARACTERS[:-1] + "比 O\n", encoding="utf-8"
        )
        with pytest.raises(BadInput, match="found 8 characters, expected 7"):
            source("bert-chinese-ner", "vacc")

    @pytest.mark.parametrize("count", [1, 255, 256, 257, 511, 512, 513, 1100])
    def test_parts_cover_all_samples_and_none_is_small(self, source, count):
        opened = source("bert-large-ner", "t4")
        examples = (opened.dataset.examples * 4)[:count]
        longer = dataclasses.replace(opened, dataset=dataclasses.replace(opened.dataset, examples=examples))
        sizes = [len(part) for part in longer.parts()]
        assert sum(sizes) == count
        assert min(sizes) >= min(exchange.PART, count)
        assert max(sizes) < 2 * exchange.PART

    def test_parts_and_the_whole_are_the_same_features(self, source):
        opened = source("bert-large-ner", "t4")
        whole = opened.features()
        assert np.array_equal(np.concatenate([part.ids for part in opened.parts()]), whole.ids)
        assert np.array_equal(np.concatenate([part.labels for part in opened.parts()]), whole.labels)


class TestPrepare:
    def test_counts_are_of_all_parts(self, source, tmp_path):
        done = exchange.prepare(source("bert-large-ner", "t4"), tmp_path / "out", None, Silent())
        assert (done.samples, done.written.files, done.truncated) == (REPEATED, 3 * REPEATED + 1, 0)
        assert (done.facts["words"], done.facts["unknown_words"]) == (4 * REPEATED, REPEATED)  # Peterson

    def test_a_limit_writes_the_first_samples(self, source, tmp_path):
        done = exchange.prepare(source("bert-large-ner", "t4", limit=2), tmp_path / "out", None, Silent())
        assert done.samples == 2
        assert (tmp_path / "out" / "labels.anno").read_text() == "0 3 0 7 0\n1 3 0 7 0\n"

    def test_a_lost_last_sentence_is_counted(self, source, home, tmp_path):
        """bin_create.py drops it: the file's 300 sentences make 299 samples, and that is said."""
        path = home.data / "conll2003" / "test.txt"
        path.write_text(path.read_text(encoding="utf-8")[:-1], encoding="utf-8")
        done = exchange.prepare(source("bert-large-ner", "t4"), tmp_path / "out", None, Silent())
        assert done.samples == REPEATED - 1
        assert (done.facts["dropped_sentences"], done.facts["dropped_words"]) == (1, 4)

    def test_an_unknown_form_lists_the_known_ones(self, source, tmp_path):
        with pytest.raises(UsageError, match=r"--form 5: bert-chinese-ner has 3-inputs \(.*\); 6-inputs \("):
            exchange.prepare(source("bert-chinese-ner", "vacc"), tmp_path / "out", "5", Silent())

    def test_another_vocabulary_does_not_go_into_the_same_folder(self, source, home, tmp_path):
        exchange.prepare(source("tinybert", "t4"), tmp_path / "out", None, Silent())
        text = PIECES.replace("the peter", "peter the")
        (home.models / "tinybert" / "vocab.txt").write_text(text.replace(" ", "\n"), encoding="utf-8")
        with pytest.raises(
            BadInput, match="exists already with other content, of another data set, vocabulary or"
        ):
            exchange.prepare(source("tinybert", "t4"), tmp_path / "out", None, Silent())


class TestScore:
    @pytest.fixture
    def opened(self, source) -> Source:
        return source("bert-large-ner", "ascend310p")

    @pytest.fixture
    def results(self, opened, tmp_path) -> Path:
        """Right labels but for the first word of every other sentence."""
        features = opened.features()
        logits = word_logits(features, 9, seed=1, lift=2)
        logits[::2, 0] = np.eye(9, dtype=np.float32)[0]
        save_words(tmp_path / "results", logits)
        return tmp_path / "results"

    def test_both_protocols_score_the_same_outputs(self, opened, results):
        found = exchange.score(opened, results, tuple(Protocol), None)
        documented, standard = (found.scored[protocol] for protocol in Protocol)
        assert documented.metrics == {Metric.ACCURACY: 7 / 8}
        assert standard.metrics[Metric.ACCURACY] == 7 / 8
        assert standard.metrics[Metric.RECALL] == 3 / 4
        assert standard.metrics[Metric.PRECISION] == 1.0
        assert found.warnings == ()
        assert found.inputs is None

    def test_results_with_faults_are_refused(self, opened, results):
        (results / "input_ids_7_7_0.npy").unlink()
        with pytest.raises(BadResults, match=r"missing \(1\): input_ids_7_7_0\.npy"):
            exchange.score(opened, results, (Protocol.DOCUMENTED,), None)

    def test_the_right_inputs_are_confirmed(self, opened, results, tmp_path):
        exchange.prepare(opened, tmp_path / "inputs", None, Silent())
        found = exchange.score(opened, results, (Protocol.DOCUMENTED,), tmp_path / "inputs")
        assert found.inputs is not None
        assert found.inputs.files == 3 * REPEATED + 1

    def test_other_inputs_are_refused(self, opened, results, tmp_path):
        exchange.prepare(opened, tmp_path / "inputs", None, Silent())
        (tmp_path / "inputs" / "input_ids" / "input_ids_3_3.bin").write_bytes(bytes(128))
        with pytest.raises(BadInput, match=r"1 not what would be written \(input_ids/input_ids_3_3\.bin\)"):
            exchange.score(opened, results, (Protocol.DOCUMENTED,), tmp_path / "inputs")
        with pytest.raises(BadInput, match="gone: no such folder"):
            exchange.score(opened, results, (Protocol.DOCUMENTED,), tmp_path / "gone")

    def test_surplus_inputs_are_refused(self, opened, results, tmp_path):
        """The tool that was given the folder took them for samples, as `prepare` would have said."""
        exchange.prepare(opened, tmp_path / "inputs", None, Silent())
        (tmp_path / "inputs" / "input_ids" / "input_ids_300_300.bin").write_bytes(bytes(128))
        (tmp_path / "inputs" / "input_ids" / "notes.txt").write_text("of another kind")
        with pytest.raises(BadInput, match=r"1 of no sample \(input_ids/input_ids_300_300\.bin\)"):
            exchange.score(opened, results, (Protocol.DOCUMENTED,), tmp_path / "inputs")

    def test_results_older_than_their_inputs_are_a_warning(self, opened, results, tmp_path):
        exchange.prepare(opened, tmp_path / "inputs", None, Silent())
        os.utime(results / "input_ids_0_0_0.npy", ns=(0, 0))
        found = exchange.score(opened, results, (Protocol.DOCUMENTED,), tmp_path / "inputs")
        (warning,) = found.warnings
        assert warning.startswith(
            "the oldest result is of 1970-01-01 00:00:00+00:00, before the newest input"
        )

    @pytest.mark.parametrize("form", ["3-inputs", "6-inputs", "6-inputs-mask"])
    def test_inputs_of_any_form_are_known(self, source, tmp_path, form):
        opened = source("bert-chinese-ner", "vacc")
        exchange.prepare(opened, tmp_path / "inputs", form, Silent())
        logits = word_logits(opened.features(), 7, seed=1, lift=2)
        (tmp_path / "results").mkdir()
        for at, row in enumerate(logits):
            np.savez(tmp_path / "results" / f"{at:06d}.npz", output_0=row)
        found = exchange.score(opened, tmp_path / "results", tuple(Protocol), tmp_path / "inputs")
        assert found.inputs is not None
        assert found.inputs.files == 3  # the list of paths is of the machine it was written on
        assert {protocol: scored.samples for protocol, scored in found.scored.items()} == {
            Protocol.DOCUMENTED: 1, Protocol.STANDARD: 2,
        }  # fmt: skip
        assert all(scored.metrics[Metric.F1] == 1 for scored in found.scored.values())


class TestCommands:
    @pytest.fixture
    def run(self, small_catalog, home, monkeypatch):
        """Runs a command in this process, with the small data sets."""
        monkeypatch.setattr(tables, "load", lambda: small_catalog)
        return in_process(home, monkeypatch)

    def test_tinybert_there_and_back(self, run, tmp_path):
        """Files out, results in: one of two sentences is right."""
        out = tmp_path / "out"
        made = json.loads(run("prepare", "tinybert", "--chip", "ascend310", "--out", out, "--json").stdout)
        assert (made["samples"], made["files"], made["kept"], made["data"]) == (2, 6, 0, "full")
        results = tmp_path / "results" / "2022_09_28"
        results.mkdir(parents=True)
        (results / "input0_0.txt").write_text("0.5 -0.5\n")
        (results / "input1_0.txt").write_text("0.5 -0.5\n")
        command = ("score", "tinybert", "--chip", "ascend310", "--results", tmp_path / "results")
        scored = json.loads(run(*command, "--inputs", out, "--json").stdout)
        assert scored["metrics"] == {"accuracy": 0.5}
        assert (scored["samples"], scored["correct"], scored["precision"]) == (2, {"accuracy": 1}, "fp16")
        assert scored["inputs"] == {"files": 6, "as_prepared": True}
        assert scored["documented"]["accuracy"]["printed"] == "92.66"
        both = json.loads(run(*command, "--protocol", "both", "--json").stdout)
        assert both["metrics"] == {"documented": {"accuracy": 0.5}, "standard": {"accuracy": 0.5}}
        assert both["difference"] == {"accuracy": 0.0}

    def test_both_scores_and_their_difference_are_printed(self, run, source, tmp_path):
        opened = source("bert-chinese-ner", "vacc")
        logits = word_logits(opened.features(), 7, seed=1, lift=2)
        logits[1, 1] = np.eye(7, dtype=np.float32)[5]  # a character that the documented protocol never scores
        for at, row in enumerate(logits):
            (tmp_path / "results").mkdir(exist_ok=True)
            np.savez(tmp_path / "results" / f"{at:06d}.npz", output_0=row)
        command = ("score", "bert-chinese-ner", "--chip", "vacc", "--results", tmp_path / "results")
        shown = run(*command, "--protocol", "both", "--precision", "int8").stdout
        lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.strip()}
        assert lines["accuracy"] == ["100.0000", "85.7143", "-14.2857", "0.9758434270854719"]
        assert lines["per"] == ["cent", "documented", "standard", "difference", "in", "the", "document"]
        assert "never scored sentences 1" in shown
        alone = json.loads(run(*command, "--protocol", "standard", "--json").stdout)
        assert alone["documented"] == {}  # the document's figure was made by the documented protocol
        assert alone["metrics"]["accuracy"] == 6 / 7
        assert (alone["samples"], alone["precision"]) == (2, "fp16")

    def test_what_was_counted_is_printed(self, run, tmp_path):
        shown = run(
            "prepare", "bert-large-ner", "--chip", "t4", "--out", tmp_path / "out", "--limit", 3
        ).stdout
        assert shown.startswith("bert-large-ner: 3 samples in 10 files under ")
        assert "  unknown words: 3\n" in shown
        again = run(
            "prepare", "bert-large-ner", "--chip", "t4", "--out", tmp_path / "out", "--limit", 3
        ).stdout
        assert "10 files, 10 of them there already" in again

    def test_a_precision_that_the_document_lacks_is_a_warning(self, run, source, tmp_path):
        save_words(tmp_path / "results", word_logits(source("bert-large-ner", "t4").features(), 9, seed=1))
        command = ("score", "bert-large-ner", "--chip", "ascend310p", "--results", tmp_path / "results")
        odd = run(*command, "--precision", "int8", "--json")
        (warning,) = json.loads(odd.stdout)["warnings"]
        assert warning.startswith("the document of bert-large-ner has no int8 on ascend310p, only fp16: ")
        assert f"zoocheck: warning: {warning}" in odd.stderr
        assert json.loads(odd.stdout)["documented"] == {}
        assert json.loads(run(*command, "--precision", "fp16", "--json").stdout)["warnings"] == []

    def test_cut_samples_are_counted(self, run, home, tmp_path):
        """TinyBERT's have no other facts that would say so."""
        path = home.data / "sst2" / "dev.tsv"
        path.write_text(f"sentence\tlabel\n{'the ' * 40}\t1\nin rome .\t0\n", encoding="utf-8")
        shown = run("prepare", "tinybert", "--chip", "t4", "--out", tmp_path / "out").stdout
        assert "  truncated samples: 1\n" in shown
        (tmp_path / "results").mkdir()
        for name in ("input0_0.txt", "input1_0.txt"):
            (tmp_path / "results" / name).write_text("0.5 -0.5 \n")
        shown = run("score", "tinybert", "--chip", "t4", "--results", tmp_path / "results").stdout
        assert "truncated samples: 1 of 2\n" in shown

    def test_the_results_folder_is_on_one_line(self, run, tmp_path):
        """However long its path is, and however narrow the table."""
        results = tmp_path / "-".join(["results"] * 20)
        results.mkdir()
        for name in ("input0_0.txt", "input1_0.txt"):
            (results / name).write_text("0.5 -0.5 \n")
        shown = run("score", "tinybert", "--chip", "t4", "--results", results).stdout
        assert shown.splitlines()[0] == f"tinybert on t4, fp32: {results}"
        assert "truncated" not in shown

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            (("--protocol", "strict"), "--protocol strict: there are documented, standard, both"),
            (("--precision", "fp64"), "'fp64' is not a precision"),
            (("--precision", "fp16,int8"), "found 2 precisions, expected one"),
        ],
    )
    def test_options_that_cannot_be(self, run, tmp_path, option, message):
        with pytest.raises(UsageError, match=message):
            run("score", "tinybert", "--chip", "t4", "--results", tmp_path, *option)

    def test_help_says_what_is_needed(self, run):
        assert "Only the vocabulary is needed, not the weights" in run("prepare", "--help").stdout
        assert "--inputs" in run("score", "--help").stdout


def test_a_resumed_preparation_writes_what_is_missing(source, tmp_path):
    """Killed in the middle: the next one keeps what is there, and the folder ends the same."""
    opened = source("bert-large-ner", "t4")
    exchange.prepare(opened, tmp_path / "whole", None, Silent())
    partly = tmp_path / "partly"

    def killed():
        for number, piece in enumerate(
            opened.layout.files(opened.parts(), opened.model, form="ais_bench", out=partly)
        ):
            if number == 500:
                raise KeyboardInterrupt
            yield piece

    with pytest.raises(KeyboardInterrupt):
        write(killed(), partly)
    done = exchange.prepare(opened, partly, None, Silent())
    assert 300 < done.written.kept < 500
    names = sorted(path.relative_to(partly) for path in partly.rglob("*") if path.is_file())
    assert names == sorted(
        path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole").rglob("*") if path.is_file()
    )
    assert all((partly / name).read_bytes() == (tmp_path / "whole" / name).read_bytes() for name in names)

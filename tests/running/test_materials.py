"""What cases stand on: which checkpoint and data a choice means, features, and fp32 outputs on disk."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mini
import numpy as np
import pytest

from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.metrics import Metric
from harness.domain.models import InputRole, Protocol, Weights
from harness.errors import BadInput, CheckpointError, NotThere, NotYet
from harness.models.graphs.export import run_torch
from harness.running import materials as module
from harness.running import real_length
from harness.running.corpora import dataset_path
from harness.running.materials import Materials, comparable, inputs_in_order
from harness.running.predictions import OutputsDamaged
from harness.running.progress import Progress, Silent
from harness.setting.home import Home
from harness.setting.options import Options

DOCUMENTED = Protocol.DOCUMENTED
Fill = Callable[[Home], Home]


def materials(catalog: Catalog, home: Home, **options: Any) -> Materials:
    return Materials(catalog, home, Options(**options), Silent())


class TestDataChoice:
    @pytest.mark.parametrize(
        ("choice", "full", "embedded", "expected"),
        [
            ("auto", True, True, Corpus.FULL),
            ("auto", True, False, Corpus.FULL),
            ("auto", False, True, Corpus.MINI),
            ("full", True, True, Corpus.FULL),
            ("mini", True, True, Corpus.MINI),
            ("mini", False, True, Corpus.MINI),
        ],
    )
    def test_what_a_choice_means(
        self, catalog: Catalog, tmp_path: Path, choice: str, full: bool, embedded: bool, expected: Corpus
    ):
        """auto is the documented data if it is there, else the embedded corpus."""
        home = mini.home_in(tmp_path, tmp_path / "minis")
        paths = {
            Corpus.FULL: (home.data / "sst2" / "dev.tsv", full),
            Corpus.MINI: (home.minis / "tinybert" / "corpus" / "dev.tsv", embedded),
        }
        for path, there in paths.values():
            if there:
                mini.write_data(path, [0])
        found = dataset_path(catalog.models["tinybert"], catalog.datasets["sst2"], choice, home)
        assert found == (expected, paths[expected][0])

    @pytest.mark.parametrize("choice", ["auto", "full"])
    def test_missing_data_comes_with_the_remedy(self, catalog: Catalog, tmp_path: Path, choice: str):
        """Which file is missing, where it is published, and which variable points to another folder."""
        home = mini.home_in(tmp_path, tmp_path / "minis")
        spec = catalog.datasets["sst2"]
        with pytest.raises(NotThere) as absent:
            dataset_path(catalog.models["tinybert"], spec, choice, home)
        for part in (
            "tinybert: data set sst2",
            str(home.data / "sst2" / "dev.tsv"),
            spec.published,
            "ZOOCHECK_DATA",
        ):
            assert part in str(absent.value)

    def test_a_missing_corpus_is_not_to_be_downloaded(self, catalog: Catalog, tmp_path: Path):
        """What is embedded comes with zoocheck: the remedy is the documented data."""
        home = mini.home_in(tmp_path, tmp_path / "minis")
        with pytest.raises(NotThere, match=r"tinybert: no corpus is embedded: .*use --data full"):
            dataset_path(catalog.models["tinybert"], catalog.datasets["sst2"], "mini", home)


class TestCheckpointChoice:
    def test_auto_is_full_where_that_is_complete(self, small_tables: Catalog, home: Home, fill: Fill):
        """Else mini; a vocab.txt alone is not a checkpoint (design.md, `--weights`)."""
        model = mini.the_model(small_tables)
        (home.models / mini.MODEL).mkdir(parents=True)
        (home.models / mini.MODEL / "vocab.txt").write_text("[PAD]\n")
        made = materials(small_tables, home)
        assert made.checkpoint(model).weights is made.weights(model) is Weights.MINI
        (home.models / mini.MODEL / "vocab.txt").unlink()
        (home.models / mini.MODEL).rmdir()
        made = materials(small_tables, fill(home))
        assert made.checkpoint(model).weights is made.weights(model) is Weights.FULL

    @pytest.mark.parametrize("choice", ["full", "mini", "random"])
    def test_a_kind_that_is_asked_for(self, small_tables: Catalog, home: Home, fill: Fill, choice: str):
        """With all of them there it is the one asked for."""
        made = materials(small_tables, fill(home), weights=choice)
        model = mini.the_model(small_tables)
        assert made.checkpoint(model).weights is made.weights(model) is Weights(choice)

    def test_the_kind_is_known_of_one_that_cannot_be_loaded(
        self, small_tables: Catalog, home: Home, fill: Fill
    ):
        """A damaged full checkpoint is a full one: an error about it is not an error about the mini."""
        model = mini.the_model(small_tables)
        (fill(home).models / mini.MODEL / "config.json").write_text("{")
        made = materials(small_tables, home)
        with pytest.raises(CheckpointError):
            made.checkpoint(model)
        assert made.weights(model) is Weights.FULL

    def test_a_model_without_a_pipeline_says_so_first(self, small_tables: Catalog, home: Home):
        """Not that its checkpoint is missing: fetching it would not help."""
        model = dataclasses.replace(mini.the_model(small_tables), name="other", task="no_such_task")
        with pytest.raises(NotYet, match=r"its text pipeline \(no_such_task\)"):
            materials(small_tables, home).checkpoint(model)


class TestSamples:
    def test_features_of_the_corpus(self, small_tables: Catalog, home: Home):
        """Forty rows of 64 ids; the last sentence had seventy words and is cut."""
        samples = materials(small_tables, home).samples(mini.the_model(small_tables), DOCUMENTED)
        assert samples.corpus is Corpus.MINI
        assert len(samples.features) == mini.SENTENCES
        assert {array.shape for array in samples.features.inputs.values()} == {(mini.SENTENCES, 64)}
        assert samples.features.truncated.tolist() == [mini.SENTENCES - 1]

    def test_they_are_made_once(self, small_tables: Catalog, home: Home):
        """Thirty cases of one model tokenise its data once."""
        made = materials(small_tables, home)
        model = mini.the_model(small_tables)
        assert made.samples(model, DOCUMENTED) is made.samples(model, DOCUMENTED)

    def test_a_limit_takes_the_first(self, small_tables: Catalog, home: Home):
        """`--limit 7` is the first seven, with another digest: nothing cached is taken for them."""
        model = mini.the_model(small_tables)
        every, seven = (materials(small_tables, home, limit=n).samples(model, DOCUMENTED) for n in (None, 7))
        assert len(seven.features) == 7
        for role in InputRole:
            assert np.array_equal(seven.features.inputs[role], every.features.inputs[role][:7])
        assert seven.digest != every.digest
        assert seven.sha256 == every.sha256  # of the file, which is the same

    def test_a_limit_beyond_the_data_changes_nothing(self, small_tables: Catalog, home: Home):
        """A thousand of forty are forty."""
        model = mini.the_model(small_tables)
        assert len(materials(small_tables, home, limit=1000).samples(model, DOCUMENTED).features) == 40

    def test_the_documented_count_is_checked_of_full_data(
        self, small_tables: Catalog, home: Home, fill: Fill, labels: list[int]
    ):
        """A sentence too few is an error even where only the first ten are wanted."""
        path = fill(home).data / "sst2" / "dev.tsv"
        model = mini.the_model(small_tables)
        assert materials(small_tables, home).samples(model, DOCUMENTED).corpus is Corpus.FULL
        mini.write_data(path, labels[:-1])
        with pytest.raises(BadInput, match="found 39 sentences, expected 40"):
            materials(small_tables, home, limit=10).samples(model, DOCUMENTED)

    def test_random_weights_without_any_vocabulary(self, small_tables: Catalog, tmp_path: Path):
        """Features need a vocabulary, whoever makes them; the message says where to put it."""
        home = mini.home_in(tmp_path, tmp_path / "minis")
        mini.write_data(home.data / "sst2" / "dev.tsv", [0] * mini.SENTENCES)
        with pytest.raises(NotThere, match=r"no vocab.txt to make features with") as absent:
            materials(small_tables, home, weights="random").samples(mini.the_model(small_tables), DOCUMENTED)
        assert str(home.models / mini.MODEL) in str(absent.value)

    def test_inputs_stand_in_the_documented_order(self, small_tables: Catalog, home: Home):
        """Order and dtypes are the table's, not the pipeline's."""
        model = mini.the_model(small_tables)
        features = materials(small_tables, home).samples(model, DOCUMENTED).features
        turned = dataclasses.replace(
            model, inputs=tuple(dataclasses.replace(item, dtype="int32") for item in reversed(model.inputs))
        )
        arrays = inputs_in_order(turned, features)
        assert [array.dtype for array in arrays] == [np.int32] * 3
        for array, item in zip(arrays, turned.inputs, strict=True):
            assert np.array_equal(array, features.inputs[item.role])


class TestReference:
    @pytest.fixture(autouse=True)
    def padded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One file: a proof of every sample is never worth the real length."""
        monkeypatch.setattr(real_length, "PROOF_SAMPLES", mini.SENTENCES)
        monkeypatch.setattr(real_length, "FEWEST_PROOF_SAMPLES", mini.SENTENCES)

    def test_it_is_torchs(self, small_tables: Catalog, home: Home):
        """The checkpoint's own outputs for every sample, at fp32."""
        made = materials(small_tables, home)
        model = mini.the_model(small_tables)
        features = made.samples(model, DOCUMENTED).features
        batch = {item.name: features.inputs[item.role] for item in model.inputs}
        [theirs] = run_torch(made.network(model), model, batch)
        [ours] = made.reference(model, DOCUMENTED)
        assert ours.dtype == np.float32
        assert np.allclose(ours, theirs, atol=1e-5)

    def test_its_score(self, small_tables: Catalog, home: Home):
        """35 of 40: the labels were made so."""
        own = materials(small_tables, home).score_reference(mini.the_model(small_tables), DOCUMENTED)
        assert own.correct[Metric.ACCURACY] == mini.SENTENCES - mini.WRONG
        assert own.metrics[Metric.ACCURACY] == 35 / 40

    def test_protocols_with_the_same_features_share_it(self, small_tables: Catalog, home: Home):
        """Not even read from the disk a second time."""
        made = materials(small_tables, home)
        model = mini.the_model(small_tables)
        assert made.reference(model, Protocol.STANDARD) is made.reference(model, DOCUMENTED)

    def test_it_is_computed_once_for_all_processes(
        self, small_tables: Catalog, home: Home, monkeypatch: pytest.MonkeyPatch
    ):
        """What one process has written another one reads, without so much as loading the network."""
        model = mini.the_model(small_tables)
        [first] = materials(small_tables, home).reference(model, DOCUMENTED)
        monkeypatch.setattr(module.checkpoints, "load", lambda checkpoint: pytest.fail("loaded"))
        [second] = materials(small_tables, home).reference(model, DOCUMENTED)
        assert np.array_equal(first, second)

    def test_a_killed_one_goes_on(self, small_tables: Catalog, home: Home, monkeypatch: pytest.MonkeyPatch):
        """The second batch of 32 is all that is left to compute."""
        model = mini.the_model(small_tables)
        [whole] = materials(small_tables, home).reference(model, DOCUMENTED)
        [path] = (home.root / "references").glob("*.outputs")
        path.write_bytes(path.read_bytes()[:-1])
        made, calls = materials(small_tables, home), []
        network = made.network(model)
        network.register_forward_hook(lambda *_: calls.append(1))
        try:
            [again] = made.reference(model, DOCUMENTED)
        finally:
            network._forward_hooks.clear()
        assert np.array_equal(whole, again)
        assert len(calls) == 1

    def test_a_damaged_one_is_computed_again(self, small_tables: Catalog, home: Home):
        """With a warning that names the file, and the same outputs; the next process finds it whole."""
        model = mini.the_model(small_tables)
        [whole] = materials(small_tables, home).reference(model, DOCUMENTED)
        [path] = (home.root / "references").glob("*.outputs")
        content = bytearray(path.read_bytes())
        content[-5] ^= 1
        path.write_bytes(content)
        with pytest.warns(OutputsDamaged, match=path.name):
            [again] = materials(small_tables, home).reference(model, DOCUMENTED)
        assert np.array_equal(whole, again)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            materials(small_tables, home).reference(model, DOCUMENTED)

    def test_everything_that_decides_it_is_in_its_name(
        self, small_tables: Catalog, home: Home, fill: Fill, network: Any, monkeypatch: pytest.MonkeyPatch
    ):
        """Other samples, other weights and another torch each have a file of their own."""
        model = mini.the_model(small_tables)

        def kept(**options: Any) -> int:
            materials(small_tables, home, **options).reference(model, DOCUMENTED)
            return len(list((home.root / "references").glob("*.outputs")))

        assert kept() == kept() == 1
        assert kept(limit=5) == 2
        fill(home)
        assert kept(weights="full", data="full") == 2  # the very same weights and sentences
        weights = home.models / mini.MODEL / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-4] + np.float32(0.125).tobytes())
        assert kept(weights="full", data="full") == 3
        monkeypatch.setattr(module, "version", lambda name: "another")
        assert kept() == 4


@pytest.mark.parametrize(
    ("weights", "corpus", "protocol", "limit", "why_not"),
    [
        (Weights.FULL, Corpus.FULL, DOCUMENTED, None, ""),
        (Weights.MINI, Corpus.FULL, DOCUMENTED, None, "mini weights"),
        (Weights.FULL, Corpus.MINI, DOCUMENTED, None, "the embedded corpus"),
        (Weights.FULL, Corpus.FULL, DOCUMENTED, 100, "the first 100 samples only"),
        (Weights.FULL, Corpus.FULL, Protocol.STANDARD, None, "the standard protocol"),
        (
            Weights.RANDOM, Corpus.MINI, Protocol.STANDARD, 1,
            "random weights, the embedded corpus, the first 1 samples only, the standard protocol",
        ),
    ],
)  # fmt: skip
def test_what_may_be_compared_with_a_document(
    weights: Weights, corpus: Corpus, protocol: Protocol, limit: int | None, why_not: str
):
    """Full weights on full data under the documented protocol, and nothing else (rule 2)."""
    assert comparable(weights, corpus, protocol, limit) == why_not


def test_an_embedded_checkpoint_that_no_card_holds_is_told(
    small_tables: Catalog, home: Home, monkeypatch: pytest.MonkeyPatch
):
    """Of the whole corpus; a score that the card states, or a part of the corpus, is no matter of it."""
    model = small_tables.models[mini.MODEL]
    whole = materials(small_tables, home, target="stand-in", weights="mini", data="mini")
    assert "no card states the checkpoint's score on this corpus" in whole.unheld_by_card(model, DOCUMENTED)
    part = materials(small_tables, home, target="stand-in", weights="mini", data="mini", limit=3)
    assert part.unheld_by_card(model, DOCUMENTED) == ""
    monkeypatch.setattr(whole, "score_on_card", lambda *_: 0.5)
    assert whole.unheld_by_card(model, DOCUMENTED) == ""


def with_full(home: Home, *, leave_out: str = "", **config: object) -> Home:
    """The mini's files as a full checkpoint, its config.json with `config`, but for one file."""
    folder = home.models / mini.MODEL
    folder.mkdir(parents=True)
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        if name != leave_out:
            (folder / name).write_bytes((home.minis / mini.MODEL / name).read_bytes())
    written = json.loads((home.minis / mini.MODEL / "config.json").read_text(encoding="utf-8"))
    if leave_out != "config.json":
        (folder / "config.json").write_text(json.dumps({**written, **config}), encoding="utf-8")
    return home


def test_a_checkpoint_with_its_labels_turned_scores_by_their_names(small_tables: Catalog, home: Home):
    """Every prediction is the other label's, the reference's key another, and the verdict is told why."""
    model = small_tables.models[mini.MODEL]
    chosen = {"target": "stand-in", "weights": "full", "data": "mini"}
    plain = materials(small_tables, with_full(home), **chosen)
    scored = plain.score_reference(model, DOCUMENTED)
    assert "config.json names no labels" in plain.unheld_by_card(model, DOCUMENTED)
    shutil.rmtree(home.models)
    turned = materials(small_tables, with_full(home, id2label={"0": "POSITIVE", "1": "NEGATIVE"}), **chosen)
    other = turned.score_reference(model, DOCUMENTED)
    assert np.array_equal(other.predictions, 1 - scored.predictions)
    assert turned.checkpoint(model).weights_sha256 != plain.checkpoint(model).weights_sha256
    said = "config.json orders its labels POSITIVE, NEGATIVE; scores are counted as negative, positive"
    assert said in turned.unheld_by_card(model, DOCUMENTED)
    assert said in turned.checkpoint(model).source


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"0": "bad", "1": "good"}, "names its labels bad, good, none of which is known: taken in the order"),
        ({"0": "POSITIVE", "1": "NEGATIVE"}, "its outputs are mapped by name"),
        ({"0": "neg", "1": "pos"}, ""),
    ],
)
def test_what_was_done_about_a_full_checkpoints_labels_is_told_while_it_runs(
    small_tables: Catalog, home: Home, named: dict[str, str], said: str
):
    stream = io.StringIO()
    options = Options(target="stand-in", weights="full")
    made = Materials(small_tables, with_full(home, id2label=named), options, Progress(lambda: stream))
    made.checkpoint(small_tables.models[mini.MODEL])
    assert stream.getvalue().startswith(f"{mini.MODEL}: full weights; config.json ") == bool(said)
    assert said in stream.getvalue()


def test_a_full_checkpoint_that_auto_leaves_aside_is_told_while_it_runs(small_tables: Catalog, home: Home):
    stream = io.StringIO()
    made = Materials(
        small_tables,
        with_full(home, leave_out="vocab.txt"),
        Options(target="stand-in"),
        Progress(lambda: stream),
    )
    assert made.checkpoint(small_tables.models[mini.MODEL]).weights is Weights.MINI
    folder = home.models / mini.MODEL
    assert stream.getvalue() == (
        f"{mini.MODEL}: mini weights; left aside: {folder} lacks vocab.txt or tokenizer.json\n"
    )

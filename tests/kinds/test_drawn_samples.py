"""Scores of samples drawn until the verdict is sure: which are run, what is said of them, and going on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mini
import numpy as np
import pytest
from making import make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.details import Sequential
from harness.domain.measurements import Basis, VerdictKind
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.errors import BadOutput, NotApplicable
from harness.kinds.drawing import _facts, _Population
from harness.kinds.runner import Runner
from harness.models.checkpoints.card import CARD
from harness.running import real_length
from harness.running.materials import Materials, Proofs
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.verdicts import sequential

DOCUMENTED = Protocol.DOCUMENTED
LARGE = 0.4  # a drop of which ten of forty samples without a flip tell
Make = Callable[..., Runner]


@pytest.fixture(autouse=True)
def small_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at eight of forty sentences, and a proof that they are enough for."""
    monkeypatch.setattr(sequential, "FEWEST", 8)
    monkeypatch.setattr(real_length, "FEWEST_PROOF_SAMPLES", 2)


@pytest.fixture
def fake(small_tables: Catalog, home: Home, store: Store) -> Make:
    """Makes runners in whose artifacts' place torch runs."""

    def make(**options: Any) -> Runner:
        chosen = Options(**{"until": 0.99, **options})
        return Runner(mini.TorchMaterials(small_tables, home, chosen), store, "run-1")

    return make


def a_case(runner: Runner, **other: Any) -> Case:
    return make_case(runner.materials.catalog, mini.MODEL, "ascend310p", **{"batch_size": 4, **other})


def drawn(result: Result) -> Sequential:
    return Sequential.from_stored(result.measurement.detail["sequential"])


def change(runner: Runner, how: Callable[[Case, int, list], list]) -> None:
    runner.materials.backend.change = how  # type: ignore[attr-defined]


def wrong_way_round(case: Case, call: int, outputs: list) -> list:
    return [output[:, ::-1] for output in outputs]


class TestSure:
    def test_no_more_is_run_than_the_verdict_needs(self, fake: Make):
        """Without a flip, where two in five may be lost: ten, looked at after eight."""
        runner = fake(max_drop=LARGE)
        result = runner.accuracy(a_case(runner), DOCUMENTED)
        told, verdict = drawn(result), result.verdict
        assert verdict is not None
        assert (verdict.kind, verdict.basis) == (VerdictKind.SURVIVES, Basis.DROP)
        assert (told.used, told.of, told.counts, told.confidence) == (10, 40, "samples", 0.99)
        assert ", by 10 of 40 samples, sequential, 99 %, not below its own fp32 " in verdict.message
        assert "(by the drop: mini weights, the embedded corpus, 10 of 40 samples only)" in verdict.message
        assert result.measurement.samples == result.measurement.provenance.limit == 10
        assert len(runner.materials.backend.calls) == 2 + 1  # type: ignore[attr-defined]

    def test_what_is_drawn_is_scored_as_in_the_whole(self, fake: Make):
        """The predictions of ten samples of the seeded order, in the order of the data."""
        part, whole = fake(max_drop=LARGE), fake(until=None)
        found = part.accuracy(a_case(part), DOCUMENTED).measurement
        every = whole.accuracy(a_case(whole), DOCUMENTED).measurement
        rows = np.sort(sequential.drawn(np.ones(40))[:10])
        assert found.raw["predictions"] == np.array(every.raw["predictions"])[rows].tolist()
        assert found.raw["right"] == "".join(every.raw["right"][row] for row in rows)

    def test_a_broken_artifact_falls_short(self, fake: Make):
        """Every prediction is the other one, 30 of 40 are lost; flips have their numbers in the data."""
        runner = fake()
        change(runner, wrong_way_round)
        result = runner.accuracy(a_case(runner), DOCUMENTED)
        assert result.verdict is not None
        assert result.verdict.kind is VerdictKind.FALLS_SHORT
        rows = np.sort(sequential.drawn(np.ones(40))[:22]).tolist()
        assert drawn(result).used == 22
        assert result.measurement.detail["flipped"] == rows
        assert [text["sample"] for text in result.measurement.detail["flipped_texts"]] == rows[:20]
        assert result.verdict.message.endswith("--until sure")

    def test_a_higher_confidence_draws_more(self, fake: Make):
        runners = [fake(max_drop=LARGE, until=until) for until in (0.9, 0.99, 0.9999)]
        used = [drawn(runner.accuracy(a_case(runner), DOCUMENTED)).used for runner in runners]
        assert used == [8, 10, 17]


class TestUnsure:
    def test_with_every_sample_drawn_it_is_a_run_of_all(self, fake: Make):
        """Two of forty may be lost: nobody knows before the last ones. The same numbers, and no limit."""
        runner, whole = fake(), fake(until=None)
        found, every = (item.accuracy(a_case(item), DOCUMENTED) for item in (runner, whole))
        assert drawn(found).whole
        assert found.measurement.metrics == every.measurement.metrics
        assert found.measurement.raw == every.measurement.raw
        assert found.measurement.provenance.limit is None
        assert found.verdict == every.verdict

    def test_only_the_whole_is_compared_with_a_document(
        self, fake: Make, home: Home, fill: Callable[[Home], Home]
    ):
        """Full weights on the full data: ten samples are judged by their drop, forty by the README."""
        fill(home)
        part, whole = fake(max_drop=LARGE), fake()
        verdicts = [runner.accuracy(a_case(runner), DOCUMENTED).verdict for runner in (part, whole)]
        assert [verdict.basis for verdict in verdicts if verdict] == [Basis.DROP, Basis.DOCUMENTED]
        assert verdicts[0] is not None
        assert "(by the drop: 10 of 40 samples only)" in verdicts[0].message


def with_card(home: Home, folder: Path, score: float) -> Home:
    """A home whose mini's card states a score of its corpus."""
    minis = folder / "minis with a card"
    shutil.copytree(home.minis, minis)
    corpus = minis / mini.MODEL / "corpus" / "dev.tsv"
    digest = hashlib.sha256(corpus.read_bytes()).hexdigest()
    (minis / mini.MODEL / CARD).write_text(
        f'[scores.mini]\nsha256 = "{digest}"\n[scores.mini.documented]\naccuracy = {score}\n'
    )
    return replace(home, minis=minis)


@pytest.mark.parametrize(("stated", "kind"), [(35 / 40, VerdictKind.SURVIVES), (1 / 40, VerdictKind.ERROR)])
def test_the_card_is_held_by_what_was_drawn(
    small_tables: Catalog, home: Home, store: Store, tmp_path: Path, stated: float, kind: VerdictKind
):
    """Seventeen samples are enough to know that 35 of 40 are not one of forty."""
    options = Options(until=0.99, max_drop=0.3)
    materials = mini.TorchMaterials(small_tables, with_card(home, tmp_path, stated), options)
    runner = Runner(materials, store, "run-1")
    result = runner.accuracy(a_case(runner), DOCUMENTED)
    assert result.verdict is not None
    assert (drawn(result).used, result.verdict.kind) == (17, kind)
    assert ("and its card says 2.50 %" in result.verdict.message) is (kind is VerdictKind.ERROR)
    assert result.measurement.detail["fp32_on_card"] == stated


class TestGoingOn:
    def test_a_killed_run_goes_on_in_the_same_order(self, fake: Make):
        """Killed in the second part: the first is on disk, and the result is that of a run that was not."""
        runner = fake(max_drop=LARGE)

        def killed(case: Case, call: int, outputs: list) -> list:
            if call == 2:
                raise KeyboardInterrupt
            return outputs

        change(runner, killed)
        with pytest.raises(KeyboardInterrupt):
            runner.accuracy(a_case(runner), DOCUMENTED)
        again = fake(max_drop=LARGE)
        found = again.accuracy(a_case(again), DOCUMENTED)
        assert found.measurement.detail["resumed_from_sample"] == 8
        assert len(again.materials.backend.calls) == 1  # type: ignore[attr-defined]
        unbroken = fake(max_drop=LARGE)
        result = unbroken.accuracy(a_case(unbroken), DOCUMENTED)
        assert result.measurement.raw == found.measurement.raw

    def test_outputs_that_cannot_be_scored_take_those_before_with_them(self, fake: Make, home: Home):
        """A NaN in the second part: the first came from the same artifact."""
        runner = fake(max_drop=LARGE)

        def broken(case: Case, call: int, outputs: list) -> list:
            return [output * np.float32(np.nan if call == 2 else 1) for output in outputs]

        change(runner, broken)
        with pytest.raises(BadOutput, match="the next run computes them again"):
            runner.accuracy(a_case(runner), DOCUMENTED)
        assert not list((home.root / "unfinished").glob("*.outputs"))

    def test_nothing_unfinished_is_left(self, fake: Make, home: Home):
        runner = fake(max_drop=LARGE)
        runner.accuracy(a_case(runner), DOCUMENTED)
        assert not list((home.root / "unfinished").glob("*.outputs"))

    def test_precisions_share_the_checkpoints_own_outputs(self, fake: Make, home: Home):
        """The order is the data's alone: nothing of fp32 is computed twice."""
        runner = fake(max_drop=LARGE)
        runner.accuracy(a_case(runner), DOCUMENTED)
        before = {path.name for path in (home.root / "references").glob("*.outputs")}
        other = fake(max_drop=LARGE)
        other.accuracy(a_case(other, precision=Precision.FP32), DOCUMENTED)
        assert {path.name for path in (home.root / "references").glob("*.outputs")} == before

    def test_batch_sizes_share_their_outputs(self, fake: Make):
        runner = fake(max_drop=LARGE)
        results = [runner.accuracy(a_case(runner, batch_size=size), DOCUMENTED) for size in (4, 8)]
        assert results[1].measurement.detail["shared_with"] == results[0].measurement.case
        assert results[0].measurement.raw == results[1].measurement.raw


def test_real_lengths_are_proved_once(small_tables: Catalog, shared_home: Home, store: Store):
    """On the stand-in: two samples of the first part are run padded, and none of the second."""
    options = Options(target="stand-in", until=0.99, max_drop=LARGE)
    runner = Runner(Materials(small_tables, shared_home, options, Silent()), store, "run-1")
    result = runner.accuracy(a_case(runner, batch_size=8), DOCUMENTED)
    grouped = result.measurement.detail["grouped"]
    assert (drawn(result).used, grouped["proved_on"]) == (10, 2)
    assert grouped["positions_padded"] == 10 * 64
    assert result.measurement.detail.get("padded_because") is None


def test_a_proof_that_failed_is_not_tried_on_other_samples(
    small_tables: Catalog, shared_home: Home, monkeypatch: pytest.MonkeyPatch
):
    """The next part of the same drawing is run padded: tried until it holds it would prove nothing."""
    tried: list[real_length.Proof] = []
    prove = real_length.prove

    def failing(*given: Any, **named: Any) -> real_length.Proof:
        tried.append(replace(prove(*given, **named), moved=1))
        return tried[-1]

    monkeypatch.setattr(real_length, "prove", failing)
    materials = Materials(small_tables, shared_home, Options(target="stand-in"), Silent())
    proofs: Proofs = {}
    for rows in (range(10), range(9, -1, -1)):
        materials.part(list(rows), proofs).reference(mini.the_model(small_tables), DOCUMENTED)
    [kept] = proofs.values()
    assert isinstance(kept, real_length.Padded)
    assert "moves 1 predictions" in kept.reason
    assert len(tried) == 1


def test_what_is_counted_is_counted_in_every_part():
    """Padding may change the answers of the second part alone: the record of all says how many."""
    first = {"positions_run": 10, "positions_padded": 40, "proved_on": 2}
    second = {"positions_run": 20, "positions_padded": 80, "samples_padded": 3, "proved_on": 2}
    assert _facts([{"grouped": first}, {"grouped": second}, {"grouped": first}])["grouped"] == {
        "positions_run": 40, "positions_padded": 160, "samples_padded": 3, "proved_on": 2,
    }  # fmt: skip


# ------------------------------------------------------------------ of every task


MODELS = ["tinybert", "bert-large-ner", "bert-squad", "spanbert"]


@pytest.fixture(scope="module")
def embedded(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Materials:
    """The embedded checkpoints and their corpora."""
    folder = tmp_path_factory.mktemp("embedded")
    minis = Path(__file__).resolve().parents[2] / "fixtures" / "minis"
    home = Home(root=folder, models=folder / "models", data=folder / "data", minis=minis)
    return Materials(catalog, home, Options(weights="mini", data="mini"), Silent())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_sample_alone_has_the_features_that_it_has_among_all(
    embedded: Materials, catalog: Catalog, model: str, protocol: Protocol
):
    """Every third one, backwards: rows, and what of them is counted."""
    whole = embedded.samples(catalog.models[model], protocol)
    rows = range(len(whole.examples) - 1, -1, -3)
    rows = [row for row in rows if row in whole.features.of_row]
    part = embedded.part(rows, {}).samples(catalog.models[model], protocol)
    for role, array in part.features.inputs.items():
        wanted = [whole.features.inputs[role][whole.features.of_row == row] for row in rows]
        assert np.array_equal(array, np.concatenate(wanted))
    counted = [np.sum(whole.features.of_counted == row) for row in rows]
    assert np.bincount(part.features.of_counted, minlength=len(rows)).tolist() == counted
    assert part.limit == len(rows)


@pytest.mark.parametrize("model", MODELS)
def test_all_that_is_scored_is_drawn(embedded: Materials, catalog: Catalog, model: str):
    """A sentence as often as it has words; what the score counts is what the weights come to."""
    a_model = catalog.models[model]
    case = make_case(catalog, model, next(iter(a_model.deployments)).chip)
    population = _Population(embedded, case, DOCUMENTED)
    trivial = population.samples.task.trivial(population.samples.features, protocol=DOCUMENTED)
    [count] = {item.samples for item in trivial.values()}
    assert population.weights.sum() == len(population.of_counted) == count
    assert set(population.samples.features.of_row) <= set(population.order.tolist())


def test_a_score_that_is_no_mean_is_refused(embedded: Materials, catalog: Catalog):
    """F1 of entities: twice those that match, by all that truth and predictions have."""
    case = make_case(catalog, "bert-chinese-ner", "vacc")
    with pytest.raises(NotApplicable, match="its score, f1, is no mean over sentences") as refused:
        _Population(embedded, case, DOCUMENTED)
    assert "leave --until out for it" in str(refused.value)

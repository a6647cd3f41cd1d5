"""Accuracy passes: no sample lost to padding, shared only within the bound, resumed where they stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import mini
import numpy as np
import pytest
from making import make_artifact, make_case, make_place

from harness.artifacts import code
from harness.artifacts.cache import Artifact
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.errors import BadOutput, MachineError, NoSamples, StoreError
from harness.running import called
from harness.running.called import Loaded, largest_difference, run_batch
from harness.running.inference import Inference, Outputs
from harness.setting.home import Home
from harness.toolchains.place import Place

DOCUMENTED = Protocol.DOCUMENTED


class Pass:
    """One process's accuracy passes over the forty sentences, each case with an artifact of its own."""

    def __init__(self, catalog: Catalog, home: Home, **options: Any) -> None:
        self.catalog = catalog
        self.materials = mini.TorchMaterials(catalog, home, mini.Options(**options))
        self.backend = self.materials.backend
        self.inference = Inference(self.materials)

    def case(self, batch_size: int, chip: str = "cpu", precision: Precision | None = None) -> Case:
        return make_case(self.catalog, mini.MODEL, chip, precision=precision, batch_size=batch_size)

    def run(
        self,
        case: Case,
        protocol: Protocol = DOCUMENTED,
        *,
        artifact: Artifact | None = None,
        place: Place | None = None,
    ) -> Outputs:
        made, where = artifact or make_artifact(f"artifact of {case.id}"), place or make_place()
        session = self.backend.open(case, made, where)
        loaded = Loaded(artifact=made, session=session, place=where)
        return self.inference.all_outputs(case, protocol, loaded)


@pytest.fixture
def passes(small_tables: Catalog, home: Home) -> Pass:
    """A process that has run nothing yet."""
    return Pass(small_tables, home)


class TestEverySample:
    @pytest.mark.parametrize("batch_size", [1, 7, 16, 32, 40, 64])
    def test_no_sample_is_lost_and_none_is_padding(self, passes: Pass, batch_size: int):
        """Forty outputs, torch's own to a rounding, in order, at sizes that divide forty or not."""
        outputs = passes.run(passes.case(batch_size))
        [reference] = passes.materials.reference(mini.the_model(passes.catalog), DOCUMENTED)
        [ours] = outputs.arrays
        assert ours.shape == (mini.SENTENCES, 2)
        assert np.abs(ours - reference).max() < 1e-5
        assert len(passes.backend.calls) == -(-mini.SENTENCES // batch_size)
        assert outputs.facts == {}

    def test_a_limit_is_all_there_is(self, small_tables: Catalog, home: Home):
        """`--limit 5` at batch 8 is one padded batch and five outputs."""
        passes = Pass(small_tables, home, limit=5)
        [ours] = passes.run(passes.case(8)).arrays
        assert len(ours) == 5
        assert passes.backend.calls == [passes.case(8).id]


class TestSharing:
    def test_a_second_batch_size_shares_within_the_bound(self, passes: Pass):
        """It runs its first 32 samples, reproduces them, and takes the rest from the first."""
        first, second = passes.run(passes.case(8)), passes.run(passes.case(4))
        assert second.arrays is first.arrays
        assert second.facts["shared_with"] == "tinybert-cpu-bs8"
        assert 0 <= second.facts["shared_max_abs_difference"] <= second.facts["shared_bound"] == 1e-4
        assert passes.backend.calls.count("tinybert-cpu-bs4") == called.SAMPLES_COMPARED // 4
        assert second.kept is None

    @pytest.mark.parametrize(("batch_size", "compared"), [(1, 32), (2, 16), (16, 2), (32, 2), (64, 1)])
    def test_how_much_is_compared(self, passes: Pass, batch_size: int, compared: int):
        """Two batches and 32 samples at least, as far as there are any: batch 1 is not let off with two."""
        passes.run(passes.case(8))
        passes.run(passes.case(batch_size))
        assert passes.backend.calls.count(f"tinybert-cpu-bs{batch_size}") == compared

    @pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16])
    @pytest.mark.parametrize(("share_of_bound", "shared"), [(0.9, True), (1.1, False)])
    def test_the_bound_of_each_precision(
        self, passes: Pass, precision: Precision, share_of_bound: float, shared: bool
    ):
        """A shift of all logits that changes no prediction is shared up to the bound, and no further."""
        case = passes.case(4, precision=precision)
        shift = passes.materials.catalog.precisions[precision].sharing.most * share_of_bound

        def change(changed: Case, call: int, outputs: list) -> list:
            return [output + np.float32(shift) * (changed.id == case.id) for output in outputs]

        passes.backend.change = change
        passes.run(passes.case(8, precision=precision))
        outputs = passes.run(case)
        assert ("shared_with" in outputs.facts) is shared
        assert outputs.facts["shared_max_abs_difference"] == pytest.approx(shift, rel=0.05)

    def test_beyond_the_bound_it_runs_all_itself(self, passes: Pass):
        """Its own outputs, every one, and the record of why: with whom it differs, by how much."""
        passes.backend.change = lambda case, call, outputs: [o + np.float32(case.batch_size) for o in outputs]
        first, second = passes.run(passes.case(8)), passes.run(passes.case(4))
        assert np.allclose(second.arrays[0], first.arrays[0] - 4, atol=1e-5)
        assert second.facts["not_shared_with"] == "tinybert-cpu-bs8"
        assert second.facts["shared_max_abs_difference"] == pytest.approx(4, abs=1e-3)
        assert "shared_with" not in second.facts

    def test_a_prediction_that_moved_is_not_shared(self, passes: Pass):
        """However small the difference: predictions are what the score is made of."""

        def nearly_tied(case: Case, call: int, outputs: list) -> list:
            tie = np.zeros_like(outputs[0])
            tie[:, 1] = 1e-6 if case.batch_size == 8 else -1e-6
            return [tie]

        passes.backend.change = nearly_tied
        passes.run(passes.case(8))
        outputs = passes.run(passes.case(4))
        assert outputs.facts["not_shared_with"] == "tinybert-cpu-bs8"
        assert outputs.facts["shared_max_abs_difference"] < outputs.facts["shared_bound"]

    def test_a_difference_behind_the_first_batches_is_found(self, passes: Pass):
        """The second of the compared batches counts as the first does."""
        passes.run(passes.case(32))
        passes.backend.change = lambda case, call, outputs: [o + np.float32(call == 1) for o in outputs]
        assert "not_shared_with" in passes.run(passes.case(16)).facts

    @pytest.mark.parametrize(
        "other",
        [
            {"chip": "t4"},  # the same numerics: still not the chip's own (rule 1)
            {"precision": Precision.FP16},
        ],
    )
    def test_nothing_is_shared_with_another_chip_or_precision(self, passes: Pass, other: dict[str, Any]):
        """Only the batch size may differ."""
        passes.run(passes.case(8))
        case = passes.case(4, **other)
        assert passes.run(case).facts == {}
        assert passes.backend.calls.count(case.id) == 10

    def test_another_protocol_with_the_same_features_runs_nothing(self, passes: Pass):
        """TinyBERT's two protocols make the same inputs: one run of the network, and the facts say whose."""
        first = passes.run(passes.case(8))
        calls = len(passes.backend.calls)
        again = passes.run(passes.case(8), Protocol.STANDARD)
        assert again.arrays is first.arrays
        assert again.facts == {"same_inputs_as": DOCUMENTED}
        assert again.kept is None
        assert first.kept is not None
        assert len(passes.backend.calls) == calls

    def test_what_was_shared_is_said_under_the_other_protocol_too(self, passes: Pass):
        passes.run(passes.case(8))
        first = passes.run(passes.case(4))
        calls = len(passes.backend.calls)
        assert passes.run(passes.case(4), Protocol.STANDARD).facts == {
            **first.facts,
            "same_inputs_as": DOCUMENTED,
        }
        assert len(passes.backend.calls) == calls

    def test_another_batch_size_under_another_protocol_is_compared(self, passes: Pass):
        """The same inputs, but another artifact."""
        passes.run(passes.case(8))
        facts = passes.run(passes.case(4), Protocol.STANDARD).facts
        assert (facts["shared_with"], facts["same_inputs_as"]) == ("tinybert-cpu-bs8", DOCUMENTED)
        assert facts["shared_max_abs_difference"] <= facts["shared_bound"]

    def test_what_a_killed_run_had_is_said_once(self, small_tables: Catalog, home: Home, passes: Pass):
        """The outputs that were on disk are those of the protocol that found them there."""
        passes.run(passes.case(8))
        later = Pass(small_tables, home)
        assert later.run(later.case(8)).facts == {"resumed_from_sample": mini.SENTENCES}
        assert later.run(later.case(8), Protocol.STANDARD).facts == {"same_inputs_as": DOCUMENTED}

    def test_nothing_is_shared_with_a_protocol_of_other_features(
        self, passes: Pass, monkeypatch: pytest.MonkeyPatch
    ):
        """Whatever the protocols are called: what was fed decides."""
        samples = passes.materials.samples

        def other(model: Any, protocol: Protocol) -> Any:
            found = samples(model, protocol)
            return replace(found, digest=f"{found.digest} {protocol}")

        monkeypatch.setattr(passes.materials, "samples", other)
        passes.run(passes.case(8))
        calls = len(passes.backend.calls)
        assert passes.run(passes.case(8), Protocol.STANDARD).facts == {}
        assert len(passes.backend.calls) == 2 * calls


class TestBrokenOutputs:
    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_a_nan_is_an_error_with_its_sample(self, passes: Pass, bad: float):
        """Batch 2 of 8 breaks at its third row: sample 18."""

        def change(case: Case, call: int, outputs: list) -> list:
            if call == 2:
                outputs[0][2, 1] = bad
            return outputs

        passes.backend.change = change
        held = "a NaN" if np.isnan(bad) else "an infinity"
        with pytest.raises(BadOutput, match=f"tinybert-cpu-bs8: output 0 of sample 18 holds {held}"):
            passes.run(passes.case(8))

    def test_a_nan_is_never_shared_away(self, passes: Pass):
        """An artifact that gives NaN is not excused by another one that does not."""
        passes.run(passes.case(8))
        passes.backend.change = lambda case, call, outputs: [o * np.float32(np.nan) for o in outputs]
        with pytest.raises(BadOutput, match="tinybert-cpu-bs4: output 0 of sample 0"):
            passes.run(passes.case(4))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda outputs: outputs * 2, "2 outputs, expected 1"),
            (lambda outputs: [], "0 outputs, expected 1"),
            (lambda outputs: [outputs[0][:-1]], r"output logits has shape \[7, 2\], expected \[8, 2\]"),
            (lambda outputs: [outputs[0][0, 0]], r"output logits has shape \[\], expected \[8, 2\]"),
            (lambda outputs: [outputs[0][:, :1]], r"output logits has shape \[8, 1\], expected \[8, 2\]"),
            (lambda outputs: [outputs[0].astype(np.int32)], r"output logits is of int32, expected floats"),
            (lambda outputs: [outputs[0] * np.float64(1e300)], "sample 0 holds an infinity"),
        ],
    )
    def test_other_outputs_than_the_tables(self, passes: Pass, change: Any, message: str):
        """A wrong number of outputs, or of rows, is never cut to fit."""
        passes.backend.change = lambda case, call, outputs: change(outputs)
        with pytest.raises(BadOutput, match=message):
            passes.run(passes.case(8))

    def test_fp16_outputs_are_kept_as_fp32(self, passes: Pass):
        """An artifact may give halves; what is kept, shared and scored is float32."""
        passes.backend.change = lambda case, call, outputs: [o.astype(np.float16) for o in outputs]
        [ours] = passes.run(passes.case(8)).arrays
        assert ours.dtype == np.float32


class TestScoring:
    def test_outputs_that_cannot_be_scored_are_nobodys(self, small_tables: Catalog, home: Home, passes: Pass):
        """Gone from disk and from memory: the next run, batch size and protocol compute their own."""
        with (
            pytest.raises(NoSamples) as caught,
            passes.inference.scoring(passes.run(passes.case(8))),
        ):
            raise NoSamples("no entity in the predictions")
        assert str(caught.value) == (
            "no entity in the predictions; these outputs are dropped: the next run computes them again"
        )
        assert list((home.root / "unfinished").glob("*.outputs")) == []
        assert passes.run(passes.case(4)).facts == {}
        assert passes.run(passes.case(8), Protocol.STANDARD).facts["shared_with"] == "tinybert-cpu-bs4"
        later = Pass(small_tables, home)
        assert later.run(later.case(8)).facts == {}

    def test_shared_outputs_too(self, passes: Pass):
        """A case that takes another one's is told the same, and no third one gets them."""
        passes.run(passes.case(8)).forget()  # recorded
        with pytest.raises(BadOutput, match="dropped"), passes.inference.scoring(passes.run(passes.case(4))):
            raise BadOutput("in each other's place")
        assert passes.run(passes.case(2)).facts == {}

    def test_an_error_of_zoocheck_itself_says_so_in_a_note(self, passes: Pass):
        """Its traceback stays what it is."""
        outputs = passes.run(passes.case(8))
        with pytest.raises(IndexError) as caught, passes.inference.scoring(outputs):
            [][0]
        assert caught.value.__notes__ == ["these outputs are dropped: the next run computes them again"]
        assert outputs.kept is not None
        assert not outputs.kept.exists()

    @pytest.mark.parametrize("kind", [StoreError, MachineError, KeyboardInterrupt])
    def test_what_is_no_fault_of_theirs_keeps_them(self, passes: Pass, kind: type[BaseException]):
        """A store that cannot be written, a machine that fails, a person who stops it."""
        outputs = passes.run(passes.case(8))
        with pytest.raises(kind, match=r"^disk full$"), passes.inference.scoring(outputs):
            raise kind("disk full")
        assert outputs.kept is not None
        assert outputs.kept.is_file()
        assert passes.run(passes.case(8), Protocol.STANDARD).facts == {"same_inputs_as": DOCUMENTED}


class TestResuming:
    def stop(self, passes: Pass, at: int) -> None:
        """Have the session break down at call `at`."""

        def change(case: Case, call: int, outputs: list) -> list:
            if call == at:
                raise KeyboardInterrupt
            return outputs

        passes.backend.change = change

    @pytest.mark.parametrize(("at", "calls"), [(0, 5), (2, 3), (4, 1)])
    def test_the_next_process_goes_on(
        self, small_tables: Catalog, home: Home, passes: Pass, at: int, calls: int
    ):
        """It runs the batches that are left, has the same outputs, and says from where it went on."""
        self.stop(passes, at)
        with pytest.raises(KeyboardInterrupt):
            passes.run(passes.case(8))
        later = Pass(small_tables, home)
        outputs = later.run(later.case(8))
        assert len(later.backend.calls) == calls
        assert outputs.facts == ({"resumed_from_sample": 8 * at} if at else {})
        reference = later.materials.reference(mini.the_model(small_tables), DOCUMENTED)
        assert largest_difference(outputs.arrays, reference) < 1e-5

    def test_outputs_stay_until_they_are_recorded(self, small_tables: Catalog, home: Home, passes: Pass):
        """A process killed between the last batch and the store costs no batch."""
        outputs = passes.run(passes.case(8))
        assert outputs.kept is not None
        assert outputs.kept.is_file()
        later = Pass(small_tables, home)
        again = later.run(later.case(8))
        assert later.backend.calls == []
        assert again.facts == {"resumed_from_sample": mini.SENTENCES}
        assert np.array_equal(again.arrays[0], outputs.arrays[0])
        again.forget()
        assert not outputs.kept.exists()
        again.forget()  # gone already, by another process: nothing to say

    @pytest.mark.parametrize(
        "change", ["key", "built anew", "another file", "limit", "case", "device", "driver", "code"]
    )
    def test_nothing_of_another_run_is_taken(
        self, small_tables: Catalog, home: Home, passes: Pass, monkeypatch: pytest.MonkeyPatch, change: str
    ):
        """Another artifact or another build of it, other samples, another case, card or code: all anew."""
        self.stop(passes, 2)
        with pytest.raises(KeyboardInterrupt):
            passes.run(passes.case(8))
        later = Pass(small_tables, home, limit=39 if change == "limit" else None)
        case = later.case(8, chip="t4" if change == "case" else "cpu")
        other: dict[str, Any] = {
            "built anew": {"created": "2026-01-02"},
            "another file": {"files": {"a": "0"}},
        }
        key = "another" if change == "key" else f"artifact of {case.id}"
        where: dict[str, Any] = {"device": {"device": 1}, "driver": {"facts": {"driver": "2"}}}
        if change == "code":
            monkeypatch.setattr(code, "of", lambda *begin: {"sha256": "mended"})
        outputs = later.run(
            case,
            artifact=make_artifact(key, **other.get(change, {})),
            place=make_place(**where.get(change, {})),
        )
        assert "resumed_from_sample" not in outputs.facts
        assert len(later.backend.calls) == 5

    def test_batches_before_one_that_cannot_be_scored_are_not_kept(
        self, small_tables: Catalog, home: Home, passes: Pass
    ):
        """What gave a NaN gave those too; the next run, mended, computes all of them."""

        def change(case: Case, call: int, outputs: list) -> list:
            return [output * np.float32(np.nan if call == 3 else 1) for output in outputs]

        passes.backend.change = change
        with pytest.raises(BadOutput, match=r"a NaN.*; the outputs of the 24 samples before are dropped"):
            passes.run(passes.case(8))
        assert list((home.root / "unfinished").glob("*.outputs")) == []
        later = Pass(small_tables, home)
        assert later.run(later.case(8)).facts == {}
        assert len(later.backend.calls) == 5

    def test_what_the_machine_broke_off_is_kept(self, small_tables: Catalog, home: Home, passes: Pass):
        """A device that is lost has given what it gave before."""

        def change(case: Case, call: int, outputs: list) -> list:
            if call == 3:
                raise MachineError("device lost")
            return outputs

        passes.backend.change = change
        with pytest.raises(MachineError, match=r"^device lost$"):
            passes.run(passes.case(8))
        later = Pass(small_tables, home)
        assert later.run(later.case(8)).facts == {"resumed_from_sample": 24}

    def test_a_case_that_shares_leaves_no_file(self, passes: Pass, home: Home):
        """Only what was computed is kept."""
        passes.run(passes.case(8))
        passes.run(passes.case(4))
        assert len(list((home.root / "unfinished").glob("*.outputs"))) == 1


def test_a_batch_without_its_padding(passes: Pass):
    """Of eight rows the three real ones."""
    case = passes.case(8)
    session = passes.backend.open(case, None, make_place())
    batch = [np.ones((8, 64), np.int64) for _ in case.model.inputs]
    [output] = run_batch(case, session, batch, 3)
    assert output.shape == (3, 2)


def test_the_largest_difference_is_over_all_outputs():
    """Wherever it is."""
    zeros, other = np.zeros((2, 2), np.float32), np.array([[0, 0], [0, -3]], np.float32)
    assert largest_difference([zeros, zeros], [zeros, other]) == 3.0
    assert largest_difference([other], [other]) == 0.0


def test_unfinished_outputs_are_named_for_people(passes: Pass, home: Home):
    """The case's id is in the name, so that somebody who finds the file knows what it is."""
    kept: Path | None = passes.run(passes.case(8)).kept
    assert kept is not None
    assert kept.parent == home.root / "unfinished"
    assert kept.name.startswith("tinybert-cpu-bs8-")

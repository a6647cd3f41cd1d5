"""Samples at their real length: every one once, bounded, restored to its place, and refused without proof."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.models import InputRole, Output
from harness.errors import BadOutput, NoSamples
from harness.running.predictions import OutputLog
from harness.running.progress import Silent
from harness.running.real_length import (
    ABSENT,
    ALLOWANCE,
    FEWEST_PROOF_SAMPLES,
    GUARD,
    LEAST_SHARE,
    PROOF_SAMPLES,
    PROOF_SHARE,
    Grouped,
    Grouping,
    Padded,
    Proof,
    groups_of,
    highest_padding,
    largest_valid_difference,
    plan,
    proof_sample,
    restore,
    run_grouped,
)

LENGTH = 64
BY_POSITION = Output(name="logits", dtype="float32", shape=("batch", "length", "labels"))
BY_SAMPLE = Output(name="pooled", dtype="float32", shape=("batch", "labels"))
SPAN = Output(name="start", dtype="float32", shape=("batch", "length"))
OUTPUTS = (BY_POSITION, BY_SAMPLE, SPAN)
TASK: Any = SimpleNamespace(padding_may_move=None)

some_lengths = st.lists(st.integers(1, LENGTH), min_size=1, max_size=200).map(
    lambda found: np.array(found, np.int64)
)
many_lengths = st.lists(st.integers(1, 12), min_size=60, max_size=200).map(
    lambda found: np.array(found, np.int64)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """A mask and ids that tell samples and positions apart."""

    mask: np.ndarray

    def __len__(self) -> int:
        return len(self.mask)

    @property
    def truncated(self) -> np.ndarray:
        return np.array([], np.int64)

    @property
    def inputs(self) -> dict[InputRole, np.ndarray]:
        ids = np.arange(self.mask.size).reshape(self.mask.shape) * self.mask
        return {InputRole.IDS: ids, InputRole.MASK: self.mask}


def features(lengths: np.ndarray) -> Features:
    return Features(mask=(np.arange(LENGTH) < lengths[:, None]).astype(np.int64))


def planned(lengths: np.ndarray, budget: int = 4096) -> Grouping:
    made = plan(TASK, features(lengths), budget=budget)
    assert isinstance(made, Grouping)
    return made


def network(inputs: Any, count: int = 0) -> list[np.ndarray]:
    """Outputs of which those of valid positions depend on the valid ids alone; padding gives 7."""
    ids, mask = (array.astype(np.float32) for array in inputs)
    total = (ids * mask).sum(axis=1)
    logits = np.where(mask > 0, np.sin(ids) + np.cos(total)[:, None], np.float32(7))
    three = np.stack([logits, -logits, logits * 2], axis=-1)
    return [three.astype(np.float32), three[:, 0].copy(), logits.astype(np.float32)]


@given(lengths=some_lengths, budget=st.integers(1, 300))
def test_every_sample_is_in_one_group_and_no_group_is_large(lengths: np.ndarray, budget: int):
    """Memory stays bounded: a group beyond the budget is one sample that is longer by itself."""
    groups = groups_of(np.arange(len(lengths)), lengths, budget)
    rows = np.concatenate([group.rows for group in groups])
    assert sorted(rows.tolist()) == list(range(len(lengths)))
    for group in groups:
        assert group.length == lengths[group.rows].max()
        assert lengths[group.rows].min() >= LEAST_SHARE * group.length
        assert len(group.rows) == 1 or len(group.rows) * group.length <= budget


@given(lengths=some_lengths)
def test_the_proof_has_the_longest_and_the_shortest(lengths: np.ndarray):
    """Seeded, each row once, the same each time."""
    length = int(lengths.max())
    sample = proof_sample(lengths, length)
    assert min(FEWEST_PROOF_SAMPLES, len(lengths)) <= len(sample) <= PROOF_SAMPLES
    assert np.array_equal(sample, np.unique(sample))
    assert {lengths.max(), lengths.min()} <= set(lengths[sample].tolist())
    assert np.array_equal(sample, proof_sample(lengths, length))


@pytest.mark.parametrize(
    ("samples", "length", "proved"),
    [(20, 128, 8), (872, 128, 17), (3453, 512, 16), (3453, 128, 32), (5, 512, 5)],
)
def test_the_proof_takes_a_tenth_of_the_positions_at_most(samples: int, length: int, proved: int):
    """Of sentences of 25 tokens: a few are always proved, and 32 of a whole data set."""
    lengths = np.full(samples, 25)
    sample = proof_sample(lengths, length)
    assert len(sample) == proved
    if len(sample) > FEWEST_PROOF_SAMPLES:
        assert len(sample) * length <= PROOF_SHARE * lengths.sum()


@given(lengths=many_lengths, budget=st.integers(1, 300))
def test_a_plan_has_every_sample_once_those_of_the_proof_first(lengths: np.ndarray, budget: int):
    made = planned(lengths, budget)
    rows = np.concatenate([group.rows for group in made.groups])
    assert sorted(rows.tolist()) == list(range(len(lengths)))
    proving = np.concatenate([group.rows for group in made.proving])
    assert np.array_equal(np.sort(proving), made.sample)
    assert lengths.sum() <= made.positions < made.padded_positions == len(lengths) * LENGTH


@given(lengths=many_lengths, budget=st.integers(1, 300))
def test_outputs_come_back_in_order_and_in_full_shape(lengths: np.ndarray, budget: int):
    """What the padded input gives, but for padding, which is 0."""
    made = planned(lengths, budget)
    inputs = list(features(lengths).inputs.values())
    parts = [network([array[group.rows, : group.length] for array in inputs]) for group in made.groups]
    whole = network(inputs)
    whole[0][~made.valid] = 0
    whole[2][~made.valid] = 0
    for ours, theirs in zip(restore(made.groups, parts, made, OUTPUTS), whole, strict=True):
        assert ours.dtype == np.float32
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() < 1e-5


@pytest.mark.parametrize("shape", [(1, 3), (64, 2, 3), (64,), ()])
def test_another_shape_than_the_groups_is_an_error(shape: tuple[int, ...]):
    """It is never stretched to fit."""
    lengths = np.full(64, 3)
    made = planned(lengths)
    parts = [[np.zeros(shape, np.float32)]] * len(made.groups)
    with pytest.raises(BadOutput, match="output logits of a group has shape"):
        restore(made.groups, parts, made, [BY_POSITION])


class TestPaddedBecause:
    @pytest.mark.parametrize("row", [[0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0], [2, 0, 0, 0]])
    def test_another_mask(self, row: list[int]):
        """A hole, a beginning behind padding, nothing at all, or a weight."""
        mask = features(np.full(99, 3)).mask
        mask[50, :4] = row
        made = plan(TASK, Features(mask=mask))
        assert made == Padded(reason="the attention mask is not ones with only zeros behind them")

    @pytest.mark.parametrize("lengths", [[3], [3] * FEWEST_PROOF_SAMPLES, [64] * 500])
    def test_nothing_to_gain(self, lengths: list[int]):
        """Fewer samples than a proof takes, or none that is shorter."""
        made = plan(TASK, features(np.array(lengths)))
        assert isinstance(made, Padded)
        assert (
            made.reason
            == f"the {len(lengths)} samples and their proof take no fewer positions at real length"
        )

    def test_no_samples_are_an_error(self):
        with pytest.raises(NoSamples):
            plan(TASK, features(np.array([], np.int64)))


class TestRun:
    LENGTHS = np.random.default_rng(0).integers(2, 12, 100)

    def run(self, path: Path, how: Any = network, bound: float = 1e-4) -> Grouped | Padded:
        made = planned(self.LENGTHS, budget=100)
        inputs = list(features(self.LENGTHS).inputs.values())
        return run_grouped(
            made, inputs, OUTPUTS, lambda rows: network([array[rows] for array in inputs]), bound=bound,
            log=OutputLog(path, {"plan": made.digest}), run=how, progress=Silent(), label="a case",
        )  # fmt: skip

    def test_what_is_proved_is_what_is_used(self, tmp_path: Path):
        """A difference that is only in one sample of the proof shows: there is no second run of them."""
        found = self.run(tmp_path / "log")
        assert isinstance(found, Grouped)
        assert (found.proof.samples, found.proof.moved, found.resumed) == (FEWEST_PROOF_SAMPLES, 0, 0)
        assert found.proof.max_abs_difference < 1e-5

    def test_nothing_is_run_behind_a_proof_that_fails(self, tmp_path: Path):
        """Only the sample was run, and nothing of it is kept."""
        ran = []

        def other(inputs: Any, count: int) -> list[np.ndarray]:
            ran.append(count)
            return [output + np.float32(1e-3) for output in network(inputs)]

        found = self.run(tmp_path / "log", other)
        assert isinstance(found, Padded)
        assert found.proof is not None
        assert not found.proof.holds
        assert found.proof.max_abs_difference == pytest.approx(1e-3, rel=1e-2)
        assert sum(ran) == FEWEST_PROOF_SAMPLES
        assert not (tmp_path / "log").exists()
        assert "0.001 in the logits of 8 samples, where 0.0001 is allowed" in found.reason

    def test_a_prediction_that_moved_fails_however_near(self, tmp_path: Path):
        """An argmax between two equal logits, say: what the score is made of is not the same."""

        def swapped(inputs: Any, count: int) -> list[np.ndarray]:
            return [output[..., ::-1] if output.ndim == 3 else output for output in network(inputs)]

        found = self.run(tmp_path / "log", swapped, bound=1e9)
        assert isinstance(found, Padded)
        assert found.proof is not None
        assert found.proof.moved > 0
        assert not found.proof.holds

    @pytest.mark.parametrize("at", [0, 1, 9, 12])
    def test_a_run_that_broke_down_goes_on(self, tmp_path: Path, at: int):
        """Each group is run once, wherever the break was, and the outputs are those of a whole run."""
        calls = 0

        def breaking(inputs: Any, count: int) -> list[np.ndarray]:
            nonlocal calls
            if calls == at:
                raise KeyboardInterrupt
            calls += 1
            return network(inputs)

        with pytest.raises(KeyboardInterrupt):
            self.run(tmp_path / "log", breaking)
        groups = planned(self.LENGTHS, budget=100).groups
        assert len(groups) > 12
        later = 0

        def counting(inputs: Any, count: int) -> list[np.ndarray]:
            nonlocal later
            later += 1
            return network(inputs)

        found, whole = self.run(tmp_path / "log", counting), self.run(tmp_path / "whole")
        assert isinstance(found, Grouped)
        assert isinstance(whole, Grouped)
        assert later == len(groups) - at
        assert found.resumed == sum(len(group.rows) for group in groups[:at])
        for ours, theirs in zip(found.arrays, whole.arrays, strict=True):
            assert np.array_equal(ours, theirs)

    def test_a_nan_is_an_error_with_the_samples_own_number(self, tmp_path: Path):
        """Not with its place in the groups."""
        made = planned(self.LENGTHS, budget=100)

        def broken(inputs: Any, count: int) -> list[np.ndarray]:
            outputs = network(inputs)
            outputs[1][0, 0] = np.nan
            return outputs

        with pytest.raises(BadOutput, match=f"output 1 of sample {made.groups[0].rows[0]} holds a NaN"):
            self.run(tmp_path / "log", broken)


def spans(inputs: Any, count: int = 0) -> list[np.ndarray]:
    """One output of which padding's logits are of the sample and rise with the position, to 1 at the last."""
    ids, mask = (array.astype(np.float32) for array in inputs)
    total = (ids * mask).sum(axis=1)
    rising = np.arange(ids.shape[1], dtype=np.float32) / (LENGTH - 1) + np.sin(total)[:, None] - 1
    return [np.where(mask > 0, np.cos(ids), rising).astype(np.float32)]


class TestWhereTheScoreReadsPadding:
    LENGTHS = np.random.default_rng(0).integers(2, LENGTH - 20, 200)

    def run(self, path: Path, may_move: Any, padded: Any = spans) -> Grouped | Padded:
        made = plan(SimpleNamespace(padding_may_move=may_move), features(self.LENGTHS))  # type: ignore[arg-type]
        assert isinstance(made, Grouping)
        inputs = list(features(self.LENGTHS).inputs.values())
        return run_grouped(
            made, inputs, (SPAN,), lambda rows: padded([array[rows] for array in inputs]), bound=1e-4,
            log=OutputLog(path, {"plan": made.digest}), run=spans, progress=Silent(), label="a case",
        )  # fmt: skip

    def test_some_padding_is_run_and_bounds_the_rest(self, tmp_path: Path):
        """No padding of any sample is above what is told, nor far below; the rest stands below all else."""
        asked = []

        def may_move(outputs: Any, highest: Any, slack: float, features: Any) -> np.ndarray:
            asked.append((outputs[0].copy(), highest[0], slack))
            return np.zeros(0, np.int64)

        found = self.run(tmp_path / "log", may_move)
        assert isinstance(found, Grouped)
        [(output, highest, slack)] = asked
        mask = features(self.LENGTHS).mask
        [whole] = spans(list(features(self.LENGTHS).inputs.values()))
        most = np.where(mask == 0, whole, -np.inf).max(axis=1)
        assert (most <= highest).all()
        assert (highest - most).max() <= 1 + ALLOWANCE
        assert slack == ALLOWANCE * found.proof.max_abs_difference < 1e-4
        assert (output[mask == 0] == ABSENT).all()
        assert np.abs(output - whole)[mask == 1].max() < 1e-6
        [rise] = found.proof.rise
        assert 0 < rise <= 1

    def test_what_may_move_is_run_padded(self, tmp_path: Path):
        """Those samples have the padded outputs whole, the others none of padding."""
        rows = np.array([3, 50, 199])
        found = self.run(tmp_path / "log", lambda outputs, highest, slack, features: rows)
        assert isinstance(found, Grouped)
        assert found.run_padded == len(rows)
        [whole] = spans(list(features(self.LENGTHS).inputs.values()))
        assert np.array_equal(found.arrays[0][rows], whole[rows])
        others = np.delete(np.arange(len(whole)), rows)
        assert (found.arrays[0][others][features(self.LENGTHS).mask[others] == 0] == ABSENT).all()

    def test_where_nothing_is_gained_all_are_padded(self, tmp_path: Path):
        found = self.run(tmp_path / "log", lambda outputs, highest, slack, features: np.arange(180))
        assert isinstance(found, Padded)
        assert "padding may change the predictions of 180 of 200 samples" in found.reason
        assert not (tmp_path / "log").exists()

    def test_a_guard_is_no_longer_than_the_documented_length(self):
        """A sample without padding has none to bound, and its group is no longer than it."""
        lengths = np.array([LENGTH] * 3 + [LENGTH - 2] * 3 + [5] * 60)
        made = plan(SimpleNamespace(padding_may_move=print), features(lengths))  # type: ignore[arg-type]
        assert isinstance(made, Grouping)
        assert {group.length for group in made.groups} == {LENGTH, 5 + GUARD}
        inputs = list(features(lengths).inputs.values())
        parts = [spans([array[group.rows, : group.length] for array in inputs]) for group in made.groups]
        [highest] = highest_padding(made.groups, parts, made)
        assert np.array_equal(np.isneginf(highest), lengths == LENGTH)


def test_one_artifact_may_differ_by_what_another_allowed_for():
    """Of the same sample: in the logits, and in how far padding rises."""
    ours = Proof(samples=8, max_abs_difference=1e-6, bound=1e-4, moved=0, rise=(1.0, 2.0))
    for difference, rise, allowed in (
        (1e-6, (1.0, 2.0), True), (ALLOWANCE * 1e-6, (ALLOWANCE, 0.0), True),
        (ALLOWANCE * 1.1e-6, (1.0, 2.0), False), (0.0, (1.0, 2.2 * ALLOWANCE), False),
        (float("nan"), (1.0, 2.0), False),
    ):  # fmt: skip
        other = Proof(samples=8, max_abs_difference=difference, bound=1e-4, moved=0, rise=rise)
        assert ours.allows(other) is allowed


def test_a_nan_never_proves_anything():
    assert not Proof(samples=1, max_abs_difference=float("nan"), bound=1.0, moved=0).holds
    assert Proof(samples=1, max_abs_difference=1.0, bound=1.0, moved=0).holds


def test_padding_is_no_difference():
    """Of three positions two are valid; an output without positions counts whole."""
    mask = np.array([[1, 1, 0]])
    ours = [np.zeros((1, 3, 2), np.float32), np.zeros((1, 2), np.float32)]
    theirs = [array.copy() for array in ours]
    theirs[0][0, 2] = 9
    assert largest_valid_difference(ours, theirs, mask, (BY_POSITION, BY_SAMPLE)) == 0
    theirs[1][0, 1] = -3
    assert largest_valid_difference(ours, theirs, mask, (BY_POSITION, BY_SAMPLE)) == 3
    theirs[0][0, 1] = np.nan
    assert np.isnan(largest_valid_difference(ours, theirs, mask, (BY_POSITION, BY_SAMPLE)))

"""Every check passes a network that is whole, and fails the fault that it is there for."""

from __future__ import annotations

import dataclasses

import broken
import numpy as np
import pytest

from harness.conformance import metamorphic
from harness.conformance.checks import DETERMINISM, DOCUMENTED_GRAPH, METAMORPHIC, NAMES
from harness.domain.models import InputRole
from harness.errors import BadOutput, NoSamples, NotThere

BOUND = 1e-5  # spreads; the networks here are float32
FAULTS = {
    "batch": broken.normalised_by_the_batch,
    "order": broken.places_mixed_up,
    "padding": broken.padding_leaks,
    "padded length": broken.length_matters,
    "last partial batch": broken.StaleTail(),
    "mask": broken.mask_ignored,
    "segments": broken.segments_ignored,
}


def in_batches(network: broken.Network) -> metamorphic.Run:
    """The network called batch by batch, as an artifact is; the last one with what is left."""

    def run(inputs):
        rows = len(inputs[InputRole.MASK])
        parts = [
            network({role: array[at : at + broken.BATCH] for role, array in inputs.items()})
            for at in range(0, rows, broken.BATCH)
        ]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]

    return run


def found(name: str, network: broken.Network, bound: float = BOUND) -> metamorphic.Found:
    relation = METAMORPHIC[name].relation
    run = in_batches(network)
    return metamorphic.hold(relation, run, broken.probe(), bound=bound, run_any_shape=run)


@pytest.mark.parametrize("name", METAMORPHIC)
def test_a_whole_network_passes(name: str):
    assert found(name, broken.network).holds


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_fails(name: str):
    outcome = found(name, FAULTS[name])
    assert not outcome.holds
    assert outcome.noise == 0


def test_every_check_has_its_fault():
    """But determinism, whose fault is noise: below."""
    assert {*FAULTS, DETERMINISM} == set(METAMORPHIC)
    assert ("", DOCUMENTED_GRAPH, *METAMORPHIC) == NAMES


class TestNoise:
    def test_two_calls_that_differ_are_found_with_their_spread(self):
        outcome = found(DETERMINISM, broken.Noisy(0.01))
        assert 0.005 < outcome.noise < 0.2
        assert outcome.difference > BOUND

    def test_noise_beyond_the_bound_is_too_much_to_ask(self):
        """What a backend that is not deterministic shows by itself fails no other check, nor passes it ..."""
        outcome = found("order", broken.Noisy(0.01))
        assert outcome.too_noisy
        assert outcome.allowed == metamorphic.NOISE_ALLOWED * outcome.noise > BOUND

    def test_noise_within_the_bound_is_none_of_its_business(self):
        outcome = found("order", broken.Noisy(0.01), bound=0.5)
        assert outcome.noise
        assert outcome.holds
        assert not outcome.too_noisy

    def test_a_difference_beyond_the_noise_falls_short(self):
        noisy = broken.Noisy(1e-4)

        def mixed_up(inputs):
            [outputs] = noisy(inputs)
            return [outputs[np.argsort(inputs[InputRole.IDS][:, 0], kind="stable")]]

        outcome = found("order", mixed_up)
        assert not outcome.holds
        assert not outcome.too_noisy

    def test_noise_hides_no_lost_mask(self):
        """... and is no change that a mask makes: it falls short where noise is small, else is not told."""
        noisy = broken.Noisy(0.01)

        def lost(inputs):
            return noisy({**inputs, InputRole.MASK: np.ones_like(inputs[InputRole.MASK])})

        outcome = found("mask", lost)
        assert not outcome.holds
        assert outcome.too_noisy
        noisy = broken.Noisy(1e-5)
        outcome = found("mask", lost)
        assert not outcome.holds
        assert not outcome.too_noisy


def test_a_small_change_is_a_change():
    """What the precision explains of rounding is no measure of it: an input that is lost changes nothing."""

    def faint(inputs):
        return broken.attended(broken.hidden(inputs), 0.95 + 0.05 * inputs[InputRole.MASK])

    outcome = found("mask", faint, bound=10.0)
    assert outcome.holds
    assert outcome.difference < 1


class TestVariations:
    """Each changes what it says, and nothing else."""

    def vary(self, name: str) -> tuple[metamorphic.Probe, metamorphic.Variation]:
        probe = broken.probe()
        return probe, metamorphic.varied(METAMORPHIC[name].relation, probe)

    def test_padding_changes_behind_the_mask_only(self):
        probe, made = self.vary("padding")
        kept = probe.mask == 1
        for role in (InputRole.IDS, InputRole.SEGMENTS):
            assert np.array_equal(made.inputs[role][kept], probe.inputs[role][kept])
            assert not np.array_equal(made.inputs[role], probe.inputs[role])
        assert np.array_equal(made.inputs[InputRole.MASK], probe.mask)

    def test_half_of_every_sample_is_masked(self):
        probe, made = self.vary("mask")
        assert np.array_equal(made.kept.sum(axis=1), (probe.lengths + 1) // 2)
        assert np.array_equal(made.inputs[InputRole.IDS], probe.inputs[InputRole.IDS])

    def test_the_last_batch_is_half_full(self):
        _, made = self.vary("last partial batch")
        assert len(made.shows) % broken.BATCH == broken.BATCH // 2

    def test_one_sample_fills_a_batch(self):
        _, made = self.vary("batch")
        assert len(made.shows) == broken.BATCH
        assert len(set(made.shows.tolist())) == 1

    def test_a_shorter_length_loses_no_token(self):
        probe, made = self.vary("padded length")
        assert made.kept.shape[1] < probe.mask.shape[1]
        assert np.array_equal(made.kept.sum(axis=1), probe.lengths[made.shows])

    def test_it_is_the_same_every_time(self):
        (_, one), (_, other) = self.vary("padding"), self.vary("padding")
        assert np.array_equal(one.inputs[InputRole.IDS], other.inputs[InputRole.IDS])


class TestWhatCannotBeAsked:
    @pytest.mark.parametrize("name", ["batch", "last partial batch"])
    def test_other_samples_of_a_batch_of_one(self, name: str):
        one = dataclasses.replace(broken.probe(), batch_size=1)
        with pytest.raises(NoSamples, match="at batch size 1"):
            metamorphic.varied(METAMORPHIC[name].relation, one)

    def test_a_backend_of_one_shape(self):
        with pytest.raises(NotThere, match="no other length can be run"):
            metamorphic.hold(
                METAMORPHIC["padded length"].relation, broken.network, broken.probe(), bound=BOUND
            )

    def test_samples_without_padding(self):
        whole = broken.probe()
        full = {**whole.inputs, InputRole.MASK: np.ones_like(whole.mask)}
        with pytest.raises(NoSamples, match="no sample has padding"):
            metamorphic.varied(METAMORPHIC["padding"].relation, dataclasses.replace(whole, inputs=full))


class TestNoNumbers:
    @pytest.mark.parametrize(("value", "said"), [(np.nan, "a NaN"), (np.inf, "an infinity")])
    def test_a_nan_in_a_variation_is_an_error_that_names_the_sample(self, value: float, said: str):
        """It is never left out of a maximum."""
        calls = []

        def run(inputs):
            [outputs] = broken.network(inputs)
            calls.append(outputs)
            if len(calls) == 3:
                outputs[2, 0, 1] = value
            return [outputs]

        with pytest.raises(BadOutput, match=f"output logits of sample 5 at position 0 holds {said}"):
            metamorphic.hold(METAMORPHIC["order"].relation, run, broken.probe(), bound=BOUND)

    def test_outputs_that_are_one_number_say_nothing(self):
        with pytest.raises(BadOutput, match="one and the same number"):
            found("order", lambda inputs: [np.ones((len(inputs[InputRole.MASK]), 12, 3), np.float32)])

    def test_another_number_of_rows_is_an_error(self):
        def lost(inputs):
            return [broken.network(inputs)[0][:-1]]

        with pytest.raises(BadOutput, match="has 6 rows, expected 8"):
            found("last partial batch", lost)

"""What must not change a network's outputs, and what must: variations of a batch, and what they come to.

No reference is needed: an artifact is held against itself. Each variation changes one thing about a seeded
batch, and says which sample each of its rows shows and where that row's outputs may be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.models import InputRole, Output
from harness.errors import BadOutput, NoSamples, NotApplicable
from harness.models.graphs.originals import whole_numbers
from harness.running.valid import by_position, counted, require_numbers, spreads
from harness.tasks.seeded import mask_of

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
Inputs = Mapping[Any, Array]  # by role, [rows, length] each; a graph's by name, [rows, ...]
Run = Callable[[Inputs], Sequence[Array]]  # any number of rows to their outputs, [rows, ...] each

SEED = 0
NOISE_ALLOWED = 2.0  # times the spread between two equal calls: what two noisy calls may differ by
# What must change has to by more than this, in spreads, in all but a tenth of the samples: equal shapes give
# the same bits, so that what is lost from a graph changes nothing. One sample changed by four times that at
# least, nine tenths by seven times (TinyBERT with random weights); a tenth, because a text of two tokens has
# little to mask.
CHANGE = 2e-3
CHANGE_REASON = (
    "equal shapes give the same bits, so that an input that a graph has lost changes nothing; "
    "nine tenths of the samples changed by 0.013 spreads or more, TinyBERT's with random weights the least"
)
# Where the network itself changes by less than twice that: a graph that lost the input still changes nothing.
OWN_SHARE = 0.5
OWN_REASON = "half of what the network's own fp32 outputs change by, which is little"
LOW = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """The batch that is varied: inputs ``[n, length]`` by role, n a multiple of the artifact's batch size.

    The mask is ones and then zeros, at least two ones a row.
    """

    inputs: Inputs = field(repr=False)
    batch_size: int
    vocabulary: int
    types: int  # segments that the network tells apart
    outputs: tuple[Output, ...]

    @property
    def mask(self) -> IntArray:
        """int64 ``[n, length]``: 1 where there is no padding; ones ``[n, 1]`` of a graph, which has none."""
        return mask_of(self.inputs)

    @property
    def lengths(self) -> IntArray:
        """int64 ``[n]``: how long each sample is."""
        lengths: IntArray = self.mask.sum(axis=1)
        return lengths

    def rows(self, rows: IntArray) -> dict[Any, Array]:
        """The inputs of some of its samples, in that order."""
        return {role: np.ascontiguousarray(array[rows]) for role, array in self.inputs.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variation:
    """A changed batch: row i shows sample ``shows[i]`` of the probe, comparable where ``kept[i]`` is 1.

    `kept` is ``[rows, length]`` of this batch, whose length may be less than the probe's.
    """

    inputs: Inputs = field(repr=False)
    shows: IntArray = field(repr=False)
    kept: IntArray = field(repr=False)


Vary = Callable[[Probe, np.random.Generator], Variation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One thing that is varied, and what its outputs have to do."""

    vary: Vary
    must_change: bool = False  # the outputs, rather than stay
    any_shape: bool = False  # needs an artifact whose batch and length are open


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a variation came to; differences are in spreads of the probe's own outputs."""

    samples: int  # rows that were compared
    difference: float  # the largest; of what must change the `LOW` quantile of all samples'
    bound: float  # what the precision explains; of what must change `CHANGE`, or less: see `OWN_SHARE`
    allowed: float  # at most, and of what must change at least: the bound and what is noise
    must_change: bool
    worst: int  # the sample with the largest difference; of what must change with the least
    noise: float  # between two equal calls: 0 where they give the same bits

    @property
    def holds(self) -> bool:
        """Whether the outputs did what they have to. A NaN never does."""
        if self.must_change:
            return self.difference > self.allowed
        return self.difference <= self.allowed

    @property
    def too_noisy(self) -> bool:
        """Whether it cannot be told: the difference is beyond the bound, and no more than noise makes.

        Of what must change: no more than noise makes, where that is beyond the bound.
        """
        if self.must_change:
            return NOISE_ALLOWED * self.noise > self.bound and not self.holds
        return self.bound < self.difference <= self.allowed


# ------------------------------------------------------------------ variations


def again(probe: Probe, generator: np.random.Generator) -> Variation:
    """The same batch once more."""
    return _shown(probe, np.arange(len(probe.mask)))


def alone(probe: Probe, generator: np.random.Generator) -> Variation:
    """One sample in every place of a batch, with none but itself beside it.

    Raises `NoSamples` at batch size 1: every sample is alone there, so that nothing is varied.
    """
    if probe.batch_size == 1:
        raise NoSamples("at batch size 1 no sample has another one beside it")
    chosen = int(generator.integers(len(probe.mask)))
    return _shown(probe, np.full(probe.batch_size, chosen))


def backwards(probe: Probe, generator: np.random.Generator) -> Variation:
    """The samples from the last to the first: at batch size 1, the calls."""
    return _shown(probe, np.arange(len(probe.mask))[::-1])


def other_padding(probe: Probe, generator: np.random.Generator) -> Variation:
    """Any ids and segments behind the mask. Raises `NoSamples` where there is no padding."""
    padding = probe.mask == 0
    if not padding.any():
        raise NoSamples("no sample has padding: nothing to change there")
    drawn = {
        InputRole.IDS: generator.integers(0, probe.vocabulary, probe.mask.shape),
        InputRole.SEGMENTS: generator.integers(0, max(1, min(2, probe.types)), probe.mask.shape),
    }
    inputs = {
        role: np.where(padding, drawn[role], array) if role in drawn else array
        for role, array in probe.inputs.items()
    }
    return Variation(inputs=inputs, shows=np.arange(len(probe.mask)), kept=probe.mask)


def shorter_padding(probe: Probe, generator: np.random.Generator) -> Variation:
    """The samples of at most half the length, padded to the longest of them; at least the shortest one."""
    short = np.flatnonzero(probe.lengths <= max(int(probe.lengths.min()), probe.mask.shape[1] // 2))
    length = int(probe.lengths[short].max())
    inputs = {role: np.ascontiguousarray(array[short, :length]) for role, array in probe.inputs.items()}
    return Variation(inputs=inputs, shows=short, kept=mask_of(inputs))


def last_partial(probe: Probe, generator: np.random.Generator) -> Variation:
    """So many samples that the last batch is half full.

    Raises `NoSamples` at batch size 1, where every batch is full.
    """
    if probe.batch_size == 1:
        raise NoSamples("at batch size 1 every batch is full")
    return _shown(probe, np.arange(len(probe.mask) - max(1, probe.batch_size // 2)))


def half_masked(probe: Probe, generator: np.random.Generator) -> Variation:
    """The second half of every sample behind the mask, as if it were padding."""
    kept = (np.arange(probe.mask.shape[1]) < (probe.lengths[:, None] + 1) // 2).astype(np.int64)
    return Variation(
        inputs={**probe.inputs, InputRole.MASK: kept}, shows=np.arange(len(probe.mask)), kept=kept
    )


def other_segments(probe: Probe, generator: np.random.Generator) -> Variation:
    """First text and second text in each other's segment.

    Raises `NoSamples` for a network that tells no segments apart.
    """
    if probe.types < 2:
        raise NoSamples("its network tells no segments apart: there is none to change")
    changed = np.where(probe.mask == 1, 1 - probe.inputs[InputRole.SEGMENTS], 0)
    return Variation(
        inputs={**probe.inputs, InputRole.SEGMENTS: changed},
        shows=np.arange(len(probe.mask)), kept=probe.mask,
    )  # fmt: skip


def _shown(probe: Probe, rows: IntArray) -> Variation:
    inputs = probe.rows(rows)
    return Variation(inputs=inputs, shows=rows.astype(np.int64), kept=mask_of(inputs))


# -------------------------------------------------------------------- outcomes


def varied(relation: Relation, probe: Probe) -> Variation:
    """The variation of a probe, the same one every time."""
    return relation.vary(probe, np.random.default_rng(SEED))


def hold(
    relation: Relation,
    run: Run,
    probe: Probe,
    *,
    bound: float,
    run_any_shape: Run | None = None,
) -> Found:
    """Run the probe twice and its variation once, and say what the variation came to.

    `bound` is what the precision's rounding explains, in spreads. Where two equal calls differ, a difference
    of up to `NOISE_ALLOWED` times that is no fault, but beyond the bound it is `too_noisy`. Raises
    `NotApplicable` where the variation needs an artifact of any shape and there is none, `NoSamples` where
    nothing can be varied, `BadOutput` for a NaN, an infinity, or another number of rows.
    """
    if relation.any_shape and run_any_shape is None:
        raise NotApplicable("its backend takes the documented shape only: no other length can be run")
    variation = varied(relation, probe)
    base, repeated = run(probe.inputs), run(probe.inputs)
    chosen = run_any_shape if relation.any_shape and run_any_shape is not None else run
    noise = noise_of(probe, base, repeated)
    return found(
        relation, probe, variation, base, chosen(variation.inputs), bound=bound, noise=noise, change=CHANGE
    )


def noise_of(probe: Probe, base: Sequence[Array], repeated: Sequence[Array]) -> float:
    """The largest difference between two equal calls, in spreads; 0 where they give the same bits."""
    if all(np.array_equal(a, b) for a, b in zip(base, repeated, strict=True)):
        return 0.0
    same = again(probe, np.random.default_rng(SEED))
    return float(_by_sample(probe, same, base, repeated).max())


def found(
    relation: Relation,
    probe: Probe,
    variation: Variation,
    base: Sequence[Array],
    outputs: Sequence[Array],
    *,
    bound: float,
    noise: float,
    change: float,
) -> Found:
    """What the outputs of a variation come to beside those of the probe; raises as `hold`.

    `change` is what the outputs have to differ by where they must, in spreads.
    """
    away = _by_sample(probe, variation, base, outputs)
    if relation.must_change:
        difference, bound = float(np.quantile(away, LOW)), change
        allowed = change + NOISE_ALLOWED * noise
    else:
        difference, allowed = float(away.max()), max(bound, NOISE_ALLOWED * noise)
    return Found(
        samples=len(away),
        difference=difference,
        bound=bound,
        allowed=allowed,
        must_change=relation.must_change,
        worst=int(variation.shows[away.argmin() if relation.must_change else away.argmax()]),
        noise=noise,
    )


def _by_sample(
    probe: Probe, variation: Variation, base: Sequence[Array], outputs: Sequence[Array]
) -> npt.NDArray[np.float64]:
    """The largest difference of each row of the variation, in spreads, where it may be compared.

    None of whole numbers: those are counted by `exact.of`.
    """
    for output, spec in zip(base, probe.outputs, strict=True):
        if len(output) != len(probe.mask):
            raise BadOutput(f"output {spec.name} has {len(output)} rows, expected {len(probe.mask)}")
    numbers = [counted(array, spec, probe.mask) for array, spec in zip(base, probe.outputs, strict=True)]
    require_numbers(base, specs=probe.outputs, kept=numbers)  # of anything else there is no spread
    scales = spreads(base, probe.mask, probe.outputs)
    if not any(scales) and not any(map(whole_numbers, probe.outputs)):
        raise BadOutput("all outputs are one and the same number: they say nothing of the inputs")
    rows = [
        away / scale if scale else np.where(away > 0, np.inf, 0.0)
        for away, scale in zip(_rows(probe, variation, base, outputs), scales, strict=True)
    ]
    largest: npt.NDArray[np.float64] = np.max(rows, axis=0)
    return largest


def _rows(
    probe: Probe, variation: Variation, base: Sequence[Array], outputs: Sequence[Array]
) -> Iterator[npt.NDArray[np.float64]]:
    for one, other, spec in zip(base, outputs, probe.outputs, strict=True):
        wanted = one[variation.shows]
        if by_position(spec):
            wanted = wanted[:, : variation.kept.shape[1]]
        if other.shape != wanted.shape:
            raise BadOutput(
                f"output {spec.name} has shape {list(other.shape)}, expected {list(wanted.shape)}"
            )
        kept = counted(other, spec, variation.kept)
        require_numbers([other], specs=[spec], rows=variation.shows, kept=[kept])
        away = np.where(kept, np.abs(other.astype(np.float64) - wanted), 0.0)
        yield away.reshape(len(away), -1).max(axis=1)

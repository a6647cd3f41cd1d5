"""Samples at their real length: grouped by it, proved on a few against padded input, restored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.domain.models import InputRole, Output
from harness.errors import BadOutput, NoSamples
from harness.running.predictions import OutputLog, run_each
from harness.running.progress import Progress
from harness.running.valid import by_position, decisions, largest_valid_difference
from harness.tasks.text import Features, Task

Array = npt.NDArray[Any]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
MayMove = Callable[[Sequence[Array], Sequence[Array], float], IntArray]  # `PaddingMayMove` of some features
RunPadded = Callable[[IntArray], list[Array]]  # rows to their outputs for the documented, padded input
Run = Callable[[Sequence[Array], int], list[Array]]  # inputs [rows, length] and their number, to outputs

# Positions of one group, so that memory stays what a padded batch takes: 8 samples of 512.
POSITIONS_AT_ONCE = 4096
# The shortest of a group has at least this share of the longest: what padding a group may cost.
LEAST_SHARE = 0.9

# Samples that are run padded, too: at most so many, and no more than a tenth of the positions that are run
# at real length, but never fewer than a few.
PROOF_SAMPLES, FEWEST_PROOF_SAMPLES = 32, 8
PROOF_SHARE = 0.1
PROOF_SEED = 0

# Where the score reads padding: positions of it that are run behind each group's longest sample, and how many
# times what the proof's sample showed is allowed for in the others, of differences and of padding's logits.
GUARD = 8
ALLOWANCE = 3.0
ABSENT = np.float32(-1e15)  # for the logits of padding: below any that a network gives, and its square is one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Samples that are run together, padded to the longest of them: int64 ``[k]`` rows, and that length."""

    rows: IntArray = field(repr=False)
    length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """Every one of n samples in one group; the groups of the proof's sample come first.

    `lengths` are the valid lengths, int64 ``[n]``; `length` is what the documented input is padded to;
    `sample` holds, int64 and ascending, the rows that the proof is of. `may_move` is there where the score
    reads padding: then `GUARD` positions of it are run, and `restore` puts `ABSENT` in place of all.
    """

    lengths: IntArray = field(repr=False)
    length: int
    sample: IntArray = field(repr=False)
    proving: tuple[Group, ...] = field(repr=False)
    others: tuple[Group, ...] = field(repr=False)
    may_move: MayMove | None = field(default=None, repr=False)
    proved: Proof | None = None  # on other samples of the same run: then there is no sample here

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups, in the order in which they are run."""
        return self.proving + self.others

    @property
    def positions(self) -> int:
        """Positions that are run, the padding of each group included."""
        return sum(len(group.rows) * group.length for group in self.groups)

    @property
    def padded_positions(self) -> int:
        """Positions of the documented, padded input."""
        return len(self.lengths) * self.length

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """bool ``[n, length]``: where there is a sample, and no padding."""
        valid: npt.NDArray[np.bool_] = np.arange(self.length) < self.lengths[:, None]
        return valid

    @property
    def digest(self) -> str:
        """SHA-256 of the groups: outputs that are kept batch by batch are of one plan."""
        digest = hashlib.sha256()
        for group in self.groups:
            digest.update(f"{group.length},{len(group.rows)};".encode() + group.rows.tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Padded:
    """Why samples are run padded after all, in words."""

    reason: str
    proof: Proof | None = None  # that did not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the padded input and the real length differ by in the valid positions of a sample's outputs."""

    samples: int
    max_abs_difference: float
    bound: float
    moved: int  # predictions (largest logits) of those positions that are not the same
    rise: tuple[float, ...] = ()  # of each output: how far padding not run exceeded, at most, that which was

    @property
    def holds(self) -> bool:
        """Whether the real length may be run in place of the padded input. A NaN is above every bound."""
        return self.max_abs_difference <= self.bound and not self.moved

    @property
    def slack(self) -> float:
        """What is allowed for in every logit of the samples that are not of the proof."""
        return ALLOWANCE * self.max_abs_difference

    def allows(self, other: Proof) -> bool:
        """Whether what another artifact shows on the same sample is no more than this one's allowed for."""
        rises = zip(other.rise, self.rise, strict=True)
        within = other.max_abs_difference <= self.slack
        return within and all(theirs <= ALLOWANCE * ours for theirs, ours in rises)

    def __str__(self) -> str:
        return (
            f"the real length differs from the padded input by {self.max_abs_difference:.3g} in the logits "
            f"of {self.samples} samples, where {self.bound:g} is allowed, and moves {self.moved} predictions"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouped:
    """Outputs of full shape, 0 where there is padding; their proof; how many samples were there already."""

    arrays: list[Array] = field(repr=False)
    proof: Proof
    resumed: int
    run_padded: int = 0  # samples whose predictions padding might have changed
    highest: tuple[FloatArray, ...] = field(default=(), repr=False)  # as `highest_padding` has them


def plan(
    task: Task, features: Features, *, budget: int = POSITIONS_AT_ONCE, proved: Proof | Padded | None = None
) -> Grouping | Padded:
    """How `features` are run at their real length, or why they are not.

    They are only where the mask is ones and then zeros, and where that is fewer positions than padding
    them, the proof included. `proved` is the proof of an earlier part of the same run, which is not made
    again, or why that part was run padded: then so is this, for a proof that is tried until it holds is none.
    Raises `NoSamples` without samples.
    """
    if not len(features):
        raise NoSamples("no samples to group")
    if isinstance(proved, Padded):
        return proved
    mask = features.inputs[InputRole.MASK]
    lengths, length = mask.sum(axis=1).astype(np.int64), mask.shape[1]
    if not lengths.all() or not np.array_equal(mask, np.arange(length) < lengths[:, None]):
        return Padded(reason="the attention mask is not ones with only zeros behind them")
    sample = proof_sample(lengths, length) if proved is None else np.empty(0, np.int64)
    rest = np.setdiff1d(np.arange(len(lengths)), sample)
    may_move = task.padding_may_move
    run = lengths if may_move is None else np.minimum(lengths + GUARD, length)
    made = Grouping(
        lengths=lengths,
        length=length,
        sample=sample,
        proving=groups_of(sample, run, budget),
        others=groups_of(rest, run, budget),
        may_move=None if may_move is None else partial(may_move, features=features),
        proved=proved,
    )
    if made.positions + len(sample) * length >= made.padded_positions:
        return Padded(
            reason=f"the {len(lengths)} samples and their proof take no fewer positions at real length"
        )
    return made


def proof_sample(lengths: IntArray, length: int) -> IntArray:
    """The rows of the proof, int64 and ascending: seeded ones, always with the longest and the shortest.

    `lengths` are the valid lengths of all samples, int64 ``[n]``; `length` is what one is padded to.
    """
    share = int(PROOF_SHARE * lengths.sum()) // length
    most = min(PROOF_SAMPLES, max(FEWEST_PROOF_SAMPLES, share))
    drawn = np.random.default_rng(PROOF_SEED).permutation(len(lengths))
    ends = np.unique([lengths.argmax(), lengths.argmin()])
    first = np.concatenate([ends, drawn[~np.isin(drawn, ends)]])
    return np.unique(first[:most]).astype(np.int64)


def groups_of(rows: IntArray, lengths: IntArray, budget: int = POSITIONS_AT_ONCE) -> tuple[Group, ...]:
    """`rows` from the longest down, in groups of at most `budget` positions, or of one sample.

    `lengths` are what is run of all samples, int64 ``[n]``.
    """
    ordered = rows[np.argsort(-lengths[rows], kind="stable")]
    groups, start = [], 0
    while start < len(ordered):
        longest = int(lengths[ordered[start]])
        stop = start + max(1, budget // longest)
        part = ordered[start:stop]
        part = part[lengths[part] >= LEAST_SHARE * longest]
        groups.append(Group(rows=part, length=longest))
        start += len(part)
    return tuple(groups)


def restore(
    groups: Sequence[Group], parts: Sequence[Sequence[Array]], made: Grouping, outputs: Sequence[Output]
) -> list[Array]:
    """Outputs of `groups` as those of all n samples, float32 ``[n, ...]``, 0 in other samples.

    So they are where there is padding, or `ABSENT` where the score reads it.

    ``parts[i]`` are the outputs of ``groups[i]``, ``[k, ...]`` each, with the group's length where the table
    says length. Raises `BadOutput` for other shapes.
    """
    restored, empty = [], np.float32(0 if made.may_move is None else ABSENT)
    for at, spec in enumerate(outputs):
        full: Array | None = None
        for group, part in zip(groups, parts, strict=True):
            found = part[at]
            wanted = (len(group.rows), group.length) if by_position(spec) else (len(group.rows),)
            if found.shape[: len(wanted)] != wanted:
                raise BadOutput(
                    f"output {spec.name} of a group has shape {list(found.shape)}, expected "
                    f"[{', '.join(map(str, wanted))}, ...]"
                )
            if not by_position(spec):
                full = _zeros(full, (len(made.lengths), *found.shape[1:]))
                full[group.rows] = found
                continue
            full = _zeros(full, (len(made.lengths), made.length, *found.shape[2:]))
            full[group.rows, : group.length] = found
            full[group.rows] = np.where(_along(made.valid[group.rows], found), full[group.rows], empty)
        assert full is not None
        restored.append(full)
    return restored


def _along(valid: npt.NDArray[np.bool_], found: Array) -> npt.NDArray[np.bool_]:
    """`valid`, ``[k, length]``, for outputs ``[k, length, ...]``."""
    return valid.reshape(*valid.shape, *(1,) * (found.ndim - 2))


def highest_padding(
    groups: Sequence[Group], parts: Sequence[Sequence[Array]], made: Grouping
) -> list[FloatArray]:
    """The largest logit of each sample's padding that was run, ``[n]`` for each output; -inf without one."""
    highest = [np.full(len(made.lengths), -np.inf) for _ in parts[0]]
    for group, part in zip(groups, parts, strict=True):
        behind = np.arange(group.length) >= made.lengths[group.rows, None]
        for found, output in zip(highest, part, strict=True):
            found[group.rows] = np.where(behind, output, -np.inf).max(axis=1)
    return highest


def _zeros(made: Array | None, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32) if made is None else made


def prove(
    padded: Sequence[Array],
    arrays: Sequence[Array],
    made: Grouping,
    outputs: Sequence[Output],
    bound: float,
    highest: Sequence[FloatArray] = (),
) -> Proof:
    """Hold `padded`, outputs of the plan's sample, against those in `arrays`, which are of all samples.

    `highest` are those of `highest_padding`, where the score reads padding. What is proved already is that
    proof.
    """
    if made.proved is not None:
        return made.proved
    valid = made.valid[made.sample]
    grouped = [array[made.sample] for array in arrays]
    moved = 0
    for a, b, spec in zip(padded, grouped, outputs, strict=True):
        moved += int((decisions(a, spec, valid).chosen != decisions(b, spec, valid).chosen).sum())
    some = np.flatnonzero(~valid.all(axis=1))  # have padding
    rise = [
        (np.where(valid, -np.inf, array).max(axis=1)[some] - high[made.sample][some]).max(initial=0.0)
        for array, high in zip(padded if highest else (), highest, strict=True)
    ]
    return Proof(
        samples=len(made.sample),
        max_abs_difference=largest_valid_difference(padded, grouped, valid, outputs),
        bound=bound,
        moved=moved,
        rise=tuple(map(float, rise)),
    )


def run_grouped(
    made: Grouping,
    inputs: Sequence[Array],
    outputs: Sequence[Output],
    run_padded: RunPadded,
    run: Run,
    log: OutputLog,
    progress: Progress,
    label: str,
    bound: float,
) -> Grouped | Padded:
    """Every sample at its real length; why they are run padded, where the proof fails.

    `inputs` are those of all samples, padded, ``[n, length]`` each. The sample's own groups are run first and
    held against their padded outputs: what is proved are the very outputs that are used, and nothing else is
    run before. Where the score reads padding, the samples whose predictions it may change are run padded
    behind the others; where those are so many that nothing is gained, all are. Raises `BadOutput` as
    `require_numbers` does, with the sample's own number, and for other shapes.
    """
    padded = [] if made.proved else run_padded(made.sample)
    batches = [
        ([np.ascontiguousarray(array[group.rows, : group.length]) for array in inputs], len(group.rows))
        for group in made.groups
    ]
    rows = [group.rows for group in made.groups]
    few = len(made.proving)
    proof, resumed = made.proved, 0
    if proof is None:
        first, resumed = run_each(log, batches[:few], run, progress, f"{label}: proof", rows)
        arrays = restore(made.proving, first[:few], made, outputs)
        proof = prove(padded, arrays, made, outputs, bound, _highest(made.proving, first[:few], made))
    if not proof.holds:
        log.path.unlink(missing_ok=True)
        return Padded(reason=str(proof), proof=proof)
    parts, behind = run_each(log, batches, run, progress, label, rows)
    if resumed == len(made.sample):
        resumed = behind
    arrays, highest = restore(made.groups, parts, made, outputs), _highest(made.groups, parts, made)
    moved = _may_move(made, arrays, highest, proof)
    if len(moved) * made.length + made.positions >= made.padded_positions:
        log.path.unlink(missing_ok=True)
        many = f"padding may change the predictions of {len(moved)} of {len(made.lengths)} samples"
        return Padded(reason=f"{many}, which are run padded", proof=proof)
    if len(moved):
        for array, found in zip(arrays, run_padded(moved), strict=True):
            array[moved] = found
    return Grouped(arrays=arrays, proof=proof, resumed=resumed, run_padded=len(moved), highest=tuple(highest))


def _may_move(
    made: Grouping, arrays: Sequence[Array], highest: Sequence[FloatArray], proof: Proof
) -> IntArray:
    """The rows whose predictions padding may change; none where the score does not read it."""
    if made.may_move is None:
        return np.zeros(0, np.int64)
    most = [array + ALLOWANCE * rise for array, rise in zip(highest, proof.rise, strict=True)]
    return made.may_move(arrays, most, proof.slack)


def _highest(groups: Sequence[Group], parts: Sequence[Sequence[Array]], made: Grouping) -> list[FloatArray]:
    return [] if made.may_move is None else highest_padding(groups, parts, made)

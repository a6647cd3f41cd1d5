"""Samples at their real length: grouped by it, proved on a few against padded input, restored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Samples that are run together, padded to the longest of them: int64 ``[k]`` rows, and that length."""

    rows: IntArray = field(repr=False)
    length: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """Every one of n samples in one group; the groups of the proof's sample come first.

    `lengths` are the valid lengths, int64 ``[n]``; `length` is what the documented input is padded to;
    `sample` holds, int64 and ascending, the rows that the proof is of.
    """

    lengths: IntArray = field(repr=False)
    length: int
    sample: IntArray = field(repr=False)
    proving: tuple[Group, ...] = field(repr=False)
    others: tuple[Group, ...] = field(repr=False)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the padded input and the real length differ by in the valid positions of a sample's outputs."""

    samples: int
    max_abs_difference: float
    bound: float
    moved: int  # predictions (largest logits) of those positions that are not the same

    @property
    def holds(self) -> bool:
        """Whether the real length may be run in place of the padded input. A NaN is above every bound."""
        return self.max_abs_difference <= self.bound and not self.moved

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


def plan(
    task: Task, features: Features, *, budget: int = POSITIONS_AT_ONCE, proved: Proof | None = None
) -> Grouping | Padded:
    """How `features` are run at their real length, or why they are not.

    `proved` is the proof of an earlier part of the same run: it is not made again.

    They are only where the task's score reads no padding, where the mask is ones and then zeros, and
    where that is fewer positions than padding them, the proof included. Raises `NoSamples` without samples.
    """
    if not len(features):
        raise NoSamples("no samples to group")
    if task.READS_PADDING:
        return Padded(reason="the score reads the logits of padding too")
    mask = features.inputs[InputRole.MASK]
    lengths, length = mask.sum(axis=1).astype(np.int64), mask.shape[1]
    if not lengths.all() or not np.array_equal(mask, np.arange(length) < lengths[:, None]):
        return Padded(reason="the attention mask is not ones with only zeros behind them")
    sample = proof_sample(lengths, length) if proved is None else np.empty(0, np.int64)
    rest = np.setdiff1d(np.arange(len(lengths)), sample)
    made = Grouping(
        lengths=lengths,
        length=length,
        sample=sample,
        proving=groups_of(sample, lengths, budget),
        others=groups_of(rest, lengths, budget),
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

    `lengths` are those of all samples, int64 ``[n]``.
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
    """Outputs of `groups` as those of all n samples, float32 ``[n, ...]``, 0 in padding and in other samples.

    ``parts[i]`` are the outputs of ``groups[i]``, ``[k, ...]`` each, with the group's length where the table
    says length. Raises `BadOutput` for other shapes.
    """
    restored = []
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
            valid = np.arange(group.length) < made.lengths[group.rows, None]
            found = np.where(valid.reshape(*valid.shape, *(1,) * (found.ndim - 2)), found, np.float32(0))
            full[group.rows, : group.length] = found
        assert full is not None
        restored.append(full)
    return restored


def _zeros(made: Array | None, shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32) if made is None else made


def prove(
    padded: Sequence[Array], arrays: Sequence[Array], made: Grouping, outputs: Sequence[Output], bound: float
) -> Proof:
    """Hold `padded`, outputs of the plan's sample, against those in `arrays`, which are of all samples.

    What is proved already is that proof.
    """
    if made.proved is not None:
        return made.proved
    valid = made.valid[made.sample]
    grouped = [array[made.sample] for array in arrays]
    moved = 0
    for a, b, spec in zip(padded, grouped, outputs, strict=True):
        moved += int((decisions(a, spec, valid).chosen != decisions(b, spec, valid).chosen).sum())
    return Proof(
        samples=len(made.sample),
        max_abs_difference=largest_valid_difference(padded, grouped, valid, outputs),
        bound=bound,
        moved=moved,
    )


def run_grouped(
    made: Grouping,
    inputs: Sequence[Array],
    outputs: Sequence[Output],
    padded: Sequence[Array],
    run: Run,
    log: OutputLog,
    progress: Progress,
    label: str,
    bound: float,
) -> Grouped | Proof:
    """Every sample at its real length; where the proof fails, that proof alone.

    `inputs` are those of all samples, padded, ``[n, length]`` each; `padded` are outputs of the plan's
    sample for the padded input. The sample's own groups are run first and held against `padded`: what is
    proved are the very outputs that are used, and nothing else is run before. Raises `BadOutput` as
    `require_numbers` does, with the sample's own number, and for other shapes.
    """
    batches = [
        ([np.ascontiguousarray(array[group.rows, : group.length]) for array in inputs], len(group.rows))
        for group in made.groups
    ]
    rows = [group.rows for group in made.groups]
    few = len(made.proving)
    proof, resumed = made.proved, 0
    if proof is None:
        first, resumed = run_each(log, batches[:few], run, progress, f"{label}: proof", rows)
        proof = prove(padded, restore(made.proving, first[:few], made, outputs), made, outputs, bound)
    if not proof.holds:
        log.path.unlink(missing_ok=True)
        return proof
    parts, behind = run_each(log, batches, run, progress, label, rows)
    if resumed == len(made.sample):
        resumed = behind
    return Grouped(arrays=restore(made.groups, parts, made, outputs), proof=proof, resumed=resumed)

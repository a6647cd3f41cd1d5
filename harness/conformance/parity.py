"""Two networks' outputs for the same samples: how far apart they are, and which decisions flip."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.conformance import exact
from harness.domain.models import Output
from harness.errors import BadOutput, NoSamples, NotNumbers
from harness.running.valid import counted, decisions, require_numbers, spreads
from harness.verdicts.whole_numbers import Whole

Array = npt.NDArray[Any]

# Differences of one batch are of one kind of rounding, so ten beyond the percentile are enough to state it.
VALUES_FOR_P999 = 10_000
FLIPS_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One decision that is another: the label of a token (`position`) or a sample, or a place in a sample."""

    output: str
    sample: int
    position: int | None
    reference: int
    found: int
    margin: float  # between the reference's two largest logits
    difference: float  # the largest, of the logits that decided: the reference's choice and the other's


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """What an artifact's outputs differ from the reference's by, where there is no padding. In logits.

    `spread` is the standard deviation of the reference's logits (`valid.spreads`); what is ``_in_spread`` is
    divided by it, and so means the same for every network. Where outputs are of several kinds, as a graph's,
    each is divided by its own: `spread` is that of the output with the largest difference. Whole numbers have
    no part in it: where all outputs are such, there are no `values`, and no differences.
    """

    samples: int
    values: int
    spread: float
    max_abs_difference: float
    mean_abs_difference: float
    p999_abs_difference: float | None  # None: of fewer than `VALUES_FOR_P999` values
    least_cosine: float  # of one sample's outputs with its reference's; 1 is the same direction
    relative_norm: float  # ||artifact - reference|| / ||reference||
    largest_in_spread: float
    rms_in_spread: float
    decisions: int
    flips: int
    first_flips: tuple[Flip, ...]  # the largest margins first, of at most `FLIPS_LISTED`
    whole: Whole | None = None  # of outputs of whole numbers, which no spread is of

    def stored(self) -> dict[str, Any]:
        """What is recorded: of outputs of whole numbers alone no differences, and the other way round."""
        kept = asdict(self)
        kept["first_flips"] = [asdict(flip) for flip in self.first_flips]
        del kept["whole"]
        if not self.values:
            for name in ("values", "spread", "least_cosine", "relative_norm"):
                del kept[name]
            kept = {
                key: value for key, value in kept.items() if not key.endswith(("_difference", "_in_spread"))
            }
        if self.whole is not None:
            kept |= {"whole_numbers": self.whole.values, "unequal": self.whole.unequal}
        return kept

    def unexplained(self, largest: float) -> tuple[Flip, ...]:
        """The flips that differences of at most `largest` (in spreads) do not explain.

        Two logits that each move by that much change places only where they were less than twice that apart.
        """
        return tuple(flip for flip in self.first_flips if flip.margin > 2 * largest * self.spread)


def compare(
    outputs: Sequence[Array],
    reference: Sequence[Array],
    mask: Array,
    specs: Sequence[Output],
    *,
    case: str,
) -> Parity:
    """Hold `outputs` against `reference`, ``[n, ...]`` each; `mask` ``[n, length]`` is 0 over padding.

    Raises `BadOutput` for outputs of another number or shape than the reference's, and that names output,
    sample and position of a NaN or infinity in either; `NoSamples` where there is nothing to compare.
    """
    if len(outputs) != len(reference):
        raise BadOutput(f"{case}: {len(outputs)} outputs, expected {len(reference)}")
    for ours, theirs, spec in zip(outputs, reference, specs, strict=True):
        if ours.shape != theirs.shape:
            raise BadOutput(
                f"{case}: output {spec.name} has shape {list(ours.shape)}, expected {list(theirs.shape)}"
            )
    if not len(mask) or not mask.any():
        raise NoSamples(f"{case}: no values to compare")
    try:
        require_numbers(reference, f"{case}: the fp32 reference", specs=specs)
    except NotNumbers as problem:
        problem.of_reference = True
        problem.add("it is no artifact's doing: look at its weights, and at what its inputs are drawn from")
        raise
    require_numbers(outputs, f"{case}: the artifact", specs=specs)
    kept = [counted(array, spec, mask) for array, spec in zip(reference, specs, strict=True)]
    mine, wanted = ([array.astype(np.float64) for array in arrays] for arrays in (outputs, reference))
    a, b = (np.concatenate([x[k] for x, k in zip(arrays, kept, strict=True)]) for arrays in (mine, wanted))
    away = np.abs(a - b)
    kinds = [*_by_kind(mine, wanted, kept, spreads(reference, mask, specs), specs)]
    worst = max(kinds, key=lambda kind: kind.largest, default=_Kind(spread=0.0, largest=0.0, rms=0.0))
    flips = sorted(_flips(mine, wanted, mask, specs), key=lambda flip: -flip.margin)
    return Parity(
        samples=len(mask),
        values=len(away),
        spread=worst.spread,
        max_abs_difference=float(away.max(initial=0.0)),
        mean_abs_difference=float(away.mean()) if len(away) else 0.0,
        p999_abs_difference=float(np.quantile(away, 0.999)) if len(away) >= VALUES_FOR_P999 else None,
        least_cosine=min(_cosines(mine, wanted, kept)),
        relative_norm=_ratio(float(np.linalg.norm(a - b)), float(np.linalg.norm(b))),
        largest_in_spread=worst.largest,
        rms_in_spread=max((kind.rms for kind in kinds), default=0.0),
        decisions=sum(len(decisions(x, spec, mask).rows) for x, spec in zip(wanted, specs, strict=True)),
        flips=len(flips),
        first_flips=tuple(flips[:FLIPS_LISTED]),
        whole=exact.of(outputs, reference, specs),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """The outputs of one kind: what they are measured in, and by how much of that they differ."""

    spread: float
    largest: float
    rms: float


def _by_kind(
    ours: Sequence[Array],
    theirs: Sequence[Array],
    kept: Sequence[Array],
    scales: Sequence[float],
    specs: Sequence[Output],
) -> Iterator[_Kind]:
    """Each kind of output that has values (`Output.kind`)."""
    for kind in dict.fromkeys(spec.kind for spec in specs):
        at = [number for number, spec in enumerate(specs) if spec.kind == kind and kept[number].any()]
        if not at:
            continue
        a, b = (np.concatenate([array[n][kept[n]] for n in at]) for array in (ours, theirs))
        away, scale = np.abs(a - b), scales[at[0]]
        yield _Kind(
            spread=scale,
            largest=_ratio(float(away.max()), scale),
            rms=_ratio(math.sqrt(float((away**2).mean())), scale),
        )


def _ratio(part: float, whole: float) -> float:
    """0 of nothing is 0; anything of nothing is more than any bound."""
    if whole:
        return part / whole
    return math.inf if part else 0.0


def _cosines(ours: Sequence[Array], theirs: Sequence[Array], kept: Sequence[Array]) -> Iterator[float]:
    for row in range(len(ours[0])):
        a, b = (
            np.concatenate([array[row][k[row]] for array, k in zip(arrays, kept, strict=True)])
            for arrays in (ours, theirs)
        )
        lengths = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
        if lengths:
            yield min(float(a @ b) / lengths, 1.0)
        else:
            yield 1.0 if np.array_equal(a, b) else 0.0


def _flips(
    ours: Sequence[Array], theirs: Sequence[Array], mask: Array, specs: Sequence[Output]
) -> Iterator[Flip]:
    for a, b, spec in zip(ours, theirs, specs, strict=True):
        found, wanted = decisions(a, spec, mask), decisions(b, spec, mask)
        for at in np.flatnonzero(found.chosen != wanted.chosen):
            choices = [wanted.chosen[at], found.chosen[at]]
            position = int(wanted.positions[at])
            yield Flip(
                output=spec.name,
                sample=int(wanted.rows[at]),
                position=None if position < 0 else position,
                reference=int(choices[0]),
                found=int(choices[1]),
                margin=float(wanted.margin[at]),
                difference=_apart(found.logits[at], wanted.logits[at], choices),
            )


def _apart(ours: Array, theirs: Array, choices: Sequence[Any]) -> float:
    """How far the logits of two choices differ; of decisions that a graph made itself, their numbers."""
    if len(ours) < 2:
        return float(abs(choices[0] - choices[1]))
    return float(np.abs(ours[choices] - theirs[choices]).max())

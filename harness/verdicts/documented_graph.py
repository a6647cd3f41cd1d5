"""Whether a documented graph survives by itself, or only where the compiler fuses its LayerNorm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.domain.cases import Case
from harness.domain.compilers import Compiler, Fuses
from harness.domain.measurements import Verdict, VerdictKind
from harness.verdicts.checks import ParityBounds
from harness.verdicts.plain import bisected

_WORDS = {
    Fuses.YES: "has a pass that fuses it",
    Fuses.SOMETIMES: "is known to fuse it in some graphs only",
    Fuses.NOT_NEEDED: "needs none",
    Fuses.UNKNOWN: "is not known to fuse it, or not to",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the outputs of one form of a graph compare with torch's fp32, as parity holds them."""

    samples: int
    not_numbers: int  # samples with an infinity or what is not a number
    largest: float | None = None  # in spreads; None where there are such samples
    rms: float | None = None
    flips: int = 0
    decisions: int = 0
    unexplained: int = 0  # flips that the bound does not explain

    def within(self, bounds: ParityBounds) -> bool:
        """Whether parity would hold."""
        if self.not_numbers or self.largest is None or self.rms is None or self.unexplained:
            return False
        return not bounds.exceeded(self.largest, self.rms)

    def said(self, bounds: ParityBounds) -> str:
        """Behind "its outputs"."""
        if self.largest is None or self.rms is None:
            return f"are not numbers in {self.not_numbers} of {self.samples} samples"
        told = f"differ by at most {self.largest:.3g} spreads and {self.rms:.3g} root mean square"
        where = "within" if self.within(bounds) else "beyond"
        flipped = f"; {self.flips} of {self.decisions} decisions flipped" if self.flips else ""
        return f"{told}, {where} the {bounds.largest:g} and {bounds.rms:g} that fp16 explains{flipped}"


def judge(
    case: Case,
    *,
    spelt: Form,
    fused: Form,
    bounds: ParityBounds,
    lost: Sequence[str],
    largest: str,
    compiler: Compiler | None,
) -> Verdict:
    """A documented graph in fp16, `spelt` out, beside the same with LayerNorm as one operator, `fused`.

    `lost` says of each LayerNorm what fp16 does not hold of it, the first in the network first; `largest`
    what it does hold. Survives where both hold; falls short where neither does; where it hangs on the
    compiler, which a stand-in is not, the verdict is `not-comparable` and says what is known of that.
    """
    graph = f"the documented graph (opset {case.model.opset}, LayerNorm spelt out)"
    outputs = f"its outputs {spelt.said(bounds)}"
    if spelt.within(bounds) and not lost:
        said = f"{graph} survives fp16 whether or not the compiler fuses LayerNorm: {outputs}; {largest}"
        return _verdict(case, VerdictKind.SURVIVES, said, spelt, bounds)
    why = f"no value of a LayerNorm leaves fp16, {largest}: its operators' roundings add up"
    if lost:
        why = lost[0] + (f" (and of {len(lost) - 1} behind it)" if len(lost) > 1 else "")
    as_one = f"with LayerNorm as one operator they {fused.said(bounds)}"
    bisect = bisected(case, "--documented-graph")
    if not fused.within(bounds) and not spelt.within(bounds):
        whether = "whether or not the compiler fuses LayerNorm"
        said = f"{graph} falls short in fp16 {whether}: {outputs}; {why}; {as_one}; {bisect}"
        return _verdict(case, VerdictKind.FALLS_SHORT, said, spelt, bounds)
    known = _of(compiler, case)
    said = (
        f"{graph} survives fp16 only if the compiler fuses LayerNorm: {why}; {outputs}; {as_one}; {known}; "
        f"{bisect}"
    )
    return _verdict(case, VerdictKind.NOT_COMPARABLE, said, spelt, bounds)


def _of(compiler: Compiler | None, case: Case) -> str:
    """What is known of the compiler; that nothing is, where the tables have none."""
    if compiler is None:
        return f"whether the compiler of {case.runtime} does is not known"
    return f"{compiler.tool} {_WORDS[compiler.fuses_layer_norm]}: {compiler.known}"


def _verdict(case: Case, kind: VerdictKind, said: str, spelt: Form, bounds: ParityBounds) -> Verdict:
    largest = spelt.largest
    return Verdict(
        kind=kind,
        basis=None,
        metric=None,
        measured=None if largest is None or not math.isfinite(largest) else largest,
        expected=bounds.largest,
        unit=None,
        tolerance=None,
        reference=None,
        message=f"{case.id}: {said}",
    )

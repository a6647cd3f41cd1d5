"""What two results differ by, in words."""

from __future__ import annotations

from harness.domain.details import Watched
from harness.domain.measurements import Measurement
from harness.setting.reproducing import without_ending
from harness.store.results import Result
from harness.verdicts.effects import Effect


def in_percent(effect: Effect) -> str:
    """A relative change in words: ``5.0 % slower (99 % interval 3.9 to 6.1 % slower)``."""
    direction, factor = ("faster", 100) if effect.change >= 0 else ("slower", -100)
    if effect.low < -0.5 and effect.high > 1:
        sure = f"{effect.confidence * 100:.6g} % interval from less than half to more than double"
        return f"{abs(effect.change) * 100:.1f} % {direction} ({sure}: nothing can be told)"
    low, high = sorted((effect.low * factor, effect.high * factor))
    kept = f"{effect.confidence * 100:.6g} % interval {low:.1f} to {high:.1f} %"
    return f"{abs(effect.change) * 100:.1f} % {direction} ({kept})"


def points(effect: Effect) -> str:
    """A score's interval in words: ``99 % interval -1.20 to +0.30 points``."""
    return (
        f"{effect.confidence * 100:.6g} % interval {effect.low * 100:+.2f} to {effect.high * 100:+.2f} points"
    )


def verdicts(before: Result, after: Result) -> str:
    """Both verdicts, and the later one's message."""
    old, new = ("not judged" if item.verdict is None else str(item.verdict.kind) for item in (before, after))
    said = "" if after.verdict is None else f" ({without_ending(after.verdict.message)})"
    return f"{old} -> {new}{said}"


def predictions_changed(before: Measurement, after: Measurement) -> str:
    """How many predictions are others, where both results kept them."""
    first, second = before.raw.get("predictions"), after.raw.get("predictions")
    if not first or not second or len(first) != len(second):
        return ""
    if isinstance(first[0], float):  # numbers differ in their last digit: nothing that is to be told
        return ""
    changed = sum(one != other for one, other in zip(first, second, strict=True))
    return f", {changed} of {len(second)} predictions changed"


def noise(before: Result, after: Result) -> str:
    """Which of the two was measured on a disturbed machine, with the reasons it was marked for."""
    marked = [
        f"{when} was on a disturbed machine ({'; '.join(reasons)})"
        for when, item in (("the earlier", before), ("the later", after))
        if (reasons := Watched.from_stored(item.measurement.detail).noisy)
    ]
    return " and ".join(marked)

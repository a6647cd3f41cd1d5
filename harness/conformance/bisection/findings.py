"""What came of a bisection: the sentence, the table by layer, the record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.conformance.bisection.comparing import Value, ValuesCompared
from harness.conformance.bisection.places import ORDER
from harness.verdicts.checks import ParityBounds
from harness.verdicts.whole_numbers import Whole, explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The values of one layer, or of what is before or behind all of them."""

    name: str
    entering: float  # relative error of what the layer before hands on
    leaving: float  # of the last value of this one
    worst: Value  # the value of which most is made here, one outside its bound before all others

    @property
    def growth(self) -> float:
        """By how much the error grows within; not a number where none enters."""
        return self.leaving / self.entering if self.entering else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class InSpreads:
    """A graph's outputs for all samples against its file's, as parity holds them.

    In spreads, and of whole numbers, which have none, how many are others.
    """

    largest: float = math.nan  # NaN, like `rms`: there are whole numbers alone
    rms: float = math.nan
    whole: Whole | None = None  # None: there are none
    bounds: ParityBounds | None = None  # None: they were not held, for the reason in `why`
    why: str = ""

    @property
    def good(self) -> bool:
        """Whether they were held, and are within what parity asks for."""
        return self.bounds is not None and self._floats_good(self.bounds) and self._whole_good(self.bounds)

    def sentence(self, subject: str) -> str:
        """How far the outputs of `subject` differ, with what parity asks for."""
        if self.bounds is None:
            return self.why
        said = []
        if not math.isnan(self.largest):
            where = "within" if self._floats_good(self.bounds) else "beyond"
            said.append(
                f"{subject} differ by {self.largest:.3g} spreads at most, root mean square {self.rms:.3g}, "
                f"{where} {self.bounds.largest:.3g} and {self.bounds.rms:.3g} as parity asks for"
            )
        if self.whole is not None:
            where = "within" if self._whole_good(self.bounds) else "beyond"
            most = explained(self.whole.values, self.bounds.rms)
            said.append(f"of {subject} {self.whole}, {where} the {most} that parity allows")
        return "; ".join(said)

    def _floats_good(self, bounds: ParityBounds) -> bool:
        return math.isnan(self.largest) or not bounds.exceeded(self.largest, self.rms)

    def _whole_good(self, bounds: ParityBounds) -> bool:
        return self.whole is None or self.whole.unequal <= explained(self.whole.values, bounds.rms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """The verdict on an artifact: where it leaves the bounds first, if it does."""

    case: str
    compared: ValuesCompared
    parity_bound: float  # of the outputs' largest difference, as the conformance suite holds it
    export_off: float = 0.0  # of the reference graph's own outputs from torch's, the largest
    spreads: InSpreads | None = None  # of a graph as it is, in place of the two
    prepared: InSpreads | None = None  # of a graph, prepared and not rounded yet

    @property
    def first(self) -> Value | None:
        """The first value that more is made of wrong than its precision allows."""
        return next((value for value in self.compared.values if value.outside), None)

    @property
    def beyond(self) -> tuple[Value, ...]:
        """Every value of that kind: a second fault is found with the first."""
        return tuple(value for value in self.compared.values if value.outside)

    @property
    def parity(self) -> bool:
        """Whether the outputs are numbers, and within the bound of the precision."""
        if self.spreads is not None:
            return self.spreads.good
        return self.compared.finite and self.compared.outputs <= self.parity_bound

    @property
    def export_sound(self) -> bool:
        """Whether the reference itself is torch's network, or the graph's file, as parity asks for it."""
        if self.prepared is not None:
            return self.prepared.good
        return self.export_off <= self.parity_bound

    @property
    def good(self) -> bool:
        """Whether nothing leaves a bound."""
        return self.first is None and not self.compared.missing and self.parity and self.export_sound

    def sentence(self) -> str:
        """The verdict: of the export first, because the artifact is held against it."""
        if self.export_sound:
            return self._of_the_artifact()
        if self.prepared is not None:
            off = self.prepared.sentence("the outputs of what it is held against, in fp32,")
            return f"preparing the graph changes it: {off}; beside that: {self._of_the_artifact()}"
        return (
            f"the export leaves torch: the outputs of the reference graph differ from torch's by "
            f"{self.export_off:.3g}, beyond {self.parity_bound:g} as parity asks for; beside the export: "
            f"{self._of_the_artifact()}"
        )

    def _of_the_artifact(self) -> str:
        first, missing = self.first, self.compared.missing
        if missing and (first is None or _not_before(first, missing[0])):
            layers = "layer " + ", ".join(str(layer) for layer in missing)
            return (
                f"first outside the bound: encoder {layers} is not in the artifact: nothing of it is "
                f"computed there; {self._outputs()}"
            )
        if first is not None:
            return f"first outside the bound: {described(first)}; " + self._outputs()
        if not self.parity and not any(value.error for value in self.compared.values):
            return (
                f"no value differs where inner values are outputs, and yet {self._outputs()}: it comes of "
                "preparing the graph, or of operators that onnxruntime fuses where nothing reads between them"
            )
        if not self.parity:
            most = max(self.compared.values, key=lambda value: value.made)
            yet = "no operator leaves its bound by itself, and yet the errors add up"
            if self._left_out():
                yet = "no operator is found that leaves its bound by itself"
            return f"{yet}: {self._outputs()}; most is added by {described(most)}{self._left_out()}"
        checked = len(self.compared.values) - self.compared.unchecked
        return f"nothing leaves its bound in {checked} values; {self._outputs()}{self._left_out()}"

    def _left_out(self) -> str:
        """How much of the network could not be looked at, and why; empty where that is at most half of it."""
        unmatched, unchecked = self.compared.unmatched, self.compared.unchecked
        checked = len(self.compared.values) - unchecked
        if checked >= unmatched + unchecked:
            return ""
        said = (
            f"; {unmatched} of the reference's {unmatched + len(self.compared.values)} values were not "
            "compared: the artifact has them neither by name nor by the order of its operators. Convert it "
            "with the names of values kept"
        )
        between = f", and {unchecked} that were have too much between them for a bound that shows anything"
        return said + (between if unchecked else "")

    def _outputs(self) -> str:
        if self.spreads is not None:
            return self.spreads.sentence("the outputs")
        if not self.compared.finite:
            return "the outputs hold infinities or what is not a number"
        said = "within" if self.parity else "beyond"
        differ = f"the outputs differ by {self.compared.outputs:.3g}"
        return f"{differ}, {said} {self.parity_bound:g} as parity asks for"

    def stretches(self) -> tuple[Stretch, ...]:
        """Layer by layer, in the order of the network."""
        made = []
        entering = 0.0
        for name, values in _by_layer(self.compared.values):
            leaving = values[-1].error
            worst = max(values, key=lambda value: (value.outside, value.made))
            aside = values[-1].place.aside
            made.append(Stretch(name=name, entering=0 if aside else entering, leaving=leaving, worst=worst))
            entering = entering if aside else leaving
        return tuple(made)

    def record(self) -> dict[str, Any]:
        """The whole as JSON; an infinite or absent number is null."""
        first = self.first
        return {
            "case": self.case,
            "good": self.good,
            "verdict": self.sentence(),
            "first": None if first is None else _value_record(first),
            "missing_layers": list(self.compared.missing),
            "outputs": {
                "max_abs_difference": _number(self.compared.outputs),
                "bound": _number(self.parity_bound),
                "finite": self.compared.finite,
                "unmatched_values": self.compared.unmatched,
                "unchecked_values": self.compared.unchecked,
                "export_from_torch": _number(self.export_off),
                **({} if self.spreads is None else {"in_spreads": _spreads_record(self.spreads)}),
            },
            "layers": [
                {
                    "name": item.name, "entering": _number(item.entering), "leaving": _number(item.leaving),
                    "growth": _number(item.growth), "worst": _value_record(item.worst),
                }
                for item in self.stretches()
            ],
            "values": [_value_record(value) for value in self.compared.values],
        }  # fmt: skip


def described(value: Value) -> str:
    """A value with its place, its operators and its error, for a sentence."""
    place = str(value.place) if value.since == value.place else f"{value.since} to {value.place}"
    inputs = (
        f"its own inputs are {_shown(value.inherited)} off" if value.inherited else "its own inputs agree"
    )
    made = value.lost or (
        f"relative error {_shown(value.made)} on the reference's inputs, bound {_shown(value.bound)}, "
        f"{_shown(value.times)} times the bound at its worst"
    )
    text = f"{place} ({', '.join(_short(value.operators))}), {made}; {inputs}"
    if value.misread:
        text += f"; it reads otherwise than the reference does: {', '.join(value.misread)}"
    return text


def _shown(number: float) -> str:
    return f"{number:.2g}" if math.isfinite(number) else "infinite"


def _short(operators: tuple[str, ...]) -> list[str]:
    """The operators, or the first and last two of many."""
    return list(operators) if len(operators) <= 4 else [*operators[:2], "...", *operators[-2:]]


def _not_before(value: Value, layer: int) -> bool:
    """Whether a value stands in or behind a layer."""
    place = value.place
    return place.layer >= layer if place.layer is not None else place.part == "head"


def _by_layer(values: tuple[Value, ...]) -> Iterator[tuple[str, list[Value]]]:
    """The values of each layer together, in the order in which layers first compute."""
    grouped: dict[str, list[Value]] = {}
    for value in values:
        grouped.setdefault(value.place.stretch, []).append(value)
    order = {part: at for at, part in enumerate(ORDER)}
    for name, group in grouped.items():
        yield name, sorted(group, key=lambda value: order.get(value.place.part, 0))


def _spreads_record(found: InSpreads) -> dict[str, Any]:
    bounds, whole = found.bounds, found.whole
    return {
        "largest": _number(found.largest),
        "rms": _number(found.rms),
        "bound": None if bounds is None else bounds.largest,
        "rms_bound": None if bounds is None else bounds.rms,
        **({} if whole is None else {"whole_numbers": whole.values, "unequal": whole.unequal}),
    }


def _value_record(value: Value) -> dict[str, Any]:
    return {
        "name": value.name, "layer": value.place.layer, "stretch": value.place.stretch,
        "part": value.place.part,
        "operators": list(value.operators), "inherited": _number(value.inherited),
        "error": _number(value.error), "made_here": _number(value.made), "bound": _number(value.bound),
        "times_the_bound": _number(value.times), "outside": value.outside, "lost": value.lost,
        "misread": list(value.misread),
    }  # fmt: skip


def _number(number: float) -> float | None:
    return number if math.isfinite(number) else None

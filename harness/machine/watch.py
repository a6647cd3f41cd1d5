"""Looks on while calls are timed: the machine's conditions, the energy, this process's memory."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from harness.machine import conditions, energy, matmul
from harness.machine.conditions import between, disturbances, snapshot
from harness.tools.parsers import Card

_STATES = ("temperature_c", "power_w", "memory_used_mib", "utilisation_percent")


class Watch:
    """What happens inside its ``with``; `card` is the number of an NVIDIA card that computes there.

    `facts` is JSON, ready when the block is left: ``conditions``, ``noisy`` (why, in words; empty for a
    quiet machine), ``energy``, and ``matmul``: floating-point operations a second of a product of matrices on
    the CPU right before and right after, which tell a slower machine from a slower network.
    """

    def __init__(self, *, card: int | None = None, root: Path = Path("/")) -> None:
        self._card = card
        self._root = root
        self.facts: dict[str, Any] = {}
        self._energy = energy.NONE
        self._sampler: energy.CardSampler | None = None

    def __enter__(self) -> Watch:
        self._larger = matmul.peak_of_larger()
        self._speed = matmul.multiply()
        if self._card is not None:
            self._sampler = energy.CardSampler(self._card)
        self._counters = energy.counters(self._root)
        self._before = snapshot(self._root)
        return self

    def __exit__(self, *_: object) -> None:
        after, counters = snapshot(self._root), energy.counters(self._root)
        states = [] if self._sampler is None else self._sampler.end()
        seen = between(self._before, after)
        told = seen.recorded()
        if self._card is None:
            self._energy = energy.of_packages(self._counters, counters)
        else:
            self._energy = energy.of_card(states, seen.seconds)
            told["card"] = _ends(states) or conditions.NOT_TOLD
        speed = matmul.multiply()
        self.facts = {
            "conditions": told,
            "noisy": disturbances(seen),
            "matmul": {
                "before_per_s": self._speed.typical_per_s,
                "after_per_s": speed.typical_per_s,
                "peak_per_s": max(
                    self._speed.peak_per_s, speed.peak_per_s, self._larger, matmul.peak_of_larger()
                ),
                "threads": matmul.threads(),
            },
        }

    def energy(self, samples: int) -> dict[str, object]:
        """The energy of the whole block, and of each of the `samples` that its calls computed."""
        return self._energy.recorded(samples)


def _ends(states: list[Card]) -> dict[str, Any]:
    """The first and the last state of a card; what nvidia-smi does not tell of it, in its own word."""
    if not states:
        return {}
    ends = {"before": states[0], "after": states[-1]}
    return {when: _state(card) for when, card in ends.items()}


def _state(card: Card) -> dict[str, Any]:
    told = {name: value for name in _STATES if (value := getattr(card, name)) is not None}
    return told | {
        name: f"{conditions.NOT_TOLD} ({card.unread[name]})" for name in _STATES if name in card.unread
    }


def peak_rss_bytes() -> int:
    """The largest resident set that this process has had; Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

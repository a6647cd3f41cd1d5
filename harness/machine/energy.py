"""What timed calls took of energy, where the machine tells it: RAPL's counters, or a card's power.

Nothing is estimated: a machine that tells neither has no figure.
"""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import Card, nvidia_smi
from harness.tools.parsers.tables import NOTHING

NOT_TOLD = "not told by this machine"
SAMPLED_MS = 500  # nvidia-smi takes some milliseconds of a core for each sample
_END_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One RAPL zone's energy counter, in microjoules, which begins anew behind `range_uj`."""

    energy_uj: int
    range_uj: int


def counters(root: Path = Path("/")) -> dict[str, Counter]:
    """The counters of the processor packages by zone; empty where there are none, or they may not be read.

    Linux's Documentation/power/powercap/powercap.rst. The zones inside a package (cores, memory) are parts
    of it, but for memory, which is not told apart; `psys` is the whole platform. Only packages are counted.
    """
    found = {}
    for zone in sorted(root.glob("sys/class/powercap/intel-rapl*:[0-9]*")):
        name = _text(zone / "name")
        energy, most = _text(zone / "energy_uj"), _text(zone / "max_energy_range_uj")
        if zone.name.count(":") == 1 and name.startswith("package") and energy.isdecimal():
            found[f"{zone.name} {name}"] = Counter(
                energy_uj=int(energy), range_uj=int(most) if most.isdecimal() else 0
            )
    return found


def joules(before: Mapping[str, Counter], after: Mapping[str, Counter]) -> float | None:
    """What the packages took in between; None where they are not the same ones, or none.

    A counter that is lower than before began anew once: at 200 W and the usual range of 262 kJ that happens
    every 20 minutes, so that more than once is not to be told from once.
    """
    if not before or before.keys() != after.keys():
        return None
    total_uj = 0
    for zone, start in before.items():
        grown = after[zone].energy_uj - start.energy_uj
        if grown < 0 and not start.range_uj:
            return None
        total_uj += grown if grown >= 0 else grown + start.range_uj
    return total_uj / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What was taken while calls were timed, and who says so; None where nobody does."""

    joules: float | None
    source: str
    samples: int = 0  # of a power that was sampled

    def recorded(self, of: int) -> dict[str, object]:
        """As a result keeps it, JSON: the whole, and that of each of `of` samples."""
        if self.joules is None or not of:
            return {"joules": None, "joules_per_sample": None, "source": self.source}
        return {"joules": self.joules, "joules_per_sample": self.joules / of, "source": self.source}


NONE = Energy(joules=None, source=NOT_TOLD)


def of_packages(before: Mapping[str, Counter], after: Mapping[str, Counter]) -> Energy:
    """By RAPL."""
    taken = joules(before, after)
    if taken is None:
        return NONE
    count = len(before)
    which = "the processor package" if count == 1 else f"{count} processor packages"
    return Energy(joules=taken, source=f"RAPL, {which}: all that ran there, memory and boards left out")


def of_card(cards: Sequence[Card], seconds: float) -> Energy:
    """By the mean of a card's sampled power; None where no sample told it.

    A sample whose power is no power is left out, and told in `source`: a negative one, one of 10 kW.
    """
    powers = [card.power_w for card in cards if card.power_w is not None]
    words = [card.unread["power_w"] for card in cards if "power_w" in card.unread]
    wrong = [word for word in words if not NOTHING.fullmatch(word)]
    left_out = f"{len(wrong)} samples left out, of a power of {wrong[0]}" if wrong else ""
    if not powers:
        return Energy(joules=None, source=f"{NOT_TOLD}: {left_out}") if wrong else NONE
    mean_w = sum(powers) / len(powers)
    source = (
        f"nvidia-smi, the card's power: mean of {len(powers)} samples of {SAMPLED_MS} ms; the host left out"
        f"{left_out and '; '}{left_out}"
    )
    return Energy(joules=mean_w * seconds, source=source, samples=len(powers))


class CardSampler:
    """An ``nvidia-smi`` that writes the state of one card to a file until it is ended."""

    QUERIED = (
        "index", "name", "memory.total", "memory.used", "temperature.gpu", "power.draw", "utilization.gpu",
    )  # fmt: skip

    def __init__(self, card: int) -> None:
        self._card = card
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        argv = [
            "nvidia-smi", f"--query-gpu={','.join(self.QUERIED)}", "--format=csv", f"--id={card}",
            f"--loop-ms={SAMPLED_MS}",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):  # not there: then nothing is told
            self._process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=self._file, stderr=subprocess.DEVNULL
            )

    def end(self) -> list[Card]:
        """End it; the card's states in order, empty where it told nothing that can be read."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        with self._file:
            self._file.seek(0)
            return read_samples(self._file.read())


def read_samples(content: bytes) -> list[Card]:
    """The states in nvidia-smi's CSV, of which the last line may have been cut."""
    whole = content[: content.rfind(b"\n") + 1]
    try:
        return list(nvidia_smi.parse(parsers.read(whole, "nvidia-smi")).cards)
    except ParseError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

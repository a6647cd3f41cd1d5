"""Whether a throughput is what its document counts: samples a second of one device, or of a card of several.

The one place that decides it, for runs, logs, bundles and reports alike. A number is multiplied only where
the document itself says that a card's is one device's, multiplied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.domain.chips import Chip
from harness.domain.documents import Document

_UNKNOWN = "nobody tells of how many devices it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A throughput as what its document counts; `why_not` says why it is something else."""

    samples_per_s: float  # to be held against the documented value
    said: str  # the number in words, with how it came about
    note: str = ""  # what was taken for granted; empty where nothing was
    why_not: str = ""


def held(samples_per_s: float, devices: int | None, *, chip: Chip, document: Document | None) -> Held:
    """`samples_per_s`, measured on `devices` of `chip` at once (None: nobody tells), as `document` counts.

    A document that names no card counts by the device; so does None.
    """
    plain = Held(samples_per_s=samples_per_s, said=f"{samples_per_s:.2f} samples/s")
    if document is None or not document.per_card:
        return _by_the_device(plain, devices)
    sizes = sorted({card.devices for card in chip.cards} or {1})
    if len(sizes) > 1 or not chip.cards:
        return _by_an_unnamed_card(plain, devices, chip, sizes[0])
    size = sizes[0]
    if devices == size:
        return plain if size == 1 else replace(plain, note=f"the total of the {size} devices of a card")
    if devices == 1 and document.times_devices:
        whole = samples_per_s * size
        said = f"one device's {samples_per_s:.2f} x {size} devices a card = {whole:.2f} samples/s"
        return Held(samples_per_s=whole, said=said)
    if devices is None and size == 1:
        return replace(plain, note=f"{_UNKNOWN}: taken for one, which is a card")
    counts = f"the document counts by the card of {_devices(size)} ({chip.cards[0].name})"
    if devices == 1:
        counts += (
            f" and does not say that it multiplies; measure all {size} at once, and file that log with "
            "`zoocheck import-log`"
        )
    return replace(plain, why_not=f"{_of(devices)}, and {counts}")


def _by_the_device(plain: Held, devices: int | None) -> Held:
    if devices is None:
        return replace(plain, note=f"{_UNKNOWN}: taken for one")
    if devices == 1:
        return plain
    return replace(plain, why_not=f"{_of(devices)}, and the document counts by the device")


def _by_an_unnamed_card(plain: Held, devices: int | None, chip: Chip, smallest: int) -> Held:
    """Of cards that differ, or that no table has: the smallest, because documented commands measure a device.

    A total that would make a larger card is not compared: it might hide a card that lost half its speed.
    """
    listed = ", ".join(f"{card.name}: {card.devices}" for card in chip.cards) or "no table does"
    counts = f"the document counts by the card and does not say of how many devices ({listed})"
    if devices == smallest or (devices is None and smallest == 1):
        return replace(plain, note=f"{_of(devices)}, taken for a card's: {counts}")
    return replace(plain, why_not=f"{_of(devices)}, and {counts}")


def _of(devices: int | None) -> str:
    if devices is None:
        return _UNKNOWN
    return "one device's" if devices == 1 else f"the total of {devices} devices"


def _devices(count: int) -> str:
    return f"{count} device{'' if count == 1 else 's'}"

"""Whether an Ascend card is here, and what its tools say of it: npu-smi, the toolkit's files, ais_bench."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from harness.decoding import Undecodable, json_object
from harness.domain.chips import Chip
from harness.errors import MachineError
from harness.hashing import sha256
from harness.toolchains import monitors, names
from harness.toolchains.ascend import commands
from harness.toolchains.base import Availability, Available, Unavailable
from harness.toolchains.place import SIMULATED, Place, Toolchain
from harness.toolchains.worker_session import WORKERS
from harness.tools.parsers import Card, npu_smi
from harness.tools.process import Stage, ToolFailed, ToolTimedOut, find, scratch

HEALTHY = "OK"  # as npu-smi writes it
TOOL, SDK = "ais_bench", "ais_bench.infer.interface"
PACKAGES = ("ais_bench", "aclruntime")
NOT_STATED = "not stated"
IMPORTABLE = "importable"

_FIRMWARE = re.compile(r"^\s*Firmware Version\s*:\s*(\S+)", re.MULTILINE)
_CANN = re.compile(r"^version=(\S+)", re.MULTILINE)


def probe(chip: Chip, device: int, toolchain: Toolchain) -> Availability:
    """Card `device` of `chip`, as ais_bench's ``--device`` counts; raises as `Place.run` and the parsers."""
    with scratch("zoocheck-probe-") as folder:
        place = Place(folder=folder, toolchain=toolchain)
        listing = monitors.listed(toolchain, commands.info(), npu_smi.parse)
        table, card = listing.cards, _fit(chip, listing, device)
        if isinstance(card, Unavailable):
            return card
        chip_name = str(card.name)  # `_fit` refuses one without
        installed = _installed(place)
        if (missing := _without_ais_bench(installed, toolchain)) is not None:
            return missing
        toolkit = _toolkit(toolchain)
        facts = {
            "chip_name": chip_name,
            "soc_version": commands.soc_version(chip_name),
            "npu-smi": table.version or NOT_STATED,
            "driver": table.driver or NOT_STATED,
            "firmware": _firmware(place, card),
            "CANN": toolkit,
            "atc_sha256": sha256(find("atc", toolchain.environment(), remedy=chip.remedy).resolve()),
            **{name: installed[name] or NOT_STATED for name in ("python", *PACKAGES)},
            "InferSession": installed[f"no {SDK}"] or IMPORTABLE,
        }
        facts |= monitors.unknown(card)
        if listing.trouble:
            facts["monitor"] = listing.trouble
        simulated = listing.simulated or any(SIMULATED in fact for fact in facts.values())
        name = f"{commands.soc_version(chip_name)}, card {device}"
        return Available(device=name, facts=facts, simulated=simulated)


def is_chip(chip: Chip, name: str) -> bool:
    """Whether a card that npu-smi calls `name` is one of `chip`."""
    return names.other(chip, name) is None


def _fit(chip: Chip, listing: monitors.Listing, device: int) -> Card | Unavailable:
    """The card that is meant, or why it is none to measure `chip` on."""
    card = monitors.chosen(listing, device)
    if isinstance(card, Unavailable):
        return card
    if (other := names.other(chip, str(card.name))) is not None:
        expected = " or ".join(chip.device_names)
        return Unavailable(
            reason=f"card {device} is a {other}, expected a {expected}",
            remedy="choose another card with --device, or the cases of that chip",
        )
    if card.health != HEALTHY:
        said = card.health or f"{card.unread.get('health', '')!r} of its health"
        return Unavailable(
            reason=f"card {device} is not healthy: npu-smi says {said}, expected {HEALTHY}",
            remedy="see `npu-smi info -t health`, and repair or reset the card",
        )
    return card


def _firmware(place: Place, card: Card) -> str:
    """The firmware's version; a card that does not tell it is a card all the same."""
    if card.index is None:
        return NOT_STATED
    try:
        found = _FIRMWARE.search(_output(place, commands.board(card.index)))
    except ToolTimedOut:
        raise
    except ToolFailed:
        return NOT_STATED
    return found[1] if found else NOT_STATED


def _output(place: Place, argv: list[str]) -> str:
    """What a tool prints."""
    log = place.run(place.command(argv, stage=Stage.PROBE, cwd=place.folder))
    return log.read_text(encoding="utf-8", errors="replace")


def _installed(place: Place) -> Mapping[str, str | None]:
    """What the vendor's interpreter has: its version, the packages', and why a module cannot be imported."""
    result = place.folder / "versions.json"
    argv = [place.toolchain.python, str(WORKERS / "versions.py"), str(result)]
    _output(place, [*argv, *PACKAGES, "--", TOOL, SDK])
    try:
        told = json_object(result.read_bytes())
        return {
            "python": told["python"],
            **told["packages"],
            **{f"no {k}": v for k, v in told["modules"].items()},
        }
    except (OSError, Undecodable, KeyError, TypeError, AttributeError) as problem:
        raise MachineError(
            f"{place.toolchain.python}: its list of packages cannot be read: {problem}"
        ) from problem


def _without_ais_bench(installed: Mapping[str, str | None], toolchain: Toolchain) -> Unavailable | None:
    """Where ``-m ais_bench`` has nothing to run."""
    reason = installed[f"no {TOOL}"]
    if reason is None:
        return None
    return Unavailable(
        reason=f"{TOOL} cannot be imported by {toolchain.python}: {reason}",
        remedy="install it there, or name the interpreter that has it in ZOOCHECK_ASCEND_PYTHON",
    )


def _toolkit(toolchain: Toolchain) -> str:
    """CANN's version: ``version=`` of ascend_toolkit_install.info, where hiascend.com ("File Paths") has it.

    The toolkit is where its set_env.sh says (ASCEND_TOOLKIT_HOME).
    """
    home = toolchain.environment().get("ASCEND_TOOLKIT_HOME")
    if not home:
        return NOT_STATED
    for path in sorted(Path(home).glob("*-linux/ascend_toolkit_install.info")):
        found = _CANN.search(path.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
    return NOT_STATED

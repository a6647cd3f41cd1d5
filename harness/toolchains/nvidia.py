"""What `nvidia-smi` says of a card: shared by the backends that run on NVIDIA's GPUs."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.toolchains.base import Unavailable
from harness.toolchains.place import SIMULATED, Toolchain
from harness.toolchains.tensorrt import commands
from harness.tools import parsers, process
from harness.tools.parsers import nvidia_smi
from harness.tools.process import Command, Stage

_CUDA = re.compile(r"CUDA Version *: *([\d.]+)", re.ASCII)
_NOTHING = ("[N/A]", "[Not Supported]", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One card, under the index that nvidia-smi gives it; `facts` are what it tells, as printed."""

    name: str
    facts: Mapping[str, str]
    simulated: bool


def said(toolchain: Toolchain, argv: Sequence[str]) -> parsers.Log:
    """What a tool prints when it is asked what is here. Raises as `process.run`."""
    with tempfile.TemporaryDirectory(prefix="zoocheck-probe-") as folder:
        log = Path(folder) / "probe.log"
        command = Command(argv=tuple(argv), cwd=Path(folder), stage=Stage.PROBE, sourced=toolchain.sourced)
        process.run(command, log)
        return parsers.read(log.read_bytes(), Path(argv[0]).name)


def card(toolchain: Toolchain, device: int) -> Found | Unavailable:
    """Card number `device`. Raises as `said`, and `ParseError` for an answer that lists no card."""
    log = said(toolchain, commands.cards())
    every = nvidia_smi.parse(log).cards
    chosen = next((item for item in every if item.index == device), None)
    if chosen is None:
        listed = ", ".join(f"{item.index} ({item.name})" for item in every)
        return Unavailable(
            reason=f"there is no card {device}: nvidia-smi lists {listed}",
            remedy="choose one of them with --device",
        )
    facts = {name: value for name, value in _row(log, device).items() if value not in _NOTHING}
    table = said(toolchain, commands.monitor())
    cuda = table.first(_CUDA)
    if cuda is not None:
        facts["cuda"] = cuda[1]  # the newest that the driver runs
    facts["driver"] = facts.pop("driver_version", "")
    simulated = any(SIMULATED in line.text for each in (log, table) for line in each.lines)
    return Found(name=chosen.name, facts=facts, simulated=simulated)


def named(name: str, words: Sequence[str]) -> bool:
    """Whether a card's name holds one of `words` as a word: ``Tesla T4`` is a T4, ``NVIDIA T4G`` is none."""
    return not words or bool(set(re.split(r"[\s_-]+", name)) & set(words))


def _row(log: parsers.Log, device: int) -> dict[str, str]:
    """The card's line of the CSV by its header, where ``power.limit [W]`` stands for ``70.00 W``."""
    rows = [[value.strip() for value in line.text.split(",")] for line in log.lines]
    names = next(row for row in rows if "index" in row)
    at = names.index("index")
    found = next(row for row in rows if len(row) == len(names) and row[at] == str(device))
    return {name.partition(" [")[0]: value for name, value in zip(names, found, strict=True)}

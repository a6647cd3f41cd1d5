"""npu-smi: ``npu-smi info`` and ``npu-smi info -t board -i N``, laid out as version 22.0.2 does.

``ZOOCHECK_SIMULATED_NPU`` is the chip (310P3), ``ZOOCHECK_SIMULATED_NPU_HEALTH`` its health (OK). There are
two cards; their NPU numbers are not their device numbers, as on a machine with cards in other slots.
"""

from __future__ import annotations

import os
import sys

import kit

TOOL = "npu-smi"
CARDS = (8, 2144)  # NPU numbers of devices 0 and 1
DRIVER, FIRMWARE = "22.0.4", "1.84.15.1.220"
RULE = "+-----------------------+-----------------+------------------------------------------------------+"
DOUBLE = RULE.replace("-", "=")


def row(first: str, second: str, third: str) -> str:
    return f"| {first:<21} | {second:<15} | {third:<52} |"


def info() -> list[str]:
    chip = "910A" if kit.fault(TOOL) == "other-chip" else os.environ.get("ZOOCHECK_SIMULATED_NPU", "310P3")
    health = os.environ.get("ZOOCHECK_SIMULATED_NPU_HEALTH", "OK")
    lines = [
        "+" + "-" * 96 + "+",
        f"| {f'npu-smi 22.0.2-{kit.SIMULATED}':<40} {f'Version: {DRIVER}':<53} |",
        RULE,
        row("NPU     Name", "Health", "Power(W)     Temp(C)           Hugepages-Usage(page)"),
        row("Chip    Device", "Bus-Id", "AICore(%)    Memory-Usage(MB)"),
        DOUBLE,
    ]
    for device, card in enumerate(CARDS):
        lines += [
            row(f"{card:<7} {chip}", health, "NA           47                0    / 0"),
            row(f"0       {device}", f"0000:8{device}:00.0", "0            1807 / 21527"),
            DOUBLE,
        ]
    return lines


def board(card: int) -> list[str]:
    if card not in CARDS:
        kit.refuse(f"Error parameter of -i: no NPU {card}")
    return [
        f"\tNPU ID                         : {card}",
        f"\tSoftware Version               : {DRIVER}",
        f"\tFirmware Version               : {FIRMWARE}",
    ]


def main(arguments: list[str]) -> None:
    kit.misbehave(TOOL)
    match arguments:
        case ["info"]:
            kit.say(TOOL, info())
        case ["info", "-t", "board", "-i", card] if card.isdigit():
            kit.say(TOOL, board(int(card)))
        case _:
            kit.refuse(f"Error parameter of {' '.join(arguments)}")


if __name__ == "__main__":
    main(sys.argv[1:])

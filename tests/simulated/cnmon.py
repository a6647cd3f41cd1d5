"""`cnmon`: two cards, as version 5 lists them."""

from __future__ import annotations

import sys

import kit

TOOL = "cnmon"
FRAME = "+-------------------------------+----------------------+-----------------------+"
WIDE = "+------------------------------------------------------------------------------+"


def card(number: int, name: str) -> list[str]:
    """The two rows of a card, and the line under them."""
    return [
        f"| {number}     /   {name:<12} v1.1.6 |         0000:{39 + number}:00.0 | 0%                N/A |",
        "|  0%   32C        106 W/ 250 W |     0 MiB/ 23374 MiB | N/A           Default |",
        FRAME,
    ]


def main() -> None:
    if len(sys.argv) != 1:
        kit.refuse(f"cnmon: invalid argument {sys.argv[1]}", 255)
    kit.misbehave(TOOL)
    name = "MLU590-M9" if kit.fault(TOOL) == "other-chip" else "MLU370-X8"
    lines = [
        WIDE,
        f"| CNMON {kit.SIMULATED:<30}              Driver v5.10.13            |",
        FRAME,
        "| Card  VF  Name       Firmware |               Bus-Id | Util        Ecc-Error |",
        "| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage | SR-IOV   Compute-Mode |",
        "|===============================+======================+=======================|",
        *card(0, name),
        *card(1, name),
    ]
    if kit.fault(TOOL) == "truncated-log":
        lines = lines[:7]  # within a card
    print("\n".join(lines))


main()

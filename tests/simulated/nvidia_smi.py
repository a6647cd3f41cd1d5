"""An imitation of nvidia-smi for one T4: the table, and the one query that zoocheck makes."""

from __future__ import annotations

import sys

import kit

TOOL = "nvidia-smi"
NAME = f"NVIDIA L4 ({kit.SIMULATED})" if kit.fault(TOOL) == "other-chip" else f"Tesla T4 ({kit.SIMULATED})"
VALUES = {
    "index": "0",
    "name": NAME,
    "pci.bus_id": "00000000:3B:00.0",
    "driver_version": "535.104.05",
    "vbios_version": "90.04.38.00.03",
    "memory.total": "15360 MiB",
    "memory.used": "2 MiB",
    "power.limit": "70.00 W",
    "clocks.max.sm": "1590 MHz",
    "clocks.max.memory": "5001 MHz",
    "ecc.mode.current": "Enabled",
    "persistence_mode": "Disabled",
}
# As --help-query-gpu names them, and what the header of the CSV makes of it.
UNITS = {
    "memory.total": "[MiB]", "memory.used": "[MiB]", "power.limit": "[W]",
    "clocks.max.sm": "[MHz]", "clocks.max.memory": "[MHz]",
}  # fmt: skip
TABLE = f"""\
Sat Nov 21 14:00:00 2026
+---------------------------------------------------------------------------------------+
| NVIDIA-SMI 535.104.05             Driver Version: 535.104.05   CUDA Version: 12.2     |
|-----------------------------------------+----------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |         Memory-Usage | GPU-Util  Compute M. |
|=========================================+======================+======================|
|   0  {NAME:<30}Off | 00000000:3B:00.0 Off |                    0 |
| N/A   33C    P8              9W /  70W |      2MiB / 15360MiB |      0%      Default |
+-----------------------------------------+----------------------+----------------------+"""


def main() -> None:
    """As the real one: a field that it does not know is refused by name, with status 2."""
    kit.misbehave(TOOL)
    arguments = sys.argv[1:]
    if not arguments:
        kit.say(TOOL, TABLE.splitlines())
        return
    if len(arguments) != 2 or arguments[1] != "--format=csv" or not arguments[0].startswith("--query-gpu="):
        kit.refuse(f"Invalid combination of input arguments: {' '.join(arguments)}", status=1)
    names = arguments[0].partition("=")[2].split(",")
    for name in names:
        if name not in VALUES:
            kit.refuse(f'Field "{name}" is not a valid field to query.', status=2)
    header = ", ".join(f"{name} {UNITS[name]}" if name in UNITS else name for name in names)
    kit.say(TOOL, [header, ", ".join(VALUES[name] for name in names)])


if __name__ == "__main__":
    main()

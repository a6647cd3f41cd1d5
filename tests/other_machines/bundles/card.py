"""The card's machine for a bundle: imitated tools, an empty environment, no Python package on any path."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from simulated import kit

# Of each toolchain a case and how many samples are enough.
CASES = {
    "ascend": ("tinybert-ascend310p-bs8", 20),
    "tensorrt": ("tinybert-t4-bs2", 5),
    "vastai": ("bert-chinese-ner-vacc-bs2", 12),
    "magicmind": ("bert-squad-mlu370-bs2", 2),
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """A machine with one toolchain's imitations and nothing else."""

    toolchain: str
    bin: Path

    def run(self, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """`sh run.sh` as ``env -i`` has it; `more` are variables that its user sets."""
        python = f"ZOOCHECK_{self.toolchain.upper()}_PYTHON={self.bin / 'vendor-python'}"
        settings = [f"{name}={value}" for name, value in more.items()]
        return subprocess.run(
            ["env", "-i", f"PATH={self.bin}:/usr/bin:/bin", python, *settings, "sh", str(folder / "run.sh")],
            cwd="/", capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip


def install(toolchain: str, folder: Path) -> Card:
    """The imitations of `toolchain`'s tools in `folder`."""
    return Card(toolchain=toolchain, bin=kit.install(folder, *kit.TOOLS[toolchain]))

"""What the imitations share: faults on demand, and how they are put on PATH.

A fault is told by ``ZOOCHECK_SIMULATED_FAULT=<tool>:<fault>``, where ``<tool>`` is the imitation's name:

    exit              ends with status 3 after saying why
    hang              never ends; goes at SIGTERM
    hang-for-good     never ends, whatever SIGTERM says
    signal            dies by SIGSEGV
    truncated-log     prints half of what it has to print, ends well
    fewer-outputs     leaves out the last sample
    swapped-samples   puts the outputs of the first and the last sample in each other's place
    swapped-outputs   puts the graph's outputs in each other's place, where it has two
    nan               writes a NaN into one output
    disk-full         fails with the system's words; ais_bench half-way through its files
    other-chip        says that another chip is there
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import numpy as np

HERE = Path(__file__).resolve().parent
VARIABLE = "ZOOCHECK_SIMULATED_FAULT"
REMEMBERED = "ZOOCHECK_SIMULATED_REMEMBERED"  # a folder: `networks` keeps what it computed there
SIMULATED = (
    "zoocheck-simulated"  # harness.toolchains.place.SIMULATED; the imitations import nothing of zoocheck
)
FAULTS = (
    "exit", "hang", "hang-for-good", "signal", "truncated-log", "fewer-outputs", "swapped-samples",
    "swapped-outputs", "nan", "disk-full", "other-chip",
)  # fmt: skip

# Each toolchain's imitations: the tools by their name on PATH, and the packages of its interpreter.
TOOLS = {
    "ascend": ({"npu-smi": "npu_smi.py", "atc": "atc.py"}, "ascend_packages"),
    "tensorrt": ({"nvidia-smi": "nvidia_smi.py", "trtexec": "trtexec.py"}, "tensorrt_packages"),
    "vastai": ({"vamc": "vamc.py", "vamp": "vamp.py"}, "vastai_packages"),
    "magicmind": ({"cnmon": "cnmon.py", "mm_run": "mm_run.py"}, "magicmind_packages"),
}


def fault(tool: str) -> str | None:
    """The fault that `tool` was told, or None."""
    told, _, what = os.environ.get(VARIABLE, "").partition(":")
    if told != tool:
        return None
    assert what in FAULTS, f"{VARIABLE}: no fault is called {what!r}"
    return what


def misbehave(tool: str) -> None:
    """Exit, hang or die, where that is what `tool` was told."""
    what = fault(tool)
    if what == "exit":
        print(f"[ERROR] {tool}: told to fail", flush=True)
        sys.exit(3)
    if what == "signal":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what in ("hang", "hang-for-good"):
        if what == "hang-for-good":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print(f"[INFO] {tool}: working", flush=True)
        while True:
            time.sleep(60)
    if what == "disk-full":
        disk_full(tool)


def disk_full(tool: str) -> NoReturn:
    """What a full disk makes of a tool: the system's words, and status 1."""
    print(f"[ERROR] {tool}: write failed: [Errno 28] No space left on device", flush=True)
    sys.exit(1)


def say(tool: str, lines: Iterable[str]) -> None:
    """Print the lines, or half of them where the log is to be truncated."""
    every = list(lines)
    if fault(tool) == "truncated-log":
        every = every[: len(every) // 2]
    print("\n".join(every), flush=True)


def refuse(message: str, status: int = 1) -> NoReturn:
    """End as the real tool does for a command line that it does not take."""
    print(message, flush=True)
    sys.exit(status)


def changed(tool: str, outputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Outputs ``[samples, ...]`` with the fault that `tool` was told about them, if it was told one."""
    what, arrays = fault(tool), [output.copy() for output in outputs]
    if what == "fewer-outputs":
        return [array[:-1] for array in arrays]
    if what == "swapped-samples":
        for array in arrays:
            array[[0, -1]] = array[[-1, 0]]
    if what == "swapped-outputs" and len(arrays) > 1:
        arrays[0], arrays[1] = arrays[1], arrays[0]
    if what == "nan":
        arrays[0].reshape(-1)[0] = float("nan")
    return arrays


def install(folder: Path, tools: Mapping[str, str], packages: str | None = None) -> Path:
    """Put `tools` (name on PATH -> script in this folder) into ``folder/bin``, an interpreter beside them.

    The interpreter, ``folder/bin/vendor-python``, finds what is under `packages` of this folder, as the
    vendor's own finds its SDK; it is this process's, with nothing of zoocheck on its path. They remember
    (`networks`) where this process is told to, in whatever environment they run. Returns ``folder/bin``.
    """
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    python = f"{REMEMBERED}={shlex.quote(os.environ.get(REMEMBERED, ''))} exec {sys.executable} -s"
    for name, script in tools.items():
        _executable(bin_folder / name, f'{python} {HERE / script} "$@"')
    path = HERE if packages is None else f"{HERE / packages}:{HERE}"
    _executable(bin_folder / "vendor-python", f'PYTHONPATH={path} {python} "$@"')
    return bin_folder


def remove(bin_folder: Path, name: str) -> None:
    """What a tool looks like that vanished between two steps."""
    path = bin_folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _executable(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)

"""Which runtimes beside the CPU's are installed in this interpreter, and whether they load.

A distribution that is installed need not load: its vendor's libraries may be missing, or another distribution
that holds the same package lies over it. So each is asked in a process of its own, which may crash.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from harness.decoding import Undecodable, json_object
from harness.machine.fingerprint import library_versions

CHILD = Path(__file__).with_name("runtime_child.py")
LIMIT_S = 60.0
_FIRST_NUMPY_REFUSED = 2
# How onnxruntime says which library it misses (core/session/provider_bridge_ort.cc, ProviderLibrary::Load).
_LIBRARY = re.compile(r"Failed to load library \S+ with error: ([^\n\x1b]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A distribution, the package that it holds, and the execution provider that it is installed for."""

    distribution: str
    package: str
    provider: str = ""  # of onnxruntime
    needs: str = ""


KNOWN = (
    Known(
        distribution="onnxruntime-gpu", package="onnxruntime", provider="CUDAExecutionProvider",
        needs="an NVIDIA driver, CUDA and cuDNN",
    ),
    Known(
        distribution="onnxruntime-cann", package="onnxruntime", provider="CANNExecutionProvider",
        needs="CANN (set_env.sh sourced), and numpy below 2, which its metadata does not say",
    ),
    Known(
        distribution="onnxruntime-openvino", package="onnxruntime", provider="OpenVINOExecutionProvider",
        needs="nothing beside itself on Intel's CPUs",
    ),
    Known(
        distribution="torch-npu", package="torch_npu", needs="the torch of its own version, and CANN",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What is here of a distribution; `problem` is why one that is installed does not load."""

    known: Known
    version: str | None
    loads: bool
    problem: str | None = None


def runtimes(known: Sequence[Known] = KNOWN) -> list[Runtime]:
    """Every distribution of `known`; one that is installed is loaded, which takes seconds."""
    versions = library_versions([item.distribution for item in known])
    return [_runtime(item, versions.get(item.distribution)) for item in known]


def _runtime(known: Known, version: str | None) -> Runtime:
    if version is None:
        return Runtime(known=known, version=None, loads=False)
    problem = _refused_numpy(known) or _why_not(known)
    if problem is not None and (beside := _beside(known)):
        problem += f"; {', '.join(beside)} hold{'s' if len(beside) == 1 else ''} the same package"
    return Runtime(known=known, version=version, loads=problem is None, problem=problem)


def _refused_numpy(known: Known) -> str | None:
    """onnxruntime-cann 1.24.4 was built against numpy 1: with 2.4.6 its import fails (`findings/`)."""
    found = library_versions(["numpy"]).get("numpy", "")
    major = found.partition(".")[0]
    if known.distribution == "onnxruntime-cann" and major.isdigit() and int(major) >= _FIRST_NUMPY_REFUSED:
        return f"numpy {found} is installed, and it needs numpy below {_FIRST_NUMPY_REFUSED}"
    return None


def _why_not(known: Known) -> str | None:
    """Why it does not load, as its own process says; None where it does."""
    argv = [sys.executable, "-P", str(CHILD), known.package, known.provider]
    try:
        done = subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S,
            encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"it did not load within {LIMIT_S:g} s"
    lines = done.stdout.splitlines()
    try:
        told = json_object(lines[-1])["problem"] if lines else ...
    except (Undecodable, KeyError):
        told = ...
    if told is ...:  # it crashed
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        return f"loading it ended with status {done.returncode}: {last}"
    if told is None:
        return None
    library = _LIBRARY.search(done.stderr)
    return f"{told}: {library[1].strip()}" if library else str(told)


def _beside(known: Known) -> list[str]:
    """Other installed distributions of the same package: what is imported is the one installed last."""
    others = metadata.packages_distributions().get(known.package, [])
    return sorted({name for name in others if name != known.distribution})

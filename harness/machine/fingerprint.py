"""What this machine is: hardware, limits, library versions and code revision, for every measurement."""

from __future__ import annotations

import copy
import hashlib
import os
import platform
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import psutil  # type: ignore[import-untyped]

from harness.records import canonical

PASSING = frozenset({"load_average"})  # of a fingerprint: what does not make a machine another one

# The distributions whose version can change a number. Variants of one library are listed beside it.
LIBRARIES = (
    "numpy",
    "onnx",
    "onnxruntime",
    "onnxruntime-cann",
    "onnxruntime-gpu",
    "onnxruntime-openvino",
    "onnxsim",
    "safetensors",
    "tokenizers",
    "torch",
    "torch-npu",
    "transformers",
)

_GIT_TIMEOUT_S = 10.0
# cgroup v1 spells "no memory limit" as the largest multiple of the page size below 2**63.
_NO_LIMIT = 2**62


def fingerprint() -> dict[str, Any]:
    """This machine as a JSON object; what cannot be read is None.

    ``cpu``, ``architecture``, ``cores_physical``, ``cores_logical``, ``cores_usable`` (by affinity),
    ``cores_quota`` (of the container, in cores), ``memory_bytes``, ``memory_limit_bytes`` (of the
    container), ``governor`` (of the CPU frequency; several are joined by a comma), ``os``, ``kernel``,
    ``python``, ``load_average`` (1, 5 and 15 minutes, at the first call in this process: call it before
    measuring) and ``host_id``, which tells machines apart without naming them. The hostname is not in it.
    """
    return copy.deepcopy(_fingerprint())


@cache
def _fingerprint() -> dict[str, Any]:
    return {
        "host_id": _host_id(),
        "cpu": _cpu(),
        "architecture": platform.machine(),
        "cores_physical": psutil.cpu_count(logical=False),
        "cores_logical": psutil.cpu_count(),
        "cores_usable": _cores_usable(),
        "cores_quota": cores_quota(),
        "memory_bytes": psutil.virtual_memory().total,
        "memory_limit_bytes": memory_limit_bytes(),
        "governor": governor(),
        "os": _os_name(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load_average": _load_average(),
    }


_KEYS: dict[str, str] = {}  # by how a fingerprint is spelt: thousands of results are of one machine


def machine_key(fingerprint: Mapping[str, Any]) -> str:
    """12 hexadecimal digits that are the same for the same machine: a hash of its fingerprint.

    What passes (`PASSING`) is not in it. Nor is what could not be read: a fingerprint that has it as None and
    one that does not have it are of the same machine. Raises `RecordError` for what JSON cannot hold.
    """
    lasting = {
        name: value for name, value in fingerprint.items() if name not in PASSING and value is not None
    }
    spelt = repr(lasting)
    if spelt not in _KEYS:
        _KEYS[spelt] = hashlib.sha256(canonical(lasting, "machine")).hexdigest()[:12]
    return _KEYS[spelt]


def library_versions(names: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """The installed version of each distribution, read from its metadata: nothing is imported.

    A distribution that is not installed is left out.
    """
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


@cache
def git_revision(folder: Path) -> str | None:
    """The commit that the code in `folder` is at, with ``+dirty`` where anything differs from it.

    A file git neither tracks nor ignores counts as a difference, because a new table or module changes
    results too. None without git, without a commit, outside a repository, and where the
    repository around `folder` tracks nothing in it (an installed package in somebody's project). As
    of the first call in this process: that is the code that was loaded.
    """
    if not _git(folder, "ls-files", "--", "."):
        return None
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=normal")
    if status is None:
        return None
    lines = status.splitlines()
    head = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if head == "(initial)":
        return None
    dirty = any(not line.startswith("#") for line in lines)
    return f"{head}+dirty" if dirty else head


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints in `folder`, or None where it is missing, fails or takes too long."""
    # A hook or a wrapper may have set GIT_DIR and the like, which would answer for another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment["GIT_OPTIONAL_LOCKS"] = "0"  # looking must not write to the index
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            encoding="utf-8",
            errors="replace",
            timeout=_GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def governor(root: Path = Path("/")) -> str | None:
    """The CPU frequency governors in force (Linux), or None where the kernel does not say."""
    files = root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")
    return ", ".join(sorted({text for file in files if (text := _read(file))})) or None


def cores_quota(root: Path = Path("/")) -> float | None:
    """How many cores' worth of time the control groups around this process allow; None: no limit.

    cgroup v2: ``cpu.max`` (quota and period in microseconds); v1: ``cpu.cfs_quota_us`` and
    ``cpu.cfs_period_us``. Source: the kernel's Documentation/admin-guide/cgroup-v2.rst and
    Documentation/scheduler/sched-bwc.rst. The strictest group on the way to the root counts.
    """
    quotas = []
    for folder in _groups(root, "cpu"):
        quota, _, period = (_read(folder / "cpu.max") or "").partition(" ")
        quota = quota or _read(folder / "cpu.cfs_quota_us") or ""
        period = period or _read(folder / "cpu.cfs_period_us") or ""
        if quota.isdecimal() and period.isdecimal() and int(period) > 0:  # "max" and -1 are no limit
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def usable_cores() -> list[int]:
    """The cores, by number, that a computation may keep busy at once: by affinity and the groups' quota."""
    usable = affinity() or list(range(os.cpu_count() or 1))
    quota = cores_quota()
    return usable if quota is None else usable[: max(1, int(quota))]


def affinity() -> list[int] | None:
    """The cores that this process may run on, by number; None where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def memory_limit_bytes(root: Path = Path("/")) -> int | None:
    """The memory in bytes that the control groups around this process allow; None: no limit.

    cgroup v2: ``memory.max``; v1: ``memory.limit_in_bytes``. The strictest group counts.
    """
    limits = []
    for folder in _groups(root, "memory"):
        limit = _read(folder / "memory.max") or _read(folder / "memory.limit_in_bytes") or ""
        if limit.isdecimal() and int(limit) < _NO_LIMIT:
            limits.append(int(limit))
    return min(limits, default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's control groups for `controller`, from its own up to the top.

    Inside a container the path in ``/proc/self/cgroup`` may be the host's: folders that are not
    there are simply not readable, and the top one is the container's own.
    """
    for line in (_read(root / "proc/self/cgroup") or "").splitlines():
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            mounts = [root / "sys/fs/cgroup", root / "sys/fs/cgroup/unified"]
        elif controller in controllers.split(","):
            mounts = [root / "sys/fs/cgroup" / controller, root / "sys/fs/cgroup" / controllers]
        else:
            continue
        below = PurePosixPath(path.lstrip("/"))
        for mount in mounts:
            yield from (mount / part for part in (below, *below.parents))


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _cpu() -> str | None:
    for line in (_read(Path("/proc/cpuinfo")) or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Hardware", "cpu model"):
            return value.strip()
    return platform.processor() or None


def _cores_usable() -> int | None:
    cores = affinity()
    return os.cpu_count() if cores is None else len(cores)


def _load_average() -> list[float] | None:
    try:
        return list(os.getloadavg())
    except OSError:
        return None


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"


def _host_id() -> str:
    """12 hexadecimal digits of the SHA-256 of the machine id, or of the hostname where there is none."""
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        if identity := _read(file):
            break
    else:
        identity = platform.node()
    return hashlib.sha256(identity.encode()).hexdigest()[:12]

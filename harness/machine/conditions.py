"""What the machine did while calls were timed, and whether that disturbed them.

A snapshot before and one behind the timed calls; what lies between them is told in numbers, None where the
machine does not tell it, and `disturbances` decides by fixed bounds whether the run is noisy.
"""

from __future__ import annotations

import os
import re
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.machine.fingerprint import affinity, governor, usable_cores

# What makes a run noisy. A share is of the time of the cores that this process may run on.
#
# STEAL: time that the hypervisor gave to others while this machine had work. A quiet virtual machine has
#     none; 1 % of it is as much as the change that a gate looks for.
# OTHERS: CPU time of everything that is not this process: 5 % is a tenth of a core on a machine of two, and
#     several cores on a large one, which has some to spare. A quiet machine's services take below 1 %.
# SLOWER: of the mean clock frequency, from before to behind; less is what turbo modes do by themselves.
STEAL, OTHERS, SLOWER = 0.01, 0.05, 0.10
# The kernel counts CPU time in ticks of 10 ms: of less time than this it says too little to judge by.
SHORTEST_S = 0.5

_MHZ = re.compile(r"^cpu MHz\s*:\s*([\d.]+)", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The machine at one moment. None is what it does not tell."""

    at_s: float  # by the monotonic clock
    cores: int | None  # that /proc/stat counts and this process may run on; the next two are of them
    busy_s: float | None  # CPU time of all processes, since the boot
    stolen_s: float | None
    own_s: float  # CPU time of this process and of its children that have ended
    switches: int  # involuntary, of the same
    load_average: tuple[float, ...] | None
    frequency_mhz: float | None  # the mean over cores
    governor: str | None
    temperatures_c: Mapping[str, float]  # by thermal zone
    throttled: int | None  # how often cores and packages were, since the boot


def snapshot(root: Path = Path("/")) -> Snapshot:
    """What the machine tells now, under `root`; takes a millisecond or so."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cores, busy_s, stolen_s = _cpu_times(root)
    return Snapshot(
        at_s=time.monotonic(),
        cores=cores,
        busy_s=busy_s,
        stolen_s=stolen_s,
        own_s=sum(used.ru_utime + used.ru_stime for used in own),
        switches=sum(used.ru_nivcsw for used in own),
        load_average=_load_average(root),
        frequency_mhz=_frequency_mhz(root),
        governor=governor(root),
        temperatures_c=_temperatures_c(root),
        throttled=_throttled(root),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What lay between two snapshots. None is what the machine does not tell."""

    seconds: float
    cores: int | None
    steal: float | None  # share of the cores' time
    others: float | None  # likewise, of other processes
    switches_per_s: float  # and core that may be kept busy at once; judged by nothing
    frequency_change: float | None  # relative, of the mean over cores
    throttled: int | None  # how often, in between
    before: Snapshot
    after: Snapshot

    def recorded(self) -> dict[str, Any]:
        """As a result keeps it: JSON, with `not told` where the machine does not tell."""
        told = {
            "seconds": self.seconds,
            "cores": self.cores,
            "steal": self.steal,
            "others": self.others,
            "switches_per_s": self.switches_per_s,
            "throttled": self.throttled,
            "load_average": _pair(self.before.load_average, self.after.load_average),
            "frequency_mhz": _pair(self.before.frequency_mhz, self.after.frequency_mhz),
            "temperatures_c": _pair(self.before.temperatures_c or None, self.after.temperatures_c or None),
            "governor": self.after.governor,
        }
        return {name: NOT_TOLD if value is None else value for name, value in told.items()}


NOT_TOLD = "not told"


def _pair(before: Any, after: Any) -> dict[str, Any] | None:
    plain = [list(item) if isinstance(item, tuple) else item for item in (before, after)]
    return None if None in plain else {"before": plain[0], "after": plain[1]}


def between(before: Snapshot, after: Snapshot) -> Conditions:
    """What happened from `before` to `after`."""
    seconds = max(after.at_s - before.at_s, 1e-9)
    cores = after.cores
    capacity_s = seconds * (cores or 1)
    busy_s, stolen_s = _grown(before.busy_s, after.busy_s), _grown(before.stolen_s, after.stolen_s)
    others = None if busy_s is None else max(0.0, busy_s - (after.own_s - before.own_s)) / capacity_s
    slower = None
    if before.frequency_mhz and after.frequency_mhz:
        slower = after.frequency_mhz / before.frequency_mhz - 1
    throttled = _grown(before.throttled, after.throttled)
    return Conditions(
        seconds=seconds,
        cores=cores,
        steal=None if stolen_s is None else stolen_s / capacity_s,
        others=others,
        switches_per_s=(after.switches - before.switches) / (seconds * len(usable_cores())),
        frequency_change=slower,
        throttled=None if throttled is None else int(throttled),
        before=before,
        after=after,
    )


def _grown(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else max(0.0, after - before)


def disturbances(seen: Conditions) -> list[str]:
    """Why a run is noisy, a sentence each; empty for a quiet one. What is not told disturbs nothing."""
    found = []
    if seen.seconds >= SHORTEST_S:
        if seen.steal is not None and seen.steal > STEAL:
            found.append(f"the hypervisor took {seen.steal:.1%} of the cores' time (over {STEAL:.0%})")
        if seen.others is not None and seen.others > OTHERS:
            found.append(f"other processes took {seen.others:.1%} of the cores' time (over {OTHERS:.0%})")
    if seen.frequency_change is not None and seen.frequency_change < -SLOWER:
        found.append(f"the clock frequency fell by {-seen.frequency_change:.0%} (over {SLOWER:.0%})")
    if seen.throttled:
        found.append(f"the processor was throttled {seen.throttled} times for its temperature")
    return found


def _cpu_times(root: Path) -> tuple[int | None, float | None, float | None]:
    """The cores that this process may run on, and seconds of them: busy, and stolen.

    Of all cores where it is not told which. Linux's proc_stat(5). Guests are in `user`.
    """
    text = _read(root / "proc/stat")
    rows = [line.split() for line in (text or "").splitlines() if line.startswith("cpu")]
    if not rows or rows[0][0] != "cpu" or not all(field.isdecimal() for row in rows for field in row[1:]):
        return None, None, None
    ours = {f"cpu{core}" for core in affinity() or ()}
    own = [row for row in rows[1:] if row[0] in ours]
    counted = own or rows[:1]
    columns = zip(*(map(int, row[1:]) for row in counted), strict=False)
    ticks = [sum(column) for column in columns]
    ticks += [0] * 8
    user, nice, system, _idle, _iowait, interrupts, soft_interrupts, stolen = ticks[:8]
    per_s = os.sysconf("SC_CLK_TCK")
    busy = user + nice + system + interrupts + soft_interrupts
    if not busy:  # a sandbox that tells nothing tells noughts
        return None, None, None
    return len(own or rows[1:]) or None, busy / per_s, stolen / per_s


def _load_average(root: Path) -> tuple[float, ...] | None:
    fields = (_read(root / "proc/loadavg") or "").split()[:3]
    try:
        return tuple(float(field) for field in fields) or None
    except ValueError:
        return None


def _frequency_mhz(root: Path) -> float | None:
    files = root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")
    found = [number / 1000 for file in files if (number := _number(file)) is not None]  # in kHz
    found = found or [float(text) for text in _MHZ.findall(_read(root / "proc/cpuinfo") or "")]
    return sum(found) / len(found) if found else None


def _temperatures_c(root: Path) -> dict[str, float]:
    found = {}
    for zone in sorted(root.glob("sys/class/thermal/thermal_zone[0-9]*")):
        if (number := _number(zone / "temp")) is not None:
            kind = _read(zone / "type") or "unknown"
            found[f"{zone.name.removeprefix('thermal_zone')} {kind}"] = number / 1000  # in thousandths
    return found


def _throttled(root: Path) -> int | None:
    files = root.glob("sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/*_throttle_count")
    found = [number for file in files if (number := _number(file)) is not None]
    return sum(found) if found else None


def _number(file: Path) -> int | None:
    text = _read(file) or ""
    return int(text) if text.lstrip("-").isdecimal() else None


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None

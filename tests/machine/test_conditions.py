"""What a machine tells while calls are timed, from folders laid out as Linux lays out /proc and /sys."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.machine import conditions, energy
from harness.machine import watch as watching
from harness.machine.conditions import Conditions, Snapshot, between, disturbances, snapshot
from harness.tools.parsers import Card

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = Snapshot(
    at_s=100.0, cores=4, busy_s=50.0, stolen_s=1.0, own_s=10.0, switches=7, load_average=(0.1, 0.2, 0.3),
    frequency_mhz=3000.0, governor="performance", temperatures_c={"0 x86_pkg_temp": 45.0}, throttled=3,
)  # fmt: skip


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def after(**changed: object) -> Conditions:
    """Ten seconds later: all four cores were ours."""
    values: dict[str, object] = {"at_s": 110.0, "busy_s": 90.0, "own_s": 50.0, **changed}
    return between(QUIET, dataclasses.replace(QUIET, **values))  # type: ignore[arg-type]


def test_a_machine_that_tells_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Ticks of all cores, kHz of each, thousandths of a degree, counts of throttling."""
    monkeypatch.setattr(conditions, "affinity", lambda: [0, 1])
    write(
        tmp_path, "proc/stat",
        "cpu  100 10 20 999 5 3 2 40 60 0\ncpu0 50 5 10 500 2 1 1 20 0 0\ncpu1 50 5 10 499 3 2 1 20 0 0\n"
        "intr 1\n",
    )  # fmt: skip
    write(tmp_path, "proc/loadavg", "0.50 0.25 0.12 1/99 1234\n")
    for core, khz in enumerate((2_000_000, 3_000_000)):
        write(tmp_path, f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq", f"{khz}\n")
        write(tmp_path, f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor", "powersave\n")
        write(tmp_path, f"sys/devices/system/cpu/cpu{core}/thermal_throttle/core_throttle_count", "2\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "45500\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n")
    seen = snapshot(tmp_path)
    assert (seen.cores, seen.busy_s, seen.stolen_s) == (2, 135 / TICKS, 40 / TICKS)
    assert seen.load_average == (0.5, 0.25, 0.12)
    assert (seen.frequency_mhz, seen.governor, seen.throttled) == (2500.0, "powersave", 4)
    assert seen.temperatures_c == {"0 x86_pkg_temp": 45.5}


def test_only_the_cores_that_this_process_may_run_on_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Shares are of their time, and others that keep the host's other cores busy take nothing from it."""
    stat = "cpu  {0} 0 0 0\ncpu0 {1} 0 0 0 0 0 0 {2}\ncpu1 {3} 0 0 0\ncpu2 7 0 0 0 0 0 0 1\ncpu3 {3} 0 0 0\n"
    for name, fields in (("before", (9, 4, 1, 0)), ("after", (9999, 4 + 2 * TICKS, 1 + TICKS, 5000))):
        write(tmp_path / name, "proc/stat", stat.format(*fields))
    monkeypatch.setattr(conditions, "affinity", lambda: [0, 2])
    monkeypatch.setattr(conditions, "usable_cores", lambda: [0])
    before, behind = (snapshot(tmp_path / name) for name in ("before", "after"))
    assert (before.cores, before.busy_s, before.stolen_s) == (2, 11 / TICKS, 2 / TICKS)
    behind = dataclasses.replace(
        behind, at_s=before.at_s + 10, own_s=before.own_s, switches=before.switches + 50
    )
    seen = between(before, behind)
    assert (seen.cores, seen.steal, seen.others) == (2, pytest.approx(0.05), pytest.approx(0.1))
    assert seen.switches_per_s == pytest.approx(5.0)
    monkeypatch.setattr(conditions, "affinity", lambda: None)
    assert snapshot(tmp_path / "before").cores == 4


@pytest.mark.parametrize("stat", [None, "", "cpu  0 0 0 0\n", "cpu a b\n", "nonsense"])
def test_what_is_not_told_is_none(tmp_path: Path, stat: str | None):
    """A sandbox has no such files, or writes noughts into them; no conclusion is drawn from that."""
    if stat is not None:
        write(tmp_path, "proc/stat", stat)
    write(tmp_path, "proc/cpuinfo", "cpu MHz\t\t: 2596.146\ncpu MHz\t\t: 2600.146\n")
    seen = snapshot(tmp_path)
    assert (seen.busy_s, seen.stolen_s, seen.load_average, seen.throttled) == (None, None, None, None)
    assert seen.frequency_mhz == pytest.approx(2598.146)
    told = between(seen, snapshot(tmp_path))
    assert told.recorded()["steal"] == told.recorded()["others"] == conditions.NOT_TOLD
    assert told.recorded()["temperatures_c"] == told.recorded()["governor"] == conditions.NOT_TOLD
    assert disturbances(dataclasses.replace(told, seconds=10.0, switches_per_s=0.0)) == []


def test_a_quiet_run_is_not_noisy():
    seen = after()
    assert (seen.steal, seen.others, seen.switches_per_s, seen.frequency_change) == (0.0, 0.0, 0.0, 0.0)
    assert disturbances(seen) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"stolen_s": 1.5}, "the hypervisor took 1.2% of the cores' time (over 1%)"),
        ({"busy_s": 93.0}, "other processes took 7.5% of the cores' time (over 5%)"),
        ({"frequency_mhz": 2600.0}, "the clock frequency fell by 13% (over 10%)"),
        ({"throttled": 5}, "the processor was throttled 2 times for its temperature"),
    ],
)
def test_each_disturbance_is_told_with_its_bound(changed: dict[str, float], reason: str):
    assert disturbances(after(**changed)) == [reason]


@pytest.mark.parametrize(
    "changed",
    [
        {"stolen_s": 1.3}, {"busy_s": 91.5}, {"switches": 240_000}, {"frequency_mhz": 2800.0},
        {"frequency_mhz": 3600.0}, {"load_average": (9.0, 1.0, 1.0)},
    ],
)  # fmt: skip
def test_below_the_bounds_is_quiet(changed: dict[str, float]):
    """A load average is recorded and judged by nothing: our own calls before are in it.

    So are involuntary switches, which an artifact of too many threads causes itself.
    """
    assert disturbances(after(**changed)) == []


def test_a_run_of_less_than_half_a_second_is_not_judged_by_ticks():
    assert disturbances(after(at_s=100.4, busy_s=51.0, own_s=10.0)) == []


def test_another_busy_process_makes_a_run_noisy():
    """The real machine, and a process of ours that keeps a core busy: its time is not this process's."""
    if snapshot().busy_s is None:
        pytest.skip("this kernel does not tell its CPU time in /proc/stat")
    with watching.Watch() as watch:
        code = "import time\nend = time.monotonic() + 0.8\nwhile time.monotonic() < end: pass"
        busy = subprocess.Popen([sys.executable, "-c", code])
        time.sleep(0.7)
    busy.wait()
    cores = watch.facts["conditions"]["cores"]
    assert watch.facts["conditions"]["others"] > 0.3 / cores
    if 0.3 / cores > conditions.OTHERS:
        assert any("other processes" in reason for reason in watch.facts["noisy"])


def rapl(root: Path, zone: str, name: str, energy_uj: int, range_uj: int = 1000_000_000) -> None:
    folder = f"sys/class/powercap/{zone}"
    write(root, f"{folder}/name", f"{name}\n")
    write(root, f"{folder}/energy_uj", f"{energy_uj}\n")
    write(root, f"{folder}/max_energy_range_uj", f"{range_uj}\n")


def test_energy_by_rapl(tmp_path: Path):
    """Packages are added; what is a part of one, and the whole platform, are not counted again."""
    before, behind = tmp_path / "before", tmp_path / "behind"
    for root, first, second in ((before, 5_000_000, 999_000_000), (behind, 25_000_000, 9_000_000)):
        rapl(root, "intel-rapl:0", "package-0", first)
        rapl(root, "intel-rapl:1", "package-1", second)  # begins anew in between
        rapl(root, "intel-rapl:0:0", "core", 7 * first)
        rapl(root, "intel-rapl:2", "psys", 9 * first)
    found = energy.of_packages(energy.counters(before), energy.counters(behind))
    assert found.joules == 20.0 + 10.0
    told = found.recorded(60)
    assert (told["joules"], told["joules_per_sample"]) == (30.0, 0.5)
    assert "2 processor packages" in str(told["source"])


def test_a_machine_without_counters_has_no_energy(tmp_path: Path):
    assert energy.counters(tmp_path) == {}
    found = energy.of_packages({}, {})
    assert found.recorded(10) == {
        "joules": None, "joules_per_sample": None, "source": "not told by this machine",
    }  # fmt: skip
    high, low = ({"a": energy.Counter(energy_uj=value, range_uj=0)} for value in (9, 1))
    assert energy.joules(high, low) is None  # begun anew, nobody knows where


SAMPLES = b"""\
index, name, memory.total [MiB], memory.used [MiB], temperature.gpu, power.draw [W], utilization.gpu [%]
0, Tesla T4, 15360 MiB, 512 MiB, 45, 30.00 W, 98 %
0, Tesla T4, 15360 MiB, 512 MiB, 47, 50.00 W, 99 %
0, Tesla T4, 153"""


def test_energy_of_a_card_is_its_mean_power_times_the_time():
    """nvidia-smi's loop, ended in the middle of a line."""
    cards = energy.read_samples(SAMPLES)
    assert [card.power_w for card in cards] == [30.0, 50.0]
    found = energy.of_card(cards, seconds=10.0)
    assert (found.joules, found.samples) == (400.0, 2)
    assert energy.of_card([Card(index=0, name="T4")], 10.0) == energy.NONE
    assert energy.read_samples(b"") == energy.read_samples(b"No devices were found\n") == []


@pytest.mark.parametrize("wrong", ["-20.00 W", "4294967.29 W", "ERR!"])
def test_a_power_that_is_none_is_left_out_of_the_mean_and_told(wrong: str):
    text = SAMPLES.replace(b"50.00 W", wrong.encode())
    found = energy.of_card(energy.read_samples(text), seconds=10.0)
    assert (found.joules, found.samples) == (300.0, 1)
    assert f"; 1 samples left out, of a power of {wrong}" in found.source
    none = energy.of_card(energy.read_samples(text.replace(b"30.00 W", wrong.encode())), seconds=10.0)
    assert none.joules is None
    assert none.source.startswith(f"not told by this machine: 2 samples left out, of a power of {wrong}")
    assert none.recorded(60)["source"] == none.source


@pytest.mark.parametrize("said", ["[N/A]", "[Not Supported]", "[Insufficient Permissions]"])
def test_power_is_kept_where_memory_is_not_told(said: str):
    """A GB10 tells no memory of its own (HSF/prmon pull 318); its power stands beside it."""
    text = SAMPLES.replace(b"15360 MiB, 512 MiB", f"{said}, {said}".encode())
    cards = energy.read_samples(text)
    assert [card.power_w for card in cards] == [30.0, 50.0]
    assert energy.of_card(cards, seconds=10.0).joules == 400.0


def test_what_a_card_does_not_tell_stands_in_its_conditions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    tool = tmp_path / "nvidia-smi"
    header, line = SAMPLES.decode().splitlines()[:2]
    told = f"echo '{header}'; echo '{line.replace('512 MiB', '[N/A]')}'; touch '{tmp_path}/told'"
    tool.write_text(f"#!/bin/sh\n{told}; exec sleep 60\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with watching.Watch(card=0) as watch:
        until = time.monotonic() + 20
        while not (tmp_path / "told").exists() and time.monotonic() < until:
            time.sleep(0.01)
    state = watch.facts["conditions"]["card"]["after"]
    assert (state["power_w"], state["memory_used_mib"]) == (30.0, "not told ([N/A])")


def test_a_card_without_nvidia_smi_is_not_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with watching.Watch(card=0, root=tmp_path) as watch:
        pass
    assert watch.facts["conditions"]["card"] == conditions.NOT_TOLD
    assert watch.energy(8)["joules"] is None


def test_a_card_is_sampled_by_the_tool_that_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """An nvidia-smi that goes on until it is ended is asked for one card, and ended."""
    tool = tmp_path / "nvidia-smi"
    lines = SAMPLES.decode().splitlines()[:3]
    said = "".join(f"echo '{line}'\n" for line in lines)
    tool.write_text(
        f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\n{said}touch "{tmp_path}/told"\nexec sleep 60\n',
        encoding="utf-8",
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with watching.Watch(card=3) as watch:
        until = time.monotonic() + 20
        while not (tmp_path / "told").exists() and time.monotonic() < until:
            time.sleep(0.01)
    asked = (tmp_path / "asked").read_text()
    assert "--id=3" in asked
    assert f"--loop-ms={energy.SAMPLED_MS}" in asked
    assert watch.facts["conditions"]["card"]["after"]["power_w"] == 50.0
    assert watch.energy(4)["joules"] > 0

"""Monitors that do not tell everything, list a lost card beside a sound one, or end with a status."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from making import forget_probes

from harness.cli import inspection
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin
from harness.errors import NotThere
from harness.toolchains import loading, monitors, targets
from harness.toolchains.base import Available, Unavailable
from harness.tools.parsers import Card

FIELDS = (
    "index, name, pci.bus_id, driver_version, vbios_version, memory.total [MiB], memory.used [MiB], "
    "power.limit [W], clocks.max.sm [MHz], clocks.max.memory [MHz], ecc.mode.current, persistence_mode"
)
SOUND = (
    "0, Tesla T4, 00000000:5E:00.0, 550.54.15, 90.04, 15360 MiB, 3 MiB, 70.00 W, 1590 MHz, 5001 MHz, "
    "Enabled, Disabled"
)
LOST = ", ".join(["1", *["[GPU is lost]"] * 11])
HEAD = "| NVIDIA-SMI 550.54.15    Driver Version: 550.54.15    CUDA Version: 12.4    |"
ROWS = (
    "+-----------------------------------------+------------------------+----------------------+",
    "|   0  Tesla T4                       Off |   00000000:5E:00.0 Off |                    0 |",
    "| N/A   41C    P0             27W /   70W |       3MiB /  15360MiB |      0%      Default |",
    "+-----------------------------------------+------------------------+----------------------+",
)
NPU = """\
| npu-smi 24.1.rc2                         Version: 24.1.rc2                               |
+-------------------------------+-----------------+--------------------------------------+
| NPU     Name                  | Health          | Power(W) Temp(C) Hugepages-Usage(page) |
| Chip    Device                | Bus-Id          | AICore(%)    Memory-Usage(MB)        |
+===============================+=================+======================================+
| 1       310P3                 | OK              | NA       59      0     / 0           |
| 0       0                     | 0000:01:00.0    | 0            1397 / 44280            |
+-------------------------------+-----------------+--------------------------------------+
| 1       310P3                 | Critical        | -        -       0     / 0           |
| 1       1                     | NA              | -            - / -                   |
+===============================+=================+======================================+
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a tool on PATH that prints a file; `lines` by what its arguments hold, "" for any others."""

    def put(tool: str, lines: dict[str, str], *, status: int = 0) -> None:
        cases = []
        for at, (asked, text) in enumerate(lines.items()):
            (tmp_path / f"{tool}-{at}.txt").write_text(text, encoding="utf-8")
            cases.append(f"*{asked}*) cat '{tmp_path}/{tool}-{at}.txt'; exit {status};;")
        file = tmp_path / tool
        file.write_text(f'#!/bin/sh\ncase "$*" in {" ".join(cases)} esac\nexit 2\n', encoding="utf-8")
        file.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    put("trtexec", {"": "&&&& RUNNING TensorRT.trtexec [TensorRT v101300] # trtexec --help\n"})
    monkeypatch.setenv("ZOOCHECK_TENSORRT_PYTHON", "/bin/false")
    forget_probes()
    return put


@pytest.fixture(autouse=True)
def forgotten():
    """What was found in a test is found once."""
    yield
    forget_probes()


def smi(install: Install, *rows: str, head: str = HEAD, fields: str = FIELDS, status: int = 0) -> None:
    csv = "\n".join([fields, *rows, ""])
    install("nvidia-smi", {"query-gpu": csv, "": "\n".join([head, *ROWS, ""])}, status=status)


def t4(catalog: Catalog, device: int = 0) -> Available | Unavailable:
    return loading.probe(catalog.chips["t4"], "tensorrt", device)


@pytest.mark.parametrize("said", ["[N/A]", "[Insufficient Permissions]", "[Not Supported]"])
def test_a_card_whose_memory_is_not_told_is_there(catalog: Catalog, install: Install, said: str):
    """Stability-AI/StableSwarmUI issue 388, unslothai/unsloth pull 10283: no decision needs it."""
    smi(install, SOUND.replace("15360 MiB, 3 MiB", f"{said}, {said}"))
    target = targets.resolve(catalog.chips["t4"], "auto")
    assert (target.origin, target.reason) == (Origin.CHIP, "Tesla T4")
    assert target.facts["memory.total"] == f"not told ({said})"
    assert (target.facts["driver"], target.facts["cuda"]) == ("550.54.15", "12.4")


@pytest.mark.parametrize("status", [0, 15])
def test_a_lost_card_leaves_the_one_beside_it(catalog: Catalog, install: Install, status: int):
    """NVIDIA/dcgm-exporter issue 604: nvidia-smi lists the sound one and ends with 0, or with 15."""
    smi(install, SOUND, LOST, status=status)
    sound = t4(catalog)
    assert isinstance(sound, Available)
    assert sound.facts.get("monitor", "").startswith("it ended with exit status 15" if status else "")
    with pytest.raises(NotThere, match=r"card 1 cannot be used: nvidia-smi says of it: GPU is lost"):
        targets.resolve(catalog.chips["t4"], "chip", "", 1)


def test_a_card_that_is_not_listed_is_told_with_what_the_monitor_says(catalog: Catalog, install: Install):
    said = "Unable to determine the device handle for GPU0000:BA:00.0: GPU is lost."
    smi(install, SOUND, said, status=15)
    answer = t4(catalog, 1)
    assert isinstance(answer, Unavailable)
    assert answer.reason.startswith(
        "there is no card 1: nvidia-smi lists 0 (Tesla T4); it ended with exit status 15"
    )
    assert answer.reason.endswith(f"it says: {said}")


def test_a_monitor_that_lists_nothing_is_a_failed_tool(catalog: Catalog, install: Install):
    install("nvidia-smi", {"": "NVIDIA-SMI has failed\n"}, status=9)
    answer = t4(catalog)
    assert isinstance(answer, Unavailable)
    assert answer.reason.startswith("nvidia-smi: exit status 9 after")


def test_the_names_of_driver_610(catalog: Catalog, install: Install):
    head = "| NVIDIA-SMI 610.57.04    KMD Version: 610.57.04    CUDA UMD Version: 13.3    |"
    smi(install, SOUND.replace("550.54.15", "610.57.04"), head=head)
    answer = t4(catalog)
    assert isinstance(answer, Available)
    assert (answer.facts["driver"], answer.facts["cuda"]) == ("610.57.04", "13.3")


def test_names_that_nobody_knows_are_facts_of_the_card(catalog: Catalog, install: Install):
    """They are part of an artifact's key, so that two such drivers are not taken for one."""
    head = "| NVIDIA-SMI 700.10    KXD Version: 700.10    CUDA ABC Version: 15.0    |"
    smi(install, SOUND.replace("550.54.15", "[N/A]"), head=head)
    answer = t4(catalog)
    assert isinstance(answer, Available)
    expected = "not told (KXD Version: 700.10; CUDA ABC Version: 15.0)"
    assert (answer.facts["driver"], answer.facts["cuda"]) == (expected, expected)


def test_a_field_that_the_driver_has_no_more_is_not_asked_again(
    catalog: Catalog, install: Install, tmp_path: Path
):
    """`driver_version` is announced to go; nvidia-smi refuses a whole query for one field."""
    without = FIELDS.replace("driver_version, ", "")
    smi(install, SOUND.replace("550.54.15, ", ""), fields=without)
    tool = tmp_path / "nvidia-smi"
    says = 'Field "driver_version" is not a valid field to query.'
    refusal = f"case \"$*\" in *driver_version*) echo '{says}'; exit 2;; esac\n"
    tool.write_text(tool.read_text().replace("#!/bin/sh\n", f"#!/bin/sh\n{refusal}"), encoding="utf-8")
    answer = t4(catalog)
    assert isinstance(answer, Available)
    assert (answer.device, answer.facts["driver"]) == ("Tesla T4", "550.54.15")  # the table's


@pytest.mark.parametrize("name", ["GRID T4-4C", "NVIDIA T4-16Q"])
def test_a_share_of_a_card_is_not_the_card(catalog: Catalog, install: Install, name: str):
    smi(install, SOUND.replace("Tesla T4", name))
    said = f"card 0 is {name}, a share of a T4 (vGPU), expected NVIDIA T4"
    with pytest.raises(NotThere, match=re.escape(said)):
        targets.resolve(catalog.chips["t4"], "chip")


def test_a_card_in_mig_mode_is_given_away_in_parts(catalog: Catalog, install: Install):
    smi(install, SOUND)
    mig = "|                                         |                        |              Enabled |"
    install(
        "nvidia-smi",
        {"query-gpu": f"{FIELDS}\n{SOUND}\n", "": "\n".join([HEAD, *ROWS[:3], mig, ROWS[3], ""])},
    )
    answer = t4(catalog)
    assert isinstance(answer, Unavailable)
    assert answer.reason == "card 0 is a Tesla T4 that is given away in parts (nvidia-smi: MIG)"


def doctor(
    install_done: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """What `zoocheck doctor --json` says of the T4."""
    monkeypatch.setenv("ZOOCHECK_HOME", str(install_done / "home"))
    inspection.doctor(as_json=True)
    (found,) = [chip for chip in json.loads(capsys.readouterr().out)["chips"] if chip["name"] == "t4"]
    return dict(found)


def test_doctor_says_what_is_not_told(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    smi(install, SOUND.replace("15360 MiB, 3 MiB", "[N/A], [N/A]"), LOST, status=15)
    found = doctor(tmp_path, monkeypatch, capsys)
    assert (found["target"], found["remedy"]) == ("chip", "")
    said = (
        "Tesla T4; memory.total not told ([N/A]); memory.used not told ([N/A]); it ended with exit status 15"
    )
    assert found["reason"].startswith(said)


def test_doctor_says_what_helps(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Of a share of a T4: the driver is there, and to install it would help nobody."""
    smi(install, SOUND.replace("Tesla T4", "GRID T4-4C"))
    found = doctor(tmp_path, monkeypatch, capsys)
    assert found["target"] == "stand-in"
    assert found["reason"] == "card 0 is GRID T4-4C, a share of a T4 (vGPU), expected NVIDIA T4"
    assert found["remedy"] == "choose another card with --device, or the stand-in with --target stand-in"


def npu(catalog: Catalog, install: Install, listed: str, device: int = 0, *, status: int = 0) -> str:
    install("npu-smi", {"": listed}, status=status)
    install("atc", {"": "ATC start working now\n"})
    forget_probes()
    answer = loading.probe(catalog.chips["ascend310p"], "ascend", device)
    assert isinstance(answer, Unavailable)  # at the latest for want of ais_bench
    return answer.reason


@pytest.mark.parametrize("status", [0, 1])
def test_a_chip_in_trouble_is_refused_by_its_own_number(catalog: Catalog, install: Install, status: int):
    sound = npu(catalog, install, NPU, 0, status=status)
    assert sound.startswith("ais_bench cannot be imported by ")
    said = "card 1 is not healthy: npu-smi says Critical, expected OK"
    assert npu(catalog, install, NPU, 1, status=status) == said


def test_a_chip_without_a_bus_is_told_by_its_name(catalog: Catalog, install: Install):
    """A 310B lists its Bus-Id as NA."""
    listed = NPU.replace("310P3", "310B1").replace("0000:01:00.0", "NA          ")
    assert npu(catalog, install, listed) == "card 0 is a 310B1, expected a 310P3"


def test_a_word_that_nobody_knows_is_a_fact_of_the_card():
    card = Card(index=0, name="310P3", unread={"power_w": "NA", "temperature_c": "47 K"})
    assert monitors.unknown(card) == {"temperature_c": "not told (47 K)"}


def test_a_virtual_function_of_an_mlu_is_refused(catalog: Catalog, install: Install):
    row = "| 0     2   MLU370-X8    v1.1.6 |         0000:13:00.0 | 0%                  0 |\n"
    rule = "+-------------------------------+----------------------+-----------------------+\n"
    second = "|  0%   28C        107 W/ 250 W |     0 MiB/ 20638 MiB | FULL          Default |\n"
    install("cnmon", {"": f"| CNMON v5.10.22   Driver v5.10.22 |\n{rule}{row}{second}{rule}"})
    install("mm_run", {"": ""})
    answer = loading.probe(catalog.chips["mlu370"], "magicmind", 0)
    assert isinstance(answer, Unavailable)
    assert answer.reason == "card 0 is a MLU370-X8 that is given away in parts (cnmon: VF 2)"

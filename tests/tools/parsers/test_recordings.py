"""Parsers on real output: every recording is read to its exact numbers, or refused in stated words."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest
from recordings import EXCERPTS, RECORDED, RETYPED, Cards, Compiled, Known, Refused, Run

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers.records import ToolRun

LOGS = Path(os.environ.get("ZOOCHECK_DATA", "")) / "logs"
here = pytest.mark.skipif(
    not os.environ.get("ZOOCHECK_DATA") or not LOGS.is_dir(),
    reason="no recorded logs; set ZOOCHECK_DATA to a folder with logs/",
)


def check(path: Path, known: Known) -> None:
    """Hold one log to what is known of it."""
    tool = parsers.recognise(path.read_bytes())
    assert tool is not None
    assert path.name.replace("npu-smi", "npu_smi").replace("nvidia-smi", "nvidia_smi").startswith(tool) or (
        isinstance(known, Refused)
    )
    if isinstance(known, Refused):
        with pytest.raises(ParseError) as raised:
            parse_any(path, tool)
        assert str(raised.value).startswith(f"{path.name}:")
        assert known.says in str(raised.value)
        return
    parsed = parse_any(path, tool)
    if isinstance(known, Compiled):
        assert tuple(error.code for error in parsed.errors) == known.codes
        assert parsed.succeeded is (not known.codes)
    elif isinstance(known, Cards):
        cards = [(c.index, c.name, c.memory_used_mib, c.memory_total_mib) for c in parsed.cards]
        assert tuple(cards) == known.cards
        assert (parsed.driver, parsed.version) == (known.driver, known.version)
    else:
        found = [*parsed.runs, *([] if parsed.total is None else [parsed.total])]
        assert [said_of(run, item) for run, item in zip(found, known, strict=True)] == list(known)


def parse_any(path: Path, tool: str):
    if tool in (*parsers.MONITORS, *parsers.COMPILERS) and not path.name.startswith("ais_bench"):
        return import_module(f"harness.tools.parsers.{tool}").parse(
            parsers.read(path.read_bytes(), path.name)
        )
    return parsers.parse(path.read_bytes(), name=path.name)


def said_of(run: ToolRun, known: Run) -> Run:
    """What was read, in the form of what is known."""
    name = known.mean[0] if known.mean else ""
    means = {item.name: item.mean_ms for item in run.latencies}
    return Run(
        rate=run.samples_per_s,
        batch=run.batch_size,
        mean=(name, means[name]) if name else None,
        batch_ms=run.batch_ms if known.batch_ms else None,
        qps=run.queries_per_s,
        version=run.version,
    )


@here
@pytest.mark.parametrize("name", RECORDED)
def test_every_recording_comes_to_its_number_or_its_message(name: str):
    check(LOGS / name, RECORDED[name])


@here
def test_no_recording_is_unaccounted_for():
    assert sorted(path.name for path in LOGS.iterdir()) == sorted(RECORDED)


@pytest.mark.parametrize("name", RETYPED)
def test_every_excerpt_comes_to_its_number_or_its_message(name: str):
    check(EXCERPTS / name, RETYPED[name])


def test_every_excerpt_states_its_source_and_is_accounted_for():
    assert sorted(path.name for path in EXCERPTS.glob("*.txt")) == sorted(RETYPED)
    for path in EXCERPTS.glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith("# source: ")


@pytest.mark.parametrize(
    ("name", "stage", "percentiles"),
    [
        ("trtexec-10-device.txt", "Latency", {"p90": 0.0450439, "p95": 0.0458984, "p99": 0.0512695}),
        ("trtexec-8-p99.txt", "GPU Compute Time", {"p99": 1.55853}),
        ("trtexec-7-compute_only.txt", "GPU Compute Time", {"p99": 0.987305}),
        ("ais_bench-2022-one_device.txt", "NPU_compute_time", {"p99": 68.15412933349609}),
        ("mm_run-2022-old_b8.txt", "MLU Compute Latency", {"p90": 49.128, "p95": 51.451, "p99": 58.398}),
        ("vamp-2023-szie.txt", "e2e latency", {"p50": 28.11, "p90": 33.144, "p95": 33.797, "p99": 35.029}),
        (
            "mm_run-2022-new_two_groups.txt",
            "group 1: Total Latency(H2D + Compute + D2H), Latency, host clock",
            {"p90": 1.082, "p95": 1.168, "p99": 1.342},
        ),
    ],
)
def test_percentiles_are_those_printed_and_no_others(name: str, stage: str, percentiles: dict[str, float]):
    (run,) = parsers.parse((EXCERPTS / name).read_bytes(), name=name).runs
    assert {item.name: dict(item.percentiles_ms) for item in run.latencies}[stage] == percentiles


def test_a_card_is_read_with_its_health_and_load():
    """310P3: npu-smi of CANN 6; power is NA there."""
    log = parsers.read((EXCERPTS / "npu_smi-22.0.2-310P3.txt").read_bytes())
    (card,) = import_module("harness.tools.parsers.npu_smi").parse(log).cards
    assert (card.health, card.bus_id, card.power_w, card.temperature_c) == ("OK", "0000:86:00.0", None, 47)
    assert (card.index, card.device) == (2144, 0)  # its NPU number, and what the runtime calls it
    loaded = parsers.read((EXCERPTS / "nvidia_smi-590.48.01-table_load.txt").read_bytes())
    (card,) = import_module("harness.tools.parsers.nvidia_smi").parse(loaded).cards
    assert (card.temperature_c, card.power_w, card.utilisation_percent) == (52, 628, 100)


def test_the_t4_formula_is_the_documents_own():
    """The README prints 1000/(1.52162/1)=657.194306 for the log beside it."""
    run = parsers.parse((EXCERPTS / "trtexec-7-explicit_batch.txt").read_bytes()).chosen()
    assert run.samples_per_s == pytest.approx(657.194306, rel=1e-8)
    assert (run.queries_per_s, run.duration_s) == (None, 3.00416)  # 0 qps is no measurement


def test_a_run_of_known_batch_size_has_a_throughput():
    """msame tells no batch size; 1000 x 8 / 12.93 ms is 618.7 samples a second."""
    run = parsers.parse("Inference average time : 12.93 ms\n", name="m").chosen()
    assert run.samples_per_s is None
    assert run.of_batch(8).samples_per_s == pytest.approx(618.716, abs=1e-3)

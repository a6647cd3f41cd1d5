"""What a check prints: a row a case under the checkpoint's own fp32, and what has to be known of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from making import make_case

from harness.cli import checked as told
from harness.comparing import side_by_side
from harness.comparing.side_by_side import Parity, Row, Score, Speed
from harness.domain.catalog import Catalog
from harness.domain.details import ScoreChange
from harness.domain.measurements import Interval, Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.drafting import suites
from harness.drafting.checking import Checked
from harness.drafting.drafts import Draft
from harness.drafting.suites import Ran

SCORE = Score(
    metric=Metric.ACCURACY, value=0.9, own_fp32=0.9125, samples=800, flips=12, truncated=3, interval=None,
    limit=None,
    change=ScoreChange(change=-0.0125, low=-0.02, high=0.0),
)  # fmt: skip
SPEED = Speed(
    samples_per_s=12.5, origin=Origin.CHIP, interval=Interval(low=12.0, high=13.25), stamp="quick", noisy=()
)


@pytest.fixture
def row(catalog: Catalog) -> Row:
    return Row(
        case=make_case(catalog, "tinybert", "cpu"), score=SCORE, speed=SPEED,
        parity=Parity(rms=0.00123, largest=0.0456), verdict=VerdictKind.SURVIVES,
        held=9, claims=9, problems=(), open=(), seeded=False,
    )  # fmt: skip


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """What is printed of a row, whose run ended with a status."""

    def get(row: Row, status: int = 0, **ran: Any) -> str:
        monkeypatch.setattr(side_by_side, "rows", lambda cases, results: [row])
        case = row.case
        draft = Draft(name="mine", text="", notes=("length: 64 tokens",), scored=True)
        told.tell(
            Checked(draft=draft, model=case.model, spec=None, cases=(case,)), tmp_path,
            Ran(
                run="r", status=status, results=(), not_run=(), report=tmp_path, log=tmp_path / "r.txt", **ran
            ),
            as_json=False,
        )  # fmt: skip
        return capsys.readouterr().out

    return get


def cells(text: str, first: str) -> list[str]:
    [line] = [line for line in text.splitlines() if line.startswith(first)]
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_own_fp32_stands_above_what_is_held_to_it(printed, row: Row):
    """The drop is positive where something was lost, in points, with its interval the same way round."""
    out = printed(row)
    assert cells(out, "own fp32")[2] == "accuracy 91.25 %"
    assert cells(out, "fp32") == [
        "fp32", "8", "accuracy 90.00 %", "+1.25 [+0.00, +2.00]", "12 of 800", "0.0012", "0.046",
        "12.50 [12.00, 13.25]", "quick", "9 of 9", "survives",
    ]  # fmt: skip
    assert "length: 64 tokens\n" in out
    assert "cut: 3 of 800 samples to 64 tokens; --length gives them more" in out


def test_a_checkpoint_that_knows_nothing_is_doubted(printed, row: Row):
    """Labels in another order make the fp32 score bad, too, and so no drop."""
    score = replace(SCORE, trivial={"majority class": 0.95, "other": 0.5})
    out = printed(replace(row, score=score))
    assert "score: the checkpoint's own is no better than 'majority class', which needs no network" in out
    assert "no better" not in printed(replace(row, score=replace(SCORE, trivial={"majority class": 0.5})))


def test_questions_are_read_in_windows(printed, row: Row):
    """A window is what the network is given, and so what is timed and cut; a question is what is scored."""
    score = replace(SCORE, samples=12, truncated=24, facts={"windows": 30}, trivial={"no answer": 0.95})
    out = printed(replace(row, score=score))
    assert "windows: 30 over the texts of 12 questions; samples/s counts windows\n" in out
    assert "cut: the questions of 24 of 30 windows; --length gives them more\n" in out
    assert "accuracy 95.00 %: is the data its own?\n" in out
    assert "of 12 samples" not in out


def test_a_correlation_is_no_percentage(printed, row: Row):
    score = replace(SCORE, metric=Metric.PEARSON, value=-0.25, own_fp32=0.5, flips=None)
    found = cells(printed(replace(row, score=score)), "fp32")
    assert found[2:5] == ["pearson -0.2500", "+0.7500 [+0.0000, +0.0200]", "-"]


def test_a_stand_ins_speed_and_a_disturbed_one_are_called_so(printed, row: Row):
    speed = replace(SPEED, origin=Origin.STAND_IN, noisy=("another process",), interval=None, stamp=None)
    out = printed(replace(row, speed=speed, score=None, seeded=True))
    assert cells(out, "fp32")[7:9] == ["12.50", "no stamp, stand-in, noisy"]
    assert "speed: the stand-in's, which says nothing of the chip's" in out
    assert f"noisy: {row.case.id}: another process" in out
    assert "inputs: drawn by a seed" in out
    assert "own fp32" not in out


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "cut: 3 of 800 samples to 64 tokens; "),
        (
            {"sentences": 120, "words": 1580, "unplaced_words": 7},
            "cut: 3 of 120 sentences to 64 tokens: 7 of 1580 words are not scored; ",
        ),
        ({"windows": 950}, "cut: the questions of 3 of 950 windows; "),
    ],
)
def test_what_was_cut_is_counted_in_what_was_cut(printed, row: Row, facts: dict[str, int], said: str):
    """A sample of words is a word, of questions a question: neither is what did not fit."""
    assert said in printed(replace(row, score=replace(SCORE, facts=facts)))


def test_a_limit_is_told(printed, row: Row):
    said = "score: of the first 10 samples of the data only, by --limit"
    assert said in printed(replace(row, score=replace(SCORE, limit=10)))
    assert "--limit" not in printed(row)


def test_what_nothing_can_be_said_of_and_how_to_run_it_again_are_told(printed, row: Row, tmp_path: Path):
    out = printed(replace(row, open=("it mixes the samples",)), further=("--limit", "5"))
    assert "not comparable: it mixes the samples\n" in out
    assert f"again: ZOOCHECK_TABLES={tmp_path} pytest suites/ -m tinybert --limit 5\n" in out


def test_what_does_not_hold_is_said_and_a_bad_status_never_stands_alone(printed, row: Row, tmp_path: Path):
    bad = replace(row, verdict=VerdictKind.FALLS_SHORT, problems=("the mask does not matter",), held=8)
    assert "problem: the mask does not matter\n" in printed(bad, status=1)
    assert f"ended with status 1; what it printed: {tmp_path / 'r.txt'}" in printed(row, status=1)
    assert "problem" not in printed(row)


def test_a_run_of_nothing_is_a_problem(printed, row: Row):
    """Its status is no 0, and no claim is called good."""
    out = printed(replace(row, score=None, speed=None, verdict=None, held=0, claims=0), suites.NOTHING_RAN)
    assert "problem: nothing was run: no claim of it is held to anything, good or bad" in out

"""What a check came to, for people and for programs: one table, and what has to be known of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.cli.output import print_json, print_table
from harness.records import to_json

if TYPE_CHECKING:
    from harness.comparing.side_by_side import Parity, Row, Score, Speed
    from harness.drafting.checking import Checked
    from harness.drafting.suites import Ran

NOTHING = "-"
_HEADS = (
    "precision", "bs", "score", "drop from fp32 (95 %)", "flips", "parity: rms", "largest", "samples/s",
    "stamp", "holds", "verdict",
)  # fmt: skip


def tell(checked: Checked, folder: Path, ran: Ran, as_json: bool) -> None:
    """Print what the run came to: one table, and below it what has to be known of it."""
    from harness.comparing import side_by_side
    from harness.drafting import suites

    rows = side_by_side.rows(checked.cases, ran.results)
    notes = [*checked.draft.notes, *_said(rows)]
    if as_json:
        print_json(_as_json(checked, rows, notes, folder, ran))
        return
    print_table(_title(checked), _HEADS, _cells(rows))
    for note in notes:
        typer.echo(note)
    for reason, count in _not_run(ran).items():
        typer.echo(f"not run: {count} {'claim' if count == 1 else 'claims'}: {reason}")
    for sentence in dict.fromkeys(sentence for row in rows for sentence in row.open):
        typer.echo(f"not comparable: {sentence}")
    problems = dict.fromkeys(problem for row in rows for problem in row.problems)
    for problem in problems:
        typer.echo(f"problem: {problem}")
    if ran.status == suites.NOTHING_RAN:
        typer.echo("problem: nothing was run: no claim of it is held to anything, good or bad")
    elif ran.status and not problems:
        typer.echo(
            f"problem: the run of the suites ended with status {ran.status}; what it printed: {ran.log}"
        )
    typer.echo(f"report: {ran.report / 'report.html'}; run {ran.run}")
    options = shlex.join(("-m", checked.model.marker, *ran.further))
    typer.echo(f"again: ZOOCHECK_TABLES={shlex.quote(str(folder))} pytest suites/ {options}")


def _title(checked: Checked) -> str:
    model, chip = checked.model, checked.cases[0].chip
    return f"{model.title} on {chip.title}"


def _cells(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    """The checkpoint's own fp32 where there is a score, then a line a case."""
    own = next((row.score for row in rows if row.score is not None), None)
    if own is not None:
        yield ("own fp32", NOTHING, _number(own.own_fp32, own), *[NOTHING] * (len(_HEADS) - 3))
    for row in rows:
        yield (
            str(row.case.precision), str(row.case.batch_size), *_score(row.score), *_parity(row.parity),
            *_speed(row.speed), f"{row.held} of {row.claims}" if row.claims else NOTHING,
            str(row.verdict or "not run"),
        )  # fmt: skip


def _number(value: float, score: Score) -> str:
    """A share in per cent; a correlation, which may be below 0, as it is."""
    return f"{score.metric} {value:.4f}" if score.metric.least < 0 else f"{score.metric} {value * 100:.2f} %"


def _score(score: Score | None) -> tuple[str, str, str]:
    """The score, the drop with its interval in points, and the flips."""
    if score is None:
        return NOTHING, NOTHING, NOTHING
    scale, digits = (1, 4) if score.metric.least < 0 else (100, 2)
    drop = f"{(score.own_fp32 - score.value) * scale:+.{digits}f}"
    if score.change is not None:
        low, high = ((0.0 - edge) * scale for edge in (score.change.high, score.change.low))
        drop += f" [{low:+.{digits}f}, {high:+.{digits}f}]"
    flips = NOTHING if score.flips is None else f"{score.flips} of {score.samples}"
    return _number(score.value, score), drop, flips


def _parity(parity: Parity | None) -> tuple[str, str]:
    """The differences from fp32, in standard deviations of its outputs."""
    return (NOTHING, NOTHING) if parity is None else (f"{parity.rms:.2g}", f"{parity.largest:.2g}")


def _speed(speed: Speed | None) -> tuple[str, str]:
    if speed is None:
        return NOTHING, NOTHING
    shown = f"{speed.samples_per_s:.2f}"
    if speed.interval is not None:
        shown += f" [{speed.interval.low:.2f}, {speed.interval.high:.2f}]"
    told = [speed.stamp or "no stamp"]
    told += [str(speed.origin)] if speed.origin.stands_in else []
    return shown, ", ".join([*told, *(["noisy"] if speed.noisy else [])])


def _said(rows: Sequence[Row]) -> Iterator[str]:
    """What the numbers of a run are to be read with."""
    if any(row.seeded for row in rows):
        yield "inputs: drawn by a seed; speeds and differences are of them, and no score is"
    own = next((row.score for row in rows if row.score is not None), None)
    if own is not None:
        yield from _of_some(own, rows[0].case.model.length)
        yield from _doubted(own)
    if any(row.speed is not None and row.speed.origin.stands_in for row in rows):
        yield "speed: the stand-in's, which says nothing of the chip's"
    for row in rows:
        if row.speed is not None and row.speed.noisy:
            yield f"noisy: {row.case.id}: {'; '.join(row.speed.noisy)}"


def _of_some(score: Score, length: int | None) -> Iterator[str]:
    """What a score counts, and what it is not of: data behind a limit, and what did not fit."""
    counts = score.facts
    if score.limit is not None:
        yield f"score: of the first {score.limit} samples of the data only, by --limit"
    if "windows" in counts:
        over = f"over the texts of {score.samples} questions"
        yield f"windows: {counts['windows']} {over}; samples/s counts windows"
    if not score.truncated:
        return
    if "windows" in counts:
        said = f"the questions of {score.truncated} of {counts['windows']} windows"
    elif "sentences" in counts:
        lost = f"{counts.get('unplaced_words', 0)} of {counts.get('words')} words are not scored"
        said = f"{score.truncated} of {counts['sentences']} sentences to {length} tokens: {lost}"
    else:
        said = f"{score.truncated} of {score.samples} samples to {length} tokens"
    yield f"cut: {said}; --length gives them more"


def _doubted(own: Score) -> Iterator[str]:
    """Whether an answer that needs no network has as good a score."""
    if not own.trivial or own.own_fp32 > max(own.trivial.values()):
        return
    name = max(own.trivial, key=lambda answer: own.trivial[answer])
    asked = "is" if "windows" in own.facts else "are the labels in this order, and"
    yield (
        f"score: the checkpoint's own is no better than {name!r}, which needs no network, "
        f"{_number(own.trivial[name], own)}: {asked} the data its own?"
    )


def _not_run(ran: Ran) -> dict[str, int]:
    """Why claims were not run, and how many."""
    reasons = [item.reason.removeprefix(f"{item.case}: ") for item in ran.not_run]
    return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}


def _as_json(
    checked: Checked, rows: Sequence[Row], notes: Sequence[str], folder: Path, ran: Ran
) -> dict[str, Any]:
    return {
        "model": checked.model.name,
        "title": checked.model.title,
        "chip": checked.cases[0].chip.name,
        "status": ran.status,
        "run": ran.run,
        "tables": str(folder),
        "report": str(ran.report),
        "log": str(ran.log),
        "notes": list(notes),
        "not_run": [to_json(item) for item in ran.not_run],
        "cases": [_row_as_json(row) for row in rows],
    }


def _row_as_json(row: Row) -> dict[str, Any]:
    return {
        "case": row.case.id,
        "precision": row.case.precision,
        "batch_size": row.case.batch_size,
        "score": None if row.score is None else to_json(row.score),
        "parity": None if row.parity is None else to_json(row.parity),
        "throughput": None if row.speed is None else to_json(row.speed),
        "verdict": row.verdict,
        "held": row.held,
        "claims": row.claims,
        "problems": list(row.problems),
        "not_comparable": list(row.open),
        "seeded": row.seeded,
    }

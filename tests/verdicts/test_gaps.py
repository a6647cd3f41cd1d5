"""Known gaps: what an entry excuses, which entries are stale, and what is wrong with a bad one."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from pathlib import Path

import pytest

from fixtures import checks
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.gaps import Gap
from harness.domain.measurements import Origin, Verdict, VerdictKind
from harness.errors import TableErrors
from harness.setting.scenarios import Scenario
from harness.tables import catalog
from harness.tables.cases import named
from harness.verdicts import gaps, plain

ENTRY = {
    "case": "tinybert-t4-bs*", "kind": "throughput", "reason": "slower since driver 550",
    "since": "2026-11-01", "until": "2026-12-31",
}  # fmt: skip
BEFORE, DURING = date(2026, 10, 31), date(2026, 11, 1)
LAST, AFTER = date(2026, 12, 31), date(2027, 1, 1)


def tables(folder: Path, **changes: str | float) -> Catalog:
    lines = [f"{name} = {json.dumps(value)}" for name, value in (ENTRY | changes).items()]
    (folder / "gaps.toml").write_text("\n".join(["[[gap]]", *lines, ""]), encoding="utf-8")
    return catalog.load([catalog.BUILT_IN, folder])


def found(
    known: Catalog, day: date, case: str = "tinybert-t4-bs8", kind: Kind = Kind.THROUGHPUT, check: str = ""
) -> Gap | None:
    return gaps.of(known, named(known, case), kind, check, Origin.CHIP, day)


def test_an_entry_excuses_its_claim_while_it_is_in_force(tmp_path: Path) -> None:
    known = tables(tmp_path)
    assert found(known, DURING) is found(known, LAST) is not None
    assert found(known, BEFORE) is found(known, AFTER) is None
    assert found(known, DURING, kind=Kind.ACCURACY) is None
    assert found(known, DURING, check="offline") is None
    assert found(known, DURING, case="tinybert-ascend310-bs8") is None


def test_an_entry_may_be_about_one_origin_or_check(tmp_path: Path) -> None:
    known = tables(tmp_path, origin="stand-in")
    assert found(known, DURING) is None
    known = tables(tmp_path, check="offline")
    assert found(known, DURING) is None
    assert found(known, DURING, check="offline") is not None


def stale(known: Catalog, day: date) -> tuple[str, ...]:
    return gaps.stale(known, day, checks.names())


def test_what_is_stale_is_named(tmp_path: Path) -> None:
    assert stale(tables(tmp_path), LAST) == ()
    (said,) = stale(tables(tmp_path), AFTER)
    assert (
        "gap[0] (tinybert-t4-bs* throughput): expired on 2026-12-31; mend the failure, or give the entry a "
        "later day" in said
    )
    (said,) = stale(tables(tmp_path, case="tinybert-t5-bs*"), DURING)
    assert "no case has an id like 'tinybert-t5-bs*'" in said
    assert stale(tables(tmp_path, case="tinybert-t4-bs7"), DURING) == ()  # --bs 7 runs it


@pytest.mark.parametrize(
    ("kind", "check", "there"),
    [
        ("throughput", "offlin", "'alternate seed', 'offline'"),
        ("conformance", "offline", "'batch', 'order'"),
        ("accuracy", "batch", "checks of accuracy: none"),
    ],
)
def test_an_entry_of_a_check_that_no_suite_has(tmp_path: Path, kind: str, check: str, there: str) -> None:
    (said,) = stale(tables(tmp_path, kind=kind, check=check), DURING)
    assert f"no suite has the check {check!r}" in said
    assert there in said


def test_the_names_of_checks_are_the_suites_marks() -> None:
    """Of conformance, and of throughput beside its scenarios."""
    for kind, others in ((Kind.CONFORMANCE, {""}), (Kind.THROUGHPUT, {"", *Scenario})):
        module = Path(__file__).resolve().parents[2] / "suites" / f"test_{kind}.py"
        marked = set(re.findall(r'mark\.check\("(.+)"\)', module.read_text(encoding="utf-8")))
        assert marked
        assert marked | others == set(checks.names()[kind])


def verdict_of(kind: VerdictKind, measured: float | None) -> Verdict:
    return dataclasses.replace(plain.error("what was seen"), kind=kind, measured=measured)


def test_only_a_verdict_that_compares_closes_a_gap() -> None:
    closing = {kind for kind in VerdictKind if gaps.closes(verdict_of(kind, 1.0))}
    assert closing == {VerdictKind.REPRODUCED, VerdictKind.EXCEEDS, VerdictKind.SURVIVES}


def test_what_falls_below_the_least_is_not_excused(tmp_path: Path) -> None:
    (gap,) = tables(tmp_path, least=850.0).gaps
    falls_short = VerdictKind.FALLS_SHORT
    assert gaps.excuses(gap, verdict_of(falls_short, 850.0))
    assert not gaps.excuses(gap, verdict_of(falls_short, 849.9))
    assert not gaps.excuses(gap, verdict_of(VerdictKind.ERROR, None))
    (without,) = tables(tmp_path).gaps
    assert gaps.excuses(without, verdict_of(falls_short, 0.1))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": "soon"}, r'gap\[0\]\.until: found "soon", expected a day as "2026-12-31"'),
        ({"since": "2026-13-01"}, r"gap\[0\]\.since"),
        ({"until": "2026-10-01"}, r"gap\[0\]\.until: found .2026-10-01., expected a day not before since"),
        ({"verdict": "reproduced"}, r"gap\[0\]\.verdict: found .reproduced., expected falls-short or error"),
        ({"kind": "speed"}, r"gap\[0\]\.kind"),
        ({"reason": " "}, r"gap\[0\]\.reason.*some text"),
        ({"least": 5, "verdict": "error"}, r"gap\[0\]\.least: found 5.*a verdict that has one"),
        ({"ticket": "1"}, r"gap\[0\]\.ticket"),
    ],
)
def test_entries_written_badly(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(TableErrors, match=said):
        tables(tmp_path, **changes)


def test_the_projects_own_entries_have_cases() -> None:
    said = gaps.stale(catalog.load(), date.today(), checks.names())
    assert not [line for line in said if "no case" in line or "no suite" in line]

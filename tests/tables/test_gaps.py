"""Known gaps: what an entry excuses, which entries are stale, and what is wrong with a bad one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness import catalog, gaps
from harness.cases import named
from harness.domain import Catalog, Gap, Kind, Origin
from harness.errors import TableErrors

ENTRY = {
    "case": "tinybert-t4-bs*", "kind": "throughput", "reason": "slower since driver 550",
    "since": "2026-11-01", "until": "2026-12-31",
}  # fmt: skip
BEFORE, DURING = date(2026, 10, 31), date(2026, 11, 1)
LAST, AFTER = date(2026, 12, 31), date(2027, 1, 1)


def tables(folder: Path, **changes: str) -> Catalog:
    lines = [f'{name} = "{value}"' for name, value in (ENTRY | changes).items()]
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


def test_what_is_stale_is_named(tmp_path: Path) -> None:
    assert gaps.stale(tables(tmp_path), LAST) == ()
    (said,) = gaps.stale(tables(tmp_path), AFTER)
    assert "gap[0] (tinybert-t4-bs* throughput): expired on 2026-12-31; mend what it is about" in said
    (said,) = gaps.stale(tables(tmp_path, case="tinybert-t5-bs*"), DURING)
    assert "no case has an id like 'tinybert-t5-bs*'" in said
    assert gaps.stale(tables(tmp_path, case="tinybert-t4-bs7"), DURING) == ()  # --bs 7 runs it


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": "soon"}, r'gap\[0\]\.until: found "soon", expected a day as "2026-12-31"'),
        ({"since": "2026-13-01"}, r"gap\[0\]\.since"),
        ({"until": "2026-10-01"}, r"gap\[0\]\.until: found .2026-10-01., expected a day not before since"),
        ({"verdict": "reproduced"}, r"gap\[0\]\.verdict: found .reproduced., expected falls-short or error"),
        ({"kind": "speed"}, r"gap\[0\]\.kind"),
        ({"reason": " "}, r"gap\[0\]\.reason.*some text"),
        ({"ticket": "1"}, r"gap\[0\]\.ticket"),
    ],
)
def test_entries_written_badly(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(TableErrors, match=said):
        tables(tmp_path, **changes)


def test_the_projects_own_entries_have_cases() -> None:
    assert all("no case" not in said for said in gaps.stale(catalog.load(), date.today()))

"""How long the report of 100,000 stored results takes, and how large its page is.

    python benchmarks/report.py [--results 100000] [--shape nights|claims]
    python benchmarks/report.py --results 1000000 --shape nights --store FILE    # a store, and no report

`nights` is a store that grew: every documented case, measured again and again, rendered with ``--all``.
`claims` is one run of that many different results. Their numbers are drawn: no model ran. At most 8 s of
processor time, 300 MB and a page of 5 MB; the status is 1 beyond. `before_after.py` times the commands.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

# Another revision's library writes the store that it is to read (before_after.py).
ROOT = Path(os.environ.get("ZOOCHECK_BENCHMARKED", Path(__file__).resolve().parents[1]))
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "reports")]

import factory  # noqa: E402
import sqlalchemy as sa  # noqa: E402

from harness.domain.catalog import Catalog  # noqa: E402
from harness.records import to_json  # noqa: E402
from harness.store.results import Result, Store  # noqa: E402
from harness.store.schema import MEASUREMENTS, VERDICTS, measurement_row  # noqa: E402
from harness.tables import catalog as tables  # noqa: E402
from harness.tables.cases import enumerate_cases  # noqa: E402
from reports.files import write  # noqa: E402

MOST_SECONDS, MOST_MB, MOST_BYTES = 8.0, 300, 5_000_000
WRITTEN = 20_000  # results that are made one by one; the database multiplies them


def originals(catalog: Catalog) -> list[Result]:
    """One result a case and kind, every third on the chip itself."""
    made = []
    for number, case in enumerate(enumerate_cases(catalog)):
        on = factory.on_chip() if number % 3 == 0 and not case.chip.local else {}
        made.append(factory.accuracy(catalog, case.id, 180 + number % 7, 240, fp32=186, **on))
        made.append(factory.throughput(catalog, case.id, 100.0 + 37 * number, calls=64, **on))
        made.append(factory.conformance(catalog, case.id, **on))
    return made


def grown(catalog: Catalog, count: int, shape: str) -> Iterator[Result]:
    """`count` results: the originals night by night, or each of a case of its own, by its batch size."""
    chance, first = random.Random(0), originals(catalog)
    for number, result in zip(range(count), itertools.cycle(first), strict=False):
        made, turn = result.measurement, number // len(first)
        metrics = {name: _near(value, chance) for name, value in made.metrics.items()}
        case = made.case if shape == "nights" else f"{made.case.rpartition('-bs')[0]}-bs{number // 3 + 1}"
        night = f"{2020 + turn // 336}-{turn // 28 % 12 + 1:02d}-{turn % 28 + 1:02d}"
        yield replace(
            result,
            measurement=replace(
                made, id=str(uuid.UUID(int=number)), run=night if shape == "nights" else "run", case=case,
                metrics=metrics, created=f"{night}T03:04:05+00:00",
            ),
        )  # fmt: skip


def multiply(store: Store, written: int, count: int, shape: str) -> None:
    """Copies of the first `written` results until there are `count`, of later years, or other batch sizes."""
    year = "printf('%d', CAST(substr({0}, 1, 4) AS INTEGER) + :turn) || substr({0}, 5)"
    again = "printf('%04d', :turn) || {0}"
    measured = {"id": again.format("id"), "created": year.format("created")}
    if shape == "nights":
        measured["run"] = year.format("run")
    else:
        measured["case"] = "\"case\" || printf('%05d', :turn)"
    judged = {name: again.format(name) for name in ("id", "measurement")}
    for turn in range(1, -(-count // written)):
        some = min(written, count - turn * written)
        for table, changed in ((MEASUREMENTS, measured), (VERDICTS, judged)):
            names = [column.name for column in table.c if column.name != "number"]
            listed = ", ".join(f'"{name}"' for name in names)
            values = ", ".join(changed.get(name, f'"{name}"') for name in names)
            copied = f"SELECT {values} FROM {table.name} WHERE number <= {some}"
            query = sa.text(f"INSERT INTO {table.name} ({listed}) {copied}").bindparams(turn=turn)
            store._database.do(lambda connection, q=query: connection.execute(q), write=True)


def _near(value: float, chance: random.Random) -> float:
    return min(value * chance.gauss(1, 0.02), 1.0 if value <= 1 else 1e9)


def fill(store: Store, results: Iterator[Result]) -> None:
    while some := list(itertools.islice(results, 5000)):
        measured = [measurement_row(item.measurement) for item in some]
        judged = [
            to_json(item.verdict)
            | {"id": uuid.uuid4().hex, "measurement": item.measurement.id, "judged": item.measurement.created}
            for item in some
        ]
        for table, rows in ((MEASUREMENTS, measured), (VERDICTS, judged)):
            insert = table.insert()
            store._database.do(lambda connection, i=insert, r=rows: connection.execute(i, r), write=True)


def make(url: str, catalog: Catalog, count: int, shape: str) -> Store:
    """A store of so many results."""
    store, night = Store(url), len(originals(catalog))
    written = WRITTEN // night * night if shape == "nights" else WRITTEN
    fill(store, grown(catalog, min(count, written), shape))
    multiply(store, written, count, shape)
    return store


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--shape", choices=("nights", "claims"), default="nights")
    parser.add_argument("--keep", type=Path, help="a folder for the report, else it is thrown away")
    parser.add_argument("--store", type=Path, help="make this file, and no report")
    chosen = parser.parse_args()
    catalog = tables.load((tables.BUILT_IN,))
    if chosen.store is not None:
        make(f"sqlite:///{chosen.store}", catalog, chosen.results, chosen.shape).close()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        store = make(f"sqlite:///{folder}/results.sqlite", catalog, chosen.results, chosen.shape)
        print(f"{chosen.results:,} results written in {time.perf_counter() - start:.1f} s")
        start, before = time.perf_counter(), time.process_time()
        found, history = store.latest(), store.history()
        read = time.perf_counter() - start
        written = write(catalog, found, chosen.keep or Path(folder) / "report", history=history)
        took, size = time.perf_counter() - start, written.html.stat().st_size
        busy = time.process_time() - before
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found):,} of them latest; read in {read:.1f} s; {peak:.0f} MB of memory (at most {MOST_MB})")
    print(
        f"report in {took:.1f} s, {busy:.1f} s of them on a core (at most {MOST_SECONDS:g}); "
        f"page of {size / 1e6:.2f} MB (at most {MOST_BYTES / 1e6:g})"
    )
    return 0 if busy < MOST_SECONDS and peak < MOST_MB and size < MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())

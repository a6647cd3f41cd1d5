"""How long the report of 100,000 stored results takes, and how large its page is.

    python benchmarks/report.py [--results 100000] [--shape nights|claims]

`nights` is a store that grew: every documented case, measured again and again, rendered with ``--all``.
`claims` is one run of that many different results. At most 30 s and 5 MB; the status is 1 beyond.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "reports")]

import factory  # noqa: E402

from harness.domain.catalog import Catalog  # noqa: E402
from harness.records import to_json  # noqa: E402
from harness.store.results import Result, Store  # noqa: E402
from harness.store.schema import MEASUREMENTS, VERDICTS, measurement_row  # noqa: E402
from harness.tables import catalog as tables  # noqa: E402
from harness.tables.cases import enumerate_cases  # noqa: E402
from reports.files import write  # noqa: E402

MOST_SECONDS, MOST_BYTES = 30.0, 5_000_000


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
    """`count` results: the originals night by night, or each with a batch size of its own."""
    chance, first = random.Random(0), originals(catalog)
    for number, result in zip(range(count), itertools.cycle(first), strict=False):
        made, turn = result.measurement, number // len(first)
        metrics = {name: _near(value, chance) for name, value in made.metrics.items()}
        case = made.case if shape == "nights" else f"{made.case.rpartition('-bs')[0]}-bs{turn + 1}"
        night = f"{2020 + turn // 336}-{turn // 28 % 12 + 1:02d}-{turn % 28 + 1:02d}"
        yield replace(
            result,
            measurement=replace(
                made, id=str(uuid.UUID(int=number)), run=night if shape == "nights" else "run", case=case,
                metrics=metrics, created=f"{night}T03:04:05+00:00",
            ),
        )  # fmt: skip


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--results", type=int, default=100_000)
    parser.add_argument("--shape", choices=("nights", "claims"), default="nights")
    parser.add_argument("--keep", type=Path, help="a folder for the report, else it is thrown away")
    chosen = parser.parse_args()
    catalog = tables.load((tables.BUILT_IN,))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/results.sqlite")
        start = time.perf_counter()
        fill(store, grown(catalog, chosen.results, chosen.shape))
        print(f"{chosen.results:,} results written in {time.perf_counter() - start:.1f} s")
        start, before = time.perf_counter(), time.process_time()
        found, history = store.results(latest=True), store.history()
        read = time.perf_counter() - start
        written = write(catalog, found, chosen.keep or Path(folder) / "report", history=history)
        took, size = time.perf_counter() - start, written.html.stat().st_size
        busy = time.process_time() - before
        store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(found):,} of them latest; read in {read:.1f} s; {peak:.0f} MB of memory")
    print(
        f"report in {took:.1f} s (at most {MOST_SECONDS:g}), {busy:.1f} s of them on a core; "
        f"page of {size / 1e6:.2f} MB (at most {MOST_BYTES / 1e6:g})"
    )
    return 0 if took < MOST_SECONDS and size < MOST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())

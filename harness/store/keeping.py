"""What could not be written to a store that is gone: kept in one of the home's, for `zoocheck store copy`."""

from __future__ import annotations

from pathlib import Path

from harness.domain.measurements import Measurement, Verdict
from harness.errors import StoreGone, ZoocheckError
from harness.store.results import Store

FILE = "kept.sqlite"


def keep(
    folder: Path, measurement: Measurement, verdict: Verdict | None, *, problem: StoreGone, wanted: str
) -> None:
    """Write a result to the store of what is kept in `folder`, and say so in `problem`.

    `wanted` is the store that it belongs to, for people. Where it cannot be kept either, that is said.
    """
    url = f"sqlite:///{folder / FILE}"
    try:
        store = Store(url)
        try:
            store.add(measurement, verdict)
        finally:
            store.close()
    except (ZoocheckError, OSError) as further:
        problem.add(f"what was measured could not be kept in {url} either ({further})")
        return
    problem.add(
        f"what was measured is kept in {url}: `zoocheck store copy {url} {wanted}` brings it in, "
        "once the store is there again"
    )

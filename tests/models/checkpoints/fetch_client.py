"""Fetches the tiny model in a process of its own, because the hub client reads its variables when imported.

``fetch_client.py FOLDER JSON``: the home lies in FOLDER, JSON holds what `hub_model` takes. Prints one JSON
object. The pauses between the hub client's attempts, a second each, are left out.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tiny_model import home_in, hub_model

from harness.errors import ZoocheckError
from harness.models.checkpoints import fetch


def main() -> None:
    """Fetch, and say what came of it."""
    time.sleep = lambda seconds: None
    folder, source = Path(sys.argv[1]), json.loads(sys.argv[2])
    received: dict[str, tuple[int, int | None]] = {}

    def note(name: str, so_far: int, total: int | None) -> None:
        received[name] = (so_far, total)

    try:
        fetched = fetch(hub_model(**source), home_in(folder), progress=note)
        outcome: dict[str, object] = {
            "files": dict(fetched.files),
            "downloaded": fetched.downloaded,
            "revision": fetched.revision,
        }
    except ZoocheckError as problem:
        outcome = {"error": type(problem).__name__, "message": str(problem), "remedy": problem.remedy}
    json.dump({**outcome, "received": received, "torch": "torch" in sys.modules}, sys.stdout)


main()

"""One arm: a process that opens an artifact and makes calls when it is told to.

``python -m harness.ab.worker`` reads a line of JSON for its setup, then a line for each turn, and answers
each with a line of JSON. Between its turns it sleeps on the pipe, as its parent does during them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from harness.errors import ZoocheckError

Call = Callable[[], object]


def main() -> int:
    """Serve turns until the input ends. What goes wrong is answered with its reason, status 1."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        call = open_call(json.loads(sys.stdin.readline()))
        _answer(answers, {"versions": _versions()})
        for line in sys.stdin:
            _answer(answers, turn(call, **json.loads(line)))
    except ZoocheckError as problem:
        _answer(answers, {"problem": str(problem)})
        return 1
    except Exception as problem:  # a library's or a graph's: the parent says it in a sentence
        _answer(answers, {"problem": f"{type(problem).__name__}: {problem}"})
        return 1
    return 0


def _answer(stream: TextIO, content: dict[str, Any]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()


def open_call(setup: dict[str, Any]) -> Call:
    """One batch through the artifact, opened by the backend that built it: what is timed."""
    import numpy as np

    from harness import backends, cases, catalog, targets
    from harness.artifacts import Artifact
    from harness.place import Place

    case = cases.named(catalog.load(), setup["case"])
    target = targets.resolve(case.chip, setup["target"], case.runtime, setup["device"])
    place = Place(
        folder=Path(setup["folder"]), toolchain=backends.toolchain(case.chip, target.backend_name),
        device=setup["device"], facts=target.facts,
    )  # fmt: skip
    made = setup["artifact"]
    session = target.backend.open(case, Artifact(**{**made, "folder": Path(made["folder"])}), place)
    with np.load(setup["inputs"], allow_pickle=False) as kept:
        inputs = [kept[item.name] for item in case.model.inputs]
    return lambda: session.run(inputs)


def turn(call: Call, *, unmeasured: int, calls: int) -> dict[str, Any]:
    """`unmeasured` calls, then `calls` under the clock: their time in all, in nanoseconds."""
    for _ in range(unmeasured):
        call()
    start = time.perf_counter_ns()
    for _ in range(calls):
        call()
    return {"took_ns": time.perf_counter_ns() - start}


def _versions() -> dict[str, str]:
    from harness.machine import library_versions

    return library_versions()


if __name__ == "__main__":
    sys.exit(main())

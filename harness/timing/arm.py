"""The calls of one arm, or of both, in a process of their own.

``python -m harness.timing.arm`` reads a line of JSON for its setup, then a line for each request, and answers
each with a line of JSON. Between requests it sleeps on the pipe, as its parent does during them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from harness.errors import ZoocheckError

Call = Callable[[], object]
FOURS = ((0, 1, 1, 0), (1, 0, 0, 1))  # A B B A, B A A B


def main() -> int:
    """Serve requests until the input ends. An error is answered with its reason, and ends with status 1."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        setup = json.loads(sys.stdin.readline())
        arms = opened(setup, open=range(len(setup["arms"])))
        _answer(answers, {"versions": _versions()})
        for line in sys.stdin:
            request = json.loads(line)
            if "open" in request:
                arms.clear()  # before the next ones are loaded
                arms = opened(setup, **request)
                _answer(answers, {})
            else:
                _answer(answers, fours(arms, **request) if "fours" in request else turn(arms[0], **request))
    except BrokenPipeError:
        return 1  # nobody is there to be told
    except ZoocheckError as problem:
        _answer(answers, {"problem": str(problem)})
        return 1
    except Exception as problem:  # a library's or a graph's: the parent says it in a sentence
        _answer(answers, {"problem": f"{type(problem).__name__}: {problem}"})
        return 1
    return 0


def opened(setup: dict[str, Any], *, open: Sequence[int]) -> list[Call]:
    """The calls of the setup's arms, loaded in that order, told in the setup's."""
    calls = {arm: open_call({**setup, **setup["arms"][arm]}) for arm in open}
    return [calls[arm] for arm in sorted(calls)]


def _answer(stream: TextIO, content: dict[str, Any]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()


def open_call(setup: dict[str, Any]) -> Call:
    """The call to time: one batch through the artifact, opened by the backend that built it."""
    from harness import arrays
    from harness.artifacts.cache import Artifact
    from harness.tables import cases, catalog
    from harness.toolchains import loading, targets
    from harness.toolchains.place import Place

    case = cases.named(catalog.load(), setup["case"])
    target = targets.resolve(case.chip, setup["target"], case.runtime, setup["device"])
    place = Place(
        folder=Path(setup["folder"]), toolchain=loading.toolchain(case.chip, target.backend_name),
        device=setup["device"], facts=target.facts, threads=setup["threads"],
    )  # fmt: skip
    made = setup["artifact"]
    session = target.backend.open(case, Artifact(**{**made, "folder": Path(made["folder"])}), place)
    names = [item.name for item in case.model.inputs]
    kept = arrays.npz(Path(setup["inputs"]), names)
    inputs = [kept[name] for name in names]
    return lambda: session.run(inputs)


def turn(call: Call, *, unmeasured: int, calls: int) -> dict[str, Any]:
    """`unmeasured` calls, then `calls` under the clock: their time in all, in nanoseconds."""
    for _ in range(unmeasured):
        call()
    start = time.perf_counter_ns()
    for _ in range(calls):
        call()
    return {"took_ns": time.perf_counter_ns() - start}


def fours(arms: Sequence[Call], *, fours: int, calls: int, unmeasured: int, first: int) -> dict[str, Any]:
    """Both arms in turns of `calls` calls, `fours` times A B B A or B A A B: each arm's time in each four.

    `unmeasured` fours come before: a busy machine favours a process that has just slept on a pipe, and the
    arm that begins would look faster. `first` is that arm.
    """
    took = []
    for number in range(-unmeasured, fours):
        spent = [0, 0]
        for arm in FOURS[(number + first) % 2]:
            spent[arm] += turn(arms[arm], unmeasured=0, calls=calls)["took_ns"]
        took.append(spent)
    return {"took_ns": took[unmeasured:]}


def _versions() -> dict[str, str]:
    from harness.machine.fingerprint import library_versions

    return library_versions()


if __name__ == "__main__":
    sys.exit(main())

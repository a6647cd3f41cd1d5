"""The calls of one arm, or of both, in a process of their own.

``python -m harness.timing.arm`` reads a line of JSON for its setup, then a line for each request, and answers
each with a line of JSON. Between requests it sleeps on the pipe, as its parent does during them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from harness.decoding import json_object
from harness.errors import ZoocheckError

Call = Callable[[], object]
Answer = Callable[[Path, Path], None]
FOURS = ((0, 1, 1, 0), (1, 0, 0, 1))  # A B B A, B A A B


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One artifact, loaded: the call to time, and its outputs for other samples, from file to file."""

    call: Call
    answer: Answer


class Unopened(ZoocheckError):
    """An arm that cannot be opened, and its name."""

    def __init__(self, said: str, *, arm: str) -> None:
        super().__init__(said)
        self.arm = arm


def main() -> int:
    """Serve requests until the input ends. An error is answered with its reason, and ends with status 1."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        setup = json_object(sys.stdin.readline())
        arms = opened(setup, open=range(len(setup["arms"])))
        _answer(answers, {"versions": _versions()})
        for line in sys.stdin:
            request = json_object(line)
            if "open" in request:
                arms.clear()  # before the next ones are loaded
                arms = opened(setup, **request)
                _answer(answers, {})
            elif "answer" in request:
                arms[request["answer"]].answer(Path(request["samples"]), Path(request["to"]))
                _answer(answers, {})
            else:
                calls = [arm.call for arm in arms]
                _answer(answers, fours(calls, **request) if "fours" in request else turn(calls[0], **request))
    except BrokenPipeError:
        return 1  # nobody is there to be told
    except ZoocheckError as problem:
        arm = problem.arm if isinstance(problem, Unopened) else ""
        _answer(answers, {"problem": str(problem), "arm": arm})
        return 1
    except Exception as problem:  # a library's or a graph's: the parent says it in a sentence
        _answer(answers, {"problem": f"{type(problem).__name__}: {problem}"})
        return 1
    return 0


def opened(setup: dict[str, Any], *, open: Sequence[int]) -> list[Arm]:
    """The setup's arms, loaded in that order, told in the setup's."""
    arms = {arm: _opened({**setup, **setup["arms"][arm]}) for arm in open}
    return [arms[arm] for arm in sorted(arms)]


def _opened(setup: dict[str, Any]) -> Arm:
    """`open_arm`, and which of two it is that cannot be opened."""
    try:
        return open_arm(setup)
    except Exception as problem:  # a library's or a graph's
        said = str(problem) if isinstance(problem, ZoocheckError) else f"{type(problem).__name__}: {problem}"
        raise Unopened(said, arm=setup.get("name", "")) from problem


def _answer(stream: TextIO, content: dict[str, Any]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()


def open_arm(setup: dict[str, Any]) -> Arm:
    """One batch through the artifact, opened by the backend that built it, and any number of batches."""
    import numpy as np

    from harness import arrays
    from harness.artifacts.cache import Artifact
    from harness.models.graphs.originals import outputs_of, rows_first
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
    names = [item.name for item in case.model.fed]

    def read(path: Path) -> list[Any]:
        kept = arrays.npz(path, names)
        return [kept[name] for name in names]

    inputs = read(Path(setup["inputs"]))

    def answer(samples: Path, to: Path) -> None:
        given, size = read(samples), case.batch_size
        starts = range(0, len(given[0]), size)
        batches = [
            rows_first(
                case.model,
                outputs_of(case.model),
                session.run([array[at : at + size] for array in given]),
                size,
            )
            for at in starts
        ]
        np.savez(to, *(np.concatenate(parts) for parts in zip(*batches, strict=True)))

    return Arm(call=lambda: session.run(inputs), answer=answer)


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

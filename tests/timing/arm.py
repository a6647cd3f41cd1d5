"""An arm for the tests: answers as `harness.timing.arm` does, by what its setup says."""

from __future__ import annotations

import json
import sys
import time


def answer(content: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main() -> int:
    setup = json.loads(sys.stdin.readline())
    if "problem" in setup:
        answer({"problem": setup["problem"]})
        return 1
    if setup.get("dies"):
        return 3
    if "garbles" in setup:
        sys.stdout.write(setup["garbles"] + "\n")
        return 0
    answer({"versions": {"numpy": "1"}})
    for line in sys.stdin:
        request = json.loads(line)
        if setup.get("hangs"):
            time.sleep(600)
        if "open" in request:
            answer({})
            continue
        took = [request["calls"] * arm["call_ns"] for arm in setup["arms"]]
        fours = [[2 * item for item in took]] * request.get("fours", 0)
        answer({"took_ns": fours or took[0]})
    return 0


if __name__ == "__main__":
    sys.exit(main())

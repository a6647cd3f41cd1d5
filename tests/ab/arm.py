"""An arm for the tests: answers as `harness.ab.worker` does, by what its setup says."""

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
    answer({"versions": {"numpy": "1"}})
    for line in sys.stdin:
        turn = json.loads(line)
        if setup.get("hangs"):
            time.sleep(600)
        answer({"took_ns": turn["calls"] * setup["call_ns"]})
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""An arm that is 5 % slower than it should be: every call is followed by a twentieth of its own time.

``python -m benchmarks.slower`` in place of ``python -m harness.ab.worker``: what `gate.py` plants.
"""

from __future__ import annotations

import sys
import time

from harness.ab import worker

PLANTED = 0.05


def slower(call):
    """`call`, and then a loop for `PLANTED` of the time that it took."""

    def planted():
        start = time.perf_counter_ns()
        call()
        end = time.perf_counter_ns()
        end += round((end - start) * PLANTED)
        while time.perf_counter_ns() < end:
            pass

    return planted


if __name__ == "__main__":
    opened = worker.open_call
    worker.open_call = lambda setup: slower(opened(setup))
    sys.exit(worker.main())

"""An arm that is 5 % slower than it should be: every call is followed by a twentieth of its own time.

``python -m benchmarks.slower`` in place of ``python -m harness.timing.arm``, for an arm whose setup says
``slower``: what `gate.py` plants.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from harness.timing import arm

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


def open_arm(setup):
    """As the worker's, slower where the setup says so."""
    opened = OPEN(setup)
    return replace(opened, call=slower(opened.call)) if setup.get("slower") else opened


OPEN = arm.open_arm

if __name__ == "__main__":
    arm.open_arm = open_arm
    sys.exit(arm.main())

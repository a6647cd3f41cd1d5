"""What makes the process of a throughput die or hang: put in place of `sitecustomize` by a test.

``DIES`` is ``<case>=<how>``, several of them separated by commas. Every other process is left alone.
"""

import os
import signal
import sys
import time

HOW = dict(item.split("=") for item in os.environ.get("DIES", "").split(",") if item)


def _instead(rule=None, *others, **named):
    import json
    from pathlib import Path

    case = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["case"]
    how = HOW.get(case)
    sys.stderr.write(f"about to be {how}\n")
    sys.stderr.flush()
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "crashed":
        os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(600)


if HOW and "harness.timing.child" in sys.orig_argv:
    from harness.timing import calls

    calls.warm_up = _instead

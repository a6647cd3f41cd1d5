#!/usr/bin/env bash
# mlcommons_loadgen 6.0.17 (Server)
#
# Expected: max_duration_ms bounds how long a run takes, as its name says and as the one beside it, min_duration_ms, is
#   read. A run with 1000 ms ends soon after one second.
# Seen: it bounds the issuing of queries alone. Everything issued by then is waited for, however late: a system at a
#   quarter of the target rate takes nearly four times as long, and the summary, which repeats "max_duration (ms): 1000",
#   does not say so.
#
#       system does 125 samples a second      max_duration   took
#       target 100 a second                            1 s    0.9 s
#       target 500 a second                            1 s    3.7 s
#
# Why it matters: the slower the system, the longer its failing run, without bound: at a hundredth of the target a run of
#   ten minutes holds the machine for most of a day. A time-out around it kills it before the summary is written,
#   so the verdict INVALID becomes "no result".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q mlcommons_loadgen==6.0.17
cat > overload.py <<'PY'
import queue
import sys
import threading
import time
from pathlib import Path

import mlperf_loadgen as loadgen

waiting = queue.Queue()


def serve():
    while (sample := waiting.get()) is not None:
        time.sleep(0.008)
        loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(sample, 0, 0)])


settings = loadgen.TestSettings()
settings.scenario, settings.mode = loadgen.TestScenario.Server, loadgen.TestMode.PerformanceOnly
settings.server_target_qps = float(sys.argv[1])
settings.server_target_latency_ns = 100_000_000
settings.min_duration_ms, settings.max_duration_ms, settings.min_query_count = 900, 1000, 1
output = loadgen.LogOutputSettings()
output.outdir = "."
logs = loadgen.LogSettings()
logs.log_output = output
server = threading.Thread(target=serve)
server.start()
system = loadgen.ConstructSUT(lambda samples: [waiting.put(sample.id) for sample in samples] and None, lambda: None)
library = loadgen.ConstructQSL(16, 16, lambda samples: None, lambda samples: None)
began = time.monotonic()
loadgen.StartTestWithLogSettings(system, library, settings, logs)
took = time.monotonic() - began
loadgen.DestroyQSL(library)
loadgen.DestroySUT(system)
waiting.put(None)
server.join()
verdict = next(line for line in Path("mlperf_log_summary.txt").read_text().splitlines() if "Result is" in line)
print(f"target {sys.argv[1]:>3} a second, max_duration 1 s: took {took:.1f} s; {verdict.strip()}")
if sys.argv[1] == "500":
    assert took > 2, "max_duration now ends the run of an overloaded system"
    assert "INVALID" in verdict, "an overloaded system is now valid"
else:
    assert took < 1.8, "a system that keeps up takes longer as well"
PY
for target in 100 500; do ./venv/bin/python overload.py "$target"; done

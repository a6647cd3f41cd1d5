"""What is audited of a throughput: every check, by the name that its test is marked with."""

from __future__ import annotations

OUTPUTS = "outputs of the timed run"  # MLPerf Inference's TEST01
REPEATED = "repeated sample"  # its TEST04
SEED = "alternate seed"  # its alternate-seed test, TEST05 of the rounds that had one
NAMES = (OUTPUTS, REPEATED, SEED)

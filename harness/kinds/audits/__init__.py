"""Audits of a measurement: whether what was timed is the work, after MLPerf Inference's TEST01 and TEST04.

Each is a check of the kind throughput, on batches of its own that vary from call to call.
"""

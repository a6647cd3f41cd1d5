"""Scenarios through MLCommons LoadGen: it issues queries, measures and judges; here is what it calls.

`plan` says what a run asks of it, `system` is the system under test, `child` the process that both run in,
and `running` what the parent does. What LoadGen wrote is read by `harness.tools.parsers.loadgen`.
"""

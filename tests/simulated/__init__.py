"""Imitations of the vendors' tools, for tests alone: documented command lines, run by onnxruntime.

Each is a script of the real tool's name, which refuses every command line but the documented ones, or a
package of the real name for the interpreter that runs it. What they print where the real tool prints its
version or name holds `harness.toolchains.place.SIMULATED`, so that nothing of theirs is ever taken for a
chip's.
"""

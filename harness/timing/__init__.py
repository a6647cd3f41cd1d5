"""How calls are timed: here, in a process of their own, in turns, by LoadGen.

What a throughput comes to is decided in `verdicts`.
"""

"""The documented command lines of each toolchain, as argument lists: pure functions of a case and paths.

What a backend runs, what `zoocheck bundle` writes into a script, and what the golden files of
tests/toolchains/commands hold beside the documents' own lines.
"""

"""One case's pieces: its materials, its artifact, its outputs, its record.

In which order, and for which claim, is said in `kinds`.
"""

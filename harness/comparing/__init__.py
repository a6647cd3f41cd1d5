"""What two runs, two arms or many nights come to, and what fails a gate.

One result alone is judged in `verdicts`.
"""

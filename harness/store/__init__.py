"""Results that only grow, in a database, and what a run did not run.

What a result comes to is decided in `verdicts`. Nothing outside this package imports sqlalchemy, and
collecting tests imports nothing of it.
"""

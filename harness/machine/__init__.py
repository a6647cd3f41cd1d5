"""What this machine is, and what it did while calls were timed.

Whether that spoils a result is judged elsewhere.
"""

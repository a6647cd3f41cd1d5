"""A pytest plugin that hardly waits for a server to come back: `-p impatient` in the arguments of a run."""

from harness.store import database

database.RESTART_PAUSE_S = 0.1

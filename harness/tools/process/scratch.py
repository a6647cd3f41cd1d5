"""A folder for as long as a tool answers, which goes with it, also where this process is told to end."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """A new folder, removed afterwards.

    SIGTERM, which by itself ends a process as it is, raises `SystemExit` in here (status 143, as a shell has
    it): the folder goes, and what runs in it is ended. A handler that somebody else set stays.
    """
    with _leaving(), tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)


@contextmanager
def _leaving() -> Iterator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

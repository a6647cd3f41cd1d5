"""Root's right to write everywhere, given up for as long as a test needs a folder that it may not write."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Run as nobody; whoever is not root has nothing to give up."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def heeding_modes() -> tuple[str, ...]:
    """What starts a command to which the modes of its own files apply: root's needs to lose a capability."""
    if os.geteuid() != 0:
        return ()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root heeds no modes, and setpriv (util-linux) is not there to start a command that does")
    return (setpriv, "--bounding-set", "-dac_override,-dac_read_search")

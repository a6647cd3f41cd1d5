"""A process that has torch and onnxruntime loaded, and computes for the imitations, which load neither.

    python computing.py FOLDER

It listens in that folder until its own input ends, and forks for each that asks; it loads a library when the
first one needs it. Where nobody listens, an imitation computes itself.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networks
    import numpy as np

LIBRARIES = {"Graph": ("networks", "onnxruntime"), "Traced": ("traced", "torch")}  # of each kind of network


def asked(folder: Path, network: networks.Network, what: str, how: Sequence[Any]) -> list[np.ndarray] | None:
    """What the method `what` of the network gives, or None where nobody is there to say."""
    try:
        with Client(str(_place(folder)), family="AF_UNIX") as connection:
            connection.send((type(network).__name__, network.content, what, how))
            found: list[np.ndarray] = connection.recv()
            return found
    except (OSError, EOFError):
        return None


def main(folder: Path) -> None:
    """Answer, a process each; where another one listens there already, only wait for the input's end."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    try:
        listener = Listener(str(_place(folder)), family="AF_UNIX")
    except OSError:
        sys.stdin.read()
        return
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    while True:
        with (
            contextlib.suppress(OSError, EOFError),
            listener.accept() as connection,
        ):  # who asks may be killed
            kind, content, what, how = connection.recv()
            module, library = LIBRARIES[kind]
            importlib.import_module(library)
            if os.fork() == 0:
                _answer(connection, getattr(importlib.import_module(module), kind)(content), what, how)


def _answer(connection: Connection, network: networks.Network, what: str, how: Sequence[Any]) -> None:
    """In the forked process: a network that fails gives no answer, and fails again where it was asked."""
    with contextlib.suppress(Exception):
        connection.send(list(getattr(network, what)(*how)))
    os._exit(0)


def _end_with_the_input() -> None:
    sys.stdin.read()
    os._exit(0)


def _place(folder: Path) -> Path:
    return folder / "asked"


if __name__ == "__main__":
    main(Path(sys.argv[1]))

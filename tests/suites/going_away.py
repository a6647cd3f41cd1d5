"""A PostgreSQL server that goes away: a door on loopback before the lent one, which shuts for good."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_INSERT = b"INSERT INTO measurements"
_CHUNK = 65536


@dataclass(slots=True, kw_only=True)
class Door:
    """Passes bytes between clients and a server until the measurement number `last` is to be written.

    Then everything is closed: before the server sees it, or with `committed` once the server has committed
    it, and before the client is told so.
    """

    server: tuple[str, int]
    last: int
    committed: bool
    shut: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _open: list[socket.socket] = field(default_factory=list)
    _written: int = 0

    @property
    def port(self) -> int:
        """Where clients knock; nobody listens there any more when it is shut."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Let clients in until it is shut."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # shut
                return
            behind = socket.create_connection(self.server)
            self._open += [client, behind]
            threading.Thread(target=self._talk, args=(client, behind), daemon=True).start()

    def close(self) -> None:
        """Shut it."""
        self.shut.set()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _talk(self, client: socket.socket, behind: socket.socket) -> None:
        """One connection, a question and its answer at a time, as the protocol goes here."""
        silent = threading.Event()
        answers = threading.Thread(target=self._answer, args=(client, behind, silent), daemon=True)
        answers.start()
        last = False
        with suppress(OSError):
            while said := client.recv(_CHUNK):
                self._written += _INSERT in said
                last = last or (self._written == self.last and _INSERT in said)
                if last and not self.committed:
                    self.close()
                    return
                if last and b"COMMIT" in said:
                    silent.set()
                behind.sendall(said)
        with suppress(OSError):
            behind.close()

    def _answer(self, client: socket.socket, behind: socket.socket, silent: threading.Event) -> None:
        with suppress(OSError):
            while said := behind.recv(_CHUNK):
                if silent.is_set():
                    self.close()
                    return
                client.sendall(said)
        with suppress(OSError):
            client.close()


@contextmanager
def before(url: str, *, last: int, committed: bool) -> Iterator[tuple[str, Door]]:
    """The URL of the same database behind a `Door`, and that."""
    place = re.search(r"@([^:/@]+):(\d+)/", url)
    assert place is not None
    door = Door(server=(place[1], int(place[2])), last=last, committed=committed)
    thread = threading.Thread(target=door.serve, daemon=True)
    thread.start()
    try:
        yield url.replace(place[0], f"@127.0.0.1:{door.port}/"), door
    finally:
        door.close()
        thread.join(10)

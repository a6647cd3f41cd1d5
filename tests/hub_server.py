"""A small Hugging Face hub on loopback: real files with the hub's headers and redirects, and ways to fail."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Fault(StrEnum):
    """What can go wrong with one file, when it is asked for (HEAD) or sent (GET)."""

    NOT_FOUND = "404"
    UNAVAILABLE = "500"
    GATED = "403"
    SLOW = "no answer until the server stops"
    BREAKS_OFF = "half the promised bytes, then the connection is closed, every time"
    SHORTENED = "half the bytes, presented as the whole file"
    WRONG_BYTES = "other bytes of the same number"
    NO_ETAG = "no ETag and no X-Linked-Etag"


@dataclass(slots=True, kw_only=True)
class Hub:
    """One repository at one revision. `faults` maps ``(method, file name)`` to what goes wrong."""

    repository: str
    revision: str
    files: Mapping[str, bytes]
    lfs: tuple[str, ...] = (".safetensors", ".bin")  # endings of the files in LFS
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)  # (method, path)
    url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Serve `hub` on a free port of 127.0.0.1 and set its `url`."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """As the hub answers: ``/{repository}/resolve/{revision}/{file}``; LFS files redirect to a store."""

    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests look at `Hub.requests`."""

    def _answer(self, method: str) -> None:
        stored = self.path.startswith("/store/")
        where, _, name = self.path.partition("/store/" if stored else f"/resolve/{self.hub.revision}/")
        if not stored and where != f"/{self.hub.repository}":
            known = self.path.startswith(f"/{self.hub.repository}/resolve/")
            self._refuse(404, "RevisionNotFound" if known else "RepoNotFound")
            return
        self.hub.requests.append((method, self.path))
        fault = self.hub.faults.get((method, name))
        if fault is Fault.NOT_FOUND or (fault is None and name not in self.hub.files):
            self._refuse(404, "EntryNotFound")
        elif fault is Fault.UNAVAILABLE:
            self._refuse(500, None)
        elif fault is Fault.GATED:
            self._refuse(403, "GatedRepo")
        elif fault is Fault.SLOW:
            self.hub.stopping.wait(60)
            self.close_connection = True
        elif name.endswith(self.hub.lfs) and not stored:
            self._redirect(name, fault)
        else:
            self._send(method, name, fault)

    def _refuse(self, status: int, code: str | None) -> None:
        self.send_response(status)
        if code is not None:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _redirect(self, name: str, fault: Fault | None) -> None:
        content = self.hub.files[name]
        self.send_response(302)
        self.send_header("Location", f"/store/{name}")
        self.send_header("X-Repo-Commit", self.hub.revision)
        self.send_header("X-Linked-Size", str(len(content)))
        if fault is not Fault.NO_ETAG:
            self.send_header("X-Linked-Etag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, method: str, name: str, fault: Fault | None) -> None:
        content = self.hub.files[name]
        body = content
        if fault is Fault.WRONG_BYTES:
            body = bytes(byte ^ 0xFF for byte in content)
        if fault in (Fault.BREAKS_OFF, Fault.SHORTENED):
            body = content[: len(content) // 2]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body if fault is Fault.SHORTENED else content)))
        self.send_header("X-Repo-Commit", self.hub.revision)
        if fault is not Fault.NO_ETAG:
            self.send_header("ETag", f'"{_etag(name.endswith(self.hub.lfs), content)}"')
        self.end_headers()
        if method == "GET":
            self.wfile.write(body)
        self.close_connection = fault is Fault.BREAKS_OFF


def _etag(lfs: bool, content: bytes) -> str:
    """The SHA-256 of an LFS file, git's blob id of any other."""
    if lfs:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

"""The last lines of a tool's output, from its last bytes: decoded, and as a terminal would show them."""

from __future__ import annotations

import re

KEPT_BYTES = 64 * 1024
LINES = 40

# ECMA-48: control sequences (colours, cursor), strings up to their terminator (titles, links), lone escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Tail:
    """Holds the last `KEPT_BYTES` of what it is given, and never much more."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._cut = False

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the output."""
        self._bytes += chunk
        if len(self._bytes) > KEPT_BYTES:
            del self._bytes[:-KEPT_BYTES]
            self._cut = True

    def text(self, lines: int | None = LINES) -> str:
        """The last `lines` lines (None: all that is held) that are not blank at the end."""
        held = bytes(self._bytes)
        if self._cut:  # the first line may begin inside a character
            held = held.partition(b"\n")[2] or held
        shown = [_line(line) for line in held.split(b"\n")]
        while shown and not shown[-1]:
            shown.pop()
        return "\n".join(shown if lines is None else shown[-lines:])


def _line(raw: bytes) -> str:
    text = _ESCAPES.sub("", decoded(raw)).rstrip()
    return _CONTROLS.sub("", text.rpartition("\r")[2])  # a progress bar's last state


def decoded(raw: bytes) -> str:
    """A line as UTF-8, else as GB18030 (toolkits in a Chinese locale print it), else what can be read of it.

    Line by line, because a wrapper and the tool below it need not agree.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")

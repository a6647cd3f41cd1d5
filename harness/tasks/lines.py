"""A UTF-8 text file as lines, split where the original scripts split it; each fault is named by line."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import BadInput, NotThere

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file's lines without their ends: ``lines[0]`` is line 1. `sha256` is of the bytes as they lie."""

    path: Path
    sha256: str
    lines: tuple[str, ...] = field(repr=False)

    @property
    def filled(self) -> tuple[str, ...]:
        """The lines up to the last that is not blank: editors and scripts end a file with some."""
        count = len(self.lines)
        while count and not self.lines[count - 1].strip(" "):
            count -= 1
        return self.lines[:count]


def read_lines(path: Path, *, remedy: str) -> TextFile:
    r"""The lines of `path`; `remedy` says where a sound file comes from.

    Only ``\n`` and ``\r\n`` end a line, either of them throughout: so a file with the line ends of Windows
    reads as the same file without, as it does in Python's text mode and with it in every original script.
    ``\x0b``, ``\x0c``, U+0085, U+2028 stay inside a line; the last one needs no end.

    A byte order mark before the first line, which spreadsheets write and MRPC's own file has, is none of it.

    Raises `NotThere` for a missing file, `BadInput` for an empty one, invalid UTF-8, a NUL, line ends of both
    kinds, which only a damaged or joined file has, and a carriage return without a line feed, which text mode
    would take for one more line end.
    """
    data = _read_bytes(path, remedy=remedy)
    whole = _decode(data, path=path, remedy=remedy)
    text = whole.replace("\r\n", "\n")
    lines = tuple(text.removesuffix("\n").split("\n"))
    for character, name in (("\0", "a NUL"), ("\r", "a carriage return without a line feed")):
        if character in text:
            number = text.count("\n", 0, text.index(character)) + 1
            column = lines[number - 1].index(character) + 1
            message = f"found {name} at character {column} of the line, expected text"
            raise BadInput(message, path=path, line=number, remedy=remedy)
    if number := _other_end(whole):
        kinds = "a line feed alone", "a carriage return and a line feed"
        first, other = kinds if text.find("\n") == whole.find("\n") else kinds[::-1]
        message = f"the line ends with {other}, expected {first} as on line 1"
        raise BadInput(message, path=path, line=number, remedy=remedy)
    return TextFile(path=path, sha256=hashlib.sha256(data).hexdigest(), lines=lines)


def read_text(path: Path, *, remedy: str) -> tuple[str, str]:
    """The whole of `path` as text, and the SHA-256 of its bytes.

    For formats that have a parser of their own; without a byte order mark, as `read_lines` has it. Raises
    `NotThere` for a missing file, `BadInput` for an empty one and invalid UTF-8.
    """
    data = _read_bytes(path, remedy=remedy)
    return _decode(data, path=path, remedy=remedy), hashlib.sha256(data).hexdigest()


def shown(text: str, *, limit: int = 60) -> str:
    """`text` for a message: quoted, escaped to ASCII, at most about `limit` characters."""
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")


def _other_end(text: str) -> int:
    """The first line of `text` that does not end as its first line does; 0 where all do."""
    ends = text.count("\r\n")
    if ends in (0, text.count("\n")):
        return 0
    if text[: text.index("\n")].endswith("\r"):
        return 1 + next(at for at, line in enumerate(text.split("\n")) if not line.endswith("\r"))
    return text.count("\n", 0, text.index("\r\n")) + 1


def _read_bytes(path: Path, *, remedy: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotThere(f"{path}: no such file", remedy=remedy) from None
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", path=path, remedy=remedy) from error
    if not data.removeprefix(codecs.BOM_UTF8):
        raise BadInput("the file is empty", path=path, remedy=remedy)
    return data


def _decode(data: bytes, *, path: Path, remedy: str) -> str:
    try:
        return data.decode("utf-8").removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = (
            f"invalid UTF-8 at byte {column} of the line (offset {error.start} in the file): "
            f"found 0x{data[error.start]:02x}, {error.reason}"
        )
        raise BadInput(message, path=path, line=line, remedy=remedy) from error

"""TOML as people write our tables: an entry a header, short values on their line, lists of tables inline.

The standard library only reads TOML, and the writers there are spread a table's rows over a section each.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness import files
from harness.errors import UsageError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # and marks of direction
_WIDTH = 110
_CLOSED = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR)


def put(path: Path, toml: str) -> None:
    """Write `toml` to `path`, whole or not at all; the folders above are made where they are not there.

    Raises `UsageError` where nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.put(path, [toml])
    except OSError as problem:
        if problem.errno not in _CLOSED:
            raise
        message = f"{path}: the tables cannot be written there: {problem.strerror}"
        raise UsageError(message, remedy="give --out a place that can be written") from problem


def entry(kind: str, content: Mapping[str, Any]) -> str:
    """One ``[[kind]]`` with its keys; a list of tables has a line for each."""
    lines = [f"[[{kind}]]"]
    for key, value in content.items():
        text = f"{_key(key)} = {inline(value)}"
        tables = (
            isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) for item in value)
        )
        if tables or (isinstance(value, list | tuple) and len(text) > _WIDTH):
            lines += [f"{_key(key)} = [", *(f"    {inline(item)}," for item in value), "]"]
        else:
            lines.append(text)
    return "\n".join(lines) + "\n"


def inline(value: Any) -> str:
    """A value on one line. Raises `TypeError` for what TOML does not have."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(inline(item) for item in value)}]"
    raise TypeError(f"no TOML for {value!r}")


def comment(lines: Iterable[str]) -> str:
    """Lines as comments; control characters, which a comment must not hold, as blanks."""
    return "".join(f"# {_CONTROL.sub(' ', line)}".rstrip() + "\n" for line in lines)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's; those that a terminal would act on are escapes, too."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(str(text), ensure_ascii=False))

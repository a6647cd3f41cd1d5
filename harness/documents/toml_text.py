"""TOML as people write our tables: an entry a header, short values on their line, lists of tables inline.

The standard library only reads TOML, and the writers there are spread a table's rows over a section each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WIDTH = 110


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
    """A basic string: JSON's escapes are TOML's, and DEL is one more."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")

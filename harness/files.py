"""Files that are there whole or not at all: one way for whatever is written over another."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.errors import naming


def put(path: Path, parts: Iterable[str]) -> None:
    """Put a file of `parts` behind each other, in UTF-8, in place of `path` in one step.

    Whoever reads at the same time sees the old file or the new one; where two processes do so at once, the
    last one's stays. Of a link it is the file behind it. What is no file, as ``/dev/null`` or a pipe, is
    written to and stays. The folder is not made. An `OSError` names `path` where the system's does not.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        _write(path, path, parts)
        return
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        _write(draft, path, parts)
        if path.exists():
            shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        with suppress(OSError):  # what went wrong before is told
            draft.unlink(missing_ok=True)


def _write(file: Path, path: Path, parts: Iterable[str]) -> None:
    """Write a file part by part; an error names `path`."""
    with naming(path), file.open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(parts)

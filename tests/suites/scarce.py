"""A pytest plugin under which no build can keep a file: `-p scarce` in the arguments of a run.

The system's own limit on a file's size, which everybody may lower, fails the write as a full disk does: in
the library that writes, without the file's name.
"""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from harness.artifacts.cache import ArtifactCache

MOST_BYTES = 100

_build = ArtifactCache._build


def _in_little_room(self: ArtifactCache, folder: Path, *others: Any) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_BYTES, before[1]))
    try:
        _build(self, folder, *others)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


ArtifactCache._build = _in_little_room  # type: ignore[method-assign]

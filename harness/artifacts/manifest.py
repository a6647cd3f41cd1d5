"""What an artifact folder says of itself: its manifest, written once and held against the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from harness import __version__
from harness.decoding import json_object
from harness.errors import ArtifactError, RecordError, machines_fault
from harness.hashing import sha256
from harness.records import canonical, from_json, plain, sealed, unsealed

NAME = "manifest.json"
FORMAT = 1


class Damage(Exception):
    """What is wrong with an artifact: the file, what was found, what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One file of an artifact."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of ``manifest.json``; `files` by their names with forward slashes."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    key: str
    created: str  # ISO 8601, UTC
    zoocheck: str  # the version that built it
    recipe: Mapping[str, Any]
    facts: Mapping[str, Any]
    files: Mapping[str, Listed]


def write(folder: Path, key: str, recipe: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Write the manifest of what a build left in `folder`.

    Raises `ArtifactError` where the build left nothing, a link or a file of the manifest's name, and
    `RecordError` where `facts` are not JSON.
    """
    files = _present(folder)
    if not files:
        raise ArtifactError(f"the build of artifact {key} wrote no file; expected at least one")
    for name, file in files.items():
        if name == NAME:
            raise ArtifactError(f"the build of artifact {key} wrote {NAME}, the cache's own file")
        if file.is_symlink():
            raise ArtifactError(f"the build of artifact {key} left {name}, a link; expected a file")
    content = {
        "format": FORMAT,
        "key": key,
        "created": datetime.now(UTC).isoformat(),
        "zoocheck": __version__,
        "recipe": plain(recipe, "recipe"),
        "facts": plain(facts, "facts"),
        "files": {
            name: {"bytes": file.stat().st_size, "sha256": sha256(file)} for name, file in files.items()
        },
    }
    text = json.dumps(sealed(content), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest in `folder`. Raises `Damage` where it is missing or not as `write` left it."""
    try:
        content = json_object((folder / NAME).read_bytes())
        if (found := content.get("format")) != FORMAT:
            raise Damage(f"{NAME}: found format {found!r}, expected {FORMAT}")
        rest, has_checksum = unsealed(content)
        if not has_checksum:
            raise Damage(f"{NAME}: found no checksum of it, expected one")
        manifest = from_json(Manifest, {name: value for name, value in rest.items() if name != "format"})
    except FileNotFoundError as problem:
        raise Damage(f"{NAME}: found no such file, expected the list of all files") from problem
    except OSError as problem:
        if machines_fault(problem):  # it may be as good as ever: nothing to build again for
            raise
        raise Damage(f"{NAME}: cannot be read ({problem.strerror})") from problem
    except RecordError as problem:
        raise Damage(f"{NAME}: {problem}; expected the list of all files") from problem
    if manifest.key != folder.name or _digest(manifest.recipe) != folder.name:
        raise Damage(f"{NAME}: found the recipe of artifact {manifest.key}, expected {folder.name}")
    return manifest


def check(folder: Path, *, fresh: bool = False) -> Manifest:
    """The manifest in `folder`, after every file was held against it: presence, size and SHA-256.

    `fresh` reads every byte again (see `sha256`). Raises `Damage` at the first difference.
    """
    manifest = read(folder)
    present = _present(folder)
    del present[NAME]
    for name, expected in manifest.files.items():
        file = present.pop(name, None)
        if file is None:
            raise Damage(f"{name}: found no such file, expected {expected.bytes} bytes")
        if file.is_symlink():
            raise Damage(f"{name}: found a link, expected a file")
        if (size := file.stat().st_size) != expected.bytes:
            raise Damage(f"{name}: found {size} bytes, expected {expected.bytes}")
        if (found := sha256(file, fresh=fresh)) != expected.sha256:
            raise Damage(f"{name}: found SHA-256 {found}, expected {expected.sha256}")
    if present:
        raise Damage(f"{min(present)}: found a file, expected none of that name")
    return manifest


def _present(folder: Path) -> dict[str, Path]:
    """Everything in `folder` that is no folder, by its name relative to it with forward slashes."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _digest(content: Any) -> str:
    return hashlib.sha256(canonical(content, NAME)).hexdigest()

"""Where drafted tables are kept: in the home by their content, so that what was measured can be run again."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from harness.decoding import Undecodable, toml_table
from harness.drafting.drafts import Draft
from harness.errors import UsageError
from harness.setting.home import Home

FOLDER = "checked"  # in the home
_OF = re.compile(r"-[0-9a-f]{12}$")  # the end of a folder's name: of its content


def keep(draft: Draft, home: Home) -> Path:
    """The folder in the home that holds the tables of `draft` and no others, for ``ZOOCHECK_TABLES``."""
    digest = hashlib.sha256(draft.text.encode()).hexdigest()[:12]
    folder = home.root / FOLDER / f"{draft.name}-{digest}"
    home.require_writable()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{draft.name}.toml"
    # Left as it is where it is right: its time says which of two places had the name first.
    if not file.is_file() or file.read_bytes() != draft.text.encode():
        file.write_text(draft.text, encoding="utf-8")
    return folder


def apart(name: str, path: Path, home: Home, *, told: bool) -> tuple[str, str]:
    """What the model at `path` is called whose name is `name`, and a note where that is not as before.

    The place that was checked first under a name keeps it: its cases have a history, which is no other
    checkpoint's. Another place's name ends with six digits of its path's SHA-256, unless the name was `told`.
    """
    first = _first_place(name, home)
    if first is None or first == path:
        return name, ""
    if told:
        return (
            name,
            f"name: {name} was that of {first} before: both have one history; another --name parts them",
        )
    mine = f"{name}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"
    return mine, f"name: {mine}, for {name} is that of {first}, whose history is its own; --name says another"


def _first_place(name: str, home: Home) -> Path | None:
    """Where the model lay whose tables were kept first under `name`; None where none are."""
    files = [
        file
        for file in (home.root / FOLDER).glob(f"{name}-*/{name}.toml")
        if _OF.sub("", file.parent.name) == name
    ]
    places = (_place(file) for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, str(file))))
    return next((place for place in places if place is not None), None)


def _place(file: Path) -> Path | None:
    """The folder or file of the model in kept tables; None where they are damaged, and tell nothing."""
    try:
        [model] = toml_table(file.read_bytes())["model"]
        said = model["graph"]["file"] if "graph" in model else model["checkpoint"]["folder"]
    except (Undecodable, OSError, KeyError, TypeError, ValueError):
        return None
    return Path(said) if isinstance(said, str) else None


def save(draft: Draft, file: Path) -> None:
    """Write the tables of `draft` to `file` for their user.

    Raises `UsageError` where other tables are there already: they may have been worked on.
    """
    if file.exists() and file.read_bytes() != draft.text.encode():
        raise UsageError(f"--save-table {file}: is there already, with other content", remedy="name another")
    if not file.parent.is_dir():
        raise UsageError(f"--save-table {file}: {file.parent} is no folder", remedy="make it first")
    file.write_text(draft.text, encoding="utf-8")

"""Where drafted tables are kept: in the home by their content, so that what was measured can be run again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from harness.drafting.drafts import Draft
from harness.errors import UsageError
from harness.setting.home import Home

FOLDER = "checked"  # in the home


def keep(draft: Draft, home: Home) -> Path:
    """The folder in the home that holds the tables of `draft` and no others, for ``ZOOCHECK_TABLES``."""
    digest = hashlib.sha256(draft.text.encode()).hexdigest()[:12]
    folder = home.root / FOLDER / f"{draft.name}-{digest}"
    home.require_writable()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{draft.name}.toml").write_text(draft.text, encoding="utf-8")
    return folder


def save(draft: Draft, file: Path) -> None:
    """Write the tables of `draft` to `file` for their user.

    Raises `UsageError` where other tables are there already: they may have been worked on.
    """
    if file.exists() and file.read_bytes() != draft.text.encode():
        raise UsageError(f"--save-table {file}: is there already, with other content", remedy="name another")
    if not file.parent.is_dir():
        raise UsageError(f"--save-table {file}: {file.parent} is no folder", remedy="make it first")
    file.write_text(draft.text, encoding="utf-8")

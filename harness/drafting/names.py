"""What a model and a data set are called that nobody has named: after their folder or file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

_PASSING = re.compile(r"checkpoint-\d+|best|final|last|latest|model|output|outputs|weights|\d+", re.ASCII)
_PLAIN = "model"  # where a name has no letter or digit of ours


def model_name(path: str | Path) -> str:
    """A model's name from the last part of a path or a hub id, and from the part before a passing one.

    ``runs/sst2/checkpoint-500`` is ``sst2-checkpoint-500``: a trainer calls every run's folder so.
    """
    parts = [part for part in Path(path).parts if part.strip("/\\.")]
    last = Path(parts[-1]).stem if parts and parts[-1].endswith(".onnx") else (parts[-1] if parts else "")
    named = parts[-2:-1] if _PASSING.fullmatch(last.lower()) else []
    return slug("-".join([*named, last]))


def slug(text: str) -> str:
    """`text` as a name of the tables: lower-case letters and digits, parted by single hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower())) or _PLAIN


def free(name: str, taken: Collection[str]) -> str:
    """`name`, or ``own-<name>`` where another has it; markers are spelt with underscores."""
    while name.replace("-", "_") in taken:
        name = f"own-{name}"
    return name

"""Records that tables are read into refuse keys they do not know."""

from __future__ import annotations

STRICT: dict[str, str] = {"extra": "forbid"}

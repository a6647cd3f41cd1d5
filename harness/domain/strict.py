"""What the records that tables are read into have in common: keys that they do not know are refused."""

from __future__ import annotations

STRICT: dict[str, str] = {"extra": "forbid"}

# Metadata of a field that may be 0 or empty: a rule of its own says what it may be.
OWN_RULE: dict[str, bool] = {"own rule": True}

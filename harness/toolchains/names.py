"""Whether a card that a monitor or a log calls so is a chip of the tables: whole, a share of it, or another.

The whole name counts. What stands behind a chip's own name is told and never dropped: a vGPU's profile
(``GRID T4-4C``), a MIG slice's (``NVIDIA A30 MIG 1g.6gb``), a vNPU's (``310Pvir02``), or a word that nobody
here knows. NVIDIA's "Virtual GPU Software User Guide" and "MIG User Guide" have the names of shares.
"""

from __future__ import annotations

import re

from harness.domain.chips import Chip
from harness.toolchains.place import SIMULATED

_MAKERS = re.compile(r"^(?:(?:NVIDIA|Tesla)[\s_-]+)*", re.IGNORECASE)  # words that say nothing of the model
_GRID = re.compile(r"GRID[\s_-]+", re.IGNORECASE)  # before a vGPU's name in drivers before 470
_PROFILES = (
    (re.compile(r"(?:-\d+)+[ABCQ]\w*", re.ASCII), "vGPU"),  # -16Q, -2-24C: memory in GB, and the licence
    (re.compile(r".*\bMIG\b.*"), "MIG"),
    (re.compile(r"vir\d+\w*", re.ASCII), "vNPU"),
)


def other(chip: Chip, name: str) -> str | None:
    """What a card called `name` is, in words that begin with the name; None where it is `chip`, the whole.

    A chip whose table has no `device_names` takes any.
    """
    if not chip.device_names:
        return None
    plain = name.replace(f"({SIMULATED})", "").strip()
    plain = _MAKERS.sub("", plain, count=1)
    grid = _GRID.match(plain)
    model = plain[grid.end() :] if grid else plain
    if model in chip.device_names and not grid:
        return None
    # The longest that it begins with: of MLU370-X4 and MLU370-X4L it is the second.
    for known in sorted(chip.device_names, key=len, reverse=True):
        rest = model.removeprefix(known)
        share = next((what for form, what in _PROFILES if form.fullmatch(rest)), "vGPU" if grid else None)
        if model.startswith(known) and share is not None:
            return f"{name}, a share of a {known} ({share})"
        if model.startswith(known) and not rest[:1].isalnum():
            return f"{name}, a {known} with `{rest.strip()}` behind its name, which is not known here"
    return name

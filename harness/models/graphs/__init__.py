"""Graph in, graph out: export, simplification, the mask fix, and the numerics of chips.

Every step is a pure function over an `onnx.ModelProto`; none changes the graph it is given.
The SHA-256 of this package's source, `steps_sha256`, is part of every artifact's key: a changed step
never finds what the old one built.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def steps_sha256() -> str:
    """The SHA-256 of this package's modules, their names included; read once a process."""
    return digest(Path(__file__).parent)


def digest(folder: Path) -> str:
    """The SHA-256 of the ``*.py`` files in `folder`: names and bytes, in the order of names."""
    whole = hashlib.sha256()
    for module in sorted(folder.glob("*.py")):
        content = module.read_bytes()
        whole.update(f"{module.name} {len(content)}\n".encode() + content)
    return whole.hexdigest()

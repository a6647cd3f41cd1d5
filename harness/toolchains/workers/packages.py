"""What the vendor's interpreter has: versions of its packages, told as a line of JSON.

Python 3.7 and the standard library: see the package.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def version(distribution: str) -> str | None:
    """The version that `distribution` was installed as; None where its installer left none."""
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        try:
            import pkg_resources
        except ImportError:
            return None
        try:
            return str(pkg_resources.get_distribution(distribution).version)
        except Exception:
            return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def tell(told: dict[str, Any]) -> None:
    """Print `told` and the interpreter's version as one line, the last one."""
    sys.stdout.write("\n" + json.dumps({"python": sys.version.split()[0], **told}) + "\n")

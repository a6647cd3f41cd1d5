"""What the vendor's interpreter has: ``versions.py RESULT package... -- module...``, the result as JSON.

Of each package its version, null where it is not installed; of each module null where it can be imported,
else why not. Python 3.7 and the standard library: see the package.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def version(name: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        from importlib import metadata  # Python 3.8
    except ImportError:
        import pkg_resources

        try:
            return str(pkg_resources.get_distribution(name).version)
        except pkg_resources.DistributionNotFound:
            return None
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def why_not(name: str) -> str | None:
    """None for a module that can be imported, else the reason in words."""
    try:
        importlib.import_module(name)
    except Exception as problem:  # a vendor's module may raise anything when it is loaded
        return f"{type(problem).__name__}: {problem}"
    return None


def main() -> None:
    """Look, and write what was found."""
    result, *names = sys.argv[1:]
    at = names.index("--")
    told = {
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in names[:at]},
        "modules": {name: why_not(name) for name in names[at + 1 :]},
    }
    Path(result).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()

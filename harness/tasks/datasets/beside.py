"""Code of a user's own, run as a script in its folder is: it alone finds what lies beside it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_OURS = __name__.partition(".")[0]  # a reader makes our own records, wherever its folder is


class _Beside(MetaPathFinder):
    """Finds the modules of one folder, and nothing else."""

    def __init__(self, folder: Path, names: frozenset[str]) -> None:
        self._folder, self._names = folder, names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module `fullname` where it lies in the folder; one inside a package has a `path`."""
        if path is not None or fullname not in self._names:
            return None
        return PathFinder.find_spec(fullname, [str(self._folder)])


@contextmanager
def imported(file: Path) -> Iterator[ModuleType]:
    """The module in `file`, while the context lasts: run, and known by its name, as dataclasses need it.

    Inside, what lies in its folder can be imported, before anything installed but never in place of Python's
    own. Behind it all of that is forgotten, and whatever had such a name before is back: two folders may both
    have a ``helpers.py``. Raises what the module raises.
    """
    made = importlib.util.spec_from_file_location(f"zoocheck_own_{file.stem}", file)
    assert made is not None, "a file that is Python ends with .py"
    assert made.loader is not None, "a file has one"
    module = importlib.util.module_from_spec(made)
    names = _names(file.parent)
    own = {made.name, *names}
    finder = _Beside(file.parent, names)
    before = _taken(own)
    sys.modules[made.name] = module
    sys.meta_path.insert(0, finder)
    try:
        made.loader.exec_module(module)
        yield module
    finally:
        sys.meta_path.remove(finder)
        _taken(own)
        sys.modules.update(before)


def _names(folder: Path) -> frozenset[str]:
    """What can be imported from a folder: its modules and packages."""
    found = {
        item.stem for item in folder.iterdir() if item.suffix == ".py" or (item / "__init__.py").is_file()
    }
    return frozenset(found - sys.stdlib_module_names - {_OURS})


def _taken(names: set[str]) -> dict[str, ModuleType]:
    """Modules of these names, and inside of them, taken from those that are known."""
    inside = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in inside}

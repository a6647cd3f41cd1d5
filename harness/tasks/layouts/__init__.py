"""The files that are written for a chip's tools and read back from them, one module a layout.

Of a documented system they are those of the zoo's own scripts. Each module is a `Layout`: it has `FORMS`,
`TOOLS` and the functions `files` and `read`. A model's table names it; where it does not, it is called as the
model's task, and of a task that leaves its texts to the checkpoint's own tokenizer it is `general`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from typing import Protocol as Shape

from harness.domain.models import InputRole, Model
from harness.errors import NotYet
from harness.tasks.text.facts import FACTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from harness.tasks.layouts.results import Names


GENERAL = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file, or the next part of one that grows with the data set."""

    path: str  # in the folder that is written, with slashes
    content: bytes = field(repr=False)
    grows: bool = False  # goes behind what came before of this path
    local: bool = False  # holds paths of the machine it was written on


class Layout(Shape):
    """What a layout's module can do. All of it is about the features of the documented protocol."""

    FORMS: Mapping[str, str]
    """The forms of the input files, by name, and what each is for; the first is the usual one."""

    TOOLS: Sequence[Names]
    """How the tools that make results call the files of them."""

    def files(self, parts: Iterable[Any], model: Model, *, form: str, out: Path) -> Iterator[Piece]:
        """The files of the features in `parts`, which follow each other, as the zoo's script writes them.

        Takes one part at a time, so that memory does not grow with the data set. `out` is where the files
        will lie, for those that hold paths.
        """

    def read(self, results: Path, model: Model, samples: int) -> list[npt.NDArray[Any]]:
        """The outputs in `results`, ``[samples, ...]`` each, in the order of `model.outputs`.

        Raises `results.BadResults`, which lists everything that is wrong with them.
        """


def layout_name(model: Model) -> str:
    """The name of the module that a model's files are laid out by."""
    facts = FACTS.get(model.task)
    called = model.task if facts is None or facts.cuts_text else GENERAL
    return model.layout or called


def load_layout(model: Model) -> Layout:
    """The module of the model's layout; raises `NotYet` where zoocheck has none."""
    name = layout_name(model)
    if find_spec(f"harness.tasks.layouts.{name}") is None:
        raise NotYet(f"{model.name}: the files of its chips ({name}) are not part of zoocheck yet")
    return cast(Layout, import_module(f"harness.tasks.layouts.{name}"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """Inputs alone, for a layout that writes files of them: no sample has a word that is scored."""

    inputs: Mapping[InputRole, npt.NDArray[Any]] = field(repr=False)

    @property
    def ids(self) -> npt.NDArray[Any]:
        """The token ids, ``[samples, length]``."""
        return self.inputs[InputRole.IDS]

    @property
    def nowhere(self) -> npt.NDArray[Any]:
        """No place, no label."""
        return self.ids[:0, :1].reshape(-1)

    rows = positions = labels = truncated = nowhere

    @property
    def bounds(self) -> npt.NDArray[Any]:
        """Where each sample's words begin and end: all of them at 0."""
        import numpy as np

        return np.zeros(len(self.ids) + 1, np.int64)

    def __len__(self) -> int:
        return len(self.ids)

"""One module per task: examples become features, outputs become predictions and scores.

Each module is a `Task`: it has the functions `prepare`, `score` and `trivial`, and says whether the score
reads what a network gives for padding, and whether a sample is of two texts. Tables name it, and are held to
what it is said to have in `facts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from typing import Protocol as Shape

from harness.domain.metrics import Metric
from harness.domain.models import Model, Protocol
from harness.domain.parts import RAW, Pairs, Parts
from harness.errors import NotYet
from harness.tasks.text.facts import is_here

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Inputs(Shape):
    """What a model is fed."""

    @property
    def inputs(self) -> Mapping[Any, npt.NDArray[Any]]:
        """The arrays by what they mean; a graph's by the names of its inputs."""


class Features(Inputs, Shape):
    """Int64 arrays ``[samples, length]`` by role, what was cut, and which examples they are of."""

    @property
    def truncated(self) -> npt.NDArray[np.int64]:
        """The samples whose text did not fit: a fact to report."""

    @property
    def of_row(self) -> npt.NDArray[np.int64]:
        """The example that each row of the inputs is of, int64 ``[samples]``, ascending."""

    @property
    def of_counted(self) -> npt.NDArray[np.int64]:
        """The example that each sample that a score counts (`Task.COUNTS`) is of, int64, ascending."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score: every metric as a fraction, and what it was counted from."""

    metrics: Mapping[Metric, float]
    correct: Mapping[Metric, int]  # for metrics that are a share of samples
    samples: int  # what the metric counts
    predictions: npt.NDArray[Any] = field(repr=False)  # one a sample; labels and texts, or numbers
    right: npt.NDArray[np.bool_] = field(repr=False)  # whether each is the wanted one; of numbers none is
    facts: Mapping[str, Any] = field(default_factory=dict)  # JSON: what was measured beside the score
    # Of metrics that are no share of right samples: what each sample adds to them.
    parts: Mapping[Metric, Parts | Pairs] = field(default_factory=dict, repr=False)

    @property
    def decides(self) -> bool:
        """Whether a prediction is right or wrong, and may flip: a number only lies nearer or farther."""
        return self.predictions.dtype.kind != "f"

    @property
    def raw(self) -> dict[str, Any]:
        """What a result keeps of every sample."""
        from harness.tasks.metrics.accuracy import marks

        told: dict[str, Any] = {"predictions": self.predictions.tolist(), "right": marks(self.right)}
        if not self.parts:
            return told
        return told | {RAW: {str(name): parts.as_raw() for name, parts in self.parts.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """What a checkpoint has for texts, from which its task opens the tokenizer."""

    model: Model
    vocabulary: Path  # the file that lists the pieces; others of the tokenizer lie beside it
    ids: int  # rows of the word embedding: no id may be as large
    labels: tuple[str, ...] | None  # names of the logits in the order that is scored; None: nobody tells


class PaddingMayMove(Shape):
    """Which samples' predictions the logits of padding may change under a protocol of the task."""

    def __call__(
        self,
        outputs: Sequence[npt.NDArray[Any]],
        highest: Sequence[npt.NDArray[Any]],
        slack: float,
        features: Any,
    ) -> npt.NDArray[np.int64]:
        """Rows, int64 and ascending, of `outputs`, ``[samples, length]`` each, with padding below all else.

        `highest`, ``[samples]`` each, is what padding's logits may come to (-inf: there is none); every other
        logit is right within `slack`.
        """


class Task(Shape):
    """What a task's module can do."""

    TWO_TEXTS: bool  # whether a sample is of two texts, told apart by their segments
    COUNTS: str  # what the score counts, for messages: words, where a sample has several of them

    @property
    def padding_may_move(self) -> PaddingMayMove | None:
        """Which samples' predictions the logits of padding may change; None where the score reads none."""

    def open_tokenizer(self, pieces: Pieces) -> Any:
        """What `prepare` cuts texts with."""

    def prepare(
        self, examples: Sequence[Any], tokenizer: Any, *, length: int, protocol: Protocol
    ) -> Features:
        """The features of `examples` under `protocol`, in order."""

    def trivial(self, features: Any, *, protocol: Protocol) -> Mapping[str, Scored]:
        """What answers that need no network score under `protocol`, by what they are called."""

    def score(self, outputs: Sequence[npt.NDArray[Any]], features: Any, *, protocol: Protocol) -> Scored:
        """The score of a graph's outputs ``[samples, ...]`` under `protocol`."""


def has_task(model: Model) -> bool:
    """Whether zoocheck has this model's text pipeline; imports nothing. A graph needs none."""
    return model.graph is not None or is_here(model.task)


def load_task(model: Model) -> Task:
    """The module of the model's task; raises `NotYet` where zoocheck has none.

    Of a graph the one of seeded samples, which nothing scores.
    """
    if model.graph is not None:
        from harness.tasks.seeded import SeededTask

        return SeededTask()
    if not has_task(model):
        raise NotYet(f"{model.name}: its text pipeline ({model.task}) is not part of zoocheck yet")
    return cast(Task, import_module(f"{__name__}.{model.task}"))


def labels_of(model: Model, task: Task) -> tuple[str, ...]:
    """The names of the model's logits in the order in which `task` counts them; empty without names."""
    return tuple(getattr(task, "LABELS", model.labels))

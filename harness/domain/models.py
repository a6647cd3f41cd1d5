"""Networks: their architecture, inputs, outputs and checkpoint, and where a document deploys them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from harness.domain.families import FAMILIES, PADDING, Family
from harness.domain.graphs import BATCH, LABELS, GraphFile, GraphInput
from harness.domain.metrics import Metric
from harness.domain.precisions import Gelu, ModelParity, Precision
from harness.domain.strict import OWN_RULE, STRICT
from harness.errors import NotApplicable

_T = TypeVar("_T")

# Of ONNX: the first with LayerNormalization; below it a graph has small operators in its place.
LAYER_NORM_OPSET = 17


class Weights(StrEnum):
    """The three kinds of checkpoint; `UNKNOWN` is what an imported log leaves open, and no choice."""

    FULL = "full"
    MINI = "mini"
    RANDOM = "random"
    UNKNOWN = "unknown"


class Protocol(StrEnum):
    """How raw text becomes inputs and outputs become a score."""

    DOCUMENTED = "documented"
    STANDARD = "standard"


class Head(StrEnum):
    """What stands on top of the encoder."""

    CLASSIFICATION = "classification"
    CLASSIFICATION_RELU = "classification-relu"
    TOKEN_CLASSIFICATION = "token-classification"  # noqa: S105 - a head, no password
    QUESTION_ANSWERING = "question-answering"


class InputRole(StrEnum):
    """What an input of the network means, whatever it is called."""

    IDS = "ids"
    SEGMENTS = "segments"
    MASK = "mask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The family and size of an encoder, and the head on it. Counts, but for names, epsilon and dropout.

    `settings` are the keys of a config.json beyond those that decide the network, as the family has them
    (`harness.domain.families`); what is not there is as transformers has it.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    head: Head
    labels: int
    types: int = field(default=2, metadata=OWN_RULE)  # segments that it tells apart; 0: it knows none
    activation: str = "gelu"
    layer_norm_eps: float = 1e-12
    dropout: float = 0.1
    family: Family = Family.BERT
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False, metadata=OWN_RULE)

    @property
    def padding(self) -> int:
        """The id that fills a sample up to its length."""
        return int(self.setting(PADDING))

    @property
    def longest(self) -> int | None:
        """How many tokens it takes at most; None where no table of positions ends.

        RoBERTa's first position is that behind its padding id; DeBERTa may have none at all.
        """
        facts = FAMILIES[self.family]
        if facts.positions_behind_padding:
            return self.positions - self.padding - 1
        return self.positions if self.setting("position_biased_input", True) else None

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting, or what the family has where none is given; `default` where it has no such key."""
        known = FAMILIES[self.family].settings.get(key)
        return self.settings.get(key, default if known is None else known.default)

    @property
    def roles(self) -> tuple[InputRole, ...]:
        """What its network has to be given: segments only where it tells two or more apart."""
        return tuple(role for role in InputRole if role is not InputRole.SEGMENTS or self.types > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the exported graph: its name there, its meaning, its dtype, its files' folder."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    role: InputRole
    dtype: str
    folder: str = ""  # empty: called as the input

    @property
    def key(self) -> str:
        """What features are called by."""
        return self.role

    @property
    def shape(self) -> tuple[str | int, ...]:
        """Of every input of an encoder."""
        return ("batch", "length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of the graph; `shape` holds ``batch``, ``length``, ``labels`` or numbers.

    Of a graph that is a model as it is, also ``any`` for an axis of any size, and ``...`` for any axes.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    dtype: str
    shape: tuple[str | int, ...]
    own_spread: bool = False  # whether its values are of their own kind, as those of a graph's outputs are

    @property
    def kind(self) -> str:
        """Outputs of one kind are measured together."""
        return self.name if self.own_spread else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSource:
    """Where the documented checkpoint is published, and how to get it."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    published: str = ""  # the address, in the document's words; empty where `folder` is all there is
    folder: str = ""  # where the full checkpoint lies: seen from its table's folder, absolute once it is read
    hub: str | None = None  # repository id on the Hugging Face hub
    revision: str | None = None  # the pinned revision there
    sha256: str | None = None  # of the weights file, where the publisher states it
    config_decides: bool = False  # the document leaves the sizes to the checkpoint's own config.json


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSpec:
    """How text is cut into pieces, and which public vocabulary the checkpoint was trained with."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    lower_case: bool
    vocabulary: str


class ResultFormat(StrEnum):
    """What ais_bench writes its results as: raw numbers, numpy's files, or digits."""

    BIN = "BIN"
    NPY = "NPY"
    TXT = "TXT"


@dataclass(frozen=True, slots=True, kw_only=True)
class AscendTools:
    """What a document's commands for Ascend set, beside paths, shapes and the chip's name.

    `atc` holds the compiler's arguments as the document spells them; those that every document has (the
    model, its shapes, the output, the chip) are made by `harness.toolchains.ascend.commands`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    outfmt: ResultFormat  # of the results that the document's script reads
    loop: int  # calls of the throughput command
    atc: tuple[str, ...] = ()
    dynamic_batch: bool = False  # exported without a batch size and not simplified; the shapes fix it
    profile_output: bool = False  # the throughput command writes its outputs, too
    not_applied: tuple[str, ...] = ()  # steps of the document that zoocheck leaves out


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One chip that a model's document runs it on, with what the document sets there."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    chip: str
    batch_sizes: tuple[int, ...]
    precisions: tuple[Precision, ...]
    gelu: Gelu = Gelu.ERF
    measured_with: str = ""  # the document's own command
    runtime: str = ""  # the module in harness/toolchains, where the document does not use the chip's
    traced: tuple[InputRole, ...] = ()  # what a traced module takes, by position; files are fed in it so
    ascend: AscendTools | None = None  # what the document's atc and ais_bench commands set


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network plus its documented deployment: an encoder with a task, or an ONNX graph as it is.

    An encoder has an architecture, a tokenizer, a data set, a metric and a length; a graph has none of them.
    One that is only a name has neither: what documents say of it are claims, and nothing runs.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    name: str
    title: str
    task: str = ""  # the module in harness/tasks/text that knows its features and predictions
    dataset: str = ""  # empty: it has none, and no accuracy
    metric: Metric | None = None  # the score a verdict is about
    length: int | None = None  # tokens a sample is padded to
    protocols: tuple[Protocol, ...] = (Protocol.DOCUMENTED,)
    architecture: Architecture | None = None
    checkpoint: CheckpointSource = CheckpointSource()
    deployments: tuple[Deployment, ...] = ()
    inputs: tuple[Input, ...] = ()  # in the documented order; where none is told, what its family takes
    outputs: tuple[Output, ...] = ()  # where none is told, what its head gives, or its graph
    opset: int = LAYER_NORM_OPSET  # what the document exports for a chip's compiler; a stand-in has its own
    graph: GraphFile | None = None  # an ONNX file that is the model as it is, with its inputs
    document: str = ""  # what its numbers are read in; empty: nothing is documented of it
    layout: str = (
        ""  # the module in harness/tasks/layouts that knows its chips' files; empty: called as the task
    )
    labels: tuple[str, ...] = ()  # names of the logits in order, where the task has no names of its own
    tokenizer: TokenizerSpec | None = None  # of tasks that cut texts themselves; None: the checkpoint's
    options: Mapping[str, Any] = field(default_factory=dict, hash=False, metadata=OWN_RULE)  # the task's own
    parity: tuple[ModelParity, ...] = ()  # where a precision's bounds do not fit this model

    @property
    def is_only_a_name(self) -> bool:
        """Whether nothing tells what it is, only how and where a document calls it."""
        return self == Model(name=self.name, title=self.title, document=self.document)

    @property
    def fed(self) -> Sequence[Input | GraphInput]:
        """What a call is given, in order, whatever kind of model it is."""
        return self.inputs if self.graph is None else self.graph.inputs

    @property
    def encoder(self) -> Architecture:
        """The encoder's sizes; raises `NotApplicable` for a graph, which has none."""
        return self._of_encoders(self.architecture, "architecture")

    @property
    def tokens(self) -> int:
        """The tokens a sample is padded to; raises `NotApplicable` for a graph."""
        return self._of_encoders(self.length, "length in tokens")

    @property
    def pieces(self) -> TokenizerSpec:
        """How its text is cut; raises `NotApplicable` for a model without."""
        return self._of_encoders(self.tokenizer, "tokenizer")

    @property
    def score(self) -> Metric:
        """The metric that a verdict is about; raises `NotApplicable` for a model without a data set."""
        return self._of_encoders(self.metric, "metric")

    @property
    def reference(self) -> str:
        """What its artifacts are held against, in words."""
        return "torch's fp32" if self.graph is None else "the fp32 of its file as it is"

    def _of_encoders(self, value: _T | None, what: str) -> _T:
        if value is None:
            why = "it is a graph as it is" if self.graph is not None else "its table states none"
            raise NotApplicable(f"{self.name} has no {what}: {why}")
        return value

    def sizes(self, batch: int, length: int | None = None) -> dict[str, int]:
        """What the words of its shapes come to: ``batch``, and of an encoder ``length`` and ``labels``.

        `length` is that of the inputs where it is not the documented one.
        """
        if self.architecture is None:
            return {BATCH: batch}
        return {BATCH: batch, "length": length or self.tokens, LABELS: self.architecture.labels}

    @property
    def spells_out_layer_norm(self) -> bool:
        """Whether the graph of its document has LayerNorm as small operators."""
        return self.opset < LAYER_NORM_OPSET

    @property
    def marker(self) -> str:
        """The pytest marker: the name with underscores."""
        return self.name.replace("-", "_")

    def deployment(self, chip: str) -> Deployment | None:
        """The documented deployment on `chip`, or None where the document has none."""
        return next((item for item in self.deployments if item.chip == chip), None)

    @property
    def batch_sizes(self) -> tuple[int, ...]:
        """Every batch size that some chip's table documents, ascending."""
        return tuple(sorted({size for item in self.deployments for size in item.batch_sizes}))

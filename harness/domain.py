"""The records that everything speaks in: frozen, keyword-only, free of behaviour and of libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar


class Precision(StrEnum):
    """The number format of a case's arithmetic, widest first."""

    FP32 = "fp32"
    TF32 = "tf32"  # fp32, but the operands of products are cut to 10 bits behind the point: a GPU's choice
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"


class Kind(StrEnum):
    """What a test claims; each is a pytest marker."""

    ACCURACY = "accuracy"
    THROUGHPUT = "throughput"
    CONFORMANCE = "conformance"
    PREPROCESSING = "preprocessing"
    AUDIT = "audit"


class Origin(StrEnum):
    """Where a number comes from. Numbers of different origin never share a column (rule 1)."""

    CHIP = "chip"
    STAND_IN = "stand-in"
    SIMULATED = "simulated"  # a vendor's tools imitated by zoocheck's own tests
    IMPORTED = "imported"
    DOCUMENTED = "documented"

    @property
    def stands_in(self) -> bool:
        """Whether something else than the chip computed: its speed says nothing of the chip."""
        return self in (Origin.STAND_IN, Origin.SIMULATED)


class Weights(StrEnum):
    """The three kinds of checkpoint; `UNKNOWN` is what an imported log leaves open, and no choice."""

    FULL = "full"
    MINI = "mini"
    RANDOM = "random"
    UNKNOWN = "unknown"


class Corpus(StrEnum):
    """The two kinds of data set: the documented one, and the one written for this project."""

    FULL = "full"
    MINI = "mini"


class Protocol(StrEnum):
    """How raw text becomes inputs and outputs become a score."""

    DOCUMENTED = "documented"
    STANDARD = "standard"


class VerdictKind(StrEnum):
    """What a measurement comes to."""

    REPRODUCED = "reproduced"
    EXCEEDS = "exceeds"
    FALLS_SHORT = "falls-short"
    NO_REFERENCE = "no-reference"
    NOT_COMPARABLE = "not-comparable"
    KNOWN_GAP = "known-gap"  # falls short or fails as `fixtures/tables/gaps.toml` says it does
    ERROR = "error"

    @property
    def good(self) -> bool:
        """Whether a run that holds only such verdicts exits with 0."""
        return self not in (VerdictKind.FALLS_SHORT, VerdictKind.ERROR)


class Basis(StrEnum):
    """What a verdict was measured against: the documented value, or the checkpoint's own fp32."""

    DOCUMENTED = "documented"
    DROP = "drop"


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


class Rounding(StrEnum):
    """How a printed number was made from the measured one."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"


class Gelu(StrEnum):
    """The form of GELU a chip computes: exact, or the tanh approximation of "high performance"."""

    ERF = "erf"
    TANH = "tanh"


class Metric(StrEnum):
    """What is measured. Scores are fractions inside zoocheck, whatever unit a README prints."""

    ACCURACY = "accuracy"
    PRECISION = "precision"
    RECALL = "recall"
    F1 = "f1"
    EXACT = "exact"
    THROUGHPUT = "throughput"

    @property
    def is_score(self) -> bool:
        """Whether this is a fraction of something right, rather than a speed."""
        return self is not Metric.THROUGHPUT


class Unit(StrEnum):
    """The unit a README prints a value in."""

    PERCENT = "percent"
    FRACTION = "fraction"
    SAMPLES_PER_S = "samples/s"
    RATIO = "ratio"
    COUNT = "count"


class Role(StrEnum):
    """What a documented value is about.

    ``measured``: a chip's own case. ``baseline``: what the zoo holds the chip against and did not
    measure itself (published or open-source accuracy). ``ratio``: one chip's value over another's.
    ``fact``: a count, a threshold or a repeated figure that no measurement is judged by.
    """

    MEASURED = "measured"
    BASELINE = "baseline"
    RATIO = "ratio"
    FACT = "fact"


# Records below that tables are read into refuse keys they do not know.
_STRICT: dict[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The size of a BERT encoder and the head on it. Counts, but for `activation` and `head`."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    head: Head
    labels: int
    types: int = 2
    activation: str = "gelu"
    layer_norm_eps: float = 1e-12
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the exported graph: its name there, its meaning, its dtype, its files' folder."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    role: InputRole
    dtype: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output of the exported graph; `shape` holds ``batch``, ``length``, ``labels`` or numbers."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    dtype: str
    shape: tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSource:
    """Where the documented checkpoint is published, and how to get it."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    published: str  # the address, in the document's words
    hub: str | None = None  # repository id on the Hugging Face hub
    revision: str | None = None  # the pinned revision there
    sha256: str | None = None  # of the weights file, where the publisher states it
    config_decides: bool = False  # the document leaves the sizes to the checkpoint's own config.json


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerSpec:
    """How text is cut into pieces, and which public vocabulary the checkpoint was trained with."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

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
    model, its shapes, the output, the chip) are made by `harness.commands.ascend`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    outfmt: ResultFormat  # of the results that the document's script reads
    loop: int  # calls of the throughput command
    atc: tuple[str, ...] = ()
    dynamic_batch: bool = False  # exported without a batch size and not simplified; the shapes fix it
    profile_output: bool = False  # the throughput command writes its outputs, too
    not_applied: tuple[str, ...] = ()  # steps of the document that zoocheck leaves out


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One chip that a model's document runs it on, with what the document sets there."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    chip: str
    batch_sizes: tuple[int, ...]
    precisions: tuple[Precision, ...]
    gelu: Gelu = Gelu.ERF
    measured_with: str = ""  # the document's own command
    runtime: str = ""  # the module in harness/backends, where the document does not use the chip's
    traced: tuple[InputRole, ...] = ()  # what a traced module takes, by position; files are fed in it so
    ascend: AscendTools | None = None  # what the document's atc and ais_bench commands set


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The most that something may come to, and why it is that."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    most: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionSpec:
    """What a precision's rounding explains: by how much outputs may differ, and from what.

    A *spread* is the standard deviation of the outputs that count (of no padding's), so that a bound in
    spreads means the same for a small and a large network.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: Precision
    unit_roundoff: float  # of one rounding to nearest, relative; of int8, to the range of a tensor
    largest: Bound  # of all differences from torch's fp32, in spreads
    rms: Bound  # root mean square of those differences, in spreads
    tanh_gelu: Bound  # added to both where the document's build computes GELU's tanh form, in spreads
    typical: Bound  # mean difference from torch's fp32 of the median sample, in spreads
    invariance: Bound  # of differences between two calls of one artifact, in spreads
    real_length: Bound  # of differences between padded input and the samples' real length, in logits
    sharing: Bound  # of differences between two batch sizes' artifacts, in logits


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelParity:
    """Bounds of one model's documented network at one precision, in place of the precision's own.

    A checkpoint of fewer layers is held to its share of them (`conformance.measuring.parity_bounds`).
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    precision: Precision
    largest: Bound
    rms: Bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network plus its documented deployment."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    document: str
    task: str  # the module in harness/text that knows its features and predictions
    dataset: str
    metric: Metric  # the score a verdict is about
    length: int  # tokens a sample is padded to
    opset: int  # what the document exports for a chip's compiler: for its backend; a stand-in has its own
    protocols: tuple[Protocol, ...]
    architecture: Architecture
    tokenizer: TokenizerSpec
    checkpoint: CheckpointSource
    inputs: tuple[Input, ...]  # in the documented order
    outputs: tuple[Output, ...]
    deployments: tuple[Deployment, ...]
    layout: str = ""  # the module in harness/layouts that knows its chips' files; empty: called as the task
    parity: tuple[ModelParity, ...] = ()  # where a precision's bounds do not fit this model

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The most that one chip computes a second at a precision, and who says so."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    precision: Precision
    tera_per_s: float  # 10^12 operations a second, a multiplication and an addition counted as two
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """What a README measured on, or what is measured here (`local`)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    backend: str  # the module in harness/backends that drives it
    precisions: tuple[Precision, ...]  # the first is the default, left out of case ids
    local: bool = False  # every model runs on it, documented there or not
    tools: tuple[str, ...] = ()  # what must be on PATH
    remedy: str = ""  # what to do where they are not
    environment: str = ""  # the script that puts them there, where the vendor's installer leaves it
    throughput_tools: tuple[str, ...] = ()  # whose logs its cases take; the first is what the documents use
    device_names: tuple[str, ...] = ()  # words by which such a log, or its monitor, names the device
    peaks: tuple[Peak, ...] = ()  # as published; of a precision without one nothing is concluded
    per_card: int = 1  # chips on a card, where a document counts samples a second and card

    @property
    def marker(self) -> str:
        """The pytest marker: the name itself."""
        return self.name.replace("-", "_")

    @property
    def default_precision(self) -> Precision:
        """The precision that case ids leave out."""
        return self.precisions[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSpec:
    """A documented data set: its file under the data folder, and the counts it must have."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    reader: str  # the module in harness/datasets
    file: str
    counts: dict[str, int]  # what is counted -> how many; "samples" is what a score counts
    published: str
    hub: str = ""  # data set id on the Hugging Face hub, for a model card; with its configuration and split
    hub_config: str = ""
    hub_split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One README: its file name, its title, and the tables in it that hold no result."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    file: str
    repository: str
    per_card: bool = False  # its throughput is samples a second and card, not chip
    other_tables: tuple[str, ...] = ()  # a table's header joined by " | ", or a block's first line


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A failure that is known and dated: reported, and no failure of a run, until its last day."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    case: str  # its id, or a pattern of ids such as tinybert-t4-bs*
    kind: Kind
    reason: str
    since: str  # ISO 8601, a day
    until: str  # the last day on which it is accepted
    check: str = ""  # as of a result; empty: the claim that the kind is named for
    verdict: VerdictKind = VerdictKind.FALLS_SHORT  # or ``error``
    origin: Origin | None = None  # None: wherever it runs
    least: float | None = None  # a measured value below is not excused; in the verdict's unit


class WordKind(StrEnum):
    """What a word of a README tells: see fixtures/tables/readme_words.toml."""

    MODEL = "model"
    DATASET = "dataset"
    CHIP = "chip"
    METRIC = "metric"
    UNIT = "unit"
    PRECISION = "precision"
    BATCH_SIZE = "batch_size"
    BEST = "best"
    BASELINE = "baseline"
    DIFFERENCE = "difference"
    FACT = "fact"
    LABEL = "label"
    ABSENT = "absent"
    OTHER = "other"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How READMEs spell one thing. Longer spellings win over shorter ones; case and width do not count."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    means: WordKind
    spelled: tuple[str, ...]
    value: str = ""  # the name of the model, data set, chip, metric, unit or precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in a document a value stands."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    document: str
    table: str
    row: str
    column: str

    def __str__(self) -> str:
        return f"{self.document} § {self.table}, row {self.row!r}, column {self.column!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One documented value, digits as printed. ``value is None`` is documented as absent (``无``)."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    source: Source
    printed: str  # the digits alone: "93.95", where the cell is "f1:93.95%"
    value: float | None
    digits: int  # behind the point, as printed
    metric: Metric
    unit: Unit
    role: Role
    rounding: Rounding
    model: str
    chip: str | None = None
    precision: Precision | None = None
    batch_size: int | None = None  # None: the document gives it for all batch sizes
    best: bool = False  # of the best-batch row
    ratio: tuple[str, str] | None = None  # (numerator chip, denominator chip)
    tolerance: float | None = None  # percentage points of a score, per cent of a throughput
    baseline: bool = False  # other chips or precisions are held against it
    form: str = "{}"  # what stands around the digits in the cell

    @property
    def cell(self) -> str:
        """The cell as the document prints it."""
        return self.printed if self.value is None else self.form.replace("{}", self.printed)

    @property
    def fraction(self) -> float | None:
        """A score as a fraction of one, whatever unit it is printed in."""
        if self.value is None:
            return None
        return self.value / 100 if self.unit is Unit.PERCENT else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """How far the documents let a score drop: from a baseline to a chip's, both as printed."""

    fraction: float  # 0.0028 is 0.28 percentage points
    baseline: Reference
    measured: Reference

    def __str__(self) -> str:
        both = " - ".join(f"{item.printed} [{item.source}]" for item in (self.baseline, self.measured))
        return f"documented drop {self.fraction * 100:.2f} points: {both}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Model x chip x precision x batch size. Made by `harness.cases`, which alone spells ids."""

    id: str
    model: Model
    chip: Chip
    precision: Precision
    batch_size: int
    documented: bool  # whether the document has this very combination

    @property
    def deployment(self) -> Deployment | None:
        """What the document says of the case's model on its chip at its precision, if it says anything."""
        found = self.model.deployment(self.chip.name)
        return found if found is not None and self.precision in found.precisions else None

    @property
    def runtime(self) -> str:
        """The backend that runs the case on its chip: the chip's, unless the document uses another."""
        return (self.deployment and self.deployment.runtime) or self.chip.backend

    @property
    def gelu(self) -> Gelu:
        """The GELU that the chip computes in this deployment."""
        deployment = self.model.deployment(self.chip.name)
        return Gelu.ERF if deployment is None else deployment.gelu


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval of a fraction, or of a throughput in samples per second."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    low: float
    high: float
    confidence: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a measurement was made with: enough to make it again, or to see why it differs."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    target: str  # "chip" or "stand-in"
    weights: Weights
    weights_sha256: str
    data: Corpus | None
    data_sha256: str | None
    protocol: Protocol | None
    limit: int | None  # the first N samples only
    artifact: str | None  # key in the artifact cache
    backend: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    git_revision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one run recorded, before anybody judged it."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    id: str
    run: str
    created: str  # ISO 8601, UTC
    case: str
    kind: Kind
    check: str = (
        ""  # which of its kind's claims, where it has several; empty: the one that its kind is named for
    )
    origin: Origin
    provenance: Provenance
    metrics: Mapping[str, float]  # fractions, or throughput in samples per second
    samples: int
    intervals: Mapping[str, Interval]
    stages_s: Mapping[str, float]  # seconds of each stage
    raw: Mapping[str, Any]  # latencies_ns, predictions
    detail: Mapping[str, Any]  # flips, truncated samples, parity

    @property
    def claim(self) -> str:
        """What is claimed of the case, in words: ``conformance``, or ``conformance (batch order)``."""
        return f"{self.kind} ({self.check})" if self.check else str(self.kind)

    @property
    def made(self) -> str:
        """What it was measured with, in words: ``stand-in, mini weights, documented protocol``."""
        made = self.provenance
        protocol = "" if made.protocol is None else f", {made.protocol} protocol"
        return f"{self.origin}, {made.weights} weights{protocol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement of one measurement, carrying both numbers."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    kind: VerdictKind
    basis: Basis | None
    metric: Metric | None
    measured: float | None  # in the unit of `unit`
    expected: float | None
    unit: Unit | None
    tolerance: float | None  # in points of `unit` for scores, relative for throughput
    reference: Reference | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalog:
    """All tables, checked against each other. Hashed by identity, so that indexes of it can be kept."""

    models: Mapping[str, Model]
    chips: Mapping[str, Chip]
    datasets: Mapping[str, DatasetSpec]
    documents: Mapping[str, Document]
    tables: tuple[Table, ...]
    references: tuple[Reference, ...]
    folders: tuple[Path, ...]
    words: tuple[Word, ...] = ()
    gaps: tuple[Gap, ...] = ()
    precisions: Mapping[Precision, PrecisionSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the cells of a column or row mean. A cell takes its table's, its row's and its column's."""

    metric: Metric | None = None
    unit: Unit | None = None
    role: Role | None = None
    rounding: Rounding | None = None
    chip: str | None = None
    precision: Precision | None = None
    batch_size: int | None = None
    best: bool | None = None
    ratio: tuple[str, str] | None = None
    tolerance: float | None = None
    baseline: bool | None = None  # a measured value that is a baseline as well
    form: str | None = None  # what stands around the number, e.g. "f1:{}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Meaning):
    """One column: its header as printed. A `label` column names rows and holds no value."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    header: str
    label: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Meaning):
    """One row: every cell as printed, markup such as ``<center>`` and padding left out."""

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Meaning):
    """One accuracy or performance table, or fenced result block, of a document.

    A block has a `block` template, ``str.format`` over a row's cells, that makes the row's lines;
    an empty line stands between two rows of a block.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    document: str
    model: str
    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    block: str | None = None

    def row_label(self, row: Row) -> str:
        """What `row` is called: its label cells, in a `Source` and wherever a row is named."""
        pairs = zip(row.cells, self.columns, strict=True)
        return " | ".join(cell for cell, column in pairs if column.label)

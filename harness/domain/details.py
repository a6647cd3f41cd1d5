"""What a measurement keeps beside its numbers, by kind: its `detail`, as records.

Who measures makes one of the records whose name ends with ``Detail``, and stores its `stored()`. Who reads
takes the record, or the part of one, that it has something to say of:
``Watched.from_stored(measurement.detail).noisy``. Any of them can be read from any detail: a key that is not
there leaves its field None or empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.domain.stored import NULL, SPREAD, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Common(Stored):
    """What results of every kind keep; behind the commands of the data, the checkpoint and the artifact."""

    session: Mapping[str, Any] | None = None  # what the session says of its calls
    commands: tuple[Any, ...] | None = None  # of tools, in the order in which they ran
    samples_sha256: str | None = None  # where options or code of one's own made samples of a file
    checkpoint: str | None = None  # where it came from
    checkpoint_files: Mapping[str, str] | None = None  # name -> SHA-256
    ignored_weights: tuple[str, ...] | None = None
    artifact: Mapping[str, Any] | None = None  # facts of its build


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDetail(Stored):
    """Of a case that could not be measured."""

    error: str | None = None  # the class of the problem
    machine: bool | None = None  # whether the machine was at fault, and not the artifact
    commands: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleDetail(Stored):
    """Of a bundle's run, beside what its kind keeps."""

    bundle_sha256: str | None = None
    bundle_written: str | None = None
    graph_sha256: str | None = None
    commands: tuple[Any, ...] | None = None


# ------------------------------------------------------------------- accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFp32(Stored):
    """A score beside the same checkpoint's own in fp32, fed as the artifact is."""

    own_fp32: float | None = field(default=None, metadata=NULL)  # a fraction
    own_fp32_correct: int | None = field(default=None, metadata=NULL)
    fp32_on_card: float | None = field(default=None, metadata=NULL)  # what the checkpoint's card states
    flips: int | None = field(default=None, metadata=NULL)
    flipped: tuple[int, ...] | None = field(default=None, metadata=NULL)  # numbers of the samples


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChange(Stored):
    """From the checkpoint's own fp32 score to this one, on the same samples: an `Effect` of fractions."""

    change: float
    low: float
    high: float
    confidence: float | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlippedText(Stored):
    """A sample whose prediction differs from fp32's, as the run kept its text."""

    sample: int = 0
    text: str = ""
    fp32: str | None = None
    here: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped(Stored):
    """A run of samples at their real length, and the proof that the padded one gives the same."""

    proved_on: int  # samples
    max_abs_difference: float
    bound: float
    positions_run: int
    positions_padded: int
    samples_padded: int | None = None  # all the same, as padding might have changed their predictions


@dataclass(frozen=True, slots=True, kw_only=True)
class HowRun(Stored):
    """How the samples were run, and whose outputs were taken."""

    grouped: Grouped | None = None
    padded_because: str | None = None
    same_inputs_as: str | None = None  # the protocol
    shared_with: str | None = None  # the case
    not_shared_with: str | None = None
    shared_max_abs_difference: float | None = None
    shared_bound: float | None = None
    resumed_from_sample: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequential(Stored):
    """How many samples were drawn until the verdict was sure (`verdicts.sequential`)."""

    used: int  # of what the score counts: words, where a sample has several
    of: int
    counts: str  # what those are
    drawn: int  # samples, the first ones of the seed's order
    seed: int
    confidence: float  # that was asked for

    @classmethod
    def in_detail(cls, detail: Mapping[str, Any]) -> Sequential | None:
        """As a result tells it; None of one that was asked for every sample."""
        return AccuracyDetail.part(detail, "sequential").sequential

    @classmethod
    def of_part(cls, detail: Mapping[str, Any]) -> Sequential | None:
        """As `in_detail`, and None where all samples were drawn: that is an ordinary result."""
        told = cls.in_detail(detail)
        return None if told is None or told.whole else told

    @property
    def whole(self) -> bool:
        """Whether nothing is left to draw: the verdict is that of all samples."""
        return self.used == self.of

    def __str__(self) -> str:
        return f"{self.used:,} of {self.of:,} {self.counts}, sequential, {self.sure}"

    @property
    def sure(self) -> str:
        """How sure the verdict is, as it is asked for: ``99 %``."""
        return f"{self.confidence * 100:.6g} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfed(Stored):
    """What a documented feeding of the wrong inputs changes, by the fp32 score of inputs fed right."""

    as_documented: str
    fed_right: Mapping[str, float]  # by metric, fractions
    difference: Mapping[str, float]
    flips: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyDetail(Stored):
    """Of a score."""

    correct: int | None = field(default=None, metadata=NULL)  # None: of a metric that counts no samples
    fp32: OwnFp32 = field(default_factory=OwnFp32, metadata=SPREAD)
    from_fp32: ScoreChange | None = None  # None: what each sample adds to the metric is not known
    flipped_texts: tuple[FlippedText, ...] | None = None
    truncated: int | None = None  # samples that were cut to the model's length
    max_abs_difference: float | None = None  # of logits that are not padding
    typical_difference: float | None = None
    facts: Mapping[str, Any] | None = None  # counts and shares that the text pipeline keeps
    run: HowRun = field(default_factory=HowRun, metadata=SPREAD)
    trivial: Mapping[str, Mapping[str, float]] | None = None  # what answers without a network score
    max_drop: float | None = None  # the fraction that --max-drop allowed
    sequential: Sequential | None = None  # None: every sample was asked for
    reference: str | None = None  # why there is none: of a bundle whose checkpoint is not here
    misfed: Misfed | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)


# ----------------------------------------------------------------- throughput


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp(Stored):
    """The calls before those that were timed."""

    calls: int | None = None
    seconds: float = 0.0
    settled: bool | None = None
    ended: str | None = None  # by what
    window_medians_ns: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy(Stored):
    """What the calls took, and who says so."""

    joules: float | None = field(default=None, metadata=NULL)
    joules_per_sample: float | None = field(default=None, metadata=NULL)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory(Stored):
    """The most that was resident."""

    peak_rss_bytes: int
    of: str = ""  # whose
    peak_device_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matmul(Stored):
    """Floating-point operations a second of fixed products of matrices, right before and right after."""

    before_per_s: float | None = None
    after_per_s: float | None = None
    peak_per_s: float | None = None
    threads: int | None = None

    @property
    def typical_per_s(self) -> list[float]:
        """The machine's own speed before and after, as far as it was measured."""
        return [speed for speed in (self.before_per_s, self.after_per_s) if speed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Stored):
    """What is known of timed calls beside their times: the process, the warm-up, the machine meanwhile."""

    isolated: bool | None = None  # in a process of its own
    warm_up: WarmUp | None = None
    first_call_ns: float | None = None
    ended: str | None = None  # by what
    energy: Energy | None = None
    memory: Memory | None = None
    affinity: tuple[int, ...] | None = None  # the cores that were allowed
    conditions: Mapping[str, Any] | None = None  # as `machine.conditions` records them
    noisy: tuple[str, ...] | None = None  # why the machine was disturbed; empty: it was not
    matmul: Matmul | None = None
    import_s: float | None = None
    load_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped(Stored):
    """The validity stamp that calls earned."""

    stamp: str | None = field(default=None, metadata=NULL)
    stamp_asked: str | None = field(default=None, metadata=NULL)

    @property
    def told(self) -> bool:
        """Whether it was looked at what the calls earn: not for a tool's number, nor in older stores."""
        return self.stamp is not None or self.stamp_asked is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(Stored):
    """Whether calls became slower or faster from the first to the last."""

    change: float  # of a call's time, relative
    p: float
    batches: int | None = None
    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness(Stamped):
    """The stamp of calls that we timed ourselves, and whether they drifted."""

    drift: Drift | None = field(default=None, metadata=NULL)  # None: too few calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls(Stored):
    """Our own calls in numbers: nanoseconds of one call, that is of one batch."""

    calls: int | None = None
    warm_up_calls: int | None = None
    median_ns: float | None = None
    minimum_ns: float | None = None
    maximum_ns: float | None = None
    percentiles_ns: Mapping[str, float] | None = None
    clock: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool(Stored):
    """What the vendor's own tool measured, with ours beside it."""

    samples_per_s: float
    formula: str | None = None
    run: Mapping[str, Any] | None = None
    log_sha256: str | None = None
    our_samples_per_s: float | None = field(default=None, metadata=NULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Stored):
    """What a throughput comes to in operations; a share is there only where its whole is known."""

    flops_per_sample: float
    source: str
    elementwise_per_sample: float | None = None
    flop_per_s: float
    chip_share: float | None = None
    chip_peak_per_s: float | None = None
    chip_peak_source: str | None = None
    matmul_share: float | None = None
    matmul_peak_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputDetail(Stored):
    """Of calls of one batch: ours, a tool's, or both."""

    common: Common = field(default_factory=Common, metadata=SPREAD)
    watched: Watched = field(default_factory=Watched, metadata=SPREAD)
    threads: int | str | None = None  # a number, or in words that they were the library's own
    device: int | None = None  # the number of the card; a stand-in has none
    steadiness: Steadiness = field(default_factory=Steadiness, metadata=SPREAD)
    calls: Calls = field(default_factory=Calls, metadata=SPREAD)
    tool: Tool | None = None
    work: Work | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loadgen(Stored):
    """One run of LoadGen, as its logs say."""

    scenario: str
    version: str
    valid: bool
    why: tuple[str, ...]  # it is not
    bound_met: bool | None = field(default=None, metadata=NULL)
    asked: Mapping[str, Any]  # of the scenario's options, None for those that were left open
    samples_per_s: float
    definition: str
    queries: int
    samples_per_query: int
    over_latency: int | None = field(default=None, metadata=NULL)
    scored_percentile: float | None = field(default=None, metadata=NULL)
    scored_ns: float | None = field(default=None, metadata=NULL)
    early_stopping_ns: float | None = field(default=None, metadata=NULL)
    early_stopping: tuple[str, ...] = ()
    percentiles_ns: Mapping[str, float]
    minimum_ns: float
    maximum_ns: float
    mean_ns: float
    ending: str | None = field(default=None, metadata=NULL)
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    seeds: Mapping[str, Any]
    settings: Mapping[str, Any]
    wait_s: float | None = field(default=None, metadata=NULL)  # how long a batch waited to fill
    system: Mapping[str, Any]
    logs: str
    log_sha256: Mapping[str, str]

    @property
    def targets(self) -> Mapping[str, Any]:
        """What was asked for, without what was left open."""
        return {name: value for name, value in self.asked.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioDetail(Stored):
    """Of a scenario of LoadGen's."""

    watched: Watched = field(default_factory=Watched, metadata=SPREAD)
    threads: int | str | None = None
    device: int | None = None
    stamps: Stamped = field(default_factory=Stamped, metadata=SPREAD)
    loadgen: Loadgen | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDetail(Stored):
    """Of a throughput that a log from elsewhere tells."""

    log: str | None = None
    log_sha256: str | None = None
    log_line: int | None = None
    tool: str | None = None
    tool_version: str | None = None
    definition: str | None = None
    latencies_ms: Mapping[str, Any] | None = None
    queries_per_s_by_wall_time: float | None = None
    samples_per_s_by_wall_time: float | None = None
    batch_size_told_by: str | None = None
    device: Any | None = None
    devices: int | None = field(default=None, metadata=NULL)  # measured at once; None: the log does not tell
    streams: int | None = None  # calls at once on a device, where there were several
    mean_batch: float | None = None  # samples a call, where the last call was not full
    device_name: str | None = None
    model_file: str | None = None
    precision_printed: str | None = None
    input_shapes: tuple[Any, ...] | None = None
    timed_s: float | None = None
    timed_calls: int | None = None
    errors_told: tuple[str, ...] | None = None  # lines of the log, with their numbers
    warnings_told: tuple[str, ...] | None = None
    work: Work | None = None  # where the log is of the case's own measurement


def by_a_tool(detail: Mapping[str, Any]) -> bool:
    """Whether a tool told the throughput: it is not counted from calls of ours, and may be rounded."""
    told = ThroughputDetail.part(detail, "tool")
    return told.tool is not None or "tool" in told.rest  # of a log, it is the tool's name


def devices_of(detail: Mapping[str, Any]) -> int | None:
    """How many devices a throughput is the total of; None: its log does not tell. Our calls are of one."""
    tool = detail.get("tool")
    told = tool["run"] if isinstance(tool, Mapping) and isinstance(tool.get("run"), Mapping) else detail
    devices = told.get("devices", 1)
    return devices if isinstance(devices, int) else None


# --------------------------------------------------------- conformance, audits


@dataclass(frozen=True, slots=True, kw_only=True)
class FlippedDecision(Stored):
    """A decision that is another than fp32's: of a token, of a sample, or a place in a sample."""

    output: str
    sample: int
    position: int | None = field(default=None, metadata=NULL)
    reference: int
    found: int
    margin: float  # between the reference's two largest logits
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityDetail(Stored):
    """Of output parity. ``_in_spread`` is in standard deviations of the reference's logits."""

    samples: int | None = None
    values: int | None = None
    spread: float | None = None
    max_abs_difference: float | None = None
    mean_abs_difference: float | None = None
    p999_abs_difference: float | None = field(default=None, metadata=NULL)  # None: of too few values
    least_cosine: float | None = None
    relative_norm: float | None = None
    largest_in_spread: float | None = None
    rms_in_spread: float | None = None
    decisions: int | None = None
    flips: int | None = None
    first_flips: tuple[FlippedDecision, ...] | None = None
    whole_numbers: int | None = None  # values of outputs of whole numbers and booleans, which no spread is of
    unequal: int | None = None  # of those, how many are others
    inputs: str | None = None  # what the samples were, in words
    bound: float | None = None
    rms_bound: float | None = None
    bound_reason: str | None = None
    contract: str | None = None  # how much of it was held against the table
    common: Common = field(default_factory=Common, metadata=SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeltOut(Stored):
    """What the small operators of one LayerNorm have to hold; places are a sample and a position."""

    place: str
    epsilon: float
    largest_square: float
    at: tuple[int, int]
    overflowing: int  # rows
    least_variance: float
    least_at: tuple[int, int]
    dividing_by_zero: int  # rows
    held: bool  # whether fp16 holds all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedGraphDetail(Stored):
    """Of the documented graph, beside parity's numbers, which are of it where it gives numbers."""

    opset: int | None = None
    inputs: str | None = None
    not_numbers: int | None = None  # samples with an infinity or what is not a number
    fused_in_spread: float | None = None  # the largest difference with LayerNorm as one operator
    bound: float | None = None
    rms_bound: float | None = None
    bound_reason: str | None = None
    layer_norms: tuple[SpeltOut, ...] | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationDetail(Stored):
    """Of a check that holds an artifact against itself."""

    claim: str | None = None
    inputs: str | None = None
    difference_in_spread: float | None = None
    must_change: bool | None = None  # whether it holds where the outputs differ, and not where they are equal
    bound: float | None = None
    bound_reason: str | None = None
    worst_sample: int | None = None
    noise_in_spread: float | None = None  # of two equal calls
    whole_numbers: int | None = None  # values of outputs of whole numbers and booleans, which no spread is of
    unequal: int | None = None  # of those, how many are others
    deterministic: bool | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeChange(Stored):
    """A relative change with its interval, positive where the second is faster: an `effects.Effect`."""

    change: float
    low: float
    high: float
    confidence: float | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsDetail(Stored):
    """Of an audit by two kinds of batch in turns."""

    change: RelativeChange | None = None
    finding: str | None = None
    margin: float | None = None
    mean_call_ns: tuple[float, ...] | None = None
    turns: int | None = None
    calls_a_turn: int | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOutputsDetail(Stored):
    """Of the audit of what timed calls gave."""

    calls: int | None = None  # whose outputs were kept
    differing: int | None = None
    largest: float | None = None
    noise: float | None = None
    worst_call: int | None = None
    worst_batch: int | None = None
    holds: bool | None = None
    bound: float | None = None
    batches: int | None = None
    timed_calls: int | None = None
    ended: str | None = None
    common: Common = field(default_factory=Common, metadata=SPREAD)

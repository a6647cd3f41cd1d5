"""What parsers make of logs: runs of a benchmark tool, and the cards that a monitor lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """The times of one stage of a call, in milliseconds, under the name that the tool prints.

    None is what the log does not state; no percentile is ever computed here.
    """

    name: str
    mean_ms: float | None = None
    median_ms: float | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    percentiles_ms: Mapping[str, float] = field(default_factory=dict)  # "p99" -> milliseconds
    further_ms: Mapping[str, float] = field(
        default_factory=dict
    )  # any other statistic, as it is called there


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """One summary of a benchmark tool.

    `samples_per_s` is by `definition`, None where that takes a batch size that the log does not tell.
    """

    tool: str
    definition: str  # what its throughput is, in words
    samples_per_s: float | None
    batch_size: int | float | None = None  # a mean may be no whole number
    batch_ms: float | None = None  # where the throughput is 1000 x batch / this
    queries_per_s: float | None = None  # calls (batches) a second by the wall clock, where the tool says so
    version: str | None = None
    device: str | None = None  # its number, as the log has it
    device_name: str | None = None  # such as "NVIDIA T4"
    devices: int | None = 1  # how many the throughput is the total of; None: the log does not tell
    streams: int = (
        1  # calls under way at once on each device, at least: threads, instances, processes, streams
    )
    model: str | None = None  # the file that was run
    precision: str | None = None  # as printed, of what was built in the same call
    precision_untold: str = ""  # why the log of a tool that may tell the precision does not
    further: tuple[str, ...] = ()  # what made other work of the same graph, such as ``--sparsity=force``
    input_shapes: tuple[tuple[int, ...], ...] = ()  # the batch first
    sample_shapes: tuple[tuple[int, ...], ...] = ()  # of a tool that lists inputs without their batch
    latencies: tuple[Latency, ...] = ()
    duration_s: float | None = None  # of the timed part, by the host's clock
    count: int | None = None  # timed calls
    mean_batch: float | None = None  # samples a call, where the last call was not full
    errors: tuple[str, ...] = ()  # lines of the log that tell of one, with their numbers
    warnings: tuple[str, ...] = ()  # what the tool, or the system under it, warns of, each once
    line: int  # where the number stands

    def of_batch(self, batch_size: int) -> ToolRun:
        """The same run, its batch size told by somebody who knows it."""
        shapes = self.input_shapes or tuple((batch_size, *shape) for shape in self.sample_shapes)
        run = replace(self, batch_size=batch_size, input_shapes=shapes)
        if self.batch_ms is None and self.samples_per_s is None and self.queries_per_s is not None:
            return replace(run, samples_per_s=batch_size * self.queries_per_s)
        if self.batch_ms is None or self.mean_batch is not None:
            return run
        return replace(run, samples_per_s=1000 * batch_size / self.batch_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLog:
    """All summaries of one log, and their total where the tool prints one."""

    name: str
    tool: str
    runs: tuple[ToolRun, ...]
    total: ToolRun | None = None

    def chosen(self, *, device: int | None = None, summary: int | None = None) -> ToolRun:
        """The one run that is meant: the only one, the total, the one of `device`, the `summary`-th (from 1).

        Raises `UsageError` that lists the runs where none or several are.
        """
        if device is not None and summary is not None:
            raise UsageError("--device and --summary both choose a run; give one of them")
        if summary is not None:
            if 1 <= summary <= len(self.runs):
                return self.runs[summary - 1]
            raise UsageError(f"--summary {summary}: there is no such summary; {self._listed()}")
        if device is not None:
            of_device = [run for run in self.runs if run.device == str(device)]
            if len(of_device) == 1:
                return of_device[0]
            raise UsageError(f"--device {device}: {len(of_device)} summaries are of it; {self._listed()}")
        if self.total is not None:
            return self.total
        if len(self.runs) == 1:
            return self.runs[0]
        raise UsageError(f"{self._listed()}", remedy="choose one with --summary N or --device N")

    def _listed(self) -> str:
        said = [
            f"{number}: line {run.line}"
            + ("" if run.device is None else f", device {run.device}")
            + ("" if run.batch_size is None else f", batch {run.batch_size}")
            + ("" if run.samples_per_s is None else f", {run.samples_per_s:.2f} samples/s")
            for number, run in enumerate(self.runs, 1)
        ]
        return f"{self.name} holds {len(said)} summaries of {self.tool} ({'; '.join(said)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card, or one chip of it, as a monitor lists it. None is what it does not tell.

    `unread` has by fact what stands in its place: the tool's own word for it (``[N/A]``), or one that is not
    known here. A fact that is neither told nor in `unread` is not in the listing at all.
    """

    index: int | None  # None of a card whose number cannot be read
    name: str | None
    device: int | None = None  # the number by which the vendor's runtime knows it, where that is another
    share: str | None = (
        None  # what part of a card this is, in the tool's words: ``VF 1``; None for a whole one
    )
    trouble: str | None = None  # what the tool says of a card that it lists and cannot reach: ``GPU is lost``
    health: str | None = None
    bus_id: str | None = None
    memory_used_mib: float | None = None  # npu-smi writes MB and means these
    memory_total_mib: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    utilisation_percent: float | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int | None:
        """What the vendor's runtime calls it, and so `--device`; None where that is not told."""
        if "device" in self.unread:
            return None
        return self.index if self.device is None else self.device

    def __str__(self) -> str:
        """As messages list it: ``0 (Tesla T4)``, ``1 (GPU is lost)``."""
        number = "a card whose number is not told" if self.number is None else str(self.number)
        named = self.name or f"name not told: {self.unread.get('name') or 'nothing stands there'}"
        said = [self.trouble or named, *([self.share] if self.share else [])]
        return f"{number} ({', '.join(said)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardList:
    """What a monitor said of a machine."""

    tool: str
    version: str | None  # of the monitor
    driver: str | None
    cards: tuple[Card, ...]  # never empty
    cuda: str | None = None  # the newest that the driver runs
    said: tuple[str, ...] = ()  # headings and lines beside the cards that are not known here, as printed

    def of(self, device: int) -> Card | None:
        """The card that `--device` calls `device`: the whole one, where parts of it are listed beside."""
        found = sorted(
            (card for card in self.cards if card.number == device), key=lambda c: c.share is not None
        )
        return found[0] if found else None

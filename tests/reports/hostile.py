"""Results whose every field from outside tries to be something other than text."""

from __future__ import annotations

import dataclasses

import factory

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.store.notrun import NotRun
from harness.store.results import Result

# The fields of a result that a store, a tool or a machine fills: in both reports, and in detail only.
IN_TABLES = (
    *("case", "message", "printed", "document", "row", "column", "revision", "created"),
    *("library", "version", "machine-key", "machine-value"),
)
IN_DETAIL = (
    *("checkpoint", "command", "clock", "unknown-key", "unknown-value", "stage", "metric", "percentile"),
    *("backend", "target", "weights-hash", "data-hash", "artifact", "run"),
)


def tag(field: str) -> str:
    return f"<script>{field}</script>"


def text(field: str) -> str:
    """A script, the ends of everything a script may be inside of, a table's cell, a line, code, a link."""
    return (
        f"{tag(field)}\"'>]]>--></style></pre></details></title>|cell| `code` *b* [a](javascript:alert(1))"
        f"\x1b[31m\n\n# {field}\n| a | b |\n</script>{{{{ 7*7 }}}}{{% raw %}}"
    )


def results(catalog: Catalog) -> list[Result]:
    """One failed result of an unknown case and one throughput, with hostile text in every field."""
    good = factory.throughput(catalog, "tinybert-ascend310p-bs8", 5000.0, **factory.on_chip())
    assert good.verdict is not None
    reference = good.verdict.reference
    assert reference is not None
    bad_source = dataclasses.replace(
        reference.source, document=text("document"), row=text("row"), column=text("column")
    )
    measurement = factory.measurement(
        text("case"),
        Kind.THROUGHPUT,
        origin=Origin.STAND_IN,
        metrics={"throughput": 12.5, text("metric"): 0.5},
        detail={
            "median_ns": 5.0,
            "calls": 30,
            "clock": text("clock"),
            "percentiles_ns": {text("percentile"): 4.0},
            "checkpoint": text("checkpoint"),
            "commands": [["sh", "-c", text("command")]],
            text("unknown-key"): text("unknown-value"),
        },
        stages_s={text("stage"): 1.0},
        created=text("created"),
        machine={text("machine-key"): text("machine-value")},
        versions={text("library"): text("version")},
        backend=text("backend"),
        target=text("target"),
        weights_sha256=text("weights-hash"),
        data_sha256=text("data-hash"),
        artifact=text("artifact"),
        git_revision=text("revision"),
    )
    verdict = Verdict(
        kind=VerdictKind.ERROR,
        basis=None,
        metric=Metric.THROUGHPUT,
        measured=None,
        expected=None,
        unit=None,
        tolerance=None,
        reference=dataclasses.replace(reference, printed=text("printed"), source=bad_source),
        message=text("message"),
    )
    return [good, Result(measurement=dataclasses.replace(measurement, run=text("run")), verdict=verdict)]


def not_run() -> list[NotRun]:
    """A skip whose reason and case are hostile, too."""
    return [NotRun(case=text("skipped-case"), kind=Kind.ACCURACY, reason=text("skip-reason"))]

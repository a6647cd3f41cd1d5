"""What is said of a whole table, and what its parts say of each other: a metric, a chip, settings, roles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.documents.readme import columns
from harness.documents.readme import labels as labels_of
from harness.documents.readme.captions import over
from harness.documents.readme.drafts import Table, is_of_sizes
from harness.documents.readme.keys import is_set
from harness.documents.readme.naming import Said
from harness.documents.readme.reading import Note
from harness.documents.readme.tasks import of_tasks
from harness.domain.metrics import Metric, Sort
from harness.domain.references import Role
from harness.domain.words import WordKind

# A name with a digit in it that no word explains: another vendor's chip, as like as not.
_DEVICE = re.compile(r"(?<![A-Za-z0-9])(?!bs\d)[A-Z]{1,4}[A-Za-z]*[- ]?\d{2,4}\w*")
_SPEEDS = (Sort.SPEED, Sort.TIME)
_MOST = 100  # of a score, in per cent


def of_whole(table: Table) -> Said:
    """What is said of the whole table above it: a metric for heads that name none, a chip, settings."""
    context, grid = table.context, table.grid
    of_tasks_alone = table.tells("task")
    said = {} if of_tasks_alone else dict(table.above)
    open_heads = [grid.headers[at] for at in table.valued
                  if not {"metric", "ratio", "foreign", "other"} & table.of_columns[at].keys()]  # fmt: skip
    if not said and open_heads and not of_tasks_alone:
        said = _by_exclusion(table)
    if said and open_heads and any(item for item in table.of_columns):
        why = f"the heads {', '.join(map(repr, open_heads))} name no metric, what stands above them does"
        context.assumed.append(Note(line=grid.line, what=f"metric = {said['metric']}", why=why))
    above = over(context, grid.line, nearest=_is_over(table))
    said |= {key: item for key, item in above.items() if key != "chip" and not table.tells(key)}
    said |= _of_label_heads(table)
    if "chip" not in said and not table.tells("chip"):
        said |= {"chip": above["chip"]} if above.get("chip", "*") != "*" else _fallback(table)
    return said


def _is_over(table: Table) -> bool:
    """Whether the nearest heading is of this table: a bold line or an item is of the first one below it."""
    readme, line = table.context.readme, table.grid.line
    heading = readme.heading_of(line)
    return (
        heading is None or heading.titled or not any(heading.line < grid.line < line for grid in readme.grids)
    )


def _of_label_heads(table: Table) -> Said:
    """What the heads over labels say that no row and no column does: a corner with a chip, a batch size."""
    said: Said = {}
    for header, label in zip(table.grid.headers, table.labels, strict=True):
        told = columns.of_text(table.context, header) if label else {}
        for key in ("chip", "batch_size", "precision"):
            if told.get(key, "*") != "*" and not table.tells(key):
                said[key] = told[key]
    return said


def _by_exclusion(table: Table) -> Said:
    """The speed, beside ratios of chips: of scores the zoos print none.

    Of a heading that names a score and a speed, too, where the score has columns of its own, or where a
    number is larger than any score in per cent.
    """
    if any("ratio" in said for said in table.of_columns):
        return {"metric": Metric.THROUGHPUT, "generic": True}
    named = table.context.words.values(table.name, WordKind.METRIC)
    if "throughput" not in named or len(named) < 2:
        return {}
    scored = any("metric" in said and Metric(said["metric"]).is_score for said in table.of_columns)
    open_columns = [at for at in table.valued if not {"metric", "ratio"} & table.of_columns[at].keys()]
    found = [item.number.value for row in table.rows for at in open_columns for item in table.items(row, at)]
    speed = scored or any(x > 100 for x in found)
    return {"metric": Metric.THROUGHPUT, "generic": True} if speed else {}


def _fallback(table: Table) -> Said:
    """The document's own chip, for a table that names none; said aloud, because it is a rule of ours.

    A table of models with their sizes, or with scores alone, is of nobody's chip: it has published scores. So
    has one of a benchmark's tasks, where the document is about no chip.
    """
    context, own = table.context, table.context.own_chip
    unknown = [item for text in table.grid.headers for item in _DEVICE.findall(text)]
    if any(is_of_sizes(said) for said in table.of_columns) or _lists_models(table):
        return {"role": Role.BASELINE}
    if own is None and table.tells("task"):
        return {"role": Role.BASELINE}
    named = any(label and labels_of.names_chips(context, head)
                for head, label in zip(table.grid.headers, table.labels, strict=True))  # fmt: skip
    if own is None or unknown or named:
        return {}
    named_chips = set(context.words.values(context.readme.text, WordKind.CHIP)) - {"*", own.name}
    why = f"the table names no chip, the document only {own.name}"
    if named_chips:
        why = f"the table names no chip; of the document's {own.name} alone is driven here and no GPU"
    context.assumed.append(Note(line=table.grid.line, what=f"chip = {own.name}", why=why))
    return {"chip": own.name}


def _lists_models(table: Table) -> bool:
    """Whether rows are of several models and say nothing of how those were run, beside scores alone."""
    heads, words = table.grid.headers, table.context.words
    named = [at for at, head in enumerate(heads) if words.is_whole(head, WordKind.LABEL) == "model"]
    models = {tuple(row.cells[at] for at in named) for row in table.rows}
    metrics = [said["metric"] for said in table.of_columns if "metric" in said]
    run = any(map(table.tells, ("chip", "batch_size", "precision")))
    return len(models) > 1 and not run and all(Metric(item).is_score for item in metrics)


def name_tasks(table: Table) -> None:
    """Heads or labels that name a benchmark's tasks say what those are scored by, where nothing else does."""
    context, grid, above = table.context, table.grid, table.above
    if table.tells("metric") or (above and not above.get("generic")) or "unit" in above:
        return
    cells = [item for row in table.rows for at in table.valued for item in table.items(row, at)]
    if any(item.number.value > _MOST for item in cells):
        return
    places = [([grid.headers[at] for at in table.valued], [table.of_columns[at] for at in table.valued])]
    places += [([row.cells[at] for row in table.rows], list(table.of_rows))
               for at, label in enumerate(table.labels) if label]  # fmt: skip
    for texts, said in places:
        for item, of_task in zip(said, of_tasks(context, grid.line, texts), strict=True):
            item.update({**of_task, **item})


def name_differences(of_columns: Sequence[Said]) -> None:
    """A difference is one of the table's first score, or of its speed, where its head names none."""
    named = [said for said in of_columns if "metric" in said and not is_of_sizes(said)]
    scores = [said["metric"] for said in named if Metric(said["metric"]).sort not in _SPEEDS]
    for said in of_columns:
        if "difference" in said and named:
            said.setdefault("metric", (scores or [named[0]["metric"]])[0])


def name_others(table: Table) -> None:
    """A column of fractions that no word explains, beside one of a score, is of a metric of its own words.

    Not of a model that is more than a name: what its documents state has to be known. Nor beside the tasks of
    a benchmark: what is over all of them is their average, as like as not.
    """
    scored = [
        said for said in table.of_columns if "metric" in said and Metric(said["metric"]).sort not in _SPEEDS
    ]
    if not table.context.claims or table.tells("task") or all(map(is_of_sizes, scored)):
        return
    for at in table.valued:
        header, said = table.grid.headers[at].strip(), table.of_columns[at]
        held = [item for row in table.rows for item in table.items(row, at)]
        fractions = all(item.number.digits and not item.name and not item.unit for item in held)
        is_other = is_set(header) or table.context.words.has(header, WordKind.OTHER)
        if header and not said and held and fractions and not is_other:
            said |= {"metric": Metric.OTHER, "called": header}
            why = "no word of ours names what its fractions are; taken for a metric beside the others"
            table.context.assumed.append(Note(line=table.grid.line, what=f"column {header!r}", why=why))


def hold_against(table: Table) -> None:
    """What names no chip, beside the same metric with one, is what the chip is held against.

    Beside a GPU alone it is none: that is itself what others are held against.
    """
    of_columns = [table.of_columns[at] for at in table.valued]
    on_chips = {said.get("metric") for said in of_columns if _on_own(table, said) and "ratio" not in said}
    for said in of_columns:
        if "chip" not in said and said.get("metric") in on_chips - {None}:
            said.setdefault("role", Role.BASELINE)
    if any(is_of_sizes(said) for said in of_columns):  # a table of models as they were published
        for said in of_columns:
            if "chip" not in said and "metric" in said and Metric(said["metric"]).is_score:
                said["published"] = True
    headed = any(labels_of.names_chips(table.context, head) for head in table.grid.headers)
    rows_only = any(_on_own(table, item) for item in table.of_rows) and not any(
        "chip" in item for item in of_columns
    )
    for said in table.of_rows:
        published = bool(said.get("source")) and "chip" not in said
        beside = not headed and rows_only and "chip" not in said and "ratio" not in said
        if published or (beside and said["rests"]):
            said.setdefault("role", Role.BASELINE)


def _on_own(table: Table, said: Said) -> bool:
    """Whether a row or a column names a chip, and no GPU."""
    return "chip" in said and not table.context.is_gpu(said["chip"])

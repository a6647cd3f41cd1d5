"""Scores under the names of a benchmark's tasks alone: GLUE says for each of them what it is scored by.

The metrics are those of Table 1 of the paper (Wang et al. 2018, arXiv:1804.07461) and of
https://gluebenchmark.com/tasks: the words for tasks in ``readme_words.toml``.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.documents.readme.naming import Said
from harness.documents.readme.reading import Context, Note
from harness.domain.metrics import Metric
from harness.domain.words import WordKind

_FEWEST = 3  # tasks beside each other that make a table one of the benchmark: one name alone may be any word
# What all print in this order; of accuracy and F1 the paper has the one first, the site the other.
_IN_ORDER = (Metric.PEARSON, Metric.SPEARMAN)


def of_tasks(context: Context, line: int, texts: Sequence[str]) -> list[Said]:
    """What heads or labels of the table at `line` say, where enough of them name tasks; nothing elsewhere.

    That is the task as the data set and its metric, which is told as assumed: no document states it. Of a
    task that is scored by two, ``numbers`` names a cell's two numbers, or ``hint`` says why nothing does.
    """
    named = [context.words.values(text, WordKind.TASK) for text in texts]
    if sum(map(bool, named)) < _FEWEST:
        return [{} for _ in texts]
    alone = [f"{text.strip()} by {metrics[0]}" for text, metrics in zip(texts, named, strict=True)
             if len(metrics) == 1]  # fmt: skip
    if alone:
        why = f"GLUE scores {', '.join(alone)}, and nothing here names a metric"
        context.assumed.append(Note(line=line, what="the metrics of the tasks", why=why))
    return [_of_task(text, metrics) for text, metrics in zip(texts, named, strict=True)]


def _of_task(text: str, metrics: Sequence[str]) -> Said:
    if not metrics:
        return {}
    said: Said = {"task": True, "dataset": text.strip()}
    if len(metrics) == 1:
        return {**said, "metric": Metric(metrics[0])}
    if tuple(metrics) == _IN_ORDER:
        return {**said, "numbers": tuple(metrics)}
    return {
        **said,
        "hint": f"GLUE scores it by {' and '.join(metrics)}, and which one comes first is not told",
    }

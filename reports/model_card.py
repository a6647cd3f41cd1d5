"""Accuracy as the `model-index` of a Hugging Face model card: YAML front matter, for full weights alone.

Field names and what is required: huggingface/hub-docs, modelcard.md; spelled by `huggingface_hub`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.details import Sequential
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.models import Head, Protocol, Weights
from harness.errors import UsageError
from reports.case_parts import CaseParts
from reports.outcomes import Outcome, outcomes

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from harness.store.results import Result

# The hub's task ids (huggingface.js, packages/tasks).
TASKS: Mapping[Head, tuple[str, str]] = {
    Head.CLASSIFICATION: ("text-classification", "Text Classification"),
    Head.CLASSIFICATION_RELU: ("text-classification", "Text Classification"),
    Head.TOKEN_CLASSIFICATION: ("token-classification", "Token Classification"),
    Head.QUESTION_ANSWERING: ("question-answering", "Question Answering"),
}
# The hub's metric ids.
METRICS: Mapping[Metric, tuple[str, str]] = {
    Metric.ACCURACY: ("accuracy", "Accuracy"),
    Metric.PRECISION: ("precision", "Precision"),
    Metric.RECALL: ("recall", "Recall"),
    Metric.F1: ("f1", "F1"),
    Metric.F1_MACRO: ("f1", "Macro F1"),
    Metric.MCC: ("matthews_correlation", "Matthews correlation"),
    Metric.PEARSON: ("pearsonr", "Pearson"),
    Metric.SPEARMAN: ("spearmanr", "Spearman"),
    Metric.EXACT: ("exact_match", "Exact Match"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The front matter, and what was kept out of it: a sentence each."""

    text: str
    refused: tuple[str, ...]


def model_card(
    catalog: Catalog, results: Sequence[Result], *, model: str | None = None, case: str | None = None
) -> Card:
    """The card of one model's accuracies; `model` or `case` choose where the results are of several.

    Raises `UsageError` where they are of several models still, and where none of them may be published;
    then the message has the reasons.
    """
    found = [
        (outcome, outcome.parts)
        for outcome in (outcomes(results, catalog) if results else ())
        if outcome.measurement.kind is Kind.ACCURACY and outcome.parts is not None
        if model in (None, outcome.parts.model.name) and case in (None, outcome.measurement.case)
    ]
    if not found:
        chosen = " ".join(filter(None, [model, case])) or "these results"
        raise UsageError(f"no accuracy was measured of {chosen}; a model card states one")
    refused = [f"{item.measurement.case}: {why}" for item, _ in found if (why := refusal(item))]
    kept = [(item, parts) for item, parts in found if not refusal(item)]
    if not kept:
        raise UsageError(f"nothing for a model card: {'; '.join(dict.fromkeys(refused))}")
    names = list(dict.fromkeys(parts.model.name for _, parts in kept))
    if len(names) > 1:
        raise UsageError(
            f"a card is about one model, and these are results of {', '.join(names)}",
            remedy="choose one with --model",
        )
    return Card(text=_front_matter(catalog, kept), refused=tuple(dict.fromkeys(refused)))


def refusal(outcome: Outcome) -> str:
    """Why an accuracy must not stand in a model card, or nothing: it says what the checkpoint itself does."""
    measurement, made = outcome.measurement, outcome.measurement.provenance
    if outcome.status == VerdictKind.ERROR or not measurement.metrics:
        return "could not be measured"
    if measurement.origin is not Origin.CHIP:
        return f"measured on a {measurement.origin}, not on the chip"
    if made.weights is not Weights.FULL:
        return f"{made.weights} weights, not the documented checkpoint"
    if made.data is not Corpus.FULL:
        return f"{made.data} data, not the documented data set"
    if made.limit is not None:
        drawn = Sequential.in_detail(measurement.detail)
        return f"the first {made.limit} samples only" if drawn is None else f"{drawn}, only"
    return ""


def _front_matter(catalog: Catalog, kept: Sequence[tuple[Outcome, CaseParts]]) -> str:
    from huggingface_hub import ModelCardData

    model = kept[0][1].model
    results = [item for outcome, parts in kept for item in _evaluations(catalog, outcome, parts)]
    data = ModelCardData(model_name=model.checkpoint.hub or model.name, eval_results=results)
    return f"---\n{data.to_yaml()}\n---\n"


def _evaluations(catalog: Catalog, outcome: Outcome, parts: CaseParts) -> Iterable[EvalResult]:
    """One a metric. Values are fractions; the name says on what they were measured."""
    from huggingface_hub import EvalResult

    dataset = catalog.datasets[parts.model.dataset]
    task, task_name = TASKS[parts.model.encoder.head]
    standard = ", standard protocol" if outcome.likeness.protocol is Protocol.STANDARD else ""
    where = f"{parts.chip.title}, {parts.precision}, batch size {parts.batch_size}{standard}"
    for metric, (metric_type, title) in METRICS.items():
        if metric in outcome.measurement.metrics:
            yield EvalResult(
                task_type=task,
                task_name=task_name,
                dataset_type=dataset.hub or dataset.name,
                dataset_name=dataset.title,
                dataset_config=dataset.hub_config or None,
                dataset_split=dataset.hub_split or None,
                metric_type=metric_type,
                metric_name=f"{title} ({where})",
                metric_value=outcome.measurement.metrics[metric],
            )

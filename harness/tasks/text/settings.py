"""What a model's table may say to a task, under ``options``: records that tables are held to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from harness.domain.metrics import Metric
from harness.domain.models import Model
from harness.domain.strict import STRICT
from harness.tasks.label_names import listed, meaning
from harness.tasks.options import Fault
from harness.tasks.tags import Scheme

OF_NUMBERS = (Metric.PEARSON, Metric.SPEARMAN)  # what a network of one logit is scored by


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequences:
    """Of a text or two that have one label, or one number."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    positive: str = ""  # the label whose F1 is the binary one

    def faults(self, model: Model) -> Iterator[Fault]:
        """A metric of numbers with several logits or the reverse, and an F1 of nobody knows which label."""
        logits = model.encoder.labels
        if (model.metric in OF_NUMBERS) != (logits == 1):
            others = ", ".join(OF_NUMBERS) if logits == 1 else "accuracy, f1, f1-macro, mcc"
            yield "metric", str(model.metric), f"one of {others}: architecture.labels is {logits}"
        elif model.metric is Metric.F1 and not self.positive:
            yield "options.positive", "no value", "the label whose f1 is meant; f1-macro is of all of them"
        known = [meaning(name) for name in model.labels]
        if self.positive and known and meaning(self.positive) not in known:
            yield "options.positive", self.positive, f"one of labels: {listed(model.labels)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Of words that have a tag each."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    scheme: Scheme | None = None  # that its labels follow; None: BIOES where they have an E- or S-, else IOB2

    def faults(self, model: Model) -> Iterator[Fault]:
        """Entities of tags that know none."""
        if self.scheme is Scheme.PLAIN and model.metric is not Metric.ACCURACY:
            yield "metric", str(model.metric), "accuracy: plain tags have no entities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Of questions about a text. Defaults are those of transformers' run_qa.py and BERT's run_squad.py."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    stride: int = 128  # tokens that two windows over one text share
    longest_question: int = 64  # tokens
    longest_answer: int = 30  # tokens
    # Of data whose questions may lack answers: none is given where the logits of none are larger than those
    # of the best answer by more than this.
    null_threshold: float = 0.0

    def faults(self, model: Model) -> Iterator[Fault]:
        """Counts that are none, and windows without room."""
        for name in ("stride", "longest_question", "longest_answer"):
            if getattr(self, name) < 1:
                yield f"options.{name}", str(getattr(self, name)), "a whole number of at least 1"
        least = self.stride + self.longest_question + 5
        if model.tokens < least:
            expected = f"{least} or more, for a stride of {self.stride} beside {self.longest_question} tokens"
            yield "length", str(model.tokens), f"{expected} of question (options.stride, longest_question)"

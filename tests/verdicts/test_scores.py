"""Verdicts on scores: rule 2 of the design, to one sample, with both numbers in every message."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Basis, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.precisions import Precision
from harness.domain.references import Drop, Reference
from harness.errors import BadOutput
from harness.tables import references
from harness.verdicts import scores

SAMPLES = 872  # SST-2's development set
ORDER = [VerdictKind.FALLS_SHORT, VerdictKind.REPRODUCED, VerdictKind.EXCEEDS]
BY_DROP = [VerdictKind.FALLS_SHORT, VerdictKind.SURVIVES]


def score(correct: int, samples: int = SAMPLES, *, own: int | None = None, **other: object) -> scores.Score:
    """`correct` of `samples`; with `own`, a checkpoint that only its own fp32 is comparable with."""
    comparable = {"comparable": True} if own is None else {"comparable": False, "why_not": "mini weights"}
    return scores.Score(
        metric=Metric.ACCURACY, value=correct / samples, samples=samples,
        own_fp32=None if own is None else own / samples, **(comparable | other),
    )  # fmt: skip


def a_drop(measured: Reference, fraction: float | None) -> Drop | None:
    """A documented drop of `fraction`, from a baseline printed as 92.6."""
    if fraction is None:
        return None
    baseline = dataclasses.replace(measured, printed="92.6", value=92.6, digits=1)
    return Drop(fraction=fraction, baseline=baseline, measured=measured)


class TestAgainstTheDocument:
    @pytest.mark.parametrize(
        ("correct", "kind"),
        [
            (800, VerdictKind.FALLS_SHORT),  # 91.743 < 91.82
            (801, VerdictKind.REPRODUCED),  # 91.858
            (805, VerdictKind.REPRODUCED),  # the documented number itself
            (809, VerdictKind.REPRODUCED),  # 92.775 < 92.82
            (810, VerdictKind.EXCEEDS),  # 92.890
            (0, VerdictKind.FALLS_SHORT),
            (872, VerdictKind.EXCEEDS),
        ],
    )
    def test_half_a_point_to_one_sample(
        self, on_310p: Case, documented: Reference, correct: int, kind: VerdictKind
    ):
        """Without a tolerance in the table 0.5 percentage points stand beside 92.32."""
        verdict = scores.judge_score(on_310p, score(correct), documented, None)
        assert verdict.kind is kind
        assert verdict.basis is Basis.DOCUMENTED
        assert (verdict.tolerance, verdict.unit) == (0.5, Unit.PERCENT)
        assert verdict.measured == pytest.approx(100 * correct / SAMPLES)
        assert verdict.expected == pytest.approx(92.32)

    @pytest.mark.parametrize(
        ("correct", "kind"), list(zip((894, 895, 905, 906), [*ORDER[:2], *ORDER[1:]], strict=True))
    )
    def test_the_limits_themselves_are_within(
        self, on_310p: Case, documented: Reference, correct: int, kind: VerdictKind
    ):
        """90.0 ± 0.5 of 1000 samples: 89.5 and 90.5 are in, a sample further is out."""
        reference = dataclasses.replace(documented, printed="90.0", value=90.0, digits=1)
        assert scores.judge_score(on_310p, score(correct, 1000), reference, None).kind is kind

    @pytest.mark.parametrize(
        ("tolerance", "lowest"), [(0.0, 9232), (0.1, 9222), (0.25, 9207), (1.0, 9132), (2.5, 8982)]
    )
    def test_the_tables_own_tolerance(
        self, on_310p: Case, documented: Reference, tolerance: float, lowest: int
    ):
        """What stands beside a value in the table is what it is judged by; of 10000 samples, to one."""
        reference = dataclasses.replace(documented, tolerance=tolerance)
        low, below = (
            scores.judge_score(on_310p, score(n, 10_000), reference, None) for n in (lowest, lowest - 1)
        )
        assert (low.kind, below.kind) == (VerdictKind.REPRODUCED, VerdictKind.FALLS_SHORT)
        assert low.tolerance == tolerance
        assert f"below 92.32 - {tolerance:g} points" in below.message

    def test_a_fraction_is_read_as_one(self, catalog: Catalog):
        """bert-chinese-ner's README prints 0.9758434270854719: 97.58 %, no 0.98 %."""
        case = make_case(catalog, "bert-chinese-ner", "vacc", precision=Precision.INT8, batch_size=1)
        reference = references.for_case(catalog, case, Metric.ACCURACY)
        assert reference is not None
        assert reference.unit is Unit.FRACTION
        verdict = scores.judge_score(case, score(9758, 10_000), reference, None)
        assert verdict.kind is VerdictKind.REPRODUCED
        assert verdict.expected == pytest.approx(97.58434270854719)

    def test_exceeding_passes(self):
        """Below by more falls short; above by more passes and is flagged."""
        assert VerdictKind.EXCEEDS.good
        assert not VerdictKind.FALLS_SHORT.good

    def test_the_message_reads_alone(self, on_310p: Case, documented: Reference):
        """Case, metric, both numbers, tolerance, the reference's place, and how many samples flipped."""
        verdict = scores.judge_score(on_310p, score(800, flips=7), documented, None)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 91.74 % below 92.32 - 0.5 points "
            "[ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)', column '310P推理精度']"
            "; 7 of 872 predictions flipped against fp32"
        )
        assert verdict.reference is documented

    @pytest.mark.parametrize(
        ("correct", "relation"), [(805, "within 92.32 ± 0.5"), (820, "above 92.32 + 0.5")]
    )
    def test_good_messages_have_both_numbers_too(
        self, on_310p: Case, documented: Reference, correct: int, relation: str
    ):
        """What passes says by how much, in the same words."""
        verdict = scores.judge_score(on_310p, score(correct), documented, None)
        assert f"accuracy {100 * correct / SAMPLES:.2f} % {relation} points [" in verdict.message

    def test_an_undocumented_case_has_no_reference(self, on_310p: Case):
        """Nothing to compare with is a verdict of its own, with the number measured."""
        verdict = scores.judge_score(on_310p, score(805, flips=2), None, None)
        assert verdict.kind is VerdictKind.NO_REFERENCE
        assert (verdict.basis, verdict.expected, verdict.tolerance) == (None, None, None)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 92.32 %; the documents give no accuracy for this case"
            "; 2 of 872 predictions flipped against fp32"
        )

    def test_documented_as_absent_is_no_reference(self, on_310p: Case, documented: Reference):
        """A cell that says 无 is a value of the document, and none to judge by."""
        absent = dataclasses.replace(documented, printed="无", value=None)
        assert scores.judge_score(on_310p, score(805), absent, None).kind is VerdictKind.NO_REFERENCE

    def test_without_their_own_fp32_full_weights_on_part_of_the_data_are_not_comparable(
        self, on_310p: Case, documented: Reference
    ):
        """A bundle's, say, whose checkpoint is not here: neither the document nor the drop applies."""
        partial = score(99, 100, comparable=False, why_not="the first 100 samples only")
        verdict = scores.judge_score(on_310p, partial, documented, 0.0)
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert verdict.basis is None
        assert verdict.message.endswith("not comparable with a documented value: the first 100 samples only")


class TestByTheDrop:
    @pytest.mark.parametrize(
        ("own", "documented_drop", "lost", "rule"),
        [
            (700, None, 7, "1 % of that score"),  # 1 % of 700 is 7 samples
            (700, 0.0028, 7, "1 % of that score"),  # 0.28 points are 2.4 samples: the larger counts
            (700, 0.0155, 13, "documented drop 1.55 points: 92.6 ["),  # 13.5 samples
            (700, -0.02, 7, "1 % of that score"),  # a chip above its baseline has not dropped
            (700, 0.0, 7, "1 % of that score"),
            (100, None, 2, "2 of 872 samples"),  # 1 % of 100 is one sample
            (100, 0.001, 2, "2 of 872 samples"),  # 0.87 samples
            (2, None, 2, "2 of 872 samples"),
        ],
    )
    def test_the_largest_of_three(
        self,
        on_310p: Case,
        documented: Reference,
        own: int,
        documented_drop: float | None,
        lost: int,
        rule: str,
    ):
        """The documented drop or 1 % of its own fp32 score, never less than two samples; to one sample."""
        drop = a_drop(documented, documented_drop)
        allowed = scores.judge_score(on_310p, score(own - lost, own=own), None, drop)
        assert allowed.kind is VerdictKind.SURVIVES
        assert allowed.basis is Basis.DROP
        assert allowed.expected == pytest.approx(100 * own / SAMPLES)
        assert f"points ({rule}" in allowed.message
        if own > lost:
            short = scores.judge_score(on_310p, score(own - lost - 1, own=own), None, drop)
            assert short.kind is VerdictKind.FALLS_SHORT

    def test_a_mini_never_meets_the_documented_value(self, on_310p: Case, documented: Reference):
        """A small checkpoint that keeps its own score survives, below 92.32 or above (rule 1)."""
        for own in (400, 872):
            verdict = scores.judge_score(on_310p, score(own, own=own), documented, None)
            assert (verdict.kind, verdict.basis) == (VerdictKind.SURVIVES, Basis.DROP)
            assert "92.32 -" not in verdict.message

    def test_a_rise_is_no_drop(self, on_310p: Case):
        """fp16 luckier than fp32 survives; `reproduced` and `exceeds` are said of documented values only."""
        assert scores.judge_score(on_310p, score(872, own=1), None, None).kind is VerdictKind.SURVIVES

    def test_the_message_reads_alone(self, on_310p: Case):
        """Both scores, what was allowed and by which rule, the flips, and why the drop counts."""
        verdict = scores.judge_score(on_310p, score(690, own=700, flips=12), None, None)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 79.13 % below its own fp32 80.28 % - 0.80 points "
            "(1 % of that score); 12 of 872 predictions flipped against fp32 (by the drop: mini weights)"
        )

    def test_the_tables_drop(self, catalog: Catalog, on_310p: Case):
        """92.32 on the chip against 92.6 published, 0.28 points, is what the tables allow TinyBERT."""
        drop = references.documented_drop(catalog, on_310p, Metric.ACCURACY)
        assert drop is not None
        assert drop.fraction == pytest.approx(0.0028)
        own = scores.Score(metric=Metric.ACCURACY, value=0.19, samples=10_000, own_fp32=0.2, comparable=False)
        verdict = scores.judge_score(on_310p, own, None, drop)
        assert verdict.kind is VerdictKind.FALLS_SHORT
        assert verdict.tolerance == pytest.approx(0.28)
        table = "ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)'"
        assert re.search(
            r"accuracy 19\.00 % below its own fp32 20\.00 % - 0\.28 points \(documented drop 0\.28 points: "
            r"92\.6 \[ascend-tinybert § .*, row '.*', column '.*'\] - "
            + re.escape(f"92.32 [{table}, column '310P推理精度'])"),
            verdict.message,
        )


COUNTS = st.integers(1, 20_000).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n), st.integers(0, n))
)
DROPS = st.none() | st.floats(0, 0.1)


class TestWithoutAReference:
    """A checkpoint, the published one too, whose case has no documented number."""

    OWN, INT8, FLIPS = 706, 674, 132  # of 872: 80.96 % in fp32, 77.29 % in int8

    def score(self, **other: Any) -> scores.Score:
        """int8's score on full weights, full data."""
        return scores.Score(
            metric=Metric.ACCURACY, value=self.INT8 / SAMPLES, samples=SAMPLES, own_fp32=self.OWN / SAMPLES,
            comparable=True, flips=self.FLIPS, **other,
        )  # fmt: skip

    def test_a_loss_is_one_whether_or_not_a_number_is_documented(self, on_310p: Case):
        """3.67 points where 0.81 are allowed: it was `no-reference`, and green."""
        verdict = scores.judge_score(on_310p, self.score(), None, None)
        assert (verdict.kind, verdict.basis) == (VerdictKind.FALLS_SHORT, Basis.DROP)
        assert verdict.tolerance == pytest.approx(0.8096, abs=1e-4)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 77.29 % below its own fp32 80.96 % - 0.81 points "
            "(1 % of that score); 132 of 872 predictions flipped against fp32 "
            "(by the drop: the documents give no accuracy for this case)"
        )

    @pytest.mark.parametrize(
        ("most", "kind"),
        [
            (0.03, VerdictKind.FALLS_SHORT),
            (0.0366, VerdictKind.FALLS_SHORT),
            (0.0367, VerdictKind.SURVIVES),
            (0.05, VerdictKind.SURVIVES),
        ],
    )
    def test_the_bound_can_be_set(self, on_310p: Case, most: float, kind: VerdictKind):
        """32 of 872 are 3.6697 points."""
        verdict = scores.judge_score(on_310p, self.score(most_drop=most), None, None)
        assert verdict.kind is kind
        assert f"- {most * 100:.2f} points (--max-drop {most * 100:g}%)" in verdict.message

    def test_a_bound_of_nothing_allows_nothing(self, on_310p: Case, documented: Reference):
        """Neither two samples nor the documented drop, for who says 0%."""
        lost = score(699, own=700)
        assert scores.judge_score(on_310p, lost, None, a_drop(documented, 0.02)).kind is VerdictKind.SURVIVES
        strict = dataclasses.replace(lost, most_drop=0.0)
        assert (
            scores.judge_score(on_310p, strict, None, a_drop(documented, 0.02)).kind
            is VerdictKind.FALLS_SHORT
        )

    def test_a_documented_number_is_held_to_its_own_tolerance(self, on_310p: Case, documented: Reference):
        """--max-drop is of drops."""
        full = dataclasses.replace(score(801), most_drop=0.0)
        verdict = scores.judge_score(on_310p, full, documented, None)
        assert (verdict.kind, verdict.basis) == (VerdictKind.REPRODUCED, Basis.DOCUMENTED)


class TestLoss:
    """What a score that falls short says of its cause."""

    def message(self, case: Case, flips: int = 132, **beside: Any) -> str:
        lost = dataclasses.replace(score(674, own=706), flips=flips)
        verdict = scores.judge_score(case, lost, None, None, scores.Beside(**beside))
        assert verdict.kind is VerdictKind.FALLS_SHORT
        return verdict.message.partition("mini weights)")[2]

    def test_within_rounding_it_is_real(self, on_310p: Case):
        """The outputs are near this checkpoint's own: building anew would give the same."""
        assert self.message(on_310p, typical_difference=0.3, typical_bound=0.5) == (
            "; a real loss: a typical sample's outputs differ from the checkpoint's in fp32 by 0.3 standard "
            "deviations of the logits, within the 0.5 that fp16 explains; "
            "`zoocheck bisect tinybert-ascend310p-bs8` says at which operator, or that many add up"
        )

    def test_beyond_rounding_the_artifact_may_be_stale(self, on_310p: Case):
        said = self.message(on_310p, typical_difference=1.02, typical_bound=0.5)
        assert said.startswith(
            "; perhaps not a loss but a stale artifact, or one of other weights: a typical"
        )
        assert (
            "by 1.02 standard deviations of the logits, beyond the 0.5 that fp16 explains. Build it" in said
        )
        assert said.endswith(
            "`zoocheck cache prune --max-age 0d`, then run again; what still falls as far is a real loss"
        )

    @pytest.mark.parametrize(("flips", "stale"), [(435, False), (436, True)])
    def test_as_many_flips_as_by_chance_are_no_rounding(self, on_310p: Case, flips: int, stale: bool):
        """Half of 872."""
        said = self.message(on_310p, flips, typical_difference=0.3, typical_bound=0.5)
        assert ("and half of the predictions or more flipped" in said) is stale
        assert said.startswith("; a real loss") is not stale

    def test_below_the_document_nothing_was_lost_here(self, on_310p: Case, documented: Reference):
        """The checkpoint itself may score so: its drop is not what was judged."""
        near = scores.Beside(typical_difference=0.001, typical_bound=0.02)
        short = scores.judge_score(on_310p, score(700, own=None), documented, None, near)
        assert short.kind is VerdictKind.FALLS_SHORT
        assert "real loss" not in short.message

    def test_without_the_checkpoints_outputs_nothing_is_said(self, on_310p: Case):
        assert self.message(on_310p) == ""


class TestProperties:
    @given(COUNTS)
    def test_a_higher_score_never_gets_a_worse_verdict(
        self, on_310p: Case, documented: Reference, counts: tuple[int, int, int, int]
    ):
        """Against a document verdicts only rise with the score."""
        samples, one, other, _ = counts
        low, high = (
            scores.judge_score(on_310p, score(correct, samples), documented, None).kind
            for correct in sorted((one, other))
        )
        assert ORDER.index(low) <= ORDER.index(high)

    @given(COUNTS, DROPS)
    def test_a_higher_score_never_gets_a_worse_verdict_by_the_drop(
        self, on_310p: Case, documented: Reference, counts: tuple[int, int, int, int], drop: float | None
    ):
        """By the drop, too."""
        samples, one, other, own = counts
        low, high = (
            scores.judge_score(on_310p, score(correct, samples, own=own), None, a_drop(documented, drop)).kind
            for correct in sorted((one, other))
        )
        assert BY_DROP.index(low) <= BY_DROP.index(high)

    @given(COUNTS, DROPS, st.integers(0, 2))
    def test_two_samples_are_always_allowed(
        self,
        on_310p: Case,
        documented: Reference,
        counts: tuple[int, int, int, int],
        drop: float | None,
        lost: int,
    ):
        """No drop is judged more finely than what two samples are worth, whatever the floats do."""
        samples, own, *_ = counts
        kept = score(max(0, own - lost), samples, own=own)
        assert scores.judge_score(on_310p, kept, None, a_drop(documented, drop)).kind is VerdictKind.SURVIVES


class TestTrivial:
    """A score beside that of an answer that needs no network."""

    TRIVIAL: ClassVar = {"all O": {"accuracy": 0.826, "f1": 0.0}}

    @pytest.mark.parametrize(("right", "marked"), [(826, True), (827, False)])
    def test_a_score_that_is_no_better_says_so_and_stays_what_it_is(
        self, on_310p: Case, right: int, marked: bool
    ):
        verdict = scores.judge_score(on_310p, score(right, 1000, own=right), None, None)
        beside = judged(on_310p, right, right, 1000, trivial=self.TRIVIAL)
        assert beside.kind is verdict.kind
        assert beside.message.endswith("no better than 'all O', which needs no network: 82.60 %") is marked

    def test_of_another_metric_nothing_is_said(self, on_310p: Case):
        verdict = scores.judge_score(on_310p, score(1, own=1), None, None)
        assert judged(on_310p, 1, 1, trivial={"all O": {"f1": 1.0}}) == verdict


def judged(case: Case, right: int, own: int, samples: int = 872, **beside: Any) -> Verdict:
    """The verdict on a drop, with the facts of `beside`."""
    return scores.judge_score(case, score(right, samples, own=own), None, None, scores.Beside(**beside))


class TestDoubt:
    """A good score that another checkpoint made."""

    def test_rounding_raises_none(self, on_310p: Case):
        verdict = judged(on_310p, 800, 800)
        assert verdict.kind is VerdictKind.SURVIVES
        assert judged(on_310p, 800, 800, typical_difference=0.02, typical_bound=0.02) == verdict

    def test_outputs_of_other_weights_are_an_error_and_keep_the_numbers(self, on_310p: Case):
        verdict = judged(on_310p, 800, 800, typical_difference=0.2, typical_bound=0.02)
        assert (verdict.kind, verdict.measured) == (
            VerdictKind.ERROR,
            judged(on_310p, 800, 800).measured,
        )
        assert (
            "a typical sample's differ from its fp32 outputs by 0.2 standard deviations of the logits, "
            "and fp16 explains 0.02" in verdict.message
        )

    def test_a_score_that_falls_short_says_more(self, on_310p: Case):
        short = judged(on_310p, 400, 800)
        doubted = judged(on_310p, 400, 800, typical_difference=9.0, typical_bound=0.02)
        assert doubted.kind is short.kind
        assert doubted.message.startswith(f"{short.message}; perhaps not a loss but a stale artifact")

    def test_outputs_held_against_nothing_say_so(self, on_310p: Case):
        """A bundle that came back to a machine without the checkpoint."""
        plain = judged(on_310p, 800, 800)
        verdict = judged(on_310p, 800, 800, not_held="not held against fp32")
        assert (verdict.kind, verdict.message) == (plain.kind, f"{plain.message}; not held against fp32")


class TestAgainstTheCard:
    """A mistake on both sides of a drop: the checkpoint's own fp32 score beside the recorded one."""

    def card(self, stated: float, own: float = 800 / 872) -> scores.CardScore:
        return scores.CardScore(own_fp32=own, stated=stated, samples=872)

    @pytest.mark.parametrize("stated", [None, 800 / 872, 802 / 872, 798 / 872])
    def test_no_card_or_two_samples_apart_change_nothing(self, on_310p: Case, stated: float | None):
        card = None if stated is None else self.card(stated)
        assert judged(on_310p, 800, 800, card=card) == judged(on_310p, 800, 800)

    @pytest.mark.parametrize("stated", [803 / 872, 797 / 872])
    def test_another_score_is_an_error_and_keeps_the_numbers(self, on_310p: Case, stated: float):
        """Higher or lower: neither is this checkpoint with its own vocabulary and labels."""
        verdict = judged(on_310p, 800, 800, card=self.card(stated))
        assert (verdict.kind, verdict.measured) == (
            VerdictKind.ERROR,
            judged(on_310p, 800, 800).measured,
        )
        assert f"its card says {stated * 100:.2f} %" in verdict.message

    def test_a_score_that_falls_short_says_more(self, on_310p: Case):
        short = judged(on_310p, 400, 800)
        assert judged(on_310p, 400, 800, card=self.card(0.9, own=0.1)) == short

    def test_outputs_of_other_weights_are_told_before_the_card(self, on_310p: Case):
        """One doubt is enough: the second may follow from the first."""
        both = judged(
            on_310p, 800, 800, typical_difference=0.2, typical_bound=0.02, card=self.card(700 / 872)
        )
        assert "not this checkpoint's" in both.message
        assert "its card" not in both.message

    def test_what_no_card_holds_is_said_beside_the_verdict(self, on_310p: Case):
        plain = judged(on_310p, 800, 800)
        verdict = judged(on_310p, 800, 800, no_card="no card states it")
        assert (verdict.kind, verdict.message) == (plain.kind, f"{plain.message}; no card states it")


class TestNoShareOfSamples:
    """MCC and correlations: what chance explains of their drop stands where others have two samples."""

    def judged(
        self, case: Case, value: float, own: float, chance: float | None, metric: Metric = Metric.MCC
    ) -> Verdict:
        found = scores.Score(
            metric=metric, value=value, samples=400, own_fp32=own, comparable=False, why_not="own data",
            chance=chance,
        )  # fmt: skip
        return scores.judge_score(case, found, None, None)

    def test_a_drop_within_chance_survives(self, on_310p: Case):
        verdict = self.judged(on_310p, 0.60, 0.62, 0.021)
        assert verdict.kind is VerdictKind.SURVIVES
        assert "- 2.10 points (half of the drop's 95 % interval by resampling 400 samples)" in verdict.message

    def test_a_drop_beyond_chance_and_one_per_cent_falls_short(self, on_310p: Case):
        assert self.judged(on_310p, 0.60, 0.62, 0.01).kind is VerdictKind.FALLS_SHORT

    def test_one_per_cent_is_allowed_where_chance_is_less(self, on_310p: Case):
        assert self.judged(on_310p, 0.895, 0.90, 0.001).kind is VerdictKind.SURVIVES
        assert self.judged(on_310p, 0.89, 0.90, 0.001).kind is VerdictKind.FALLS_SHORT

    def test_a_score_may_be_below_nothing_where_its_metric_may(self, on_310p: Case):
        assert self.judged(on_310p, -0.5, -0.2, 0.1).kind is VerdictKind.FALLS_SHORT
        assert self.judged(on_310p, -0.2, -0.2, 0.0, Metric.SPEARMAN).measured == -20
        with pytest.raises(BadOutput, match=r"found the score -0\.1, expected one from 0 to 1"):
            self.judged(on_310p, -0.1, 0.5, None, Metric.F1_MACRO)
        with pytest.raises(BadOutput, match=r"found the score -1\.5, expected one from -1 to 1"):
            self.judged(on_310p, -1.5, 0.5, None, Metric.PEARSON)

"""Verdicts: rule 2 of the design, to one sample, with both numbers in every message."""

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
from harness.domain.measurements import Basis, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric, Unit
from harness.domain.precisions import Precision
from harness.domain.references import Drop, Reference
from harness.tables import references
from harness.verdicts import judge

SAMPLES = 872  # SST-2's development set
ORDER = [VerdictKind.FALLS_SHORT, VerdictKind.REPRODUCED, VerdictKind.EXCEEDS]


@pytest.fixture(scope="session")
def on_310p(catalog: Catalog) -> Case:
    """TinyBERT on the 310P3 at batch 8: documented 92.32 % and 5871.86 samples per second."""
    return make_case(catalog, "tinybert", "ascend310p")


@pytest.fixture(scope="session")
def documented(catalog: Catalog, on_310p: Case) -> Reference:
    """The README's 92.32 %, which is 805 of 872, rounded."""
    reference = references.for_case(catalog, on_310p, Metric.ACCURACY)
    assert reference is not None
    assert reference.printed == "92.32"
    return reference


@pytest.fixture(scope="session")
def speed(catalog: Catalog, on_310p: Case) -> Reference:
    """The README's 5871.86 samples per second."""
    reference = references.for_case(catalog, on_310p, Metric.THROUGHPUT)
    assert reference is not None
    assert reference.printed == "5871.86"
    return reference


def score(correct: int, samples: int = SAMPLES, *, own: int | None = None, **other: object) -> judge.Score:
    """`correct` of `samples`; with `own`, a checkpoint that only its own fp32 is comparable with."""
    comparable = {"comparable": True} if own is None else {"comparable": False, "why_not": "mini weights"}
    return judge.Score(
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
        verdict = judge.judge_score(on_310p, score(correct), documented, None)
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
        assert judge.judge_score(on_310p, score(correct, 1000), reference, None).kind is kind

    @pytest.mark.parametrize(
        ("tolerance", "lowest"), [(0.0, 9232), (0.1, 9222), (0.25, 9207), (1.0, 9132), (2.5, 8982)]
    )
    def test_the_tables_own_tolerance(
        self, on_310p: Case, documented: Reference, tolerance: float, lowest: int
    ):
        """What stands beside a value in the table is what it is judged by; of 10000 samples, to one."""
        reference = dataclasses.replace(documented, tolerance=tolerance)
        low, below = (
            judge.judge_score(on_310p, score(n, 10_000), reference, None) for n in (lowest, lowest - 1)
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
        verdict = judge.judge_score(case, score(9758, 10_000), reference, None)
        assert verdict.kind is VerdictKind.REPRODUCED
        assert verdict.expected == pytest.approx(97.58434270854719)

    def test_exceeding_passes(self):
        """Below by more falls short; above by more passes and is flagged."""
        assert VerdictKind.EXCEEDS.good
        assert not VerdictKind.FALLS_SHORT.good

    def test_the_message_reads_alone(self, on_310p: Case, documented: Reference):
        """Case, metric, both numbers, tolerance, the reference's place, and how many samples flipped."""
        verdict = judge.judge_score(on_310p, score(800, flips=7), documented, None)
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
        verdict = judge.judge_score(on_310p, score(correct), documented, None)
        assert f"accuracy {100 * correct / SAMPLES:.2f} % {relation} points [" in verdict.message

    def test_an_undocumented_case_has_no_reference(self, on_310p: Case):
        """Nothing to compare with is a verdict of its own, with the number measured."""
        verdict = judge.judge_score(on_310p, score(805, flips=2), None, None)
        assert verdict.kind is VerdictKind.NO_REFERENCE
        assert (verdict.basis, verdict.expected, verdict.tolerance) == (None, None, None)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 92.32 %; the documents give no accuracy for this case"
            "; 2 of 872 predictions flipped against fp32"
        )

    def test_documented_as_absent_is_no_reference(self, on_310p: Case, documented: Reference):
        """A cell that says 无 is a value of the document, and none to judge by."""
        absent = dataclasses.replace(documented, printed="无", value=None)
        assert judge.judge_score(on_310p, score(805), absent, None).kind is VerdictKind.NO_REFERENCE

    def test_full_weights_on_part_of_the_data_are_not_comparable(self, on_310p: Case, documented: Reference):
        """Neither the documented value nor the drop applies: no verdict on the first hundred samples."""
        partial = score(99, 100, comparable=False, why_not="the first 100 samples only")
        verdict = judge.judge_score(on_310p, partial, documented, 0.0)
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
        allowed = judge.judge_score(on_310p, score(own - lost, own=own), None, drop)
        assert allowed.kind is VerdictKind.REPRODUCED
        assert allowed.basis is Basis.DROP
        assert allowed.expected == pytest.approx(100 * own / SAMPLES)
        assert f"points ({rule}" in allowed.message
        if own > lost:
            short = judge.judge_score(on_310p, score(own - lost - 1, own=own), None, drop)
            assert short.kind is VerdictKind.FALLS_SHORT

    def test_a_mini_never_meets_the_documented_value(self, on_310p: Case, documented: Reference):
        """A small checkpoint that keeps its own score is reproduced, below 92.32 or above (rule 1)."""
        for own in (400, 872):
            verdict = judge.judge_score(on_310p, score(own, own=own), documented, None)
            assert (verdict.kind, verdict.basis) == (VerdictKind.REPRODUCED, Basis.DROP)
            assert "92.32 -" not in verdict.message

    def test_a_rise_is_no_drop(self, on_310p: Case):
        """fp16 luckier than fp32 is reproduced; `exceeds` is said of documented values only."""
        assert judge.judge_score(on_310p, score(872, own=1), None, None).kind is VerdictKind.REPRODUCED

    def test_the_message_reads_alone(self, on_310p: Case):
        """Both scores, what was allowed and by which rule, the flips, and why the drop counts."""
        verdict = judge.judge_score(on_310p, score(690, own=700, flips=12), None, None)
        assert verdict.message == (
            "tinybert-ascend310p-bs8: accuracy 79.13 % below its own fp32 80.28 % - 0.80 points "
            "(1 % of that score); 12 of 872 predictions flipped against fp32 (by the drop: mini weights)"
        )

    def test_the_tables_drop(self, catalog: Catalog, on_310p: Case):
        """92.32 on the chip against 92.6 published, 0.28 points, is what the tables allow TinyBERT."""
        drop = references.documented_drop(catalog, on_310p, Metric.ACCURACY)
        assert drop is not None
        assert drop.fraction == pytest.approx(0.0028)
        own = judge.Score(metric=Metric.ACCURACY, value=0.19, samples=10_000, own_fp32=0.2, comparable=False)
        verdict = judge.judge_score(on_310p, own, None, drop)
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


class TestProperties:
    @given(COUNTS)
    def test_a_higher_score_never_gets_a_worse_verdict(
        self, on_310p: Case, documented: Reference, counts: tuple[int, int, int, int]
    ):
        """Against a document verdicts only rise with the score."""
        samples, one, other, _ = counts
        low, high = (
            judge.judge_score(on_310p, score(correct, samples), documented, None).kind
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
            judge.judge_score(on_310p, score(correct, samples, own=own), None, a_drop(documented, drop)).kind
            for correct in sorted((one, other))
        )
        assert ORDER.index(low) <= ORDER.index(high)

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
        assert judge.judge_score(on_310p, kept, None, a_drop(documented, drop)).kind is VerdictKind.REPRODUCED

    @given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9))
    def test_a_faster_chip_never_gets_a_worse_verdict(
        self, on_310p: Case, speed: Reference, one: float, other: float
    ):
        """Throughput, too, is better when higher."""
        low, high = (
            judge.judge_throughput(on_310p, rate, speed, Origin.CHIP).kind for rate in sorted((one, other))
        )
        assert ORDER.index(low) <= ORDER.index(high)


class TestThroughput:
    @pytest.mark.parametrize(
        ("ratio", "kind"),
        [
            (0.5, VerdictKind.FALLS_SHORT),
            (0.9499, VerdictKind.FALLS_SHORT),
            (0.95, VerdictKind.REPRODUCED),
            (1.0, VerdictKind.REPRODUCED),
            (1.05, VerdictKind.REPRODUCED),
            (1.0501, VerdictKind.EXCEEDS),
            (20.0, VerdictKind.EXCEEDS),
        ],
    )
    def test_five_per_cent(self, on_310p: Case, speed: Reference, ratio: float, kind: VerdictKind):
        """On the chip itself 5 % stand beside a documented throughput; the limits are within."""
        verdict = judge.judge_throughput(on_310p, 5871.86 * ratio, speed, Origin.CHIP)
        assert verdict.kind is kind
        assert (verdict.basis, verdict.expected, verdict.tolerance) == (Basis.DOCUMENTED, 5871.86, 0.05)

    def test_an_imported_log_is_judged_as_the_chip(self, on_310p: Case, speed: Reference):
        """A tool's log made elsewhere was measured on the chip."""
        verdict = judge.judge_throughput(on_310p, 100.0, speed, Origin.IMPORTED)
        assert verdict.kind is VerdictKind.FALLS_SHORT

    @pytest.mark.parametrize("rate", [1.0, 5871.86, 1e6])
    def test_a_stand_in_is_never_compared(self, on_310p: Case, speed: Reference, rate: float):
        """Slower, equal or faster: a stand-in's throughput neither passes nor fails (rule 1)."""
        verdict = judge.judge_throughput(on_310p, rate, speed, Origin.STAND_IN)
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert (verdict.basis, verdict.expected) == (None, None)
        assert "on a stand-in, not on Ascend 310P3" in verdict.message
        assert judge.judge_throughput(on_310p, rate, None, Origin.STAND_IN).kind is VerdictKind.NOT_COMPARABLE

    def test_other_weights_of_another_size_are_not_comparable(self, on_310p: Case, speed: Reference):
        """A mini on the real chip is another network; random weights of full size say nothing here."""
        verdict = judge.judge_throughput(
            on_310p, 1.0, speed, Origin.CHIP, "mini weights: another architecture"
        )
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert verdict.message.endswith("not comparable: mini weights: another architecture")

    def test_an_undocumented_batch_size_has_no_reference(self, catalog: Catalog):
        """A throughput of batch 3 is documented nowhere, and none is made up between 1 and 4."""
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=3)
        reference = references.for_case(catalog, case, Metric.THROUGHPUT)
        verdict = judge.judge_throughput(case, 3000.0, reference, Origin.CHIP)
        assert verdict.kind is VerdictKind.NO_REFERENCE
        assert verdict.message.endswith("3000.00 samples/s; the documents give no throughput for this case")

    @pytest.mark.parametrize(
        ("tolerance", "said"), [(None, "5 %"), (2.5, "2.5 %"), (0.1, "0.1 %"), (10.0, "10 %"), (7.0, "7 %")]
    )
    def test_no_digit_of_a_tolerance_is_rounded_away(
        self, on_310p: Case, speed: Reference, tolerance: float | None, said: str
    ):
        """The table's per cent stand in the message as they are."""
        reference = dataclasses.replace(speed, tolerance=tolerance)
        for rate, relation in (
            (1.0, "below 5871.86 -"),
            (5871.86, "within 5871.86 ±"),
            (1e6, "above 5871.86 +"),
        ):
            verdict = judge.judge_throughput(on_310p, rate, reference, Origin.CHIP)
            assert f"{relation} {said} [" in verdict.message

    def test_the_message_reads_alone(self, on_310p: Case, speed: Reference):
        """Case, both numbers, tolerance and the reference's place."""
        assert judge.judge_throughput(on_310p, 5000, speed, Origin.CHIP).message == (
            "tinybert-ascend310p-bs8: 5000.00 samples/s below 5871.86 - 5 % "
            "[ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)', column '310P性能']"
        )


BOUNDS = judge.ParityBounds(largest=0.06, rms=0.01)


class TestParity:
    @pytest.mark.parametrize(
        ("largest", "rms", "said"),
        [
            (0.06, 0.01, "at most 0.06 spreads, within the 0.06 that fp16 explains"),
            (0.0601, 0.01, "at most 0.0601 spreads, above the 0.06 that fp16 explains"),
            (0.06, 0.0101, "root mean square 0.0101 spreads, above the 0.01 that fp16 explains"),
        ],
    )
    def test_the_largest_and_the_mean_square_difference(
        self, on_310p: Case, largest: float, rms: float, said: str
    ):
        """At the bounds is within; above either falls short, with both numbers."""
        verdict = judge.judge_parity(on_310p, largest=largest, rms=rms, bounds=BOUNDS)
        assert verdict.kind.good is ("within" in said)
        assert (verdict.measured, verdict.expected) == (largest, 0.06)
        assert said in verdict.message

    def test_a_flip_that_the_bound_does_not_explain_is_a_failure_by_itself(self, on_310p: Case):
        verdict = judge.judge_parity(
            on_310p, largest=0.01, rms=0.001, bounds=BOUNDS, flips=3, decisions=80,
            unexplained=["logits of sample 4 from 0 to 1, 0.5 spreads apart in fp32"],
        )  # fmt: skip
        assert verdict.kind is VerdictKind.FALLS_SHORT
        assert "logits of sample 4 from 0 to 1" in verdict.message
        assert "3 of 80 decisions flipped" in verdict.message
        assert verdict.message.endswith(f"`zoocheck bisect {on_310p.id}` names the operator")

    def test_what_noise_hides_is_neither_good_nor_bad(self, on_310p: Case):
        verdict = judge.judge_relation(
            on_310p, "the mask matters", difference=0.2, bound=0.3, holds=True, must_change=False, worst=3,
            noise=0.15, too_noisy=True,
        )  # fmt: skip
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert "too noisy to ask whether the mask matters" in verdict.message
        assert "two equal calls differ by 0.15" in verdict.message

    @pytest.mark.parametrize("bound", ["largest", "rms", "typical", "invariance", "real_length", "sharing"])
    def test_lower_precision_is_allowed_more(self, catalog: Catalog, bound: str):
        """fp32 is held closest, int8 least; but batch sizes share int8's outputs as they do fp16's."""
        most = [
            getattr(catalog.precisions[item], bound).most
            for item in (Precision.FP32, Precision.FP16, Precision.INT8)
        ]
        assert most == sorted(most)

    def test_tanh_for_erf_is_more_than_fp32_explains(self, catalog: Catalog):
        """What the two forms of GELU differ by on the minis (docs/conformance.md) is above fp32's bounds."""
        spec = catalog.precisions[Precision.FP32]
        assert spec.largest.most < 1.3e-4 < spec.tanh_gelu.most
        assert spec.rms.most < 6e-5


class TestRelations:
    @pytest.mark.parametrize(
        ("must_change", "difference", "holds"), [(False, 0.5, False), (False, 0.1, True), (True, 0.1, False)]
    )
    def test_both_numbers_and_the_claim(
        self, on_310p: Case, must_change: bool, difference: float, holds: bool
    ):
        verdict = judge.judge_relation(
            on_310p, "the mask matters", difference=difference, bound=0.1, holds=holds,
            must_change=must_change, worst=3, noise=0.0,
        )  # fmt: skip
        assert verdict.kind.good is holds
        assert ("it does not hold that the mask matters" in verdict.message) is not holds
        assert f"{difference:g} spreads" in verdict.message

    def test_a_backend_that_is_not_deterministic_is_good_and_says_so(self, on_310p: Case):
        """Its spread is in the verdict; only beyond what the precision explains does it fall short."""
        same, noisy, wild = (judge.judge_determinism(on_310p, noise, 0.06) for noise in (0.0, 0.01, 0.07))
        assert [item.kind.good for item in (same, noisy, wild)] == [True, True, False]
        assert "same bits" in same.message
        assert "not deterministic" in noisy.message
        assert noisy.measured == 0.01


class TestTrivial:
    """A score beside that of an answer that needs no network."""

    TRIVIAL: ClassVar = {"all O": {"accuracy": 0.826, "f1": 0.0}}

    @pytest.mark.parametrize(("right", "marked"), [(826, True), (827, False)])
    def test_a_score_that_is_no_better_says_so_and_stays_what_it_is(
        self, on_310p: Case, right: int, marked: bool
    ):
        verdict = judge.judge_score(on_310p, score(right, 1000, own=right), None, None)
        beside = judged(on_310p, right, right, 1000, trivial=self.TRIVIAL)
        assert beside.kind is verdict.kind
        assert beside.message.endswith("no better than 'all O', which needs no network: 82.60 %") is marked

    def test_of_another_metric_nothing_is_said(self, on_310p: Case):
        verdict = judge.judge_score(on_310p, score(1, own=1), None, None)
        assert judged(on_310p, 1, 1, trivial={"all O": {"f1": 1.0}}) == verdict


def judged(case: Case, right: int, own: int, samples: int = 872, **beside: Any) -> Verdict:
    """The verdict on a drop, with the facts of `beside`."""
    return judge.judge_score(case, score(right, samples, own=own), None, None, judge.Beside(**beside))


class TestDoubt:
    """A good score that another checkpoint made."""

    def test_rounding_raises_none(self, on_310p: Case):
        verdict = judged(on_310p, 800, 800)
        assert verdict.kind is VerdictKind.REPRODUCED
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
        assert judged(on_310p, 400, 800, typical_difference=9.0, typical_bound=0.02) == short

    def test_outputs_held_against_nothing_say_so(self, on_310p: Case):
        """A bundle that came back to a machine without the checkpoint."""
        plain = judged(on_310p, 800, 800)
        verdict = judged(on_310p, 800, 800, not_held="not held against fp32")
        assert (verdict.kind, verdict.message) == (plain.kind, f"{plain.message}; not held against fp32")


class TestAgainstTheCard:
    """A mistake on both sides of a drop: the checkpoint's own fp32 score beside the recorded one."""

    def card(self, stated: float, own: float = 800 / 872) -> judge.CardScore:
        return judge.CardScore(own_fp32=own, stated=stated, samples=872)

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

"""Verdicts on checks: parity, relations and determinism, with both numbers in every message."""

from __future__ import annotations

import math

import pytest

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.domain.precisions import Precision
from harness.verdicts import checks

BOUNDS = checks.ParityBounds(largest=0.06, rms=0.01)


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
        verdict = checks.judge_parity(on_310p, largest=largest, rms=rms, bounds=BOUNDS)
        assert verdict.kind.good is ("within" in said)
        assert (verdict.measured, verdict.expected) == (largest, 0.06)
        assert said in verdict.message

    @pytest.mark.parametrize(
        ("rms", "share"), [(0.099, None), (0.1, "1 %"), (0.696, "48 %"), (math.inf, None)]
    )
    def test_what_a_root_mean_square_means_is_said_where_it_is_not_little(
        self, on_310p: Case, rms: float, share: str | None
    ):
        """Of int8, which it is within: half of what the outputs vary by may be error."""
        bounds = checks.ParityBounds(largest=3.0, rms=0.7)
        said = checks.judge_parity(on_310p, largest=2.0, rms=rms, bounds=bounds).message
        assert ("error is" in said) is (share is not None)
        assert (
            share is None or f"error is {share} of what the outputs vary by (root mean square {rms}" in said
        )

    def test_a_flip_that_the_bound_does_not_explain_is_a_failure_by_itself(self, on_310p: Case):
        verdict = checks.judge_parity(
            on_310p, largest=0.01, rms=0.001, bounds=BOUNDS, flips=3, decisions=80,
            unexplained=["logits of sample 4 from 0 to 1, 0.5 spreads apart in fp32"],
        )  # fmt: skip
        assert verdict.kind is VerdictKind.FALLS_SHORT
        assert "logits of sample 4 from 0 to 1" in verdict.message
        assert "3 of 80 decisions flipped" in verdict.message
        assert verdict.message.endswith(
            f"`zoocheck bisect {on_310p.id}` says at which operator, or that many add up"
        )

    def test_a_graph_that_storing_moves_has_bounds_of_its_own(self) -> None:
        """Three times that, where it is more; the reason is told with the bound that it is for."""
        wide = BOUNDS.widened(checks.Storing(largest=0.1, rms=0.002))
        assert (wide.largest, wide.rms) == (pytest.approx(0.3), 0.01)
        assert "moves its own fp32 outputs by 0.1, and 3 times that" in wide.reason
        narrow = BOUNDS.widened(checks.Storing(largest=0.001, rms=0.02))
        assert (narrow.largest, narrow.rms, narrow.reason) == (0.06, pytest.approx(0.06), BOUNDS.reason)

    @pytest.mark.parametrize("storing", [None, checks.Storing(largest=3.0, rms=0.11)])
    def test_what_storing_loses_or_makes_another_widens_nothing(self, storing: checks.Storing | None) -> None:
        wide = BOUNDS.widened(storing)
        assert (wide.largest, wide.rms) == (BOUNDS.largest, BOUNDS.rms)

    def test_what_noise_hides_is_neither_good_nor_bad(self, on_310p: Case):
        verdict = checks.judge_relation(
            on_310p, "the mask matters", difference=0.2, bound=0.3, holds=True, must_change=False, worst=3,
            noise=0.15, too_noisy=True,
        )  # fmt: skip
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert "too noisy to tell whether the mask matters" in verdict.message
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
        verdict = checks.judge_relation(
            on_310p, "the mask matters", difference=difference, bound=0.1, holds=holds,
            must_change=must_change, worst=3, noise=0.0,
        )  # fmt: skip
        assert verdict.kind.good is holds
        assert ("violated: the mask matters" in verdict.message) is not holds
        assert f"{difference:g} spreads" in verdict.message

    def test_a_backend_that_is_not_deterministic_is_good_and_says_so(self, on_310p: Case):
        """Its spread is in the verdict; only beyond what the precision explains does it fall short."""
        same, noisy, wild = (checks.judge_determinism(on_310p, noise, 0.06) for noise in (0.0, 0.01, 0.07))
        assert [item.kind.good for item in (same, noisy, wild)] == [True, True, False]
        assert "same bits" in same.message
        assert "not deterministic" in noisy.message
        assert noisy.measured == 0.01

"""Verdicts on throughputs: only of the chip itself, in per cent, with both numbers in every message."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.documents import Document
from harness.domain.measurements import Basis, Origin, Verdict, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.references import Reference
from harness.tables import references
from harness.verdicts import throughputs


def judged(*stated: Any, devices: int | None = 1, document: Document | None = None) -> Verdict:
    """A throughput of one device, by a document that counts by the device."""
    return throughputs.judge_throughput(*stated, devices=devices, document=document)


# From bad to good.
ORDER = [VerdictKind.FALLS_SHORT, VerdictKind.REPRODUCED, VerdictKind.EXCEEDS]


@given(st.floats(1e-3, 1e9), st.floats(1e-3, 1e9))
def test_a_faster_chip_never_gets_a_worse_verdict(on_310p: Case, speed: Reference, one: float, other: float):
    """Throughput, too, is better when higher."""
    low, high = (judged(on_310p, rate, speed, Origin.CHIP).kind for rate in sorted((one, other)))
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
        verdict = judged(on_310p, 5871.86 * ratio, speed, Origin.CHIP)
        assert verdict.kind is kind
        assert (verdict.basis, verdict.expected, verdict.tolerance) == (Basis.DOCUMENTED, 5871.86, 0.05)

    def test_an_imported_log_is_judged_as_the_chip(self, on_310p: Case, speed: Reference):
        """A tool's log made elsewhere was measured on the chip."""
        verdict = judged(on_310p, 100.0, speed, Origin.IMPORTED)
        assert verdict.kind is VerdictKind.FALLS_SHORT

    @pytest.mark.parametrize("rate", [1.0, 5871.86, 1e6])
    def test_a_stand_in_is_never_compared(self, on_310p: Case, speed: Reference, rate: float):
        """Slower, equal or faster: a stand-in's throughput neither passes nor fails (rule 1)."""
        verdict = judged(on_310p, rate, speed, Origin.STAND_IN)
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert (verdict.basis, verdict.expected) == (None, None)
        assert "on a stand-in, not on Ascend 310P3" in verdict.message
        assert judged(on_310p, rate, None, Origin.STAND_IN).kind is VerdictKind.NOT_COMPARABLE

    def test_other_weights_of_another_size_are_not_comparable(self, on_310p: Case, speed: Reference):
        """A mini on the real chip is another network; random weights of full size say nothing here."""
        verdict = judged(on_310p, 1.0, speed, Origin.CHIP, "mini weights: another architecture")
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert verdict.message.endswith("not comparable: mini weights: another architecture")

    def test_an_undocumented_batch_size_has_no_reference(self, catalog: Catalog):
        """A throughput of batch 3 is documented nowhere, and none is made up between 1 and 4."""
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=3)
        reference = references.for_case(catalog, case, Metric.THROUGHPUT)
        verdict = judged(case, 3000.0, reference, Origin.CHIP)
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
            verdict = judged(on_310p, rate, reference, Origin.CHIP)
            assert f"{relation} {said} [" in verdict.message

    def test_the_message_reads_alone(self, on_310p: Case, speed: Reference):
        """Case, both numbers, tolerance and the reference's place."""
        assert judged(on_310p, 5000, speed, Origin.CHIP).message == (
            "tinybert-ascend310p-bs8: 5000.00 samples/s below 5871.86 - 5 % "
            "[ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)', column '310P性能']"
        )

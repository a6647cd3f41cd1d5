"""What the documented graph comes to: with the compiler's help or without, in words."""

from __future__ import annotations

import pytest
from making import make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import VerdictKind
from harness.verdicts.checks import ParityBounds
from harness.verdicts.documented_graph import Form, judge

BOUNDS = ParityBounds(largest=0.0075, rms=0.003)
GOOD = Form(samples=8, not_numbers=0, largest=0.001, rms=0.0005, decisions=8)
OFF = Form(samples=8, not_numbers=0, largest=1.5, rms=0.9, flips=3, decisions=8, unexplained=3)
NAN = Form(samples=8, not_numbers=8)
SQUARE = "the square in the output LayerNorm of encoder layer 1 reaches 89690.5, and fp16 ends at 65504"
LARGEST = "the largest square in a LayerNorm is 85.7 (attention LayerNorm of encoder layer 1)"


@pytest.fixture
def case(catalog: Catalog) -> Case:
    return make_case(catalog, "tinybert", "ascend310p", batch_size=8)


def told(
    catalog: Catalog, case: Case, spelt: Form, fused: Form, *lost: str, known: bool = True
) -> tuple[VerdictKind, str]:
    compiler = catalog.compilers[case.runtime] if known else None
    verdict = judge(
        case, spelt=spelt, fused=fused, bounds=BOUNDS, lost=lost, largest=LARGEST, compiler=compiler
    )
    return verdict.kind, verdict.message


def test_both_forms_within_bounds_survive(catalog: Catalog, case: Case):
    kind, said = told(catalog, case, GOOD, GOOD)
    assert kind is VerdictKind.SURVIVES
    assert "(opset 11, LayerNorm spelt out) survives fp16 whether or not the compiler fuses LayerNorm" in said
    assert "at most 0.001 spreads" in said
    assert LARGEST in said


@pytest.mark.parametrize("spelt", [OFF, NAN, GOOD])
def test_what_fp16_does_not_hold_hangs_on_the_compiler(catalog: Catalog, case: Case, spelt: Form):
    """Silently wrong, not a number, or by luck not seen in these outputs: neither good nor a failure."""
    kind, said = told(catalog, case, spelt, GOOD, SQUARE)
    assert kind is VerdictKind.NOT_COMPARABLE
    assert kind.good
    assert "survives fp16 only if the compiler fuses LayerNorm: " + SQUARE in said
    assert "with LayerNorm as one operator they differ by at most 0.001 spreads" in said
    assert "atc has a pass that fuses it: its LayerNormONNXFusionPass" in said
    assert said.endswith(
        f"`zoocheck bisect {case.id} --documented-graph` says at which operator, or that many add up"
    )


def test_how_the_outputs_are_off_is_said(catalog: Catalog, case: Case):
    assert "its outputs are not numbers in 8 of 8 samples" in told(catalog, case, NAN, GOOD, SQUARE)[1]
    said = told(catalog, case, OFF, GOOD, SQUARE, "another")[1]
    assert "1.5 spreads and 0.9 root mean square, beyond the 0.0075 and 0.003" in said
    assert "; 3 of 8 decisions flipped" in said
    assert "(and of 1 behind it)" in said


def test_roundings_that_add_up_hang_on_the_compiler_too(catalog: Catalog, case: Case):
    kind, said = told(catalog, case, OFF, GOOD)
    assert kind is VerdictKind.NOT_COMPARABLE
    assert f"no value of a LayerNorm leaves fp16, {LARGEST}" in said


@pytest.mark.parametrize("fused", [OFF, NAN])
def test_what_neither_form_survives_falls_short(catalog: Catalog, case: Case, fused: Form):
    kind, said = told(catalog, case, OFF, fused, SQUARE)
    assert kind is VerdictKind.FALLS_SHORT
    assert "falls short in fp16 whether or not the compiler fuses LayerNorm" in said


def test_of_a_compiler_that_no_table_has_it_says_that_nothing_is_known(catalog: Catalog, case: Case):
    said = told(catalog, case, OFF, GOOD, SQUARE, known=False)[1]
    assert "whether the compiler of ascend does is not known" in said


def test_one_number_beyond_its_bound_is_enough():
    """As parity: the largest, the root mean square, or a decision that no rounding explains."""
    assert GOOD.within(BOUNDS)
    for other in (
        Form(samples=8, not_numbers=0, largest=0.0076, rms=0.0005),
        Form(samples=8, not_numbers=0, largest=0.001, rms=0.0031),
        Form(samples=8, not_numbers=0, largest=0.001, rms=0.0005, unexplained=1),
    ):
        assert not other.within(BOUNDS)

"""What a throughput is held against: TinyBERT's README counts fps/card, and a 310's card has four devices."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import documented_value, make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import CardModel
from harness.domain.documents import Document
from harness.domain.measurements import Basis, Origin, VerdictKind
from harness.domain.metrics import Metric
from harness.domain.references import Reference
from harness.tables import references
from harness.verdicts import cards, throughputs

CARD = 707.89  # TinyBERT on the 310 at batch 1
DEVICE = 176.9725  # a quarter


@pytest.fixture(scope="session")
def on_310(catalog: Catalog) -> Case:
    return make_case(catalog, "tinybert", "ascend310", batch_size=1)


@pytest.fixture(scope="session")
def speed_310(catalog: Catalog, on_310: Case) -> Reference:
    return documented_value(catalog, on_310, Metric.THROUGHPUT, "707.89")


@pytest.fixture(scope="session")
def by_the_card(catalog: Catalog, on_310: Case, speed_310: Reference) -> Document:
    """The README itself: "性能单位：fps/card", and no word on how."""
    document = references.document(catalog, on_310.model, speed_310)
    assert document is not None
    assert (document.name, document.per_card, document.times_devices) == ("ascend-tinybert", True, False)
    return document


@pytest.fixture(scope="session")
def multiplied(by_the_card: Document) -> Document:
    """As a README of that zoo that says "16.2017x4=64.8068即是batch1 310单卡吞吐率"."""
    return dataclasses.replace(by_the_card, times_devices=True)


class TestFourDevicesToACard:
    @pytest.mark.parametrize(
        ("rate", "kind"),
        [
            (CARD, VerdictKind.REPRODUCED),
            (0.9 * CARD, VerdictKind.FALLS_SHORT),
            (1.1 * CARD, VerdictKind.EXCEEDS),
            (DEVICE, VerdictKind.FALLS_SHORT),
        ],
    )
    def test_the_total_of_a_card_is_compared(self, on_310, speed_310, by_the_card, rate, kind):
        verdict = throughputs.judge_throughput(
            on_310, rate, speed_310, Origin.IMPORTED, devices=4, document=by_the_card
        )
        assert (verdict.kind, verdict.basis) == (kind, Basis.DOCUMENTED)
        assert (verdict.measured, verdict.expected) == (rate, CARD)
        assert verdict.message.endswith("]; the total of the 4 devices of a card")

    @pytest.mark.parametrize("origin", [Origin.CHIP, Origin.IMPORTED])
    @pytest.mark.parametrize("rate", [DEVICE, CARD, 1.0])
    def test_one_devices_is_not_where_the_document_does_not_multiply(
        self, on_310, speed_310, by_the_card, origin, rate
    ):
        """707.89 of one device is four times the card's, and was "reproduced"."""
        verdict = throughputs.judge_throughput(
            on_310, rate, speed_310, origin, devices=1, document=by_the_card
        )
        assert (verdict.kind, verdict.basis, verdict.expected) == (VerdictKind.NOT_COMPARABLE, None, None)
        assert verdict.measured == rate
        assert verdict.message == (
            f"tinybert-ascend310-bs1: {rate:.2f} samples/s, not comparable: one device's, and the document "
            "counts by the card of 4 devices (Atlas 300I) and does not say that it multiplies; measure all 4 "
            "at once, and file that log with `zoocheck import-log`"
        )

    @pytest.mark.parametrize(
        ("rate", "kind"),
        [
            (DEVICE, VerdictKind.REPRODUCED),
            (0.9 * DEVICE, VerdictKind.FALLS_SHORT),
            (CARD, VerdictKind.EXCEEDS),
        ],
    )
    def test_one_devices_is_multiplied_where_the_document_says_so(
        self, on_310, speed_310, multiplied, rate, kind
    ):
        verdict = throughputs.judge_throughput(
            on_310, rate, speed_310, Origin.CHIP, devices=1, document=multiplied
        )
        assert (verdict.kind, verdict.measured) == (kind, pytest.approx(4 * rate, rel=1e-12))
        assert f": one device's {rate:.2f} x 4 devices a card = {4 * rate:.2f} samples/s " in verdict.message

    def test_the_message_has_both_numbers(self, on_310, speed_310, multiplied):
        verdict = throughputs.judge_throughput(
            on_310, DEVICE, speed_310, Origin.CHIP, devices=1, document=multiplied
        )
        assert verdict.message.startswith(
            "tinybert-ascend310-bs1: one device's 176.97 x 4 devices a card = 707.89 samples/s "
            "within 707.89 ± 5 % ["
        )

    def test_a_total_is_never_multiplied(self, on_310, speed_310, multiplied):
        """Neither four devices, nor two."""
        whole = throughputs.judge_throughput(
            on_310, CARD, speed_310, Origin.IMPORTED, devices=4, document=multiplied
        )
        assert (whole.kind, whole.measured) == (VerdictKind.REPRODUCED, CARD)
        half = throughputs.judge_throughput(
            on_310, CARD / 2, speed_310, Origin.IMPORTED, devices=2, document=multiplied
        )
        assert half.kind is VerdictKind.NOT_COMPARABLE

    @pytest.mark.parametrize("devices", [2, 3, 5, 8])
    def test_another_number_of_devices_is_no_card(self, on_310, by_the_card, devices):
        found = cards.held(CARD, devices, chip=on_310.chip, document=by_the_card)
        assert found.why_not == (
            f"the total of {devices} devices, and the document counts by the card of 4 devices (Atlas 300I)"
        )

    def test_an_unknown_number_is_said(self, on_310, by_the_card, multiplied):
        for document in (by_the_card, multiplied):
            found = cards.held(CARD, None, chip=on_310.chip, document=document)
            assert found.why_not.startswith("nobody tells of how many devices it is, and the document counts")

    def test_without_a_documented_value_one_device_stays_apart(self, on_310, by_the_card, multiplied):
        """A batch size that is not documented: no number of a device beside those of cards."""
        alone = throughputs.judge_throughput(
            on_310, DEVICE, None, Origin.CHIP, devices=1, document=by_the_card
        )
        assert alone.kind is VerdictKind.NOT_COMPARABLE
        scaled = throughputs.judge_throughput(
            on_310, DEVICE, None, Origin.CHIP, devices=1, document=multiplied
        )
        assert (scaled.kind, scaled.measured) == (VerdictKind.NO_REFERENCE, DEVICE)

    def test_other_reasons_stand_beside(self, on_310, speed_310, by_the_card):
        verdict = throughputs.judge_throughput(
            on_310, DEVICE, speed_310, Origin.IMPORTED, "made with msame", devices=1, document=by_the_card
        )
        assert "not comparable: made with msame; one device's, and the document" in verdict.message

    def test_a_stand_in_has_no_card(self, on_310, speed_310, by_the_card):
        verdict = throughputs.judge_throughput(
            on_310, CARD, speed_310, Origin.STAND_IN, devices=1, document=by_the_card
        )
        assert verdict.message.endswith(
            "on a stand-in, not on Ascend 310: never compared with a documented value"
        )


class TestCardsThatDiffer:
    """A 310P3 is one to a card (300I Pro) or two (300I Duo), and TinyBERT's README does not say which."""

    def test_one_device_is_taken_for_a_card_and_says_so(self, catalog, on_310p, speed, by_the_card):
        verdict = throughputs.judge_throughput(
            on_310p, 5871.86, speed, Origin.CHIP, devices=1, document=by_the_card
        )
        assert verdict.kind is VerdictKind.REPRODUCED
        assert verdict.message.endswith(
            "; one device's, taken for a card's: the document counts by the card and does not say of how "
            "many devices (Atlas 300I Pro: 1, Atlas 300I Duo: 2)"
        )

    @pytest.mark.parametrize("rate", [5871.86, 2 * 5871.86])
    def test_two_are_not_compared(self, on_310p, speed, by_the_card, rate):
        """They might be a Duo that the document means, or two cards of which each lost half its speed."""
        verdict = throughputs.judge_throughput(
            on_310p, rate, speed, Origin.IMPORTED, devices=2, document=by_the_card
        )
        assert verdict.kind is VerdictKind.NOT_COMPARABLE
        assert (
            "the total of 2 devices, and the document counts by the card and does not say" in verdict.message
        )

    def test_no_table_that_says_is_told(self, on_310p, by_the_card):
        bare = dataclasses.replace(on_310p.chip, cards=())
        found = cards.held(100.0, 1, chip=bare, document=by_the_card)
        assert (found.why_not, found.note) == (
            "", "one device's, taken for a card's: the document counts by the card and does not say of how "
            "many devices (no table does)",
        )  # fmt: skip
        assert cards.held(100.0, 2, chip=bare, document=by_the_card).why_not


class TestByTheDevice:
    """bert-large-ner's and SpanBERT's READMEs name no card."""

    @pytest.mark.parametrize("document", [None, "ascend-bert-large-ner"])
    def test_one_device_is_compared_as_it_is(self, catalog, on_310p, document):
        found = cards.held(100.0, 1, chip=on_310p.chip, document=document and catalog.documents[document])
        assert found == cards.Held(samples_per_s=100.0, said="100.00 samples/s")

    def test_a_total_is_not(self, on_310p):
        found = cards.held(100.0, 2, chip=on_310p.chip, document=None)
        assert found.why_not == "the total of 2 devices, and the document counts by the device"

    def test_an_unknown_number_is_taken_for_one_and_says_so(self, on_310p):
        found = cards.held(100.0, None, chip=on_310p.chip, document=None)
        assert (found.why_not, found.note) == ("", "nobody tells of how many devices it is: taken for one")

    def test_a_card_of_one_is_a_device(self, catalog, by_the_card):
        """A T4, in the very column of fps/card."""
        found = cards.held(100.0, 1, chip=catalog.chips["t4"], document=by_the_card)
        assert found == cards.Held(samples_per_s=100.0, said="100.00 samples/s")
        assert cards.held(100.0, None, chip=catalog.chips["t4"], document=by_the_card).note


@given(
    rate=st.floats(1e-3, 1e9), devices=st.none() | st.integers(1, 9),
    sizes=st.lists(st.integers(1, 4), max_size=3), per_card=st.booleans(), times=st.booleans(),
)  # fmt: skip
def test_what_is_compared_is_a_cards_or_says_what_it_took(
    catalog, on_310p, rate, devices, sizes, per_card, times
):
    """Multiplied only where the document says so, by the card's devices; and no doubt without a word."""
    models = tuple(CardModel(name=f"card {at}", devices=size) for at, size in enumerate(sizes))
    chip = dataclasses.replace(on_310p.chip, cards=models)
    document = dataclasses.replace(
        catalog.documents["ascend-tinybert"], per_card=per_card, times_devices=per_card and times
    )
    found = cards.held(rate, devices, chip=chip, document=document)
    if found.why_not:
        assert found.samples_per_s == rate
        return
    wanted = sizes[0] if per_card and len(set(sizes)) == 1 else 1
    if found.samples_per_s != rate:
        assert document.times_devices
        assert found.samples_per_s == rate * wanted
        assert devices == 1
    elif not found.note:
        assert devices == wanted

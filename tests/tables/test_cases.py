"""Cases: how ids are spelled and read back, their order, and what an impossible selection is told."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.errors import UsageError
from harness.tables import cases


def ids(catalog: Catalog, **selection: object) -> list[str]:
    return [case.id for case in cases.enumerate_cases(catalog, **selection)]


@pytest.mark.parametrize(
    "identifier",
    [
        "tinybert-ascend310p-bs8",  # design.md's form, the chip's default precision left out
        "bert-large-ner-ascend310p-bs8",  # design.md, "Vocabulary", case
        "bert-chinese-ner-vacc-int8-bs1",  # design.md, "Vocabulary", case
        "bert-chinese-ner-vacc-bs1",
        "bert-squad-mlu370-fp16-bs32",
        "tinybert-cpu-bs1",
    ],
)
def test_documented_ids_exist(catalog: Catalog, identifier: str):
    """The ids that the design spells are among the cases that run without any option."""
    assert identifier in ids(catalog)


def test_the_precision_is_left_out_only_for_the_chips_default(catalog: Catalog):
    """vacc's default is fp16: fp16 is unsaid in its ids, int8 and fp32 are said."""
    model, chip = catalog.models["bert-chinese-ner"], catalog.chips["vacc"]
    spelled = {precision: cases.case_id(model, chip, precision, 1) for precision in Precision}
    assert spelled == {
        Precision.FP32: "bert-chinese-ner-vacc-fp32-bs1",
        Precision.TF32: "bert-chinese-ner-vacc-tf32-bs1",
        Precision.FP16: "bert-chinese-ner-vacc-bs1",
        Precision.BF16: "bert-chinese-ner-vacc-bf16-bs1",
        Precision.INT8: "bert-chinese-ner-vacc-int8-bs1",
    }


def test_ids_are_unique(catalog: Catalog):
    """No two cases of any precision share an id."""
    every = ids(catalog, precisions=tuple(Precision), batch_sizes=(1, 8, 18))
    assert len(every) == len(set(every)) > 100


def test_cases_come_by_model_chip_precision_and_size(catalog: Catalog):
    """Models and chips stand in the order of the tables, batch sizes ascend."""
    found = list(cases.enumerate_cases(catalog))
    models, chips = list(catalog.models), list(catalog.chips)
    keys = [(models.index(case.model.name), chips.index(case.chip.name)) for case in found]
    assert keys == sorted(keys)
    for _, group in itertools.groupby(found, lambda case: (case.model.name, case.chip.name, case.precision)):
        sizes = [case.batch_size for case in group]
        assert sizes == sorted(set(sizes))


def test_the_default_is_what_is_documented(catalog: Catalog):
    """Without options a chip's cases are its deployment's precisions and batch sizes, no more, no less."""
    found = [case for case in cases.enumerate_cases(catalog) if case.documented]
    assert all(case.chip.local for case in cases.enumerate_cases(catalog) if not case.documented)
    expected = [
        (model.name, item.chip, precision, size)
        for model in catalog.models.values()
        for item in model.deployments
        for precision in item.precisions
        for size in item.batch_sizes
    ]
    assert sorted((c.model.name, c.chip.name, c.precision, c.batch_size) for c in found) == sorted(expected)


def test_local_chips_run_every_model_at_its_documented_sizes(catalog: Catalog):
    """`cpu` and `cuda` run all models at every size that a document has, whatever chip it has it for."""
    for chip in ("cpu", "cuda"):
        found = [case for case in cases.enumerate_cases(catalog) if case.chip.name == chip]
        assert {(case.model.name, case.batch_size) for case in found} == {
            (model.name, size) for model in catalog.models.values() for size in model.batch_sizes
        }
        assert {case.precision for case in found} == {Precision.FP32}


def test_an_undocumented_size_or_precision_runs(catalog: Catalog):
    """`--bs 3 --precision fp32` makes cases that say that no document has them."""
    asked = {"batch_sizes": (3, 8), "precisions": (Precision.FP16, Precision.FP32)}
    found = {
        case.id: case.documented
        for case in cases.enumerate_cases(catalog, **asked)
        if case.model.name == "tinybert" and case.chip.name == "ascend310p"
    }
    assert found == {
        "tinybert-ascend310p-bs3": False,
        "tinybert-ascend310p-bs8": True,
        "tinybert-ascend310p-fp32-bs3": False,
        "tinybert-ascend310p-fp32-bs8": False,
    }


def test_a_chip_without_deployment_has_no_case(catalog: Catalog):
    """No document runs TinyBERT on VACC, so no option makes a case of it."""
    assert not [
        name for name in ids(catalog, precisions=tuple(Precision)) if name.startswith("tinybert-vacc")
    ]


def test_cases_are_made_one_by_one(catalog: Catalog):
    """Enumeration holds nothing back: the first of a million cases is there before the last is made."""
    first = next(cases.enumerate_cases(catalog, batch_sizes=range(1, 10**9)))
    assert first.batch_size == 1


@pytest.mark.parametrize(
    ("text", "sizes"), [("8", (8,)), ("1,8,32", (1, 8, 32)), (" 32, 1 ,8,8", (1, 8, 32)), ("08", (8,))]
)
def test_batch_sizes(text: str, sizes: tuple[int, ...]):
    """Sizes ascend, and a repeated one counts once."""
    assert cases.parse_batch_sizes(text) == sizes


@pytest.mark.parametrize(
    ("text", "culprit"),
    [("0", "0"), ("x", "x"), ("-1", "-1"), ("", ""), ("1,,8", ""), ("8,", ""), ("1.5", "1.5"), ("٣", "٣"),
     ("²", "²"), ("1e3", "1e3"), ("+8", "+8"), pytest.param("9" * 5000, "9" * 5000, id="5000 digits")],
)  # fmt: skip
def test_what_is_no_batch_size(catalog: Catalog, text: str, culprit: str):
    """The message has the culprit, what to write, and the documented sizes."""
    with pytest.raises(UsageError) as refused:
        cases.parse_batch_sizes(text, catalog)
    message = str(refused.value)
    assert f"{culprit!r} is not a batch size" in message
    assert "as 1,8,32" in message
    assert "(documented: 1, 4, 8, 16, 32, 64)" in message


@given(st.lists(st.integers(1, 10**9 - 1), min_size=1))
def test_any_sizes_are_read_back(sizes: list[int]):
    """What is written with commas is read as the same set, ascending."""
    assert cases.parse_batch_sizes(",".join(map(str, sizes))) == tuple(sorted(set(sizes)))


def test_precisions():
    """They come in the order of their definition, whatever order they were asked for in."""
    assert cases.parse_precisions("int8, fp32,int8") == (Precision.FP32, Precision.INT8)


@pytest.mark.parametrize("text", ["fp64", "", "fp16,", "FP16", "half"])
def test_what_is_no_precision(text: str):
    """The message lists the ones there are."""
    with pytest.raises(UsageError, match="is not a precision; there are fp32, tf32, fp16, bf16, int8"):
        cases.parse_precisions(text)


def test_named_finds_every_case(catalog: Catalog):
    """Every id that is enumerated names its own case, documented or not."""
    for case in cases.enumerate_cases(catalog, batch_sizes=(1, 8, 18), precisions=tuple(Precision)):
        assert cases.named(catalog, case.id) == case
    for case in cases.enumerate_cases(catalog):
        assert cases.named(catalog, case.id) == case


@pytest.mark.parametrize(
    ("wrong", "close"),
    [
        ("tinybert-ascend310p-bs0", "tinybert-ascend310p-bs"),
        ("tinybert-ascend310p-bs08", "tinybert-ascend310p-bs8"),
        ("tinybert-ascend310p-fp16-bs8", "tinybert-ascend310p-bs8"),  # its default is unsaid
        ("tinybrt-ascend310p-bs8", "tinybert-ascend310p-bs8"),
        ("tinybert-vacc-bs8", "tinybert-"),
        ("bert-large-ner-ascend310p", "bert-large-ner-ascend310p-bs"),
        ("-bs8", "-bs"),
        ("", "-bs"),
        pytest.param("tinybert-ascend310p-bs" + "9" * 5000, "-bs", id="a size of 5000 digits"),
    ],
)
def test_a_wrong_name_gets_near_misses(catalog: Catalog, wrong: str, close: str):
    """The message has what was asked for, how ids are made, and existing ones that look like it."""
    with pytest.raises(UsageError) as refused:
        cases.named(catalog, wrong)
    message = str(refused.value)
    assert repr(wrong) in message
    assert "<model>-<chip>[-<precision>]-bs<N>" in message
    listed = message.rpartition("for instance ")[2].split(", ")
    assert set(listed) <= set(ids(catalog))
    assert any(close in item for item in listed)


def test_a_model_of_ones_own_gets_cases(catalog: Catalog):
    """A model that is only in the tables has cases on its deployments and on the local chips."""
    own = dataclasses.replace(catalog.models["tinybert"], name="own-bert")
    extended = dataclasses.replace(catalog, models={**catalog.models, "own-bert": own})
    found = set(ids(extended)) - set(ids(catalog))
    assert {"own-bert-ascend310p-bs8", "own-bert-t4-bs64", "own-bert-cpu-bs1"} <= found
    assert all(name.startswith("own-bert-") for name in found)

"""Models that are only a name: what may be said of them, and what another entry makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lanternfish import RUNS

from harness.errors import TableErrors, UsageError
from harness.tables.cases import enumerate_cases
from harness.tables.catalog import BUILT_IN, find_model, load

NAME = """
[[document]]
name = "fish-zoo"
title = "Lanternfish"
file = "fish/README.md"
repository = "A/Zoo"

[[model]]
name = "lanternfish"
title = "Lanternfish"
document = "fish-zoo"

[[table]]
document = "fish-zoo"
model = "lanternfish"
name = "speed"
metric = "throughput"
unit = "samples/s"
role = "measured"
columns = [
    { header = "bs", label = true },
    { header = "310P", chip = "ascend310p" },
    { header = "T4", chip = "t4", precision = "fp16" },
    { header = "MLU", chip = "mlu370", role = "measured" },
]
rows = [
    { batch_size = 8, cells = ["8", "20", "30", "5"] },
    { batch_size = 1, cells = ["1", "10", "15", "-"] },
]
"""


def catalog(folder: Path, *texts: str):
    for at, text in enumerate(texts):
        (folder / f"{at}.toml").write_text(text, encoding="utf-8")
    return load((BUILT_IN, folder))


def test_a_name_has_documented_values_and_no_cases(tmp_path: Path):
    found = catalog(tmp_path, NAME)
    assert list(found.claimed) == ["lanternfish"]
    assert "lanternfish" not in found.models
    assert {item.printed for item in found.references if item.model == "lanternfish"} == {
        "20", "30", "5", "10", "15", "-"
    }  # fmt: skip
    assert not [case for case in enumerate_cases(found) if case.model.name == "lanternfish"]
    with pytest.raises(UsageError, match=r"lanternfish is only a name, .* say in a \[\[model\]\]"):
        find_model(found, "lanternfish")
    with pytest.raises(UsageError, match="no model is called 'lanternfsh'"):
        find_model(found, "lanternfsh")


@pytest.mark.parametrize("order", [(NAME, RUNS), (RUNS, NAME)])
def test_another_entry_of_the_name_makes_it_a_model(tmp_path: Path, order: tuple[str, str]):
    """Read in the name's document, on the chips, batch sizes and precisions that were measured there."""
    found = catalog(tmp_path, *order)
    model = found.models["lanternfish"]
    assert (model.title, model.document, dict(found.claimed)) == ("Lanternfish, small", "fish-zoo", {})
    assert [
        (item.chip, item.batch_sizes, [str(precision) for precision in item.precisions])
        for item in model.deployments
    ] == [("ascend310p", (1, 8), ["fp16"]), ("t4", (1, 8), ["fp16"]), ("mlu370", (1, 8), ["fp32"])]


def test_deployments_that_are_told_are_kept_and_held(tmp_path: Path):
    """Then what the document measured has to be among them, as of any model."""
    told = RUNS + 'deployments = [{ chip = "t4", batch_sizes = [1, 8], precisions = ["fp16"] }]\n'
    with pytest.raises(
        TableErrors, match=r'found "ascend310p", expected one that lanternfish is deployed on'
    ):
        catalog(tmp_path, NAME, told)


def test_another_document_than_the_names_is_a_mistake(tmp_path: Path):
    told = RUNS.replace("task =", 'document = "ascend-tinybert"\ntask =')
    with pytest.raises(TableErrors) as raised:
        catalog(tmp_path, NAME, told)
    [mistake] = raised.value.mistakes
    assert (mistake.path, mistake.found) == ("model[0].document", '"ascend-tinybert"')
    assert mistake.expected == f'"fish-zoo", as model[0] of {tmp_path / "0.toml"} says, or nothing'


def test_half_a_model_is_no_name(tmp_path: Path):
    """Whoever has begun to say what it is, is told what is missing."""
    with pytest.raises(TableErrors) as raised:
        catalog(tmp_path, '[[model]]\nname = "half"\ntitle = "Half"\ntask = "sequences"\n')
    assert {item.path for item in raised.value.mistakes} >= {"model[0].length", "model[0].architecture"}


def test_a_name_once(tmp_path: Path):
    """Whether or not another entry says what it is."""
    again = '[[model]]\nname = "lanternfish"\ntitle = "Another"\n'
    for texts in ((NAME, again), (NAME, RUNS, again)):
        with pytest.raises(TableErrors, match="a name of its own"):
            catalog(tmp_path, *texts)

"""A model card's metadata: the hub's own fields, and nothing but what a full checkpoint did on its chip."""

from __future__ import annotations

import pytest
import yaml
from factory import accuracy, failed, mixed, on_chip, throughput
from huggingface_hub import ModelCard

from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin
from harness.domain.models import Protocol, Weights
from harness.errors import UsageError
from reports.model_card import model_card

CASE = "tinybert-ascend310p-bs8"


def test_fields_are_the_hubs(catalog: Catalog) -> None:
    """As huggingface/hub-docs' modelcard.md names them; the data set by its id there."""
    card = model_card(catalog, [accuracy(catalog, CASE, 805, 872, **on_chip())])
    start, text, end = card.text.split("---\n")
    assert (start, end) == ("", "")
    (entry,) = yaml.safe_load(text)["model-index"]
    assert entry == {
        "name": "tinybert",
        "results": [
            {
                "task": {"type": "text-classification", "name": "Text Classification"},
                "dataset": {
                    "name": "SST-2, development set", "type": "nyu-mll/glue", "config": "sst2",
                    "split": "validation",
                },
                "metrics": [
                    {
                        "type": "accuracy", "value": 805 / 872,
                        "name": f"Accuracy ({catalog.chips['ascend310p'].title}, fp16, batch size 8)",
                    }
                ],
            }
        ],
    }  # fmt: skip


def test_the_hubs_own_library_reads_it(catalog: Catalog) -> None:
    results = [
        accuracy(catalog, CASE, 805, 872, **on_chip()),
        accuracy(catalog, "tinybert-ascend310p-bs1", 806, 872, **on_chip(protocol=Protocol.STANDARD)),
    ]
    card = ModelCard(model_card(catalog, results).text + "# TinyBERT\n")
    first, second = card.data.eval_results
    assert {first.metric_value, second.metric_value} == {805 / 872, 806 / 872}
    assert sum("standard protocol" in item.metric_name for item in (first, second)) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"origin": Origin.STAND_IN}, "measured on a stand-in"),
        ({"origin": Origin.SIMULATED}, "measured on a simulated"),
        ({"weights": Weights.MINI}, "mini weights"),
        ({"data": Corpus.MINI}, "mini data"),
        ({"limit": 100}, "the first 100 samples only"),
    ],
)
def test_what_is_not_the_checkpoint_itself_is_refused(
    catalog: Catalog, changes: dict[str, object], why: str
) -> None:
    """Alone it is an error with the reason; beside a good one it is left out, and said."""
    wrong = accuracy(catalog, "tinybert-ascend310p-bs16", 805, 872, **on_chip(**changes))
    with pytest.raises(UsageError, match=f"nothing for a model card: tinybert-ascend310p-bs16: {why}"):
        model_card(catalog, [wrong])
    card = model_card(catalog, [wrong, accuracy(catalog, CASE, 805, 872, **on_chip())])
    assert card.text.count("value:") == 1
    (said,) = card.refused
    assert why in said


def test_what_could_not_be_measured_is_refused(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match="could not be measured"):
        model_card(catalog, [failed(CASE, Kind.ACCURACY, "lost", **on_chip())])


def test_a_card_is_about_one_model(catalog: Catalog) -> None:
    results = [
        accuracy(catalog, CASE, 805, 872, **on_chip()),
        accuracy(catalog, "bert-large-ner-ascend310p-bs8", 3000, 3453, **on_chip()),
    ]
    with pytest.raises(
        UsageError, match=r"results of tinybert, bert-large-ner; choose one with --model|--model"
    ):
        model_card(catalog, results)
    card = model_card(catalog, results, model="bert-large-ner")
    entry = yaml.safe_load(card.text.strip("-\n"))["model-index"][0]
    assert entry["name"] == "dslim/bert-large-NER"
    assert entry["results"][0]["dataset"]["type"] == "eriktks/conll2003"
    assert "tinybert" in model_card(catalog, results, case=CASE).text


def test_nothing_measured_is_said(catalog: Catalog) -> None:
    speed = [throughput(catalog, CASE, 5800.0, **on_chip())]
    for results in ([], speed):
        with pytest.raises(UsageError, match="no accuracy was measured of these results"):
            model_card(catalog, results)
    with pytest.raises(UsageError, match="no accuracy was measured of spanbert"):
        model_card(catalog, mixed(catalog), model="spanbert")


def test_every_documented_data_set_is_named_on_the_hub(catalog: Catalog) -> None:
    for dataset in catalog.datasets.values():
        assert "/" in dataset.hub
        assert dataset.hub_config
        assert dataset.hub_split in ("validation", "test")

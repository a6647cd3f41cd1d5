"""Whether a README counts by the card: spellings found in the zoos, and what only looks like them."""

from __future__ import annotations

import pytest

from harness.documents.readme.cards import Counting, counting


@pytest.mark.parametrize(
    "text",
    [
        "- 性能单位：fps/card，精度为百分比",
        "| Model | Batch Size | 310(FPS/Card) | 310P(FPS/Card) |",
        "| Batch Size | A310 Throughput/Card | T4 Throughput/Card|",
        "|设备|单卡吞吐率|",
        "12 samples/s / card",
    ],
)
def test_a_card_is_named(text):
    assert counting(text) == Counting(per_card=True, times_devices=False)


@pytest.mark.parametrize(
    "text",
    [
        "Interface throughputRate: 20.5，20.5x4=82即是batch1 310单卡吞吐率",
        "Interface throughputRate: 20.5, 20.5*4=82.0fps。即是batch1 310单卡吞吐率",
        "Interface throughputRate: 20.5 * 4 = 82.0 即是batch1 310单卡吞吐率",
        "|        | 310*4   | 310P3   | 310B1 |",
        "Interface throughputRate即为吞吐量，对于310，需要乘以4",
    ],
)
def test_the_devices_of_a_card_are_multiplied(text):
    """Then a number of one device can be held against it, and the document counts by the card."""
    assert counting(text) == Counting(per_card=True, times_devices=True)


@pytest.mark.parametrize(
    "text",
    [
        "| 310 | 310P |\n|---|---|\n| 12 | 13 |",
        "[data](https://example.com/datasets/cards/card.zip)",  # a path
        "the model card of BSRNet_x4 | 652.697 |",
        "超分模型的后处理乘以255",
        "| [realesrgan-x4](https://example.com) | 310P3 |",
        "an input of 310x4 bytes",
        "throughput 1000*batchsize(4)/NPU_compute_time.mean(2.0): 2000",
    ],
)
def test_what_only_looks_so(text):
    assert counting(text) == Counting(per_card=False, times_devices=False)

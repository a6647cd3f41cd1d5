"""Which score a README means that says no more than 精度, or the class that it is of. Our own examples."""

from __future__ import annotations

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))
TABLE = "| 芯片型号 | Batch Size | {} |\n|---|---|---|\n| 310P3 | 1 | {} |\n"


def scores(text: str) -> list[tuple[object, ...]]:
    return [
        (value.text, *(value.get(key) for key in ("metric", "called", "unit")))
        for value in understand(parse(f"# Lanternfish\n\n{text}"), TABLES).values
    ]


def block(*lines: str) -> str:
    return "\n".join(["```", *lines, "```", ""])


@pytest.mark.parametrize(
    ("mean", "metric"), [("mIOU: 85.50", "iou"), ("mAP: 85.50", "map"), ("mDice: 85.50", "dice")]
)
def test_figures_whose_mean_is_a_score_are_that_score_by_class(mean: str, metric: str):
    found = scores(block("==>eel:  81.00 True", "==>cod:  90.00 True", mean))
    assert found[:2] == [("81.00", metric, "eel", "percent"), ("90.00", metric, "cod", "percent")]


def test_figures_beside_a_score_that_is_not_their_mean_are_of_words_of_their_own():
    assert scores(block("eel: 81.0", "cod: 90.0", "mIOU: 70.5"))[0] == ("81.0", "other", "eel", "number")


def test_a_word_behind_精度_is_the_beginning_of_a_metric_s_name_where_the_document_goes_on_with_it():
    lines = ("Character error rate on test set: 12.5", "Word error rate on test set: 17.5")
    head = "精度(character) | 精度(word)"
    table = f"| 芯片型号 | {head} |\n|---|---|---|\n| 310P3 | 12.25 | 17.25 |\n"
    assert scores(table + "\n" + block(*lines))[:2] == [
        ("12.25", "cer", None, "percent"),
        ("17.25", "wer", None, "percent"),
    ]
    assert scores(table)[0] == ("12.25", "other", "character", "number")


def test_the_only_score_that_a_document_names_may_be_a_word_of_its_own():
    found = scores("得到 MOTA 指标。\n\n" + TABLE.format("精度", "63.5"))
    assert found == [("63.5", "other", "MOTA", "number")]
    assert scores("得到 PSNR 指标。\n\n" + TABLE.format("精度", "33.5")) == [("33.5", "psnr", None, "dB")]
    assert (
        scores("得到 FID 指标。\n\n" + TABLE.format("精度", "33.5"))[0][1] == "accuracy"
    )  # the lower the better
    assert scores("训练的 mel_loss 下降。\n\n" + TABLE.format("精度", "63.5"))[0][1] == "accuracy"


@pytest.mark.parametrize(
    ("about", "metric", "unit"),
    [
        ("用于图像超分辨率。", "psnr", "dB"),
        ("A network for super-resolution.", "psnr", "dB"),
        ("是单阶段的目标检测模型。", "map", "percent"),
        ("A network for fish.", "accuracy", "percent"),
        ("用于图像超分辨率，评测 accuracy。", "accuracy", "percent"),  # it says which
    ],
)
def test_where_a_document_names_no_score_it_is_that_of_what_its_model_does(
    about: str, metric: str, unit: str
):
    assert scores(f"{about}\n\n{TABLE.format('精度', '33.25')}") == [("33.25", metric, None, unit)]


@pytest.mark.parametrize(
    ("head", "cell", "called"),
    [("性能", "32.5 ms/pic", "ms/pic"), ("时延(ms/张)", "32.5", "ms/张"), ("时延(ms)", "32.5", None)],
)
def test_a_time_per_sample_is_called_so(head: str, cell: str, called: str | None):
    """At a batch size of 8 a call takes 260 ms."""
    text = f"| 芯片型号 | Batch Size | {head} |\n|---|---|---|\n| 310P3 | 8 | {cell} |\n"
    assert scores(text) == [(cell, "latency", called, "ms")]

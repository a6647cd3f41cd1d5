"""Which of several runs, models or tables of one README a value is of. Names and numbers are our own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))


def values(text: str, *keys: str) -> list[tuple[object, ...]]:
    """The values of an unknown model's README: digits and `keys`."""
    return [
        (value.text, *(value.get(key) for key in keys))
        for value in understand(parse(f"# Lanternfish\n\n{text}"), TABLES).values
    ]


def run(title: str, *lines: str) -> str:
    return "\n".join([title, "", "```bash", "bash run.sh force_float32 1", "```", "", "结果：", "", "```",
                      *lines, "```", ""])  # fmt: skip


@pytest.mark.parametrize("first", ["1.infer_cpp", "1. infer_cpp", "1）infer_cpp", "1、infer_cpp"])
def test_two_blocks_of_the_same_keys_are_two_runs_though_their_numbers_are_equal(first: str):
    lines = ("AP for eel = 0.8125", "AP for cod = 0.7500", "Mean AP = 0.7813")
    found = values(run(first, *lines) + run("2.infer_python", *lines), "variant")
    assert [variant for _, variant in found] == ["infer_cpp"] * 3 + ["infer_python"] * 3


def test_a_block_that_repeats_a_table_is_the_same_result():
    text = run("1.infer_cpp", "top1: 0.725") + "| Precision | top1 |\n|---|---|\n| force_float32 | 0.725 |\n"
    assert [variant for _, variant in values(text, "variant")] == [None, None]


@pytest.mark.parametrize("line", ["1.5x of all that", "2.infer一下，然后再看结果"])
def test_a_number_with_a_point_is_no_item_and_neither_is_a_sentence(line: str):
    assert [item.text for item in parse(f"# Net\n\n{line}\n").headings] == ["Net"]


MODELS = """
| Model | Count | Metric | Score |
|---|---|---|---|
| Eel-7B | 2694 | WER | 1.61 |
| Eel-7B | 2857 | WER | 3.62 |

> with `deep/Eel-7B` as published

| Model | Split | Count | Metric | Own Score |
|---|---|---|---|---|
| Eel-7B-Chat | dev | 2694 | WER | 2.32 |
| Eel-7B-Chat | test | 2857 | WER | 4.83 |
"""


def test_a_table_is_of_the_model_in_its_column_whatever_stands_above_it():
    variants = [str(variant) for _, variant in values(MODELS, "variant")]
    assert [variant.endswith("Eel-7B-Chat") for variant in variants] == [False, False, True, True]


def test_plain_numbers_before_the_name_of_a_metric_are_no_score():
    assert [text for text, *_ in values(MODELS)] == ["1.61", "3.62", "2.32", "4.83"]


def test_plain_numbers_behind_the_name_of_a_metric_are_scores():
    text = "| Metric | Ours | Theirs |\n|---|---|---|\n| top1 | 85 | 84.5 |\n"
    assert [text for text, *_ in values(text)] == ["85", "84.5"]


def test_points_of_a_test_in_running_text_are_told():
    reading = understand(parse("# Net\n\n在 Deep-Bench 评测中取得 7.18 分，超越前代（6.97 分）。\n"), TABLES)
    assert [note.line for note in reading.unread if note.line > 1] == [3]
    reading = understand(parse("# Net\n\n输入 2.5 分钟的音频，分 3 段。\n"), TABLES)
    assert [note.line for note in reading.unread if note.line > 1] == []


BLOCK = "\n```\nbox AP: {}\n3d AP: {}\n\nmask AP: 61.25\nlong AP: 60.5\n```\n"


def test_lines_over_a_block_tell_its_groups_apart_and_a_reference_is_a_baseline():
    text = f"Ascend310P3\n\n推理精度：\n{BLOCK.format(88.25, 81.5)}\n参考精度：\n{BLOCK.format(88.25, 83.5)}"
    found = values(text, "called", "role", "chip", "variant")
    ours, published = found[: len(found) // 2], found[len(found) // 2 :]
    assert {(role, chip, variant) for *_, role, chip, variant in ours} == {
        ("measured", "ascend310p", "推理精度")
    }
    assert {(role, chip, variant) for *_, role, chip, variant in published} == {
        ("baseline", None, "参考精度")
    }


def test_results_for_reference_alone_are_measured():
    found = values(f"Ascend310P3\n\n结果参考如下：\n{BLOCK.format(88.25, 81.5)}", "role", "chip")
    assert {meaning[1:] for meaning in found} == {("measured", "ascend310p")}


LISTED = """
| Method | {head} | Recall |
|---|---|---|
| eel_r18 | {first} | 79.5 |
| eel_r50 | {second} | 81.5 |
"""


@pytest.mark.parametrize(
    ("head", "first", "second", "role", "chip"),
    [
        ("Precision (%)", "87.5", "88.5", "baseline", None),  # models, and nothing of how they were run
        ("bs", "1", "8", "measured", "vacc"),
        ("quant mode", "fp16", "int8", "measured", "vacc"),
    ],
)
def test_a_list_of_models_and_scores_is_of_the_document_s_chip_only_where_it_says_how_they_ran(
    head: str, first: str, second: str, role: str, chip: str | None
):
    text = LISTED.format(head=head, first=first, second=second) + "\n- [vacc deploy](deploy.md)\n"
    assert {meaning[1:] for meaning in values(text, "role", "chip")} == {(role, chip)}


PRECISIONS = """
| model | prec | quant mode | acc |
|---|---|---|---|
| eel_fc | int8 | max | 88.5 |
| eel_fc | fp16 | max | 89.5 |

| Precision | top1 |
|---|---|
| force_float32 | 0.8725 |
| qint16_mixed_float32 | 0.8625 |
"""


def test_a_column_of_precisions_is_none_of_scores_and_one_that_is_not_ours_is_told():
    found = values(PRECISIONS, "metric", "precision", "variant")
    assert found == [
        ("88.5", "accuracy", "int8", None),
        ("89.5", "accuracy", "fp16", None),
        ("0.8725", "accuracy", "fp32", None),
        ("0.8625", "accuracy", None, "qint16_mixed_float32"),
    ]


def test_a_word_in_a_cell_stands_beside_the_name_of_its_row():
    text = "| Model | mAP | 310P3 FPS |\n|---|---|---|\n| Eel | 81.5(easy) 61.5(hard) | 7.5(all) |\n"
    found = values(text + "| Cod | 82.5(easy) 62.5(hard) | 8.5(all) |\n", "variant")
    assert found[:3] == [
        ("81.5(easy) 61.5(hard)", "Eel, easy"),
        ("81.5(easy) 61.5(hard)", "Eel, hard"),
        ("7.5(all)", "Eel, all"),
    ]


def test_of_lists_of_models_one_with_a_single_row_names_it_too():
    row = "| Name | Dataset | Top1Acc |\n|---|---|---|\n| {} | Lake | {} |\n\n"
    assert values(f"CV\n\n{row.format('Eel', 71.5)}NLP\n\n{row.format('Cod', 72.5)}", "variant") == [
        ("71.5", "Eel"),
        ("72.5", "Cod"),
    ]


def test_the_end_of_a_file_s_name_is_no_word_of_its_own():
    text = "| Model | 310P3 FPS |\n|---|---|\n| encoder.om | 7.5 |\n| decoder.om | 8.5 |\n"
    assert values(text, "variant") == [("7.5", "encoder.om"), ("8.5", "decoder.om")]


RERUN = "### Table\n\n| Precision | Batch_Size | top1 |\n|---|---|---|\n| force_float32 | 1 | {} |\n"


@pytest.mark.parametrize(("table", "variant"), [("0.72", None), ("72.4%", None), ("0.655", "Sample")])
def test_a_block_that_no_rounding_makes_of_its_table_was_another_run(table: str, variant: str | None):
    commands = "```bash\n#bash run.sh <precision> <batch_size>\nbash run.sh force_float32 1\n```\n"
    text = f"### Sample\n\n{commands}\n```\ntop1: 0.7238\n```\n\n{RERUN.format(table)}"
    assert values(text, "batch_size", "precision", "variant") == [
        ("0.7238", 1, "fp32", variant),
        (table, 1, "fp32", None),
    ]


def test_a_word_for_the_own_chip_names_a_program_beside_another_one_on_it():
    text = "310P3\n\n| bs | om推理（改图） | torch-aie推理 |\n|---|---|---|\n| 1 | 7.5 fps | 8.5 fps |\n"
    assert values(text, "variant") == [("7.5 fps", "om推理（改图）"), ("8.5 fps", "torch-aie推理")]


def test_what_a_precision_is_held_against_is_of_no_precision():
    text = "| model | prec | acc | origin acc |\n|---|---|---|---|\n| eel | int8 | 88.5 | 89.5 |\n"
    assert values(text, "role", "precision") == [("88.5", "measured", "int8"), ("89.5", "baseline", None)]


@pytest.mark.parametrize("head", ["Precision_ShapeMutable_BatchSize", "recision_ShapeMutable_bs"])
def test_a_column_of_joined_settings_says_each_of_them(head: str):
    text = f"| Model | {head} | mAP |\n|---|---|---|\n| eel | qint8_mixed_float16_false_4 | 0.355 |\n"
    assert values(text, "precision", "shapes", "batch_size") == [("0.355", "int8", "static", 4)]


def test_two_of_three_blocks_under_one_title_are_told_apart_by_the_lines_over_them():
    block = "```\nRun time of each data: {}s\nperformance: {}seq/s\n```\n"
    text = (
        f"310P3\n\n## Speed\n\n{block.format(9.5, 0.11)}\n## Tuned\n\n调优后：\n\n{block.format(2.5, 0.49)}"
    )
    found = values(f"{text}\n再次调优后：\n\n{block.format(1.5, 0.71)}", "metric", "unit", "variant")
    assert found == [
        (f"{digits}{unit}", metric, unit.replace("seq", "samples"), variant)
        for variant, *both in (
            ("Speed", ("9.5", "s", "latency"), ("0.11", "seq/s", "throughput")),
            ("Tuned, 调优后", ("2.5", "s", "latency"), ("0.49", "seq/s", "throughput")),
            ("Tuned, 再次调优后", ("1.5", "s", "latency"), ("0.71", "seq/s", "throughput")),
        )
        for digits, unit, metric in both
    ]


@pytest.mark.parametrize("dashes", ["-", "---", "----------", "——", "/"])
def test_dashes_are_no_name_however_many(dashes: str):
    text = f"| 芯片型号 | 数据集 | 性能 |\n|---|---|---|\n| 310P3 | {dashes} | 7.5 |\n"
    assert values(text, "dataset") == [("7.5", None)]


@pytest.mark.parametrize("size", ["3×128×96", "1x256x256", "640*640", "multi-size"])
def test_a_size_is_of_the_input_whatever_heads_it(size: str):
    text = f"| Model | PSNR | Size |\n|---|---|---|\n| Eel | 31.5 | {size} |\n| Cod | 32.5 | 1x64x64 |\n"
    assert values(text, "input", "variant")[0] == ("31.5", size, "Eel")


def test_the_threshold_of_a_score_stays_in_what_its_row_is_called():
    rows = [f"| Average Precision | IoU=0.{at} , area=all | 0.4{at} |\n" for at in (50, 75)]
    text = "| 类型 | 配置 | 精度 |\n|---|---|---|\n" + "".join(rows)
    assert [variant for _, variant in values(text, "variant")] == [
        "IoU=0.50 , area=all",
        "IoU=0.75 , area=all",
    ]


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("Pond 模型", "Pond"),
        ("pond的精度结果如下", "pond"),
        ("pond 执行推理", "pond"),
        ("推理性能&精度", "推理性能&精度"),
    ],
)
def test_a_title_says_which_without_what_any_title_of_results_says(title, word):
    table = "| bs | 310P recall(%) |\n|---|---|\n| 1 | {} |\n"
    text = f"### {title}\n\n{table.format('47.5')}\n### Reed\n\n{table.format('48.5')}"
    assert values(text, "variant") == [("47.5", word), ("48.5", "Reed")]


def test_a_comment_that_says_the_models_name_is_that_name():
    text = "```\n# 模型名：koi-640\n\n# fp16\nrecall: 0.75\n\n# int8\nrecall: 0.5\n```\n"
    assert values(text, "variant") == [("0.75", "koi-640"), ("0.5", "koi-640")]


def test_of_two_blocks_one_that_is_at_odds_with_a_table_has_its_own_name():
    """Of the runs of one section that name is said, and not the section's, which both have."""
    text = "## Runs\n\n" + run("1.infer_cpp", "recall: 0.7125") + run("2.infer_python", "recall: 0.8125")
    text += "\n## All\n\n| Precision | recall |\n|---|---|\n| force_float32 | 0.8125 |\n"
    assert values(text, "variant") == [("0.7125", "infer_cpp"), ("0.8125", "infer_python"), ("0.8125", None)]


def calls(text: str) -> int:
    """How many functions reading a text enters: work that no busy machine makes more of."""
    entered = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    sys.setprofile(count)
    try:
        found = values(text)
    finally:
        sys.setprofile(None)
    assert found
    return entered


GROWING: dict[str, Callable[[int], str]] = {
    "items at odds": lambda at: f"- 吞吐：{at}.5 fps\n",
    "blocks at odds": lambda at: f"```\nacc: 0.{at}\n```\n",
    "blocks under titles": lambda at: f"## run {at}\n```\nacc: 0.{at}\n```\n",
    "items in items": lambda at: f"{'  ' * at}- bs{at + 1} 吞吐：{at}.5 fps\n",
    "a line of a block": lambda at: f"acc: 0.{at}\n",
}


@pytest.mark.parametrize("name", GROWING)
def test_what_is_at_odds_is_found_in_steps_that_grow_as_the_text_does(name: str):
    def lines(count: int) -> Iterator[str]:
        yield "## 性能\n\n" + ("```\n" if name == "a line of a block" else "")
        yield from map(GROWING[name], range(count))

    once, twice = (calls("".join(lines(count))) for count in (150, 300))
    assert twice < 2.5 * once

"""Results outside of markdown tables: in fenced blocks, among commands, in running text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.documents.importing import Imported
from harness.documents.readme.blocks import parse
from harness.documents.readme.blocks import read as read_file
from harness.documents.readme.reading import Reading, Value
from harness.documents.readme.understand import understand
from harness.domain.catalog import Catalog

Read = Callable[[str], Reading]


@pytest.fixture
def read(zoo: Catalog) -> Read:
    """The reading of a text about a model of which nothing but a name is known."""
    return lambda text: understand(parse(f"# Nameless\n\n{text}"), zoo, "nameless")


def fenced(*lines: str) -> str:
    return "\n".join(["VACC", "", "```", *lines, "```"])


def said(value: Value, *keys: str) -> tuple[object, ...]:
    return tuple(None if value.get(key) is None else str(value.get(key)) for key in keys)


def metrics(reading: Reading) -> list[tuple[str, str, str]]:
    return [(str(value.get("metric")), value.text, value.label) for value in reading.values]


def told(reading: Reading) -> list[int]:
    return [note.line for note in reading.unread if note.line > 1]


COCO = (
    "Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.312",
    "Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.513",
    "Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets= 10 ] = 0.114",
)


def test_coco_s_lines_are_claims_of_their_own(read: Read):
    reading = read(fenced("DONE (t=1.25s).", *COCO))
    assert [said(value, "metric", "called", "unit") for value in reading.values] == [
        ("map", "Average Precision (AP) @[ IoU=0.50:0.95 | area= all | maxDets=100 ]", "fraction"),
        ("map", "Average Precision (AP) @[ IoU=0.50 | area= all | maxDets=100 ]", "fraction"),
        ("recall", "Average Recall (AR) @[ IoU=0.50:0.95 | area= small | maxDets= 10 ]", "fraction"),
    ]
    [table] = reading.tables
    assert table.block is not None
    assert table.block.format(*table.rows[0]).split("\n") == list(COCO)


def test_top1_and_top5_are_told_apart(read: Read):
    reading = read(
        fenced("# fp16", "top1_rate: 71.25 top5_rate: 90.5", "", "# int8", "top1_rate: 0.75 top5_rate: 2.5")
    )
    assert [said(value, "metric", "precision", "unit") for value in reading.values] == [
        ("accuracy", "fp16", "percent"), ("top5", "fp16", "percent"),
        ("accuracy", "int8", "percent"), ("top5", "int8", "percent"),
    ]  # fmt: skip


def test_groups_with_other_keys_are_tables_of_their_own(read: Read):
    reading = read(fenced("# vacc fp16", "F1: 0.5", "# vacc int8", "F1: 0.25", "acc: 0.75"))
    assert [len(table.values) for table in reading.tables] == [1, 2]
    assert [said(value, "metric", "precision") for value in reading.values] == [
        ("f1", "fp16"), ("f1", "int8"), ("accuracy", "int8"),
    ]  # fmt: skip


def test_several_models_in_one_block(read: Read):
    """A comment of a higher level, or one that another follows behind a blank line, is of all below it."""
    deeper = read(
        fenced("# net-a", "## fp16", "F1: 0.5", "## int8", "F1: 0.25", "# net-b", "## fp16", "F1: 0.75")
    )
    parted = read(
        fenced(
            "# net-a", "", "# fp16", "F1: 0.5", "# int8", "F1: 0.25", "", "# net-b", "", "# fp16", "F1: 0.75"
        )
    )
    for reading in (deeper, parted):
        assert [said(value, "variant", "precision") for value in reading.values] == [
            ("net-a", "fp16"), ("net-a", "int8"), ("net-b", "fp16"),
        ]  # fmt: skip
        assert [table.name for table in reading.tables] == ["net-a", "net-b"]


def test_a_dictionary_over_several_lines(read: Read):
    lines = ("{'1-N.E.D': 0.9375,", "'char_recall': 0.875,", "'word_acc': 0.75}")
    reading = read(fenced(*lines))
    assert [said(value, "metric", "called") for value in reading.values] == [
        ("other", "1-N.E.D"), ("recall", "char_recall"), ("accuracy", "word_acc"),
    ]  # fmt: skip
    [table] = reading.tables
    assert table.block is not None
    assert table.block.format(*table.rows[0]).split("\n") == list(lines)


def test_what_ais_bench_prints(read: Read):
    """Times are latencies in ms; the rate has the batch size that it is computed with, and so have they."""
    reading = read(
        fenced(
            "[INFO] NPU_compute_time (ms): min = 7.25, max = 8.5, mean = 7.5, percentile(99%) = 8.25",
            "[INFO] throughput 1000*batchsize(4)/NPU_compute_time.mean(7.5): 533.33",
        )
    )
    assert [said(value, "metric", "unit", "batch_size") for value in reading.values] == [
        *[("latency", "ms", "4")] * 4,
        ("throughput", "samples/s", "4"),
    ]


@pytest.mark.parametrize(
    ("line", "metric", "text"),
    [
        ("Top 1: 31.25%", "accuracy", "31.25%"),
        ("top5_acc        0.8125", "top5", "0.8125"),
        ("Test, average acc 0.8125", "accuracy", "0.8125"),
        ("('hmean: ', 0.8125)", "f1", "0.8125"),
        ("Mean AP = 0.8125", "map", "0.8125"),
        ("validation mIoU: 73.25", "miou", "73.25"),
        ("mean psnr: 30.25", "psnr", "30.25"),
        ("precision : 0.8125 (300)", "precision", "0.8125"),
        ("right = 26 all=32, acc = 0.8125", "accuracy", "0.8125"),
    ],
)
def test_a_line_of_output(read: Read, line: str, metric: str, text: str):
    [value] = read(fenced(line)).values
    assert (str(value.get("metric")), value.text) == (metric, text)
    assert said(value, "chip") == ("vacc",)


def test_a_number_within_another_ones_key_is_told(read: Read):
    """Two keys and two numbers with nothing but blanks between them: neither is read as part of a name."""
    reading = read(fenced("Acc@1 76.125 Acc@5 92.875"))
    assert reading.values == ()
    assert "figures in a block" in " ".join(note.why for note in reading.unread)


def test_a_figure_beside_a_score_has_its_own_words(read: Read):
    reading = read(fenced("{'acc': 0.75, 'norm_dist': 0.875}"))
    assert [said(value, "metric", "called") for value in reading.values] == [
        ("accuracy", None), ("other", "norm_dist"),
    ]  # fmt: skip


def test_the_metric_above_a_block_is_its_only_figure_s(read: Read):
    [value] = read("VACC\n\nWER 结果：\n\n```\nOverall -> 4.25 % N=1000 S=40\n```").values
    assert said(value, "metric", "unit") == ("wer", "percent")
    assert value.text == "4.25 %"


def test_tables_that_a_tool_printed(read: Read):
    framed = (
        "+-------+-------+",
        "| Class |  IoU  |",
        "+-------+-------+",
        "| wall  | 70.25 |",
        "+-------+-------+",
    )
    [value] = read(fenced(*framed)).values
    assert said(value, "metric") == ("iou",)
    assert (value.label, value.text) == ("wall", "70.25")
    spaced = read(fenced("Class   mAP   recall", "all    0.625  0.5"))
    assert metrics(spaced) == [("map", "0.625", "all"), ("recall", "0.5", "all")]


@pytest.mark.parametrize(
    "lines",
    [
        ("epoch 3 loss: 0.25",),
        ("iou_thres: 0.65", "score_threshold = 0.05"),
        ("img = (img - 0.5) / 0.25",),
        ("driver version 21.0",),
        ("mean: 0.5, 0.25, 0.75",),
        ("bbox AP: 90.5, 80.25, [70.75]",),
    ],
)
def test_what_is_set_or_no_single_figure_is_told(read: Read, lines: tuple[str, ...]):
    reading = read(fenced(*lines))
    assert reading.values == ()
    assert told(reading)


def test_a_set_figure_among_results_is_told(read: Read):
    reading = read(fenced("accuracy: 0.75", "best_threshold: 1.25"))
    assert metrics(reading) == [("accuracy", "0.75", "accuracy")]
    assert told(reading) == [7]


def test_results_among_commands_are_read_where_the_key_names_a_metric(read: Read):
    """The comment above the command is of its results, and the batch size is the command's."""
    reading = read(
        fenced("# fp16", "python eval.py \\", "--batch_size 8 --conf 0.25", "acc: 0.75", "took: 12.5")
    )
    [value] = reading.values
    assert said(value, "metric", "precision", "batch_size") == ("accuracy", "fp16", "8")
    assert told(reading) == [10]


def test_results_of_a_framework_s_own_model_are_of_no_chip(read: Read):
    reading = read(
        fenced(
            "# aligned with VACC",
            "python eval.py --model net.onnx",
            "acc: 0.75",
            "",
            "# vacc fp16",
            "acc: 0.5",
        )
    )
    assert [said(value, "chip") for value in reading.values] == [(None,), ("vacc",)]


def test_results_of_a_framework_s_own_model_that_are_a_reference_are_a_baseline(read: Read):
    command = "python eval.py --model net.onnx"
    reading = read(fenced("# 以此为参考", command, "acc: 0.75", "", "# other", command, "acc: 0.5"))
    assert [said(value, "role") for value in reading.values] == [("baseline",), ("measured",)]


def test_a_zoo_s_name_of_its_own_file_is_no_baseline(read: Read):
    reading = read(fenced("# official_net_int8", "acc: 0.75", "", "# official results", "acc: 0.5"))
    assert [said(value, "role", "precision") for value in reading.values] == [
        ("measured", "int8"), ("baseline", None),
    ]  # fmt: skip


def test_settings_of_commands_that_are_at_odds_are_nobody_s(read: Read):
    two = "VACC\n\n```\nbash run.sh --batch_size 1\nbash run.sh --batch_size 8\n```\n\n```\nacc: 0.75\n```"
    one = two.replace("--batch_size 8", "--verbose")
    assert [said(value, "batch_size") for text in (two, one) for value in read(text).values] == [
        (None,),
        ("1",),
    ]


def test_settings_of_a_gpu_s_tool_are_of_no_other_chip(read: Read):
    """A document that is about a GPU alone has them."""
    block = "```\ntrtexec --onnx=net.onnx --fp16 --batch=8\n```\n\n```\nacc: 0.75\n```\n"
    texts = (f"VACC beside a T4\n\n{block}", f"T4\n\n{block}")
    found = [said(value, "chip", "precision", "batch_size") for text in texts for value in read(text).values]
    assert found == [
        ("vacc", None, None), ("t4", "fp16", "8"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", ["batchsize(4)", "batchsize.mean(4)", "batch_size.mean(4)"])
def test_a_rate_alone_says_its_batch_size(read: Read, size: str):
    [value] = read(fenced(f"[INFO] throughput 1000*{size}/NPU_compute_time.mean(7.5): 533.33")).values
    assert said(value, "metric", "called", "batch_size") == ("throughput", None, "4")


SENTENCES = {
    "a speed at a batch size": (
        "在310P设备上，当batchsize设为8时模型性能最优，达 349.5fps。",
        [("throughput", "349.5fps", "8")],
    ),
    "a score, and the batch size of the speed alone": (
        "在310P设备上，精度为 **{Top1@Acc=80.25%, Top5@Acc=95.5%}**，当batchsize设为8时，达 1310.5 fps。",
        [("accuracy", "80.25%", None), ("top5", "95.5%", None), ("throughput", "1310.5 fps", "8")],
    ),
    "a score": ("310P 设备上各个 batchsize 的精度均为 77.25%，优于官方", [("accuracy", "77.25%", None)]),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_clause_with_one_figure_its_unit_and_one_metric(read: Read, name: str):
    text, expected = SENTENCES[name]
    reading = read(f"## 性能\n\n{text}\n")
    values = [(str(value.get("metric")), value.text, *said(value, "batch_size")) for value in reading.values]
    assert values == expected
    assert {said(value, "chip", "role") for value in reading.values} == {("ascend310p", "measured")}
    [table] = reading.tables
    assert (table.name, table.block is None) == ("性能", False)
    assert table.block is not None
    assert table.block.format(*table.rows[0]) == text
    assert told(reading) == []


@pytest.mark.parametrize(
    ("text", "chip"),
    [
        ("性能达 350.5 fps，是 T4 的 1.25 倍。", None),
        ("精度 94.5%，略低于 T4。", None),
        ("310P 上性能达 350.5 fps，是 T4 的 1.25 倍。", "ascend310p"),
        ("与 T4 相比，310P 的性能达 350.5 fps。", "ascend310p"),
        ("310P 的精度损失低于 1%，性能达 350.5 fps。", "ascend310p"),
        ("在310P上性能达 350.5 fps。精度为 94.5%，与 GPU 基线相比下降 0.25%。", "ascend310p"),
        ("On the 310P throughput is 350.5 fps; compared with the T4 that is fast.", "ascend310p"),
        ("On the T4 throughput is 350.5 fps.", "t4"),
    ],
)
def test_a_chip_that_figures_are_held_against_has_none_of_them(read: Read, text: str, chip: str | None):
    first, *_ = read(f"## 性能, 精度\n\n{text}\n").values
    assert said(first, "chip") == (chip,)


MODELS = (
    "## fish-s\n\n| Model | top1 | bs |\n|---|---|---|\n| fish-s | 75.5% | 8 |\n| fish-l | 80.5% | 8 |\n\n"
)


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ("注：fish-l 的 batch 16 性能为 733.5 fps。", ["fish-l"]),
        ("fish-l 在 batch 16 时精度为 80.25%，fish-s 的性能达 733.5 fps。", ["fish-l", "fish-s"]),
        ("fish-l 的 batch 16 性能为 733.5 fps，是 fish-s 的 0.5 倍。", ["fish-l"]),
        ("batch 16 的性能为 733.5 fps。", ["fish-s"]),
    ],
)
def test_a_clause_names_the_model_of_a_table_with_several(read: Read, text: str, variants: list[str]):
    """Else it is the title's."""
    line = MODELS.count("\n") + 3
    values = [value for value in read(f"{MODELS}{text}\n").values if value.line == line]
    assert [value.get("variant") for value in values] == variants


def test_a_published_score_in_a_line(read: Read):
    values = read("## 精度\n\n开源仓精度（mAP）：31.5\n\n基准精度：ACC: 94.5%\n").values
    assert [said(value, "metric", "role", "chip") for value in values] == [
        ("map", "baseline", None), ("accuracy", "baseline", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "310P 的精度为 94.5，95.5 也有。",  # no unit
        "310P 的精度比开源仓高出 0.25%。",
        "310P 的精度与开源仓的相对误差低于 1%。",
        "310P 的性能是 T4 的 0.675 倍，精度损失 0.5%。",
        "- DLA : 37.5% mAP and 52 FPS",
        "INT8 costs 0.5 points.",
        "The 310P loses 0.5 percentage points.",
        "310P 的精度优于开源仓，高出 0.25 个百分点。",
        "310P 的输出与开源仓相比下降 0.25%。",
        "最优bs：310P大于T4的1.5倍。",
        "The 310P is 1.5x as fast as the T4.",
        "310P 达到 T4 的 2 倍。",
    ],
)
def test_what_is_not_clear_is_told(read: Read, text: str):
    reading = read(f"## 精度\n\n{text}\n")
    assert reading.values == ()
    assert told(reading) == [5]


@pytest.mark.parametrize(
    "text",
    [
        '<img src="accuracy.png" width="80%" height="50.5%">',
        "[精度](https://example.com/%E8%A1%8C/1.5)",
        "- [3.1 离线推理精度](#31)",
        "通过 5.2 节的脚本得到精度",
        "IoU设为0.5时的mAP",
        "该方法减少了20%的计算量",
        "窗口大小25ms，原始音频约40ms",
        "将图片放大2.5倍",
        "输入为 224x224，scale 1.5x",
    ],
)
def test_what_is_no_result_is_silent(read: Read, text: str):
    reading = read(f"## 精度\n\n{text}\n")
    assert (reading.values, told(reading)) == ((), [])


def test_a_word_that_ends_as_a_program_is_called_is_no_command(read: Read):
    """A ``norm`` is not ``rm``."""
    values = read(fenced("norm 1.25", "acc: 0.75")).values
    assert [said(value, "metric", "called") for value in values] == [("other", "norm"), ("accuracy", None)]


def test_several_numbers_behind_one_key(imported: Callable[[str], Imported]):
    """Each is called by its place, under the title that its group has; and the catalog takes them."""
    lines = ("AP_11: car AP(Average Precision)@0.70:", "bbox AP:90.5, 80.25, 70.75", "", "AP_40: car:")
    found = imported(fenced(*lines, "bbox AP:91.5, 81.25, 71.75"))
    assert found.whole
    [table] = found.tables
    assert [value.number and value.number.printed for value in table.values] == [
        "90.5", "80.25", "70.75", "91.5", "81.25", "71.75",
    ]  # fmt: skip
    assert len({value.get("variant") for value in table.values}) == 6
    assert {said(value, "metric", "unit") for value in table.values} == {("map", "percent")}


def test_a_sentence_that_names_no_chip_is_of_the_documents_own(read: Read):
    reading = read("For Ascend310P3.\n\n## 精度\n\n模型精度 bs1 = 0.8125\n")
    assert [said(value, "metric", "chip", "batch_size") for value in reading.values] == [
        ("accuracy", "ascend310p", "1")
    ]


# A figure as running text measures by: a unit of a speed or a score, points, one chip's of another's. And
# what it is in sentences that are about no measurement: a share, a size, a time within the network.
MEASURED = re.compile(
    r"\d ?(?:fps|qps|(?:samples|images|sentences)/s)(?![a-z])|"
    r"(?:310P?|T4|精度|准确率|性能)[^，。；]{0,30}\d ?(?:%|毫秒|ms(?![a-z])|倍|个?百分点|points?(?![a-z]))",
    re.IGNORECASE,
)
UNSEEN = re.compile(r"<[^<>]*>|https?://\S*|\]\([^()\s]*\)|`[^`]*`")


def test_of_all_readmes_every_figure_of_running_text_is_read_or_told(zoo: Catalog):
    data = os.environ.get("ZOOCHECK_DATA")
    if not data or not (Path(data) / "readmes").is_dir():
        pytest.skip("ZOOCHECK_DATA has no folder readmes: the READMEs of the zoos are not here")
    lost, held = [], 0
    for path in sorted((Path(data) / "readmes").rglob("*.[mM][dD]")):
        reading = understand(read_file(path), zoo)
        there = {value.line for value in reading.values} | {note.line for note in reading.unread}
        lines = [line for line in reading.readme.prose if MEASURED.search(UNSEEN.sub(" ", line.text))]
        held += len(lines)
        lost += [(path.name, line.number, line.text[:60]) for line in lines if line.number not in there]
    assert lost == []
    assert held

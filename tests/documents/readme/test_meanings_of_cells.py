"""What cells of result tables mean: metrics of all kinds, several numbers in one, settings, devices.

Names and numbers are our own; each case is the smallest form of a habit of the zoos.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from harness.documents.importing import import_reading
from harness.documents.readme.blocks import parse, read
from harness.documents.readme.cells import items, number
from harness.documents.readme.understand import understand
from harness.domain.words import WordKind
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))


def values(text: str, *keys: str):
    """The values of an unknown model's README: digits, metric, its own words, unit, and `keys`."""
    found = []
    for value in understand(parse(f"# Lanternfish\n\n{text}"), TABLES).values:
        printed = None if value.number is None else value.number.printed
        found.append((printed, *(value.get(key) for key in ("metric", "called", "unit", *keys))))
    return found


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("top1:0.71 top5:0.92", {"top1": "0.71", "top5": "0.92"}),
        ("Acc@1: 70.5 Acc@5: 90.25", {"Acc@1": "70.5", "Acc@5": "90.25"}),
        ("70.5/Top1 90.2/Top5", {"Top1": "70.5", "Top5": "90.2"}),
        ("90.5%（Easy） 70.5%（Hard）", {"Easy": "90.5", "Hard": "70.5"}),
        ("{'a': 0.5, 'b_1': 0.25}", {"a": "0.5", "b_1": "0.25"}),
        ("AP(IoU=0.50:0.95)=0.406", {"AP(IoU=0.50:0.95)": "0.406"}),
        ("box_mAP_50=72 mask_mAP_50=69.5", {"box_mAP_50": "72", "mask_mAP_50": "69.5"}),
    ],
)
def test_numbers_have_their_names(cell, names):
    assert {item.name: item.number.printed for item in items(cell)} == names


@pytest.mark.parametrize(
    "cell", ["66.1:60.2", "5.9 ~ 6.1", "90.1%/88.2%", "1x3x32x32", "1.0.2", "3 out of 5", "1,2"]
)
def test_two_numbers_are_never_one(cell):
    assert items(cell) == ()
    assert number(cell) is None


def test_what_stands_beside_a_value_is_no_value_of_its_own():
    """The count behind a score, and what a ± says."""
    assert [(item.number.printed, item.kind.value) for item in items("0.5625(9/16)")] == [
        ("0.5625", "value"), ("9", "count"), ("16", "count"),
    ]  # fmt: skip
    assert [(item.number.printed, item.kind.value) for item in items("56.1 ± 0.8")] == [
        ("56.1", "value"), ("0.8", "spread"),
    ]  # fmt: skip


HEAD = "| 芯片型号 | Batch Size | 精度 |\n|---|---|---|\n| 310P3 | 1 | {} |"


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("MOTA:60.5", [("60.5", "other", "MOTA", "number")]),
        ("TOP5ACC:94.4", [("94.4", "top5", None, "percent")]),
        ("bbox_mAP = 0.43", [("0.43", "map", "bbox_mAP", "fraction")]),
        ("Gleam: 0.43", [("0.43", "other", "Gleam", "number")]),
        ("Easy：70.5% Hard：60.5%", [("70.5", "map", "Easy", "percent"), ("60.5", "map", "Hard", "percent")]),
        ("Set5: 37.25 Set14: 33.5", [("37.25", "psnr", "Set5", "dB"), ("33.5", "psnr", "Set14", "dB")]),
        (
            "70.5/class 80.5/ins",
            [("70.5", "accuracy", "class", "percent"), ("80.5", "accuracy", "ins", "percent")],
        ),
        ("CER:13.5/WER:18.75", [("13.5", "cer", None, "percent"), ("18.75", "wer", None, "percent")]),
        (
            "mAP: box 34.5, mask 33.25",
            [("34.5", "map", "mAP: box", "percent"), ("33.25", "map", "mAP: mask", "percent")],
        ),
        ("PSNR: 33.5;SSIM: 0.93", [("33.5", "psnr", None, "dB"), ("0.93", "ssim", None, "fraction")]),
    ],
)
def test_a_prefix_is_never_taken_for_accuracy(cell, meant):
    assert values(HEAD.format(cell)) == meant


@pytest.mark.parametrize(
    ("head", "cell", "meant"),
    [
        ("精度EER", "0.979%", ("0.979", "eer", None, "percent")),
        ("精度(overall)", "95.5%", ("95.5", "accuracy", "overall", "percent")),
        ("精度(mean rank)", "3.62", ("3.62", "other", "mean rank", "number")),
        ("mAP@0.5:0.95", "40.5", ("40.5", "map", "mAP@0.5:0.95", "percent")),
        ("310P时延(ms)", "7.25", ("7.25", "latency", None, "ms")),
        ("310P性能", "7.25ms", ("7.25", "latency", None, "ms")),
        ("精度(F1)", "80.5", ("80.5", "f1", None, "percent")),
        ("Precision (%)", "84.4", ("84.4", "precision", None, "percent")),
    ],
)
def test_heads(head, cell, meant):
    assert values(f"Ascend310P3\n\n| Model | {head} |\n|---|---|\n| a | {cell} |") == [meant]


def test_lengths_shapes_inputs_and_streams_are_settings():
    text = (
        "| 模型方案 | seq_length | Batch Size | 310P性能(fps) |\n|---|---|---|---|\n"
        "| 静态 | 16 | 1 | 602 |\n| 动态 | 16 | 1 | 508 |"
    )
    assert values(text, "length", "shapes") == [
        ("602", "throughput", None, "samples/s", 16, "static"),
        ("508", "throughput", None, "samples/s", 16, "dynamic"),
    ]


def test_models_of_one_table_are_variants():
    text = "| Model | input size | 310P mAP |\n|---|---|---|\n| fish-s | 320 | 0.3 |\n| fish-l | 640 | 0.4 |"
    assert [said[-2:] for said in values(text, "variant", "input")] == [("fish-s", "320"), ("fish-l", "640")]


def test_a_ratio_of_a_tuned_chip_is_of_the_tuned_value():
    """No head names a metric: beside ratios of chips they are speeds."""
    text = (
        "| bs | 310 | 310P | 310P/310 | 310P-AOE | 310P-AOE/310 |\n|---|---|---|---|---|---|\n"
        "| bs1 | 200.0 | 300.0 | 1.50 | 400.0 | 2.00 |"
    )
    assert [(said[0], said[1], said[-1]) for said in values(text, "aoe")] == [
        ("200.0", "throughput", None), ("300.0", "throughput", None), ("1.50", "throughput", None),
        ("400.0", "throughput", True), ("2.00", "throughput", True),
    ]  # fmt: skip


def test_rows_that_say_a_metric_in_their_label():
    text = (
        "Ascend310P3\n\n| Model | fish |\n|---|---|\n| 开源精度 | top1:70.1 top5:90.2 |\n"
        "| 310P3精度 | top1:70.0 top5:90.1 |"
    )
    assert [(said[0], said[1], said[-1]) for said in values(text, "role")] == [
        ("70.1", "accuracy", "baseline"), ("90.2", "top5", "baseline"),
        ("70.0", "accuracy", "measured"), ("90.1", "top5", "measured"),
    ]  # fmt: skip


@pytest.mark.parametrize("beside", ["", ", fp16 (Ascend 310P)", " (310P, fp16)"])
def test_a_setting_in_a_row_s_name_is_no_claim(beside):
    """Neither what is set nor the digits of a chip's name, whether the cells beside it are read or not."""
    text = "| Decoder | WER (%) |\n|---|---|\n| greedy{0} | 3.25 |\n| beam=8{0} | {1} |"
    read_ones = values(text.format(beside, "2.75"), "variant")
    assert [(said[0], said[1], said[-1]) for said in read_ones] == [
        ("3.25", "wer", "greedy"), ("2.75", "wer", "beam=8"),
    ]  # fmt: skip
    assert [said[:2] for said in values(text.format(beside, "2,75 ± 0,25"))] == [("3.25", "wer")]


def test_a_number_in_a_first_column_is_one_beside_words():
    text = "| 310P性能(fps) | Model |\n|---|---|\n| 350.5 | fish |\n| later | eel |"
    assert [said[:2] for said in values(text)] == [("350.5", "throughput")]


def test_devices_and_sizes_of_models():
    """A card that nothing here drives is a claim's chip; parameters are facts; the score is published."""
    text = "| Model | top1 | Speed V100 (ms) | Params (M) |\n|---|---|---|---|\n| fish | 70.5 | 1.5 | 2.5 |"
    assert [(said[0], *said[-2:]) for said in values(text, "role", "chip")] == [
        ("70.5", "baseline", None), ("1.5", "measured", "v100"), ("2.5", "fact", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        HEAD.format("top1:70.5 top5:90.5"),
        "| Model | Acc | Acc |\n|---|---|---|\n| a | 70.5% | 71.5% |",
        "| Model | Acc |\n|---|---|\n| a | 70.5% |\n| a | 71.5% |",
        "| Model | 310P性能 | 精度 |\n|---|---|---|\n| a | 10 fps | 0.5625(9/16) |\n| b | 12ms | - |",
        "| 输入数据 | 大小 |\n|---|---|\n| a | 1 |\n\n| 输入数据 | 大小 |\n|---|---|\n| b | 1 |\n\n"
        + HEAD.format("0.5"),
    ],
)
def test_the_catalog_takes_what_is_imported(text):
    """Heads and rows that stand twice, cells that differ in unit, form and how many numbers they hold."""
    reading = understand(parse(f"# Lanternfish\n\n{text}"), TABLES)
    imported = import_reading(reading, document="fish-zoo", repository="A/Zoo")
    assert (imported.whole, imported.mistakes) == (True, ())


def test_a_word_in_a_command_is_no_title():
    text = "```\nvamp -m weights/bert_base_chinese_ner_256\n```"
    assert understand(parse(f"# Lanternfish\n\n{text}"), TABLES).models == ()


def test_of_all_readmes_every_number_of_a_table_is_read_or_told():
    data = os.environ.get("ZOOCHECK_DATA")
    if not data or not (Path(data) / "readmes").is_dir():
        pytest.skip("ZOOCHECK_DATA has no folder readmes: the READMEs of the zoos are not here")
    lost = []
    for path in sorted((Path(data) / "readmes").rglob("*.[mM][dD]")):
        reading = understand(read(path), TABLES)
        told = {note.line for note in reading.unread}
        for table in reading.tables:
            if table.block is not None:
                continue
            there = {(value.row, value.column) for value in table.values}
            lines = {value.row: value.line for value in table.values}
            for row, cells in enumerate(table.rows):
                for at, cell in enumerate(cells):
                    said = table.labels[at] or (row, at) in there or not re.search(r"\d", cell)
                    other = reading.context.words.is_whole(table.headers[at], WordKind.OTHER) is not None
                    if not said and not other and lines.get(row) not in told and table.line not in told:
                        lost.append((path.name, table.line, cell))
    assert lost == []


def test_a_cell_may_say_the_batch_size_that_its_number_is_of():
    text = "| 模型 | 310P最优性能 |\n|---|---|\n| koi-a | 1951(bs8) |\n| koi-b | 27.5 fps（bs 16） |\n"
    assert values(text, "batch_size", "variant") == [
        ("1951", "throughput", None, "samples/s", 8, "koi-a"),
        ("27.5", "throughput", None, "samples/s", 16, "koi-b"),
    ]


@pytest.mark.parametrize("sign", ["\\|", "/", ", ", "、"])
def test_a_head_names_the_numbers_of_its_cells(sign):
    text = f"| bs | 310P 精度（ F1 {sign} EM ） |\n|---|---|\n| 1 | 81.25 {sign} 70.5 |\n"
    assert values(text, "batch_size", "chip") == [
        ("81.25", "f1", None, "percent", 1, "ascend310p"),
        ("70.5", "exact", None, "percent", 1, "ascend310p"),
    ]


def test_numbers_that_nothing_names_are_told():
    reading = understand(parse("# Koi\n\n| 模型 | 310P 精度 |\n|---|---|\n| a | 81.25/70.5 |\n"), TABLES)
    assert reading.values == ()
    assert ["81.25/70.5" in note.why for note in reading.unread if note.line == 5] == [True]


def test_a_caption_says_the_shapes_of_all_its_table():
    text = "动态性能参考\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 12.5 |\n"
    assert values(text, "shapes") == [("12.5", "throughput", None, "samples/s", "dynamic")]


def test_two_tables_that_differ_are_told_apart_by_their_titles():
    table = "静态性能参考\n\n| bs | 310P性能 |\n|---|---|\n| 1 | {} |\n"
    text = f"### Koi small\n\n{table.format('12.5')}\n### Koi large\n\n{table.format('4.5')}"
    assert [item[-1] for item in values(text, "variant")] == ["Koi small", "Koi large"]


def test_a_caption_names_one_of_the_models_of_other_rows():
    text = """以下为KoiNet的结果

| 类别 | IoU(%) |
|---|---|
| pond | 71.5 |
| reed | 62.25 |

| Model | bs | 310P mIoU(%) |
|---|---|---|
| KoiNet | 1 | 70.5 |
| CarpNet | 1 | 60.5 |
"""
    assert [(item[0], item[-1]) for item in values(text, "variant")] == [
        ("71.5", "pond, KoiNet"),
        ("62.25", "reed, KoiNet"),
        ("70.5", "KoiNet"),
        ("60.5", "CarpNet"),
    ]


def test_rows_without_a_source_are_of_the_one_above():
    text = """| 模型 | 源码 | vacc top1 |
|---|---|---|
| koi **vacc int8** | pond | 71.5 |
| koi **vacc fp16** | - | 72.5 |
| koi **vacc fp16** | reed | 73.5 |
| koi **vacc int8** | - | 74.5 |
"""
    assert [(item[0], *item[4:]) for item in values(text, "precision", "variant")] == [
        ("71.5", "int8", "pond"),
        ("72.5", "fp16", "pond"),
        ("73.5", "fp16", "reed"),
        ("74.5", "int8", "reed"),
    ]


def test_a_data_set_and_its_part_are_one_setting():
    text = "| model | dataset | test set | WER |\n|---|---|---|---|\n| koi | pond | test | 4.5 |\n"
    assert values(text, "dataset") == [("4.5", "wer", None, "percent", "pond, test")]


def test_dots_repeat_behind_a_name_with_a_version():
    text = """| 芯片 | 数据集 | Sequence Length | Batch Size | 310P性能 |
|---|---|---|---|---|
| 310P3 | Pond v1.1 | 384 | 4 | 374 |
| ... | ... | ... | 8 | 421 |
"""
    assert [item[4:] for item in values(text, "dataset", "length", "batch_size")] == [
        ("Pond v1.1", 384, 4),
        ("Pond v1.1", 384, 8),
    ]


RESULTS = "## 精度\n\n{}\n\n| bs | 310P 精度 |\n|---|---|\n| 1 | 37.5% |\n"


@pytest.mark.parametrize(
    ("said", "metric"),
    [
        ("用脚本评测mAP。", "map"),
        ("用脚本评测mAP和recall。", "accuracy"),
        ("用脚本评测mAP和top1。", "accuracy"),
        ("用脚本评测。", "accuracy"),
    ],
)
def test_a_score_without_a_name_is_the_only_one_that_is_named(said, metric):
    assert [item[1] for item in values(RESULTS.format(said))] == [metric]
    assumed = understand(parse(f"# Koi\n\n{RESULTS.format(said)}"), TABLES).assumed
    assert any(note.what == "metric = map" for note in assumed) == (metric == "map")


def test_a_score_with_a_name_keeps_it():
    assert [item[1] for item in values(RESULTS.format("评测mAP。").replace("310P 精度", "310P acc"))] == [
        "accuracy"
    ]


def test_a_name_with_a_dash_has_no_number():
    text = "| 模型 | vacc mIoU |\n|---|---|\n| koi | fp16 - <br/> int8 73.9 |\n"
    assert values(text, "precision") == [("73.9", "miou", None, "percent", "int8")]


def test_two_blocks_that_differ_are_told_apart_by_their_titles():
    block = "```\nrecall: {}\nprecision: {}\n```\n"
    text = f"### Pond\n\n{block.format('0.75', '0.5')}\n### Reed\n\n{block.format('0.25', '0.125')}"
    assert [(item[0], item[-1]) for item in values(text, "variant")] == [
        ("0.75", "Pond"), ("0.5", "Pond"), ("0.25", "Reed"), ("0.125", "Reed"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["pond-baseline", "Pond-Net50-baseline"])
def test_a_word_for_a_baseline_may_end_a_name(name):
    text = f"| 模型 | 310P recall(%) |\n|---|---|\n| {name} | 47.5 |\n| reed | 48.5 |\n"
    assert [(item[0], *item[4:]) for item in values(text, "variant", "role")] == [
        ("47.5", name, "measured"),
        ("48.5", "reed", "measured"),
    ]


def test_a_word_for_a_baseline_behind_a_setting_ends_no_name():
    text = "| bs | 310P fps | bs1-baseline fps |\n|---|---|---|\n| 1 | 47.5 | 40.5 |\n"
    assert [item[-1] for item in values(text, "role")] == ["measured", "baseline"]


@pytest.mark.parametrize(
    ("head", "meant"),
    [
        ("tokens/s", ("other", "tokens/s", "number")),
        ("性能(images/sec)", ("throughput", None, "samples/s")),
        ("性能(句/秒)", ("throughput", None, "samples/s")),
        ("images/min", ("other", "images/min", "number")),
        ("fps/W", ("other", "fps/W", "number")),
        ("fps/card", ("throughput", None, "samples/s")),
        ("耗时/s", ("latency", None, "s")),
        ("性能/fps", ("throughput", None, "samples/s")),
    ],
)
def test_a_rate_is_no_time_and_a_speed_by_the_watt_no_speed(head, meant):
    assert values(f"| chip | bs | {head} |\n|---|---|---|\n| 310P | 1 | 45.5 |\n") == [("45.5", *meant)]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("| 310P bs | fps |\n|---|---|\n| 8 | 12.5 |", ("ascend310p", 8, None)),
        ("| 310P bs8 | fps |\n|---|---|\n| fp16 | 12.5 |", ("ascend310p", 8, "fp16")),
        ("| chip | bs | fps |\n|---|---|---|\n| 310P3 | 8 | 12.5 |\n| | 8 | 12.5 |", ("ascend310p", 8, None)),
    ],
)
def test_a_corner_and_an_empty_cell_say_what_they_stand_for(table, said):
    assert {item[4:] for item in values(table + "\n", "chip", "batch_size", "precision")} == {said}


@pytest.mark.parametrize("figure", ["1.2k fps", "1.5 to 2", "nan"])
def test_a_metric_in_a_block_without_a_plain_number_is_told(figure):
    text = f"# Koi\n\n```\n# 310P bs8\nacc: 76.1%\nfps: {figure}\n```\n"
    reading = understand(parse(text), TABLES)
    assert [value.number.printed for value in reading.values if value.number] == ["76.1"]
    assert [note.line for note in reading.unread if note.line > 1] == [6]


def test_full_width_digits_are_imported():
    text = "# Koi\n\n| bs | 310P acc |\n|---|---|\n| 1 | ７６．１ |\n"
    imported = import_reading(understand(parse(text, Path("koi.md")), TABLES))
    assert imported.mistakes == ()
    assert imported.whole


def test_a_caption_is_of_the_table_right_under_it():
    table = "| model | fps |\n|---|---|\n| koi | {} |\n"
    text = (
        f"**int8, batch size 16, T4**\n\n{table.format('12.5')}\nbatch size 32, T4\n\n{table.format('13.5')}"
    )
    assert [(item[0], *item[4:]) for item in values(text, "batch_size", "precision", "variant")] == [
        ("12.5", 16, "int8", None),
        ("13.5", 32, None, None),
    ]


@pytest.mark.parametrize(
    ("text", "assumed"),
    [("性能单位：fps", 0), ("精度单位为百分比 %", 1), ("", 1)],
    ids=["of throughput", "of scores alone", "none"],
)
def test_a_text_states_the_unit_of_what_it_names(text: str, assumed: int):
    """What states the percentages of scores leaves the throughput's unit to be assumed."""
    table = "\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0 |\n"
    found = understand(parse(f"# Koi\n\n{text}{table}"), TABLES).assumed
    assert [note.what for note in found] == ["unit = samples/s"] * assumed


def test_the_digits_of_a_number_are_no_chip():
    text = "Run on VACC.\n\n```\n# fp16\ntop1: 71.310\ntop5: 91.5\n```\n\n310.25 fps in an older release.\n"
    assert {value[4:] for value in values(text, "chip", "precision")} == {("vacc", "fp16")}

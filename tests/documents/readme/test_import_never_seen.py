"""READMEs of other models: what is read is right and loads, what is not is told with its reason.

Numbers and habits are those of READMEs of Ascend/ModelZoo-PyTorch (3d_attention_net, RoBERTa, Albert,
TextCNN, Deberta, GNMT, Faster R-CNN, YOLOR, Ultra-Fast-Lane-Detection), of Cambricon/magicmind_cloud
(roberta_pytorch) and of Vastai/VastModelZOO, retyped; the model's name is not theirs.
"""

from __future__ import annotations

import pytest

from harness.documents.taking import loaded_with


def values(zoo, imported):
    """Every reference as (row, column) -> what a table says of it."""
    loaded = loaded_with(imported.toml, zoo, "net-zoo")
    return {
        (item.source.row, item.source.column): item
        for item in loaded.references
        if item.source.document == "net-zoo"
    }


def told(item, *keys):
    return tuple(getattr(item, key) for key in keys)


def test_three_chips_and_their_ratios(zoo, imported):
    """3d_attention_net: a head that no word explains, lines right above the tables, no unit."""
    found = imported(
        """
性能参考下列数据:

| Input       | 310性能 | 310P性能 |    T4性能 | 310P/310 | 310P/T4 |
| :---------: |    :--: |    :---: |      :--: |      :-: |     :-: |
| net_bs1     | 672.122 |  1017.57 |  713.4245 |     1.51 |    1.43 |
| net_bs16    | 3533.76 |  7806.96 | 3711.3928 |     2.21 |    2.10 |
"""
    )
    assert found.whole
    assert found.unread == ()
    assert [note.what for note in found.assumed] == ["unit = samples/s"]
    refs = values(zoo, found)
    assert len(refs) == 10
    assert told(refs["net_bs16", "310P性能"], "printed", "chip", "batch_size") == (
        "7806.96",
        "ascend310p",
        16,
    )
    assert refs["net_bs1", "310P/T4"].ratio == ("ascend310p", "t4")


def test_names_and_units_in_cells(zoo, imported):
    """Albert and RoBERTa: ``acc:0.928``, ``276.61fps``, ``Acc: 94.0%``, ``205 fps``, ``-`` for none."""
    found = imported(
        """
| 模型        | pth精度   | 310精度   | 基准性能   | 310性能   |
| :------:    | :------:  | :------:  | :------:   | :------:  |
| Albert bs1  | acc:0.928 | acc:0.927 | 276.61fps  | 231.39fps |
| Albert bs16 | acc:0.928 | acc:0.927 | 577.73fps  | 300.83fps |

| 芯片型号 | Batch Size | 数据集 | 精度       | 性能      |
|----------|------------|--------|------------|-----------|
| 310P3    |          1 | SST-2  | Acc: 94.0% | 205 fps   |
| 310P3    |          4 | SST-2  | -          | 817 fps   |
| 310      |          1 | SST-2  | Acc: 94.4% | 12.01 fps |
"""
    )
    assert found.whole
    assert found.unread == ()
    refs = values(zoo, found)
    base = refs["Albert bs1", "pth精度"]
    assert told(base, "printed", "unit", "role", "chip", "form") == (
        "0.928",
        "fraction",
        "baseline",
        None,
        "acc:{}",
    )
    assert told(refs["Albert bs16", "基准性能"], "printed", "role", "batch_size") == (
        "577.73",
        "baseline",
        16,
    )
    cell = refs["310P3 | 1 | SST-2", "精度"]
    assert told(cell, "printed", "unit", "metric", "chip", "cell") == (
        "94.0", "percent", "accuracy", "ascend310p", "Acc: 94.0%",
    )  # fmt: skip
    assert told(refs["310P3 | 4 | SST-2", "精度"], "value", "cell") == (None, "-")
    assert refs["310 | 1 | SST-2", "性能"].chip == "ascend310"


def test_a_metric_in_the_corner_units_in_heads_and_times(zoo, imported):
    """YOLOR's ``Throughput`` over the rows, Faster R-CNN's ``310P(FPS/Card)``, ``2.09倍``."""
    found = imported(
        """
## 性能

| Throughput |   310   |   310P  |    T4   | 310P/310 |
|:---------:|:-------:|:-------:|:-------:|:--------:|
| bs1        | 4550.44 | 4241.54 | 3723.37 | 0.932倍  |
| 最优batch  | 4550.44 | 4241.54 | 3723.37 | 0.932倍  |

## 单卡

| Batch size | 310(FPS/Card) | 310P(FPS/Card) |
| --- | --- | --- |
| 1 | 8.828 | 15.2619 |
"""
    )
    assert found.whole
    assert "metric = throughput" in [note.what for note in found.assumed]
    refs = values(zoo, found)
    assert told(refs["bs1", "T4"], "metric", "chip", "batch_size") == ("throughput", "t4", 1)
    assert told(refs["最优batch", "310P"], "best", "batch_size") == (True, None)
    assert told(refs["bs1", "310P/310"], "role", "cell") == ("ratio", "0.932倍")
    assert told(refs["1", "310P(FPS/Card)"], "metric", "unit") == ("throughput", "samples/s")


def test_precisions_in_rows_and_blocks(zoo, imported):
    """magicmind_cloud: a block below commands with usage comments, one chip in the text, a baseline."""
    found = imported(
        """
在寒武纪 MLU370 板卡上部署

```bash
#bash run.sh <precision> <shape_mutable> <batch_size> <max_seq_length>
bash run.sh force_float32 true 32 128
```

```bash
Accuracy: 0.9324324324324325
```

| Model | Precision | Batch_Size | Accuracy |
| ----- | --------- | ---------- | -------- |
| x | force_float32 | 32 | 0.9324324324324325 |
| x | force_float16 | 32 | 0.9290540540540541 |
"""
    )
    refs = values(zoo, found)
    assert found.whole
    assert "chip = mlu370" in [note.what for note in found.assumed]
    block = refs["Accuracy", "Accuracy"]
    assert told(block, "chip", "precision", "batch_size", "unit") == ("mlu370", "fp32", 32, "fraction")
    assert told(refs["x | force_float32 | 32", "Accuracy"], "precision", "baseline") == ("fp32", True)
    assert refs["x | force_float16 | 32", "Accuracy"].baseline is False


def test_links_and_bold_are_what_a_reader_sees(zoo, imported):
    """TextCNN links its published accuracy; others print it bold or centred, in one table or the next."""
    found = imported(
        """
| 模型 | 官网精度 | 310精度 |
|---|---|---|
| a bs1 | [91.22%](https://example.com/a) | <center>**90.47%** |
"""
    )
    refs = values(zoo, found)
    assert refs["a bs1", "官网精度"].printed == "91.22"
    assert refs["a bs1", "310精度"].printed == "90.47"


UNREAD = {
    "two numbers that nothing tells apart": (
        "| 模型 | 官网精度 | 310P 性能 |\n|---|---|---|\n| D bs1 | 90.5/90.5 | 4.055fps |",
        "'90.5/90.5' is no single number",
    ),
    "a range": ("| bs | 310P时延(ms) |\n|---|---|\n| 1 | 5.9 ~ 6.1 |", "'5.9 ~ 6.1' is no single number"),
    "a head that no word explains": (
        "| bs | 310P性能(fps) | 别的 |\n|---|---|---|\n| 1 | 10.0 | 3.5 |",
        "no word of a metric",
    ),
    "a chip that is not ours": (
        "| device | Top1 Acc | 说明 |\n|---|---|---|\n| Q10 | 95.4% | |\n| Ascend310 | 95.34% | |",
        "no known chip",
    ),
    "a time without a unit": ("| bs | 310P时延 |\n|---|---|\n| 1 | 10.0 |", "a latency without a unit"),
    "a share as a speed": ("| bs | 310P性能 |\n|---|---|\n| 1 | 10.0% |", "percent is no unit of throughput"),
    "an unknown unit": ("| bs | 310P性能 |\n|---|---|\n| 1 | 10.0 furlongs |", "is no known unit"),
    "words instead of a number": ("| bs | 310P性能 |\n|---|---|\n| 1 | about 5 |", "no single number"),
    "too many cells": ("| bs | 310P性能(fps) |\n|---|---|\n| 1 | 10.0 | 11.0 |", "3 cells under 2 heads"),
    "row and column at odds": (
        "| bs | 310P性能(fps) |\n|---|---|\n| T4 bs1 | 10.0 |",
        "its row says chip t4",
    ),
    "a table in HTML without heads": ("<table>\n<tr><td>95.8%</td></tr>\n</table>", "no word of a metric"),
    "a table in HTML of millions of cells": (
        "<table>\n<tr><th>acc<tr><td colspan=1000000>95.8%\n</table>",
        "its merged cells come to over 5000 cells",
    ),
    "a result in running text": ("310P 的精度为 94.8，94.9 也有。", "a result in running text"),
    "a block of other keys": ("```\nseed: 0.25\n```", "no key names a metric"),
    "numbers without a metric": ("| a | b |\n|---|---|\n| x | 1.5 |", "no word of a metric"),
}


@pytest.mark.parametrize("habit", UNREAD)
def test_what_is_not_read_is_told(imported, habit):
    """With a reason; and the value stands in no table."""
    text, why = UNREAD[habit]
    found = imported(text)
    assert why in "\n".join(note.why for note in found.unread)
    assert not found.mistakes


def test_a_row_with_an_unread_cell_keeps_its_other_values(zoo, imported):
    """In a table of its own, where that cell names the row: our tables take numbers alone for values."""
    found = imported(
        "| bs | 310P性能(fps) | 310P精度 |\n|---|---|---|\n| 1 | 10.0 | 91.5 |\n| 4 | 11.0 | ask |"
    )
    assert list(values(zoo, found)) == [
        ("1", "310P性能(fps)"), ("1", "310P精度"), ("4 | ask", "310P性能(fps)"),
    ]  # fmt: skip
    assert [note.why for note in found.unread] == ["'ask' is no single number"]


def test_lengths_tell_rows_apart(zoo, imported):
    """RoBERTa's 16 and 32 tokens at batch 1."""
    found = imported(
        "| seq_length | Batch Size | 310P性能(fps) |\n|---|---|---|\n| 16 | 1 | 602 |\n| 32 | 1 | 508 |"
    )
    assert found.whole
    assert [item.length for item in values(zoo, found).values()] == [16, 32]


def test_what_the_catalog_refuses_is_told(imported):
    """A batch size that the model is not deployed with."""
    found = imported("| bs | 310P性能(fps) |\n|---|---|\n| 128 | 10.0 |")
    assert not found.whole
    assert str(found.mistakes[0]).startswith("imported.toml: table[0].rows[0].cells[1].batch_size: found 128")
    assert "a batch size of the deployment on ascend310p" in str(found.mistakes[0])


def test_a_table_that_markdown_does_not_show_is_read_all_the_same(zoo, imported):
    """roberta_pytorch's delimiter row has a cell more than its head."""
    found = imported("| bs | 310P性能(fps) |\n|---|---|---|\n| 1 | 10.0 |")
    assert values(zoo, found)["1", "310P性能(fps)"].printed == "10.0"


def test_the_model_is_the_title_s_or_nobody_s(reading_of):
    assert reading_of("# FancyNet 推理").model.name == "net"
    assert reading_of("# TinyBERT and SpanBERT").model is None
    assert "several known models" in reading_of("# TinyBERT and SpanBERT").unsure
    assert "no word of a known model" in reading_of("# ResNet50").unsure


def test_blocks_of_plain_pairs(zoo, imported):
    """One row up to a blank line; what no comment labels is called by its first key."""
    found = imported("VACC\n\n```\nF1: 0.5\naccuracy: 0.75\n\nF1: 0.25\naccuracy: 0.5\n```")
    assert "it is called another" in found.assumed[-1].why
    assert (found.whole, len(found.tables)) == (True, 2)
    found = imported("VACC\n\n```\n# int8\naccuracy: 0.75\n\n# fp16\naccuracy: 0.5\n```")
    refs = values(zoo, found)
    assert told(refs["int8", "accuracy"], "precision", "chip", "value") == ("int8", "vacc", 0.75)
    assert found.toml.count('block = "# {0}\\naccuracy: {1}"') == 1

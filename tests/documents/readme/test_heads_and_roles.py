"""Whose numbers a table's are, and what the heads and cells beside results set for them.

Names and numbers are our own; each table is the smallest form of a habit.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.documents.importing import document_name
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

TABLES = load((BUILT_IN,))


def table(*rows: str) -> str:
    head, *others = rows
    return "\n".join(
        [f"| {head} |", "|" + "---|" * (head.count("|") + 1), *(f"| {row} |" for row in others), ""]
    )


def reading(text: str):
    return understand(parse(f"# Lanternfish\n\n{text}"), TABLES)


def values(text: str, *keys: str):
    """Digits and parts of the meaning of each value."""
    return [(value.number.printed, *map(value.get, keys)) for value in reading(text).values]


def told(text: str) -> list[tuple[int, str, str]]:
    return [(note.line, note.what, note.why) for note in reading(text).unread]


@pytest.mark.parametrize("name", ["README.md", "readme_en.md", "README.zh-CN.md", "README.CN.md"])
def test_a_readme_in_any_language_is_called_as_its_folder(name):
    found = understand(parse("Text.\n", Path("fish-net", name)), TABLES)
    assert document_name(found) == "fish-net"


class TestRoles:
    @pytest.mark.parametrize("gpu", ["fp32 (GPU)", "fp32, T4"])
    def test_beside_a_gpu_alone_the_others_are_the_documents_own(self, gpu):
        text = table("Precision | top1", f"{gpu} | 71.5", "fp16 | 71.4", "int8 | 70.2")
        assert values(text, "role", "precision") == [
            ("71.5", "measured", "fp32"), ("71.4", "measured", "fp16"), ("70.2", "measured", "int8"),
        ]  # fmt: skip

    def test_beside_a_chip_that_is_none_they_are_what_it_is_held_against(self):
        text = table("Model | top1", "fish 310P | 71.5", "fish | 71.4")
        assert values(text, "role", "chip") == [
            ("71.5", "measured", "ascend310p"),
            ("71.4", "baseline", None),
        ]

    @pytest.mark.parametrize(("head", "chip"), [("T4 (baseline)", "t4"), ("A10 fp16 baseline", "a10")])
    def test_a_named_card_that_is_the_baseline_is_measured(self, head, chip):
        text = table(f"Metric | 310P | {head}", "top1 | 71.5 | 71.6")
        assert values(text, "role", "chip")[1] == ("71.6", "measured", chip)

    def test_the_documents_own_chip_over_a_published_score_measured_none(self):
        text = table("bs | 310P official top1 | 310P top1", "8 | 71.6 | 71.5")
        assert values(text, "role", "chip") == [
            ("71.6", "baseline", None),
            ("71.5", "measured", "ascend310p"),
        ]

    @pytest.mark.parametrize("head", ["vs A10", "Speedup over A10", "相对 A10"])
    def test_a_column_against_a_named_card_is_a_ratio_of_the_rows_chip(self, head):
        text = table(
            f"Card | Prec. | Samples/s | {head}", "A10 | fp16 | 220 | 1.00×", "310P | fp16 | 176 | 0.80×"
        )
        assert values(text, "role", "chip", "ratio") == [
            ("220", "measured", "a10", None), ("1.00", "fact", "a10", None),
            ("176", "measured", "ascend310p", None), ("0.80", "ratio", None, ("ascend310p", "a10")),
        ]  # fmt: skip
        assert told(text) == []

    @pytest.mark.parametrize(
        ("sentence", "why"),
        [
            ("For Ascend310P.", "the document only ascend310p"),
            ("For Ascend310P and a T4.", "of the document's ascend310p alone is driven here and no GPU"),
        ],
    )
    def test_the_only_chip_is_assumed_and_it_is_told_which_one_that_is(self, sentence, why):
        found = reading(f"{sentence}\n\n## Results\n\n{table('bs | fps', '8 | 350.5')}")
        assert [note.why.partition("names no chip")[2].strip(",; ") for note in found.assumed] == [why]


class TestNumbers:
    def test_a_decimal_comma_is_told_and_its_columns_name_no_rows(self):
        text = table("bs | 1 | 8", "fps | 12,5 | 62,5")
        why = "is no single number; with a comma it may be two, or one of a decimal comma: write a point"
        assert told(text) == [
            (5, "row 'fps', column '1'", f"'12,5' {why}"),
            (5, "row 'fps', column '8'", f"'62,5' {why}"),
        ]

    def test_a_row_is_of_its_labels_unit_whatever_its_heading_is_about(self):
        text = table("| bs=1 | bs=4", "p50 (ms) | 3.5 | 9.5", "p99, ms | 4.5 | 11.5", "power (W) | 41 | 55")
        assert values(f"## Latency on 310P\n\n{text}", "metric", "unit", "variant", "called")[::2] == [
            ("3.5", "latency", "ms", "p50", None), ("4.5", "latency", "ms", "p99", None),
            ("41", "other", "number", None, "power (W)"),
        ]  # fmt: skip

    def test_under_a_head_of_metrics_an_unknown_name_is_one_of_its_own_words(self):
        text = table("Metric | 310P | T4", "latency (ms) | 3.5 | 4.5", "FooScore | 3.1 | 4.2")
        assert values(text, "metric", "called", "chip")[2:] == [
            ("3.1", "other", "FooScore", "ascend310p"), ("4.2", "other", "FooScore", "t4"),
        ]  # fmt: skip
        assert told(text) == []


class TestSettings:
    def test_a_row_of_batch_sizes_sets_them_for_its_columns(self):
        text = table("| 310P | T4", "Batch size | 16 | 8", "fps | 812.5 | 612.5", "top1 | 71.5 | 71.6")
        assert values(text, "batch_size", "chip") == [
            ("812.5", 16, "ascend310p"), ("612.5", 8, "t4"), ("71.5", 16, "ascend310p"), ("71.6", 8, "t4"),
        ]  # fmt: skip
        assert told(text) == []

    @pytest.mark.parametrize(
        ("row", "key", "found"),
        [
            ("Precision | fp16 | -", "precision", ["fp16", None]),
            ("seq_len | 128 | 384", "length", [128, 384]),
            ("input size | 224x224 | 320x320", "input", ["224x224", "320x320"]),
        ],
    )
    def test_so_does_a_row_of_another_setting(self, row, key, found):
        text = table("| 310P | T4", "fps | 812.5 | 612.5", row)
        assert [said[1] for said in values(text, key)] == found
        assert told(text) == []

    @pytest.mark.parametrize("head", ["input", "Input_Size", "输入", "分辨率", "resolution", "size", "crop"])
    def test_a_size_is_the_inputs_whether_rows_differ_in_it_or_not(self, head):
        text = table(f"bs | {head} | 310P fps", "1 | 224x224 | 812.5", "8 | {} | 912.5")
        for other in ("224x224", "320x320"):
            found = values(text.format(other), "input", "variant")
            assert found == [("812.5", "224x224", None), ("912.5", other, None)]

    def test_a_name_with_a_batch_size_is_no_input(self):
        text = table("Input | 310P fps", "fish_bs1 | 812.5", "fish_bs8 | 912.5")
        assert values(text, "input", "batch_size") == [("812.5", None, 1), ("912.5", None, 8)]

    def test_a_size_that_is_no_whole_number_is_none_of_an_input(self):
        text = table("Model | size | 310P fps", "a | 12.5 | 812.5", "b | 13.5 | 912.5")
        assert values(text, "input") == [("812.5", None), ("912.5", None)]
        assert [what for _, what, _ in told(text)] == ["column 'size'"]

    @pytest.mark.parametrize(("head", "key"), [("length", "length"), ("num_streams", "streams")])
    def test_lengths_and_streams_have_more_names(self, head, key):
        text = table(f"bs | {head} | 310P fps", "1 | 128 | 812.5", "1 | 256 | 912.5")
        assert values(text, key, "variant") == [("812.5", 128, None), ("912.5", 256, None)]

    @pytest.mark.parametrize(
        ("head", "key", "found"),
        [
            ("AOE", "aoe", [True, False]), ("是否AOE调优", "aoe", [True, False]),
            ("静态", "shapes", ["static", "dynamic"]), ("dynamic", "shapes", ["dynamic", "static"]),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize(("yes", "no"), [("是", "否"), ("Yes", "no"), ("√", "×")])
    def test_a_column_of_yes_and_no_answers_its_head(self, head, key, found, yes, no):
        text = table(f"bs | {head} | 310P fps", f"1 | {yes} | 812.5", f"1 | {no} | 912.5")
        assert [said[1:] for said in values(text, key, "variant")] == [(answer, None) for answer in found]

    def test_a_remark_names_no_row(self):
        text = table("Model | bs | 310P fps | 备注", "a | 1 | 812.5 | ", "b | 1 | 912.5 | 待补充")
        assert values(text, "variant") == [("812.5", "a"), ("912.5", "b")]

    @pytest.mark.parametrize("other", ["W8A8", "int4", "bf16"])
    def test_a_precision_that_is_none_of_ours_is_kept_over_a_column_and_in_a_row(self, other):
        across = table(f"Benchmark | FP16 | {other}", "wiki PPL | 5.68 | 5.74")
        down = table("Precision | PPL", "FP16 | 5.68", f"{other} | 5.74")
        assert values(across, "precision", "variant")[1] == ("5.74", None, other)
        assert values(down, "precision", "variant")[1] == ("5.74", None, other)

    def test_a_column_has_its_name_in_rows_whose_other_cells_are_not_read(self):
        text = table("Device | TTFT (ms) | TPOT (ms)", "A100 | 198 | 15.5", "T4 | 410 | 38-41")
        assert values(text, "variant") == [("198", "TTFT"), ("15.5", "TPOT"), ("410", "TTFT")]

    @pytest.mark.parametrize(
        "line", ["All numbers at batch size 32, FP16.", "以上数据均为 batch size 32，fp16 下测得。",
                 "*All results were measured at bs 32 in FP16 on the validation set.*"],
    )  # fmt: skip
    def test_what_a_line_says_of_all_numbers_of_its_section_is_set(self, line):
        text = table("Chip | FPS", "T4 | 300", "310P3 | 400")
        keys = ("batch_size", "precision")
        assert values(f"## A\n\n{text}\n{line}\n", *keys) == [("300", 32, "fp16"), ("400", 32, "fp16")]
        assert values(f"## A\n\n{line}\n\n## B\n\n{text}", *keys) == [
            ("300", None, None),
            ("400", None, None),
        ]

    def test_what_a_row_says_itself_goes_before(self):
        text = table("Chip | bs | FPS", "T4 | 1 | 300", "310P3 | 8 | 400")
        assert values(f"{text}\nAll numbers at batch size 32.", "batch_size") == [("300", 1), ("400", 8)]

    def test_korean_heads_are_read(self):
        heads = "배치 | 310P 처리량 (장/초) | 310P 지연 시간 (ms) | 310P 픽셀 정확도 (%)"
        text = table(heads, "8 | 350.5 | 22.5 | 91.5")
        assert values(text, "metric", "unit", "batch_size") == [
            ("350.5", "throughput", "samples/s", 8), ("22.5", "latency", "ms", 8),
            ("91.5", "accuracy", "percent", 8),
        ]  # fmt: skip

    def test_what_no_word_explains_and_all_rows_say_is_told(self):
        text = table("bs | tokens | 310P fps", "1 | 512/128 | 350.5", "8 | 512/128 | 450.5")
        assert [(note.what, note.why.split(",")[0]) for note in reading(text).assumed] == [
            ("column 'tokens'", "'512/128' in all rows"),
        ]

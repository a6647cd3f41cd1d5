"""A finding's two sides are about one thing: one model, part, file, baseline, setting."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.documents.audit.findings import Finding

Findings = Callable[[str], tuple[Finding, ...]]
INPUTS = "# Net\n\n| 输入数据 | 数据类型 | 大小 | 数据排布格式 |\n|---|---|---|---|\n"
THROUGHPUTS = "# Net\n\n| bs | 310P性能(fps) |\n|---|---|\n"


def typed(*lines: str) -> str:
    return "\n```\n" + "\n".join(lines) + "\n```\n"


def said(found: tuple[Finding, ...], rule: str) -> list[tuple[int, str]]:
    return [(item.line, str(item.severity)) for item in found if item.rule == rule]


def atc(model: str, shape: str, more: str = "") -> str:
    return f'atc --model={model}.onnx --output={model} --input_shape="{shape}" {more}'


# Tables of inputs.


@pytest.mark.parametrize(
    ("row", "command"),
    [
        ("| image | UINT8 | batchsize x 3 x 256 x 256 | NCHW |", "image:1,3,224,224"),
        ("| image | UINT8 | batchsize x 224 x 224 x 3 | NHWC |", "image:1,3,224,224"),
    ],
)
def test_aipp_crops_and_turns_an_image(findings: Findings, row: str, command: str):
    """Where the conversion has no AIPP, the same sizes are not one."""
    plain = findings(INPUTS + row + "\n" + typed(atc("a", command)))
    with_aipp = findings(INPUTS + row + "\n" + typed(atc("a", command, "--insert_op_conf=aipp.config")))
    assert len(said(plain, "io-shapes")) == 1
    assert said(with_aipp, "io-shapes") == []


def test_a_batch_may_be_a_number_or_a_letter(findings: Findings):
    rows = (
        "| input | FLOAT32 | 24 x 3 x 32 x 32 | NCHW |\n"
        "| B_in | FLOAT32 | B x 67 x 80 | ND |\n"
        "| ids | INT64 | batchsize x max_seq_len | ND |\n"
    )
    found = findings(INPUTS + rows + typed(atc("a", "input:24,3,32,32;B_in:${bs},67,80;ids:${bs},128")))
    assert said(found, "io-shapes") == []


@pytest.mark.parametrize("size", ["RGB_FP32", "3 x 64 128", "1 x 3 x 64；1 x 3 x 128", "-", "1 x 16*3"])
def test_what_is_no_list_of_sizes_is_held_against_none(findings: Findings, size: str):
    assert said(findings(INPUTS + f"| x | FLOAT32 | {size} | ND |\n" + typed(atc("a", "x:1,3,64,64"))),
                "io-shapes") == []  # fmt: skip


def test_an_axis_of_one_and_another_order_are_to_be_looked_at(findings: Findings):
    for size, shape in (("batchsize x 1 x 4 x 8", "x:1,4,8"), ("batchsize x 8 x 8 x 3", "x:1,3,8,8")):
        readme = INPUTS + f"| x | FLOAT32 | {size} | NHWC |\n" + typed(atc("a", shape, "--input_format=NCHW"))
        assert said(findings(readme), "io-shapes") == [(5, "warning")]
    readme = (
        INPUTS
        + "| x | FLOAT32 | batchsize x 3 x 8 x 16 | NCHW |\n"
        + typed(atc("a", "x:1,3,16,8", "--input_format=NCHW"))
    )
    assert said(findings(readme), "io-shapes") == [(5, "error")]


def test_an_input_is_of_the_graph_that_has_it(findings: Findings):
    """Of several graphs one name each; where no name tells, only a shape that none of them has is told of."""
    commands = typed(atc("near", "x:1,3,64,64"), atc("far", "x:1,9,128,128"))
    right = "| a | FP32 | batchsize x 9 x 128 x 128 | NCHW |\n| b | FP32 | batchsize x 3 x 64 x 64 | NCHW |\n"
    wrong = right.replace("9 x 128 x 128", "3 x 128 x 128")
    assert said(findings(INPUTS + right + commands), "io-shapes") == []
    assert said(findings(INPUTS + wrong + commands), "io-shapes") == [(5, "warning")]
    more = "| c | FLOAT32 | batchsize x 1 | ND |\n"
    assert said(findings(INPUTS + wrong + more + commands), "io-shapes") == []


def test_a_spans_start_and_end_may_be_one_output(findings: Findings):
    head = "# Net on SQuAD\n\n| 输出数据 | 数据类型 | 大小 |\n|---|---|---|\n"
    assert said(findings(head + "| out | FLOAT32 | batchsize x 384 |"), "io-counts") == [(5, "error")]
    assert said(findings(head + "| out | FLOAT32 | batchsize x 384 x 2 |"), "io-counts") == []


# Files.


def test_what_a_script_names_may_be_what_it_makes(findings: Findings):
    steps = (
        "python3 a_pth2onnx.py a.pth a.onnx",
        "python3 b_pth2onnx.py --pth b.pth --onnx b.onnx",
        "python3 modify.py --model a.onnx --new_model a_mod.onnx",
        "atc --model=a_mod.onnx --output=a_bs1",
    )
    assert said(findings("# Net\n" + typed(*steps)), "files-made") == []
    assert said(findings("# Net\n" + typed(steps[0], "atc --model=c.onnx --output=c")), "files-made") == [
        (5, "warning")
    ]


@pytest.mark.parametrize(
    "step", ["python3 pth2onnx.py", "bash run.sh 8", "python3 -m transformers.onnx out/"]
)
def test_a_step_that_names_no_file_may_make_any(findings: Findings, step: str):
    """But of another batch size than that of a file that was made it is said all the same."""
    made = "python3 export.py a.onnx"
    assert said(findings("# Net\n" + typed(made, step, "atc --model=b.onnx --output=b")), "files-made") == []
    steps = ("atc --model=a.onnx --output=a_bs1", step, "ais_bench --model a_bs16.om")
    assert said(findings("# Net\n" + typed(made, *steps)), "files-made") == [(7, "warning")]


def test_a_name_may_have_blanks_within_braces(findings: Findings):
    steps = (
        'atc --model=a.onnx --output=a_bs{batch size} --input_shape="x:{batch size},3"',
        "python3 -m ais_bench --model ./a_bs{batch size}.om --batchsize {batch size}",
    )
    assert findings("# Net\n" + typed(*steps)) == ()


def test_a_checkpoint_is_called_after_the_batch_it_was_trained_with(findings: Findings):
    step = "python3 export.py --batch_size=1 --{0}=a_bs8.{1}"
    assert said(findings("# Net\n" + typed(step.format("pkl", "pkl"))), "batch-names") == []
    assert said(findings("# Net\n" + typed(step.format("onnx", "onnx"))), "batch-names") == [(4, "warning")]


# Chips.


def test_a_name_that_a_program_prints_makes_a_doubled_prefix_a_note(findings: Findings):
    stated, command = "#该设备芯片名为Ascend310P3", "atc --model=a.onnx --soc_version=Ascend${chip_name}"
    printed = "| 0       310P3     | OK              | 15.8         42   |"
    assert said(findings("# Net\n" + typed(stated) + typed(command)), "chip-name") == [(8, "error")]
    assert said(findings("# Net\n" + typed(stated, printed) + typed(command)), "chip-name") == [(9, "note")]
    assert (
        said(findings("# Net\n" + typed(stated, printed, "chip_name=310P3") + typed(command)), "chip-name")
        == []
    )
    for name in ("chip_name=Ascend310P3", "export chip_name=Ascend310P3  # 替换"):
        found = findings("# Net\n" + typed(printed, name) + typed(command))
        assert said(found, "chip-name") == [(9, "error")]


def test_a_prefix_that_many_commands_double_is_one_finding(findings: Findings):
    steps = (
        "chip_name=Ascend310P3",
        *(atc(name, "x:1,3", "--soc_version=Ascend${chip_name}") for name in "ab"),
    )
    [found] = [item for item in findings("# Net\n" + typed(*steps)) if item.rule == "chip-name"]
    assert (found.line, found.numbers["commands"]) == (5, 2)
    assert "(2 commands)" in found.sentence


def test_a_prefix_may_be_doubled_in_its_digits(findings: Findings):
    table = "# Net\n\n| 芯片型号 | Batch Size | 性能 |\n|---|---|---|\n| 310P3 | 1 | 10 fps |\n"
    command = "atc --model=a.onnx --output=a --soc_version=Ascend310${chip_name}"
    [found] = [
        item for item in findings(table + typed("chip_name=310P3", command)) if item.rule == "chip-name"
    ]
    assert (found.severity, found.line) == ("error", 9)
    assert "Ascend310310P3" in found.sentence
    assert said(findings(table + typed("chip_name=P3", command)), "chip-name") == []


# Throughputs.


def curve(*speeds: float | str) -> str:
    sizes = (1, 4, 8, 16, 32, 64)
    return THROUGHPUTS + "\n".join(
        f"| {size} | {speed} |" for size, speed in zip(sizes, speeds, strict=False)
    )


@pytest.mark.parametrize(
    ("speeds", "severity"),
    [
        ((300.0, 900.0, 1000.0, 820.0, 700.0, 610.0), "note"),  # a peak, then less and less
        ((300.0, 280.0, 240.0, 210.0, 180.0, 150.0), "note"),
        ((300.0, 900.0, 1000.0, 990.0, 980.0, 600.0), "warning"),  # all of it in one step
        ((300.0, 900.0, 1000.0, 860.0, 850.0, 960.0), "warning"),  # a dent
        ((300.0, 900.0, 1000.0, 960.0), "note"),
        ((300.0, 900.0, 1000.0, 650.0, 640.0, 990.0), "error"),  # a dip that larger batches come out of
        ((300.0, 900.0, 1000.0, 400.0, 390.0, 380.0), "error"),  # more than twice the time a sample
        ((20.0, 6.0, 3.0, 1.5, 0.7, 0.4), "error"),  # batches a second
        ((300.0, 600.0, 620.0, 1000.0, 640.0, 630.0), "error"),  # one point beside the others
        ((300.0, 900.0, 590.0, 580.0, 570.0, 560.0), "warning"),  # a sharp peak on the way up
    ],
)
def test_a_fall_is_an_error_where_no_chip_falls_so(findings: Findings, speeds, severity: str):
    assert [severity] == [level for _, level in said(findings(curve(*speeds)), "throughput-falls")]


def test_a_growth_within_what_two_measurements_may_be_off_by_is_a_warning(findings: Findings):
    for speed, severity in (("407.0", []), ("420.0", ["warning"]), ("450.0", ["error"])):
        found = said(findings(curve("100.0", speed)), "throughput-superlinear")
        assert [level for _, level in found] == severity


@pytest.mark.parametrize(
    ("first", "fourth", "best", "severity"),
    [("18.4", "24120.0065", "24120.01", "error"), ("8,106.72", "35,327", "35327", "warning")],
    ids=["1311 times for 4", "4.36 times for 4"],
)
def test_a_best_row_may_be_right_of_a_column_that_is_not(
    findings: Findings, first: str, fourth: str, best: str, severity: str
):
    """It is the best of its column, to its own digits; that no chip does it is told of the column."""
    found = findings(f"{THROUGHPUTS}| 1 | {first} |\n| 4 | {fourth} |\n| 最优bs | {best} |\n")
    assert said(found, "best-is-best") == []
    assert said(found, "throughput-superlinear") == [(6, severity)]


def test_printed_digits_allow_for_what_they_leave_out(findings: Findings):
    """1 and 5 may be 1.4 and 4.6, and 2 and 1 are as good as equal."""
    assert said(findings(curve("1", "5")), "throughput-superlinear") == []
    assert said(findings(curve("2", "2", "1", "2")), "throughput-falls") == [(7, "note")]


def test_the_best_row_may_print_fewer_digits(findings: Findings):
    head = "# Net\n\n| Throughput | 310 | T4 |\n|---|---|---|\n"
    table = f"{head}| bs1 | 10.5 | 8000.1 |\n| bs4 | 12.5 | 26682.0088 |\n"
    assert said(findings(table + "| 最优batch | 12.5 | 26682.01 |"), "best-is-best") == []
    assert said(findings(table + "| 最优batch | 10.5 | 26682.01 |"), "best-is-best") == [(7, "error")]
    assert said(findings(table + "| 最优batch | 13.5 | 26682.01 |"), "best-is-best") == [(7, "warning")]


def test_a_best_row_is_held_against_its_own_model(findings: Findings):
    head = "# Net\n\n| 模型 | Batch Size | 310P性能(fps) |\n|---|---|---|\n"
    table = f"{head}| a | 1 | 90.0 |\n| a | 4 | 99.0 |\n| b | 1 | 10.0 |\n| b | 4 | 12.0 |\n"
    assert said(findings(table + "| b | 最优bs | 12.0 |"), "best-is-best") == []
    assert said(findings(table + "| b | 最优bs | 10.0 |"), "best-is-best") == [(9, "error")]


# Ratios and differences.


def test_a_ratio_is_of_the_columns_that_it_names(findings: Findings):
    head = "| bs | 310 | 310P | T4 | 310P/310 | 310P/T4 | 310P-AOE | 310P-AOE/310 |\n" + "|---" * 8 + "|\n"
    for last, severity in (("2.00", []), ("2.10", ["error"])):
        table = f"# Net\n\n性能(fps)\n\n{head}| bs1 | 200.0 | 300.0 | 250.0 | 1.50 | 1.20 | 400.0 | {last} |"
        assert [level for _, level in said(findings(table), "ratio-follows")] == severity


@pytest.mark.parametrize("printed", ["0.79%", "-0.79%", "0.8%", "0.65", "-0.65", "0.0065"])
def test_a_difference_may_be_in_points_or_relative_to_either(findings: Findings, printed: str):
    head = "# Net\n\nAscend310P3\n\n| NPU精度 | 开源仓精度 | 相对误差 |\n|---|---|---|\n"
    table = head + "| acc@1 = 81.25% | acc@1 = 81.9% | {} |"
    assert said(findings(table.format(printed)), "difference-follows") == []
    assert said(findings(table.format("1.79%")), "difference-follows") == [(7, "error")]


# Scores.


def test_a_zero_is_no_score_cut_off(findings: Findings):
    head = "# Net\n\nAscend310P3\n\n| Metric | OM精度 | 开源仓精度 |\n|---|---|---|\n"
    table = f"{head}| precision | 0.864 | 0.869 |\n| AP | 0 | 0 |"
    assert said(findings(table), "accuracy-cut-off") == []


def test_a_denominator_is_told_by_both_ways_of_rounding(findings: Findings):
    table = (
        "# Net\n\nMLU370，5000张图\n\n| Model | Precision | Batch_Size | TOP1 |\n|---|---|---|---|\n"
        "| a | force_float32 | 1 | 0.74846 |\n| a | qint8_mixed_float16 | 1 | 0.72806 |"
    )
    [found] = [item for item in findings(table) if item.rule == "accuracy-count"]
    assert found.severity == "warning"
    assert (
        "made them, cut off, is 1960: 0.74846 = 1467/1960, 0.72806 = 1427/1960; rounded, it is"
        in found.sentence
    )


def test_a_count_out_of_a_hair_more_is_one(findings: Findings):
    """Text recognizers add 1e-5 to the number of images: 10232 of 12067 are 0.847932376855944."""
    text = "# Net\n\n测试集：12067 张\n\nAscend310P3\n\n| bs | 精度 |\n|---|---|\n| 1 | {} |"
    assert said(findings(text.format("0.847932376855944")), "accuracy-count") == []
    assert said(findings(text.format("0.847952376855944")), "accuracy-count") == [(9, "warning")]


@pytest.mark.parametrize(
    ("metric", "printed", "rule", "severity"),
    [
        ("F1", "124.5%", "score-range", "error"),
        ("精度", "104.5%", "score-range", "warning"),  # of its baseline, it may be
        ("精度", "104.5", "score-range", None),  # some other metric
        ("WER", "104.5%", "score-range", None),
        ("PSNR", "104.5", "score-range", None),
        ("F1", "0.71%", "percent-fraction", "warning"),
        ("EER", "0.71%", "percent-fraction", None),
        ("mAP", "0.7123%", "percent-fraction", "warning"),
    ],
)
def test_a_score_has_the_range_and_direction_of_its_metric(
    findings: Findings, metric, printed, rule, severity
):
    table = f"# Net\n\n| 芯片型号 | Batch Size | {metric} |\n|---|---|---|\n| 310P3 | 1 | {printed} |\n"
    assert [level for _, level in said(findings(table), rule)] == ([severity] if severity else [])


def test_a_percent_sign_is_one_too_many_where_the_percentage_stands_too(findings: Findings):
    table = "# Net\n\nAscend310P3\n\n| bs | 开源精度 | 310P3精度 |\n|---|---|---|\n| 1 | 92.9% | 0.926% |\n"
    assert said(findings(table), "percent-fraction") == [(7, "error")]


# Statements.


def test_packages_that_the_index_lists_are_their_own(findings: Findings):
    readme = "# Net\n" + typed(
        "pip install mmpycocotools torchvisoin easy_dict rregex pyyml troch", "pip install pycocotolos"
    )
    assert said(findings(readme), "packages") == [(5, "error")]


def test_a_revision_is_one_of_those_that_are_named(findings: Findings):
    """Two checkouts of a repository of which none is named contradict nothing that the text says."""
    clone = "git clone https://example.com/a/net.git"
    named = [
        typed("url=https://example.com/a/net", f"commit_id={commit}") for commit in ("aaaaaaa1", "bbbbbbb2")
    ]
    assert (
        said(findings("# Net\n" + "".join(named) + typed(clone, "git checkout bbbbbbb2")), "revisions") == []
    )
    assert said(
        findings("# Net\n" + "".join(named) + typed(clone, "git checkout ccccccc3")), "revisions"
    ) == [(15, "error")]
    both = typed(clone, "git checkout aaaaaaa1", "git checkout bbbbbbb2")
    assert said(findings("# Net\n" + both), "revisions") == [(6, "warning")]


def test_firmware_has_versions_of_its_own(findings: Findings):
    text = "# Net\n\n| 配套 | 版本 |\n|---|---|\n| 固件与驱动 | {} |\n" + typed(
        "| npu-smi 22.0.2   Version: 22.0.2   |"
    )
    assert said(findings(text.format("1.0.15")), "versions") == []
    assert said(findings(text.format("22.0.3")), "versions") != []


def test_a_checkout_is_of_the_clone_whose_folder_was_entered(findings: Findings):
    named = typed("url=https://example.com/a/net", "commit_id=aaaaaaa1")
    steps = ("git clone https://example.com/a/net.git", "git clone https://example.com/b/tool.git", "cd tool")
    assert said(findings("# Net\n" + named + typed(*steps, "git checkout bbbbbbb2")), "revisions") == []
    back = (*steps, "cd ../net", "git checkout bbbbbbb2")
    assert said(findings("# Net\n" + named + typed(*back)), "revisions") == [(13, "error")]


@pytest.mark.parametrize(("line", "wrong"), [("10.35 * 16 = 165.7", False), ("10.35 * 16 = 166.9", True),
                                             ("10 * 16 = 160", False), ("10 * 16 = 161", True)])  # fmt: skip
def test_an_operand_may_be_rounded_where_it_has_digits_behind_the_point(findings: Findings, line, wrong):
    assert bool(said(findings(f"# Net\n\n吞吐率：{line} fps"), "arithmetic")) is wrong


def test_at_most_and_about_are_no_numbers(findings: Findings):
    head = "# Net\n\nAscend310P3\n\n| NPU精度(%) | 开源精度(%) | 精度差(%) |\n|---|---|---|\n"
    assert said(findings(head + "| 92.1 | 92.5 | <1 |"), "difference-follows") == []


def test_a_column_off_by_one_factor_counts_one_side_otherwise(findings: Findings):
    head = "# Net\n\n| bs | 310性能(fps) | 310P性能(fps) | 310P/310 |\n|---|---|---|---|\n"
    rows = [(1, 200.0, 300.0, "6.00"), (4, 250.0, 400.0, "6.40"), (8, 250.0, 450.0, "7.20")]
    table = head + "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)
    [found] = [item for item in findings(table) if item.rule == "ratio-follows"]
    assert (found.line, found.severity) == (5, "warning")
    assert "all 3 of column '310P/310' are 4 times" in found.sentence
    assert said(findings(table.replace("7.20", "1.80")), "ratio-follows") == [(5, "error"), (6, "error")]


def test_what_is_an_image_may_be_fed_beside_tokens(findings: Findings):
    """Where the commands name tokens alone it is none; a generic name is told of by what they feed."""
    image = INPUTS + "| input | RGB_FP32 | batchsize x 3 x 84 x 84 | NCHW |\n"
    floats = (
        INPUTS + "| input1 | FLOAT32 | batchsize x 16 | ND |\n| input2 | FLOAT32 | batchsize x 16 | ND |\n"
    )
    for shape, severity in (
        ("input_ids:1,16;attention_mask:1,16", "error"),
        ("pixels:1,3,84,84;input_ids:1,16;attention_mask:1,16", "warning"),
    ):
        assert [level for _, level in said(findings(image + typed(atc("a", shape))), "io-images")] == [
            severity
        ]
        assert [level for _, level in said(findings(floats + typed(atc("a", shape))), "io-dtypes")] == [
            severity
        ]


def test_batch_sizes_may_stand_in_the_heads(findings: Findings):
    head = "# Net\n\n| 芯片型号 | bs1性能(fps) | bs4性能(fps) | bs8性能(fps) |\n|---|---|---|---|\n"
    table = head + "| 310P3 | 100.0 | {} | 300.0 |\n| T4 | 90.0 | 200.0 | 300.0 |\n"
    assert said(findings(table.format("250.0")), "throughput-falls") == []
    assert said(findings(table.format("60.0")), "throughput-falls") == [(5, "error")]

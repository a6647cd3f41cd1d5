"""READMEs in spellings of the zoos that say nothing wrong, and what is wrong beside them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.documents.audit.findings import Finding, Severity

Findings = Callable[[str], tuple[Finding, ...]]
HEAD = "# TinyBERT\n\n| 输入数据 | 数据类型 | 大小 | 数据排布格式 |\n| --- | --- | --- | --- |\n"
THREE = "input_ids:4,128;segment_ids:4,128;input_mask:4,128"
NAMES = ("input_ids", "segment_ids", "input_mask")


def inputs(*sizes: str, command: str = THREE) -> str:
    """A table of inputs of these sizes beside the command that converts the model."""
    rows = [f"| {name} | INT64 | {size} | ND |\n" for name, size in zip(NAMES, sizes, strict=False)]
    return HEAD + "".join(rows) + typed(f'atc --model=net.onnx --output=net --input_shape="{command}"')


def typed(*lines: str) -> str:
    return "\n```bash\n" + "\n".join(lines) + "\n```\n"


def wrong(found: tuple[Finding, ...]) -> list[str]:
    return [item.rule for item in found if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "size",
    [
        "batch_size x max_seq_len",
        "bsz x max_tokens",
        "BS × seq_max_len",
        "batch_size * max_length",
        "bs,maxlen",
        "batchsize x index",
        "B x 128",
        "b x 128",
        "${b} x 128",
        "N x 128",
        "${batch} x 128",
        "<batch> x 128",
        "-1x128",
        "bsx128",
        "batchsizex128",
        "4 x 128",
        "4x128",
        "[B, 128]",
        "B X 128",
    ],
)
def test_a_size_may_be_a_name_with_an_x_in_it_and_a_batch_may_be_called_anything(
    findings: Findings, size: str
):
    assert wrong(findings(inputs(size, size, size))) == []


def test_a_model_of_one_input_by_the_documents_own_table_is_none_of_three(findings: Findings):
    """A word alone tells that it is our model, whose document this is not: a warning."""
    own, other = (findings(inputs("B x 128", command=f"{name}:4,128")) for name in ("input_ids", "ids"))
    assert [item for item in own if item.rule == "shape-names"] == []
    assert [item.severity for item in other if item.rule == "shape-names"] == [Severity.WARNING]


@pytest.mark.parametrize("size", ["B x 64", "batch_sizex64", "bsz × 64", "4x64", "N x max_heads x 128"])
def test_another_number_and_an_axis_too_many_are_found_in_these_spellings(findings: Findings, size: str):
    assert wrong(findings(inputs(size, size, size))) == ["io-shapes"] * 3


WORDS = "input_ids:4,128 segment_ids:4,128 input_mask:4,128"
ATC = f'atc --model=b.onnx --output=b --input_shape="{THREE}"'


@pytest.mark.parametrize(
    "command",
    [
        f"onnxsim a.onnx b.onnx --overwrite-input-shape {WORDS}",
        'python3 -m onnxsim a.onnx b --input-shape "input_ids:4,128" "segment_ids:4,128" "input_mask:4,128"',
        f'onnxsim a.onnx b.onnx --input-shape "{WORDS}"',
        "onnxsim a.onnx b --overwrite-input-shape input_ids:4,128 \\\n  segment_ids:4,128 input_mask:4,128",
        f"onnxsim --overwrite-input-shape {WORDS} -- a.onnx b.onnx",
        f"onnxsim a.onnx b.onnx --overwrite-input-shape {WORDS} --skip-optimization",
        f"onnxsim a.onnx b.onnx --test-input-shape {WORDS}",
        "onnxsim a b --overwrite-input-shape 'input_ids: 4, 128' 'segment_ids: 4,128' 'input_mask:4,128'",
    ],
)
def test_an_option_of_several_words_is_read_to_its_end(findings: Findings, command: str):
    table = "".join(f"| {name} | INT64 | batchsize x 128 | ND |\n" for name in NAMES)
    assert [
        item.sentence for item in findings(HEAD + table + typed(command, ATC)) if "input" in item.sentence
    ] == []


def test_an_input_that_such_an_option_leaves_out_is_found(findings: Findings):
    short = "onnxsim a.onnx b.onnx --overwrite-input-shape input_ids:4,128 segment_ids:4,128"
    assert wrong(findings("# Net\n" + typed(short, ATC))) == ["shape-names"]


ENCODER = 'atc --model=enc.onnx --output=enc --input_shape="speech:4,80;lens:4"'
DECODER = 'atc --model=dec.onnx --output=dec --input_shape="tokens:4,20;memory:4,80,256"'


def test_an_encoder_and_a_decoder_have_inputs_of_their_own(findings: Findings):
    table = HEAD.replace("TinyBERT", "Net") + "".join(
        f"| {name} | INT64 | B x {size} | ND |\n" for name, size in (("tokens", "20"), ("memory", "80 x 256"))
    )
    assert wrong(findings(table + typed(ENCODER, DECODER))) == []
    assert wrong(findings(table.replace("B x 20", "B x 21") + typed(ENCODER, DECODER))) == ["io-shapes"]


def test_one_graph_under_two_names_is_held_together(findings: Findings):
    """By a name that goes on where the other ends, whatever made it; surely where the name is the same."""
    for name, severity in (("enc_sim.onnx", Severity.WARNING), ("enc.onnx", Severity.ERROR)):
        found = findings("# Net\n" + typed(ENCODER, DECODER.replace("dec.onnx", name)))
        assert [item.severity for item in found if item.rule == "shape-names"] == [severity]


@pytest.mark.parametrize("metric", ["精度EER", "WER", "CER (%)", "词错率", "精度(错误率)"])
def test_a_rate_of_errors_is_no_score(findings: Findings, metric: str):
    """Low is right: 0.71 % is no fraction with a sign too many."""
    table = (
        f"| 芯片型号 | Batch Size | {metric} |\n|---|---|---|\n| 310P3 | 1 | 0.71% |\n| 310P3 | 8 | 0.71% |\n"
    )
    assert wrong(findings(f"# Net\n\n{table}")) == []


def test_full_width_digits_are_digits(findings: Findings):
    """A ratio of them that is wrong is found, one that is right is not."""
    head = "# Net\n\n| Batch Size | 310P性能(fps) | T4性能(fps) | 310P/T4 |\n|---|---|---|---|\n"
    assert wrong(findings(f"{head}| １ | ３０．０ | ２０．０ | １．５０ |\n")) == []
    assert wrong(findings(f"{head}| １ | ３０．０ | ２０．０ | １．６０ |\n")) == ["ratio-follows"]


def test_packages_of_their_own_are_no_misspellings(findings: Findings):
    """Three of a registry, each near a name that READMEs of the zoos install."""
    assert wrong(findings("# Net\n" + typed("pip install sed_eval", "pip3 install simpy scapy"))) == []


@pytest.mark.parametrize("name", ["transforemers", "tranformers", "nupmy", "seqval", "opencv-pyhton"])
def test_a_slip_of_the_fingers_is_one(findings: Findings, name: str):
    assert wrong(findings("# Net\n" + typed(f"pip install {name}"))) == ["packages"]


TWO_MODELS = """# BERT NER 中文 people_daily

```
# {0}small-en
## vacc int8
F1: 0.51
## torchscript fp32
F1: 0.53
# {0}base-zh
## vacc int8
F1: {1}
## torchscript fp32
F1: 0.83
```
"""


def test_a_baseline_is_that_of_its_own_model(findings: Findings):
    """A comment of a higher level begins another model; within one, a chip above its baseline is found."""
    assert "above-baseline" not in wrong(findings(TWO_MODELS.format("", "0.82")))
    [found] = [item for item in findings(TWO_MODELS.format("", "0.93")) if item.rule == "above-baseline"]
    assert "its baseline 0.83" in found.sentence

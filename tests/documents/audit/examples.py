"""For each rule READMEs that trip it, and READMEs of the same kind that must not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Example:
    """One README, what it is called, and whether its rule finds something; `says` stands in the sentence."""

    rule: str
    name: str
    readme: str
    trips: bool
    says: str = ""
    severity: str = ""


def speeds(*rows: str, model: str = "Net", unit: str = "fps") -> str:
    """A table of throughputs by batch size on one chip."""
    head = f"# {model}\n\n| Batch Size | 310P性能({unit}) |\n|---|---|\n"
    return head + "\n".join(f"| {size} | {speed} |" for size, speed in (row.split() for row in rows))


def ratios(*rows: str) -> str:
    head = "# Net\n\n| Batch Size | 310P性能(fps) | T4性能(fps) | 310P/T4 |\n|---|---|---|---|\n"
    return head + "\n".join(f"| {' | '.join(row.split())} |" for row in rows)


def accuracies(*rows: str, model: str = "TinyBERT") -> str:
    head = f"# {model}\n\n| 模型 | 官网精度(%) | 310P精度(%) |\n|---|---|---|\n"
    return head + "\n".join(f"| {' | '.join(row.split())} |" for row in rows)


def fenced(*lines: str, before: str = "# Net") -> str:
    return "\n".join([before, "", "```", *lines, "```"])


INPUTS = """# Net

| 输入数据 | 数据类型 | 大小 | 数据排布格式 |
| --- | --- | --- | --- |
"""
DIFFERENCES = "# Net\n\n| 模型 | 官网精度(%) | 310P精度(%) | 精度差(%) |\n|---|---|---|---|\n"
OUTPUTS = "\n\n| 输出数据 | 数据类型 | 大小 |\n|---|---|---|\n"
TWO_INPUTS = (
    INPUTS + "| input_ids | INT64 | batchsize x 128 | ND |\n| input_mask | INT64 | batchsize x 128 | ND |\n"
)
ATC = 'atc --framework=5 --output=net_bs1 --input_shape="input_ids:1,128;input_mask:1,128"'
ONE_INPUT = 'atc --framework=5 --output=net_bs1 --input_shape="image:1,128"'
REPO = "git clone https://example.com/a/net.git"


def one(rule: str, name: str, readme: str, says: str = "", severity: str = "") -> Example:
    return Example(rule=rule, name=name, readme=readme, trips=True, says=says, severity=severity)


def none(rule: str, name: str, readme: str) -> Example:
    return Example(rule=rule, name=name, readme=readme, trips=False)


EXAMPLES = (
    one("ratio-follows", "a ratio of other numbers", ratios("1 30.0 20.0 1.60"), "1.50"),
    none("ratio-follows", "rounded", ratios("1 20.0 30.0 0.67")),
    none("ratio-follows", "cut off", ratios("1 20.0 30.0 0.66")),
    one("ratio-follows", "a quotient by 0", ratios("1 1000 0 1.36"), "neighbours are 1000 and 0", "error"),
    none("ratio-follows", "a quotient of 0", ratios("1 0 20.0 0")),
    none("ratio-follows", "of a cell without a throughput", ratios("1 1000 - 1.36")),
    one("ratio-rounding", "only cut off", ratios("1 20.0 30.0 0.66", "2 40.0 80.0 0.50"), "fit nothing else"),
    one("ratio-rounding", "both ways", ratios("1 20.0 30.0 0.66", "2 50.0 75.0 0.67"), "rounds 0.67"),
    none("ratio-rounding", "rounded", ratios("1 20.0 30.0 0.67", "2 40.0 80.0 0.50")),
    one(
        "difference-follows",
        "a difference of other numbers",
        DIFFERENCES + "| a | 92.5 | 92.1 | 0.3 |",
        "0.1",
    ),
    none(
        "difference-follows",
        "points",
        DIFFERENCES + "| a | 92.5 | 92.1 | 0.4 |",
    ),
    none(
        "difference-follows",
        "relative",
        DIFFERENCES + "| a | 80.0 | 79.0 | -1.25 |",
    ),
    one("throughput-range", "below 0", speeds("1 -5871.86", "4 40.0"), "-5871.86", "error"),
    one("throughput-range", "0", speeds("1 0", "4 40.0"), "says - or 无", "error"),
    none("throughput-range", "little, and none", speeds("1 0.01", "4 -", "8 无")),
    one("batch-range", "of nothing", speeds("0 40.0"), "1 sample at least", "error"),
    one("batch-range", "a label's", accuracies("TinyBERT(bs0) 92.66 92.66"), "batch size 0", "error"),
    one("batch-range", "more than an axis has", speeds("99999999999 40.0"), "99999999999", "error"),
    one("batch-range", "hours a batch", speeds("1000000 20.0"), "13.89 h", "error"),
    none("batch-range", "seconds a batch", speeds("1 0.01", "1024 20.0", "65536 40.0")),
    one("throughput-falls", "by half", speeds("1 40.0", "4 20.0", "8 30.0"), "50.0%", "error"),
    one("throughput-falls", "by an eighth", speeds("1 40.0", "4 35.0"), "12.5%", "note"),
    one("throughput-falls", "by a half at once", speeds("1 40.0", "4 20.0"), "loses 50%", "warning"),
    one("throughput-falls", "by an eighth, and back", speeds("1 40.0", "4 35.0", "8 40.0"), "40.0 again"),
    one("throughput-falls", "by a twentieth", speeds("1 40.0", "4 38.0"), "5.0%", "note"),
    none("throughput-falls", "grows, in any order of rows", speeds("8 60.0", "1 40.0", "4 41.0")),
    one("throughput-superlinear", "five times for four", speeds("1 10.0", "4 50.0"), "5.00 times"),
    none("throughput-superlinear", "linear", speeds("1 10.0", "4 40.0")),
    one("best-is-best", "another row's", speeds("1 10.0", "4 30.0", "最优bs 10.0"), "30.0 at batch 4"),
    none("best-is-best", "the best", speeds("1 10.0", "4 30.0", "最优bs 30.0")),
    # 335 * 10^9 operations a sample of BERT-large at length 512, 70 * 10^12 a second in fp16 on a 310P.
    one("above-peak", "more than any", speeds("1 300.0", model="bert-large-NER"), "int8", "warning"),
    one("above-peak", "more than all", speeds("1 9000.0", model="bert-large-NER"), "no precision", "error"),
    none("above-peak", "less", speeds("1 70.0", model="bert-large-NER")),
    none("above-peak", "of a model whose size is not known", speeds("1 90000.0")),
    one(
        "share-of-peak",
        "a point lost",
        speeds("1 100.0", "2 199.0", "4 39.0", "8 790.0"),
        "order of magnitude",
    ),
    none("share-of-peak", "linear", speeds("1 100.0", "2 200.0", "4 400.0", "8 800.0", "64 6000.0")),
    one("accuracy-count", "between two counts", accuracies("TinyBERT(bs1) 92.66 92.61"), "872 samples"),
    one(
        "accuracy-count",
        "either way",
        accuracies("TinyBERT(bs1) 92.69 92.37"),
        "made them, rounded or cut off, is 616: 92.69 = 571/616, 92.37 = 569/616",
    ),
    one(
        "accuracy-count", "one way", accuracies("TinyBERT(bs1) 66.66 92.32"), "it, cut off, is 3: 66.66 = 2/3"
    ),
    one(
        "accuracy-count",
        "more than all",
        accuracies("TinyBERT(bs1) 104.00 92.32"),
        "no denominator up to 1000000 could have made it either",
    ),
    one(
        "accuracy-count",
        "of ten times as many",
        accuracies("x(bs1) 74.846 92.168", "x(bs4) 74.846 91.102", model="Net") + "\n\n测试集：5000 张图片",
        "all are counts of 50000, so 5000 may have a 0 too few",
        "warning",
    ),
    none("accuracy-count", "counts", accuracies("TinyBERT(bs1) 92.66 92.32")),
    none("accuracy-count", "too coarse to tell", accuracies("TinyBERT(bs1) 93 92")),
    none("accuracy-count", "no data set", accuracies("x(bs1) 92.66 92.61", model="Net")),
    one("accuracy-cut-off", "808 of 872", accuracies("TinyBERT(bs1) 92.6 92.32"), "808/872"),
    none("accuracy-cut-off", "rounded", accuracies("TinyBERT(bs1) 92.7 92.32")),
    one("above-baseline", "six points of 872", accuracies("TinyBERT(bs1) 88.99 94.95"), "above its baseline"),
    none(
        "above-baseline",
        "another row's baseline",
        accuracies("TinyBERT_16(bs1) 86.70 86.58", "TinyBERT_32(bs1) 93.81 93.23"),
    ),
    none("above-baseline", "one sample", accuracies("TinyBERT(bs1) 92.32 92.43")),
    none("above-baseline", "below", accuracies("TinyBERT(bs1) 94.95 88.99")),
    one(
        "identical-rows",
        "three batch sizes",
        accuracies("TinyBERT(bs1) 92.66 92.32", "TinyBERT(bs4) 92.66 92.32", "TinyBERT(bs8) 92.66 92.32"),
        "3 rows",
        "note",
    ),
    one(
        "identical-rows",
        "two precisions to sixteen digits",
        fenced("# vacc fp16", "F1: 0.9590361445783132", "# vacc int8", "F1: 0.9590361445783132"),
        "2 rows",
        "warning",
    ),
    none(
        "identical-rows", "one differs", accuracies("TinyBERT(bs1) 92.66 92.32", "TinyBERT(bs4) 92.66 92.43")
    ),
    one(
        "unit-missing",
        "a bare throughput",
        "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0 |",
        "samples a second",
    ),
    none("unit-missing", "in the head", speeds("1 10.0")),
    none("unit-missing", "behind a deviation", "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 90±2 fps |"),
    none(
        "unit-missing",
        "in the row's head",
        "# Net\n\n| | 310P3 | T4 |\n|---|---|---|\n| throughput (FPS) | 812.5 | 402.5 |\n"
        "| Rank-1 (%) | 94.5 | 94.1 |\n",
    ),
    none("unit-missing", "in the cell", "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0fps |"),
    none(
        "unit-missing", "in the text", "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0 |\n\n性能单位：fps"
    ),
    one(
        "unit-mixed",
        "some with",
        "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0fps |\n| 2 | 11.0 |",
        "two units",
    ),
    one(
        "unit-mixed",
        "fraction and percent",
        accuracies("x(bs1) 92.6 92.1", "x(bs2) 92.6 0.921", model="Net").replace("(%)", ""),
        "0.921",
    ),
    none("unit-mixed", "one unit", "# Net\n\n| bs | 310P性能 |\n|---|---|\n| 1 | 10.0fps |\n| 2 | 11.0fps |"),
    one(
        "percent-fraction",
        "a sign too many",
        "# Net\n\n| bs | 310P精度 |\n|---|---|\n| 1 | 0.926% |",
        "0.926%",
    ),
    none("percent-fraction", "percent", "# Net\n\n| bs | 310P精度 |\n|---|---|\n| 1 | 92.6% |"),
    none("percent-fraction", "a fraction", "# Net\n\n| bs | 310P精度 |\n|---|---|\n| 1 | 0.926 |"),
    one(
        "io-names",
        "numbered",
        INPUTS + "| input1 | INT64 | batchsize x 128 | ND |\n\n" + fenced(ATC),
        "input1",
        "warning",
    ),
    one(
        "io-names",
        "the only input",
        INPUTS + "| input | INT64 | batchsize x 128 | ND |\n\n" + fenced(ONE_INPUT),
        "names image",
        "note",
    ),
    one(
        "io-names",
        "two of a graph of one",
        TWO_INPUTS + "\n" + fenced(ONE_INPUT),
        "input_ids, input_mask",
        "warning",
    ),
    none("io-names", "the same", TWO_INPUTS + "\n" + fenced(ATC)),
    one("io-shapes", "another length", TWO_INPUTS + "\n" + fenced(ATC.replace("128", "384")), "384"),
    none("io-shapes", "the same", TWO_INPUTS + "\n" + fenced(ATC)),
    none("io-shapes", "variables", TWO_INPUTS + "\n" + fenced(ATC.replace("128", "${seq}"))),
    one("io-dtypes", "floats", TWO_INPUTS.replace("INT64", "FLOAT32") + "\n" + fenced(ATC), "FLOAT32"),
    none("io-dtypes", "whole numbers", TWO_INPUTS + "\n" + fenced(ATC)),
    none(
        "io-dtypes",
        "an image model's floats",
        INPUTS + "| image | FLOAT32 | batchsize x 3 x 224 x 224 | NCHW |",
    ),
    one(
        "io-images",
        "in a text model's document",
        INPUTS + "| input | RGB_FP32 | batchsize x 3 x 84 x 84 | NCHW |\n\n" + fenced(ATC),
        "an image",
    ),
    none(
        "io-images", "in an image model's", INPUTS + "| input | RGB_FP32 | batchsize x 3 x 84 x 84 | NCHW |"
    ),
    one(
        "io-counts",
        "one of three folders",
        INPUTS + "| a | INT64 | batchsize x 8 | ND |\n\n输出：a, b, c三个文件夹",
        "names 3",
    ),
    one(
        "io-counts",
        "one output of a span",
        "# Net on SQuAD" + OUTPUTS + "| out | FLOAT32 | batchsize x 384 |",
        "start",
    ),
    none("io-counts", "all", TWO_INPUTS + "\n输出：input_ids, input_mask两个文件夹"),
    one(
        "io-outputs",
        "an axis too many",
        "# TinyBERT" + OUTPUTS + "| logits | FLOAT32 | batchsize x 4 x 51 |",
        "4 x 51",
    ),
    none(
        "io-outputs",
        "the model's",
        "# TinyBERT" + OUTPUTS + "| logits | FLOAT32 | batchsize x 2 |",
    ),
    one(
        "batch-names",
        "sixteen into bs1",
        fenced("python3 -m ais_bench --output_dirname bs1 --batchsize 16"),
        "bs1",
    ),
    none("batch-names", "the same", fenced("python3 -m ais_bench --output_dirname bs16 --batchsize 16")),
    none("batch-names", "a variable", fenced("python3 -m ais_bench --output_dirname bs${bs} --batchsize 16")),
    one(
        "files-made",
        "of a batch nobody built",
        fenced(
            "atc --model=net.onnx --output=net_bs1", "ais_bench --model net_bs16.om", before="生成 net.onnx"
        ),
        "net_bs16.om",
    ),
    none(
        "files-made",
        "what atc wrote",
        fenced(
            "atc --model=net.onnx --output=net_bs1", "ais_bench --model ./net_bs1.om", before="生成 net.onnx"
        ),
    ),
    none(
        "files-made",
        "what was downloaded",
        fenced("wget https://example.com/net.onnx", "atc --model=net.onnx --output=net_bs1"),
    ),
    none(
        "files-made",
        "a variable",
        fenced(
            "atc --model=net.onnx --output=net_bs${bs}",
            "ais_bench --model net_bs8.om",
            before="生成 net.onnx",
        ),
    ),
    one("shape-names", "two commands", fenced(ATC, ATC.replace("input_mask", "mask")), "mask"),
    one("shape-names", "not the exported ones", fenced(ATC, before="# SpanBERT"), "attention_mask"),
    none("shape-names", "one command twice", fenced(ATC, ATC)),
    one(
        "usage",
        "an argument too few",
        fenced("#bash run.sh <batch_size> <length>", "bash run.sh 384"),
        "1 of 2",
    ),
    none("usage", "as many", fenced("#bash run.sh <batch_size> <length>", "bash run.sh 1 384")),
    one(
        "chip-name",
        "twice Ascend",
        fenced("#该设备芯片名为Ascend310P3", "atc --soc_version=Ascend${chip_name}"),
        "AscendAscend310P3",
    ),
    none("chip-name", "once", fenced("#该设备芯片名为Ascend310P3", "atc --soc_version=${chip_name}")),
    none(
        "chip-name",
        "a name without it",
        fenced("#该设备芯片名为310P3", "atc --soc_version=Ascend${chip_name}"),
    ),
    one(
        "precision-flags",
        "no flag",
        ratios("1 30.0 20.0 1.50") + "\n\n" + fenced("trtexec --onnx=n.onnx"),
        "--fp16",
    ),
    none(
        "precision-flags",
        "fp16",
        ratios("1 30.0 20.0 1.50") + "\n\n" + fenced("trtexec --onnx=n.onnx --fp16"),
    ),
    none("precision-flags", "nothing beside it", fenced("trtexec --onnx=n.onnx")),
    one(
        "revisions",
        "two",
        fenced("url=https://example.com/a/net.git", "commit_id=aaaaaaaaaa")
        + "\n\n"
        + fenced(REPO, "cd net", "git checkout bbbbbbbbbb", before="## b"),
        "aaaaaaaaaa",
    ),
    none(
        "revisions",
        "one, and another repository's",
        fenced("url=https://example.com/a/net", "commit_id=aaaaaaaaaa")
        + "\n\n"
        + fenced(REPO, "git checkout aaaaaaa", REPO.replace("net", "tool"), "git checkout bbbbbbbbbb"),
    ),
    one(
        "versions",
        "two of torch",
        "| 配套 | 版本 |\n|---|---|\n| PyTorch | 1.8.0 |\n\n" + fenced("pip install torch==1.8.1"),
        "1.8.1",
    ),
    none(
        "versions",
        "one",
        "| 配套 | 版本 |\n|---|---|\n| PyTorch | 1.8.0 |\n\n" + fenced("pip install torch==1.8.0"),
    ),
    one("packages", "letters swapped", fenced("pip install transforemers[onnx]"), "'transformers'"),
    none("packages", "as they are called", fenced("pip3 install transformers[onnx] timm tokenizers==0.1")),
    none("packages", "a name of its own", fenced("pip install magiconnx")),
    # Two READMEs of Ascend/ModelZoo-PyTorch, Starnet_Resnet34 and RARE_MobileNetV3, print these two lines.
    one(
        "arithmetic",
        "Starnet_Resnet34",
        "throughput 1000*batchsize(16)/NPU_compute_time.mean(10.348920078277589): 112.53087529912726",
        "1546.06",
    ),
    none(
        "arithmetic",
        "RARE_MobileNetV3",
        "throughput 1000*batchsize(16)/NPU_compute_time.mean(10.348920078277589): 1546.0550355958437",
    ),
    one("arithmetic", "a product", "单卡吞吐率：12.5 * 4 = 51 fps", "50"),
    none("arithmetic", "a product", "单卡吞吐率：12.5 * 4 = 50 fps"),
    one(
        "arithmetic",
        "a mean of 0 in a block",
        fenced("1000*batchsize(16)/NPU_compute_time.mean(0): 112.5"),
        "divided by 0",
        "error",
    ),
    one("arithmetic", "a mean of 0 in the text", "1000*batchsize(16)/mean(0.0): 112.5", "divided by 0"),
    one("arithmetic", "a quotient by 0", "12.5 / 0 = 51 fps", "divided by 0"),
    none("arithmetic", "a product with 0", "12.5 * 0 = 0 fps"),
    one("sections", "one that is not there", "# Net\n\n## 3.1 a\n\n## 3.2 b\n\n通过 3.7 的脚本跑出", "3.7"),
    none("sections", "one that is", "# Net\n\n## 3.1 a\n\n## 3.2 b\n\n通过 3.2 的脚本跑出"),
    one("version-ranges", "a gap", "- `sdk version <= 1.5.0`\n- `sdk version >= 1.5.2`", "1.5.2"),
    none("version-ranges", "no gap", "- `sdk version <= 1.5.0`\n- `sdk version >= 1.5.1`"),
    one("ratio-follows", "of digits that are not printed", ratios("1 30 20 1.52"), "might follow", "note"),
    one(
        "difference-follows",
        "of digits that are not printed",
        DIFFERENCES + "| a | 92.5 | 92.1 | 0.37 |",
        "0.03",
        "note",
    ),
    one(
        "chip-name",
        "another chip than the tables'",
        speeds("1 10.0") + "\n\n" + fenced("atc --soc_version=Ascend310"),
        "converts for ascend310",
        "warning",
    ),
    none(
        "chip-name", "the tables' chip", speeds("1 10.0") + "\n\n" + fenced("atc --soc_version=Ascend310P3")
    ),
    one("score-range", "a lost point", "# Net\n\n| bs | 310P精度(%) |\n|---|---|\n| 1 | 9266 |", "9266"),
    none("score-range", "all", "# Net\n\n| bs | 310P精度(%) |\n|---|---|\n| 1 | 100 |"),
    # What looks like a mistake, and is none.
    none(
        "packages", "other packages of near names", fenced("pip install tensorboardX dataset onnxruntime-gpu")
    ),
    none("arithmetic", "the tail of a calculation", "1000/10.35*16 = 1545.89"),
    none("sections", "a version", "# Net\n\n## 3.1 a\n\n## 3.2 b\n\n用 Python 3.7 的脚本"),
    none(
        "io-dtypes",
        "a mask of floats",
        TWO_INPUTS.replace("INT64", "FLOAT32", 2).replace("FLOAT32", "INT64", 1),
    ),
    none(
        "io-images",
        "beside token inputs, as CLIP has it",
        TWO_INPUTS + "| image | RGB_FP32 | batchsize x 3 x 224 x 224 | NCHW |",
    ),
    none(
        "throughput-falls",
        "of two models, of two lengths",
        "# Net\n\n| 模型 | seq_length | Batch Size | 310P性能(fps) |\n|---|---|---|---|\n"
        "| a | 16 | 1 | 90.0 |\n| a | 16 | 16 | 99.0 |\n| a | 64 | 64 | 20.0 |\n| b | 16 | 64 | 30.0 |",
    ),
    none(
        "throughput-falls",
        "of models named beside the batch size",
        "# Net\n\n| 模型 | 310P性能(fps) |\n|---|---|\n| A bs1 | 90.0 |\n| B bs4 | 20.0 |",
    ),
    none(
        "precision-flags",
        "an engine built before",
        ratios("1 30.0 20.0 1.50")
        + "\n\n"
        + fenced("trtexec --onnx=n.onnx --fp16 --saveEngine=n.trt", "trtexec --loadEngine=n.trt"),
    ),
)

"""READMEs that trip, or must not trip, the rules of commands as a shell reads them and of what text says."""

from __future__ import annotations

from examples import Example, fenced, none, one, speeds

AIS = "python3 -m ais_bench --model net.om --input ./prep --output ./ --output_dirname out_bs8"
SCORE = "python3 score.py --result_dir {}/0.txt --label ./labels.txt"
BEST = "\n\n当batchsize为{}时OM模型性能最优，达 {} fps。"
SST2 = "# Net on SST-2\n\n"

EXACT = "{}\n\n| 模型 | 310P EM(%) | 310P F1(%) |\n|---|---|---|\n| net | {} | {} |\n"
PRINTED = (
    "# Net\n\n```\npython score.py\n```\n\n```\nAccuracy: {}\n```\n\n"
    "| Batch Size | 310P精度(%) |\n|---|---|\n| 1 | {} |\n"
)
LENGTHS = "# Net\n\n| Batch Size | seq_length | {} |\n|---|---|---|\n| 1 | 128 | {} |\n| 1 | 256 | {} |\n"
NAMED = "# Net\n\nThe {} is {} %.\n\n| 模型 | 310P {}(%) |\n|---|---|\n| net | {} |\n"

STEPS: tuple[Example, ...] = (
    one(
        "options-glued",
        "an option behind a file",
        fenced("atc --model=a.onnx--framework=5 --output=a"),
        "no blank stands before --framework",
        "error",
    ),
    one(
        "options-glued",
        "behind a quoted shape",
        fenced('atc --input_shape="x:1,3,32,32"--output=a --model=a.onnx'),
        "--output",
    ),
    one(
        "options-glued",
        "without an equals sign, known of another command",
        fenced("python run.py --batch 8--device 0", "python run.py --device 1"),
        "--device",
    ),
    one(
        "options-glued",
        "a backslash right behind a value, and no blank in the next line",
        fenced("atc --framework=5\\", "--model=a.onnx"),
        "joins them",
    ),
    none("options-glued", "a blank", fenced("atc --model=a.onnx --framework=5")),
    none("options-glued", "the next line is indented", fenced("atc --framework=5\\", "    --model=a.onnx")),
    none("options-glued", "a name with two strokes", fenced("python run.py --model models--net--base")),
    none("options-glued", "options for another program", fenced('bash run.sh --extra="--a=1 --b=2"')),
    none("options-glued", "a value that begins with strokes", fenced("bash run.sh --extra=--a=1")),
    none("options-glued", "a list's fence", "# Net\n\n- a\n\n  ```\n  atc --a=5\\\n    --b=6\n  ```"),
    one(
        "line-continued",
        "no backslash",
        fenced("atc --model=a.onnx", "    --framework=5 --output=a"),
        "ends without a backslash",
        "error",
    ),
    one(
        "line-continued",
        "in the midst",
        fenced("atc --model=a.onnx \\", "  --framework=5", "  --output=a \\", "  --log=error"),
        "--output=a",
    ),
    one(
        "line-continued",
        "all of them",
        fenced("atc --model=a.onnx", "  --framework=5", "  --output=a \\", "  --soc=b", "  --log=error"),
        "lines 4, 5 and 7 end without a backslash",
        "error",
    ),
    one(
        "line-continued",
        "a blank behind the backslash",
        fenced("atc --model=a.onnx \\ ", "    --framework=5"),
        "a blank stands behind the backslash that ends line 4",
        "error",
    ),
    none(
        "line-continued",
        "backslashes",
        fenced("atc --model=a.onnx \\", "  --framework=5 \\", "  --log=error"),
    ),
    none(
        "line-continued",
        "options that are explained",
        fenced("bash run.sh", "--model: a graph", "--bs 批大小"),
    ),
    none("line-continued", "a listing of files", fenced("ls -l", "-rw-r--r-- 1 a a 10 net.om")),
    none("line-continued", "options that no command stands above", fenced("--model a.onnx", "--framework 5")),
    none("line-continued", "a blank line between", fenced("bash run.sh", "", "--model a.onnx")),
    none("line-continued", "a quote that goes on", fenced('bash -c "run', '--a 1"')),
    none("line-continued", "the last line of a block", fenced("atc --model=a.onnx \\ ")),
    one(
        "option-dashes",
        "a dash of a word processor",
        fenced("python3 -m ais_bench –model a.om --batchsize 1"),
        "U+2013",
        "error",
    ),
    none("option-dashes", "strokes", fenced("python3 -m ais_bench --model a.om -b 1 # – all of it")),
    one(
        "not-replaced",
        "a variable without its sign",
        fenced("atc --model=a_bs${bs}.onnx", "python3 -m ais_bench --model a_bs{bs}.om"),
        "line 4 has before it",
        "warning",
    ),
    one(
        "not-replaced",
        "of a name that the text has",
        fenced("atc --soc_version={chip}", before="# Net\n\nnpu-smi prints ${chip}."),
        "write ${chip}",
    ),
    one(
        "not-replaced",
        "a loop's",
        fenced("for bs in 1 4 8; do", "  atc --model=a_bs{bs}.onnx", "done"),
        "line 4 lets a loop set",
        "warning",
    ),
    one("not-replaced", "a loop of one line", fenced("for bs in 1 4; do atc --output=a{bs}; done"), "{bs}"),
    one("not-replaced", "a loop of three", fenced("for bs in 1 4", "do", "  bash a.sh {bs}", "done"), "{bs}"),
    none(
        "not-replaced", "what a loop sets, with its sign", fenced("for b in 1 4; do atc --output=a$b; done")
    ),
    none(
        "not-replaced",
        "a loop of Python",
        fenced("for bs in (1, 4):", "    print(f'{bs}')", "bash run.sh {bs}"),
    ),
    none("not-replaced", "a list of what to fill in", fenced("url=https://e.org", "git clone {url}")),
    none("not-replaced", "places to fill in", fenced("git clone {url}", "atc --model=a_bs${bs}.onnx")),
    none("not-replaced", "braces of a shell", fenced("mkdir {bs}_{fp16,int8}", "echo ${fp16}")),
    one(
        "folder-names",
        "results under another name",
        fenced(AIS, SCORE.format("./result_bs8")),
        "line 4 writes ./out_bs8, which no step reads",
        "warning",
    ),
    one(
        "folder-names",
        "a letter too few",
        fenced(AIS.replace("out_bs8", "results"), SCORE.format("result")),
        "reads result/0.txt",
    ),
    one(
        "folder-names",
        "of two paths that a step reads the one that is like what was written",
        fenced(AIS, "python3 post.py --made=./outs_bs8/figures/ --result_dir=./outs_bs8"),
        "reads ./outs_bs8,",
    ),
    none("folder-names", "the same name", fenced(AIS, SCORE.format("./out_bs8"))),
    none("folder-names", "the same, of another batch", fenced(AIS, SCORE.format("./out_bs${bs}"))),
    none("folder-names", "a step makes it", fenced(AIS, "mkdir result_bs8", SCORE.format("./result_bs8"))),
    none(
        "folder-names",
        "the text names it",
        fenced(AIS, SCORE.format("./result_bs8"), before="# Net\n\nResults are in result_bs8."),
    ),
    none(
        "folder-names", "nothing of a like name", fenced(AIS, "python3 score.py --labels ./imagenet/val.txt")
    ),
    none(
        "folder-names",
        "two steps name it: the first may make it",
        fenced(AIS, "python3 decode.py --txt result_bs8", SCORE.format("./result_bs8")),
    ),
    none("folder-names", "a variable", fenced(AIS, SCORE.format("${result_bs8}"))),
    one(
        "batch-names",
        "a model's file, b and a number at its end",
        fenced("python infer.py --model kite_fp16_b8.om --batch-size 16"),
        "called after batch 8",
        "warning",
    ),
    none("batch-names", "the same", fenced("python infer.py --model kite_b16.om --batch-size 16")),
    none(
        "batch-names",
        "what the model is called in the text",
        fenced("python infer.py --model kite_b4.om --batch-size 16", before="# Kite\n\nKite-B0 to B7."),
    ),
    none(
        "batch-names",
        "what its checkpoint is called",
        fenced("python export.py kite_b4.pth", "python infer.py --model kite_b4.om --batch-size 16"),
    ),
    none(
        "batch-names",
        "a file that is no model",
        fenced("vamp --batch_size 22 --vdsp_params kite_b2-vdsp.json"),
    ),
    one(
        "best-batch-told",
        "another number than the table's",
        speeds("1 349.5", "4 320.0") + BEST.format(1, "359.5"),
        "the text gives 359.5 at batch 1, the table 349.5",
        "error",
    ),
    one(
        "best-batch-told",
        "another batch than the table's",
        speeds("1 349.5", "4 420.0") + BEST.format(1, "349.5"),
        "batch 4 has 420.0",
        "error",
    ),
    one(
        "best-batch-told",
        "without a number",
        speeds("1 349.5", "4 420.0") + "\n\nThe best batch size is 1.",
        "batch 4 has 420.0",
    ),
    one(
        "best-batch-told",
        "the best at a batch",
        speeds("1 349.5", "4 420.0") + "\n\nThe best performance is at batch 1.",
        "batch 4 has 420.0",
    ),
    one(
        "best-batch-told",
        "a number before its batch, behind a chip",
        speeds("1 500.0", "8 812.5") + "\n\nThe best throughput on 310P3 is 500 fps, at batch size 1.",
        "batch 8 has 812.5",
        "error",
    ),
    one(
        "best-batch-told",
        "a number behind the batch that is the best",
        speeds("1 300.0", "8 812.5") + "\n\nThe best batch size is 8 with 500 fps on 310P3.",
        "the text gives 500 at batch 8, the table 812.5",
    ),
    none(
        "best-batch-told",
        "the table's, each way",
        speeds("1 500.0", "8 812.5") + "\n\nThe best batch size is 8 with 812.5 fps on 310P3. "
        "The highest throughput is 812.5 fps, with a batch size of 8.",
    ),
    none(
        "best-batch-told",
        "the best at the table's",
        speeds("1 349.5", "4 420.0") + "\n\nThroughput is highest at a batch size of 4.",
    ),
    none("best-batch-told", "the table's", speeds("1 349.5", "4 420.0") + BEST.format(4, "420")),
    none("best-batch-told", "as good as the best", speeds("1 349.5", "4 349.9") + BEST.format(1, "349.5")),
    none("best-batch-told", "a batch that the table lacks", speeds("1 9.5", "4 9.9") + BEST.format(16, "12")),
    none(
        "best-batch-told", "rows of batch 1 and of the best", speeds("1 9.5", "4 9.9") + "\n\nbs1/最优bs 如下"
    ),
    none(
        "best-batch-told", "of another chip", speeds("1 9.5", "4 9.9") + "\n\nT4 上 batchsize 为 1 时性能最优"
    ),
    # The folder of a text without a file is the one that the tests run in, which holds more than READMEs.
    one(
        "requirements",
        "a file of nobody's",
        fenced("pip install -r of_nobody.txt"),
        "of_nobody.txt",
        "warning",
    ),
    none("requirements", "a file that is there", fenced("pip install -r pyproject.toml")),
    none(
        "requirements",
        "of a clone",
        fenced("git clone https://e.org/n", "cd n", "pip install -r of_nobody.txt"),
    ),
    none("requirements", "written before", fenced("wget https://e.org/a.txt", "pip install -r a.txt")),
    one(
        "data-set-counts",
        "others than the table's",
        SST2 + "SST-2 的验证集有 870 条样本。",
        "SST-2, development set has 872 samples",
        "warning",
    ),
    one("data-set-counts", "of the only data set", SST2 + "The test set has 1,821 sentences.", "1,821"),
    none("data-set-counts", "the table's", SST2 + "SST-2 的验证集有 872 条样本。"),
    none("data-set-counts", "of a part of it", SST2 + "取 SST-2 验证集前 100 条样本。"),
    none("data-set-counts", "of training", SST2 + "SST-2 has 67349 training sentences."),
    none("data-set-counts", "of another", SST2 + "Images: 50000 images."),
    one(
        "data-set-counts",
        "the first of two in a line",
        SST2 + "SST-2 的验证集有 870 条样本，ImageNet 验证集有 50000 张图片。",
        "counts 870",
    ),
    one(
        "data-set-counts",
        "the second of two that tables count",
        SST2 + "SST-2 has 872 samples, and SQuAD has 10560 questions.",
        "counts 10560; SQuAD",
    ),
    none(
        "data-set-counts",
        "of two, of which no table has one",
        SST2 + "SST-2 的验证集有 872 条样本，在ImageNet上验证集有 50000 张图片。",
    ),
    none(
        "data-set-counts",
        "of one that is named behind its number",
        SST2 + "SST-2 has 872 samples, beside 10000 images of CIFAR-10.",
    ),
    none("data-set-counts", "of two at once", SST2 + "SST-2 and SQuAD: the test set has 1821 sentences."),
    one(
        "exact-above-f1",
        "swapped, of questions",
        EXACT.format("# Net on SQuAD", "88.2", "81.4"),
        "exact match is 88.2",
        "error",
    ),
    one("exact-above-f1", "of anything else", EXACT.format("# Net", "88.2", "81.4"), "81.4", "warning"),
    none("exact-above-f1", "below", EXACT.format("# Net on SQuAD", "81.4", "88.2")),
    none("exact-above-f1", "equal", EXACT.format("# Net on SQuAD", "88.2", "88.2")),
    none(
        "exact-above-f1",
        "of two rows",
        EXACT.format("# Net on SQuAD", "-", "81.4") + "| base | 88.2 | - |\n",
    ),
    one("printed-result", "a slip", PRINTED.format("13.5877", "13.5477"), "printing 13.5877", "warning"),
    one("printed-result", "of one metric's name", PRINTED.format("76.51", "76.13"), "76.51"),
    one("printed-result", "a whole point off", PRINTED.format("76.35", "77.35"), "printing 76.35"),
    one(
        "printed-result",
        "of a table without batch sizes, as a share",
        "# Net\n\n| Model | top-1 |\n|---|---|\n| net | 77.35 % |\n\n```\ntop1 acc: 0.7635\n```\n",
        "has 77.35 %, and line 8 shows the script printing 0.7635",
        "warning",
    ),
    none("printed-result", "ten points off", PRINTED.format("66.35", "77.35")),
    none(
        "printed-result",
        "in another precision",
        PRINTED.replace("Accuracy", "int8 accuracy").format("76.35", "77.35"),
    ),
    none(
        "printed-result",
        "of one of several models",
        PRINTED.format("76.35", "77.35") + "| 1 | 71.35 |\n",
    ),
    none("printed-result", "rounded", PRINTED.format("76.1349", "76.13")),
    none("printed-result", "as a share", PRINTED.format("0.761349", "76.13")),
    none("printed-result", "cut off", PRINTED.format("76.1399", "76.13")),
    none("printed-result", "another metric", PRINTED.format("56.1399", "76.13")),
    none(
        "printed-result",
        "of a part of the data",
        PRINTED.replace("python score.py", "bash run.sh net 1 1000").format("76.51", "76.13"),
    ),
    none("printed-result", "a time", PRINTED.replace("Accuracy:", "mean time:").format("13.5877", "13.5477")),
    none("printed-result", "beside the very number", PRINTED.format("13.5877, 13.5477", "13.5477")),
    one(
        "metric-names", "text and table", NAMED.format("top-5", "71.58", "Top1", "71.58"), "71.58", "warning"
    ),
    one("metric-names", "head and cell", NAMED.format("mIoU", "0.7158", "mAP", "71.58"), "mIoU in line 3"),
    one(
        "metric-names",
        "at a sentence's end",
        NAMED.format("mAP", "41.2", "mIoU", "71.58") + "\nThe mAP of the model is 71.58.",
        "71.58",
    ),
    one("metric-names", "behind a colon", NAMED.format("mIoU", "71.58", "", "top1:71.58"), "mIoU in line 3"),
    one(
        "metric-names",
        "behind its number",
        NAMED.format("mAP", "90.25", "", "71.58/Top1 90.25/Top5"),
        "top-5",
    ),
    none(
        "metric-names",
        "of the number in front of it alone",
        NAMED.format("top-5", "90.25", "", "71.58/Top1 90.25/Top5"),
    ),
    none("metric-names", "a range", NAMED.format("mIoU", "0.955", "", "mAP@0.500:0.955")),
    none("metric-names", "the same name", NAMED.format("top-1", "71.58", "Top1", "71.58")),
    none("metric-names", "a word for any metric", NAMED.format("Acc", "71.58", "Top1", "71.58")),
    none("metric-names", "a short number", NAMED.format("top-5", "7.5", "Top1", "7.5")),
    none("metric-names", "of 0 at its ends", NAMED.format("top-5", "71.00", "Top1", "71.00")),
    one(
        "metric-names",
        "three digits of a block of JSON",
        NAMED.format("mAP", "41.2", "mIoU", "41.2").replace("mAP is", "score is")
        + '\n```json\n{\n  "map": 0.412\n}\n```\n',
        "0.412 is mAP here and 41.2 mIoU in line 7",
    ),
    none(
        "metric-names",
        "three digits among many numbers",
        NAMED.format("mAP", "41.2", "mIoU", "41.2")
        + "".join(f"| net{at} | {at}1.7 |\n" for at in range(2, 9))
        + "\nThe mAP is 11.3 % at first, then the mAP is 12.4 %.\n",
    ),
    none("metric-names", "two numbers", NAMED.format("top-1 71.58, top-5", "91.58", "Top1", "71.58")),
    one(
        "longer-is-faster",
        "of two rows",
        LENGTHS.format("310P性能(fps)", "250.0", "300.0"),
        "length 256 has 300.0",
        "warning",
    ),
    one(
        "longer-is-faster",
        "in less time",
        LENGTHS.format("310P时延(ms)", "25.0", "20.0"),
        "length 256 has 20.0",
    ),
    none("longer-is-faster", "slower", LENGTHS.format("310P性能(fps)", "300.0", "250.0")),
    none("longer-is-faster", "as fast", LENGTHS.format("310P性能(fps)", "300.0", "309.0")),
    none("longer-is-faster", "in more time", LENGTHS.format("310P时延(ms)", "20.0", "25.0")),
    none(
        "longer-is-faster",
        "another batch",
        LENGTHS.replace("| 1 | 256", "| 8 | 256").format("310P性能(fps)", "9.0", "15.0"),
    ),
    none(
        "longer-is-faster",
        "another model",
        LENGTHS.replace("Batch Size", "模型")
        .replace("| 1 | 256", "| small | 256")
        .format("310P性能(fps)", "9.0", "15.0"),
    ),
)

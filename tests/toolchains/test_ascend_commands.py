"""Every Ascend case's commands beside the documents' own lines; each difference has its reason.

The page is commands/ascend.md. ``ZOOCHECK_REGEN=1`` writes it anew; review what changed.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.tables import cases
from harness.toolchains.ascend import commands

PAGE = Path(__file__).parent / "commands" / "ascend.md"
CHIP_NAMES = {"ascend310": "310", "ascend310p": "310P3"}
SCRIPTS = "Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/tinybert"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A documented command, verbatim; `batch_size` where it spells one out."""

    text: str
    source: str
    batch_size: int | None = None


# The model, then build, infer, profile. ${...} and $1, $2 are the documents' own.
DOCUMENTED: dict[str, dict[str, Line]] = {
    "tinybert": {
        "build": Line(
            source=f"test/onnx2om.sh of {SCRIPTS} ($1 is the batch size, $2 the chip's name)",
            text="atc --input_format=ND --framework=5 --model=./TinyBERT_sim_bs$1.onnx "
            '--input_shape="input_ids:$1,64;segment_ids:$1,64;input_mask:$1,64" --output=TinyBERT_bs$1  '
            "--log=info --soc_version=Ascend$2 --out_nodes='Gemm_423:0' --optypelist_for_implmode=\"Gelu\" "
            "--op_select_implmode=high_performance",
        ),
        "infer": Line(
            source=f"test/ais_inference.sh of {SCRIPTS}",
            text="python3.7 -m ais_bench --model ./TinyBERT_bs$1.om "
            '--input "./bert_bin/input_ids,./bert_bin/segment_ids,./bert_bin/input_mask" '
            "--output ./result --outfmt TXT --batchsize $1",
        ),
        "profile": Line(
            source="ascend-tinybert.md",
            text="python3 -m ais_bench --model TinyBERT_bs1.om --loop 1000 --batchsize 1",
            batch_size=1,
        ),
    },
    "bert-large-ner": {
        "build": Line(
            source="ascend-bert-large-ner.md",
            text="atc --framework=5 --model=bert_large_bs${bs}_fix.onnx --output=bert_large_bs${bs}_fix "
            '--input_shape="input_ids:${bs},${seq_len};attention_mask:${bs},${seq_len};'
            'token_type_ids:${bs},${seq_len}" --soc_version=${chip_name} '
            '--optypelist_for_implmode="Gelu" --op_select_implmode=high_performance',
        ),
        "infer": Line(
            source="ascend-bert-large-ner.md",
            text='python -m ais_bench --model ./bert_large_bs${bs}_fix.om --input "./bert_bin/'
            "bert_bin_2022xxxx-xxxxxx/input_ids,./bert_bin/bert_bin_2022xxxx-xxxxxx/attention_mask,"
            './bert_bin/bert_bin_2022xxxx-xxxxxx/token_type_ids" --output ./bert-large-OUT/bs${bs} '
            "--batchsize ${bs} --outfmt NPY",
        ),
        "profile": Line(
            source="ascend-bert-large-ner.md",
            text="python -m ais_bench --model ./bert_large_bs${bs}_fix.om --batchsize ${bs} --loop 50",
        ),
    },
    "spanbert": {
        "build": Line(
            source="ascend-spanbert.md",
            text="atc --framework=5 --model=./spanBert_dynamicbs.onnx --output=./spanBert_bs1 "
            '--input_format=ND --input_shape="input_ids:1,512;token_type_ids:1,512;attention_mask:1,512" '
            "--log=error --soc_version=Ascend${chip_name}",
            batch_size=1,
        ),
        "infer": Line(
            source="ascend-spanbert.md",
            text="python3 -m ais_bench --model ./spanBert_bs1.om "
            '--input "./input_ids,./segment_ids,./input_mask" --output ./result/bs1 --outfmt BIN '
            "--batchsize 1",
            batch_size=1,
        ),
        "profile": Line(
            source="ascend-spanbert.md",
            text="python3 -m ais_bench --model /spanBert_bs16.om --output ./lcmout/ --output_dirname bs1 "
            "--outfmt BIN --batchsize 16 --loop 5",
            batch_size=16,
        ),
    },
}
WHY = {
    "python": "the interpreter is the one that ZOOCHECK_ASCEND_PYTHON names",
    "path": "a path in zoocheck's own folders",
    "batch": "the document spells out batch size {}; the case's goes in its place",
    "dirname": "the document writes the outputs of batch size 16 into `bs1`, a slip; ours says the case's",
}


def generated(case: Case) -> dict[str, list[str]]:
    """The case's commands with short paths."""
    folders = [f"inputs/{item.folder}" for item in case.model.inputs]
    return {
        "build": commands.build(
            case, graph="model.onnx", om="model",
            soc_version=commands.soc_version(CHIP_NAMES[case.chip.name]),
        ),
        "infer": commands.infer(
            case, python="python3", model="model.om", folders=folders, output="results"
        ),
        "profile": commands.profile(case, python="python3", model="model.om", output="outputs"),
    }  # fmt: skip


def filled(line: Line, case: Case) -> list[str]:
    """The documented line with its own variables replaced, as a shell would split it."""
    chip = CHIP_NAMES[case.chip.name]
    # bert-large-ner's text sets chip_name to Ascend310P3, SpanBERT's puts Ascend before it.
    text = line.text.replace("Ascend${chip_name}", f"Ascend{chip}").replace("${chip_name}", f"Ascend{chip}")
    for name, value in (
        ("${bs}", case.batch_size),
        ("${seq_len}", case.model.length),
        ("$1", case.batch_size),
    ):
        text = text.replace(name, str(value))
    return shlex.split(text.replace("$2", chip))


def options(argv: list[str]) -> dict[str, str]:
    """Options by name; what stands before them is ``""``. Their order is of no importance to either tool."""
    found, head, at = {}, [], 0
    while at < len(argv):
        name, equals, value = argv[at].partition("=")
        if not name.startswith("--"):
            head.append(argv[at])
        elif equals:
            found[name] = value
        else:
            at += 1
            found[name] = argv[at]
        at += 1
    return {"": " ".join(head), **found}


def differences(step: str, line: Line, ours: list[str], case: Case) -> Iterator[tuple[str, str, str, str]]:
    """(option, the document's value, ours, why) of every option that differs; an unexplained one fails."""
    theirs_by, ours_by = options(filled(line, case)), options(ours)
    assert theirs_by.keys() == ours_by.keys(), f"{case.id}: {step}: an option more, or less"
    for name, theirs in theirs_by.items():
        mine = ours_by[name]
        if theirs == mine:
            continue
        yield name, theirs, mine, _why(step, name, theirs, mine, line, case)


def _why(step: str, name: str, theirs: str, mine: str, line: Line, case: Case) -> str:
    if name == "" and re.fullmatch(r"python[\d.]* -m ais_bench", theirs):
        return WHY["python"]
    if name == "--input":
        parts = [[PurePosixPath(path).name for path in text.split(",")] for text in (theirs, mine)]
        assert parts[0] == parts[1], f"{case.id}: other folders, or another order"
        return WHY["path"]
    if name in ("--model", "--output"):
        return WHY["path"]
    if name == "--output_dirname":
        return WHY["dirname"]
    spelled = line.batch_size
    assert spelled is not None, f"{case.id}: {step}: {name} differs, and nobody knows why: {theirs}, {mine}"
    replaced = re.sub(rf"(?<![\d]){spelled}(?=,{case.model.length}|$)", str(case.batch_size), theirs)
    assert replaced == mine, f"{case.id}: {step}: {name} differs, and nobody knows why: {theirs}, {mine}"
    return WHY["batch"].format(spelled)


def ascend_cases(catalog: Catalog) -> list[Case]:
    return [
        case for case in cases.enumerate_cases(catalog) if case.chip.backend == "ascend" and case.documented
    ]


def page(catalog: Catalog) -> str:
    """The whole page."""
    lines = [
        "# The Ascend commands, beside the documents'",
        "",
        "Written by `ZOOCHECK_REGEN=1 pytest tests/toolchains/test_ascend_commands.py`; a test holds it to",
        "what `harness/toolchains/ascend/commands.py` makes. Options stand in another",
        "order than in the documents, which is of no importance to atc or ais_bench; quotes are the shell's.",
        "Paths are short here.",
    ]
    for model, documented in DOCUMENTED.items():
        lines += ["", f"## {model}", "", "The document's own lines:", ""]
        for step, line in documented.items():
            lines += [f"- {step}, from {line.source}:", "", "  ```", f"  {line.text}", "  ```", ""]
        for left_out in _left_out(catalog, model):
            lines += [f"Not applied: {left_out}.", ""]
        lines.pop()
        for case in ascend_cases(catalog):
            if case.model.name == model:
                lines += ["", f"### {case.id}", "", *_case(case, documented)]
    return "\n".join(lines) + "\n"


def _left_out(catalog: Catalog, model: str) -> list[str]:
    return [
        item
        for deployment in catalog.models[model].deployments
        if deployment.ascend is not None
        for item in deployment.ascend.not_applied
    ]


def _case(case: Case, documented: dict[str, Line]) -> Iterator[str]:
    ours = generated(case)
    yield "```"
    yield from (shlex.join(argv) for argv in ours.values())
    yield "```"
    yield ""
    for step, line in documented.items():
        for name, theirs, mine, why in differences(step, line, ours[step], case):
            yield f"- {step}: {f'`{name}` ' if name else ''}`{theirs}` is `{mine}`: {why}."


def test_the_page_is_what_is_generated(catalog: Catalog):
    """Each of the 24 documented cases, and no difference without a reason."""
    assert len(ascend_cases(catalog)) == 24
    text = page(catalog)
    if os.environ.get("ZOOCHECK_REGEN"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("model", DOCUMENTED)
def test_the_lines_are_the_documents_own(documents: Path, model: str):
    """Word for word, where the READMEs are at hand."""
    for line in DOCUMENTED[model].values():
        if line.source.endswith(".md"):
            text = (documents / line.source).read_text(encoding="utf-8")
            assert line.text in text


def test_the_timing_command_is_the_tables(catalog: Catalog):
    """`measured_with` of each deployment is the documented line that the commands are held to."""
    for model, documented in DOCUMENTED.items():
        for deployment in catalog.models[model].deployments:
            if deployment.ascend is not None:
                assert deployment.measured_with == documented["profile"].text


def test_a_card_that_is_not_the_first_is_named(catalog: Catalog):
    case = ascend_cases(catalog)[0]
    argv = commands.profile(case, python="python3", model="m.om", output="out", device=3)
    assert argv[3:7] == ["--model", "m.om", "--device", "3"]
    assert "--device" not in commands.profile(case, python="python3", model="m.om", output="out")

"""The commands of VACC and MLU370, each case's, held to golden files beside the documented ones."""

from __future__ import annotations

import ast
import json
import shlex
from pathlib import Path

import pytest
import yaml
from beside import COMMANDS, Flags, differences, flags, flat, held, section, unused
from making import make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.toolchains import loading
from harness.toolchains.magicmind import commands as magicmind
from harness.toolchains.vastai import commands as vastai
from harness.toolchains.worker_session import WORKERS

HEAD = """# {title}

What zoocheck runs, beside what {document} says. Every difference is explained.
Written by tests/toolchains/test_traced_commands.py; `ZOOCHECK_REWRITE_COMMANDS=1` rewrites it.
"""

# huggingface_bert_ner_{fp16,int8}.yaml, flat; {dtype} is the precision.
VASTAI_YAML = {
    "name": "bert_base_chinese_ner",
    "frontend.checkpoint": "/path/to/bert_base_zh_ner-256.torchscript.pt",
    "frontend.shape.input_ids": "[1, 256]",
    "frontend.shape.attention_mask": "[1, 256]",
    "frontend.shape.token_type_ids": "[1, 256]",
    "frontend.type": "pytorch",
    "frontend.dtype": "int64",
    "dataset.type": "tvm",
    "dataset.path": "/path/to/china-people-daily-ner-corpus/calib",
    "dataset.sampler.suffix": "NPZ",
    "dataset.sampler.get_data_num": "10",
    "backend.type": "tvm_vacc",
    "backend.dtype": "{dtype}",
    "backend.compile.cluster_mode": "0",
    "backend.quantize.calibrate_mode": "max",
    "backend.quantize.quantize_per_channel": "False",
    "backend.quantize.overflow_adaptive": "1",
    "backend.quantize.calibrate_range": "0.99999",
    "workspace.path": "./deploy_weights/",
}
VAMC = {
    Precision.FP16: "vamc compile ../huggingface/build_in/build/huggingface_bert_ner_fp16.yaml",
    Precision.INT8: "vamc compile ../huggingface/build_in/build/huggingface_bert_ner.yaml",
}
WHY_YAML = {
    "name": "names the folder of the set, and nothing in it; ours is the model's",
    "frontend.checkpoint": "a placeholder; ours lies beside the YAML, which holds no machine's path",
    "dataset.path": "a placeholder; the zoo's samples are not public, ours are the embedded corpus's first",
}
WHY_VAMC = {
    "command": "the path of the YAML alone; the README's int8 file is called ..._int8.yaml in the zoo"
}
WHY_VAMP = {
    "-m": "the set of the artifact",
    "--vdsp_params": "the same content, kept in the artifact",
    "--datalist": "the README leaves it out where only speed is measured",
    "--path_output": "the same: writing results is no part of the speed",
    "--device_id": "names the card; vamp's own default is 0",
}
SCRIPT = (
    "python ../../common/vsx/python/vsx_ner.py --data_list npz_datalist.txt "
    "--model_prefix_path ./deploy_weights/bert_base_chinese_ner/mod "
    "--device_id 0 --batch 1 --save_dir ./bert_out"
)

# gen_model/run.sh, called as the README calls it: ${magicmind_model} force_float32 1 true
GEN_MODEL = {
    "precision": "force_float32",
    "pt_input_dtypes": "INT32 INT32 INT32",
    "input_dtypes": "INT32 INT32 INT32",
    "dynamic_shape": "true",
    "magicmind_model": "${magicmind_model}",
    "type64to32_conversion": "true",
    "cluster_num": "6 8",
    "pytorch_pt": "${MODEL_PATH}/bert_squad_pytorch_384.pt",
    "input_dims": "1 384 1 384 1 384",
    "dim_range_min": "1 384 1 384 1 384",
    "dim_range_max": "64 384 64 384 64 384",
}
WHY_BUILD = {
    "precision": "the README's other documented precision",
    "magicmind_model": "a file of the artifact",
    "pytorch_pt": "traced at the case's batch size; export.py's is 16, and the builder sets the shape",
    "input_dims": "the batch size that the case is measured at; perf.sh builds one model each too",
}
WHY_MM_RUN = {
    "--magicmind_model": "the model of the artifact",
    "--devices": "the card of --device",
    "--batch_size": "a mutable model needs it (README); once an input, as benchmark/perf.sh gives it",
}


def cases(catalog: Catalog, model: str, chip: str) -> list[Case]:
    """Every documented one."""
    deployment = catalog.models[model].deployment(chip)
    return [
        make_case(catalog, model, chip, precision=precision, batch_size=size)
        for precision in deployment.precisions
        for size in deployment.batch_sizes
    ]


def vastai_text(catalog: Catalog) -> str:
    """The whole of vastai.md."""
    parts = [HEAD.format(title="Vastai VACC", document="`vastai-bert-chinese-ner.md`")]
    for case in cases(catalog, "bert-chinese-ner", "vacc"):
        recipe = vastai.recipe(case)
        documented = {key: value.format(dtype=case.precision) for key, value in VASTAI_YAML.items()}
        listed = "\n".join(f"{key}: {value}" for key, value in documented.items())
        command = shlex.join(vastai.compile_set())
        told = case.deployment.measured_with
        parts.append(f"## {case.id}\n")
        rows = differences({"command": VAMC[case.precision]}, {"command": command}, WHY_VAMC)
        parts.append(section("Compile", VAMC[case.precision], command, rows))
        rows = differences(documented, flat(recipe), WHY_YAML)
        parts.append(section("Its YAML (documented: flat)", listed, vastai.yaml(recipe), rows, "yaml"))
        for inputs in vastai.INPUTS:
            argv = vastai.vamp(
                case, prefix="SET/mod", vdsp=f"ARTIFACT/{vastai.VDSP}", inputs=inputs, device=0
            )
            # The README's line is for six; before compiler 1.5 there are three.
            theirs = told if inputs == 6 else told.replace(",[1,256],[1,256],[1,256]]", "]")
            rows = differences(flags(theirs), flags(argv), WHY_VAMP)
            before = "; the README prints six" if inputs == 3 else ""
            title = f"Throughput, a set of {inputs} inputs{before} (VSX_DISABLE_DEEPBIND=1, as documented)"
            parts.append(section(title, theirs, shlex.join(argv), rows))
        ours = "PYTHON workers/vastai.py JOB"
        parts.append(
            section("Inference", SCRIPT, ours, []).replace(
                "No difference.",
                "The script's calls and its six inputs are the worker's; files are npy, not npz.",
            )
        )
    return "\n".join(parts)


def build_flags(job: dict) -> Flags:
    """The builder's job as the flags of gen_model.py."""
    config = {key: value for document in job["config"][:-2] for key, value in document.items()}
    ranges = config["dim_range"].values()
    return {
        "precision": config["precision_config"]["precision_mode"],
        "pt_input_dtypes": " ".join(job["input_dtypes"]),
        "input_dtypes": " ".join(job["input_dtypes"]),
        "dynamic_shape": str(config["graph_shape_mutable"]).lower(),
        "magicmind_model": job["model"],
        "type64to32_conversion": str(job["config"][-2]["opt_config"]["type64to32_conversion"]).lower(),
        "cluster_num": " ".join(map(str, config["archs"][0]["mtp_372"])),
        "pytorch_pt": job["module"],
        "input_dims": " ".join(str(size) for dims in job["input_dims"] for size in dims),
        "dim_range_min": " ".join(str(size) for span in ranges for size in span["min"]),
        "dim_range_max": " ".join(str(size) for span in ranges for size in span["max"]),
    }


def listed_job(job: dict) -> str:
    """The job, a line a key, a line a document of its configuration."""
    lines = [f"{key}: {json.dumps(value)}" for key, value in job.items() if key != "config"]
    return "\n".join([*lines, "config:", *(f"  {json.dumps(document)}" for document in job["config"])])


def magicmind_text(catalog: Catalog) -> str:
    """The whole of magicmind.md."""
    parts = [HEAD.format(title="Cambricon MLU370", document="`cambricon-bert-squad.md`")]
    listed = "\n".join(f"--{key} {value}" for key, value in GEN_MODEL.items())
    for case in cases(catalog, "bert-squad", "mlu370"):
        job = magicmind.job(case)
        parts.append(f"## {case.id}\n")
        rows = differences(GEN_MODEL, build_flags(job), WHY_BUILD)
        title = (
            "Build: `bash run.sh ${magicmind_model} force_float32 1 true`, and the job of magicmind_build.py"
        )
        parts.append(section(title, listed, listed_job(job), rows, "text"))
        told = case.deployment.measured_with
        argv = magicmind.mm_run(case, model=f"ARTIFACT/{magicmind.MODEL}", device=0)
        rows = differences(flags(told), flags(argv), WHY_MM_RUN)
        parts.append(section("Throughput", told, shlex.join(argv), rows))
    return "\n".join(parts)


def test_vastais_commands_are_the_golden_ones(catalog: Catalog):
    """And explain every difference from the README's and the zoo's YAML, and nothing else."""
    text = vastai_text(catalog)
    assert [*unused(WHY_YAML, text), *unused(WHY_VAMC, text), *unused(WHY_VAMP, text)] == []
    held("vastai.md", text)


def test_magicminds_commands_are_the_golden_ones(catalog: Catalog):
    text = magicmind_text(catalog)
    assert [*unused(WHY_BUILD, text), *unused(WHY_MM_RUN, text)] == []
    held("magicmind.md", text)


def test_a_difference_without_a_reason_fails():
    with pytest.raises(AssertionError, match="--x: documented '1', generated '2': no reason"):
        differences({"--x": "1"}, {"--x": "2"}, {})


def test_golden_files_name_no_machines_paths():
    for name in ("vastai.md", "magicmind.md"):
        text = (COMMANDS / name).read_text(encoding="utf-8")
        assert "/tmp/" not in text
        assert str(Path.home()) not in text


def test_the_yaml_is_what_it_says(catalog: Catalog):
    """Read by a YAML parser, it is the recipe again."""
    for case in cases(catalog, "bert-chinese-ner", "vacc"):
        assert yaml.safe_load(vastai.yaml(vastai.recipe(case))) == vastai.recipe(case)


def test_workers_are_python_3_7():
    """What the vendors' READMEs ask for; nothing of zoocheck is imported."""
    for path in sorted(WORKERS.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
        imported = {
            name.name if isinstance(node, ast.Import) else str(node.module)
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not {name for name in imported if name.split(".")[0] == "harness"}, path.name


def test_what_is_not_verified_is_listed():
    for name in ("vastai", "magicmind"):
        assert loading.unverified(name)
        assert all(text and not text.endswith(".") for text in loading.unverified(name))

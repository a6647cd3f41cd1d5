"""Vastai's tools: the YAML that `vamc compile` takes, `vamp`, and the worker beside vaststreamx.

Sources, all of Vastai/VastModelZOO: the keys and values of the YAML are those of nlp/
named_entity_recognition/bert/huggingface/build_in/build/huggingface_bert_ner_{fp16,int8}.yaml, the order of
the traced arguments that of pt2torchscript.py beside it, the flags of vamp the README's; ``--device_id`` is
vamp's own manual's.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.domain.cases import Case
from harness.domain.models import InputRole
from harness.domain.precisions import Precision
from harness.toolchains.base import not_given
from harness.toolchains.script import JOB, PROFILE, Script, Shell, by_worker, in_stages

# In the folder that `vamc` runs in, which becomes the artifact. Relative: no file of it may hold its path.
YAML = "compile.yaml"
MODULE = "model.torchscript.pt"
CALIBRATION = "calibration"
WORKSPACE = "deploy_weights"
PREFIX = "mod"
SUFFIXES = (".json", ".params", ".so")  # the three-file set: graph, parameters, library
VDSP = "vdsp.json"  # ../../common/vamp_info/bert_vdsp.json of the README
VDSP_PARAMETERS = {"OpType": "BERT_EMBEDDING_OP"}

SAMPLES = 10  # of the calibration
TRACE_DTYPE = "int64"
# What the traced module takes, by position, and how the YAML calls it.
TRACED: Mapping[InputRole, str] = {
    InputRole.IDS: "input_ids",
    InputRole.MASK: "attention_mask",
    InputRole.SEGMENTS: "token_type_ids",
}
PRECISIONS = (Precision.FP16, Precision.INT8)  # of the document's two YAMLs
# How many inputs a compiled BERT takes: before compiler 1.5, and from it on.
INPUTS = (3, 6)
ENVIRONMENT = {"VSX_DISABLE_DEEPBIND": "1"}  # of vamp

WORKER, FINDER = "vastai.py", "vastai_set.py"
FIND = "find.json"  # what the finder is told
FOUND_PREFIX, FOUND_SHAPE = "set.prefix", "set.shape"  # what it says


def require(case: Case) -> None:
    """Raise `NotYet` where no module as the document's can be made of a case, and run as it is.

    The set's inputs go through an operator of the card before the network, an image's or BERT's, in the SDK
    (`vsx.Operator`) and in vamp (``--vdsp_params``): no public page says how both are given other tensors.
    """
    model = case.model
    if model.graph is not None:
        raise not_given(
            case,
            "vaststreamx and vamp feed a compiled set through an operator for images or for BERT's texts, "
            "and nothing public says how both are given a graph's own inputs",
        )
    if absent := sorted(set(TRACED) - {item.role for item in model.inputs}):
        raise not_given(
            case,
            f"a {model.encoder.family} takes no {', '.join(absent)}, and the document's module and its "
            "operator bert_vdsp take ids, mask and segments",
        )
    if len(model.outputs) != 1:
        named = " and ".join(output.name for output in model.outputs)
        raise not_given(
            case,
            f"the outputs are {named}, and the document's own program for a compiled set (vsx_ner.py) takes "
            "one",
        )
    if case.precision not in PRECISIONS:
        why = f"vamc is driven in {' and '.join(PRECISIONS)}, as documented; found {case.precision}"
        raise not_given(case, why, option="precision")


def recipe(case: Case) -> dict[str, Any]:
    """What the YAML says: the documented values, the case's name, dtype and length.

    The shape is one sample's whatever the batch size: that is chosen when the set is loaded.
    """
    return {
        "name": case.model.marker,
        "frontend": {
            "checkpoint": MODULE,
            "shape": {name: [1, case.model.tokens] for name in TRACED.values()},
            "type": "pytorch",
            "dtype": TRACE_DTYPE,
        },
        "dataset": {
            "type": "tvm",
            "path": CALIBRATION,
            "sampler": {"suffix": "NPZ", "get_data_num": SAMPLES},
        },
        "backend": {
            "type": "tvm_vacc",
            "dtype": str(case.precision),
            "compile": {"cluster_mode": 0},
            "quantize": {
                "calibrate_mode": "max",
                "quantize_per_channel": False,
                "overflow_adaptive": 1,
                "calibrate_range": 0.99999,
            },
        },
        "workspace": {"path": f"./{WORKSPACE}/"},
    }


def yaml(values: Mapping[str, Any]) -> str:
    """Nested mappings of numbers, booleans, plain words and lists of numbers as YAML."""
    return "\n".join(_lines(values, "")) + "\n"


def _lines(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key}: {str(value).lower() if isinstance(value, bool) else value}"


def compile_set() -> list[str]:
    """`vamc`, in the folder of the YAML."""
    return ["vamc", "compile", YAML]


def vamp(case: Case, *, prefix: Path | str, vdsp: Path | str, inputs: int, device: int) -> list[str]:
    """The documented benchmark of the set at `prefix`, which takes `inputs` inputs.

    Without ``--datalist`` and ``--path_output``, which the README leaves out where only speed is measured:
    reading and writing files is then no part of it. ``--device_id`` names the card; vamp's own default is 0.
    """
    return [
        "vamp", "-m", str(prefix), "--shape", shape(case, inputs), "--vdsp_params", str(vdsp),
        "--batch_size", str(case.batch_size), "--instance", "1", "--processes", "1",
        "--device_id", str(device),
    ]  # fmt: skip


def shape(case: Case, inputs: int) -> str:
    """vamp's ``--shape`` of a set with `inputs` inputs."""
    return f"[{','.join([f'[1,{case.model.tokens}]'] * inputs)}]"


def script(case: Case, *, device: int = 0) -> Script:
    """Compile, find the set and ask how many inputs it takes, run the worker on its job, time.

    What was found is read from the case's folder, seen from where the script lies.
    """
    prefix, found = (_content(case.id, name) for name in (FOUND_PREFIX, FOUND_SHAPE))
    timed = vamp(case, prefix=prefix, vdsp=VDSP, inputs=INPUTS[0], device=device)
    timed[timed.index("--shape") + 1] = found
    steps = in_stages(
        probe=[["vamc", "--version"], ["vamp", "--version"]],
        build=[compile_set(), by_worker(FINDER, FIND)],
        inference=by_worker(WORKER, JOB),
        profile=timed,
        env={PROFILE: ENVIRONMENT},
    )
    return Script(
        steps=steps,
        made=(WORKSPACE, FOUND_PREFIX, FOUND_SHAPE, JOB),
        workers=(WORKER, FINDER, "loop.py", "packages.py"),
    )


def _content(folder: str, name: str) -> Shell:
    """What a file of the case's folder holds, once the step before has written it."""
    return Shell(f'"$(cat {shlex.quote(folder)}/{name} 2>/dev/null)"')


def here(python: str, worker: Path, device: int) -> list[str]:
    """The worker's answer to whether the SDK is here, and card `device`."""
    return [python, str(worker), "--here", str(device)]


def inputs(python: str, worker: Path, prefix: Path, device: int) -> list[str]:
    """The worker's answer to how many inputs the set at `prefix` takes."""
    return [python, str(worker), "--inputs", str(prefix), str(device)]

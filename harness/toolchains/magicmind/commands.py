"""Cambricon's tools: the job of the MagicMind builder, `mm_run` and `cnmon`.

Sources, all of Cambricon/magicmind_cloud: the values are those that buildin/nlp/LanguageModeling/
bert_squad_pytorch/gen_model/run.sh gives, and the defaults of buildin/python_common/build_param.py where it
gives none; the JSON is what model_process.py beside that makes of them, in its order. ``mm_run`` is the
README's line with benchmark/perf.sh's ``--batch_size``, which a mutable model needs.

A graph as it is is parsed as ONNX and built at its one shape (`graph_shape_mutable` false), by the same
configuration: so framework_parser.py there parses one (`OnnxParser`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import NotYet
from harness.toolchains.compiled import sizes_of
from harness.toolchains.script import JOB, Script, by_worker, in_stages

# In the folder of the build, which becomes the artifact. Relative: no file of it may hold its path.
BUILD_JOB = "build.json"
MODULE, GRAPH = "model.pt", "model.onnx"
MODEL = "model.magicmind"
RESULT = "built.json"
BUILDER, RUNNER = "magicmind_build.py", "magicmind_run.py"

TRACE_DTYPE = "int64"  # export.py; the conversion to 32 bits makes the device's int32 of it
PRECISION_MODES: Mapping[Precision, str] = {
    Precision.FP32: "force_float32",
    Precision.FP16: "force_float16",
}
# By the dtype of a graph's input what the builder and the model have: of 64 bits, what the conversion makes.
DTYPES: Mapping[str, str] = {
    "float16": "FLOAT16", "float32": "FLOAT32", "int8": "INT8", "int16": "INT16", "int32": "INT32",
    "int64": "INT32", "uint8": "UINT8", "bool": "BOOL",
}  # fmt: skip
ARCHITECTURE = "mtp_372"  # MLU370
CLUSTERS = [6, 8]
SMALLEST_BATCH, LARGEST_BATCH = 1, 64


def job(case: Case) -> dict[str, Any]:
    """What the builder is told. Raises `NotYet` for a batch size outside the documented dynamic range."""
    if case.model.graph is not None:
        return _job(
            case, framework="onnx", module=GRAPH, dtypes=[DTYPES[item.dtype] for item in case.model.fed],
            dims=list(sizes_of(case).values()), mutable=(),
        )  # fmt: skip
    if not SMALLEST_BATCH <= case.batch_size <= LARGEST_BATCH:
        raise NotYet(
            f"{case.id}: the documented model takes batches of {SMALLEST_BATCH} to {LARGEST_BATCH}, "
            f"found {case.batch_size}",
            remedy="choose a smaller --bs",
            option="bs",
        )
    length, count = case.model.tokens, len(case.model.inputs)
    dim_range = {"min": [SMALLEST_BATCH, length], "max": [LARGEST_BATCH, length]}
    mutable = [{"dim_range": {str(number): dim_range for number in range(count)}}]
    return _job(
        case, framework="pytorch", module=MODULE, dtypes=["INT32"] * count,
        dims=[[case.batch_size, length]] * count, mutable=mutable,
    )  # fmt: skip


def module_of(case: Case) -> str:
    """The file that the builder is given: a traced module, or an ONNX graph."""
    return MODULE if case.model.graph is None else GRAPH


def _job(
    case: Case, *, framework: str, module: str, dtypes: Sequence[str], dims: Sequence[Sequence[int]],
    mutable: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """The builder's job; `mutable` says which sizes a mutable model takes, nothing of one that is none."""
    return {
        "framework": framework,
        "module": module,
        "model": MODEL,
        "result": RESULT,
        "input_dtypes": list(dtypes),
        "input_dims": [list(shape) for shape in dims],
        "mlu_archs": [ARCHITECTURE],
        "config": [
            {"precision_config": {"precision_mode": PRECISION_MODES[case.precision]}},
            {"archs": [{ARCHITECTURE: CLUSTERS}]},
            {"graph_shape_mutable": bool(mutable)},
            *mutable,
            {"computation_preference": "auto"},
            {"opt_config": {"type64to32_conversion": True}},
            {"opt_config": {"conv_scale_fold": False}},
        ],
    }


def build(python: str, worker: Path) -> list[str]:
    """The builder's worker, in the folder of the job."""
    return [python, str(worker), BUILD_JOB]


def here(python: str, worker: Path, device: int) -> list[str]:
    """The worker's answer to whether the SDK is here, and card `device`."""
    return [python, str(worker), "--here", str(device)]


def mm_run(case: Case, *, model: Path | str, device: int) -> list[str]:
    """The documented benchmark; ``--batch_size`` once an input of a mutable model, as perf.sh gives it."""
    sizes = [str(case.batch_size)] * len(case.model.inputs)  # none of a graph, which has one shape
    return [
        "mm_run", "--magicmind_model", str(model), "--devices", str(device), "--threads", "1",
        "--iterations", "1000", *(["--batch_size", *sizes] if sizes else []),
    ]  # fmt: skip


def cnmon() -> list[str]:
    """The table of all cards."""
    return ["cnmon"]


def script(case: Case, *, device: int = 0) -> Script:
    """Build through the SDK, run the worker on its job, time."""
    steps = in_stages(
        probe=[cnmon()],
        build=[by_worker(BUILDER, BUILD_JOB)],
        inference=by_worker(RUNNER, JOB),
        profile=mm_run(case, model=MODEL, device=device),
    )
    return Script(steps=steps, made=(MODEL, RESULT), workers=(BUILDER, RUNNER, "loop.py", "packages.py"))

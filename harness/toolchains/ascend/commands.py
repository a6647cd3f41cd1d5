"""The commands of the Ascend documents: npu-smi, atc, and ais_bench for results and for throughput.

What differs between the systems is data, `ascend` of a model's deployment; `tools` says it of a model that
has none, a graph as it is among them. The scripts that TinyBERT's document calls are test/onnx2om.sh and
test/ais_inference.sh of Ascend/ModelZoo-PyTorch, ACL_PyTorch/contrib/nlp/tinybert.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.cases import Case
from harness.domain.models import AscendTools
from harness.toolchains.ascend.files import folders_of, outfmt_of
from harness.toolchains.compiled import sizes_of
from harness.toolchains.script import PROFILE, PYTHON, RESULTS, Script, in_stages

ONNX = "5"  # atc's number for graphs in ONNX
GRAPH, OM = "model.onnx", "model.om"
LOOP = 100  # calls of a throughput where no document says how many; ais_bench's README has as many
_IMAGES = 4  # axes of an input that atc reads as images, unless it is told that it is none


def tools(case: Case) -> AscendTools:
    """What the case's document sets; where it sets nothing, what the zoo's READMEs have most often.

    That is ``--input_format``: NCHW of images, ND of anything else. Raises as `outfmt_of`.
    """
    found = None if case.deployment is None else case.deployment.ascend
    if found is not None:
        return found
    images = all(len(shape) == _IMAGES for shape in sizes_of(case).values())
    written = f"--input_format={'NCHW' if images else 'ND'}"
    return AscendTools(outfmt=outfmt_of(case.model), loop=LOOP, atc=(written,))


def soc_version(chip_name: str) -> str:
    """The chip's name as atc takes it: npu-smi's ``310P3`` is ``Ascend310P3``."""
    return f"Ascend{chip_name}"


def info() -> list[str]:
    """npu-smi's list of all cards."""
    return ["npu-smi", "info"]


def board(card: int) -> list[str]:
    """What npu-smi knows of one card, its firmware's version among it; `card` is its NPU number."""
    return ["npu-smi", "info", "-t", "board", "-i", str(card)]


def input_shapes(case: Case) -> str:
    """``input_ids:8,64;segment_ids:8,64;input_mask:8,64``; a scalar has no sizes to be told."""
    return ";".join(f"{name}:{','.join(map(str, shape))}" for name, shape in sizes_of(case).items() if shape)


def out_nodes(case: Case) -> tuple[str, ...]:
    """The names of the nodes that ``--out_nodes`` names; empty where the document gives none."""
    given = [item for item in tools(case).atc if item.startswith("--out_nodes=")]
    nodes = given[0].partition("=")[2].split(";") if given else []
    return tuple(node.rpartition(":")[0] for node in nodes)


def build(case: Case, *, graph: str, om: str, soc_version: str) -> list[str]:
    """atc from the ONNX file `graph` to ``<om>.om``."""
    return [
        "atc",
        f"--framework={ONNX}",
        f"--model={graph}",
        f"--output={om}",
        *([f"--input_shape={shapes}"] if (shapes := input_shapes(case)) else []),
        f"--soc_version={soc_version}",
        *tools(case).atc,
    ]


def infer(
    case: Case, *, python: str, model: str, folders: Sequence[str], output: str, device: int = 0
) -> list[str]:
    """ais_bench over the prepared folders, in the order of the model's inputs; results under `output`."""
    return [
        *_ais_bench(python, model, device),
        "--input", ",".join(folders),
        "--output", output,
        "--outfmt", str(tools(case).outfmt),
        "--batchsize", str(case.batch_size),
    ]  # fmt: skip


def profile(case: Case, *, python: str, model: str, output: str, device: int = 0) -> list[str]:
    """ais_bench without inputs, `loop` calls; `output` is used where the document writes outputs, too."""
    setting = tools(case)
    written = [
        "--output",
        output,
        "--output_dirname",
        f"bs{case.batch_size}",
        "--outfmt",
        str(setting.outfmt),
    ]
    return [
        *_ais_bench(python, model, device),
        *(written if setting.profile_output else []),
        "--batchsize", str(case.batch_size),
        "--loop", str(setting.loop),
    ]  # fmt: skip


def script(case: Case, *, soc_version: str, inputs: str, device: int = 0) -> Script:
    """The documents' steps from the graph on, over the documented files in the folder `inputs`."""
    folders = [f"{inputs}/{folder}" for folder in folders_of(case.model)]
    steps = in_stages(
        probe=[info()],
        build=[build(case, graph=GRAPH, om=OM.removesuffix(".om"), soc_version=soc_version)],
        inference=infer(case, python=PYTHON, model=OM, folders=folders, output=RESULTS, device=device),
        profile=profile(case, python=PYTHON, model=OM, output=PROFILE, device=device),
    )
    return Script(steps=steps, made=(OM, PROFILE), folders=(PROFILE,))


def _ais_bench(python: str, model: str, device: int) -> list[str]:
    """The part that every call has; card 0 is the tool's default, and the documents name none."""
    chosen = ["--device", str(device)] if device else []
    return [python, "-m", "ais_bench", "--model", model, *chosen]

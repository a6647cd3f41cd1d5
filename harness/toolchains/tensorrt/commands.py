"""NVIDIA's command lines: `trtexec` as the documents of T4 call it, and `nvidia-smi`.

The documented line is ``trtexec --onnx=TinyBERT_sim_bs${bs}.onnx --workspace=5000 --threads``; the document
of bert-large-ner prints no line, only the formula of its result. What is changed, and why:

- a graph of fixed shape takes no ``--shapes``: trtexec refuses them for a static model (its
  samples/common/sampleEngines.cpp), so batch and length are those that the graph was exported with. A graph
  as it is whose sizes cannot be fixed takes them, for its inputs that are open alone;
- from TensorRT 10 on ``--workspace`` is gone and ``--memPoolSize=workspace:N`` says the same, in MiB too
  (NVIDIA's guide for migrating trtexec from 8.x to 10.x);
- the build adds ``--saveEngine``, because outputs are read from the engine;
- ``--fp16`` is what the case's precision asks for, and in no document; TensorRT 11 has it no more (NVIDIA's
  guide for migrating trtexec from 10.x to 11.x);
- ``--device=N`` only where the card is not the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.errors import NotYet
from harness.toolchains.compiled import sizes_of
from harness.toolchains.script import BUILD, INFERENCE, JOB, PROFILE, Script, Shell, by_worker, in_stages

WORKSPACE_MIB = 5000  # as documented
GRAPH, ENGINE = "model.onnx", "model.engine"
# nvidia-smi numbers cards by PCI bus, CUDA by speed unless it is told (CUDA C++ Programming Guide).
ORDER = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
WORKER = "tensorrt.py"
PRECISIONS = (Precision.FP32, Precision.FP16)
_WITHOUT_WORKSPACE = 10  # the first major version without --workspace
_WITHOUT_FP16 = 11  # and without --fp16
# How a shell knows: the head of trtexec's output has ``[TensorRT v101601]`` for 10.16.1, ``v8403`` for 8.4.3.
_SPELLING = (
    "number=$(trtexec --help 2>&1 | sed -n 's/.*\\[TensorRT v\\([0-9]*\\)\\].*/\\1/p' | sed 1q)",
    f'if [ "${{number:-0}}" -ge {_WITHOUT_WORKSPACE}0000 ]; then',
    f"    workspace=--memPoolSize=workspace:{WORKSPACE_MIB}",
    "else",
    f"    workspace=--workspace={WORKSPACE_MIB}",
    "fi",
)

# Both are in every driver that TensorRT 7 to 10 run on; names as `nvidia-smi --help-query-gpu` lists them.
QUERIED = (
    "index", "name", "pci.bus_id", "driver_version", "vbios_version", "memory.total", "memory.used",
    "power.limit", "clocks.max.sm", "clocks.max.memory", "ecc.mode.current", "persistence_mode",
)  # fmt: skip


def cards(fields: Sequence[str] = QUERIED) -> list[str]:
    """Every card: a header of names, then a line a card."""
    return ["nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv"]


def monitor() -> list[str]:
    """The table, whose head names the driver and the CUDA version that it runs."""
    return ["nvidia-smi"]


def version() -> list[str]:
    """What makes trtexec print its version and nothing else of interest; it needs no card."""
    return ["trtexec", "--help"]


def build(
    case: Case, onnx: str, engine: str, *, version: str | None, device: int = 0, shaped: Sequence[str] = ()
) -> list[str]:
    """The documented line, and the engine kept; `version` is trtexec's, None for one that tells none (7).

    trtexec times what it has built, as documented, for three seconds: leaving that out is spelled otherwise
    in almost every version.
    """
    line = profile(case, onnx, version=version, device=device, shaped=shaped)
    return [*line, f"--saveEngine={engine}"]


def profile(
    case: Case, onnx: str, *, version: str | None, device: int = 0, shaped: Sequence[str] = ()
) -> list[str]:
    """The documented line: it builds from the graph and times what it built.

    `shaped` are the inputs whose sizes the graph leaves open: one profile, of the case's own.
    """
    line = ["trtexec", f"--onnx={onnx}", _workspace(version), "--threads"]
    if shaped:
        sizes = sizes_of(case)
        line.append("--shapes=" + ",".join(f"{name}:{'x'.join(map(str, sizes[name]))}" for name in shaped))
    if case.precision is Precision.FP16:
        line.append("--fp16")
    if device:
        line.append(f"--device={device}")
    return line


def script(case: Case, *, device: int = 0, shaped: Sequence[str] = ()) -> Script:
    """Build, run the worker on its job, time; trtexec's version is asked where the script runs.

    Raises as `require_precision`.
    """
    require_precision(case, None)
    old = _workspace(None)
    lines = (
        build(case, GRAPH, ENGINE, version=None, device=device, shaped=shaped),
        profile(case, GRAPH, version=None, device=device, shaped=shaped),
    )
    built, timed = ([Shell('"$workspace"') if word == old else word for word in line] for line in lines)
    steps = in_stages(
        probe=[cards()],
        build=[built],
        inference=by_worker(WORKER, JOB),
        profile=timed,
        env=dict.fromkeys((BUILD, INFERENCE, PROFILE), ORDER),
    )
    return Script(steps=steps, made=(ENGINE,), prelude=_SPELLING, workers=(WORKER, "loop.py"))


def require_precision(case: Case, version: str | None) -> None:
    """Raise `NotYet` where trtexec of `version` is not driven in the case's precision."""
    if not takes(case.precision, version):
        raise NotYet(
            f"{case.id}: trtexec runs fp32, as documented, and before TensorRT 11 fp16; "
            f"found {case.precision}",
            remedy="choose --precision fp32 or fp16",
            option="precision",
        )


def takes(precision: Precision, version: str | None) -> bool:
    """Whether trtexec makes a graph in fp32 into an engine in `precision`."""
    if precision is Precision.FP16:
        return _major(version) < _WITHOUT_FP16
    return precision in PRECISIONS


def _major(version: str | None) -> int:
    return 0 if version is None else int(version.partition(".")[0])


def _workspace(version: str | None) -> str:
    if _major(version) >= _WITHOUT_WORKSPACE:
        return f"--memPoolSize=workspace:{WORKSPACE_MIB}"
    return f"--workspace={WORKSPACE_MIB}"

"""Vastai VACC: `vamc` compiles a traced module, vaststreamx runs the three-file set, `vamp` times it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.domain.chips import Chip
from harness.errors import MachineError
from harness.tasks.layouts.general import OPERATOR
from harness.toolchains.asking import ask, told
from harness.toolchains.base import Availability, Available, GraphSource, Processor, Profile
from harness.toolchains.place import SIMULATED, Place, Toolchain
from harness.toolchains.profiling import profiled
from harness.toolchains.vastai import commands
from harness.toolchains.worker_session import WORKERS, WorkerSession
from harness.tools.process import Stage, ToolFailed, ToolTimedOut

if TYPE_CHECKING:
    from harness.artifacts.cache import Artifact

WORKER = WORKERS / "vastai.py"
LOG = "vamc.log"
NOT_TOLD = "not told"
# As the kernel module of the driver states it; the zoo's docs/doc_vaststream.md names the module.
DRIVER = Path("/sys/module/vastai_pci/version")
OF_THE_ARTIFACT = ("vamc", "vaststreamx")  # facts that decide what is built


class Backend:
    """Drives the tools of Vastai's VastStream toolchain."""

    any_shape = False
    computes_here: tuple[str, ...] = ()
    computes_on = Processor.NPU

    def require(self, case: Case) -> None:
        """Refuse a graph, and an encoder that is no module as the document's: `commands.require`."""
        commands.require(case)

    def probe(self, chip: Chip, device: int) -> Availability:
        """What `vamp`, `vamc` and vaststreamx say of themselves, and whether the SDK opens card `device`.

        Raises as `ask`. Any card that the SDK opens is taken: the documents name none.
        """
        toolchain = Toolchain(name="vastai", script=chip.environment)
        vamp, vamc = (_version(toolchain, tool) for tool in ("vamp", "vamc"))
        try:
            answer = ask(toolchain, commands.here(toolchain.python, WORKER, device))
        except ToolFailed as failure:
            remedy = (
                "name the interpreter that has vaststreamx in ZOOCHECK_VASTAI_PYTHON, and choose the card "
                "with --device"
            )
            raise type(failure)(
                failure.why, failure.finished, log=None, meaning=failure.meaning, remedy=remedy
            ) from None
        sdk = told(answer, WORKER.name)
        facts = {
            "vamc": _line(vamc),
            "vamp": _line(vamp),
            "vaststreamx": str(sdk.get("vaststreamx") or NOT_TOLD),
            "vendor_python": str(sdk.get("python") or NOT_TOLD),
            "driver": DRIVER.read_text(encoding="utf-8").strip() if DRIVER.is_file() else NOT_TOLD,
        }
        simulated = any(SIMULATED in text for text in (vamp, vamc, answer))
        return Available(device=f"{chip.title}, device {device}", facts=facts, simulated=simulated)

    def options(self, case: Case, place: Place) -> Mapping[str, Any]:
        """The YAML, how the module is traced, and the versions of compiler, SDK and libraries.

        The calibration samples are in the key already, where the precision takes them.
        """
        return {
            "yaml": commands.recipe(case),
            "traced": list(commands.TRACED),
            "tools": {name: place.facts.get(name, NOT_TOLD) for name in OF_THE_ARTIFACT},
            "libraries": {name: version(name) for name in ("torch", "transformers")},
        }

    def build(self, case: Case, source: GraphSource, out: Path, place: Place) -> Mapping[str, Any]:
        """Trace, write the calibration and the YAML, compile, find the set, ask how many inputs it takes.

        Raises as `Place.run`; `MachineError` for a compiler that ends well without a set.
        """
        difference, samples = lay_out(case, source, out)
        module = out / commands.MODULE
        log = place.run(place.command(commands.compile_set(), stage=Stage.BUILD, cwd=out))
        shutil.copyfile(log, out / LOG)
        prefix = _set_in(out, log)
        digest = hashlib.sha256(module.read_bytes()).hexdigest()
        module.unlink()  # as large as the set, and made again by the same key
        return {
            "prefix": prefix.relative_to(out).as_posix(),
            "input_count": _input_count(prefix, place),
            "module_sha256": digest,
            "calibration_samples": samples,
            "trace_max_abs_difference": difference,
        }

    def open(self, case: Case, artifact: Artifact, place: Place) -> WorkerSession:
        """The set, opened by vaststreamx in the vendor's interpreter."""
        more = {"input_count": artifact.facts["input_count"], **job_facts(case)}
        return WorkerSession(case, place, WORKER.stem, _prefix(artifact), more)

    def profile(self, case: Case, artifact: Artifact, place: Place) -> Profile:
        """`vamp` on the set, as documented. Raises as `profiled`."""
        argv = commands.vamp(
            case,
            prefix=_prefix(artifact),
            vdsp=artifact.path(commands.VDSP),
            inputs=artifact.facts["input_count"],
            device=place.device,
        )
        with place.scratch("vamp") as folder:
            command = place.command(argv, stage=Stage.PROFILE, cwd=folder, env=commands.ENVIRONMENT)
            return profiled(case, place, command, "vamp")

    def describe(self) -> Mapping[str, Any]:
        """What runs the calls."""
        return {"runtime": "vaststreamx, in the vendor's own interpreter"}


def job_facts(case: Case) -> dict[str, list[int]]:
    """What the worker has to know of the case's inputs and of its output."""
    roles = [item.role for item in case.model.inputs]
    return {"order": [roles.index(role) for role in OPERATOR], "output_shape": output_shape(case)}


def output_shape(case: Case) -> list[int]:
    """One sample's output: `commands.require` holds that there is one."""
    sizes = case.model.sizes(1)
    return [int(sizes.get(str(size), size)) for size in case.model.outputs[0].shape[1:]]


def lay_out(case: Case, source: GraphSource, out: Path) -> tuple[float, int]:
    """Write what `vamc` and `vamp` are given: module, calibration, YAML, the operator's parameters.

    The module's largest difference from torch, and how many calibration samples there are.
    """
    from harness.models.graphs import torchscript

    traced = source.trace(order=tuple(commands.TRACED), batch_size=1, dtype=commands.TRACE_DTYPE)
    torchscript.save(traced, out / commands.MODULE)
    samples = _write_calibration(case, source, out / commands.CALIBRATION)
    (out / commands.YAML).write_text(commands.yaml(commands.recipe(case)), encoding="utf-8")
    (out / commands.VDSP).write_text(json.dumps(commands.VDSP_PARAMETERS) + "\n", encoding="utf-8")
    return traced.max_abs_difference, samples


def _version(toolchain: Toolchain, tool: str) -> str:
    """What ``--version`` prints; a tool that does not know it does not tell, one that hangs is not there."""
    try:
        return ask(toolchain, [tool, "--version"])
    except ToolTimedOut:
        raise
    except ToolFailed:
        return NOT_TOLD


def _line(text: str) -> str:
    """The first line that says anything."""
    return next((line.strip() for line in text.splitlines() if line.strip()), NOT_TOLD)


def _write_calibration(case: Case, source: GraphSource, folder: Path) -> int:
    """An npz a sample, its arrays called as the YAML's inputs; how many there are."""
    import numpy as np

    folder.mkdir()
    names = {item.name: commands.TRACED[item.role] for item in case.model.inputs}
    samples = source.calibration()[: commands.SAMPLES]
    for at, sample in enumerate(samples):
        arrays = {names[name]: array.astype("int64") for name, array in sample.items()}
        np.savez(folder / f"{at:06d}.npz", **arrays)  # type: ignore[arg-type] # as in layouts
    return len(samples)


def _set_in(out: Path, log: Path) -> Path:
    """The prefix of the three-file set that `vamc` left; `MachineError` for none, or for several."""
    found = [path.with_suffix("") for path in (out / commands.WORKSPACE).rglob(f"{commands.PREFIX}.json")]
    whole = [
        prefix
        for prefix in found
        if all(prefix.with_suffix(suffix).is_file() for suffix in commands.SUFFIXES)
    ]
    if len(whole) == 1:
        return whole[0]
    wanted = ", ".join(f"{commands.PREFIX}{suffix}" for suffix in commands.SUFFIXES)
    lies = ", ".join(
        path.relative_to(out).as_posix() for path in sorted((out / commands.WORKSPACE).rglob("*.*"))
    )
    raise MachineError(
        f"vamc: ended with status 0 and left {len(whole)} sets of {wanted} under {commands.WORKSPACE}, "
        f"expected one; found {lies or 'nothing'}; log: {log}"
    )


def _input_count(prefix: Path, place: Place) -> int:
    """How many inputs the set takes; `MachineError` for a number that no compiler is documented to make."""
    python = place.toolchain.python
    argv = commands.inputs(python, WORKER, prefix, place.device)
    log = place.run(place.command(argv, stage=Stage.BUILD, cwd=place.folder))
    count = told(log.read_text(encoding="utf-8", errors="replace"), WORKER.name).get("input_count")
    if count not in commands.INPUTS:
        known = " or ".join(map(str, commands.INPUTS))
        raise MachineError(f"{prefix.name}: the set takes {count} inputs, expected {known}; log: {log}")
    return int(count)


def _prefix(artifact: Artifact) -> Path:
    return artifact.path(f"{artifact.facts['prefix']}.json").with_suffix("")

"""torch on a GPU, as far as there is none: the same path on torch's CPU, and the words of what is missing."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from making import forget_probes, make_case, make_place
from simulated import kit

from harness.artifacts.cache import ArtifactCache
from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.errors import GraphError, MachineError, NotThere, NotYet
from harness.kinds.runner import Runner
from harness.models.graphs.export import example_inputs, run_torch
from harness.running import building
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.toolchains import targets
from harness.toolchains.base import Available, Telling, Unavailable
from harness.toolchains.place import Toolchain
from harness.toolchains.targets import Target
from harness.toolchains.torch_cuda import backend
from harness.toolchains.torch_cuda import device as torch_device


class OnCpu:
    """torch's CPU where `Cuda` has a card: nothing is pinned, captured or counted."""

    def __init__(self, fault: Exception | None = None) -> None:
        import torch

        self.place = torch.device("cpu")
        self.fault = fault
        self.captured = 0

    def host(self, tensor: object) -> object:
        import torch

        return torch.empty_like(tensor)

    def capture(self, call: object) -> object:
        self.captured += 1
        call()
        return call

    def timed(self, steps: list) -> list[float]:
        if self.fault is not None:
            raise self.fault
        spent = []
        for step in steps:
            start = time.perf_counter()
            step()
            spent.append((time.perf_counter() - start) * 1e3)
        return spent

    def peak_bytes(self) -> int | None:
        return None


class OnCpuBackend(backend.Backend):
    """The backend, its sessions on `OnCpu`."""

    def open(self, case: Case, artifact: object, place: object) -> backend.CudaSession:
        return backend.bound(case, artifact, OnCpu())


class OnCpuMaterials(Materials):
    def target(self, case: Case) -> Target:
        return Target(
            origin=Origin.CHIP, backend_name="torch-cuda", backend=OnCpuBackend(), reason="a test",
            toolchain=Toolchain(name="torch-cuda"),
        )  # fmt: skip


@pytest.fixture
def materials(catalog: Catalog, tmp_path: Path) -> Materials:
    home = Home(root=tmp_path / "home", models=tmp_path / "none", data=tmp_path / "none")
    return OnCpuMaterials(catalog, home, Options(weights="mini", data="mini", limit=8), Silent())


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was found in this process is found once."""
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # the probe sets it: not beyond a test
    forget_probes()
    yield
    forget_probes()


def case_of(catalog: Catalog, precision: Precision, model: str = "tinybert", size: int = 4) -> Case:
    return make_case(catalog, model, "cuda", precision=precision, batch_size=size)


def session_of(materials: Materials, case: Case, device: object) -> backend.CudaSession:
    cache = ArtifactCache(materials.home.artifacts)
    made = building.artifact(cache, materials, case, materials.target(case), make_place())
    return backend.bound(case, made, device)


@pytest.mark.parametrize("precision", backend.PRECISIONS, ids=str)
@pytest.mark.parametrize("model", ["tinybert", "bert-squad"])
def test_outputs_are_the_eager_networks_within_the_bound(
    materials: Materials, catalog: Catalog, model: str, precision: Precision
):
    """On a batch other than the one that was bound; padding hides what it hides in the eager form."""
    case = case_of(catalog, precision, model)
    session = session_of(materials, case, OnCpu())
    vocabulary = materials.checkpoint(case.model).architecture.vocabulary
    batch = example_inputs(case.model, vocabulary=vocabulary, batch_size=4, seed=5)
    ours = session.run([batch[item.name] for item in case.model.inputs])
    theirs = run_torch(materials.network(case.model), case.model, batch)
    assert [array.dtype for array in ours] == [np.float32] * len(theirs)
    largest = max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))
    spread = np.concatenate([array.ravel() for array in theirs]).std()
    assert largest <= materials.catalog.precisions[precision].largest.most * spread
    assert (largest > 1e-4) is (precision in (Precision.FP16, Precision.BF16))  # and it is that precision


def test_a_case_runs_from_start_to_verdict(materials: Materials, catalog: Catalog, tmp_path: Path):
    """Accuracy, conformance and throughput of one case; what the session tells is in the result."""
    case = case_of(catalog, Precision.FP16)
    with closing(Store(f"sqlite:///{tmp_path / 'results.sqlite'}")) as store:
        runner = Runner(materials, store, "run")
        scored = runner.accuracy(case, Protocol.DOCUMENTED)
        same = runner.conformance(case)
    assert scored.verdict.kind is same.verdict.kind is VerdictKind.SURVIVES
    assert scored.measurement.detail["artifact"]["fused_max_abs_difference"] < 1e-4
    told = scored.measurement.detail["session"]
    assert (told["mode"], told["attention"], told["calls"]) == ("eager", "sdpa", 2)
    assert told["compute_ms"] > 0
    assert same.measurement.detail["contract"].endswith("names and inputs not told by the runtime")


def test_the_network_is_captured_once_and_timed_by_the_device(materials: Materials, catalog: Catalog):
    """Copy in, compute, copy out: three times of each call, of which the medians are told."""
    case, device = case_of(catalog, Precision.FP32), OnCpu()
    session = session_of(materials, case, device)
    assert isinstance(session, Telling)
    batch = example_inputs(case.model, vocabulary=200, batch_size=4)
    for _ in range(torch_device.SETTLED_CALLS + 2):
        session.run([batch[item.name] for item in case.model.inputs])
    assert device.captured == 1
    told = session.told()
    assert told["calls"] == torch_device.SETTLED_CALLS + 2
    assert {"copy_in_ms", "compute_ms", "copy_out_ms"} <= set(told)
    assert "peak_device_bytes" not in told  # nobody counted


def test_tf32_is_on_for_tf32_alone():
    """And as it was afterwards, whoever had set it."""
    import torch

    before = torch.get_float32_matmul_precision()
    for precision, expected in ((Precision.FP32, "highest"), (Precision.TF32, "high")):
        with torch_device.products_in(precision):
            assert torch.get_float32_matmul_precision() == expected
        assert torch.get_float32_matmul_precision() == before


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("memory", MachineError, "too little device memory to run: .*choose a smaller --bs"),
        ("CUDA error: an illegal memory access was encountered", MachineError, "the GPU failed to run: CUDA"),
        ("expected a tensor", GraphError, "torch cannot run the network: expected a tensor"),
    ],
)
def test_what_torch_says_becomes_an_error(
    materials: Materials, catalog: Catalog, fault: str, kind: type, said: str
):
    """A lost device is the machine's fault, never a case that falls short."""
    import torch

    problem = torch.OutOfMemoryError("CUDA out of memory") if fault == "memory" else RuntimeError(fault)
    case = case_of(catalog, Precision.FP32)
    session = session_of(materials, case, OnCpu(problem))
    batch = example_inputs(case.model, vocabulary=200, batch_size=4)
    with pytest.raises(kind, match=f"tinybert-cuda-bs4: {said}"):
        session.run([batch[item.name] for item in case.model.inputs])


def test_int8_is_refused(catalog: Catalog):
    case = case_of(catalog, Precision.INT8)
    with pytest.raises(NotYet, match="tinybert-cuda-int8-bs4: torch on a GPU runs fp32, tf32, fp16"):
        backend.Backend().require(case)


def test_without_nvidia_smi_the_cases_skip(catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
    """A local chip has no stand-in; the reason names what is missing, and what to do."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        NotThere, match="cuda: `nvidia-smi` not on PATH; install the NVIDIA driver and a CUDA"
    ):
        targets.resolve(catalog.chips["cuda"], "auto")


def test_a_torch_without_cuda_is_named(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """nvidia-smi answers, and torch is the CPU's: so it is on the machines that zoocheck is tested on."""
    import torch

    if torch.version.cuda is not None:
        pytest.skip("this torch is built for CUDA")
    bin_folder = kit.install(tmp_path, {"nvidia-smi": "nvidia_smi.py"})
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    answer = backend.Backend().probe(catalog.chips["cuda"], 0)
    assert answer == Unavailable(
        reason=f"torch {torch.__version__} is built without CUDA", remedy="install a CUDA build of torch"
    )
    lost = backend.Backend().probe(catalog.chips["cuda"], 3)
    assert isinstance(lost, Unavailable)
    assert "there is no card 3: nvidia-smi lists 0 (Tesla T4" in lost.reason


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"available": False}, "built for CUDA 13.0, finds no GPU"),
        ({"count": 0}, "there is no card 0 for torch: it sees 0 cards"),
        (
            {"name": "NVIDIA L4"},
            "nvidia-smi calls card 0 Tesla T4 (zoocheck-simulated), torch calls it NVIDIA L4",
        ),
        ({}, None),
    ],
)
def test_a_card_that_torch_cannot_use(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: dict, said: str | None
):
    """torch's own questions, answered in its place: no GPU is here to ask."""
    import torch

    known = {"available": True, "count": 1, "name": f"Tesla T4 ({kit.SIMULATED})", **seen}
    bin_folder = kit.install(tmp_path, {"nvidia-smi": "nvidia_smi.py"})
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setattr(torch, "version", SimpleNamespace(cuda="13.0"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: known["available"])
    monkeypatch.setattr(torch.cuda, "device_count", lambda: known["count"])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: known["name"])
    answer = backend.Backend().probe(catalog.chips["cuda"], 0)
    if said is None:
        assert isinstance(answer, Available)
        assert answer.simulated
        assert answer.facts["driver"] == "535.104.05"
        assert answer.facts["cuda"] == "12.2"
        assert answer.facts["power.limit"] == "70.00 W"
    else:
        assert said in answer.reason
        assert answer.remedy


def test_fused_attention_that_differs_is_an_error(
    materials: Materials, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """An attention that leaves the mask out is found before anything is scored."""
    fused = torch_device.fused

    def unmasked(architecture: object, inputs: object, precision: object) -> object:
        module = fused(architecture, inputs, precision)
        forward = module.forward
        module.forward = lambda ids, segments, mask: forward(ids, segments, mask * 0 + 1)
        return module

    monkeypatch.setattr(torch_device, "fused", unmasked)
    case = dataclasses.replace(case_of(catalog, Precision.FP16))
    with pytest.raises(GraphError, match="fused attention differs from the eager network by"):
        session_of(materials, case, OnCpu())


class Recorded:
    """torch.cuda in words: what was asked of it, in order. Of a GPU it shows nothing else."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        self.said: list[str] = []
        say, cuda = self.said.append, torch.cuda
        self.clock = 0

        class Event:
            def __init__(event, enable_timing: bool) -> None:
                assert enable_timing

            def record(event) -> None:
                self.clock += 1
                event.at = self.clock
                say("mark")

            def synchronize(event) -> None:
                say("wait")

            def elapsed_time(event, other: Event) -> float:
                return float(other.at - event.at)

        class Stream:
            def __init__(stream, place: object) -> None:
                pass

            def wait_stream(stream, other: object) -> None:
                say("one stream waits for the other")

        @contextmanager
        def within(what: str) -> Iterator[None]:
            say(f"begin {what}")
            yield
            say(f"end {what}")

        graph = SimpleNamespace(replay=lambda: say("replay"))
        for name, stand_in in {
            "set_device": lambda place: None, "reset_peak_memory_stats": lambda place: say("reset"),
            "Event": Event, "Stream": Stream, "current_stream": Stream, "CUDAGraph": lambda: graph,
            "stream": lambda stream: within("side stream"), "graph": lambda graph: within("capture"),
            "synchronize": lambda place: say("wait"), "max_memory_allocated": lambda place: 2**20,
        }.items():  # fmt: skip
            monkeypatch.setattr(cuda, name, stand_in)


def test_a_graph_is_captured_after_its_warm_up(monkeypatch: pytest.MonkeyPatch):
    """Warmed up on a side stream, captured once, replayed: the order that torch's notes ask for."""
    recorded = Recorded(monkeypatch)
    device = torch_device.Cuda(0)
    replay = device.capture(lambda: recorded.said.append("call"))
    joined = "one stream waits for the other"
    assert recorded.said == [
        "reset", joined, "begin side stream", *["call"] * torch_device.WARM_UP_CALLS, "end side stream",
        joined, "wait", "begin capture", "call", "end capture",
    ]  # fmt: skip
    replay()
    assert recorded.said[-1] == "replay"
    assert device.peak_bytes() == 2**20


def test_events_stand_around_every_step(monkeypatch: pytest.MonkeyPatch):
    """One more than steps; the host waits once, at the end."""
    recorded = Recorded(monkeypatch)
    device = torch_device.Cuda(0)
    recorded.said.clear()
    spent = device.timed([lambda: recorded.said.append("in"), lambda: recorded.said.append("out")])
    assert recorded.said == ["mark", "in", "mark", "out", "mark", "wait"]
    assert spent == [1.0, 1.0]


@pytest.fixture(scope="module")
def benchmark_of_cuda() -> object:
    """benchmarks/cuda.py, which is a script."""
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "cuda.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_cuda", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_benchmark_counts_the_products(benchmark_of_cuda: object, catalog: Catalog):
    """bert-large at length 512: 24 layers of 12 h^2 and 2 L h multiplications a token, by hand 335 Gflop."""
    model = catalog.models["bert-large-ner"]
    assert benchmark_of_cuda.operations(model.architecture, 512) == 2 * 512 * 24 * (12 * 1024**2 + 2**20)


def test_the_benchmark_says_that_there_is_no_gpu(
    benchmark_of_cuda: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """Status 2, and the reason with its remedy."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.argv", ["cuda.py"])
    assert benchmark_of_cuda.main() == 2
    assert "no GPU to measure: `nvidia-smi` not on PATH; install" in capsys.readouterr().err


def test_the_benchmark_measures_what_it_prints(
    benchmark_of_cuda: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """Its path on the CPU, TinyBERT at its documented size; an aim that is missed is told."""
    monkeypatch.setattr(benchmark_of_cuda, "AIM", ("tinybert", "fp32", 2, 100.0))
    options = SimpleNamespace(models="tinybert", bs="2", precision="fp32", calls=2, peak_size=256)
    [missed] = benchmark_of_cuda.run(options, OnCpu)
    assert "tinybert, fp32, batch 2: " in missed
    assert "the aim is 10000%" in missed
    said = capsys.readouterr().out
    assert re.search(r"tinybert +length 64 +fp32 batch 2 +[\d.]+ samples/s +[\d.]+ % of peak", said)

"""T4's two systems through TensorRT, on imitations of nvidia-smi, trtexec and the SDK."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from making import forget_probes, make_case
from simulated import kit

from harness.artifacts.cache import ArtifactCache
from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol
from harness.domain.precisions import Precision
from harness.errors import MachineError, NotThere, NotYet, ZoocheckError
from harness.kinds.runner import Runner
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Result, Store
from harness.toolchains import targets

SYSTEMS = ("tinybert", "bert-large-ner")
BATCH = 2
LIMIT = 3  # so that the last batch is filled up


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks on a shared machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def old_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same, of TensorRT 8.4: bindings instead of names, int32 instead of int64, --workspace."""
    monkeypatch.setenv("ZOOCHECK_SIMULATED_TENSORRT", "8.4.3")
    yield from _installed(tmp_path, monkeypatch, "tensorrt_packages")


@pytest.fixture
def provider_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No `tensorrt` in the vendor's Python, but an onnxruntime with its provider."""
    yield from _installed(tmp_path, monkeypatch, "onnxruntime_packages")


@pytest.fixture
def bare_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Tools alone: nothing in the vendor's Python runs an engine."""
    yield from _installed(tmp_path, monkeypatch, None)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The imitations on PATH, and the interpreter that has the imitated `tensorrt`."""
    yield from _installed(tmp_path, monkeypatch, "tensorrt_packages")


def _installed(folder: Path, monkeypatch: pytest.MonkeyPatch, packages: str | None) -> Iterator[Path]:
    bin_folder = kit.install(folder / "tools", kit.TOOLS["tensorrt"][0], packages)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    monkeypatch.setenv("ZOOCHECK_TENSORRT_PYTHON", str(bin_folder / "vendor-python"))
    monkeypatch.delenv(kit.VARIABLE, raising=False)
    forget_probes()
    yield bin_folder
    forget_probes()


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where engines lie that more than one test may use."""
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture
def runner(catalog: Catalog, tmp_path: Path, artifacts: Path) -> Iterator[Runner]:
    """The embedded checkpoints and corpora; T4 or nothing."""
    home = Home(root=tmp_path / "home", models=tmp_path / "none", data=tmp_path / "none")
    options = Options(target="chip", weights="mini", data="mini", limit=LIMIT, tool_timeout_s=120)
    with closing(Store(f"sqlite:///{tmp_path / 'results.sqlite'}")) as store:
        made = Runner(Materials(catalog, home, options, Silent()), store, "run")
        made.cache = ArtifactCache(artifacts)
        yield made


def t4(catalog: Catalog, model: str = "tinybert", precision: Precision = Precision.FP32) -> Case:
    return make_case(catalog, model, "t4", precision=precision, batch_size=BATCH)


def throughput(runner: Runner, case: Case) -> Result:
    timing = runner.timing(case)
    tools = timing.by_the_tool()
    return runner.record_throughput(timing, timing.elsewhere(), tools)


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.FP16], ids=str)
@pytest.mark.parametrize("model", SYSTEMS)
def test_a_system_end_to_end(catalog: Catalog, tools: Path, runner: Runner, model: str, precision: Precision):
    """Accuracy, throughput and conformance; every number is marked as simulated and none is compared."""
    case = t4(catalog, model, precision)
    scored = runner.accuracy(case, Protocol.DOCUMENTED)
    assert scored.verdict.kind is VerdictKind.SURVIVES
    found = scored.measurement
    assert (found.origin, found.provenance.backend, found.samples > 0) == (Origin.SIMULATED, "tensorrt", True)
    assert found.detail["session"]["runtime"] == "tensorrt 10.16.1+zoocheck-simulated"
    assert found.detail["artifact"]["documented"] is (precision is Precision.FP32)
    assert found.detail["driver"] == "535.104.05"
    same = runner.conformance(case)
    assert same.verdict.kind is VerdictKind.SURVIVES
    assert same.measurement.detail["contract"] == "as in the table"
    timed = throughput(runner, case)
    assert timed.verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "on a simulated tool" in timed.verdict.message
    tool = timed.measurement.detail["tool"]
    run = tool["run"]
    compute = next(item for item in run["latencies"] if item["name"] == "GPU Compute Time")
    assert timed.measurement.metrics["throughput"] == pytest.approx(1000 / (compute["mean_ms"] / BATCH))
    assert {"p90", "p95", "p99"} == set(compute["percentiles_ms"])
    assert compute["median_ms"] > 0
    assert run["queries_per_s"] > 0
    assert tool["our_samples_per_s"] > 0
    said = run["precision"]
    assert said == ("FP32" if precision is Precision.FP32 else "FP32+FP16")


def test_tensorrt_8_runs_the_same_cases(catalog: Catalog, old_tools: Path, runner: Runner):
    """Engines that know no int64: the contract is the table's all the same."""
    case = t4(catalog)
    scored = runner.accuracy(case, Protocol.DOCUMENTED)
    assert scored.verdict.kind is VerdictKind.SURVIVES
    assert scored.measurement.detail["session"]["runtime"].startswith("tensorrt 8.4.3")
    same = runner.conformance(case)
    assert (same.verdict.kind, same.measurement.detail["contract"]) == (
        VerdictKind.SURVIVES,
        "as in the table",
    )
    build = scored.measurement.detail["commands"][0]["argv"]
    assert build == [
        "trtexec", "--onnx=model.onnx", "--workspace=5000", "--threads", "--saveEngine=model.engine",
    ]  # fmt: skip


def test_onnxruntimes_provider_stands_in_for_the_sdk(catalog: Catalog, provider_tools: Path, runner: Runner):
    """And the result says that it was not trtexec's engine that was scored."""
    case = t4(catalog)
    scored = runner.accuracy(case, Protocol.DOCUMENTED)
    assert scored.verdict.kind is VerdictKind.SURVIVES
    told = scored.measurement.detail["session"]
    assert told["runtime"].endswith("(TensorrtExecutionProvider)")
    assert told["ran"] == "an engine that onnxruntime built of the same graph"
    assert runner.conformance(case).measurement.detail["contract"] == "as in the table"


def test_without_an_sdk_trtexec_times_and_outputs_skip(catalog: Catalog, bare_tools: Path, runner: Runner):
    """Throughput needs no Python; accuracy names the variable that would give it one."""
    case = t4(catalog)
    timed = throughput(runner, case).measurement
    assert timed.metrics["throughput"] > 0
    assert "latencies_ns" not in timed.raw
    with pytest.raises(
        NotThere,
        match=r"outputs cannot be read: .* has neither tensorrt nor onnxruntime .*; "
        r"name the interpreter .* in ZOOCHECK_TENSORRT_PYTHON",
    ):
        runner.accuracy(case, Protocol.DOCUMENTED)


# ----------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize("tool", sorted(kit.TOOLS["tensorrt"][0]))
def test_a_tool_that_is_missing_is_a_skip(catalog: Catalog, tools: Path, runner: Runner, tool: str):
    kit.remove(tools, tool)
    said = f"t4: `{tool}` not on PATH; install the NVIDIA driver and TensorRT, and put trtexec on PATH"
    with pytest.raises(NotThere, match=re.escape(said)):
        runner.accuracy(t4(catalog), Protocol.DOCUMENTED)
    assert targets.resolve(catalog.chips["t4"], "auto").origin is Origin.STAND_IN


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("other-chip", "card 0 is NVIDIA L4 (zoocheck-simulated), expected NVIDIA T4; choose another card"),
        ("exit", "nvidia-smi: exit status 3 after"),
        ("signal", "nvidia-smi: ended by SIGSEGV"),
        ("truncated-log", "nvidia-smi: nvidia_smi: there is no line `a line of values` after line 1"),
        ("disk-full", "nvidia-smi: exit status 1 after"),
    ],
)
def test_a_monitor_that_says_no_t4_leaves_the_stand_in(
    catalog: Catalog, tools: Path, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
):
    """Another GPU is named; one that fails is as good as none, and its failure is the reason."""
    monkeypatch.setenv(kit.VARIABLE, f"nvidia-smi:{fault}")
    target = targets.resolve(catalog.chips["t4"], "auto")
    assert target.origin is Origin.STAND_IN
    with pytest.raises(NotThere) as caught:
        targets.resolve(catalog.chips["t4"], "chip")
    assert said in str(caught.value)
    assert target.reason in str(caught.value)


def test_a_card_that_is_not_there(catalog: Catalog, tools: Path):
    with pytest.raises(
        NotThere, match=r"there is no card 5: nvidia-smi lists 0 \(Tesla T4.*choose one of them with --device"
    ):
        targets.resolve(catalog.chips["t4"], "chip", "", 5)


@pytest.mark.parametrize("precision", [Precision.INT8, Precision.TF32, Precision.BF16], ids=str)
def test_other_precisions_are_refused(catalog: Catalog, tools: Path, runner: Runner, precision: Precision):
    with pytest.raises(NotYet, match="trtexec runs fp32, as documented, and before TensorRT 11 fp16; found"):
        runner.conformance(t4(catalog, precision=precision))


# ----------------------------------------------------------------------------- what fails half-way


def error_of(runner: Runner, case: Case, kind: Kind, claim: Callable[[], object]) -> str:
    """What `claim` raises, which has to be an error of the case in the store, and no skip."""
    with pytest.raises(ZoocheckError) as caught:
        claim()
    assert not isinstance(caught.value, NotThere), "a tool that had been there is no skip"
    protocol = Protocol.DOCUMENTED if kind is Kind.ACCURACY else None
    result = runner.fail(case, kind, caught.value, protocol=protocol)
    assert result.verdict.kind is VerdictKind.ERROR
    assert result.measurement.origin is Origin.SIMULATED
    assert result.measurement.detail["commands"] or isinstance(caught.value, MachineError)
    return str(caught.value)


def in_a_hurry(runner: Runner) -> None:
    """Tools that hang are ended soon."""
    runner.materials.options = dataclasses.replace(runner.materials.options, tool_timeout_s=3.0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "trtexec: exit status 3 after .*told to fail"),
        ("hang", "trtexec: ended after its time limit of 3 s .build.; read its log for the cause, or raise"),
        ("hang-for-good", "trtexec: ended after its time limit of 3 s .build."),
        ("signal", "trtexec: ended by SIGSEGV"),
        (
            "truncated-log",
            "tinybert-t4-bs2: trtexec ended with status 0, but its log stops before `&&&& PASSED`",
        ),
        ("fewer-outputs", "tinybert-t4-bs2: trtexec ended with status 0 and left no model.engine; log: "),
        ("disk-full", "trtexec: exit status 1 after .*No space left on device"),
        ("other-chip", "tinybert-t4-bs2: trtexec ran on NVIDIA L4, expected NVIDIA T4; log: "),
    ],
)
def test_a_build_that_fails_is_an_error(
    catalog: Catalog, tools: Path, runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    fault: str, said: str,
):  # fmt: skip
    """And leaves no artifact: the next run builds again."""
    case = t4(catalog)
    runner.materials.target(case)  # the probe finds everything
    runner.cache = ArtifactCache(tmp_path / "artifacts")
    if fault.startswith("hang"):
        in_a_hurry(runner)
    monkeypatch.setenv(kit.VARIABLE, f"trtexec:{fault}")
    message = error_of(runner, case, Kind.CONFORMANCE, lambda: runner.conformance(case))
    assert re.search(said, message, re.DOTALL)
    assert runner.cache.list() == ()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "trtexec: exit status 3"),
        ("hang", "trtexec: ended after its time limit of 3 s .profile."),
        ("signal", "trtexec: ended by SIGSEGV"),
        ("truncated-log", "profile-trtexec.log: trtexec: there is no line `GPU Compute Time: min = X ms"),
        ("disk-full", "trtexec: exit status 1 after .*No space left on device"),
        ("other-chip", "tinybert-t4-bs2: trtexec ran on NVIDIA L4, expected NVIDIA T4; log: "),
    ],
)
def test_a_profile_that_fails_is_an_error(
    catalog: Catalog, tools: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
):
    """Half a log is no throughput, and another card's is not this one's."""
    case = t4(catalog)
    timing = runner.timing(case)
    if fault == "hang":
        timing = dataclasses.replace(timing, place=dataclasses.replace(timing.place, tool_timeout_s=3.0))
    monkeypatch.setenv(kit.VARIABLE, f"trtexec:{fault}")
    assert re.search(said, error_of(runner, case, Kind.THROUGHPUT, timing.by_the_tool), re.DOTALL)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("exit", "vendor-python: exit status 3 after .*told to fail"),
        ("hang", "vendor-python: ended after its time limit of 3 s .inference."),
        ("signal", "vendor-python: ended by SIGSEGV"),
        ("fewer-outputs", r"vendor-python: .*an output has shape \[1, 2\], expected \[2, ...\]"),
        ("swapped-samples", "tinybert-t4-bs2: outputs of samples in each other's place: 1 where 0 belongs"),
        ("nan", "tinybert-t4-bs2: .*NaN|nan"),
        ("disk-full", "vendor-python: exit status 1 after .*No space left on device"),
    ],
)
def test_outputs_that_cannot_be_scored_are_an_error(
    catalog: Catalog, tools: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
):
    """Never a low score."""
    case = t4(catalog)
    runner.conformance(case)  # the engine is built
    if fault == "hang":
        in_a_hurry(runner)
    monkeypatch.setenv(kit.VARIABLE, f"tensorrt:{fault}")
    message = error_of(runner, case, Kind.ACCURACY, lambda: runner.accuracy(case, Protocol.DOCUMENTED))
    assert re.search(said, message, re.DOTALL)


@pytest.mark.parametrize("tool", ["trtexec", "vendor-python"])
def test_a_tool_that_vanishes_is_an_error(
    catalog: Catalog, tools: Path, runner: Runner, tmp_path: Path, tool: str
):
    """It was there when the chip was probed: no skip hides that."""
    case = t4(catalog)
    runner.materials.target(case)
    if tool == "trtexec":
        runner.cache = ArtifactCache(tmp_path / "artifacts")
    else:
        runner.timing(case)  # the engine is built
    kit.remove(tools, tool)
    message = error_of(runner, case, Kind.CONFORMANCE, lambda: runner.conformance(case))
    assert message.startswith(f"{tool}: it was there when the chip was probed, and is gone: ")


# ----------------------------------------------------------------------------- the imitation itself


@pytest.mark.parametrize(
    ("version", "arguments", "said"),
    [
        ("10.16.1", ("--workspace=5000", "--threads"), "[E] Unknown option: --workspace 5000"),
        ("8.4.3", ("--memPoolSize=workspace:5000", "--threads"), "[E] Unknown option: --memPoolSize"),
        (
            "10.16.1",
            ("--memPoolSize=workspace:5000", "--threads", "--optShapes=a:2x64"),
            "option: --optShapes",
        ),
        ("10.16.1", ("--memPoolSize=workspace:5000",), "takes --onnx and --threads, as documented"),
    ],
)
def test_the_imitation_refuses_other_command_lines(
    tools: Path, monkeypatch: pytest.MonkeyPatch, version: str, arguments: tuple[str, ...], said: str
):
    monkeypatch.setenv("ZOOCHECK_SIMULATED_TENSORRT", version)
    done = subprocess.run(
        [tools / "trtexec", "--onnx=model.onnx", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stdout
    assert "&&&& FAILED TensorRT.trtexec" in done.stdout

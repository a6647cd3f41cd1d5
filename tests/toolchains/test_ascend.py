"""The three Ascend systems on imitated tools: end to end, and through every way in which a tool fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ascend_machine
import pytest
from ascend_machine import Machine
from making import make_case, make_home, make_place
from simulated import kit
from suites.zoo_runs import Zoo

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.domain.models import Protocol
from harness.errors import BadOutput, MachineError, NotThere, ParseError, ZoocheckError
from harness.kinds.runner import Runner
from harness.setting.home import Home
from harness.store.results import Store
from harness.toolchains import loading, targets
from harness.toolchains.ascend import backend as ascend
from harness.toolchains.ascend.unverified import UNVERIFIED

DOCUMENTED = Protocol.DOCUMENTED
SYSTEMS = {"tinybert": 20, "bert-large-ner": 10, "spanbert": 6}  # how many samples are enough here
LIMIT_S = 2.0  # of a tool that hangs

Make = Callable[..., Runner]


pytestmark = pytest.mark.usefixtures("at_the_machine")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Artifacts and references that tests need not build twice."""
    return make_home(tmp_path_factory.mktemp("ascend"))


@pytest.fixture
def make(catalog: Catalog, home: Home, store: Store) -> Make:
    def made(model: str = "tinybert", home: Home = home, **options: Any) -> Runner:
        return ascend_machine.runner(catalog, home, store, **{"limit": SYSTEMS[model], **options})

    return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Tells a tool its fault."""
    return lambda fault: monkeypatch.setenv(kit.VARIABLE, fault)


def throughput(runner: Runner, case: Case) -> Any:
    """As the suite does it."""
    timing = runner.timing(case)
    return runner.record_throughput(timing, tools=timing.by_the_tool(), ours=timing.elsewhere())


class TestProbe:
    def test_a_card_that_is_here(self, catalog: Catalog, machine: Machine):
        """What npu-smi, the toolkit's file and the vendor's interpreter say, and that they are imitations."""
        target = targets.resolve(catalog.chips["ascend310p"], "chip")
        facts = dict(target.facts)
        assert len(facts.pop("atc_sha256")) == 64
        assert facts.pop("python").startswith("3.")
        assert facts == {
            "chip_name": "310P3", "soc_version": "Ascend310P3", "npu-smi": f"22.0.2-{kit.SIMULATED}",
            "driver": "22.0.4", "firmware": "1.84.15.1.220", "CANN": ascend_machine.CANN,
            "ais_bench": f"0.0.2+{kit.SIMULATED}", "aclruntime": "not stated", "InferSession": "importable",
        }  # fmt: skip
        assert (target.origin, target.reason) == (Origin.SIMULATED, "Ascend310P3, card 0")

    def test_ascend310_differs_by_its_table_alone(self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("ZOOCHECK_SIMULATED_NPU", "310")
        target = targets.resolve(catalog.chips["ascend310"], "chip")
        assert target.facts["soc_version"] == "Ascend310"

    @pytest.mark.parametrize(
        ("fault", "health", "device", "says"),
        [
            ("npu-smi:other-chip", "OK", 0, "card 0 is a 910A, expected a 310P3; choose another card"),
            ("", "Alarm", 0, "card 0 is not healthy: npu-smi says Alarm, expected OK; see `npu-smi info"),
            (
                "",
                "OK",
                7,
                "there is no card 7: npu-smi lists 0 (310P3), 1 (310P3); choose one of them with --device",
            ),
            ("npu-smi:exit", "OK", 0, "npu-smi: exit status 3"),
            ("npu-smi:truncated-log", "OK", 0, "npu_smi: there is no line"),
        ],
    )
    def test_one_that_cannot_be_measured_says_why(
        self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, fault: str, health: str, device: int,
        says: str,
    ):  # fmt: skip
        """Another chip, a sick one, a card that is not listed, a tool that talks nonsense."""
        monkeypatch.setenv(kit.VARIABLE, fault)
        monkeypatch.setenv("ZOOCHECK_SIMULATED_NPU_HEALTH", health)
        with pytest.raises(NotThere) as absent:
            targets.resolve(catalog.chips["ascend310p"], "chip", device=device)
        assert str(absent.value).startswith("ascend310p: ")
        assert says in str(absent.value)
        if device:  # nothing stands in for a card that was asked for by its number
            with pytest.raises(NotThere, match=re.escape(says)):
                targets.resolve(catalog.chips["ascend310p"], "auto", device=device)
        else:
            assert targets.resolve(catalog.chips["ascend310p"], "auto").origin is Origin.STAND_IN

    def test_an_interpreter_without_ais_bench(self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("ZOOCHECK_ASCEND_PYTHON", "python3")
        monkeypatch.delenv("PYTHONPATH", raising=False)
        with pytest.raises(
            NotThere, match=r"ais_bench cannot be imported by python3: .*; install it there, or name"
        ):
            targets.resolve(catalog.chips["ascend310p"], "chip")

    def test_no_tools_at_all(self, catalog: Catalog, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("ZOOCHECK_ASCEND_ENV")
        with pytest.raises(
            NotThere, match=r"`npu-smi`, `atc` not on PATH; .*source the toolkit's set_env.sh"
        ):
            targets.resolve(catalog.chips["ascend310p"], "chip")

    def test_what_is_not_verified_is_said(self):
        """`zoocheck doctor` lists it, and of a backend that says nothing, nothing."""
        assert loading.unverified("ascend") == UNVERIFIED
        assert all(isinstance(fact, str) and fact for fact in UNVERIFIED)
        assert loading.unverified("onnxruntime") == loading.unverified("no-such-toolchain") == ()


class TestEndToEnd:
    @pytest.mark.parametrize("model", SYSTEMS)
    def test_accuracy(self, make: Make, catalog: Catalog, model: str):
        """Every sample through atc and ais_bench by the documented files; 8 divides none of the counts."""
        runner = make(model)
        case = make_case(catalog, model, "ascend310p", batch_size=8)
        result = runner.accuracy(case, DOCUMENTED)
        assert result.verdict is not None
        assert result.verdict.kind is VerdictKind.SURVIVES, result.verdict.message
        assert result.measurement.origin is Origin.SIMULATED
        assert result.measurement.detail["flips"] == 0
        assert result.measurement.detail["max_abs_difference"] < 1e-4
        stages = [command["stage"] for command in result.measurement.detail["commands"]]
        assert stages[-1] == "inference"

    @pytest.mark.parametrize("model", SYSTEMS)
    def test_conformance(self, make: Make, catalog: Catalog, model: str):
        """Parity, and the contract by the vendor's own Python, whatever the compiler calls the outputs."""
        result = make(model).conformance(make_case(catalog, model, "ascend310p", batch_size=8))
        assert result.verdict is not None
        assert result.verdict.kind is VerdictKind.SURVIVES
        assert result.measurement.detail["contract"] == "as in the table"

    @pytest.mark.parametrize(("model", "loop"), [("tinybert", 1000), ("bert-large-ner", 50), ("spanbert", 5)])
    def test_throughput(self, make: Make, catalog: Catalog, model: str, loop: int):
        """By the tool, with our clock beside it; an imitation's is never compared."""
        result = throughput(make(model), make_case(catalog, model, "ascend310p", batch_size=1))
        assert result.verdict is not None
        assert result.verdict.kind is VerdictKind.NOT_COMPARABLE
        detail = result.measurement.detail
        assert detail["tool"]["formula"] == "1000 x batch size / mean NPU compute time"
        assert detail["tool"]["run"]["count"] == result.measurement.samples == loop
        assert detail["clock"].endswith("in a process of its own")
        assert len(result.measurement.raw["latencies_ns"]) == detail["calls"]

    def test_the_artifact_keeps_the_graph_and_the_log(self, make: Make, catalog: Catalog):
        """And says which documented step is left out."""
        runner = make("bert-large-ner")
        case = make_case(catalog, "bert-large-ner", "ascend310p", batch_size=8)
        runner.conformance(case)
        (artifact,) = [
            found
            for key, _ in runner.cache.verify()
            if (found := runner.cache.find(key)) is not None
            and (found.recipe["model"], found.recipe["batch_size"]) == (case.model.name, 8)
            and found.recipe["backend"] == "ascend"  # beside torch's own outputs
        ]
        assert set(artifact.files) == {"model.onnx", "model.om", "atc.log"}
        assert "ATC run success" in artifact.path("atc.log").read_text()
        assert artifact.facts["not_applied"][0].startswith("BertBigKernelOptimizer of MagicONNX")

    def test_another_card(self, make: Make, catalog: Catalog):
        """--device goes to ais_bench; the .om is the same."""
        runner = make(device=1)
        result = runner.accuracy(make_case(catalog, "tinybert", "ascend310p", batch_size=8), DOCUMENTED)
        argv = result.measurement.detail["commands"][-1]["argv"]
        assert argv[argv.index("--device") + 1] == "1"

    def test_without_the_python_interface_the_tool_alone_times(
        self, make: Make, catalog: Catalog, machine: Machine
    ):
        """Then there is no clock of ours, and nobody says the contract."""
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=1)
        runner = make()
        timing = runner.timing(case)
        facts = {**timing.target.facts, "InferSession": "ImportError: libascendcl.so"}
        place = make_place(timing.place.folder, toolchain="ascend", facts=facts)
        session = ascend.AisBenchSession(case, place, timing.artifact.path(ascend.OM))
        assert session.time_batch(timing.inputs) is None
        assert session.contract() is None

    def test_a_batch_size_of_another_run_is_another_artifact(self, make: Make, catalog: Catalog):
        """And so is another chip, CANN or atc; another card is not."""
        runner, backend = make(), ascend.Backend()
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=8)
        facts = dict(targets.resolve(case.chip, "chip").facts)
        options = backend.options(case, make_place(facts=facts))
        assert options == backend.options(case, make_place(facts=facts, device=1))
        for fact in ("soc_version", "CANN", "atc_sha256"):
            assert options != backend.options(case, make_place(facts={**facts, fact: "another"}))
        assert runner.materials.options.device == 0


ACCURACY: dict[str, tuple[type[ZoocheckError], str]] = {
    "exit": (MachineError, "ais_bench: exit status 3"),
    "hang": (MachineError, "ais_bench: ended after its time limit of 2 s"),
    "hang-for-good": (MachineError, "ais_bench: ended after its time limit of 2 s"),
    "signal": (MachineError, "ais_bench: ended by SIGSEGV"),
    "truncated-log": (ParseError, "ais_bench: there is no line `throughput 1000*batchsize"),
    "fewer-outputs": (BadOutput, r"missing (1): input19_0.txt"),
    "swapped-samples": (BadOutput, "outputs of samples in each other's place: 19 where 0 belongs"),
    "nan": (BadOutput, r"with a NaN or an infinity (1): input0_0.txt"),
    "disk-full": (MachineError, "No space left on device"),
    "other-chip": (MachineError, "an inner error of the toolkit"),
}
BUILD: dict[str, tuple[type[ZoocheckError], str]] = {
    "exit": (MachineError, "atc: exit status 3"),
    "hang": (MachineError, "atc: ended after its time limit of 2 s"),
    "signal": (MachineError, "atc: ended by SIGSEGV"),
    "truncated-log": (ParseError, "atc: there is no line `ATC run success"),
    "disk-full": (MachineError, "No space left on device"),
    "other-chip": (MachineError, "an argument of the tool has a value that it refuses"),
}
PROFILE = {
    fault: expected
    for fault, expected in ACCURACY.items()
    if fault not in ("fewer-outputs", "swapped-samples", "nan")  # there are no outputs
}


def limit_s(fault: str) -> float | None:
    """Only what hangs is hurried: a slow machine is no fault."""
    return LIMIT_S if fault.startswith("hang") else None


def fails(runner: Runner, case: Case, kind: Kind, claim: Callable[[], object]) -> tuple[ZoocheckError, Any]:
    """What `claim` raises, recorded as the suite records it."""
    with pytest.raises(ZoocheckError) as raised:
        claim()
    assert not isinstance(raised.value, NotThere), "a failure, not a skip"
    protocol = DOCUMENTED if kind is Kind.ACCURACY else None
    return raised.value, runner.fail(case, kind, raised.value, protocol=protocol)


class TestFaults:
    def test_every_fault_is_tried(self):
        """`swapped-outputs` needs two outputs: see below."""
        assert {*ACCURACY, "swapped-outputs"} == set(kit.FAULTS)

    @pytest.mark.parametrize("fault", ACCURACY)
    def test_inference(self, make: Make, catalog: Catalog, told: Callable[[str], None], fault: str):
        """An error that says what happened, the command with it; then the next case goes on."""
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=8)
        make().timing(case)  # built, and the probe answered
        runner = make(tool_timeout_s=limit_s(fault))
        told(f"ais_bench:{fault}")
        kind, says = ACCURACY[fault]
        problem, result = fails(runner, case, Kind.ACCURACY, lambda: runner.accuracy(case, DOCUMENTED))
        assert isinstance(problem, kind)
        assert says in str(problem)
        assert result.verdict.kind is VerdictKind.ERROR
        assert result.measurement.detail["commands"][-1]["stage"] == "inference"
        told("")
        assert make().accuracy(case, DOCUMENTED).verdict.kind is VerdictKind.SURVIVES  # type: ignore[union-attr]

    @pytest.mark.parametrize("fault", PROFILE)
    def test_throughput(self, make: Make, catalog: Catalog, told: Callable[[str], None], fault: str):
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=8)
        make().timing(case)
        runner = make(tool_timeout_s=limit_s(fault))
        timing = runner.timing(case)
        told(f"ais_bench:{fault}")
        kind, says = PROFILE[fault]
        problem, result = fails(runner, case, Kind.THROUGHPUT, timing.by_the_tool)
        assert isinstance(problem, kind)
        assert says in str(problem)
        assert result.verdict.kind is VerdictKind.ERROR

    @pytest.mark.parametrize("fault", BUILD)
    def test_build(
        self, make: Make, catalog: Catalog, told: Callable[[str], None], fault: str, tmp_path: Path
    ):
        """Nothing is kept of a build that failed."""
        runner = make(home=make_home(tmp_path), tool_timeout_s=limit_s(fault))
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=1)
        told(f"atc:{fault}")
        kind, says = BUILD[fault]
        problem, result = fails(runner, case, Kind.ACCURACY, lambda: runner.accuracy(case, DOCUMENTED))
        assert isinstance(problem, kind)
        assert says in str(problem)
        assert result.verdict.kind is VerdictKind.ERROR
        assert runner.cache.verify() == []

    def test_start_and_end_in_each_others_place(
        self, make: Make, catalog: Catalog, told: Callable[[str], None]
    ):
        runner = make("spanbert")
        case = make_case(catalog, "spanbert", "ascend310p", batch_size=8)
        told("ais_bench:swapped-outputs")
        problem, _ = fails(runner, case, Kind.ACCURACY, lambda: runner.accuracy(case, DOCUMENTED))
        assert "the outputs stand in each other's place" in str(problem)

    @pytest.mark.parametrize(("tool", "stage"), [("atc", "build"), ("vendor-python", "inference")])
    def test_a_tool_that_is_gone_since_the_probe(
        self, catalog: Catalog, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str,
        stage: str,
    ):  # fmt: skip
        """An error of the machine, no skip: when the run began, it was there."""
        machine = ascend_machine.install(tmp_path / "machine")
        ascend_machine.use(machine, monkeypatch)
        runner = ascend_machine.runner(catalog, make_home(tmp_path), store, limit=8)
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=8)
        runner.materials.target(case)
        if stage == "inference":
            runner.timing(case)
        kit.remove(machine.bin, tool)
        problem, result = fails(runner, case, Kind.ACCURACY, lambda: runner.accuracy(case, DOCUMENTED))
        assert isinstance(problem, MachineError)
        assert "it was there when the chip was probed, and is gone" in str(problem)
        assert result.verdict.kind is VerdictKind.ERROR

    def test_atc_that_ends_well_and_leaves_nothing(
        self, catalog: Catalog, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        machine = ascend_machine.install(tmp_path / "machine")
        (machine.bin / "atc").write_text("#!/bin/sh\necho 'ATC run success, welcome to the next use.'\n")
        ascend_machine.use(machine, monkeypatch)
        runner = ascend_machine.runner(catalog, make_home(tmp_path), store, limit=8)
        case = make_case(catalog, "tinybert", "ascend310p", batch_size=8)
        with pytest.raises(
            MachineError, match=r"atc ended with status 0 and left no model\.om; found atc\.log, model\.onnx"
        ):
            runner.accuracy(case, DOCUMENTED)


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory, machine: Machine) -> Zoo:
    """Folders of a user's own, at the machine."""
    folder = tmp_path_factory.mktemp("suite")
    tables = folder / "tables"
    tables.mkdir()
    return Zoo(
        home=folder / "home", models=folder / "models", data=folder / "data", tables=tables,
        changes={**machine.environment, "ZOOCHECK_TABLES": ""},
    )  # fmt: skip


class TestSuite:
    def test_pytest_as_a_user_starts_it(self, zoo: Zoo, tmp_path: Path):
        """`-m ascend310p`: accuracy, throughput and conformance on the card that is there."""
        ran = zoo.suites(
            tmp_path, "-m", "ascend310p and (tinybert or spanbert)", "--bs", "4", "--target", "chip",
            "--weights", "mini", "--data", "mini", "--limit", "6",
        )  # fmt: skip
        assert ran.status == 0, ran.out
        assert ran.verdicts == {
            (f"{model}-ascend310p-bs4", kind): verdict
            for model in ("tinybert", "spanbert")
            for kind, verdict in (
                ("accuracy", "survives"), ("conformance", "survives"), ("throughput", "not-comparable"),
            )
        }  # fmt: skip
        assert {result.measurement.origin for result in ran.results} == {Origin.SIMULATED}
        assert "ascend310p: simulated (Ascend310P3, card 0)" in ran.out

    def test_an_error_of_a_tool_fails_its_case_and_exits_with_6(self, zoo: Zoo, tmp_path: Path):
        """Conformance and accuracy of two systems: every case is tried, none passes, none is skipped."""
        ran = zoo.but(changes={**zoo.changes, kit.VARIABLE: "ais_bench:exit"}).suites(
            tmp_path, "-m", "ascend310p and (tinybert or spanbert) and accuracy", "--bs", "4",
            "--target", "chip", "--weights", "mini", "--data", "mini", "--limit", "6",
        )  # fmt: skip
        assert ran.status == 6, ran.out
        assert set(ran.verdicts.values()) == {"error"}
        assert len(ran.verdicts) == 2

    def test_a_missing_tool_of_a_chip_that_was_asked_for_fails_with_the_remedy(
        self, zoo: Zoo, tmp_path: Path
    ):
        changes = {name: value for name, value in zoo.changes.items() if name != "ZOOCHECK_ASCEND_ENV"}
        ran = zoo.but(changes=changes).suites(
            tmp_path, "-m", "ascend310p and tinybert and accuracy", "--bs", "4", "--target", "chip",
        )  # fmt: skip
        assert (ran.status, ran.results) == (1, [])
        assert "not run: ascend310p: `npu-smi`, `atc` not on PATH" in ran.out

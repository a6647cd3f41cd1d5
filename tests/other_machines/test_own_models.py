"""A checkpoint of one's own there and back: files out, our runtime's outputs written as tools do, scored."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import own_models
import pytest
import tuned
from commands import in_process
from making import make_case

from harness.domain.cases import Case, Kind
from harness.domain.models import Protocol
from harness.errors import BadOutput, NotThere, UsageError
from harness.kinds.accuracy import accuracy
from harness.other_machines import exchange
from harness.other_machines.exchange import Source
from harness.other_machines.held import held
from harness.running.called import Loaded
from harness.running.materials import Materials, inputs_in_order
from harness.running.progress import Silent
from harness.running.recording import Stages
from harness.running.workbench import Workbench
from harness.setting.options import Options
from harness.store.results import Store
from harness.tasks.layouts import general
from harness.tasks.layouts.results import BadResults
from harness.tasks.text import Scored
from harness.toolchains import loading

CHIPS = ("ascend310p", "t4", "vacc", "mlu370")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A kind of model, the outputs of its case on a stand-in, and what the run itself scored."""

    world: own_models.World
    outputs: list[np.ndarray]
    metrics: Mapping[str, float]
    samples: int
    predictions: list
    detail: Mapping[str, Any]

    def source(self, chip: str = "ascend310p") -> Source:
        """What `prepare` and `score` work from."""
        return exchange.open_source(
            self.world.catalog, self.world.home, self.world.model.name, chip,
            weights="full", data="auto", limit=None,
        )  # fmt: skip

    def score(self, results: Path, inputs: Path | None = None, chip: str = "ascend310p") -> Scored:
        """The score of the files in `results`."""
        found = exchange.score(self.source(chip), results, (Protocol.DOCUMENTED,), inputs)
        assert found.warnings == ()
        return found.scored[Protocol.DOCUMENTED]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, one_thread: None) -> Callable[[str], Run]:
    """Each kind's accuracy case once, in fp16 on the stand-in of Ascend."""
    made: dict[str, Run] = {}

    def get(kind: str) -> Run:
        if kind not in made:
            made[kind] = _run(own_models.world(tmp_path_factory.mktemp(kind), kind))
        return made[kind]

    return get


def _run(world: own_models.World) -> Run:
    store = Store(f"sqlite:///{world.tables.parent / 'own.sqlite'}")
    materials = Materials(world.catalog, world.home, Options(target="stand-in"), Silent())
    bench = Workbench(materials, store, "run")
    case = make_case(world.catalog, world.model.name, "ascend310p", batch_size=own_models.BATCH)
    outputs = _outputs(bench, case)
    result = accuracy(bench, case, Protocol.DOCUMENTED)
    assert result.verdict is not None, result
    measured = result.measurement
    store.close()
    return Run(
        world=world, outputs=outputs, metrics=measured.metrics, samples=measured.samples,
        predictions=measured.raw["predictions"], detail=measured.detail,
    )  # fmt: skip


def _outputs(bench: Workbench, case: Case) -> list[np.ndarray]:
    target = bench.materials.target(case)
    place = bench.place(case, Kind.ACCURACY, target, Protocol.DOCUMENTED)
    artifact, session = bench.open(case, target, Stages(), place)
    loaded = Loaded(artifact=artifact, session=session, place=place)
    return [array.copy() for array in bench.inference.all_outputs(case, Protocol.DOCUMENTED, loaded).arrays]


def raw(dtype: str, name: str = "{i}_{o}.bin") -> Callable[[Path, list[np.ndarray]], None]:
    """ais_bench's --outfmt BIN: a file an output and sample."""

    def write(folder: Path, outputs: list[np.ndarray]) -> None:
        for o, array in enumerate(outputs):
            for i, row in enumerate(array):
                row.astype(dtype).tofile(folder / name.format(i=i, o=o))

    return write


def npy(folder: Path, outputs: list[np.ndarray]) -> None:
    """Its --outfmt NPY: each sample with a batch of 1."""
    for o, array in enumerate(outputs):
        for i in range(len(array)):
            np.save(folder / f"{i}_{o}.npy", array[i : i + 1])


def txt(folder: Path, outputs: list[np.ndarray]) -> None:
    """Its --outfmt TXT: a blank behind every number; here with all the digits that there are."""
    for o, array in enumerate(outputs):
        for i, row in enumerate(array):
            lines = ["".join(f"{value!r} " for value in line) for line in np.atleast_2d(row).tolist()]
            (folder / f"{i}_{o}.txt").write_text("\n".join(lines) + "\n")


def vamp(folder: Path, outputs: list[np.ndarray]) -> None:
    """vamp's npz a sample."""
    for i, rows in enumerate(zip(*outputs, strict=True)):
        np.savez(folder / f"{i:06d}.npz", **{f"output_{o}": row[None] for o, row in enumerate(rows)})


TOOLS: Mapping[str, Callable[[Path, list[np.ndarray]], None]] = {
    "ais_bench, BIN": raw("<f4"),
    "ais_bench, BIN of fp16": raw("<f2"),
    "msame, BIN": raw("<f4", "{i}_output_{o}.bin"),
    "ais_bench, NPY": npy,
    "ais_bench, TXT": txt,
    "vamp": vamp,
}


def as_tool(tool: str, folder: Path, outputs: list[np.ndarray]) -> Path:
    """Results in a folder called by the time, and a summary beside it, as ais_bench leaves them."""
    (folder / "2026_11_29-19_00_00").mkdir(parents=True)
    TOOLS[tool](folder / "2026_11_29-19_00_00", outputs)
    (folder / "2026_11_29-19_00_00_summary.json").write_text("{}")
    return folder


def require_the_runs_own(run: Run, scored: Scored) -> None:
    """To the last digit, and every prediction."""
    assert {str(name): value for name, value in scored.metrics.items()} == dict(run.metrics)
    assert (scored.samples, scored.predictions.tolist()) == (run.samples, run.predictions)


@pytest.mark.parametrize("kind", own_models.KINDS)
class TestEveryTask:
    def test_files_hold_what_the_model_is_fed_as_each_chips_tools_read_it(self, kind, run, tmp_path):
        """By name, in order and in the dtype of the graph's inputs, whichever form a chip's is."""
        made = run(kind)
        model, source = made.world.model, made.source()
        fed = inputs_in_order(model, source.features())
        for chip in CHIPS:
            done = exchange.prepare(made.source(chip), tmp_path / chip, None, Silent())
            assert (done.samples, done.form) == (len(fed[0]), loading.reads(made.source(chip).chip.backend))
        for item, array in zip(model.inputs, fed, strict=True):
            for i, row in enumerate(array):
                read = np.fromfile(tmp_path / "ascend310p" / item.name / f"{i}.bin", f"<{row.dtype.str[1:]}")
                assert np.array_equal(read, row)
                with np.load(tmp_path / "vacc" / f"test_{i}.npz") as archive:
                    assert set(archive.files) == {item.name for item in model.inputs}
                    assert archive[item.name].dtype == np.int32
                    assert np.array_equal(archive[item.name], row)
            for chip in ("t4", "mlu370"):
                names = [f"{item.name}_{size}_{model.tokens}.bin" for size in (own_models.BATCH, len(array))]
                batch, every = (
                    np.fromfile(tmp_path / chip / name, "<i8").reshape(-1, model.tokens) for name in names
                )
                assert np.array_equal(every, array)
                assert np.array_equal(batch, array[: own_models.BATCH])
        listed = (tmp_path / "vacc" / general.LIST).read_text(encoding="utf-8").splitlines()
        assert listed == [str(tmp_path / "vacc" / f"test_{i}.npz") for i in range(len(fed[0]))]

    @pytest.mark.parametrize("tool", TOOLS)
    def test_outputs_that_come_back_score_what_the_run_itself_did(self, kind, tool, run, tmp_path):
        made = run(kind)
        results = as_tool(tool, tmp_path / "results", made.outputs)
        exchange.prepare(made.source(), tmp_path / "inputs", None, Silent())
        for path in (tmp_path / "results").rglob("*.*"):
            path.touch()
        require_the_runs_own(made, made.score(results, tmp_path / "inputs"))

    def test_all_samples_in_one_file_score_the_same(self, kind, run, tmp_path):
        """What a loop of one's own saves, where no tool of the chip writes outputs."""
        made = run(kind)
        names = [output.name for output in made.world.model.outputs]
        np.savez(tmp_path / "results.npz", **dict(zip(names, made.outputs, strict=True)))
        for chip in ("t4", "mlu370"):
            require_the_runs_own(made, made.score(tmp_path, chip=chip))

    def test_the_drop_is_the_runs_own(self, kind, run, tmp_path):
        """From the checkpoint's fp32 on the same samples, with its interval and the flips."""
        made = run(kind)
        source = made.source()
        results = as_tool("ais_bench, BIN", tmp_path, made.outputs)
        found = exchange.score(source, results, (Protocol.DOCUMENTED,), None)
        told = held(made.world.catalog, made.world.home, source, found, Silent())[Protocol.DOCUMENTED]
        assert told.own.metrics[told.metric] == made.detail["own_fp32"]
        flipped = made.detail.get("flipped")  # a number does not flip
        assert told.flipped == (None if flipped is None else tuple(flipped))
        ours = {name: getattr(told.change, name) for name in ("change", "low", "high")}
        assert ours == {name: made.detail["from_fp32"][name] for name in ours}

    @pytest.mark.parametrize("tool", TOOLS)
    def test_everything_that_is_wrong_with_the_files_is_listed(self, kind, tool, run, tmp_path):
        """Missing, of no sample, cut short, and a NaN."""
        made = run(kind)
        outputs = [array.copy() for array in made.outputs]
        outputs[0][3].flat[0] = np.nan
        outputs = [np.concatenate([array, array[:1]]) for array in outputs]
        folder = as_tool(tool, tmp_path, outputs) / "2026_11_29-19_00_00"
        by_sample = (
            {name: sorted(folder.glob(f"{name}[_.]*")) for name in ("0", "1", "2")}
            if tool != "vamp"
            else {name: [folder / f"{int(name):06d}.npz"] for name in ("0", "1", "2")}
        )
        by_sample["1"][0].unlink()
        cut = by_sample["2"][0]
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
        with pytest.raises(BadResults) as caught:
            made.score(tmp_path)
        told = caught.value.problems
        assert told.pop("missing") == [by_sample["1"][0].name]
        of_no_sample = told.pop("of no sample")
        assert len(of_no_sample) == len(by_sample["0"])
        assert told.pop("with a NaN or an infinity")
        [(_, names)] = told.items()
        assert names == [cut.name]


class TestResults:
    def test_results_that_are_there_twice_are_told(self, run, tmp_path):
        """Of two runs of the tool, and of one by two names."""
        made = run("sequences")
        folder = as_tool("ais_bench, BIN", tmp_path, made.outputs) / "2026_11_29-19_00_00"
        shutil.copytree(folder, tmp_path / "2026_11_29-19_30_00")
        with pytest.raises(BadOutput, match="found results in 2 folders, expected one"):
            made.score(tmp_path)
        shutil.rmtree(tmp_path / "2026_11_29-19_30_00")
        shutil.copyfile(folder / "0_0.bin", folder / "00_0.bin")
        with pytest.raises(BadResults, match=r"of no sample \(1\): 00_0\.bin"):
            made.score(tmp_path)

    def test_half_a_file_among_whole_ones_is_no_file_of_float16(self, run, tmp_path):
        made = run("sequences")
        folder = as_tool("ais_bench, BIN", tmp_path, made.outputs) / "2026_11_29-19_00_00"
        whole = (folder / "3_0.bin").read_bytes()
        (folder / "3_0.bin").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BadResults) as caught:
            made.score(tmp_path)
        assert caught.value.problems == {
            "truncated: 6 bytes instead of 12, 3 numbers of float32": ["3_0.bin"]
        }

    def test_results_of_two_tools_are_not_mixed(self, run, tmp_path):
        made = run("tokens")
        folder = as_tool("ais_bench, NPY", tmp_path, made.outputs) / "2026_11_29-19_00_00"
        (folder / "0_output_0.bin").write_bytes(made.outputs[0][0].tobytes())
        with pytest.raises(BadResults) as caught:
            made.score(tmp_path)
        assert caught.value.problems == {"of no sample": ["0_output_0.bin"]}

    def test_results_of_one_output_for_two_are_told(self, run, tmp_path):
        made = run("questions")
        as_tool("vamp", tmp_path, made.outputs[:1])
        with pytest.raises(BadResults) as caught:
            made.score(tmp_path)
        assert list(caught.value.problems) == ["missing"]


class TestCommands:
    @pytest.fixture
    def command(self, run, monkeypatch) -> Callable[..., Any]:
        """Runs a command in this process, with the tables of a kind of model."""

        def command(kind: str, *arguments: object) -> Any:
            world = run(kind).world
            monkeypatch.setenv("ZOOCHECK_TABLES", str(world.tables))
            return in_process(world.home, monkeypatch)(*arguments)

        return command

    def test_there_and_back(self, command, run, tmp_path):
        """As somebody types it: the score is on one table, with nothing documented beside it."""
        said = command("tokens", "prepare", "own-tokens", "--chip", "ascend310p", "--out", tmp_path / "in")
        assert said.stdout.startswith("own-tokens: 20 samples in 40 files under ")
        assert "  scored words: 100\n" in said.stdout
        results = as_tool("ais_bench, BIN", tmp_path / "results", run("tokens").outputs)
        score = ("score", "own-tokens", "--chip", "ascend310p", "--results", results)
        told = json.loads(command("tokens", *score, "--inputs", tmp_path / "in", "--json").stdout)
        assert told["metrics"] == dict(run("tokens").metrics)
        assert (told["documented"], told["inputs"]["files"], told["warnings"]) == ({}, 40, [])
        assert told["predictions"] == run("tokens").predictions
        assert "own_fp32" not in told
        dropped = command("tokens", *score, "--drop").stdout.splitlines()[-1]
        own = run("tokens").detail["own_fp32"]
        assert dropped.startswith(f"documented: own fp32 f1 {own * 100:.4f}, drop ")
        assert dropped.endswith(f" {run('tokens').detail['flips']} of 100 predictions flipped")
        with_drop = json.loads(command("tokens", *score, "--drop", "--json").stdout)["own_fp32"]["documented"]
        assert (with_drop["metrics"]["f1"], with_drop["flipped"]) == (own, run("tokens").detail["flipped"])
        shown = command("tokens", *score).stdout
        assert shown.splitlines()[0] == f"own-tokens on ascend310p, fp16: {results}"
        assert f"{told['metrics']['f1'] * 100:.4f}" in shown
        assert "in the document" not in shown

    def test_another_form_may_be_asked_for(self, command, tmp_path):
        prepare = ("prepare", "own-tokens", "--chip", "t4", "--out", tmp_path / "in")
        said = command("tokens", *prepare, "--form", "folders").stdout
        assert said.startswith("own-tokens: 20 samples in 40 files under ")
        with pytest.raises(
            UsageError, match=r"--form rows: own-tokens has folders \(.*\); npz \(.*\); batches"
        ):
            command("tokens", *prepare, "--form", "rows")

    def test_a_chip_that_its_table_does_not_name(self, command, tmp_path):
        with pytest.raises(
            UsageError,
            match=r"own-tokens: its table does not deploy it on cpu; it does on ascend310p, t4, vacc",
        ):
            command("tokens", "prepare", "own-tokens", "--chip", "cpu", "--out", tmp_path / "in")


class TestLabels:
    """Which logit means what is in config.json beside the tokenizer; weights are not needed."""

    @pytest.fixture
    def world(self, run, tmp_path) -> own_models.World:
        """A copy of the classifier without its weights."""
        made = run("sequences").world
        folder = Path(made.model.checkpoint.folder)
        ignored = shutil.ignore_patterns("*.safetensors")
        shutil.copytree(folder, tmp_path / "checkpoint", ignore=ignored)
        source = dataclasses.replace(made.model.checkpoint, folder=str(tmp_path / "checkpoint"))
        return self.but(made, checkpoint=source)

    def but(self, world: own_models.World, **changes: Any) -> own_models.World:
        model = dataclasses.replace(world.model, **changes)
        catalog = dataclasses.replace(world.catalog, models={**world.catalog.models, model.name: model})
        return dataclasses.replace(world, catalog=catalog, model=model)

    def test_no_weights_are_needed(self, run, world, tmp_path):
        made = run("sequences")
        results = as_tool("ais_bench, BIN", tmp_path / "results", made.outputs)
        require_the_runs_own(made, dataclasses.replace(made, world=world).score(results))

    def test_the_drop_needs_them(self, run, world, tmp_path):
        made = dataclasses.replace(run("sequences"), world=world)
        source = made.source()
        results = as_tool("ais_bench, BIN", tmp_path / "results", made.outputs)
        found = exchange.score(source, results, (Protocol.DOCUMENTED,), None)
        with pytest.raises(NotThere, match=r"own-sequences: .*lacks model\.safetensors"):
            held(world.catalog, world.home, source, found, Silent())

    def test_without_config_nobody_tells(self, run, world):
        (Path(world.model.checkpoint.folder) / "config.json").unlink()
        with pytest.raises(
            NotThere, match=r"own-sequences: no config\.json beside its tokenizer: .*; put the"
        ):
            dataclasses.replace(run("sequences"), world=world).source()

    def test_another_order_in_the_table_is_a_warning(self, run, world, tmp_path):
        """An export of the user's own would be read wrong, and nothing else would say so."""
        made = dataclasses.replace(
            run("sequences"), world=self.but(world, labels=tuple(reversed(tuned.MNLI)))
        )
        results = as_tool("ais_bench, BIN", tmp_path / "results", made.outputs)
        found = exchange.score(made.source(), results, (Protocol.DOCUMENTED,), None)
        [warning] = found.warnings
        assert warning.startswith(
            "config.json orders its labels entailment, neutral, contradiction, the table contradiction,"
        )
        moved = exchange.score(
            made.source(), as_tool("ais_bench, NPY", tmp_path / "moved", [made.outputs[0][:, ::-1]]),
            (Protocol.DOCUMENTED,), None,
        ).scored[Protocol.DOCUMENTED]  # fmt: skip
        assert {str(name): value for name, value in moved.metrics.items()} == dict(made.metrics)

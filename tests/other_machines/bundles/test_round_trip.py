"""Bundle, run in an empty environment, collect: each toolchain, and every way in which it goes wrong."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import card
import numpy as np
import pytest
from making import make_home
from mutating import survives_all
from simulated import kit

from harness import __file__ as package
from harness.domain.cases import Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Basis, Origin, VerdictKind
from harness.domain.models import Weights
from harness.errors import BadInput
from harness.other_machines.bundles import manifest, writing
from harness.other_machines.bundles.collecting import Collected, Collector
from harness.records import sealed, unsealed
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import MINIS
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import cases

Fresh = Callable[..., Path]
Collect = Callable[[Path], Collected]
TINY = "tinybert-ascend310p-bs8"
CORPUS = MINIS / "tinybert" / "corpus" / "dev.tsv"


def by_kind(found: Collected) -> dict[Kind, tuple[VerdictKind, str]]:
    return {item.measurement.kind: (item.verdict.kind, item.verdict.message) for item in found.results}


def results_of(folder: Path) -> Path:
    """ais_bench's folder of results, called by the time."""
    [found] = [path for path in (folder / TINY / "results").iterdir() if path.is_dir()]
    return found


@pytest.mark.parametrize("toolchain", card.CASES)
class TestEveryToolchain:
    def test_there_and_back(self, toolchain: str, written: Fresh, collect: Collect):
        """Both claims are judged, marked as simulated, with every command, log and hash."""
        case, limit = card.CASES[toolchain]
        found = collect(written(toolchain, ran=True))
        assert found.bad == []
        accuracy, throughput = found.results
        assert accuracy.verdict.kind is VerdictKind.SURVIVES, accuracy.verdict.message
        assert throughput.verdict.kind is VerdictKind.NOT_COMPARABLE
        for item in found.results:
            made = item.measurement
            assert (made.case, made.origin, made.provenance.limit) == (case, Origin.SIMULATED, limit)
            assert made.provenance.weights is Weights.MINI
            assert len(made.provenance.weights_sha256) == len(made.detail["bundle_sha256"]) == 64
            stages = [command["stage"] for command in made.detail["commands"]]
            assert stages[0] == "probe"
            assert stages[-2:] == ["inference", "profile"]
            assert all(command["status"] == 0 for command in made.detail["commands"])
        assert accuracy.measurement.detail["flips"] == 0
        assert throughput.measurement.metrics["throughput"] > 0

    def test_the_script_is_posix_and_names_no_place(self, toolchain: str, written: Fresh, tmp_path: Path):
        """``sh -n`` takes it; no text in the bundle holds a path of the machine that wrote it."""
        folder = written(toolchain)
        subprocess.run(["sh", "-n", str(folder / "run.sh")], check=True)
        texts = [path for path in folder.rglob("*") if path.suffix in (".sh", ".json", ".txt", ".yaml")]
        assert len(texts) > 2
        for path in texts:
            text = path.read_text(encoding="utf-8")
            for place in (Path(package).parents[1], Path.home(), folder.parent):
                assert str(place) not in text, path

    def test_every_file_is_hashed(self, toolchain: str, written: Fresh):
        folder = written(toolchain)
        read = manifest.read(folder)
        bundle, digest = read.bundle, read.digest
        assert read.unproved == ""
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert set(bundle.files) == there - {manifest.NAME}
        assert manifest.changed(bundle, folder) == {}
        assert bundle.cases[0].graph in bundle.files
        assert len(digest) == 64

    def test_a_failed_build_is_both_claims_error(self, toolchain: str, fresh: Fresh, collect: Collect):
        """The tool's last lines are in the message; what stands on the build is not run."""
        folder = fresh(toolchain)
        compiler = {"ascend": "atc", "tensorrt": "trtexec", "vastai": "vamc", "magicmind": "magicmind"}
        machine = card.install(toolchain, folder.parent)
        done = machine.run(folder, **{kit.VARIABLE: f"{compiler[toolchain]}:exit"})
        if toolchain == "magicmind":  # its imitation's builder has no such fault: the job is gone
            (folder / card.CASES[toolchain][0] / "build.json").rename(folder.parent / "gone")
            done = machine.run(folder)
            (folder.parent / "gone").rename(folder / card.CASES[toolchain][0] / "build.json")
        assert done.returncode == 1
        assert "bring the folder back all the same" in done.stderr
        found = collect(folder)
        assert found.machine_only
        for kind, message in by_kind(found).values():
            assert kind is VerdictKind.ERROR
            assert "build: exit status" in message
        logs = sorted(path.name for path in (folder / card.CASES[toolchain][0] / "logs").glob("*.status"))
        assert not any("inference" in name or "profile" in name for name in logs)


class TestAscend:
    def test_run_twice_gives_one_set_of_results(self, fresh: Fresh, collect: Collect):
        folder = fresh("ascend", ran=True)
        assert card.install("ascend", folder.parent).run(folder).returncode == 0
        assert collect(folder).bad == []

    def test_the_script_runs_from_anywhere_with_a_set_env(self, fresh: Fresh, tmp_path: Path):
        """The variable names what is sourced; one that is not there is said before anything runs."""
        folder = fresh("ascend")
        machine = card.install("ascend", tmp_path / "tools")
        script = tmp_path / "set_env.sh"
        script.write_text(f'[[ -n "$BASH_VERSION" ]] && export PATH="{machine.bin}:$PATH:$NOT_SET"\n')
        bare = card.Card(toolchain="ascend", bin=tmp_path / "empty")
        python = {"ZOOCHECK_ASCEND_PYTHON": str(machine.bin / "vendor-python")}
        done = bare.run(folder, ZOOCHECK_ASCEND_ENV=str(script), **python)
        assert done.returncode == 0, done.stderr
        gone = bare.run(folder, ZOOCHECK_ASCEND_ENV=str(tmp_path / "gone.sh"), **python)
        assert (gone.returncode, "gone.sh, which is not there" in gone.stderr) == (2, True)

    def test_nothing_was_run(self, fresh: Fresh, collect: Collect):
        found = collect(fresh("ascend"))
        assert found.machine_only
        for kind, message in by_kind(found).values():
            assert kind is VerdictKind.ERROR
            assert "build was not run" in message
            assert "run `sh run.sh` in the folder" in message

    def test_tools_that_are_not_there(self, fresh: Fresh, collect: Collect, tmp_path: Path):
        folder = fresh("ascend")
        assert card.Card(toolchain="ascend", bin=tmp_path / "empty").run(folder).returncode == 1
        found = collect(folder)
        assert "exit status 127" in by_kind(found)[Kind.ACCURACY][1]
        assert {item.measurement.origin for item in found.results} == {Origin.IMPORTED}

    @pytest.mark.parametrize(
        ("fault", "accuracy", "throughput"),
        [
            ("ais_bench:swapped-samples", "outputs of samples in each other's place", None),
            ("ais_bench:nan", "with a NaN or an infinity", None),
            ("ais_bench:fewer-outputs", "missing (1): input19_0.txt", None),
            ("ais_bench:exit", "inference: exit status 3", "profile: exit status 3"),
            ("ais_bench:signal", "inference: died by signal 11", "profile: died by signal 11"),
            ("ais_bench:truncated-log", "03-inference.log", "04-profile.log"),
            ("atc:truncated-log", "atc", "atc"),
            ("npu-smi:other-chip", "ran on a 910A, expected Ascend 310P3", "ran on a 910A"),
        ],
    )
    def test_faults_are_told(
        self, fresh: Fresh, collect: Collect, fault: str, accuracy: str | None, throughput: str | None
    ):
        """Each claim fails by its own steps; the other one is judged all the same."""
        folder = fresh("ascend")
        card.install("ascend", folder.parent).run(folder, **{kit.VARIABLE: fault})
        said = by_kind(collect(folder))
        for kind, expected in ((Kind.ACCURACY, accuracy), (Kind.THROUGHPUT, throughput)):
            verdict, message = said[kind]
            assert (verdict is VerdictKind.ERROR) == (expected is not None), message
            assert (expected or "") in message

    def test_changed_files_are_listed_at_once(self, fresh: Fresh, collect: Collect):
        """An input, the graph, one too many and one too few: no number is recorded."""
        folder = fresh("ascend", ran=True)
        inputs = folder / "inputs" / "tinybert" / "input_ids"
        (inputs / "input0.bin").write_bytes(bytes(512))
        (inputs / "input3.bin").unlink()
        (inputs / "input99.bin").write_bytes(bytes(512))
        with (folder / TINY / "model.onnx").open("ab") as stream:
            stream.write(b"more")
        found = collect(folder)
        assert len(found.faults) == 4
        for kind, message in by_kind(found).values():
            assert kind is VerdictKind.ERROR
            for name in ("input0.bin (changed)", "input3.bin (missing)", "input99.bin (was not there)"):
                assert name in message
            assert "model.onnx (changed)" in message
        assert all(item.measurement.metrics == {} for item in found.results)
        assert not found.machine_only

    def test_results_that_are_gone(self, fresh: Fresh, collect: Collect):
        folder = fresh("ascend", ran=True)
        shutil.rmtree(folder / TINY / "results")
        said = by_kind(collect(folder))
        assert said[Kind.ACCURACY][0] is VerdictKind.ERROR
        assert said[Kind.THROUGHPUT][0] is VerdictKind.NOT_COMPARABLE

    def test_without_the_imitations_mark_it_is_imported(self, fresh: Fresh, collect: Collect):
        """As real tools' logs come back; a mini's throughput is not the document's all the same."""
        folder = fresh("ascend", ran=True)
        for log in (folder / TINY / "logs").glob("*.log"):
            log.write_bytes(log.read_bytes().replace(kit.SIMULATED.encode(), b"1.0"))
        found = collect(folder)
        assert {item.measurement.origin for item in found.results} == {Origin.IMPORTED}
        verdict, message = by_kind(found)[Kind.THROUGHPUT]
        assert verdict is VerdictKind.NOT_COMPARABLE
        assert "mini weights: another architecture" in message
        assert found.results[0].measurement.provenance.machine == {"measured_on": "310P3"}

    @pytest.mark.parametrize(
        ("digest", "expected", "says"),
        [
            ("weights_sha256", VerdictKind.NOT_COMPARABLE, "the mini weights here differ from the bundle's"),
            ("features_sha256", VerdictKind.ERROR, "made of another data set or vocabulary"),
        ],
    )
    def test_what_is_here_is_not_what_was_written(
        self, fresh: Fresh, collect: Collect, digest: str, expected: VerdictKind, says: str
    ):
        """Other weights are no reference; other data cannot score."""
        folder = fresh("ascend", ran=True)
        rewrite(folder, lambda told: told["cases"][0].update({digest: "0" * 64}))
        verdict, message = by_kind(collect(folder))[Kind.ACCURACY]
        assert verdict is expected
        assert says in message

    def test_a_status_that_is_none(self, fresh: Fresh, collect: Collect):
        """Written by nobody's shell: as if the step was not run."""
        folder = fresh("ascend", ran=True)
        for content in ("", "-1", "ok", "9" * 9999):
            (folder / TINY / "logs" / "03-inference.status").write_text(content)
            assert "inference was not run" in by_kind(collect(folder))[Kind.ACCURACY][1]

    @pytest.mark.parametrize("toolchain", ["ascend", "tensorrt"])
    def test_a_log_that_is_gone(self, toolchain: str, fresh: Fresh, collect: Collect):
        """A status alone proves nothing; `run.sh` writes both."""
        folder = fresh(toolchain, ran=True)
        (folder / card.CASES[toolchain][0] / "logs" / "04-profile.log").unlink()
        verdict, message = by_kind(collect(folder))[Kind.THROUGHPUT]
        assert verdict is VerdictKind.ERROR
        assert "profile was not run: logs/04-profile.log is not there; run `sh run.sh`" in message

    def test_workers_outputs_are_held_too(self, fresh: Fresh, collect: Collect):
        """T4's outputs: swapped samples, a NaN, a file that is cut, none."""
        folder = fresh("tensorrt", ran=True)
        path = folder / card.CASES["tensorrt"][0] / "results" / "output-0.npy"
        good = np.load(path)
        swapped, broken = good.copy(), good.copy()
        swapped[[0, -1]] = swapped[[-1, 0]]
        broken[0, 0] = np.nan
        for bad, says in ((swapped, "each other's place"), (broken, "a NaN"), (good[:-1], "has shape")):
            np.save(path, bad)
            assert says in by_kind(collect(folder))[Kind.ACCURACY][1]
        np.savez(path.with_suffix(".npz"), good)
        np.save(path, good)
        whole, archive = path.read_bytes(), path.with_suffix(".npz").read_bytes()
        for content, says in (
            (whole[:140], "output-0.npy: truncated"),
            (b"", "output-0.npy: empty"),
            (archive, "output-0.npy: an npz archive instead of one npy array"),
        ):
            path.write_bytes(content)
            assert says in by_kind(collect(folder))[Kind.ACCURACY][1]
        path.unlink()
        assert "output-0.npy: missing" in by_kind(collect(folder))[Kind.ACCURACY][1]


def rewrite(folder: Path, change: Callable[[dict], object]) -> None:
    """Another ``bundle.json``, with the checksum that it would have."""
    path = folder / manifest.NAME
    told, _ = unsealed(json.loads(path.read_text(encoding="utf-8")))
    change(told)
    path.write_text(json.dumps(sealed(told)), encoding="utf-8")


class TestManifest:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda told: told.update(format=2), "found format 2, expected 1"),
            (lambda told: told.pop("files"), "files: found no value"),
            (lambda told: told["cases"][0].pop("steps"), r"cases\.0\.steps: found no value"),
            (lambda told: told.update(cases=[]), "cases: found none"),
            (lambda told: told["cases"].append(told["cases"][0]), "found a case twice"),
            (lambda told: told["files"].update({"../x": "0" * 64}), "expected one inside the folder"),
            (lambda told: told["files"].update({"/etc/x": "0" * 64}), "expected one inside the folder"),
            (lambda told: told["cases"][0].update(id="../x"), "expected letters, digits"),
            (lambda told: told["cases"][0]["steps"][0].update(log="../x"), "expected letters, digits"),
            (
                lambda told: told["cases"][0].update(batch_size=9),
                "found model, chip, precision and batch size",
            ),
        ],
    )
    def test_one_that_is_none_is_refused(
        self, fresh: Fresh, collect: Collect, change: Callable[[dict], object], says: str
    ):
        folder = fresh("ascend")
        rewrite(folder, change)
        with pytest.raises(BadInput, match=says):
            collect(folder)

    def test_a_change_is_seen_by_the_checksum(self, fresh: Fresh, collect: Collect):
        """Another hash or device; a bundle of before there was a checksum is read, and that is said."""
        folder = fresh("ascend", ran=True)
        path = folder / manifest.NAME
        good = path.read_text(encoding="utf-8")
        for key, value in (("weights_sha256", "0" * 64), ("device", 7)):
            changed = json.loads(good)
            changed["cases"][0][key] = value
            path.write_text(json.dumps(changed), encoding="utf-8")
            with pytest.raises(BadInput, match="damaged or changed: the checksum in it is"):
                collect(folder)
        before = json.loads(good)
        del before["sha256"]
        path.write_text(json.dumps(before), encoding="utf-8")
        found = collect(folder)
        assert found.unproved.startswith("bundle.json: written without a checksum of itself")
        assert found.bad == []

    def test_one_that_is_damaged_anywhere(self, fresh: Fresh):
        """Each of 2,000 seeded mutations: an error of ours, or what was written, within a second."""
        folder = fresh("ascend")
        good = manifest.read(folder).bundle

        def read(content: bytes) -> manifest.Read:
            (folder / manifest.NAME).write_bytes(content)
            return manifest.read(folder)

        refused, kept = survives_all(
            (folder / manifest.NAME).read_bytes(), read,
            lambda found: found.bundle == good and not found.unproved, errors=BadInput,
        )  # fmt: skip
        assert refused > 1900 > kept

    def test_damaged_json_and_no_bundle(self, fresh: Fresh, collect: Collect, tmp_path: Path):
        folder = fresh("ascend")
        (folder / manifest.NAME).write_text("{")
        with pytest.raises(BadInput, match="damaged: line 1: found no JSON"):
            collect(folder)
        (folder / manifest.NAME).write_text("[]")
        with pytest.raises(BadInput, match="damaged: found a list, expected a JSON object"):
            collect(folder)
        with pytest.raises(BadInput, match=r"no bundle: No such file"):
            collect(tmp_path)


def brought_back(catalog: Catalog, store: Store, tmp_path: Path, name: str, **machine: str) -> Collected:
    """A bundle of full weights on full data, run on a card that is not imitated, as its logs say.

    The mini stands for the documented checkpoint: vocabulary and data are here, weights are not.
    """
    home = make_home(tmp_path)
    mini = home.minis / "tinybert"
    for source, target in ((mini / "vocab.txt", home.models / "tinybert"), (CORPUS, home.data / "sst2")):
        target.mkdir(parents=True)
        shutil.copy(source, target)
    count = len(CORPUS.read_text(encoding="utf-8").splitlines()) - 1
    options = Options(weights="mini", data="mini")
    folder = tmp_path / "bundle"
    case = cases.named(catalog, name)
    writing.write(Materials(catalog, home, options, Silent()), [case], folder, writing.Choice())
    card.install("ascend", tmp_path / "tools").run(folder, **machine)
    for log in (folder / name / "logs").glob("*.log"):
        log.write_bytes(log.read_bytes().replace(kit.SIMULATED.encode(), b"1.0"))
    rewrite(folder, lambda told: told["cases"][0].update(weights="full", data="full"))
    spec = dataclasses.replace(catalog.datasets["sst2"], counts={"samples": count})
    counted = dataclasses.replace(catalog, datasets={**catalog.datasets, "sst2": spec})
    return Collector(counted, home, store, "run", Silent()).collect(folder)


def test_full_weights_on_full_data_are_judged_by_the_document(catalog: Catalog, store: Store, tmp_path: Path):
    found = brought_back(catalog, store, tmp_path, TINY)
    accuracy, throughput = found.results
    assert accuracy.verdict.basis is throughput.verdict.basis is Basis.DOCUMENTED
    assert "the full weights are not here" in accuracy.verdict.message
    assert (accuracy.verdict.expected, throughput.verdict.expected) == (92.32, 5871.86)
    assert {item.measurement.origin for item in found.results} == {Origin.IMPORTED}
    assert not found.machine_only


def test_one_device_of_a_card_of_four_is_not_compared(catalog: Catalog, store: Store, tmp_path: Path):
    """`run.sh` measures one device of a 310, and TinyBERT's README counts fps/card: 2883.62 at batch 8."""
    found = brought_back(catalog, store, tmp_path, "tinybert-ascend310-bs8", ZOOCHECK_SIMULATED_NPU="310")
    _, throughput = found.results
    assert throughput.measurement.origin is Origin.IMPORTED
    assert throughput.measurement.detail["devices"] == 1
    assert (throughput.verdict.kind, throughput.verdict.expected) == (VerdictKind.NOT_COMPARABLE, None)
    assert "one device's, and the document counts by the card of 4 devices" in throughput.verdict.message

"""`zoocheck compare --ab` on a mini: real processes, a planted slowdown, and arms that mean nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import typer

from harness.comparing import arm_specs
from harness.domain.cases import Case
from harness.errors import MachineError, UsageError, ZoocheckError
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import cases, catalog
from harness.toolchains.place import Place
from harness.verdicts.effects import Finding


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Materials:
    root = tmp_path_factory.mktemp("home")
    home = Home(root=root, models=root / "models", data=root / "data")
    return Materials(catalog.load(), home, Options(weights="mini", target="stand-in"), Silent())


@pytest.fixture(scope="module")
def case(materials: Materials) -> Case:
    return cases.named(materials.catalog, "tinybert-t4-bs1")


@pytest.fixture(scope="module")
def reader(materials: Materials, case: Case, tmp_path_factory: pytest.TempPathFactory) -> arm_specs.Specs:
    target = materials.target(case)
    place = Place(folder=tmp_path_factory.mktemp("place"), toolchain=target.toolchain)
    return arm_specs.Specs(materials, case, target, place)


def test_a_graph_with_its_layers_twice_is_found_slower(
    materials: Materials,
    case: Case,
    reader: arm_specs.Specs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A real artifact against one that does much more work; a second arm that is a file."""
    from harness.comparing.arms import compare_arms
    from harness.timing import turns

    monkeypatch.setattr(turns.Together, "lasts_s", 0.05)
    own = reader.read(arm_specs.CURRENT).artifact
    heavy = tmp_path / "heavy.onnx"
    onnx.save(with_idle_work(onnx.load(own.folder / "model.onnx")), heavy)
    found = compare_arms(
        materials, case, arm_specs.CURRENT, str(heavy), seconds=1, margin=0.05, folder=tmp_path / "place"
    )
    assert found.finding is Finding.WORSE
    assert found.turns.effect.change < -0.3
    assert found.versions[0] == found.versions[1]
    assert found.same_work
    assert str(found.works[0]).startswith("A (current) is within ")
    assert found.works[0].largest == found.works[1].largest <= found.works[0].bound


def constant(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same two logits for every sentence: nothing is computed, and very fast."""
    return scaled(graph, [0.0], [0.0, 1.0])


def scaled(graph: onnx.ModelProto, factor: list[float], offset: list[float]) -> onnx.ModelProto:
    """Outputs times `factor`, plus `offset`: of one value, or one of each column."""
    import numpy as np
    from onnx import helper, numpy_helper

    output = graph.graph.output[0].name
    for node in graph.graph.node:
        for at, name in enumerate(node.output):
            if name == output:
                node.output[at] = "unspoilt"
    for name, values in (("factor", factor), ("offset", offset)):
        graph.graph.initializer.append(numpy_helper.from_array(np.array(values, np.float32), name))
    graph.graph.node.extend([
        helper.make_node("Mul", ["unspoilt", "factor"], ["times"]),
        helper.make_node("Add", ["times", "offset"], [output]),
    ])  # fmt: skip
    return graph


def not_a_number(graph: onnx.ModelProto) -> onnx.ModelProto:
    return scaled(graph, [float("nan")], [0.0])


def three_columns(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Logits of three classes where the model has two."""
    from onnx import helper

    output = graph.graph.output[0].name
    spoilt = scaled(graph, [1.0], [0.0])
    (last,) = (node for node in spoilt.graph.node if output in node.output)
    last.output[0] = "two"
    spoilt.graph.node.append(helper.make_node("Concat", ["two", "times"], ["four"], axis=1))
    spoilt.graph.node.append(
        helper.make_node("Slice", ["four", "slice_start", "slice_end", "slice_axis"], [output])
    )
    import numpy as np
    from onnx import numpy_helper

    for name, value in (("slice_start", 0), ("slice_end", 3), ("slice_axis", 1)):
        spoilt.graph.initializer.append(numpy_helper.from_array(np.array([value], np.int64), name))
    spoilt.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    return spoilt


def a_hundredth_off(graph: onnx.ModelProto) -> onnx.ModelProto:
    """What a quantised graph is off by: more than fp16 explains, and no decision of the mini's flips."""
    return scaled(graph, [1.05], [0.0])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (constant, r"the largest difference from torch's fp32 is [\d.]+ spreads, fp\w+ explains [\d.]+"),
        (not_a_number, "NaN"),
        (three_columns, r"has shape \[8, 3\], expected \[8, 2\]"),
        (a_hundredth_off, r"the largest difference .* 0 of 8 decisions differ"),
    ],
)
def test_what_does_not_do_the_same_work_is_not_called_faster(
    materials: Materials,
    case: Case,
    reader: arm_specs.Specs,
    tmp_path: Path,
    spoil: Callable[[onnx.ModelProto], onnx.ModelProto],
    said: str,
) -> None:
    """Each of these was "better", however wrong its answers."""
    from harness.comparing.arms import compare_arms

    own = reader.read(arm_specs.CURRENT).artifact
    file = tmp_path / "other.onnx"
    onnx.save(spoil(onnx.load(own.folder / "model.onnx")), file)
    found = compare_arms(
        materials, case, arm_specs.CURRENT, str(file), seconds=1, margin=0.05, folder=tmp_path / "place"
    )
    assert not found.same_work
    assert (found.turns, found.finding) == (None, None)
    assert (found.works[0].why, found.works[1].arm) == ("", f"B ({file})")
    assert re.search(said, found.works[1].why)


def with_idle_work(graph: onnx.ModelProto) -> onnx.ModelProto:
    """The same outputs, after products of matrices that take several times as long as a mini."""
    import numpy as np
    from onnx import helper, numpy_helper

    big = numpy_helper.from_array(np.full((700, 700), 1e-3, np.float32), "idle_matrix")
    output = graph.graph.output[0].name
    for node in graph.graph.node:
        for at, name in enumerate(node.output):
            if name == output:
                node.output[at] = "before_idle"
    # A value that depends on the input, so that nothing is folded away: logits times 0, spread over a matrix.
    nodes = [
        helper.make_node("ReduceSum", ["before_idle"], ["idle_sum"], keepdims=0),
        helper.make_node("Mul", ["idle_matrix", "idle_sum"], ["idle_0"]),
    ]
    for at in range(8):
        nodes.append(helper.make_node("MatMul", [f"idle_{at}", "idle_matrix"], [f"idle_{at + 1}"]))
    nodes += [
        helper.make_node("ReduceMax", ["idle_8"], ["idle_max"], keepdims=0),
        helper.make_node("Mul", ["idle_max", "idle_zero"], ["idle_nothing"]),
        helper.make_node("Add", ["before_idle", "idle_nothing"], [output]),
    ]
    graph.graph.initializer.extend([big, numpy_helper.from_array(np.float32(0), "idle_zero")])
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph)
    return graph


def test_arms_that_can_be_named(reader: arm_specs.Specs, tmp_path: Path) -> None:
    own = reader.read("current").artifact
    assert reader.read(own.key[:12]).artifact.key == own.key
    file = tmp_path / "copy.onnx"
    shutil.copyfile(own.folder / "model.onnx", file)
    copied = reader.read(str(file)).artifact
    assert copied.files == {"model.onnx": own.files["model.onnx"]}
    assert (copied.folder / "model.onnx").read_bytes() == file.read_bytes()
    other = reader.read("tinybert-ascend310p-bs1")
    assert other.case == "tinybert-ascend310p-bs1"
    assert other.artifact.key != own.key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "found 'nonsense', expected an arm: 'current'"),
        ("0123456789ab", "no artifacts have a key that begins with 0123456789ab"),
        ("tinybert-t4-bs8", "takes other inputs than tinybert-t4-bs1"),
        ("spanbert-t4-bs1", "found 'spanbert-t4-bs1', expected an arm|takes other inputs"),
        ("onnxruntime=1.2", "found 'onnxruntime=1.2', expected an arm: 'current'"),
        ("", "found '', expected an arm"),
        ("/nowhere/x.onnx", "/nowhere/x.onnx: no such file"),
    ],
)
def test_arms_that_mean_nothing(reader: arm_specs.Specs, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.compile(said)):
        reader.read(text)


def test_versions_that_pip_cannot_get(reader: arm_specs.Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named with pip's log, and nothing half-installed is left."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(MachineError, match=r"(?s)pip cannot install onnxruntime==0.*No matching"):
        reader.read("onnxruntime==0.0.1")
    folder = reader.materials.home.root / "environments"
    assert [path.name for path in folder.iterdir()] == [".lock"]


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_fails_where_the_work_is_not_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """Without any limit asked for, and no word of faster or slower."""
    from harness.cli import compare as command
    from harness.comparing import arms
    from harness.comparing.arms import ComparedArms
    from harness.comparing.same_work import Work

    one = {"bound": 0.01, "precision": "fp16", "decisions": 8}
    works = (
        Work(arm="A (current)", largest=0.001, flips=0, why="", **one),
        Work(arm="B (x.onnx)", largest=3.0, flips=4, why="the largest difference is 3; 4 of 8 differ", **one),
    )
    found = ComparedArms(
        case="tinybert-t4-bs1", first="current", second="x.onnx", versions=({}, {}), works=works, turns=None,
        finding=None,
    )  # fmt: skip
    monkeypatch.setattr(arms, "compare_arms", lambda *_, **__: found)
    with pytest.raises(typer.Exit) as ended:
        command.compare("current", "x.onnx", ab="tinybert-t4-bs1", seconds=1, threads=1, as_json=as_json)
    assert ended.value.exit_code == 1
    said = capsys.readouterr().out
    if as_json:
        content = json.loads(said)
        assert (content["same_work"], content["fails"], content["turns"]) == (False, True, None)
    else:
        assert said.splitlines() == [
            "tinybert-t4-bs1: B (x.onnx) against A (current): not the same work",
            "  A (current) is within 0.001 of the 0.01 that fp16 explains",
            "  B (x.onnx): the largest difference is 3; 4 of 8 differ",
        ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"stamp": "nightly"}, "--stamp: of two arms"),
        ({"across_machines": True}, "--across-machines: of two arms"),
        ({"fail_on": "throughput:5%,not-run"}, "--fail-on of anything but throughput: of two arms"),
        ({"fail_on": "accuracy:1", "stamp": "quick"}, "--stamp and --fail-on of anything but throughput"),
    ],
)
def test_options_that_mean_nothing_of_two_arms(options: dict[str, object], said: str) -> None:
    from harness.cli import compare as command

    with pytest.raises(UsageError, match=said):
        command.compare("current", "x.onnx", ab="tinybert-t4-bs1", seconds=1, threads=1, **options)


def test_an_arm_that_cannot_be_opened_is_named_alone(
    materials: Materials, case: Case, tmp_path: Path
) -> None:
    from harness.comparing.arms import compare_arms

    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(ZoocheckError) as raised:
        compare_arms(
            materials, case, arm_specs.CURRENT, str(broken), seconds=1, margin=0.05, folder=tmp_path / "place"
        )
    assert str(raised.value).startswith(f"B ({broken}): ")

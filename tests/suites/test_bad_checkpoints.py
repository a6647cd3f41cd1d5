"""Each bad input of `zoocheck check`: one sentence with what to do, status 2, nothing written anywhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import encoders
import onnx
import pytest
import tuned
from onnx import TensorProto, helper
from tuned import MNLI, labelled
from zoo_runs import Zoo

Bad = Callable[[Path], Sequence[str]]  # spoils a folder of a checkpoint and its data, and says what to check
CHECK = ("./mine", "--data", "dev.tsv")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a checkpoint and its data."""
    folder = tmp_path_factory.mktemp("sound")
    tuned.saved(folder / "mine", "bert", **labelled(*MNLI))
    tuned.texts(folder / "dev.tsv", [*MNLI])
    return folder


@pytest.fixture
def place(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "place"))


def without(name: str) -> Bad:
    def spoil(folder: Path) -> Sequence[str]:
        (folder / "mine" / name).unlink()
        return CHECK

    return spoil


def weights_as(name: str, content: str = "") -> Bad:
    def spoil(folder: Path) -> Sequence[str]:
        (folder / "mine" / "model.safetensors").rename(folder / "mine" / name)
        if content:
            (folder / "mine" / "adapter_config.json").write_text(content, encoding="utf-8")
        return CHECK

    return spoil


def adapter(folder: Path) -> Sequence[str]:
    """As peft's save_pretrained writes it: without a config.json."""
    (folder / "mine" / "config.json").unlink()
    return weights_as("adapter_model.safetensors", "{}")(folder)


def config(**changes: object) -> Bad:
    def spoil(folder: Path) -> Sequence[str]:
        encoders.edited(folder / "mine", **changes)
        return CHECK

    return spoil


def data(content: str) -> Bad:
    def spoil(folder: Path) -> Sequence[str]:
        (folder / "dev.tsv").write_text(content, encoding="utf-8")
        return CHECK

    return spoil


def larger_tokenizer(folder: Path) -> Sequence[str]:
    path = folder / "mine" / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["vocab"]["one too many"] = 500
    path.write_text(json.dumps(content), encoding="utf-8")
    return CHECK


def graph(operator: str, domain: str, *more: str) -> Bad:
    def spoil(folder: Path) -> Sequence[str]:
        made = helper.make_graph(
            [helper.make_node(operator, ["x"], ["y"], domain=domain)], "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3, "width"])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        )  # fmt: skip
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.mine", 1)]
        onnx.save(helper.make_model(made, opset_imports=opsets, ir_version=8), folder / "g.onnx")
        return ("g.onnx", *more)

    return spoil


BAD: dict[str, tuple[Bad, str]] = {
    "no config": (without("config.json"), "mine: no config.json; give the folder that save_pretrained wrote"),
    "an unknown architecture": (config(model_type="gpt2"), "model_type: found 'gpt2', supported are bert, "),
    "no architecture": (config(model_type=None), "model_type: found no value, supported are bert, "),
    "a head for nothing": (config(architectures=["BertForMaskedLM"]), "has no head that is scored"),
    "an adapter": (weights_as("adapter_model.safetensors", "{}"), "an adapter: merge it"),
    "an adapter's own folder": (adapter, "an adapter: merge it"),
    "TensorFlow": (weights_as("tf_model.h5"), "tf_model.h5 (TensorFlow's"),
    "GGUF": (weights_as("a.Q4.gguf"), "a.Q4.gguf (GGUF"),
    "Flax": (weights_as("flax_model.msgpack"), "flax_model.msgpack (Flax's"),
    "a tokenizer of another": (larger_tokenizer, "found ids up to 500, and the word embedding has 120 rows"),
    "other labels": (data("sentence\tlabel\n" + "a b\tjoy\nc d\tanger\n" * 4), "the labels anger, joy, and"),
    "one line": (data("sentence\tlabel\na b\tneutral\n"), "found 1 sample, expected 2 or more"),
    "a head alone": (data("sentence\tlabel\n"), "dev.tsv"),
    "an empty file": (data(""), "dev.tsv: the file is empty"),
    "custom operators": (graph("Swirl", "com.mine", "--shape", "x=1x3x4"), "com.mine"),
    "open axes": (graph("Relu", ""), "x float32 [batch, 3, width] has axes of any size beside the batch"),
    "shapes that do not fit": (
        graph("Relu", "", "--shape", "x=1x4x4"), "--shape x=1x4x4: does not fit the graph's own",
    ),
    "no such folder": (lambda _: ("./nowhere",), "nowhere: no such folder or file; give a checkpoint's"),
    "another file": (lambda _: ("dev.tsv",), "dev.tsv: a file that is no .onnx"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_one_sentence_and_leaves_nothing(place: Path, what: str):
    """A hub id that is not there, and no network, are in tests/drafting/test_hub.py, which has a hub."""
    spoil, message = BAD[what]
    arguments = spoil(place)
    before = sorted(path for path in place.rglob("*"))
    zoo = Zoo(
        home=place.parent / "home", models=place.parent / "models", data=place.parent / "data", tables=place
    )
    ran = zoo.but(changes={"ZOOCHECK_TABLES": ""}).inside(place, "check", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.startswith("zoocheck: ")
    assert ran.err.count("\n") == 1, ran.err
    assert not any((place.parent / name).exists() for name in ("home", "models", "data"))
    assert sorted(path for path in place.rglob("*")) == before

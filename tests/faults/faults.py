"""The faults of the mutation test: each a place in a pipeline, and what is wrong there.

A fault is planted in the session that runs the artifact, in the graph before or after a precision's steps, or
in the checkpoint's folder. Nothing of the harness is changed, and no fault makes a tool fail or says a word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import planted
from onnx import TensorProto, helper

from harness.domain.cases import Case
from harness.domain.models import InputRole
from harness.models.checkpoints.card import CARD
from harness.models.graphs import gelu, values

if TYPE_CHECKING:
    import torch

Arrays = list[np.ndarray]
LAYER = 1  # whose inside is broken: the second, so that there is one before it


class Faulty:
    """A session with a fault: as the one inside of it, but for what a subclass changes."""

    def __init__(self, inner: object, case: Case) -> None:
        self.inner, self.case = inner, case

    def run(self, inputs: Sequence[np.ndarray]) -> Arrays:
        return self.inner.run(self.fed(list(inputs)))

    def fed(self, inputs: Arrays) -> Arrays:
        return inputs

    def contract(self) -> object:
        return self.inner.contract()

    def of(self, role: InputRole) -> int:
        """Which of the inputs has a role."""
        return next(at for at, item in enumerate(self.case.model.inputs) if item.role is role)


class SwappedInputs(Faulty):
    def fed(self, inputs: Arrays) -> Arrays:
        one, other = self.of(InputRole.SEGMENTS), self.of(InputRole.MASK)
        inputs[one], inputs[other] = inputs[other], inputs[one]
        return inputs


class FedByPosition(Faulty):
    """Feeds the documented order to whatever order the artifact declares."""

    def fed(self, inputs: Arrays) -> Arrays:
        declared = [name for name, _, _ in self.inner.contract()[0]]
        by_name = dict(zip(declared, inputs, strict=True))
        return [by_name[item.name] for item in self.case.model.inputs]


class ShiftedLabels(Faulty):
    """Every label is taken for the next; of one logit a position, the outputs are taken for each other."""

    def run(self, inputs: Sequence[np.ndarray]) -> Arrays:
        outputs = self.inner.run(inputs)
        if len(outputs) > 1:
            return outputs[::-1]
        return [np.roll(output, 1, axis=-1) for output in outputs]


class MaskIgnored(Faulty):
    def fed(self, inputs: Arrays) -> Arrays:
        at = self.of(InputRole.MASK)
        inputs[at] = np.ones_like(inputs[at])
        return inputs


class SegmentsZeroed(Faulty):
    def fed(self, inputs: Arrays) -> Arrays:
        at = self.of(InputRole.SEGMENTS)
        inputs[at] = np.zeros_like(inputs[at])
        return inputs


class Stale(Faulty):
    """Gives what the call before gave, where it is of the same shape; the first call its own."""

    before: tuple[np.ndarray, ...] = ()

    def run(self, inputs: Sequence[np.ndarray]) -> Arrays:
        outputs, before = self.inner.run(inputs), self.before
        self.before = tuple(outputs)
        same = [output.shape for output in outputs] == [output.shape for output in before]
        return list(before) if same else outputs


class Tool(Faulty):
    """Any number of samples at once, as a vendor's tool runs them: in full batches, and then the rest."""

    def run_all(self, inputs: Sequence[np.ndarray]) -> Arrays:
        size, samples = self.case.batch_size, len(inputs[0])
        parts = [
            self.run([array[at : at + size] for array in inputs]) for at in range(0, samples - size + 1, size)
        ]
        whole = [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]
        return self.with_rest(whole, samples - len(whole[0]))

    def with_rest(self, whole: Arrays, rest: int) -> Arrays:
        raise NotImplementedError

    def time_batch(self, inputs: Sequence[np.ndarray]) -> None:
        return None


class DroppedTail(Tool):
    def with_rest(self, whole: Arrays, rest: int) -> Arrays:
        return whole


class StaleTail(Tool):
    """The rest is what the buffer of the batch before holds."""

    def with_rest(self, whole: Arrays, rest: int) -> Arrays:
        size = self.case.batch_size
        return [np.concatenate([output, output[len(output) - size :][:rest]]) for output in whole]


# ---------------------------------------------------------------------- graphs


def tanh_for_erf(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    layers = sum(node.op_type == "Erf" for node in graph.graph.node)
    return gelu.tanh_gelu(graph, expected=layers)


def layer_skipped(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    return planted.layer_bypassed(graph, LAYER)


def bias_lost(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    """The bias of the first Gemm is zeros; biases of keys alone would not matter, by the softmax."""
    faulty = values.copy_of(graph)
    first = next(node for node in faulty.graph.node if node.op_type == "Gemm")
    [bias] = [tensor for name, tensor in values.constants(faulty.graph) if name == first.input[2]]
    assert "query" in bias.name
    values.store(bias, np.zeros_like(values.array_of(bias)))
    return faulty


def int8_scale(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    return planted.int8_weight_scale_doubled(graph, LAYER)


def inputs_reordered(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    """Segments and mask are declared in each other's place."""
    faulty = values.copy_of(graph)
    names = {item.role: item.name for item in case.model.inputs}
    pair = {
        names[InputRole.SEGMENTS]: names[InputRole.MASK],
        names[InputRole.MASK]: names[InputRole.SEGMENTS],
    }
    known = {item.name: item for item in faulty.graph.input}
    order = [known[pair.get(item.name, item.name)] for item in graph.graph.input]
    del faulty.graph.input[:]
    faulty.graph.input.extend(order)
    return faulty


def mask_lost(graph: onnx.ModelProto, case: Case) -> onnx.ModelProto:
    """The mask was taken for a constant of ones, and is no input any more."""
    faulty = values.copy_of(graph)
    names = {item.role: item.name for item in case.model.inputs}
    mask, ids = names[InputRole.MASK], names[InputRole.IDS]
    kept = [item for item in faulty.graph.input if item.name != mask]
    del faulty.graph.input[:]
    faulty.graph.input.extend(kept)
    dtype = next(item.dtype for item in case.model.inputs if item.role is InputRole.MASK)
    made = [
        helper.make_node("Equal", [ids, ids], ["planted_all"]),
        helper.make_node("Cast", ["planted_all"], [mask], to=getattr(TensorProto, dtype.upper())),
    ]
    nodes = [*made, *faulty.graph.node]
    del faulty.graph.node[:]
    faulty.graph.node.extend(nodes)
    return faulty


# ----------------------------------------------------------------- checkpoints

# Whose vocabulary stands in a model's place: of another language, or of other text.
OTHER_VOCABULARY = {"tinybert": "bert-squad", "bert-large-ner": "spanbert", "bert-chinese-ner": "tinybert",
                    "bert-squad": "bert-large-ner", "spanbert": "bert-large-ner"}  # fmt: skip


def wrong_vocabulary(folder: Path, minis: Path, model: str) -> None:
    """Another checkpoint's vocab.txt, of as many pieces at most."""
    own = folder / "vocab.txt"
    count = len(own.read_text(encoding="utf-8").splitlines())
    other = (minis / OTHER_VOCABULARY[model] / "vocab.txt").read_text(encoding="utf-8").splitlines()
    own.unlink()
    own.write_text("\n".join(other[:count]) + "\n", encoding="utf-8")


def _labels_turned(folder: Path) -> None:
    """The head's labels, each in the next one's place."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    for name in [name for name in weights if name.startswith(("classifier.", "qa_outputs."))]:
        weights[name] = weights[name].roll(1, 0).contiguous()
    path.unlink()
    save_file(weights, path)


def other_label_order(folder: Path, minis: Path, model: str) -> None:
    """A checkpoint with its labels in another order, of which its config.json says nothing."""
    _labels_turned(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["num_labels"] = len(config.pop("id2label"))
    path.unlink()
    path.write_text(json.dumps(config), encoding="utf-8")


def other_label_names(folder: Path, minis: Path, model: str) -> None:
    """The same; of its config.json's two tables of names one says so, and the other does not."""
    _labels_turned(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    names = [*config["id2label"].values()]
    config["label2id"] = {name: at for at, name in enumerate(names)}
    config["id2label"] = {str(at): names[at - 1] for at in range(len(names))}
    path.unlink()
    path.write_text(json.dumps(config), encoding="utf-8")


def _weights_changed(folder: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """A checkpoint with other weights, and no card: what it scores is its own."""
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    change(weights)
    path.unlink()
    save_file(weights, path)
    (folder / CARD).unlink()


def outlier_of_300(folder: Path, minis: Path, model: str) -> None:
    """One bias behind the feed-forward of the second layer."""

    def change(weights: dict[str, torch.Tensor]) -> None:
        weights[f"bert.encoder.layer.{LAYER}.output.dense.bias"][7] = 300.0

    _weights_changed(folder, change)


def outlier_of_400(folder: Path, minis: Path, model: str) -> None:
    """One bias behind the attention of the second layer."""

    def change(weights: dict[str, torch.Tensor]) -> None:
        weights[f"bert.encoder.layer.{LAYER}.attention.output.dense.bias"][7] = 400.0

    _weights_changed(folder, change)


def epsilon_lost(folder: Path, minis: Path, model: str) -> None:
    """Padding is all zeros before the first LayerNorm: its word, its segment, and any position."""

    def change(weights: dict[str, torch.Tensor]) -> None:
        weights["bert.embeddings.position_embeddings.weight"].zero_()
        for name in ("word", "token_type"):
            weights[f"bert.embeddings.{name}_embeddings.weight"][0] = 0.0

    _weights_changed(folder, change)


# ----------------------------------------------------------------------- table


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Where a fault is planted: a session, a graph before or behind its precision's steps, a checkpoint."""

    session: Callable[[object, Case], Faulty] | None = None
    exported: Callable[[onnx.ModelProto, Case], onnx.ModelProto] | None = None
    built: Callable[[onnx.ModelProto, Case], onnx.ModelProto] | None = None
    checkpoint: Callable[[Path, Path, str], None] | None = None


PLANTS: Mapping[str, Plant] = {
    "swapped inputs": Plant(session=SwappedInputs),
    "inputs reordered": Plant(session=FedByPosition, built=inputs_reordered),
    "shifted labels": Plant(session=ShiftedLabels),
    "dropped tail": Plant(session=DroppedTail),
    "stale tail": Plant(session=StaleTail),
    "stale predictions": Plant(session=Stale),
    "mask ignored": Plant(session=MaskIgnored),
    "mask lost": Plant(built=mask_lost),
    "segments zeroed": Plant(session=SegmentsZeroed),
    "tanh GELU for erf": Plant(exported=tanh_for_erf),
    "bias lost": Plant(exported=bias_lost),
    "int8 scale off by 2": Plant(built=int8_scale),
    "layer skipped": Plant(exported=layer_skipped),
    "wrong vocabulary": Plant(checkpoint=wrong_vocabulary),
    "other label order": Plant(checkpoint=other_label_order),
    "other label names": Plant(checkpoint=other_label_names),
    "outlier of 300": Plant(checkpoint=outlier_of_300),
    "outlier of 400": Plant(checkpoint=outlier_of_400),
    "epsilon lost": Plant(checkpoint=epsilon_lost),
}

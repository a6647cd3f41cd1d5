"""What a model's table leaves out and its family or its head tells: sizes, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.domain.families import FAMILIES, Family
from harness.domain.models import Architecture, Head, Input, InputRole, Model, Output

# As transformers calls what an encoder takes and gives, in the order in which its `forward` takes it.
INPUTS: Mapping[InputRole, str] = {
    InputRole.IDS: "input_ids",
    InputRole.MASK: "attention_mask",
    InputRole.SEGMENTS: "token_type_ids",
}
_DTYPE = "int64"
_OUTPUTS: Mapping[Head, tuple[tuple[str, tuple[str, ...]], ...]] = {
    Head.CLASSIFICATION: (("logits", ("batch", "labels")),),
    Head.CLASSIFICATION_RELU: (("logits", ("batch", "labels")),),
    Head.TOKEN_CLASSIFICATION: (("logits", ("batch", "length", "labels")),),
    Head.QUESTION_ANSWERING: (("start_logits", ("batch", "length")), ("end_logits", ("batch", "length"))),
}


def with_family(item: Any) -> Any:
    """The TOML of a model with what its family has where its architecture says nothing.

    What is no table of an architecture, and what has no family that is known, stays as it is: reading it as a
    record says what is wrong.
    """
    sizes = item.get("architecture") if isinstance(item, dict) else None
    if not isinstance(sizes, dict) or sizes.get("family", Family.BERT) not in [*Family]:
        return item
    facts = FAMILIES[Family(sizes.get("family", Family.BERT))]
    told: dict[str, Any] = {
        "types": facts.types,
        "activation": facts.activation,
        "layer_norm_eps": facts.epsilon,
        "dropout": facts.dropout,
    }
    return {**item, "architecture": {**told, **sizes}}


def completed(model: Model) -> Model:
    """`model` with its family's inputs and its head's outputs where it names none.

    An input that has no folder of its own has one that is called as it is.
    """
    if model.architecture is None:  # a graph has its own; what else lacks one is told of it
        return model
    inputs = model.inputs or inputs_of(model.architecture)
    named = tuple(item if item.folder else replace(item, folder=item.name) for item in inputs)
    return replace(model, inputs=named, outputs=model.outputs or outputs_of(model.architecture.head))


def inputs_of(architecture: Architecture) -> tuple[Input, ...]:
    """The inputs that transformers' network of an architecture takes, in its order."""
    return tuple(
        Input(name=name, role=role, dtype=_DTYPE, folder=name)
        for role, name in INPUTS.items()
        if role in architecture.roles
    )


def outputs_of(head: Head) -> tuple[Output, ...]:
    """The outputs that transformers' network with a head gives."""
    return tuple(Output(name=name, dtype="float32", shape=shape) for name, shape in _OUTPUTS[head])

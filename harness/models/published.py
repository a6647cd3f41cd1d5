"""Networks of transformers, as it publishes them for a family and a head.

No code of a checkpoint is run: a network is made of a family that is known, its sizes and its settings.
torch and transformers are imported inside functions, so that collecting tests needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.domain.families import FAMILIES
from harness.domain.models import Architecture, Head, InputRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from harness.domain.models import Input

# Ids of special tokens, which no network reads: told as absent, or transformers warns of those it presumes.
_UNREAD = ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
# Where transformers' own network stands in the one of `build`, and so what its parameters' names begin with.
PREFIX = "network."
SPAN = 2  # logits of a token that an answer is taken from: where it starts, where it ends
_CLASSES = {
    Head.CLASSIFICATION: "AutoModelForSequenceClassification",
    Head.TOKEN_CLASSIFICATION: "AutoModelForTokenClassification",
    Head.QUESTION_ANSWERING: "AutoModelForQuestionAnswering",
}
_ARGUMENTS = {
    InputRole.IDS: "input_ids",
    InputRole.MASK: "attention_mask",
    InputRole.SEGMENTS: "token_type_ids",
}


def config_of(architecture: Architecture, attention: str = "eager") -> Any:
    """transformers' configuration of an architecture; `attention` is its name of an implementation."""
    from transformers import AutoConfig

    facts = FAMILIES[architecture.family]
    keys = {
        facts.activation_key: architecture.activation,
        facts.epsilon_key: architecture.layer_norm_eps,
        facts.dropout_key: architecture.dropout,
        **dict.fromkeys(_UNREAD),
        **{key: getattr(architecture, ours) for ours, key in facts.sizes.items()},
        **architecture.settings,
    }
    keys.pop("", None)
    labels = SPAN if architecture.head is Head.QUESTION_ANSWERING else architecture.labels
    return AutoConfig.for_model(
        str(architecture.family), num_labels=labels, attn_implementation=attention, **keys
    )


def parameter_shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its published name; no memory is taken for any."""
    import torch

    with torch.device("meta"):
        network = _network(architecture, "eager")
    return {name: tuple(value.shape) for name, value in network.state_dict().items()}


def build(architecture: Architecture, inputs: Sequence[Input], attention: str) -> torch.nn.Module:
    """An untrained network whose ``forward`` takes `inputs` by position.

    Every input is int64 ``[batch, length]``. Logits are float32: ``[batch, labels]`` of a classification,
    ``[batch, length, labels]`` of tokens, start and end ``[batch, length]`` of answers.
    """
    import torch

    names = [_ARGUMENTS[item.role] for item in inputs]

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = _network(architecture, attention)

        def forward(self, *arguments: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
            given = dict(zip(names, arguments, strict=True))
            outputs: tuple[torch.Tensor, ...] = self.network(**given, return_dict=False)
            return outputs[0] if len(outputs) == 1 else outputs

    return Network()


def _network(architecture: Architecture, attention: str) -> torch.nn.Module:
    """transformers' own network, its weights as its `_init_weights` makes them."""
    import transformers

    factory = getattr(transformers, _CLASSES[architecture.head])
    config = config_of(architecture, attention)
    network: torch.nn.Module = factory.from_config(config, attn_implementation=attention)
    return network

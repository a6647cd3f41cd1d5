"""The floating-point operations of an encoder, from its architecture and the length of its input."""

from __future__ import annotations

from harness.domain.families import Family
from harness.domain.models import Architecture, Head

_DENSE_IN_HEAD = (Head.CLASSIFICATION, Head.CLASSIFICATION_RELU)


def encoder_flops(architecture: Architecture, length: int) -> int:
    """Operations of one sample of `length` tokens: two (multiply, add) for each product in a matrix product.

    With hidden size h, intermediate size i and L tokens a layer has

    * four projections, query, key, value and output: ``4 * 2 L h h``,
    * scores and their weighted sum: ``2 * 2 L L h``, whatever the number of heads,
    * two products of the feed-forward part: ``2 * 2 L h i``, and of ModernBERT's three, one for its gate,
    * of DeBERTa's queries and keys with the relative positions that are told apart, r: ``2 L r h`` each.

    Embeddings of another size e come to h by ``2 L e h``. The head adds its own: the dense layer in front of
    a sentence's classifier ``2 h h`` and ``2 h labels``, ``2 L h labels`` for a label or a span a token;
    ModernBERT has a dense layer in front of those, too. Embeddings, biases, LayerNorm, softmax and GELU are
    not counted: together they are less than a hundredth of it at the sizes in our tables. A graph counts the
    same: `tests/models/graphs/test_family_graphs.py`.
    """
    hidden = architecture.hidden
    layers = architecture.layers * int(architecture.setting("inner_group_num", 1))
    inside = _inside(architecture)
    projections = 4 * 2 * length * hidden * inside * architecture.heads
    attention = 2 * 2 * length * length * inside * architecture.heads
    products = 3 if architecture.family is Family.MODERNBERT else 2
    forward = products * 2 * length * hidden * architecture.intermediate
    relative = 2 * length * inside * architecture.heads * _relative_positions(architecture, length)
    each = projections + attention + forward + relative
    return layers * each + _around(architecture, length) + _head(architecture, length)


def _inside(architecture: Architecture) -> int:
    """The width of one head."""
    return int(architecture.setting("attention_head_size") or architecture.hidden // architecture.heads)


def _relative_positions(architecture: Architecture, length: int) -> int:
    """How many relative positions a query and a key of DeBERTa are multiplied by, both together."""
    if not architecture.setting("relative_attention"):
        return 0
    most = int(architecture.setting("max_relative_positions"))
    span = most if most > 0 else architecture.positions
    buckets = int(architecture.setting("position_buckets", -1))
    if buckets > 0:
        span = buckets
    elif architecture.family is Family.DEBERTA:  # the second cuts its table of positions to the length
        span = min(span, length)
    kinds = architecture.setting("pos_att_type")
    named = kinds.lower().split("|") if isinstance(kinds, str) else kinds
    return 2 * span * len({kind.strip() for kind in named})


def _around(architecture: Architecture, length: int) -> int:
    """What brings embeddings to the hidden size, and DeBERTa's convolution over the first layer."""
    hidden = architecture.hidden
    size = int(architecture.setting("embedding_size") or hidden)
    always = architecture.family is Family.ALBERT
    embedded = 2 * length * size * hidden if always or size != hidden else 0
    kernel = int(architecture.setting("conv_kernel_size", 0))
    return embedded + 2 * length * kernel * hidden * hidden // int(architecture.setting("conv_groups", 1))


def _head(architecture: Architecture, length: int) -> int:
    hidden, labels = architecture.hidden, architecture.labels
    if architecture.head in _DENSE_IN_HEAD:
        return 2 * hidden * hidden + 2 * hidden * labels
    per_token = 2 * length * hidden * (2 if architecture.head is Head.QUESTION_ANSWERING else labels)
    if architecture.family is Family.MODERNBERT:
        return per_token + 2 * length * hidden * hidden
    return per_token

"""The floating-point operations of a BERT encoder, from its architecture and the length of its input."""

from __future__ import annotations

from harness.domain.models import Architecture, Head


def encoder_flops(architecture: Architecture, length: int) -> int:
    """Operations of one sample of `length` tokens: two (multiply, add) for each product in a matrix product.

    With hidden size h, intermediate size i and L tokens a layer has

    * four projections, query, key, value and output: ``4 * 2 L h h``,
    * scores and their weighted sum: ``2 * 2 L L h``, whatever the number of heads,
    * two products of the feed-forward part: ``2 * 2 L h i``,

    and the head adds its own: the pooler ``2 h h`` and ``2 h labels`` for a classification, ``2 L h labels``
    for a label or a span a token. Embeddings, biases, LayerNorm, softmax and GELU are not counted: together
    they are less than a hundredth of it at the sizes in our tables.
    """
    hidden, labels = architecture.hidden, architecture.labels
    projections = 4 * 2 * length * hidden * hidden
    attention = 2 * 2 * length * length * hidden
    forward = 2 * 2 * length * hidden * architecture.intermediate
    if architecture.head in (Head.CLASSIFICATION, Head.CLASSIFICATION_RELU):
        head = 2 * hidden * hidden + 2 * hidden * labels
    else:
        head = 2 * length * hidden * labels
    return architecture.layers * (projections + attention + forward) + head

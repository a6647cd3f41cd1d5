"""The operators of exported encoders, one at a time, against float64, with bounds from the unit roundoff.

- `bounded`: a value and how far what is computed may lie from it;
- `arithmetic`: what one precision does to a result, a constant and an operand;
- `rules`: for each operator the value in float64 and the bound of the computed one;
- `propagation`: the rules, applied node by node to a graph;
- `catalogue`: graphs of one operator (what the export spells out in a few: of those) with seeded inputs;
- `checking`: such a graph through the steps and the session of a stand-in, held against its bound.

Importing this package imports no numpy: the suite takes the names of its tests from here.
"""

from __future__ import annotations

# What `catalogue` has a graph for, in the order of the network; a test holds the two against each other.
NAMES = (
    "gather-embedding", "gather-token", "add-broadcast", "layer-normalization", "matmul-constant",
    "gemm", "gemm-transposed", "gemm-no-bias", "gemm-down", "matmul-batched", "matmul-context", "mul-scalar",
    "div-scalar", "where", "softmax", "softmax-masked", "erf", "tanh", "relu", "gelu-erf", "gelu-tanh",
    "moves", "layer-normalization-spelt-out", "gelu-cubed", "rotary", "relative-scores", "softmax-chosen",
    "convolution", "moves-of-masks",
)  # fmt: skip

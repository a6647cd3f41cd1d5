"""Graph in, graph out: export, simplification, the mask fix, and the numerics of chips.

Every step is a pure function over an `onnx.ModelProto`; none changes the graph it is given.
`STEPS_VERSION` is part of every artifact's key: raise it when a step changes what it produces.
"""

STEPS_VERSION = 2

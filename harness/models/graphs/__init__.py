"""Graph in, graph out: export, simplification, the mask fix, and the numerics of chips.

Every step is a pure function over an `onnx.ModelProto`; none changes the graph it is given.
"""

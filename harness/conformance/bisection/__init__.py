"""Where an artifact leaves the reference: value by value, in the order of the network.

An error at the end of a network says nothing of where it came in: what stands behind a fault is wrong too.
So the artifact is run twice. Once as it is, with its inner values as outputs: that is the error that is
there. And once cut at every value that it shares with the reference (`cutting`): each operator then reads the
reference's own values, as its precision holds them, and what it makes of them is its own doing alone. That
is held against a bound derived from the precision (`harness.conformance.operators.rules`).

- `places`: which layer and which part of it a value belongs to;
- `axes`: which axes of a value are batch and length, so that padding is left out;
- `matching`: which values of the reference an artifact has;
- `cutting`: graphs with their inner values as outputs, and as inputs;
- `comparing`: the two runs, and each value held against its bound;
- `findings`: what came of it, in a sentence and as a table.
"""

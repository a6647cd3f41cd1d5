"""Where an artifact leaves the reference: value by value, in the order of the network.

An error at the end of a network says nothing of where it came in: what stands behind a fault is wrong too.
So the artifact is run twice. Once as it is, with its inner values as outputs: that is the error that is
there. And once cut at every value that it shares with the reference (`cutting`): each operator then reads the
reference's own values, as its precision holds them, and what it makes of them is its own doing alone. That
is held against a bound: of an encoder one that is derived from the precision
(`harness.conformance.operators.rules`), of any other graph one that is measured on the reference.

- `case`, `graph_case`: a case's reference and batch, of an encoder and of a graph as it is;
- `artifacts`, `samples`: what is bisected, and what both are shown;
- `runs`, `cutting`: the runs, of graphs with their inner values as outputs, and as inputs;
- `matching`, `same_values`: which values of the reference an artifact has, and what a file calls them;
- `between`: which operators make a value of those that are known;
- `places`, `blocks`: which layer and part of it a value belongs to, or which block of any graph;
- `derived`, `probed`: the bounds by rules, and those that are measured; `axes` leaves padding out;
- `lost`: where numbers end;
- `comparing`: each value held against its bound;
- `findings`: what came of it, in a sentence and as a table.
"""

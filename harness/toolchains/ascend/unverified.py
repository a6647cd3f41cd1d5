"""What is taken for granted of the Ascend tools and nobody could verify; `zoocheck doctor` prints it."""

UNVERIFIED: tuple[str, ...] = (
    "atc has compiled none of these graphs: that it takes what torch 2.13 exports at opset 11 is not known",
    "an .om names its outputs in the compiler's way, so they are held to the table by position, dtype and "
    "shape alone",
    "`datatype` of what InferSession.get_inputs() gives; `name`, `shape` and the calls are in public source",
    "what atc makes of a graph's inputs and outputs without axes, and of 64-bit numbers: their contract is "
    "held to the graph's own",
    "what ais_bench feeds without --input: zeros, by its source; a graph whose work depends on its values "
    "(branches, table look-ups) is timed at that work, and InferSession beside it at the seeded samples'",
    "npu-smi's column Device is taken for the number of ais_bench's --device, the NPU number where there is "
    "no such column",
    "any health but OK is taken for a card that must not be measured",
)

"""atc: the documented command lines of the three systems, and of any other graph one with --input_format.

Its .om is the ONNX file, wrapped.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import kit
import onnx
import simulated_om

TOOL = "atc"
START = "ATC start working now, please wait for a moment."
SUCCESS = "ATC run success, welcome to the next use."
FAILED = "ATC run failed, Please check the detail log, Try 'atc --help' for more information"
CHIPS = ("Ascend310", "Ascend310P3")
HIGH_PERFORMANCE = {"optypelist_for_implmode": "Gelu", "op_select_implmode": "high_performance"}
# By the graph's inputs, in order: TinyBERT, bert-large-NER, SpanBERT.
DOCUMENTED = {
    ("input_ids", "segment_ids", "input_mask"): {
        "input_format": "ND", "log": "info", "out_nodes": "Gemm_423:0", **HIGH_PERFORMANCE,
    },
    ("input_ids", "attention_mask", "token_type_ids"): HIGH_PERFORMANCE,
    ("input_ids", "token_type_ids", "attention_mask"): {"input_format": "ND", "log": "error"},
}  # fmt: skip
MADE = ("framework", "model", "output", "input_shape", "soc_version")
IMAGES = 4  # axes: the format NCHW is of these alone


def refuse(value: str, name: str, reason: str) -> NoReturn:
    kit.refuse(
        f"{FAILED}\nE10001: Value [{value}] for parameter [--{name}] is invalid. Reason: {reason}", 255
    )


def read(arguments: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or not value or name in options:
            refuse(value, name, "the argument is not --name=value, once")
        options[name] = value
    for name in MADE:
        if name not in options and name != "input_shape":  # a graph may have none to be told
            refuse("", name, "it is required")
    return options


def shapes(options: dict[str, str], graph: onnx.GraphProto) -> dict[str, list[int]]:
    """--input_shape, held to the graph's inputs; a dynamic batch takes any, and a scalar is not told."""
    given = {}
    for part in filter(None, options.get("input_shape", "").split(";")):
        name, _, sizes = part.rpartition(":")
        given[name] = [int(size) for size in sizes.split(",")]
    axes = {item.name: item.type.tensor_type.shape.dim for item in graph.input}
    if list(given) != [name for name, dims in axes.items() if dims]:
        refuse(options.get("input_shape", ""), "input_shape", "the names are not the graph's inputs")
    for name, dims in axes.items():
        for size, dim in zip(given.get(name, []), dims, strict=True):
            if dim.dim_value not in (0, size):
                refuse(options["input_shape"], "input_shape", f"{name} has {dim.dim_value} there")
            dim.dim_value = size
    return {name: given.get(name, []) for name in axes}


def check(options: dict[str, str], graph: onnx.GraphProto, given: dict[str, list[int]]) -> None:
    if options["framework"] != "5":
        refuse(options["framework"], "framework", "expected 5, ONNX")
    if options["soc_version"] not in CHIPS or kit.fault(TOOL) == "other-chip":
        refuse(options["soc_version"], "soc_version", f"the toolkit knows {', '.join(CHIPS)}")
    more = {name: value for name, value in options.items() if name not in MADE}
    usual = "NCHW" if all(len(shape) == IMAGES for shape in given.values()) else "ND"
    documented = DOCUMENTED.get(tuple(item.name for item in graph.input))
    if more not in (documented, {"input_format": usual}):
        refuse(str(more), "others", f"the document has {documented}")
    for node in more.get("out_nodes", "").split(";"):
        name, _, index = node.rpartition(":")
        if node and not any(item.name == name and int(index) < len(item.output) for item in graph.node):
            refuse(node, "out_nodes", "the graph has no such node")


def main(arguments: list[str]) -> None:
    options = read(arguments)
    print(START, flush=True)
    path = Path(options["model"])
    if not path.is_file():
        refuse(str(path), "model", "no such file")
    model = onnx.load(path)
    given = shapes(options, model.graph)
    check(options, model.graph, given)
    kit.misbehave(TOOL)
    simulated_om.write(Path(f"{options['output']}.om"), model, options["soc_version"], given)
    kit.say(TOOL, [] if kit.fault(TOOL) == "truncated-log" else [SUCCESS])


if __name__ == "__main__":
    main(sys.argv[1:])

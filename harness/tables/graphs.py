"""Models that are an ONNX graph, and those that are not: what each of them has to say, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterator

from harness.domain.graphs import BATCH, DTYPES, RANGES, USUAL, GraphInput, Range
from harness.domain.models import CheckpointSource, Model
from harness.tables.mistakes import Draft, Entry, listed, show

_OF_ENCODERS = ("task", "dataset", "metric", "length", "architecture", "tokenizer", "layout")
_NEEDED = ("task", "length", "architecture")  # of a model that is no graph
_WORDS = (BATCH, "any", "labels", "...")  # in an output's shape, beside numbers


def check_graph(entry: Entry, draft: Draft) -> None:
    """Note what is wrong with a model that has a `graph`; whether the file is there is asked at the run."""
    model: Model = entry.record
    assert model.graph is not None, "the caller has looked"
    for key in _OF_ENCODERS:
        if value := getattr(model, key):
            draft.wrong(entry, key, show(value), "no such key beside graph: a graph is run as it is")
    if model.inputs:
        draft.wrong(
            entry, "inputs", f"{len(model.inputs)}", "none beside graph, whose inputs are graph.inputs"
        )
    if model.checkpoint != CheckpointSource():
        draft.wrong(entry, "checkpoint", "a table", "none beside graph: its weights are in its file")
    inputs = model.graph.inputs
    names = [item.name for item in inputs]
    for index, item in enumerate(inputs):
        for key, found, expected in _input(item):
            draft.wrong(entry, f"graph.inputs[{index}].{key}", found, expected)
        if item.name in names[:index]:
            draft.wrong(entry, f"graph.inputs[{index}].name", show(item.name), "each input once")
    if not inputs:
        draft.wrong(entry, "graph.inputs", "[]", "at least one: nothing could be fed")
    if not model.graph.batched:
        for index, deployment in enumerate(model.deployments):
            if set(deployment.batch_sizes) - {1}:
                path = f"deployments[{index}].batch_sizes"
                expected = f'[1], for no shape of graph.inputs has "{BATCH}": a call is one sample'
                draft.wrong(entry, path, show(deployment.batch_sizes), expected)
    _check_outputs(entry, model, draft)


def _check_outputs(entry: Entry, model: Model, draft: Draft) -> None:
    names = [item.name for item in model.outputs]
    for index, output in enumerate(model.outputs):
        path = f"outputs[{index}]"
        if output.name in names[:index]:
            draft.wrong(entry, f"{path}.name", show(output.name), "each output once")
        if output.dtype not in DTYPES:
            draft.wrong(entry, f"{path}.dtype", show(output.dtype), f"one of {listed(DTYPES)}")
        for axis, size in enumerate(output.shape):
            if isinstance(size, str) and size not in _WORDS:
                expected = f"a whole number or one of {listed(_WORDS)}"
                draft.wrong(entry, f"{path}.shape[{axis}]", show(size), expected)
        if output.shape.count(BATCH) > 1:
            draft.wrong(entry, f"{path}.shape", show(output.shape), f'"{BATCH}" once at most')


def check_encoder(entry: Entry, draft: Draft) -> bool:
    """Whether a model without a `graph` has what an encoder needs; each thing that it lacks is noted."""
    model: Model = entry.record
    missing = [key for key in _NEEDED if not getattr(model, key)]
    if model.checkpoint == CheckpointSource():
        missing.append("checkpoint")
    if bool(model.dataset) != (model.metric is not None):
        missing.append("metric" if model.dataset else "dataset")
    for key in missing:
        draft.wrong(entry, key, "no value", "a value, the key is required")
    for key in ("protocols", "inputs", "outputs"):
        if not getattr(model, key):
            draft.wrong(entry, key, "[]", "at least one")
    return not missing


def _input(item: GraphInput) -> Iterator[tuple[str, str, str]]:
    """What is wrong with one input: the key, what was found, what was expected."""
    if item.dtype not in DTYPES:
        yield "dtype", show(item.dtype), f"one of {listed(DTYPES)}"
    for axis, size in enumerate(item.shape):
        if isinstance(size, str) and size != BATCH:
            yield f"shape[{axis}]", show(size), f'a whole number or "{BATCH}"'
    if item.shape.count(BATCH) > 1:
        yield "shape", show(item.shape), f'"{BATCH}" once at most'
    drawn = Range.read(item.range)
    if drawn is None:
        yield "range", show(item.range), RANGES
    elif item.dtype in DTYPES and (wrong := drawn.unfit(item.dtype)):
        yield "range", show(item.range), wrong
    if item.folder and item.range != USUAL:
        yield "range", show(item.range), "none beside folder: the samples are its files"

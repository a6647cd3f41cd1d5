"""An ONNX file, read safely: what it says of itself, and a sentence of ours for whatever is wrong with it.

Nothing in the file is run, and no file outside its own folder is opened, whatever it names as its weights.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.errors import BadInput, GraphError

if TYPE_CHECKING:
    import onnx

OWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})  # the standard's operators
CONTRIBUTED = "com.microsoft"  # onnxruntime's own: it runs them, no chip's compiler here takes them
OLDEST_OPSET = 9  # of the operators that the steps are written for
_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_BYTES = 2**31 - 1  # of a protobuf message
_LISTED = 5
_UNNAMED = ("", "?", "-1", "None")  # what exporters write where an axis has no name

Size = int | str | None  # of an axis: a number, or open: by a name, or by none


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An input or an output as the file has it.

    `dtype` is numpy's name; of what is no tensor it is what it is: ``sequence``, ``map``, ``optional``.
    `shape` is None where the file does not say how many axes there are. An axis of any size is a name, or
    None: whoever wrote the file left it out, or wrote ``?`` or ``-1``.
    """

    name: str
    dtype: str
    shape: tuple[Size, ...] | None

    @property
    def open_axes(self) -> tuple[int, ...]:
        """The numbers of the axes of any size."""
        return tuple(at for at, size in enumerate(self.shape or ()) if not isinstance(size, int))

    def __str__(self) -> str:
        """``images float32 [batch, 3, ?, ?]``."""
        if self.shape is None:
            return f"{self.name} {self.dtype} of any shape"
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.name} {self.dtype} [{sizes}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphOnDisk:
    """What an ONNX file says of itself; its weights are not read for it."""

    path: Path
    bytes: int  # of the file and of its external data
    opset: int  # of the standard operators
    producer: str  # in its own words; may be empty
    inputs: tuple[Declared, ...]  # without those that are weights
    outputs: tuple[Declared, ...]
    operators: Mapping[str, int] = field(repr=False)  # name, with its domain where it is none of the standard
    external: tuple[Path, ...]  # files of its folder that hold weights of it


def read(path: Path) -> GraphOnDisk:
    """What the ONNX graph at `path` says of itself.

    Raises `BadInput` for a file that is not there, is damaged or is no ONNX, names weights outside its
    folder, or in a file that is not there or too short; `GraphError` for a graph below opset
    `OLDEST_OPSET`, or with operators that nobody here knows: each is named.
    """
    return _told(_parsed(path), path)


def fed(graph: onnx.GraphProto) -> list[onnx.ValueInfoProto]:
    """What a graph is fed, in its order: of what it declares as inputs, all that it has no constant for."""
    given = {item.name for item in graph.initializer}
    given |= {item.values.name for item in graph.sparse_initializer}
    return [item for item in graph.input if item.name not in given]


def _told(model: onnx.ModelProto, path: Path) -> GraphOnDisk:
    external = tuple(_external(model, path))
    opsets = {item.domain: int(item.version) for item in model.opset_import}
    opset = opsets.get("", opsets.get("ai.onnx", 0))
    _require_known(model, opset, path)
    return GraphOnDisk(
        path=path,
        bytes=path.stat().st_size + sum(file.stat().st_size for file in external),
        opset=opset,
        producer=f"{model.producer_name} {model.producer_version}".strip(),
        inputs=tuple(map(declared, fed(model.graph))),
        outputs=tuple(declared(item) for item in model.graph.output),
        operators=dict(Counter(_called(node) for node in nodes(model.graph))),
        external=external,
    )


def load(path: Path) -> onnx.ModelProto:
    """The graph at `path` with all its weights; raises as `read`, and where they are more than 2 GB."""
    from onnx.external_data_helper import load_external_data_for_model

    model = _parsed(path)
    found = _told(model, path)
    if found.bytes > _MOST_BYTES:
        raise GraphError(
            f"{path}: the graph and its weights are {found.bytes / 1e9:.2f} GB, above the "
            f"{_MOST_BYTES / 1e9:.2f} GB that a graph of one file holds",
            remedy="take a smaller one: zoocheck keeps no weights beside a graph",
        )
    if found.external:
        load_external_data_for_model(model, str(path.parent))
    return model


def nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node of a graph, and of the graphs in its nodes: the branches of an ``If``, a ``Loop``'s body."""
    for node in graph.node:
        yield node
        for inner in subgraphs(node):
            yield from nodes(inner)


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node carries."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def declared(value: onnx.ValueInfoProto) -> Declared:
    """An input or an output of a graph, in plain words."""
    kind = value.type.WhichOneof("value") or ""
    if kind not in ("tensor_type", "sparse_tensor_type"):
        return Declared(name=value.name, dtype=kind.removesuffix("_type") or "nothing told", shape=None)
    tensor = getattr(value.type, kind)
    shape = None
    if tensor.HasField("shape"):
        shape = tuple(
            int(size.dim_value)
            if size.HasField("dim_value") and size.dim_value >= 0
            else (None if size.dim_param.strip() in _UNNAMED else size.dim_param)
            for size in tensor.shape.dim
        )
    return Declared(name=value.name, dtype=dtype_of(tensor.elem_type), shape=shape)


def dtype_of(element: int) -> str:
    """numpy's name of an element type of ONNX, ``string`` for texts, else ONNX's own name."""
    import onnx
    from onnx import TensorProto, helper

    if element == TensorProto.STRING:
        return "string"
    try:
        return str(helper.tensor_dtype_to_np_dtype(element).name)
    except (KeyError, TypeError, AttributeError):
        known = element in onnx.TensorProto.DataType.values()
        return TensorProto.DataType.Name(element).lower() if known else f"element type {element}"


def _parsed(path: Path) -> onnx.ModelProto:
    """The file as a protobuf message that is a graph, without the weights beside it."""
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise BadInput(f"{size / 1e9:.2f} GB, and a protobuf message holds 2.15", path=path)
        content = path.read_bytes()
    except FileNotFoundError as problem:
        raise BadInput("no such file", path=path) from problem
    except IsADirectoryError as problem:
        raise BadInput("a folder, expected an ONNX file", path=path) from problem
    except OSError as problem:
        raise BadInput(f"cannot be read ({problem.strerror})", path=path) from problem
    if not content:
        raise BadInput("an empty file, expected an ONNX graph", path=path)
    if content.startswith(_POINTER):
        remedy = "install git-lfs and run `git lfs pull` in the clone it came from"
        raise BadInput(f"a git-lfs pointer of {len(content)} bytes, not the graph", path=path, remedy=remedy)
    try:
        model: onnx.ModelProto = onnx.load_model_from_string(content)
    except DecodeError as problem:
        raise BadInput("no ONNX graph, or a damaged one: it is not read as protobuf", path=path) from problem
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"onnx cannot read the graph: {problem}", path=path) from problem
    if not model.graph.node or not model.opset_import:
        what = "operators" if model.opset_import else "opset"
        raise BadInput(f"no ONNX graph, or a damaged one: it has no {what}", path=path)
    if not model.graph.output:
        raise BadInput("the graph has no output", path=path)
    return model


def _external(model: onnx.ModelProto, path: Path) -> Iterator[Path]:
    """The files of weights beside a graph, each once, all of them inside its folder."""
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    ends: dict[str, int] = {}
    for tensor in tensors(model.graph):
        if uses_external_data(tensor):
            try:
                told = ExternalDataInfo(tensor)
                end = int(told.offset or 0) + int(told.length or 0)
            except ValueError as problem:
                raise BadInput(f"where the weights {tensor.name!r} lie: {problem}", path=path) from problem
            ends[told.location] = max(end, ends.get(told.location, 0))
    for location, end in ends.items():
        file = _inside(path.parent, location)
        if file is None:
            raise BadInput(
                f"names weights outside its folder: {location!r}; only files inside are read", path=path
            )
        if not file.is_file():
            raise BadInput(
                f"its weights {location!r} are not there: {file}",
                path=path,
                remedy="put them beside the graph",
            )
        if file.stat().st_size < end:
            raise BadInput(
                f"its weights {location!r} are {file.stat().st_size} bytes, expected {end} at least",
                path=path,
            )
        yield file


def _inside(folder: Path, location: str) -> Path | None:
    """The file that a graph names, None where that is not inside `folder`, links followed."""
    parts = PurePosixPath(location.replace("\\", "/"))
    if not location or parts.is_absolute() or ".." in parts.parts or "\0" in location:
        return None
    found = folder / parts
    real, root = os.path.realpath(found), os.path.realpath(folder)
    return found if os.path.commonpath([real, root]) == root else None


def tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    """Every tensor that a graph and the graphs inside it hold."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
        for inner in subgraphs(node):
            yield from tensors(inner)


def _require_known(model: onnx.ModelProto, opset: int, path: Path) -> None:
    """Raise `GraphError` for operators of another's making, and for an opset that is too old or too new."""
    import onnx

    own = {(item.domain, item.name) for item in model.functions}
    foreign = sorted(
        {
            _called(node)
            for node in nodes(model.graph)
            if node.domain not in OWN_DOMAINS
            and node.domain != CONTRIBUTED
            and (node.domain, node.op_type) not in own
        }
    )
    if foreign:
        raise GraphError(
            f"{path}: needs custom operators, which no runtime here has: {_some(foreign)}",
            remedy="export it with operators of the standard alone",
        )
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST_OPSET <= opset <= newest:
        raise GraphError(
            f"{path}: of opset {opset}, expected {OLDEST_OPSET} to {newest} (onnx {onnx.__version__})",
            remedy="convert it with onnx.version_converter, or export it anew",
        )


def _called(node: onnx.NodeProto) -> str:
    """An operator's name, with its domain where that is none of the standard's."""
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")

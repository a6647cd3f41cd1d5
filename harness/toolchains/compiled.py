"""The graph that a vendor's compiler is given of a case, and what is known of it, by one rule for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.domain.cases import Case
from harness.domain.precisions import Precision
from harness.models.graphs import reading
from harness.toolchains.base import not_given

if TYPE_CHECKING:
    import onnx

    from harness.toolchains.base import GraphSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A graph in fp32 for a compiler, and what its artifact keeps of it.

    `facts` are `export_max_abs_difference`, from torch or of a graph from its file, and of a graph what was
    done to it (`told`) and its operations.
    """

    graph: onnx.ModelProto
    facts: Mapping[str, Any]

    @property
    def difference(self) -> float:
        """The largest difference of the graph in fp32 from what it was made of."""
        return float(self.facts["export_max_abs_difference"])


def step_of(case: Case) -> str:
    """What is done to the graph before it is compiled, by name; empty where nothing is.

    Below fp32 the mask's constant is limited, which would overflow fp16. Of an encoder there has to be one;
    of a graph nobody knows.
    """
    if case.precision is Precision.FP32:
        return ""
    return "limit-mask" if case.model.graph is None else "limit-masks"


def given(case: Case, source: GraphSource, *, dynamic_batch: bool = False) -> Given:
    """The case's graph, exported at the table's opset, or as its file has it. Raises as `source.export`."""
    from harness.models.graphs import flops, mask, values

    exported = source.export(opset=case.model.opset, dynamic_batch=dynamic_batch)
    change = {"limit-mask": mask.limit_mask, "limit-masks": mask.limit_masks}.get(step_of(case))
    graph = exported.graph if change is None else change(exported.graph)
    facts: dict[str, Any] = {"export_max_abs_difference": exported.max_abs_difference}
    if told := (*exported.told, *values.told(graph)):
        facts["told"] = list(told)
    if case.model.graph is not None:  # an encoder's are known by its architecture
        facts |= flops.facts_of(graph, batch=case.batch_size)
    return Given(graph=graph, facts=facts)


def sizes_of(case: Case) -> dict[str, tuple[int, ...]]:
    """The shape of each input of a call by its name, in the order of the inputs; a scalar has none."""
    sizes = case.model.sizes(case.batch_size)
    return {
        item.name: tuple(sizes[size] if isinstance(size, str) else size for size in item.shape)
        for item in case.model.fed
    }


def open_inputs(graph: onnx.ModelProto) -> tuple[str, ...]:
    """The inputs of a graph whose file leaves one of their sizes open."""
    return tuple(
        item.name
        for item in reading.fed(graph.graph)
        if any(not dimension.dim_value for dimension in item.type.tensor_type.shape.dim)
    )


def require_dtypes(case: Case, taken: Sequence[str], whose: str) -> None:
    """Raise `NotYet` for a graph with an input of other numbers than `taken`; an encoder's are whole ones."""
    others = [f"{item.name} of {item.dtype}" for item in case.model.fed if item.dtype not in taken]
    if others and case.model.graph is not None:
        raise not_given(
            case, f"{whose} takes inputs of {', '.join(taken)}; this graph has {', '.join(others)}"
        )

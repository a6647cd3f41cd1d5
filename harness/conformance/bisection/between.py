"""What makes a value of those in front of it that both graphs have: which operators, of which sources."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from harness.conformance.bisection.matching import Match
from harness.conformance.bisection.runs import Run
from harness.conformance.operators.rules import MOVING
from harness.models.graphs import values

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Between:
    """The operators of the reference that make one value of those that are known."""

    nodes: tuple[onnx.NodeProto, ...]  # in the order of the graph
    read: Names  # by the reference's names
    since: str  # the first value on the way that is computed
    operators: Names  # with the names of the nodes
    sources: Names  # of what is read, what both have; by the artifact's names
    misread: Names  # what it reads in one graph and not in the other


class Ways:
    """The way to every value that both graphs of a run have."""

    def __init__(self, run: Run) -> None:
        self.matched = run.matched
        self._truth, self._inputs = run.truth, run.inputs
        self._meaning = {item.artifact: item.reference for item in run.matches}
        self._nodes = list(run.reference.graph.node)
        self._numbers = {name: at for at, node in enumerate(self._nodes) for name in node.output}
        self._makers = _makers(run.reference)
        self._their_makers = _makers(run.artifact)

    def to(self, item: Match) -> Between:
        """What makes `item`; of a value behind its quantiser that alone."""
        name = item.reference
        if item.quantised:
            return Between(
                nodes=(), read=(name,), since=name, operators=("QuantizeLinear",),
                sources=(self.matched[name],), misread=(),
            )  # fmt: skip
        made, read = _behind(name, self._makers, self.matched)
        nodes = tuple(self._nodes[at] for at in sorted({self._numbers[output] for output in made}))
        computing = [node for node in nodes if node.op_type not in MOVING] or nodes
        return Between(
            nodes=nodes,
            read=read,
            since=next(output for node in computing for output in node.output if output in made),
            operators=tuple(f"{node.op_type} {node.name}".strip() for node in nodes),
            sources=tuple(self.matched[source] for source in read if source in self.matched),
            misread=self._misread(item, read),
        )

    def _misread(self, item: Match, read: Names) -> Names:
        """What either graph makes the value of, and the other does not; by the reference's names."""
        _, they_read = _behind(item.artifact, self._their_makers, self._meaning)
        theirs = {self._meaning.get(name, name) for name in they_read}
        ours = {name for name in read if name in self.matched or name in self._inputs}
        known = {name for name in theirs if name in self._truth or name in self._inputs}
        return tuple(sorted(ours ^ known))


def _makers(model: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    return {output: node for node in model.graph.node for output in node.output if output}


def _behind(name: str, makers: dict[str, onnx.NodeProto], stops: dict[str, str]) -> tuple[set[str], Names]:
    """The values that are made on the way to `name`, itself among them, and those it is made of.

    A branch or a body reads what it captures from around it.
    """
    made: set[str] = set()
    read: dict[str, None] = {}
    waiting = [name]
    while waiting:
        this = waiting.pop()
        if this in made:
            continue
        made.add(this)
        maker = makers[this]
        for source in filter(None, (*maker.input, *values.captured(maker))):
            if (source in stops and source != name) or source not in makers:
                read[source] = None
            elif makers[source].op_type != "Constant":
                waiting.append(source)
    return made, tuple(read)

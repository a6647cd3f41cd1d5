"""The chapters in docs/architecture.md, from the source: `python tests/draw_chapters.py` renews them.

The table takes each sentence from the chapter's docstring, and the drawing its arrows from the imports. What
stands between the page's two markers is written here alone.
"""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter

from imports import CHAPTERS, ROOT, of, part

PAGE = ROOT / "docs" / "architecture.md"
COMMAND = "python tests/draw_chapters.py"
BEGIN, END = f"<!-- chapters: written by `{COMMAND}` -->\n", "<!-- /chapters -->\n"

# One box: nearly every chapter imports them.
GROUND = ("errors", "records", "decoding", "hashing", "arrays", "files")
# No chapters: the version, and what `python -m harness` starts.
LEFT_OUT = ("harness", "__main__")

Graph = dict[str, set[str]]


def first_sentence(chapter: str) -> str:
    """The first sentence of a chapter's docstring, in one line."""
    path = ROOT / "harness" / chapter
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8")))
    assert docstring, f"{source.relative_to(ROOT)}: no docstring; its first sentence is what the page says"
    return re.split(r"(?<=[.?])\s", " ".join(docstring.split()), maxsplit=1)[0]


def box(chapter: str) -> str:
    """The box that a chapter is drawn in."""
    return "ground" if chapter in GROUND else chapter


def imported() -> Graph:
    """Which boxes each box imports from."""
    graph: Graph = {box(chapter): set() for chapter in CHAPTERS if chapter not in LEFT_OUT}
    for item in of("harness"):
        importer, target = box(part(item.importer)), box(part(item.imported))
        if item.tree == "harness" and importer in graph and target in graph and importer != target:
            graph[importer].add(target)
    return graph


def reduced(graph: Graph) -> Graph:
    """`graph` without every arrow that a way over other boxes stands for: its transitive reduction."""
    reached: Graph = {}
    for name in TopologicalSorter(graph).static_order():
        reached[name] = graph[name].union(*(reached[target] for target in graph[name]))
    return {
        name: {target for target in targets if not any(target in reached[other] for other in targets)}
        for name, targets in graph.items()
    }


def drawing() -> str:
    """The boxes and arrows as Mermaid, in the order of `CHAPTERS`, and what they show."""
    whole = imported()
    drawn = reduced(whole)
    lines = [f'    ground["{", ".join(GROUND)}"]']
    for name, targets in drawn.items():
        lines += [f"    {name} --> {target}" for target in drawn if target in targets]
    counts = [sum(map(len, graph.values())) for graph in (drawn, whole)]
    return (
        "```mermaid\nflowchart BT\n" + "\n".join(lines) + "\n```\n\n"
        f"*An arrow points from a chapter to one that it imports. {counts[0]} of {counts[1]} arrows\n"
        "are drawn, the transitive reduction: an import that a way over other chapters leads to has none.*\n"
    )


def table() -> str:
    """A row a chapter, in order."""
    lines = ["| chapter | what it answers |", "|---|---|"]
    for chapter in CHAPTERS:
        if chapter not in LEFT_OUT:
            path = f"{chapter}/" if (ROOT / "harness" / chapter).is_dir() else f"{chapter}.py"
            lines.append(f"| [`{path}`](../harness/{path}) | {first_sentence(chapter)} |")
    return "\n".join(lines) + "\n"


def renewed(page: str) -> str:
    """`page` with today's chapters between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, f"{PAGE.name}: no line {BEGIN.strip()}"
    assert end, f"{PAGE.name}: no line {END.strip()} behind the first"
    return f"{before}{BEGIN}\n{table()}\n{drawing()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: the chapters are today's\n")

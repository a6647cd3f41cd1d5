"""docs/architecture.md against the source, its chapters and their drawing; and the paths that pages name."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import draw_chapters
import pytest
from imports import CHAPTERS, ROOT

PAGES = [
    *sorted(ROOT.glob("docs/*.md")),
    *(ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md")),
]
TREES = "benchmarks|docs|fixtures|harness|reports|suites|tests|training"
# A path of the repository in code marks, perhaps with a pattern in it; it ends before `::` or a space.
PATH = re.compile(rf"`((?:{TREES})/[\w./*-]*)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def test_the_pages_chapters_are_the_sources():
    """The table has the docstrings' first sentences, the drawing today's imports."""
    page = draw_chapters.PAGE.read_text(encoding="utf-8")
    assert page == draw_chapters.renewed(page), f"out of date; renew it with: {draw_chapters.COMMAND}"


def test_the_drawing_leaves_out_only_what_it_implies():
    """a -> b -> c stands for a -> c, and nothing else is lost or added."""
    whole = {"c": set(), "b": {"c"}, "a": {"b", "c"}, "d": {"a", "c"}, "e": {"c"}}
    assert draw_chapters.reduced(whole) == {"c": set(), "b": {"c"}, "a": {"b"}, "d": {"a"}, "e": {"c"}}


def test_markers_that_are_gone_are_told():
    """A page that lost a marker is not silently written anew."""
    with pytest.raises(AssertionError, match="no line <!-- chapters"):
        draw_chapters.renewed("# Architecture\n")
    with pytest.raises(AssertionError, match="no line <!-- /chapters"):
        draw_chapters.renewed(draw_chapters.BEGIN)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path):
    """In code marks from the repository's root, and as a link from the page's folder."""
    text = page.read_text(encoding="utf-8")
    gone = [path for path in PATH.findall(text) if not any(ROOT.glob(path.rstrip("/.")))]
    gone += [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert gone == []


@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if (ROOT / "harness" / name).is_dir()])
def test_a_chapter_says_which_question_it_answers_and_what_does_not_belong_into_it(chapter: str):
    """Two sentences at least: a newcomer reads the first in the table, the second where the code is."""
    source = (ROOT / "harness" / chapter / "__init__.py").read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    first, _, rest = docstring.partition("\n\n")
    assert first.endswith((".", ":")), first
    assert rest.strip(), f"harness/{chapter}/__init__.py says nothing of what belongs elsewhere"

"""Both languages: every sentence of the reports has its Chinese, with the same names to fill in."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import factory
import pytest

from reports import language, markdown
from reports.language import Both, Language, in_language, joined, say

REPORTS = Path(language.__file__).parent
CHINESE = language.catalogue()["zh"]


def said() -> set[str]:
    """Every literal that is said, in the code and in the templates of the reports."""
    found = set()
    for path in REPORTS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                match node.args[0]:
                    case ast.Constant(value=str(text)):
                        found.add(text)
    for path in REPORTS.glob("templates/*.j2"):
        found |= set(re.findall(r'"([^"]+)" \| say', path.read_text("utf-8")))
    return found


def test_everything_said_has_its_chinese():
    assert len(said()) > 80
    assert sorted(text for text in said() if text not in CHINESE) == []


@pytest.mark.parametrize("english", CHINESE)
def test_both_languages_fill_in_the_same_names(english):
    fields = [
        {name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, CHINESE[english])
    ]
    assert fields[0] == fields[1]


def test_a_text_is_its_english_and_carries_its_chinese():
    text = say("{count} results", count=3)
    assert text == "3 results"
    assert in_language(text, "zh") == "3 个结果"
    assert in_language(joined(say(", "), [text, "x"]), "zh") == "3 个结果，x"


def test_what_is_not_in_the_catalogue_is_the_same_in_both():
    assert say("a tool's own words").zh == "a tool's own words"
    assert isinstance(say("x"), Both)


def test_the_markdown_report_is_chinese_on_request(catalog):
    text = markdown.render(catalog, factory.mixed(catalog), language=Language.CHINESE)
    assert text.startswith(
        "# zoocheck 报告\n\n**11 个结果中，2 个未达到，1 个无法测量。"
        "检验了 4 个文档值：未达到 1，已复现 3；1 个降幅未劣化。**"
    )
    assert "## 文档值与实测值对照" in text
    assert "310P推理精度 · 实测（替身，迷你）" in text
    for english in ("measured", "stand-in", "falls short", "weights"):
        assert english not in text

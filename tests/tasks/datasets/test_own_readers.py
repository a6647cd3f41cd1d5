"""A reader of one's own is run as a script in its folder is, and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from harness.domain.datasets import DatasetSpec
from harness.errors import BadInput
from harness.tasks.datasets import reading

RECORDS = """
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    text: str
    label: str


def rows(path):
    for line in path.read_text().splitlines():
        row = Row(*line.split("|"))
        yield {"text": row.text, "label": row.label}
"""
BESIDE = """
from lies_beside import upper


def rows(path):
    import later

    for line in path.read_text().splitlines():
        text, label = line.split("|")
        yield {"text": upper(text) + later.END, "label": label}
"""


@pytest.fixture
def folder(tmp_path: Path):
    """Makes a folder with a reader, what lies beside it, and data."""

    def make(name: str, reader: str, **beside: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        for module, text in {"mine": reader, **beside}.items():
            (made / f"{module}.py").write_text(text, encoding="utf-8")
        (made / "data.txt").write_text("a|1\nb|0\n", encoding="utf-8")
        return made

    return make


def texts(folder: Path) -> list[str]:
    spec = DatasetSpec(
        name="own", title="own", reader=f"{folder}/mine.py:rows", file="data.txt",
        path=str(folder / "data.txt"),
    )  # fmt: skip
    found: Any = reading.read(spec, folder / "data.txt", whole=True)
    return [item.text for item in found.examples]


def test_it_may_have_dataclasses_with_annotations_of_tomorrow(folder):
    """Which look their module up by its name."""
    assert texts(folder("a", RECORDS)) == ["a", "b"]


def test_it_imports_what_lies_beside_it(folder):
    """At its beginning, and while it gives its rows."""
    made = folder("a", BESIDE, lies_beside="def upper(text): return text.upper()", later="END = '!'")
    assert texts(made) == ["A!", "B!"]


def test_two_folders_have_each_its_own(folder):
    first = folder("a", BESIDE, lies_beside="def upper(text): return '1' + text", later="END = ''")
    second = folder("b", BESIDE, lies_beside="def upper(text): return '2' + text", later="END = ''")
    assert [texts(first), texts(second), texts(first)] == [["1a", "1b"], ["2a", "2b"], ["1a", "1b"]]


def test_nothing_is_left_behind(folder, monkeypatch: pytest.MonkeyPatch):
    """Neither the folder among the paths nor its modules, and who had such a name has it again."""
    other = type(sys)("later")
    monkeypatch.setitem(sys.modules, "later", other)
    before = list(sys.path), list(sys.meta_path)
    texts(folder("a", BESIDE, lies_beside="def upper(text): return text", later="END = ''"))
    assert (list(sys.path), list(sys.meta_path)) == before
    assert sys.modules["later"] is other
    assert not {"lies_beside", "mine", "zoocheck_own_mine"} & sys.modules.keys()
    with pytest.raises(ImportError):
        __import__("lies_beside")


def test_pythons_own_and_ours_are_not_taken_over(folder):
    """A file beside it that is called json, or harness, is not what others mean by it."""
    reader = "import json\nfrom harness.tasks.datasets.examples import TextExample\n\n\ndef rows(path):\n" \
        "    yield TextExample(text=json.dumps([1]), label='1', line=1)\n"  # fmt: skip
    assert texts(folder("a", reader, json="", harness="raise ValueError")) == ["[1]"]


def test_what_is_broken_is_told_and_nothing_is_left_behind(folder):
    made = folder("a", "import lies_beside\n", lies_beside="raise KeyError('x')")
    with pytest.raises(
        BadInput, match=r"mine\.py: cannot be imported: KeyError\('x'\); correct the function"
    ):
        texts(made)
    assert "lies_beside" not in sys.modules

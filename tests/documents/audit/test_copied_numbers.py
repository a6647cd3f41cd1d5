"""Numbers that stand to the last digit in READMEs of different models, found where one audit takes both."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from harness.documents.audit.across import copied, speeds
from harness.documents.audit.findings import Column, Finding, Found, Severity, Speeds
from harness.documents.audit.rules import chosen
from harness.documents.audit.tree import audit_files
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

Audit = Callable[..., list[Finding]]
SPEEDS = ("1234.56", "2345.67", "3456.78")


def readme(title: str, *rows: str, head: str = "310P性能(fps)", label: str = "Batch Size") -> str:
    table = "".join(f"| {2**at} | {row} |\n" for at, row in enumerate(rows))
    return f"# {title}\n\n| {label} | {head} |\n|---|---|\n{table}"


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    """The findings of this rule in READMEs by their folders."""

    def found(**texts: str) -> list[Finding]:
        files = []
        for folder, text in texts.items():
            path = tmp_path / folder.replace("__", "/") / "README.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            files.append((path, str(path.relative_to(tmp_path))))
        done = audit_files(files, load((BUILT_IN,)), chosen(("copied-numbers",)))
        return [finding for item in done for finding in item.findings]

    return found


def test_a_column_of_another_model_is_found_in_the_later_file(audit: Audit):
    [found] = audit(bird=readme("Bird", *SPEEDS), fish=readme("Fish", "9.5", *SPEEDS[:2]))
    assert found.severity is Severity.WARNING
    assert (found.file, found.line) == ("fish/README.md", 6)
    assert (
        "2 numbers of this column (1234.56, 2345.67) stand to the last digit in bird/README.md"
        in found.sentence
    )
    assert found.numbers == {"shared": 2, "other_file": "bird/README.md", "other_line": 5}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(readme("Bird模型-推理指导", *SPEEDS), id="one model under one title"),
        pytest.param(readme("bird for PyTorch", *SPEEDS), id="the same title for a framework"),
        pytest.param(readme("Fish", SPEEDS[0], "2345.76"), id="one number alone"),
        pytest.param(readme("Fish", "12.5", "25.5"), id="short numbers"),
        pytest.param(readme("Fish", *SPEEDS, head="310P精度(%)"), id="no speeds"),
        pytest.param(
            "# Fish\n\n| 模型 | 310P性能(fps) |\n|---|---|\n| Bird b1 | 1234.56 |\n| Bird b2 | 2345.67 |\n",
            id="rows that name the other model",
        ),
    ],
)  # fmt: skip
def test_nothing_is_found_in(audit: Audit, other: str):
    assert audit(bird=readme("Bird", *SPEEDS, "12.5", "25.5"), fish=other) == []


def test_a_list_above_the_folder_of_a_readme_is_no_copy(audit: Audit):
    assert audit(zoo=readme("Zoo", *SPEEDS), zoo__bird=readme("Bird", *SPEEDS)) == []


def of_files(**titles: str) -> list[tuple[str, Found]]:
    """What is found in files of one folder, by their names and titles."""
    tables = load((BUILT_IN,))
    texts = {f"a/{name}.md": readme(title, *SPEEDS) for name, title in titles.items()}
    return list(
        copied([speeds(understand(parse(text, Path(file), file), tables)) for file, text in texts.items()])
    )


def test_a_number_of_seven_digits_is_no_chance(audit: Audit):
    """Zeros at its ends are no digits that tell it from another."""
    [found] = audit(bird=readme("Bird", "12.5", "1009.593"), fish=readme("Fish", "1009.593", "99.5"))
    assert found.sentence.startswith("1009.593 stands to the last digit in bird/README.md, from line 6 on")
    for number in ("100.9593", "1009.59", "1009.590", "0.001009"):
        others = {name: readme(name, number, f"{at}2.5") for at, name in enumerate(("Bird", "Fish"))}
        assert len(audit(**others)) == (number == "100.9593")


def test_two_models_of_one_folder_are_two():
    [(file, found)] = of_files(bird="Bird", fish="Fish")
    assert file == "a/fish.md"
    assert "in a/bird.md, from line 5 on" in found.sentence
    assert len(of_files(bird="", fish="")) == 1  # called as their files are


def test_two_languages_of_one_readme_are_one_models():
    assert of_files(README="Bird", README_en="Oiseau") == []
    assert of_files(bird="Bird", bird_fr="Oiseau") == []


def test_what_is_held_against_the_others_goes_from_process_to_process():
    read = speeds(understand(parse(readme("Bird", *SPEEDS)), load((BUILT_IN,))))
    assert pickle.loads(pickle.dumps(read)) == read
    assert [number for _, number in read.columns[0].numbers] == list(SPEEDS)


def test_thousands_of_readmes_of_the_same_numbers_take_no_square_of_their_time():
    column = Column(numbers=tuple((at, f"{at}234.567") for at in range(1, 9)), labels="")
    read = [Speeds(file=f"{at}/README.md", model=f"m{at}", columns=(column, column)) for at in range(5000)]
    start = process_time()
    assert list(copied(read)) == []  # a number that so many have is none's own
    assert process_time() - start < 5


def test_processes_find_what_one_finds(tmp_path: Path):
    for name in ("bird", "fish"):
        (tmp_path / f"{name}.md").write_text(readme(name, *SPEEDS), encoding="utf-8")
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.md").rename(tmp_path / name / "README.md")
    files = [(tmp_path / name / "README.md", f"{name}/README.md") for name in ("bird", "fish")]
    tables, rules = load((BUILT_IN,)), chosen(("copied-numbers",))
    one, two = (audit_files(files, tables, rules, jobs) for jobs in (1, 2))
    assert one == two
    assert [len(item.findings) for item in one] == [0, 1]

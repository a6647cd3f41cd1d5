"""A line of any length: an audit's time grows as the line does, and what is found in a short one is found."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from harness.documents.audit.findings import Finding

Findings = Callable[[str], tuple[Finding, ...]]
LENGTH = 40_000  # characters; the square of it is 44 s and more
MOST_S = 5.0  # of a processor: ten times what it takes on two old cores

PLACES = {
    "prose": "{}\n",
    "block": "```bash\n{}\n```\n",
    "cell": "| a | b |\n|---|---|\n| {} | 1 |\n",
    "heading": "# {}\n",
    "item": "- {}\n",
}
UNITS = [
    "0", "x", "a_b", "1,", "a.", "a-", "![", "[a](", "<b", "tar ", "version ", "1*1=2 ", "a.onnx ", "batch",
    "1 * batch", "1.5节 ", "a,b 三个文件夹", "pip install a==1.0 ", "acc: 0.95 ", " ", "|",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("unit", UNITS)
def test_the_time_grows_as_the_line_does(findings: Findings, unit: str, place: str):
    text = "# Title\n\n" + PLACES[place].format((unit * LENGTH)[:LENGTH])
    start = time.process_time()
    findings(text)
    assert time.process_time() - start < MOST_S


# A command of 400,000 characters: what takes the square of a line's length takes minutes for it.
LONG = 400_000
COMMANDS = {
    "one word of shapes": ('atc --model=a.onnx --input_shape="', "a:8,64;", '"'),
    "one word": ("bash run ", "-", ""),
    "a quote that never closes": ('bash run "', "a", ""),
    "words": ("bash run.sh ", "a.onnx ", ""),
    "options": ("atc ", "--a=b ", ""),
    "lines that go on": ("bash run.sh ", "a.onnx \\\n", ""),
    "blanks": ("bash run", " ", "&"),
    "commands": ("bash run.sh", " && cd a", ""),
    "packages": ("pip install ", "nunpy ", ""),
    "folders": ("", "bash a.sh --output a_b\npython s.py --in c_b/x\n", ""),
    "options run together": ("python a.py ", "a--b=c ", ""),
    "lines cut off": ("bash run.sh", "\n--a=b", ""),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_time_grows_as_its_line_does(findings: Findings, name: str):
    before, unit, after = COMMANDS[name]
    start = time.process_time()
    findings(f"# Title\n\n```\n{before}{unit * (LONG // len(unit))}{after}\n```\n")
    assert time.process_time() - start < MOST_S


def test_the_time_grows_by_words_however_deep_they_are_nested(findings: Findings):
    """3,000 items, each two blanks deeper than the one before: 9 million blanks, and 3,000 words."""
    start = time.process_time()
    findings("# Title\n\n" + "".join("  " * depth + "- a\n" for depth in range(3000)))
    assert time.process_time() - start < MOST_S


def test_thousands_of_packages_are_held_against_the_known_ones_in_seconds(findings: Findings):
    start = time.process_time()
    findings("# Title\n\n```\npip install " + " ".join(f"nump{n}y" for n in range(20_000)) + "\n```\n")
    assert time.process_time() - start < MOST_S


def rules(found: tuple[Finding, ...]) -> set[str]:
    return {item.rule for item in found}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("310单卡吞吐: 1000 * batchsize(4) / mean(7.5) = 540", "arithmetic"),
        ("200 / 3 = 67.5", "arithmetic"),
        ("when torch version <= 1.5 do a; when torch version >= 1.8 do b", "version-ranges"),
        ("version of torch version <= 1.5.0; version of torch version >= 1.5.9", "version-ranges"),
    ],
)
def test_what_a_short_line_says_is_found_and_behind_a_long_one_too(findings: Findings, text: str, rule: str):
    """The same patterns, bounded: no name is so long, no number has so many digits."""
    assert rule in rules(findings(f"# Title\n\n{text}\n"))
    assert rule in rules(findings(f"# Title\n\n{'x ' * 5000}: {text}\n"))


@pytest.mark.parametrize("digits", ["9" * 400, "9" * 5000])
def test_a_number_of_hundreds_of_digits_is_none(findings: Findings, digits: str):
    """It reads as infinity, or as nothing that Python converts: neither a finding nor a traceback."""
    table = f"| Batch | 310P性能 |\n|---|---|\n| 1 | {digits} |\n| 4 | {digits}.5 |\n"
    text = (
        f"# Title\n\n{table}\n{digits} / 3 = 5\n\ntorch version <= 1.{digits}, torch version >= {digits}.9\n"
    )
    for item in findings(text):
        assert "inf" not in item.sentence

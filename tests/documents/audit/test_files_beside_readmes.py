"""What `pip install -r` asks for, against the folders that a README's steps go through."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.documents.audit.rules import audit, chosen
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load

CLONE = "git clone https://e.org/zoo.git"


@pytest.mark.parametrize(
    ("steps", "lacking"),
    [
        (["pip install -r needs.txt"], "needs.txt"),
        ([CLONE, "cd zoo/cv/net", "pip install -r needs.txt"], "needs.txt"),  # the README's own folder
        (["git clone https://e.org/other", "cd other", "pip install -r ../needs.txt"], "../needs.txt"),
        ([CLONE, "cd zoo", "pip install -r needs.txt"], ""),  # whatever the clone has there
        ([CLONE, "cd zoo/cv/other", "pip install -r needs.txt"], ""),
        ([CLONE, "cd zoo/cv/net", "pip install -r has.txt"], ""),
        (["cd other", "pip install -r ../has.txt"], ""),
    ],
)
def test_a_file_is_looked_for_where_the_steps_have_gone(tmp_path: Path, steps: list[str], lacking: str):
    home = tmp_path / "cv" / "net"
    home.mkdir(parents=True)
    for name in ("infer.py", "has.txt"):
        (home / name).touch()
    text = "\n".join(["# Net", "", "```", *steps, "```", ""])
    reading = understand(parse(text, home / "README.md"), load((BUILT_IN,)))
    found = [item.numbers["file"] for item in audit(reading, chosen(("requirements",)))]
    assert found == [lacking] * bool(lacking)

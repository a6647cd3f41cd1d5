"""What commands load that compute nothing: no network library, no database, no template."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from harness.cli import COMMANDS, app

HEAVY = {
    "altair", "huggingface_hub", "jinja2", "numpy", "onnx", "onnxruntime", "pytest", "rich", "scipy",
    "seqeval", "sklearn", "sqlalchemy", "tokenizers", "torch", "transformers", "vl_convert",
}  # fmt: skip
# Runs a command, and says behind all that it prints which heavy modules it has loaded.
SAYING = """
import sys
from harness.cli import main
try:
    main()
finally:
    print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[-1].split(","))))
"""


@pytest.mark.parametrize(
    ("command", "loaded"),
    [
        ("--help", set()),
        ("list", {"rich"}),
        ("doctor", {"rich", "numpy"}),  # numpy: by the text pipelines that it asks for their labels
    ],
)
def test_what_a_command_loads(command: str, loaded: set[str], tmp_path: Path):
    """The list of commands loads none of them, and tables of cases nothing but what draws tables."""
    script = SAYING.replace("sys.argv[-1]", repr(",".join(HEAVY)))
    environment = os.environ | {"ZOOCHECK_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-c", script, command], capture_output=True, text=True, check=True, env=environment
    )
    said = ran.stdout.splitlines()[-1].split()
    assert said[0] == "LOADED"
    assert set(said[1:]) == loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says(name: str):
    """The list does not import it; its summary is the first paragraph all the same."""
    own = get_command(app).commands[name].help or ""
    assert COMMANDS[name].summary == " ".join(own.partition("\n\n")[0].split())

"""Commands run in the tests' own process, with the folders of one home."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.setting.home import Home

Run = Callable[..., Result]


def in_process(home: Home, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the environment of `home` has it; what is no exit is raised."""
    for name in ("models", "data"):
        monkeypatch.setenv(f"ZOOCHECK_{name.upper()}", str(getattr(home, name)))
    monkeypatch.setenv("ZOOCHECK_HOME", str(home.root))

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(item) for item in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run

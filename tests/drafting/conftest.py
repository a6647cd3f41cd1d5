"""Checkpoints of families, saved once for all tests of drafts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import encoders
import pytest
import tuned

from harness.domain.models import Head

Saved = Callable[..., Path]


@pytest.fixture(scope="session")
def kept_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, Head], Path]:
    """The folders that were saved already, by family and head."""
    return {}


@pytest.fixture
def saved(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, kept_checkpoints: dict[tuple[str, Head], Path]
) -> Saved:
    """A checkpoint's folder of the test's own; keys of its config.json may be given, None takes one away."""

    def get(
        name: str = "bert", head: Head = Head.CLASSIFICATION, folder: str = "mine", **config: Any
    ) -> Path:
        if (name, head) not in kept_checkpoints:
            made = tmp_path_factory.mktemp("saved") / "it"
            kept_checkpoints[name, head] = tuned.saved(made, name, head)
        shutil.copytree(kept_checkpoints[name, head], tmp_path / folder)
        encoders.edited(tmp_path / folder, **config)
        return tmp_path / folder

    return get

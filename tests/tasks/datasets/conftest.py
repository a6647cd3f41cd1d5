"""What several tests of readers use."""

from __future__ import annotations

from pathlib import Path

import pytest
from own_files import Write


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file and returns its path."""

    def write(content: str | bytes, name: str = "data") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write

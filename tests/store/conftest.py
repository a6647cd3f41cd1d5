"""Where the tests of the store keep one. A test that asks for `url` or `store` runs on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import KINDS, place

from harness.store.results import Store


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store could be, on either database."""
    with place(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def store(url: str) -> Store:
    """An empty store at `url`."""
    return Store(url)


@pytest.fixture
def file_url(tmp_path: Path) -> Iterator[str]:
    """Where a store could be, of SQLite."""
    with place("sqlite", tmp_path / "file") as url:
        yield url


@pytest.fixture
def file_store(file_url: str) -> Store:
    """An empty store at `file_url`."""
    return Store(file_url)


@pytest.fixture
def server_url(tmp_path: Path) -> Iterator[str]:
    """Where a store could be, on the server."""
    with place("postgresql", tmp_path) as url:
        yield url

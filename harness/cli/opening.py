"""The store that a command reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.setting.home import Home

if TYPE_CHECKING:
    from harness.store.results import Store


def open_store(results: str | None) -> Store:
    """The store to read; raises `StoreError` where there is none."""
    from harness.store.results import Store

    return Store(results or Home.locate().results, existing=True)

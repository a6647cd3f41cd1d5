"""READMEs as text to findings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.documents.audit.findings import Finding
from harness.documents.audit.rules import audit
from harness.documents.readme.blocks import parse
from harness.documents.readme.understand import understand
from harness.tables.catalog import BUILT_IN, load


@pytest.fixture(scope="session")
def findings() -> Callable[[str], tuple[Finding, ...]]:
    """The findings of every rule in a README's text."""
    tables = load((BUILT_IN,))
    return lambda text: audit(understand(parse(text), tables))

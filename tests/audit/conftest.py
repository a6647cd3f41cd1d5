"""READMEs as text to findings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.audit.findings import Finding
from harness.audit.rules import audit
from harness.catalog import BUILT_IN, load
from harness.readme.blocks import parse
from harness.readme.understand import understand


@pytest.fixture(scope="session")
def findings() -> Callable[[str], tuple[Finding, ...]]:
    """The findings of every rule in a README's text."""
    tables = load((BUILT_IN,))
    return lambda text: audit(understand(parse(text), tables))

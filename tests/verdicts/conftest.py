"""A documented case and its two documented values."""

from __future__ import annotations

import pytest
from making import documented_value, make_case

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.references import Reference


@pytest.fixture(scope="session")
def on_310p(catalog: Catalog) -> Case:
    """TinyBERT on the 310P3 at batch 8: documented 92.32 % and 5871.86 samples per second."""
    return make_case(catalog, "tinybert", "ascend310p")


@pytest.fixture(scope="session")
def documented(catalog: Catalog, on_310p: Case) -> Reference:
    """The README's 92.32 %, which is 805 of 872, rounded."""
    return documented_value(catalog, on_310p, Metric.ACCURACY, "92.32")


@pytest.fixture(scope="session")
def speed(catalog: Catalog, on_310p: Case) -> Reference:
    """The README's 5871.86 samples per second."""
    return documented_value(catalog, on_310p, Metric.THROUGHPUT, "5871.86")

"""The operators of the exported networks, one at a time, against float64: the arithmetic below every case.

Each goes through the graph steps and the session options of a stand-in's artifact of the precision, and has
to stay within a bound derived from the unit roundoff (`harness/conformance/operators/rules.py`). They are
selected by the chips that compute in the precision, ``-m "ascend310p and conformance"``, and run on the CPU:
no toolchain here takes a graph of one operator, so nothing is said of a chip that is here, and
``--target chip`` skips them.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from fixtures.operators import drawn_parameters, parameters
from fixtures.options import SETTINGS, Settings
from harness.domain.precisions import Precision

pytestmark = pytest.mark.conformance


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test the operators and precisions."""
    catalog = metafunc.config.stash[SETTINGS].catalog
    drawn = metafunc.definition.originalname == test_within_bound_at_any_shape.__name__
    chosen = drawn_parameters(catalog) if drawn else parameters(catalog)
    metafunc.parametrize(("operator", "precision"), chosen)


@pytest.fixture(autouse=True)
def on_the_stand_in(settings: Settings) -> None:
    """Skip where only the chip itself is to be looked at."""
    if settings.options.target == "chip":
        pytest.skip(
            "graphs of one operator run in the CPU stand-in's arithmetic, not on a chip; "
            "choose --target auto or stand-in"
        )


def test_within_bound_at_berts_shapes(properties: ModuleType, operator: str, precision: Precision) -> None:
    """Rows of TinyBERT, BERT base and BERT large: sums of 26 to 1024 terms, softmax of 64 to 512."""
    properties.at_berts_shapes(operator, precision)


def test_within_bound_at_any_shape(properties: ModuleType, operator: str, precision: Precision) -> None:
    """Drawn sizes; values from subnormal to fp16's largest, signed zeros among them."""
    properties.at_any_shape(operator, precision)

"""A pytest plugin that leaves the charts out of a run's report: `-p unillustrated` in a run's arguments.

Drawing them takes longer than all the rest of a short run, and they have tests of their own (tests/reports).
"""

from __future__ import annotations

from collections.abc import Generator
from unittest.mock import patch

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish() -> Generator[None]:
    """Around the hook that renders the report: nothing is imported earlier than a run itself does.

    A wrapper, because what is only first in line comes after the suites' own, which is first as well.
    """
    from reports import html

    with patch.object(html, "_galleries", lambda *_: ()):
        return (yield)

"""A pytest plugin that leaves the charts out of a run's report: `-p unillustrated` in a run's arguments.

Drawing them takes longer than all the rest of a short run, and they have tests of their own (tests/reports).
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """Right before the report is rendered: nothing is imported earlier than a run itself does."""
    from reports import html

    html._galleries = lambda *_: ()

"""A bilingual page as its readers of one language see it."""

from __future__ import annotations

import re

_EN = re.compile(r"<e-n>(.*?)</e-n><z-h>.*?</z-h>", re.DOTALL)
_SVG = re.compile(r'<tspan class="zh">.*?</tspan>', re.DOTALL)
_ATTRIBUTES = re.compile(r' data-zh(?:-[a-z-]+)?="[^"]*"')


def english(page: str) -> str:
    """The page with its Chinese left out, as if it had never been there."""
    return _ATTRIBUTES.sub("", _SVG.sub("", _EN.sub(r"\1", page)))

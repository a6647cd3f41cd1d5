"""What a tool's words for a precision say: number formats, and what else stands beside them.

trtexec prints ``FP32+FP16``, with further formats (FP8, INT4) from release to release, a suffix in brackets,
or a phrase such as ``Strongly Typed``. Nothing of it is dropped: what is no format is a remainder of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMAT = re.compile(r"[A-Za-z]+\d+\w*", re.ASCII)
_SUFFIX = re.compile(r"[(\[{].*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """``FP32+FP16 (obey precision constraints)`` as formats ``fp32``, ``fp16`` and what else is said."""

    formats: tuple[str, ...]  # lower case, in the order printed; empty where the words name none
    further: str  # what is no format, as printed; empty where there is nothing

    @classmethod
    def of(cls, printed: str) -> Words:
        """The formats that `printed` names, and everything else that it says."""
        suffix = _SUFFIX.search(printed)
        plain = printed[: suffix.start()] if suffix else printed
        parts = [part.strip() for part in re.split(r"[+,/]", plain)]
        formats = tuple(part.lower() for part in parts if _FORMAT.fullmatch(part))
        others = [part for part in parts if part and not _FORMAT.fullmatch(part)]
        return cls(formats=formats, further=" ".join([*others, *([suffix[0].strip()] if suffix else [])]))

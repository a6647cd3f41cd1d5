"""A cell as a number: its digits, and what stands around them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from harness.domain.references import PRINTED, exact

# What may stand before the digits: nothing, or a name and a colon or equals sign ("f1:", "Acc: ").
_CELL = re.compile(
    r"(?P<before>(?:[^:：=]{1,20}[:：=]\s*)?)(?P<digits>" + PRINTED + r")(?P<after>[^\d,;]{0,24})"
)

_WHOLE = re.compile(r"\d{1,15}")  # as many digits as a printed number has before its point at most

# Full-width digits, and the point and the minus among them, as the ASCII ones that they stand for.
_NARROW = {0xFF10 + digit: str(digit) for digit in range(10)} | {0xFF0E: ".", 0xFF0D: "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One printed number: its digits as printed and the form they stand in."""

    printed: str
    before: str
    after: str

    @property
    def value(self) -> Decimal:
        """What was printed, exactly."""
        return exact(self.printed)

    @property
    def digits(self) -> int:
        """Digits behind the point."""
        return len(self.printed.partition(".")[2])

    @property
    def step(self) -> Decimal:
        """What one more in the last printed digit is."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def form(self) -> str:
        """The cell with a place for the digits."""
        return f"{self.before}{{}}{self.after}"


def whole(text: str) -> int | None:
    """`text` as a whole number, 0 included; None where it is none, or longer than any that is printed."""
    return int(text) if _WHOLE.fullmatch(text) else None


def number(cell: str) -> Number | None:
    """`cell` as one number with words around it; None where it is none, or more than one."""
    match = _CELL.fullmatch(cell.strip().translate(_NARROW))
    if match is None or "{" in cell or "}" in cell:
        return None
    return Number(printed=match["digits"], before=match["before"], after=match["after"])

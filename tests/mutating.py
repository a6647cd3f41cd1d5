"""Damage as files suffer it: seeded mutations of bytes and of texts, and what a reader may make of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from harness.errors import ZoocheckError

COUNT = 2000
MOST_S = 1.0  # a reader's time for one input

# What breaks parsers that were written for good input: spliced in where a byte was.
_SPLICES = (
    b"1" * 5000, b"9" * 25, b"-1", b"1e999", b"NaN", b"Infinity", b"[" * 3000, b"{" * 300, b'{"a":' * 500,
    b"\\ud800",
    b"\xff", b"\x00", b"null", b"true", b"[]", b"{}", b'""', b"\xef\xbb\xbf", b"\r\n", b"0", b"\xe4\xb8",
)  # fmt: skip


def mutations(good: bytes, *, count: int = COUNT, seed: int = 0) -> Iterator[bytes]:
    """`count` damaged copies of `good`: bits flipped, bytes gone, doubled or replaced, cut off, added to."""
    draw = random.Random(seed)
    for _ in range(count):
        found = bytearray(good)
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            _damage(found, draw)
        yield bytes(found)


def _damage(found: bytearray, draw: random.Random) -> None:
    at = draw.randrange(len(found) + 1)
    to = min(len(found), at + draw.randrange(1, 40))
    kind = draw.randrange(7)
    if kind == 0 and at < len(found):
        found[at] ^= 1 << draw.randrange(8)
    elif kind == 1 and at < len(found):
        found[at] = draw.randrange(256)
    elif kind == 2:
        del found[at:to]
    elif kind == 3:
        found[at:at] = found[at:to]
    elif kind == 4:
        del found[at:]
    elif kind == 5:
        found[at:to] = draw.choice(_SPLICES)
    else:
        found[at:at] = draw.choice(_SPLICES)


def survives_all(
    good: bytes,
    read: Callable[[bytes], Any],
    right: Callable[[Any], bool],
    *,
    errors: type[Exception] | tuple[type[Exception], ...] = ZoocheckError,
    count: int = COUNT,
) -> tuple[int, int]:
    """Hold `read` to every mutation: an error of ours or a value that is `right`, each within `MOST_S`.

    Returns how many were refused, and how many were read.
    """
    assert right(read(good)), "the file is read when it is whole"
    refused = kept = 0
    for number, damaged in enumerate(mutations(good, count=count)):
        start = time.perf_counter()
        try:
            value = read(damaged)
        except errors as problem:
            refused += bool(str(problem).strip())
        except Exception as problem:
            what = f"{type(problem).__name__}: {problem}"
            raise AssertionError(f"mutation {number} {damaged[:200]!r}: {what}") from problem
        else:
            assert right(value), f"mutation {number} {damaged[:200]!r} was read as {value!r}"
            kept += 1
        took = time.perf_counter() - start
        assert took < MOST_S, f"mutation {number} {damaged[:200]!r} took {took:.1f} s"
    assert refused + kept == count, "an error that says nothing"
    return refused, kept

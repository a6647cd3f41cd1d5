"""Damage as files suffer it: seeded mutations of bytes, and what a reader may make of them."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from harness.errors import ZoocheckError

COUNT = 2000
MOST_S = 1.0  # a reader's time for one input

# JSON that no reader of an object may take, by what is wrong with it.
NO_OBJECTS = {
    "nothing": b"", "cut": b'{"a": [1, 2', "a list": b"[]", "twice": b'{"a": 1, "a": 2}',
    "no UTF-8": b'{"a": "\xff"}', "half a character": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}', "infinity": b'{"a": -Infinity}', "a number too large": b'{"a": 1e999}',
    "65 bits": b'{"a": 36893488147419103232}', "digits": b'{"a": ' + b"7" * 5000 + b"}",
    "deep": b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "too deep for a parser": b'{"a": ' + b"[" * 100_000,
}  # fmt: skip

Errors = type[Exception] | tuple[type[Exception], ...]

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"3.5", b"1e999", b"NaN", b"inf", b"1e-400", b"2147483648",
    b"9223372036854775808", b"1" + b"0" * 60, b"1" * 5000, b"true", b"null", b'"7"', b"[]", b"{}",
)  # fmt: skip
# What breaks parsers that were written for good input.
_WORDS = (
    b"1" * 5000, b"9" * 25, b"-1", b"1e999", b"NaN", b"Infinity", b"[" * 3000, b"{" * 400, b'{"a":' * 1500,
    b"\\ud800", b"\xff", b"\xff\xfe", b"\x00", b"null", b"true", b"[]", b"{}", b'""', b'"', b"}", b"]", b",",
    b"\xef\xbb\xbf", b"\r\n", b"\n", b"0", b"\xe4\xb8",
)  # fmt: skip


def mutations(content: bytes, count: int = COUNT, *, seed: int = 0) -> Iterator[bytes]:
    """`count` damaged copies of `content`, each by one to five mutations; the same for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        damaged = content
        for _ in range(draw.choice((1, 1, 1, 2, 5))):
            damaged = draw.choice(_MUTATIONS)(damaged, draw)
        yield damaged


def held(read: Callable[[], Any], what: str) -> Any | None:
    """What `read` gives, or None where it raises an error of ours; fails for another one, and for a hang."""
    return _outcome(read, what, ZoocheckError)[1]


def survives_all(
    good: bytes,
    read: Callable[[bytes], Any],
    right: Callable[[Any], bool],
    *,
    errors: Errors = ZoocheckError,
    count: int = COUNT,
) -> tuple[int, int]:
    """Hold `read` to every mutation: an error of ours or a value that is `right`, each within `MOST_S`.

    Returns how many were refused, and how many were read.
    """
    assert right(read(good)), "the file is read when it is whole"
    kept = 0
    for number, damaged in enumerate(mutations(good, count)):
        what = f"mutation {number} {damaged[:200]!r}"
        refused, value = _outcome(lambda damaged=damaged: read(damaged), what, errors)
        if not refused:
            assert right(value), f"{what} was read as {value!r}"
            kept += 1
    return count - kept, kept


def _outcome(read: Callable[[], Any], what: str, errors: Errors) -> tuple[bool, Any]:
    """Whether `read` refused with one of `errors`, and what it gave; fails for any other error and a hang."""
    start = time.perf_counter()
    try:
        return False, read()
    except errors as problem:
        said = str(problem)
        if not said.strip() or said.encode(errors="ignore").decode() != said:
            raise AssertionError(f"{what}: an error that no terminal shows: {said!r}") from problem
        return True, None
    except Exception as problem:
        raise AssertionError(f"{what}: {type(problem).__name__}: {problem}") from problem
    finally:
        took = time.perf_counter() - start
        assert took < MOST_S, f"{what}: took {took:.1f} s"


def _flipped(content: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(draw.choice((1, 1, 1, 4, 16))):
        if damaged:
            damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def _other_byte(content: bytes, draw: random.Random) -> bytes:
    if not content:
        return content
    at = draw.randrange(len(content))
    return content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]


def _cut(content: bytes, draw: random.Random) -> bytes:
    return content[: draw.randint(0, len(content))]


def _without(content: bytes, draw: random.Random) -> bytes:
    at = draw.randint(0, len(content))
    return content[:at] + content[at + draw.choice((1, 2, 8, 64)) :]


def _twice(content: bytes, draw: random.Random) -> bytes:
    at = draw.randint(0, len(content))
    return content[:at] + content[max(0, at - draw.choice((1, 8, 64, 512))) :]


def _with_word(content: bytes, draw: random.Random) -> bytes:
    """A word before what stands at a place, or over some of it."""
    at = draw.randint(0, len(content))
    return content[:at] + draw.choice(_WORDS) + content[at + draw.choice((0, 0, 1, 8, 40)) :]


def _other_number(content: bytes, draw: random.Random) -> bytes:
    """One number of the first 64 KiB as another: what a hurried hand writes, and what no machine holds."""
    places = list(_NUMBER.finditer(content, 0, 1 << 16))
    if not places:
        return content
    place = draw.choice(places)
    return content[: place.start()] + draw.choice(_NUMBERS) + content[place.end() :]


_MUTATIONS = (
    _flipped,
    _flipped,
    _other_byte,
    _cut,
    _without,
    _twice,
    _with_word,
    _other_number,
    _other_number,
)

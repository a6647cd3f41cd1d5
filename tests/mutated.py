"""Damaged copies of a file's bytes, by a seed: what disks, transfers and hurried editors make of them."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator

from harness.errors import ZoocheckError

PATIENCE_S = 1.0
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_NUMBERS = (
    b"0", b"-1", b"1", b"2", b"3.5", b"1e999", b"NaN", b"inf", b"1e-400", b"2147483648",
    b"9223372036854775808", b"1" + b"0" * 60, b"1" * 5000, b"true", b"null", b'"7"', b"[]", b"{}",
)  # fmt: skip
_WORDS = (
    b"[" * 3000,
    b"{" * 400,
    b'{"a":' * 1500,
    b"\xff\xfe",
    b"\0",
    b'"',
    b"\n",
    b",",
    b"}",
    b"]",
    b"\\ud800",
)


def mutations(content: bytes, count: int, seed: int = 13) -> Iterator[bytes]:
    """`count` damaged copies of `content`, each by one to three mutations; the same for the same seed."""
    generator = random.Random(seed)
    for _ in range(count):
        damaged = content
        for _ in range(generator.choice((1, 1, 1, 2, 3))):
            damaged = generator.choice(_MUTATIONS)(damaged, generator)
        yield damaged


def held(read: Callable[[], object], what: str) -> object | None:
    """What `read` gives, or None where it raises an error of ours; fails for another one, and for a hang."""
    start = time.perf_counter()
    try:
        return read()
    except ZoocheckError as problem:
        said = str(problem)
        if not said.strip() or said.encode(errors="ignore").decode() != said:
            raise AssertionError(f"{what}: an error that no terminal shows: {said!r}") from problem
        return None
    except Exception as problem:
        raise AssertionError(f"{what}: {type(problem).__name__}: {problem}") from problem
    finally:
        took = time.perf_counter() - start
        assert took < PATIENCE_S, f"{what}: took {took:.1f} s"


def _flipped(content: bytes, generator: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(generator.choice((1, 1, 4, 16))):
        if damaged:
            damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
    return bytes(damaged)


def _cut(content: bytes, generator: random.Random) -> bytes:
    return content[: generator.randint(0, len(content))]


def _without(content: bytes, generator: random.Random) -> bytes:
    at = generator.randint(0, len(content))
    return content[:at] + content[at + generator.choice((1, 2, 8, 64)) :]


def _twice(content: bytes, generator: random.Random) -> bytes:
    at = generator.randint(0, len(content))
    return content[:at] + content[max(0, at - generator.choice((1, 8, 64, 512))) :]


def _with_word(content: bytes, generator: random.Random) -> bytes:
    at = generator.randint(0, len(content))
    return content[:at] + generator.choice(_WORDS) + content[at:]


def _other_number(content: bytes, generator: random.Random) -> bytes:
    """One number of the first 64 KiB as another: what a hurried hand writes, and what no machine holds."""
    places = list(_NUMBER.finditer(content, 0, 1 << 16))
    if not places:
        return content
    place = generator.choice(places)
    return content[: place.start()] + generator.choice(_NUMBERS) + content[place.end() :]


_MUTATIONS = (_flipped, _cut, _without, _twice, _with_word, _other_number, _other_number)

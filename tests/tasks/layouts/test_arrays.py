"""Arrays from files: what was saved is read, and whatever else a file is, is told in a sentence."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mutating import survives_all

from harness import arrays
from harness.arrays import BadArray
from harness.errors import ZoocheckError

ARRAY = np.arange(12, dtype=np.float32).reshape(3, 4)


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def npz(save: Callable[..., None] = np.savez, **named: np.ndarray) -> bytes:
    stream = io.BytesIO()
    save(stream, **named)
    return stream.getvalue()


def wrong(read: Callable[[Path], object], content: bytes, folder: Path) -> str:
    """What is wrong with a file of `content`; the message begins with its path."""
    path = folder / "output-0.npy"
    path.write_bytes(content)
    with pytest.raises(BadArray) as caught:
        read(path)
    assert str(caught.value) == f"{path}: {caught.value.kind}"
    assert isinstance(caught.value, ZoocheckError)
    return caught.value.kind


OBJECTS = np.full(3, {}, object)
HUGE = npy(ARRAY).replace(b"(3, 4)", b"(3, 4000000000000000)", 1)
NOT_ONE_ARRAY = [
    pytest.param(b"", "empty", id="empty"),
    pytest.param(npz(output=ARRAY), "an npz archive instead of one npy array", id="archive"),
    pytest.param(npz(), "an npz archive instead of one npy array", id="archive of nothing"),
    pytest.param(npy(OBJECTS, pickled=True), "with Python objects in it, which are not loaded", id="objects"),
    pytest.param(pickle.dumps(ARRAY), "truncated, or no npy file", id="pickle"),
    pytest.param(npy(ARRAY)[:-1], "truncated, or no npy file", id="cut in the numbers"),
    pytest.param(npy(ARRAY)[:40], "truncated, or no npy file", id="cut in the header"),
    pytest.param(npy(ARRAY)[:3], "truncated, or no npy file", id="cut in the name"),
    pytest.param(HUGE, "truncated, or no npy file", id="of a shape that no memory holds"),
    pytest.param(npy(ARRAY) + npy(ARRAY), "longer than the array in it", id="two arrays"),
    pytest.param(b"1.5 -2\n", "truncated, or no npy file", id="text"),
    pytest.param(npy(ARRAY.astype(np.float64)), "float64 instead of float32", id="dtype"),
]


@pytest.mark.parametrize("array", [ARRAY, ARRAY[:0], ARRAY.T, np.float32(3)], ids=["", "no row", "F", "0-d"])
def test_what_was_saved_is_read(tmp_path, array):
    (tmp_path / "a.npy").write_bytes(npy(array))
    found = arrays.npy(tmp_path / "a.npy", dtype="float32")
    assert found.shape == array.shape
    assert np.array_equal(found, array)


@pytest.mark.parametrize(("content", "kind"), NOT_ONE_ARRAY)
def test_a_file_that_is_not_one_array(tmp_path, content, kind):
    assert wrong(lambda path: arrays.npy(path, dtype="float32"), content, tmp_path) == kind


@pytest.mark.parametrize(
    "read", [arrays.npy, lambda path: arrays.npz(path, ["a"]), lambda path: arrays.raw(path, "float32", 1)]
)
def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path, read):
    with pytest.raises(BadArray, match=r"gone\.npy: missing"):
        read(tmp_path / "gone.npy")
    with pytest.raises(BadArray, match=r"cannot be read \(Is a directory\)"):
        read(tmp_path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_gives_what_is_wanted(tmp_path, save):
    """By name, and the names of what else there is; a fault of one array takes none of the others away."""
    path = tmp_path / "a.npz"
    path.write_bytes(npz(save, one=ARRAY, two=OBJECTS, three=ARRAY + 1))
    found = arrays.npz(path, ["one", "two", "four"])
    assert found.names == ("one", "two", "three")
    assert np.array_equal(found["one"], ARRAY)
    assert found.faults == {"two": "with Python objects in it, which are not loaded", "four": "missing"}
    with pytest.raises(BadArray, match=r"a\.npz: four: missing"):
        found["four"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (npy(ARRAY), "one npy array instead of an npz archive"),
        (npz(one=ARRAY)[:-5], "truncated, or no npz file"),
        (pickle.dumps({"one": ARRAY}), "truncated, or no npz file"),
    ],
)
def test_a_file_that_is_no_archive(tmp_path, content, kind):
    assert wrong(lambda path: arrays.npz(path, ["one"]), content, tmp_path) == kind


def test_a_damaged_array_of_an_archive(tmp_path):
    """A bit that turned is seen by the archive's checksum."""
    content = bytearray(npz(one=ARRAY, two=ARRAY + 1))
    content[content.index(ARRAY.tobytes()) + 5] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    found = arrays.npz(tmp_path / "a.npz", ["one", "two"])
    assert found.faults == {"one": "truncated or damaged"}
    assert np.array_equal(found["two"], ARRAY + 1)


def test_an_array_of_an_archive_with_more_behind_it(tmp_path):
    """As an npy file: whatever stands behind the numbers, they may be others than those that were meant."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("one.npy", npy(ARRAY) + b"\0")
        archive.writestr("two.npy", npy(ARRAY))
    (tmp_path / "a.npz").write_bytes(content.getvalue())
    found = arrays.npz(tmp_path / "a.npz", ["one", "two"])
    assert found.faults == {"one": "longer than the array in it"}
    assert np.array_equal(found["two"], ARRAY)


def test_raw_numbers_are_little_endian_and_all_there_is(tmp_path):
    read = lambda path: arrays.raw(path, "float32", 12)  # noqa: E731
    path = tmp_path / "a.bin"
    path.write_bytes(ARRAY.astype("<f4").tobytes())
    assert np.array_equal(read(path), ARRAY.ravel())
    assert wrong(read, b"", tmp_path) == "empty"
    assert wrong(read, bytes(47), tmp_path) == "truncated: 47 bytes instead of 48, 12 numbers of float32"
    assert wrong(read, bytes(49), tmp_path) == "too long: 49 bytes instead of 48, 12 numbers of float32"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([npy(ARRAY), npz(one=ARRAY)]), st.integers(0, 400), st.binary(max_size=12))
@example(npy(ARRAY), 10, b"(" * 12)
def test_any_bytes_are_an_array_or_a_sentence(tmp_path, content, at, other):
    """Bytes of a sound file exchanged anywhere: never another exception, never a warning."""
    path = tmp_path / "any"
    path.write_bytes(content[:at] + other + content[at + len(other) :])
    for read in (arrays.npy, lambda path: arrays.npz(path, ["one"])["one"]):
        with suppress(BadArray):
            assert isinstance(read(path), np.ndarray)


def test_an_array_that_is_damaged_anywhere(tmp_path):
    """Each of 2,000 seeded mutations: a sentence, or an array of the dtype asked for, within a second."""
    path = tmp_path / "output-0.npy"

    def read(content: bytes) -> np.ndarray:
        path.write_bytes(content)
        return arrays.npy(path, dtype="float32")

    def right(found: np.ndarray) -> bool:
        return found.dtype == np.float32 and 128 + found.nbytes == path.stat().st_size

    refused, kept = survives_all(npy(ARRAY), read, right, errors=BadArray)
    assert refused > 800
    assert kept > 100  # a changed number is a number


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_that_is_damaged_anywhere(tmp_path, save):
    """Each of 2,000 seeded mutations: a fault that is told, or the array that was saved, within a second."""
    path = tmp_path / "outputs.npz"

    def read(content: bytes) -> np.ndarray:
        path.write_bytes(content)
        return arrays.npz(path, ["output"])["output"]

    refused, _ = survives_all(
        npz(save, output=ARRAY), read, lambda found: np.array_equal(found, ARRAY), errors=BadArray
    )
    assert refused > 1000

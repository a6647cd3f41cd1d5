"""Writing inputs: whole files, kept where they are, never overwritten; and holding a folder against them."""

from __future__ import annotations

import itertools
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from harness.errors import BadInput
from harness.tasks.layouts import Piece
from harness.tasks.layouts.files import compare, listed, raw, write

PIECES = (
    Piece(path="ids/0.bin", content=b"zero"),
    Piece(path="labels.txt", content=b"0 1\n", grows=True),
    Piece(path="ids/1.bin", content=b"one"),
    Piece(path="labels.txt", content=b"1 2\n", grows=True),
    Piece(path="list.txt", content=b"/here/0\n", grows=True, local=True),
)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


WRITTEN = {"ids/0.bin": b"zero", "ids/1.bin": b"one", "labels.txt": b"0 1\n1 2\n", "list.txt": b"/here/0\n"}


class TestWrite:
    def test_files_have_their_content_and_nothing_else_lies_there(self, tmp_path):
        written = write(PIECES, tmp_path / "new" / "out")
        assert contents(tmp_path / "new" / "out") == WRITTEN
        assert (written.files, written.kept, written.bytes) == (4, 0, 23)

    def test_a_second_writing_keeps_every_file(self, tmp_path):
        write(PIECES, tmp_path)
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
        assert write(PIECES, tmp_path).kept == 4
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before
        assert contents(tmp_path) == WRITTEN

    @pytest.mark.parametrize("after", range(6))
    def test_a_killed_writing_goes_on(self, tmp_path, after):
        """Killed before any piece: what is there is whole, and the next writing ends with the same files."""

        def killed():
            yield from itertools.islice(PIECES, after)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write(killed(), tmp_path)
        there = {name: content for name, content in contents(tmp_path).items() if not name.startswith(".")}
        assert there.items() <= WRITTEN.items()
        assert write(PIECES, tmp_path).kept == len(there)
        assert contents(tmp_path) == WRITTEN

    def test_a_file_cut_short_by_a_kill_is_written_anew(self, tmp_path):
        """Content goes into a file of another name first, so that no input is ever half there."""
        (tmp_path / "ids").mkdir()
        (tmp_path / "ids" / ".0.bin.part").write_bytes(b"ze")
        write(PIECES, tmp_path)
        assert contents(tmp_path) == WRITTEN

    @pytest.mark.parametrize("name", WRITTEN)
    @pytest.mark.parametrize("other", [b"", b"other"], ids=["empty", "other"])
    def test_another_content_is_never_overwritten(self, tmp_path, name, other):
        write(PIECES, tmp_path)
        (tmp_path / name).write_bytes(other)
        with pytest.raises(
            BadInput, match=r"exists already with other content, .*; remove the folder"
        ) as caught:
            write(PIECES, tmp_path)
        assert caught.value.path == tmp_path / name
        assert (tmp_path / name).read_bytes() == other

    @pytest.mark.parametrize("name", ["ids/2.bin", "ids/stray.bin", "old.txt"])
    def test_a_file_that_a_tool_would_take_for_an_input_is_an_error(self, tmp_path, name):
        write(PIECES, tmp_path)
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(
            BadInput, match=f"holds 1 files that are no inputs of this data set: {Path(name).name}"
        ):
            write(PIECES, tmp_path)

    def test_other_files_may_lie_there(self, tmp_path):
        for name in ("README.md", "ids.json"):
            (tmp_path / name).write_bytes(b"")
        assert write(PIECES, tmp_path).files == 4

    def test_memory_does_not_grow_with_the_files(self, tmp_path):
        """400 files of 64 KiB: 26 MB go through, one piece at a time."""
        block = os.urandom(1 << 16)
        pieces = (Piece(path=f"{at}.bin", content=bytes([at % 256]) + block) for at in range(400))
        tracemalloc.start()
        try:
            write(pieces, tmp_path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 40 * len(block)


class TestCompare:
    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        write(PIECES, tmp_path)
        return tmp_path

    def test_the_same_files_count_and_tell_their_time(self, folder):
        os.utime(folder / "ids" / "1.bin", ns=(1, 2**62))
        compared = compare(PIECES, folder)
        assert (compared.files, compared.newest_ns) == (3, 2**62)

    def test_a_file_of_paths_may_be_of_another_machine(self, folder):
        (folder / "list.txt").write_bytes(b"/there/0\n")
        assert compare(PIECES, folder).files == 3

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("ids/0.bin", b"zerO"),
            ("ids/0.bin", b"zer"),
            ("ids/0.bin", b"zero "),
            ("labels.txt", b"0 1\n1 3\n"),
            ("labels.txt", b"0 1\n"),
            ("labels.txt", b"0 1\n1 2\n2 3\n"),
        ],
    )
    def test_a_file_that_differs_is_named(self, folder, name, content):
        (folder / name).write_bytes(content)
        with pytest.raises(BadInput, match=rf"1 not what would be written \({name}\); give the folder"):
            compare(PIECES, folder)

    def test_everything_wrong_is_listed_at_once(self, folder):
        (folder / "ids" / "0.bin").unlink()
        (folder / "labels.txt").unlink()
        (folder / "ids" / "1.bin").write_bytes(b"")
        expected = r"2 missing \(ids/0.bin, labels.txt\); 1 not what would be written \(ids/1.bin\)"
        with pytest.raises(BadInput, match=expected):
            compare(PIECES, folder)


def test_long_lists_are_cut():
    assert listed(map(str, range(5))) == "0, 1, 2, 3, 4"
    assert listed(map(str, range(7))) == "0, 1, 2, 3, 4 and 2 more"


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_raw_is_what_tofile_writes_on_a_little_endian_machine(tmp_path, dtype):
    values = np.array([[1, -2], [3, 2**30]])
    values.astype(f"<{np.dtype(dtype).str[1:]}").tofile(tmp_path / "raw")
    assert raw(values, dtype) == (tmp_path / "raw").read_bytes()
    assert raw(np.asfortranarray(values), dtype) == raw(values, dtype)

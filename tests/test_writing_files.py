"""Files that are written over others: whole or not at all, and what is no file."""

from __future__ import annotations

import os
import threading

import pytest

from harness.files import put


def test_a_file_is_there_whole_and_keeps_who_may_read_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before", encoding="utf-8")
    path.chmod(0o640)
    put(path, ["one\n", "two\n"])
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_whole_and_nothing_else(tmp_path, fill_disk):
    path = tmp_path / "a.txt"
    put(path, ["before"])
    fill_disk()
    with pytest.raises(OSError, match="no space left"):
        put(path, ["after"])
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_link_the_file_behind_it_is_replaced(tmp_path):
    behind, link = tmp_path / "behind.md", tmp_path / "link.md"
    behind.write_text("before", encoding="utf-8")
    link.symlink_to(behind)
    put(link, ["af", "ter"])
    assert link.is_symlink()
    assert behind.read_text(encoding="utf-8") == "after"


def test_what_is_no_file_is_written_to_and_stays(tmp_path):
    """A pipe stands for a device: /dev/null is one file for all."""
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    put(pipe, ["through"])
    reader.join(timeout=30)
    assert read == ["through"]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]

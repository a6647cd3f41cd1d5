"""A tool's output: all of it in the log, its end in memory, and what happens where the log cannot grow."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import psutil
import pytest
from stand_ins import python, shell

from harness.errors import MachineError
from harness.tools.process import ToolFailed, run
from harness.tools.process.tail import KEPT_BYTES, Tail

LARGE = 200_000_000


def test_200_mb_of_output(tmp_path: Path, log: Path):
    """All of it is in the log; memory does not grow with it."""
    process = psutil.Process()
    before = process.memory_info().rss
    write = "os.write(1, (b'x' * 99 + b'\\n') * 1000)"
    source = f"import os\nfor _ in range({LARGE // 100_000}): {write}\nprint('end')"
    try:
        finished = run(python(source, tmp_path), log)
        assert finished.log_bytes == log.stat().st_size == LARGE + 4
    finally:
        log.unlink(missing_ok=True)
    assert finished.tail.splitlines()[-1] == "end"
    assert len(finished.tail) < KEPT_BYTES
    assert process.memory_info().rss - before < 30_000_000


def test_one_endless_line(tmp_path: Path, log: Path):
    """A tool that prints no line ends costs no more."""
    finished = run(python("import os\nfor _ in range(50): os.write(1, b'y' * 100_000)", tmp_path), log)
    assert finished.log_bytes == 5_000_000
    assert finished.tail == "y" * KEPT_BYTES


def test_a_tool_that_closes_its_output(tmp_path: Path, log: Path):
    """Its end is its exit, not the end of its output."""
    finished = run(shell("echo first; exec >&- 2>&-; sleep 0.5; exit 0", tmp_path), log)
    assert finished.duration_s >= 0.5
    assert finished.tail == "first"


def test_a_full_disk_ends_the_tool(tmp_path: Path):
    """At once, and says so: what it builds goes to the same disk."""
    with pytest.raises(
        ToolFailed, match=r"ended, because its log cannot be written \(No space left"
    ) as caught:
        run(shell("echo some; sleep 600", tmp_path), Path("/dev/full"))
    assert caught.value.tail == "some"
    assert "make room on the disk" in str(caught.value)


def test_a_limit_on_file_sizes(tmp_path: Path, log: Path):
    """RLIMIT_FSIZE counts as a full disk; what fitted is in the log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ToolFailed, match=r"its log cannot be written \(File too large\)"):
            run(python("while True: print('z' * 999)", tmp_path), log)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.stat().st_size == 100_000


def test_a_log_that_cannot_be_opened(tmp_path: Path):
    """Nothing is started."""
    (tmp_path / "file").touch()
    for log in (tmp_path / "file" / "tool.log", tmp_path):
        with pytest.raises(MachineError, match="sh: its log cannot be written"):
            run(shell("touch started", tmp_path), log)
    assert not (tmp_path / "started").exists()


def test_order_and_bytes_of_both_streams(tmp_path: Path, log: Path):
    """One log for both, in the order in which they were written, colours and all."""
    source = "import os\nfor i in range(50): os.write(1 + i % 2, b'\\x1b[31m%d\\x1b[0m\\r\\n' % i)"
    finished = run(python(source, tmp_path), log)
    assert log.read_bytes() == b"".join(b"\x1b[31m%d\x1b[0m\r\n" % i for i in range(50))
    assert finished.tail == "\n".join(str(i) for i in range(10, 50))


def text(*chunks: bytes, lines: int | None = 40) -> str:
    tail = Tail()
    for chunk in chunks:
        tail.add(chunk)
    return tail.text(lines)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"", ""),
        (b"\n\n", ""),
        (b"a\n\nb\n\n", "a\n\nb"),
        (b"no end", "no end"),
        (b"\x1b[1;31mred\x1b[0m plain\x1b[K\n", "red plain"),
        (b"\x1b]0;title\x07text \x1b(Bmore\n", "text more"),
        (b" 10%\r 50%\r100%\r\n", "100%"),
        (b"bell\x07 nul\x00 tab\tend\n", "bell nul tab\tend"),
        ("错误：内存不足\n".encode(), "错误：内存不足"),
        ("错误：内存不足\n".encode("gb18030"), "错误：内存不足"),
        ("错误\n".encode() + "错误\n".encode("gb18030"), "错误\n错误"),
        (b"bad \xff\xff end\n", "bad \ufffd\ufffd end"),
    ],
)
def test_what_the_tail_shows(raw: bytes, shown: str):
    """What a terminal would, of any encoding; in one piece or byte by byte."""
    assert text(raw) == shown
    assert text(*(raw[at : at + 1] for at in range(len(raw)))) == shown


def test_the_tail_holds_the_last_lines():
    """The last forty; of what is held, never a line that begins in its middle."""
    numbered = [b"%07d %s\n" % (number, "汉".encode() * 10) for number in range(20_000)]
    kept = text(*numbered, lines=None).splitlines()
    assert 1000 < len(kept) < 2000
    assert kept[-1].startswith("0019999")
    assert all(len(line) == 18 for line in kept)
    assert text(*numbered) == "\n".join(kept[-40:])
    assert sys.getsizeof(kept) < 1_000_000

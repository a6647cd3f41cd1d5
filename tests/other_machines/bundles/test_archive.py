"""Archives: packed and unpacked to the same files, and nothing that leads out, fills the disk or pretends."""

from __future__ import annotations

import contextlib
import gzip
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import card
import numpy as np
import pytest

from harness.errors import BadInput
from harness.other_machines.bundles import archive, manifest
from harness.other_machines.bundles.archive import Limits
from harness.other_machines.bundles.collecting import Collected

GOOD = ("top/bundle.json", b"{}")
SMALL = Limits(bytes=1 << 20, members=5, ratio=20, ratio_from=1 << 16, name=60, header=1 << 12)


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname = kind, size, target
    return made


def packed(path: Path, *members: tuple[tarfile.TarInfo | str, bytes], mode: str = "w:gz") -> Path:
    """An archive of these, whatever they are."""
    with tarfile.open(path, mode) as made:
        for info, content in members:
            item = member(info, size=len(content)) if isinstance(info, str) else info
            made.addfile(item, io.BytesIO(content))
    return path


@pytest.fixture
def refused(tmp_path: Path) -> Callable[..., None]:
    """Unpacks into an empty folder, expects a refusal, and that nothing was written beside it."""

    def check(path: Path, says: str, limits: Limits | None = None) -> None:
        out = tmp_path / "inside" / "out"
        out.mkdir(parents=True)
        before = {item for item in tmp_path.rglob("*") if out not in item.parents}
        with pytest.raises(BadInput, match=says):
            archive.unpack(path, out, limits)
        assert {item for item in tmp_path.rglob("*") if out not in item.parents} == before
        assert not [item for item in out.rglob("*") if item.is_symlink()]
        shutil.rmtree(out.parent)

    return check


@pytest.mark.parametrize("name", ["../out.txt", "top/../../out.txt", "/tmp/out.txt", "..", "a\\..\\b"])
def test_paths_that_lead_out(tmp_path: Path, refused: Callable[..., None], name: str):
    refused(packed(tmp_path / "a.tar.gz", (name, b"x"), GOOD), "which leads out of the folder")


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", "a link"),
        (tarfile.SYMTYPE, "../..", "a link"),
        (tarfile.SYMTYPE, "bundle.json", "a link"),
        (tarfile.LNKTYPE, "../../x", "a link"),
        (tarfile.LNKTYPE, "top/bundle.json", "a link"),
        (tarfile.CHRTYPE, "", "no plain file"),
        (tarfile.BLKTYPE, "", "no plain file"),
        (tarfile.FIFOTYPE, "", "no plain file"),
    ],
)
def test_links_and_devices(tmp_path: Path, refused: Callable[..., None], kind: bytes, target: str, says: str):
    """Links inside the folder, too: nothing of ours is one."""
    made = packed(tmp_path / "a.tar.gz", GOOD, (member("top/x", kind, target=target), b""))
    refused(made, f"holds 'top/x', {says}")


def test_a_link_that_a_later_member_goes_through(tmp_path: Path, refused: Callable[..., None]):
    link = member("top/x", tarfile.SYMTYPE, target=str(tmp_path))
    refused(packed(tmp_path / "a.tar.gz", GOOD, (link, b""), ("top/x/out.txt", b"x")), "a link")


def test_bombs(tmp_path: Path, refused: Callable[..., None]):
    """By ratio, by size in all, by number, by the length of a name, by a header that tarfile would hold."""
    zeros = packed(tmp_path / "ratio.tar.gz", GOOD, ("top/x", bytes(900_000)))
    refused(zeros, "unpacks to more than 20 times its size", SMALL)
    noise = bytes(range(256)) * 4096
    refused(
        packed(tmp_path / "size.tar", GOOD, ("top/x", noise + b"x"), mode="w"), "more than 1048576", SMALL
    )
    many = [(f"top/{number}", b"") for number in range(6)]
    refused(packed(tmp_path / "many.tar.gz", *many), "more than 5 members", SMALL)
    refused(packed(tmp_path / "name.tar.gz", ("top/" + "x" * 80, b"")), "a path of 84 characters", SMALL)
    long = member("top/x", tarfile.GNUTYPE_LONGNAME, size=8192)
    refused(packed(tmp_path / "long.tar.gz", (long, bytes(8192))), "a header of 8192 bytes", SMALL)


def test_a_size_that_is_a_lie(tmp_path: Path, refused: Callable[..., None]):
    """A file of terabytes by its header, with nothing behind it; and one of more than there is."""
    for size, says in ((1 << 40, "says that it unpacks to more than"), (1 << 19, "cut short")):
        head = member("top/x", size=size).tobuf()
        path = tmp_path / f"{size}.tar.gz"
        path.write_bytes(gzip.compress(head))
        refused(path, says, SMALL)


def test_a_sparse_file(tmp_path: Path, refused: Callable[..., None]):
    """A hole of any size takes no byte of the archive."""
    made = member("top/x")
    made.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
    body = b"1\n0\n0\n".ljust(512, b"\0")
    made.size = len(body)
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as opened:
        opened.addfile(made, io.BytesIO(body))
    refused(path, "no plain file|unpacks to more")


def test_twice_and_both_ways(tmp_path: Path, refused: Callable[..., None]):
    refused(packed(tmp_path / "a.tar.gz", GOOD, GOOD), "holds top/bundle.json twice")
    refused(
        packed(tmp_path / "b.tar.gz", ("top/x", b"x"), ("top/x/y", b"y")), "both as a file and as a folder"
    )
    refused(packed(tmp_path / "c.tar.gz", GOOD, ("./top/bundle.json", b"x")), "twice")


def test_cut_and_damaged(tmp_path: Path, refused: Callable[..., None]):
    """At any place: within the packed bytes, at the end, in one byte; and files that are no archive."""
    whole = packed(tmp_path / "a.tar.gz", GOOD, ("top/x", bytes(range(256)) * 64)).read_bytes()
    cut = tmp_path / "cut.tar.gz"
    for size in (1, 20, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:size])
        refused(cut, "cut short or damaged")
    cut.write_bytes(whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:])
    refused(cut, "cut short or damaged")
    for content in (b"", b"no archive at all" * 100):
        cut.write_bytes(content)
        refused(cut, "cut short or damaged|found 0 bundles")
    with zipfile.ZipFile(cut, "w") as made:
        made.writestr(*GOOD)
    refused(cut, "a zip archive, expected .tar.gz")


def test_bytes_changed_anywhere(tmp_path: Path):
    """A refusal with a sentence, or files inside the folder: nothing else comes of it."""
    path, random = tmp_path / "a.tar", np.random.default_rng(0)
    long = "top/" + "x" * 120  # a header of its own
    whole = packed(path, GOOD, ("top/x", b"x" * 600), (long, b"y"), mode="w").read_bytes()
    for number in range(2000):
        changed = bytearray(whole)
        for at in random.integers(0, 4096, 1 + number % 4):
            changed[at] = random.integers(0, 256)
        path.write_bytes(changed)
        out = tmp_path / "deep" / "out"
        out.mkdir(parents=True)
        with contextlib.suppress(BadInput):
            archive.unpack(path, out)
        assert {item for item in tmp_path.rglob("*") if out not in item.parents} == {path, out.parent, out}
        assert not [item for item in out.rglob("*") if item.is_symlink()]
        shutil.rmtree(out.parent)


def test_headers_behind_headers(tmp_path: Path, refused: Callable[..., None]):
    """Five thousand long names, each a header for the next: no traceback, whatever depth tarfile reaches."""
    path = tmp_path / "deep.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as made:
        header = tarfile.TarInfo("././@LongLink")
        header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2
        for _ in range(5000):
            made.addfile(header, io.BytesIO(b"x\0"))
        good = tarfile.TarInfo(GOOD[0])
        good.size = len(GOOD[1])
        made.addfile(good, io.BytesIO(GOOD[1]))
    refused(path, "damaged: RecursionError in its headers")


def test_no_bundle_or_two(tmp_path: Path, refused: Callable[..., None]):
    refused(packed(tmp_path / "a.tar.gz", ("top/x", b"x")), "found 0 bundles")
    refused(packed(tmp_path / "b.tar.gz", GOOD, ("other/bundle.json", b"{}")), "found 2 bundles")


def test_any_folder_name_and_no_gzip(tmp_path: Path):
    """What `tar cf` of the folder makes, or of its content."""
    for number, names in enumerate((("my folder/bundle.json",), ("./bundle.json", "./x"))):
        path = packed(tmp_path / f"{number}.tar", *((name, b"{}") for name in names), mode="w")
        out = tmp_path / str(number)
        out.mkdir()
        assert (archive.unpack(path, out) / manifest.NAME).read_bytes() == b"{}"


def test_a_bundle_there_and_back_as_an_archive(
    written: Callable[..., Path], collect: Callable[[Path], Collected], tmp_path: Path
):
    """Packed alike every time; unpacked there it runs, packed by the system's tar it comes back."""
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    for path in (first, second):
        archive.pack(written("ascend"), path)
    assert first.read_bytes() == second.read_bytes()
    shutil.unpack_archive(first, tmp_path / "there", filter="data")
    there = tmp_path / "there" / archive.TOP
    assert card.install("ascend", tmp_path / "tools").run(there).returncode == 0
    back = Path(shutil.make_archive(str(tmp_path / "back"), "gztar", tmp_path / "there"))
    (tmp_path / "out").mkdir()
    assert collect(archive.unpack(back, tmp_path / "out")).bad == []

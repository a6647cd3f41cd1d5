"""A bundle as one ``.tar.gz``: packed alike every time, and unpacked without trust in what it says."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from harness.errors import BadInput, naming
from harness.other_machines.bundles import manifest

TOP = "zoocheck-bundle"
_BLOCK = 1 << 20
_LEVEL = 6
_REMEDY = "pack the folder again with `tar czf back.tar.gz FOLDER`, or give the folder itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may come to. The defaults hold the largest documented cases several times over."""

    bytes: int = 64 << 30  # unpacked
    members: int = 1_000_000
    ratio: int = 400  # of unpacked to packed bytes: floats hardly shrink, masks of zeros do
    ratio_from: int = 256 << 20  # unpacked bytes from which the ratio counts
    name: int = 512  # characters of a path
    header: int = 64 << 10  # bytes of a header's own text, which tarfile holds in memory


def pack(folder: Path, target: Path) -> None:
    """Every file of the bundle, in order, without times and owners: the same bundle gives the same bytes."""
    part = target.with_name(f".{target.name}.part")
    with (
        naming(part),
        part.open("wb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(f"{TOP}/{path.relative_to(folder).as_posix()}")
            member.size = path.stat().st_size
            member.mode = 0o755 if path.name == manifest.SCRIPT else 0o644
            with path.open("rb") as stream:
                archive.addfile(member, stream)
    part.replace(target)


def unpack(path: Path, out: Path, limits: Limits | None = None) -> Path:
    """The bundle's folder, unpacked under `out`, which is empty. Only plain files and folders are made.

    Raises `BadInput` for links, devices, paths that lead out of `out`, a path twice, more than `limits`, an
    archive that is cut or none, and one that holds no bundle.
    """
    chosen = limits or Limits()
    try:
        with _opened(path) as plain:
            counted = _Counted(plain, path, chosen)
            careful = type("_Careful", (_Careful,), {"limit": chosen.header, "path_of_archive": path})
            with tarfile.open(fileobj=counted, mode="r|", tarinfo=careful) as archive:
                _extract(archive, path, out, chosen)
            while counted.read(_BLOCK):  # what follows the end counts too: a cut shows there
                pass
    except (tarfile.TarError, EOFError, ValueError, zlib.error, gzip.BadGzipFile) as problem:
        raise _bad(path, f"cut short or damaged: {problem}") from problem
    except (RecursionError, OverflowError, MemoryError, LookupError) as problem:
        # tarfile reads a header behind a header by calling itself, and believes a number's size
        raise _bad(path, f"damaged: {type(problem).__name__} in its headers") from problem
    tops = [out, *sorted(item for item in out.iterdir() if item.is_dir())]
    found = [folder for folder in tops if (folder / manifest.NAME).is_file()]
    if len(found) != 1:
        raise _bad(path, f"found {len(found)} bundles ({manifest.NAME}) in it, expected one")
    return found[0]


def _bad(path: Path, message: str) -> BadInput:
    return BadInput(message, path=path, remedy=_REMEDY)


def _opened(path: Path) -> IO[bytes]:
    """The tar's own bytes, whether or not they are packed by gzip."""
    with path.open("rb") as raw:
        magic = raw.read(2)
    if magic == b"PK":
        raise _bad(path, "a zip archive, expected .tar.gz")
    if magic == b"\x1f\x8b":
        return gzip.open(path, "rb")  # type: ignore[return-value] # reads bytes all the same
    return path.open("rb")


class _Counted(io.RawIOBase):
    """A stream that stops at the limits, whatever the archive says of its sizes."""

    def __init__(self, plain: IO[bytes], path: Path, limits: Limits) -> None:
        self._plain, self._path, self._limits = plain, path, limits
        self._read = 0
        self._packed = path.stat().st_size

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises `BadInput` above the limits."""
        data = self._plain.read(_BLOCK if size < 0 else min(size, _BLOCK))
        self._read += len(data)
        if self._read > self._limits.bytes:
            raise _bad(self._path, f"unpacks to more than {self._limits.bytes} bytes")
        if self._read > max(self._limits.ratio_from, self._packed * self._limits.ratio):
            raise _bad(self._path, f"unpacks to more than {self._limits.ratio} times its size")
        return data


class _Careful(tarfile.TarInfo):
    """A header whose text (a long name, pax records) tarfile reads into memory, only where it is short."""

    limit = 0
    path_of_archive = Path()
    _TEXT = frozenset(
        {tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE,
         tarfile.SOLARIS_XHDTYPE}
    )  # fmt: skip

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in self._TEXT and not 0 <= self.size <= self.limit:
            raise _bad(self.path_of_archive, f"a header of {self.size} bytes, at most {self.limit} are read")
        found: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc] # tarfile's own way
        return found


def _extract(archive: tarfile.TarFile, path: Path, out: Path, limits: Limits) -> None:
    seen: set[str] = set()
    total = 0
    for count, member in enumerate(_members(archive), start=1):
        if count > limits.members:
            raise _bad(path, f"holds more than {limits.members} members")
        name = _name(path, member, limits)
        total += member.size if member.isreg() else 0
        if member.size < 0 or total > limits.bytes:
            raise _bad(path, f"says that it unpacks to more than {limits.bytes} bytes")
        if member.isdir():
            (out / name).mkdir(parents=True, exist_ok=True)
            continue
        if str(name) in seen:
            raise _bad(path, f"holds {name} twice")
        seen.add(str(name))
        tarfile.data_filter(member, str(out))  # Python's own refusals, beside ours
        _write(archive, member, path, out / name)


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := archive.next()) is not None:
        yield member
        archive.members = []  # type: ignore[attr-defined] # not kept: there may be many


def _name(path: Path, member: tarfile.TarInfo, limits: Limits) -> PurePosixPath:
    """Where a member goes; raises `BadInput` for one that is no plain file or folder inside."""
    shown = ascii(member.name[:80])
    if len(member.name) > limits.name:
        long = f"holds a path of {len(member.name)} characters ({shown}...)"
        raise _bad(path, f"{long}, expected at most {limits.name}")
    if not (member.isreg() or member.isdir()) or member.issparse():
        kind = "a link" if member.islnk() or member.issym() else "no plain file"
        raise _bad(path, f"holds {shown}, {kind}")
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name:
        raise _bad(path, f"holds {shown}, which leads out of the folder")
    return name


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, target: Path) -> None:
    source = archive.extractfile(member)
    if source is None:
        raise _bad(path, f"{member.name} cannot be read")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as stream:
            shutil.copyfileobj(source, stream, _BLOCK)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise _bad(path, f"holds {member.name} both as a file and as a folder") from None
    if target.stat().st_size != member.size:
        raise _bad(path, f"cut short in {member.name}")

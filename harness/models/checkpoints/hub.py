"""One file of one repository on the Hugging Face hub: what the hub promises, and its bytes, verified.

huggingface_hub is imported inside functions: it reads ``HF_ENDPOINT``, ``HF_HUB_OFFLINE`` and the
time-outs when it is imported, and collecting tests does not need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import DownloadError
from harness.models.checkpoints import files, shards
from harness.models.checkpoints.refusals import explain

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, its bytes so far and in total (None: not told)."""

# A server that breaks off at the same place again and again would keep the hub client busy for ever: it
# starts over without a limit as long as some bytes come.
_RESTARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One repository at one revision, and the folder here that its files are for."""

    repository: str
    revision: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.repository}@{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the hub says of one file before sending it.

    `etag` is the SHA-256 of a file in LFS, and git's blob id of any other.
    """

    name: str
    etag: str
    size: int | None  # bytes
    commit: str | None  # that the asked revision is

    @property
    def is_sha256(self) -> bool:
        """Whether the hub states the SHA-256."""
        return re.fullmatch("[0-9a-f]{64}", self.etag) is not None

    def kept_by(self, path: Path) -> bool:
        """Whether the bytes at `path` are the promised ones."""
        return (files.sha256(path) if self.is_sha256 else files.git_blob(path)) == self.etag


def ask(pin: Pin, *names: str) -> Promise:
    """What the hub says of the first of `names` that it has; raises `DownloadError`."""
    problem: Exception | None = None
    for name in names:
        try:
            return _head(pin, name)
        except Exception as refusal:  # the client raises what half a dozen libraries raise
            if problem is None or not _is_absent(refusal):
                problem = refusal
            if not _is_absent(refusal):
                break
    raise explain(problem, name=" or ".join(names), source=str(pin), folder=pin.folder) from problem


def ask_all(pin: Pin, *names: str) -> list[Promise]:
    """What the hub says of each of `names` that it has, one at least; raises `DownloadError`."""
    first = ask(pin, *names)
    promises = [first]
    for name in names[names.index(first.name) + 1 :]:
        try:
            promises.append(_head(pin, name))
        except Exception as refusal:  # the client raises what half a dozen libraries raise
            if not _is_absent(refusal):
                raise explain(refusal, name=name, source=str(pin), folder=pin.folder) from refusal
    return promises


def _head(pin: Pin, name: str) -> Promise:
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(pin.repository, name, revision=pin.revision)
    metadata = get_hf_file_metadata(url, timeout=_patience_s())
    if not metadata.etag:
        raise ValueError(f"{constants.ENDPOINT} states no ETag, by which the bytes could be verified")
    return Promise(name=name, etag=metadata.etag, size=metadata.size, commit=metadata.commit_hash)


def receive(pin: Pin, promise: Promise, into: Path, progress: Progress | None) -> Path:
    """Download one file into the folder `into` and verify its bytes; raises `DownloadError`."""
    from huggingface_hub import constants, hf_hub_download

    source = f"{promise.name} of {pin} from {constants.ENDPOINT}"
    try:
        received = hf_hub_download(
            pin.repository,
            promise.name,
            revision=pin.revision,
            local_dir=into,
            tqdm_class=_meter(source, promise, progress),
            etag_timeout=_patience_s(),
        )
    except DownloadError:
        raise
    except Exception as problem:  # the client raises what half a dozen libraries raise
        raise explain(problem, name=promise.name, source=str(pin), folder=pin.folder) from problem
    path = Path(received)
    if not promise.kept_by(path):
        raise DownloadError(
            f"{source}: found {path.stat().st_size} bytes of SHA-256 {files.sha256(path)}, expected the ETag "
            f"{promise.etag}: these are not the bytes the hub promised",
            remedy="try again, and suspect a proxy or mirror if it stays",
        )
    return path


def require_weights(paths: Mapping[Path, Promise], *, stated: str | None, pin: Pin) -> None:
    """Raise `DownloadError` for weights without a known SHA-256, or with another than the table's.

    `paths` are the file, or all shards; of these the table states what `shards.sha256` gives.
    """
    for promise in paths.values():
        if stated is None and not promise.is_sha256:
            raise DownloadError(
                f"{promise.name} of {pin}: the hub states no SHA-256 of it (ETag {promise.etag})",
                remedy="point HF_ENDPOINT to a server that states one, or state it in the model's table",
            )
    found = shards.sha256({promise.name: files.sha256(path) for path, promise in paths.items()})
    if stated is not None and found != stated:
        named = ", ".join(promise.name for promise in paths.values())
        raise DownloadError(
            f"{named} of {pin}: found SHA-256 {found}, expected {stated}, as the model's table states",
            remedy="correct the revision or the hash in the table",
        )


def _patience_s() -> int:
    """Seconds to wait for an answer about a file: neither of the client's two time-outs is exceeded."""
    from huggingface_hub import constants

    return min(constants.HF_HUB_ETAG_TIMEOUT, constants.HF_HUB_DOWNLOAD_TIMEOUT)


def _is_absent(problem: Exception) -> bool:
    """Whether an error of the client says that the server has no such file."""
    return getattr(getattr(problem, "response", None), "status_code", None) == 404


def _meter(source: str, promise: Promise, progress: Progress | None) -> type:
    """The class of progress bar for the client to use: it draws nothing, and ends what would never end."""
    from huggingface_hub.utils.tqdm import tqdm

    class Meter(tqdm):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **{**options, "disable": True})  # type: ignore[no-untyped-call]
            self.received = 0
            self.restarts = 0

        def update(self, n: float | None = 1) -> bool | None:
            count = int(n or 0)
            self.received += count
            self.restarts += count < 0  # the client takes bytes back when it starts over
            if self.restarts > _RESTARTS:
                raise DownloadError(
                    f"{source}: broke off {self.restarts} times before its {promise.size} bytes were there",
                    remedy="check the connection and what stands between (proxy, mirror), and try again",
                )
            if progress is not None:
                progress(promise.name, self.received, promise.size)
            return None

        def update_transfer(self, n: float | None = 1) -> None:
            """Bytes on the wire, which Xet reports beside bytes of the file."""

        def set_transfer_postfix_str(self, s: str = "", refresh: bool = True) -> None:
            """The speed on the wire, likewise."""

    return Meter

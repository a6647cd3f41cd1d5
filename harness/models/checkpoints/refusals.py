"""What a failed download comes to, as a sentence and a remedy instead of the client's traceback."""

from __future__ import annotations

from pathlib import Path

from harness.errors import DownloadError
from harness.models.checkpoints import files


def explain(problem: BaseException | None, *, name: str, source: str, folder: Path) -> DownloadError:
    """The client's error about file `name` of `source` (``repository@revision``) in our words.

    The HTTP library's own exceptions are told by name: huggingface_hub has changed that library twice.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    cause = _root(problem)
    what = f"{name} of {source}"
    where = constants.ENDPOINT
    by_hand = f"put {files.CONFIG}, {files.VOCABULARY} and {' or '.join(files.WEIGHTS)} into {folder} by hand"
    if isinstance(cause, OfflineModeIsEnabled):
        return DownloadError(
            f"{what}: HF_HUB_OFFLINE is set, so nothing is downloaded", remedy=f"unset it, or {by_hand}"
        )
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if status is not None:
        return _of_status(status, what, where)
    kinds = {kind.__name__ for kind in type(cause).__mro__}
    if "TimeoutException" in kinds or isinstance(cause, TimeoutError):
        return DownloadError(
            f"{what}: {where} sent nothing for {constants.HF_HUB_DOWNLOAD_TIMEOUT} s",
            remedy="try again, with HF_HUB_DOWNLOAD_TIMEOUT set to more seconds",
        )
    if "ConnectError" in kinds:
        return DownloadError(
            f"{what}: cannot reach {where} ({_line(cause)})",
            remedy=f"check the network, the proxy and HF_ENDPOINT, or {by_hand}",
        )
    if "RemoteProtocolError" in kinds or "NetworkError" in kinds or "Consistency check" in str(cause):
        return DownloadError(
            f"{what}: {where} broke off before the end ({_line(cause)})",
            remedy="check the connection and what stands between (proxy, mirror), and try again",
        )
    if isinstance(cause, OSError) and cause.filename is not None:
        return DownloadError(
            f"{what}: cannot write {cause.filename}: {cause.strerror}",
            remedy="make room, or make it writable",
        )
    return DownloadError(
        f"{what}: failed at {where} ({type(cause).__name__}: {_line(cause)})",
        remedy=f"check HF_ENDPOINT and the model's table, or {by_hand}",
    )


def _of_status(status: int, what: str, where: str) -> DownloadError:
    """An HTTP status of 400 and above."""
    if status == 404:
        return DownloadError(
            f"{what}: {where} answered 404: it has no such repository, revision or file",
            remedy="correct hub and revision in the model's table, or HF_ENDPOINT",
        )
    if status in (401, 403):
        return DownloadError(
            f"{what}: {where} answered {status}: not open to everybody, or not there",
            remedy="accept its terms on its page and set HF_TOKEN, or correct hub in the model's table",
        )
    fault = "the server's fault" if status >= 500 else "refused"
    return DownloadError(f"{what}: {where} answered {status}: {fault}", remedy="try again later")


def _root(problem: BaseException | None) -> BaseException | None:
    """What the client met, beneath its advice that the file is not in the local cache either."""
    if type(problem).__name__ == "LocalEntryNotFoundError" and problem is not None and problem.__cause__:
        return problem.__cause__
    return problem


def _line(problem: BaseException | None) -> str:
    """The first line of an error's message that is not empty, or its type."""
    lines = (line.strip() for line in str(problem).splitlines())
    return next((line for line in lines if line), type(problem).__name__)

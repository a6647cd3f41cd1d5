"""What a run skipped, and why: a JSON file a run in the home, which reports read beside the results."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock

from harness.decoding import json_object
from harness.domain.cases import Kind
from harness.errors import BadInput, RecordError, writing
from harness.files import put

_LONGEST_NAME = 150  # of a file, in characters; file systems stop at 255 bytes
_DRAFT = re.compile(r"\..*\.json\.[0-9a-f]{32}", re.DOTALL)
_FORM = 1  # of the files


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRun:
    """One claim that a run was to check and did not.

    `partly`: something of it was measured all the same (one protocol of two, say), so that a result of
    the same case and kind does not stand for it.
    """

    case: str
    kind: Kind
    reason: str
    partly: bool = False
    check: str = ""  # as a measurement's

    @property
    def claim(self) -> Claim:
        """What was to be checked."""
        return self.case, self.kind, self.check


Claim = tuple[str, Kind, str]  # case, kind, check


def path(folder: Path, run: str) -> Path:
    """The file of a run, whatever characters its name has."""
    name = quote(run, safe=" ", errors="surrogatepass")
    if len(name) > _LONGEST_NAME:
        name = hashlib.sha256(run.encode("utf-8", "surrogatepass")).hexdigest()
    return folder / f"{name}.json"


def merge(folder: Path, run: str, skipped: Iterable[NotRun], ran: Iterable[Claim]) -> tuple[NotRun, ...]:
    """Add a session to its run's file and return all that the run has not run.

    What an earlier session of the run skipped and this one `ran` is no longer there. The file is replaced
    in one step, and by one process at a time. Raises `BadInput` for a file that is not one of these.
    """
    file = path(folder, run)
    with writing(folder), _locked(folder):
        _sweep(folder)
        known = {item.claim: item for item in load(folder, run)}
        for claim in ran:
            known.pop(claim, None)
        known |= {item.claim: item for item in skipped}
        found = tuple(known.values())
        if found or file.exists():
            content = {"form": _FORM, "run": _spelt(run), "not_run": [_content(item) for item in found]}
            put(file, [json.dumps(content, indent=1) + "\n"])
    return found


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        yield


def load(folder: Path, run: str) -> tuple[NotRun, ...]:
    """What `run` has not run; nothing where it has no file. Raises `BadInput` for a file that is broken."""
    file = path(folder, run)
    return _read(file) if file.exists() else ()


def load_all(folder: Path) -> tuple[NotRun, ...]:
    """The latest of every claim, from the files of all runs."""
    files = sorted(folder.glob("*.json"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    return tuple({item.claim: item for file in files for item in _read(file)}.values())


def _content(item: NotRun) -> dict[str, Any]:
    return {
        "case": item.case,
        "kind": str(item.kind),
        "check": item.check,
        "reason": _spelt(item.reason),
        "partly": item.partly,
    }


def _spelt(text: str) -> str:
    """`text` as UTF-8 holds it: a file's name in a reason may be of any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _read(file: Path) -> tuple[NotRun, ...]:
    try:
        content = json_object(file.read_bytes())
        if content["form"] != _FORM:
            raise ValueError(f"form {content['form']!r}")
        return tuple(
            NotRun(
                case=str(item["case"]),
                kind=Kind(item["kind"]),
                reason=str(item["reason"]),
                partly=bool(item["partly"]),
                check=str(item.get("check", "")),  # files of before there were checks have none
            )
            for item in content["not_run"]
        )
    except (ValueError, KeyError, TypeError, RecordError) as problem:
        said = str(problem) if isinstance(problem, RecordError) else f"{type(problem).__name__}: {problem}"
        raise BadInput(
            f"not a list of what a run skipped ({said})",
            path=file,
            remedy="remove the file: results are not in it",
        ) from None


def _sweep(folder: Path) -> None:
    """Remove drafts that killed processes left. Whoever writes one holds the lock, as the caller does."""
    for path in folder.iterdir():
        if _DRAFT.fullmatch(path.name):
            path.unlink(missing_ok=True)

"""What a bundle says of itself: ``bundle.json``, written and read back, and its files held against it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from harness.decoding import json_object
from harness.domain.datasets import Corpus
from harness.domain.models import Weights
from harness.domain.strict import STRICT
from harness.errors import BadInput, RecordError
from harness.hashing import sha256
from harness.records import from_json, sealed, to_json, unsealed
from harness.toolchains.bundling import Expected
from harness.toolchains.script import INPUTS, WORKERS

NAME, SCRIPT, README = "bundle.json", "run.sh", "README.txt"
LOGS = "logs"
FORMAT = 1
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")  # of a path: no `..`, nothing hidden, nothing to quote
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REMEDY = "bring the folder back as `zoocheck bundle` wrote it, or write it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledStep:
    """One command: its stage, its line of shell, and what its log and status are called in the logs."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    stage: str
    command: str
    log: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledCase:
    """One case: what decides its numbers, its graph, its steps and the results that they leave."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    id: str
    model: str
    chip: str
    precision: str
    batch_size: int
    weights: Weights
    weights_sha256: str
    data: Corpus
    data_sha256: str
    limit: int | None
    samples: int
    features_sha256: str
    form: str  # of the inputs: the layout's, or `worker`
    graph: str
    graph_max_abs_difference: float  # from torch, when it was exported
    throughput_tool: str
    device: int
    steps: tuple[BundledStep, ...]
    expected: Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All of it; `files` are the SHA-256 of every file beside ``bundle.json``, by its path with slashes."""

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT

    format: int
    zoocheck: str
    git_revision: str | None
    created: str
    cases: tuple[BundledCase, ...]
    files: Mapping[str, str]


def write(bundle: Bundle, folder: Path) -> None:
    """``bundle.json``, the last file of a bundle: a folder without it is none."""
    text = json.dumps(sealed(to_json(bundle)), indent=1, ensure_ascii=True) + "\n"
    (folder / NAME).write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A bundle that was read: what it says, and what is to be said of the file itself."""

    bundle: Bundle
    digest: str  # the SHA-256 of ``bundle.json``
    unproved: str  # why nothing says that the file is as it was written; empty where its checksum does


def read(folder: Path) -> Read:
    """The bundle in `folder`.

    Raises `BadInput` for a file that is missing, no JSON, of another format, that lacks a key, that is not
    what its checksum is of, or that names a path outside the folder.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise BadInput(f"no bundle: {problem.strerror}", path=path, remedy=_REMEDY) from problem
    try:
        found = json_object(content)
    except RecordError as problem:
        raise BadInput(f"damaged: {problem}", path=path, remedy=_REMEDY) from problem
    version = found.get("format")
    if version != FORMAT:
        raise BadInput(
            f"found format {version!r}, expected {FORMAT}", path=path,
            remedy="collect it with the zoocheck that wrote it",
        )  # fmt: skip
    try:
        rest, has_checksum = unsealed(found)
        bundle = from_json(Bundle, rest)
    except RecordError as problem:
        raise BadInput(str(problem), path=path, remedy=_REMEDY) from problem
    if wrong := list(_wrong(bundle)):
        raise BadInput("; ".join(wrong), path=path, remedy=_REMEDY)
    return Read(
        bundle=bundle,
        digest=hashlib.sha256(content).hexdigest(),
        unproved=""
        if has_checksum
        else f"{NAME}: written without a checksum of itself, so a change in it shows nowhere",
    )


def hashes(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file under `folder`, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path, fresh=True) for path in paths}


def changed(bundle: Bundle, folder: Path) -> dict[str, str]:
    """What is wrong with each file that is not as it was written: missing, changed, or none of the inputs."""
    faults = {}
    for name, digest in bundle.files.items():
        path = folder / name
        if not path.is_file():
            faults[name] = "missing"
        elif sha256(path, fresh=True) != digest:
            faults[name] = "changed"
    for path in (folder / INPUTS).rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in bundle.files:  # a tool would take it for one more sample
            faults[name] = "was not there"
    return faults


def concerns(case: BundledCase, name: str) -> bool:
    """Whether file `name` has a part in the case."""
    top, _, rest = name.partition("/")
    if top == INPUTS:  # of a model whose cases share them, or of a case
        return rest.partition("/")[0] in (case.model, case.id)
    return top in (case.id, SCRIPT, WORKERS)


def _wrong(bundle: Bundle) -> Iterator[str]:
    """What no bundle of ours holds: it may come from anywhere."""
    if not bundle.cases:
        yield "cases: found none, expected one or more"
    ids = [case.id for case in bundle.cases]
    if len(set(ids)) != len(ids):
        yield "cases: found a case twice"
    for name, digest in bundle.files.items():
        if not all(_PART.fullmatch(part) for part in name.split("/")):
            yield f"files: found the path {name!r}, expected one inside the folder"
        if not _DIGEST.fullmatch(digest):
            yield f"files.{name}: found {digest!r}, expected a SHA-256"
    for case in bundle.cases:
        names = [case.id, case.model, case.expected.folder]
        names += [name for step in case.steps for name in (step.log, step.status)]
        yield from (
            f"{case.id}: found the name {name!r}, expected letters, digits, `.`, `_` and `-`"
            for name in names
            if not _PART.fullmatch(name)
        )
        if case.samples < 1:
            yield f"{case.id}: found {case.samples} samples, expected 1 or more"

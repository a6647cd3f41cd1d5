"""Full checkpoints into the models folder: every byte verified, and all of it there or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from harness.domain.datasets import DatasetSpec
from harness.domain.models import Model, Weights
from harness.errors import CheckpointError, DownloadError, NotThere
from harness.models.checkpoints import files, shards
from harness.models.checkpoints.hub import Pin, Progress, Promise, ask, ask_all, receive, require_weights
from harness.models.checkpoints.resolve import how_to_get, locate
from harness.setting.home import Home
from harness.tasks.text import tokenizer_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A full checkpoint that is here now, verified."""

    model: str
    folder: Path
    files: Mapping[str, str]  # name -> SHA-256
    repository: str | None  # None where people put it there
    revision: str | None
    downloaded: tuple[str, ...]  # empty: all of it was here


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedData:
    """A data set's documented file that is here."""

    dataset: str
    path: Path
    sha256: str


def fetch(model: Model, home: Home, *, progress: Progress | None = None) -> Fetched:
    """The full checkpoint of `model` in ``home.models/<model>/``, downloaded where it is not there yet.

    What an earlier fetch left complete is verified by its record, without the network. Otherwise every
    file is compared with the hash that the hub states for it (the hub client compares sizes only), the
    weights also with the table's, and a file that is there already and right is kept. Of the weights' forms
    the first is taken that a checkpoint's folder is read by (`files.FORMS`), of an index all the shards that
    it names; of the vocabularies each that the hub has. The files become visible together, what makes the
    folder a checkpoint last.

    Raises `NotThere` that says where to get it and where to put it for a model that is on no hub;
    `DownloadError` with a remedy for everything that goes wrong between here and the hub, and for other
    files in the folder that no fetch put there.
    """
    if model.checkpoint.hub is None:
        return _by_hand(model, home)
    from filelock import FileLock

    pin = Pin(
        repository=model.checkpoint.hub,
        revision=model.checkpoint.revision or "main",
        folder=home.checkpoint(model),
    )
    try:
        kept = _kept(model, pin)
        if kept is not None:
            return kept
        promised = _promised(model, pin)  # what the hub refuses leaves nothing here, no lock either
        locks = home.root / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with FileLock(locks / f"fetch-{model.name}.lock"):
            return _kept(model, pin) or _download(model, pin, promised, progress)
    except OSError as problem:
        raise DownloadError(
            f"{model.name}: cannot write {problem.filename or pin.folder}: {problem.strerror or problem}",
            remedy="make room, or point ZOOCHECK_HOME and ZOOCHECK_MODELS to folders that can be written",
        ) from problem


def fetch_dataset(spec: DatasetSpec, home: Home) -> FetchedData:
    """The documented file of a data set, if it is there.

    The publishers' addresses are pages and archives, so nothing is downloaded. Raises `NotThere` that
    says where to get the file and where to put it.
    """
    path = home.data_file(spec)
    if not path.is_file():
        raise NotThere(
            f"{spec.name}: {path} is not there", remedy=f"get it from {spec.published} and put it there"
        )
    return FetchedData(dataset=spec.name, path=path, sha256=files.sha256(path))


def _by_hand(model: Model, home: Home) -> Fetched:
    """A checkpoint that no hub has: what people put there, or how to."""
    folder = home.checkpoint(model)
    if model.graph is not None:
        found = locate(model, Weights.FULL, home)
        return Fetched(
            model=model.name, folder=Path(model.graph.file).parent, files=found.files, repository=None,
            revision=None, downloaded=(),
        )  # fmt: skip
    if lacking := files.missing(folder):
        message = f"{model.name}: published outside the hub, and {folder} lacks {', '.join(lacking)}"
        raise NotThere(message, remedy=how_to_get(model, home))
    checkpoint = locate(model, Weights.FULL, home)
    return Fetched(
        model=model.name,
        folder=folder,
        files=checkpoint.files,
        repository=None,
        revision=None,
        downloaded=(),
    )


def _record(folder: Path) -> files.FetchRecord | None:
    """The record of an earlier fetch, or None; a damaged one describes nothing."""
    try:
        return files.read_record(folder)
    except CheckpointError:
        return None


def _kept(model: Model, pin: Pin) -> Fetched | None:
    """What an earlier fetch of the same revision left, if its record still describes every file."""
    record = _record(pin.folder)
    if record is None or (record.repository, record.revision) != (pin.repository, pin.revision):
        return None
    weights = tuple(name for name in files.FORMS if name in record.files)
    if files.missing(pin.folder, weights, files.tokenizer_names(model)):
        return None
    paths = {pin.folder / name: found for name, found in record.files.items()}
    if any(not path.is_file() or files.sha256(path) != found for path, found in paths.items()):
        return None
    return _fetched(model, pin, record.files, ())


def _fetched(model: Model, pin: Pin, hashes: Mapping[str, str], downloaded: tuple[str, ...]) -> Fetched:
    return Fetched(
        model=model.name,
        folder=pin.folder,
        files=hashes,
        repository=pin.repository,
        revision=pin.revision,
        downloaded=downloaded,
    )


def _promised(model: Model, pin: Pin) -> list[Promise]:
    """What the hub says of each file, the weights or their index last; nothing is written.

    Raises `DownloadError` for what it has not, and for files here that no fetch put there.
    """
    here = sorted(files.FORMS, key=lambda name: not (pin.folder / name).is_file())
    promised = [ask(pin, files.CONFIG), *_of_tokenizer(model, pin), ask(pin, *here)]
    _refuse_foreign(pin.folder, promised)
    return promised


def _download(model: Model, pin: Pin, promised: Sequence[Promise], progress: Progress | None) -> Fetched:
    """Download what is `promised` and not there, then show all of it at once."""
    *small, source = promised
    _refuse_foreign(pin.folder, promised)  # what came while another fetch was waited for
    with _staging(pin.folder) as staging:
        paths = _received([*small, source], pin, staging, progress)
        index = paths.pop(source.name)
        parts = _parts(pin, source, index)
        _refuse_foreign(pin.folder, [*small, source, *parts])
        paths |= _received(parts, pin, staging, progress)
        paths[source.name] = index  # behind its shards
        require_weights({paths[part.name]: part for part in parts}, stated=model.checkpoint.sha256, pin=pin)
        record = files.FetchRecord(
            repository=pin.repository,
            revision=pin.revision,
            commit=source.commit,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
            files={name: files.sha256(path) for name, path in paths.items()},
        )
        record.write(staging)
        downloaded = tuple(name for name, path in paths.items() if path.parent != pin.folder)
        before = _record(pin.folder)
        stale = () if before is None else tuple(set(before.files) - set(paths))
        _show(staging, pin.folder, downloaded, stale)
    return _fetched(model, pin, record.files, downloaded)


def _of_tokenizer(model: Model, pin: Pin) -> list[Promise]:
    """The files that say how texts are cut: the first form that the hub has, and what stands beside it."""
    if model.tokenizer is not None:
        return ask_all(pin, *files.VOCABULARIES)
    form = ask(pin, *tokenizer_files.FORMS).name
    return ask_all(pin, form, *tokenizer_files.beside(form))


def _received(
    promises: Sequence[Promise], pin: Pin, staging: Path, progress: Progress | None
) -> dict[str, Path]:
    """Where each file is: in the model's folder where it is right, already in `staging`, or there now."""
    paths = {}
    for promise in promises:
        path = next(
            (folder / promise.name for folder in (pin.folder, staging) if _is_right(folder, promise)), None
        )
        paths[promise.name] = path or receive(pin, promise, staging, progress)
    return paths


def _is_right(folder: Path, promise: Promise) -> bool:
    path = folder / promise.name
    return path.is_file() and promise.kept_by(path)


def _parts(pin: Pin, source: Promise, path: Path) -> list[Promise]:
    """The weights files: the one that `source` is, or the shards of the index that it is, at `path`."""
    if not source.name.endswith(files.INDEX):
        return [source]
    try:
        names = shards.listed(path, f"{source.name} of {pin}")
    except CheckpointError as problem:
        raise DownloadError(str(problem)) from problem
    return [ask(pin, name) for name in names]


def _refuse_foreign(folder: Path, promises: Sequence[Promise]) -> None:
    """Raise `DownloadError` for what would be replaced, or read instead, and that no fetch put there."""
    if (folder / files.RECORD).is_file():
        return
    outranking = filter(None, [files.vocabulary_in(folder), files.weights_in(folder)])
    promised = {promise.name: promise for promise in promises}
    for name in (*promised, *outranking):
        path = folder / name
        if path.is_file() and not (name in promised and promised[name].kept_by(path)):
            raise DownloadError(
                f"{path}: found a file that is not the hub's and that no fetch put there (SHA-256 "
                f"{files.sha256(path)})",
                remedy="move it away to fetch the published one",
            )


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """An empty folder beside `folder`, on the same file system, gone afterwards whatever happens."""
    staging = folder.with_name(f".{folder.name}.fetching")
    shutil.rmtree(staging, ignore_errors=True)  # of a fetch that was killed
    staging.mkdir(parents=True)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _show(staging: Path, folder: Path, downloaded: tuple[str, ...], stale: tuple[str, ...]) -> None:
    """Move the files into sight: the whole folder at once, or one by one into one that is there.

    The weights come last, because they make a folder a checkpoint. What an earlier fetch put there and
    this revision has not is `stale`, and goes: old safetensors would outrank a new pickle.
    """
    shutil.rmtree(staging / ".cache", ignore_errors=True)  # the hub client's own notes
    if not folder.exists():
        staging.rename(folder)
        return
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    for name in (*downloaded[:-1], files.RECORD, *downloaded[-1:]):
        (staging / name).replace(folder / name)

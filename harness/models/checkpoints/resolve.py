"""Which checkpoint a model and a choice of weights come to, on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.domain.models import Architecture, Model, Weights
from harness.errors import CheckpointError, NotThere, UsageError
from harness.models.checkpoints import config, files
from harness.setting.home import Home

CHOICES = (Weights.FULL, Weights.MINI, Weights.RANDOM, "auto")
SEED = 0  # of random weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Weights that are here, or that a seed makes, with the SHA-256 of everything they consist of."""

    model: Model
    weights: Weights
    architecture: Architecture  # of these weights: the documented one, or what their config.json says
    folder: Path | None  # None for random weights
    files: Mapping[str, str]  # file name -> SHA-256 of its bytes
    weights_sha256: str  # of the weights file; for random weights see `random_sha256`
    vocabulary: Path | None  # None only for random weights where no vocabulary is at hand
    seed: int | None  # of random weights
    source: str  # where it came from, in words


def locate(model: Model, choice: str, home: Home) -> Checkpoint:
    """The checkpoint of `model` for a choice of ``full``, ``mini``, ``random`` or ``auto``.

    - full: ``home.models/<model>/`` with config.json, vocab.txt and model.safetensors or
      pytorch_model.bin; the sizes must be the documented ones, unless the document leaves them to the
      checkpoint's own config.json.
    - mini: ``home.minis/<model>/`` with config.json, vocab.txt and model.safetensors.
    - random: the documented architecture, filled from `SEED`; needs no file. Its vocabulary is the
      documented one, else the mini's, whose token ids are fewer: of no importance to random weights.
    - auto: full where it is complete, else mini. A vocab.txt alone is not a checkpoint.

    Raises `NotThere` naming the folder, what it lacks and how to get it; `CheckpointError` for one that
    is there and is not what it has to be; `UsageError` for another choice.
    """
    resolved = chosen(model, choice, home)
    if resolved is Weights.RANDOM:
        return _random(model, home)
    folder = _folder(model, resolved, home)
    _require_complete(model, choice, resolved, home)
    return _from_folder(model, resolved, folder)


def vocabulary(model: Model, choice: str, home: Home) -> Path:
    """The vocab.txt that goes with a choice of weights, where the weights themselves are not needed.

    ``full``: the documented one, ``home.models/<model>/vocab.txt``; nothing else need be there. ``mini``:
    the mini's. ``auto``: the one of the checkpoint that `locate` chooses. ``random``: the documented one,
    else the mini's. A command that writes or scores a chip's files wants ``full`` unless its user said
    ``mini``: files made with the mini's vocabulary are of no use to the documented checkpoint.

    Raises `NotThere` that says where to put it.
    """
    resolved = chosen(model, choice, home)
    documented = home.models / model.name / files.VOCABULARY
    own = home.minis / model.name / files.VOCABULARY
    candidates = {
        Weights.FULL: (documented,),
        Weights.MINI: (own,),
        Weights.RANDOM: (documented, own),
    }[resolved]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None:
        return found
    put = f"put the vocab.txt of {model.tokenizer.vocabulary} at {documented}"
    raise NotThere(
        f"{model.name}: no vocabulary: {' and '.join(map(str, candidates))} not there",
        remedy=f"{put} and use `--weights full`" if resolved is Weights.MINI else put,
        option="weights",
    )


def require_label_order(checkpoint: Checkpoint, labels: Sequence[str]) -> None:
    """Raise `CheckpointError` where the checkpoint's own config.json has `labels` in another order."""
    if checkpoint.folder is not None:
        config.require_order(checkpoint.folder / files.CONFIG, labels)


def how_to_get(model: Model, home: Home) -> str:
    """What somebody has to do to have the full checkpoint of `model`, in words."""
    names = f"{files.CONFIG}, {files.VOCABULARY} and {' or '.join(files.WEIGHTS)}"
    by_hand = f"get it from {model.checkpoint.published} and put {names} into {home.models / model.name}"
    if model.checkpoint.hub is None:
        return by_hand
    return f"run `zoocheck fetch {model.name}`, or {by_hand}"


def random_sha256(architecture: Architecture, seed: int) -> str:
    """What stands for the weights' hash where a seed makes the weights.

    The SHA-256 of ``random:<seed>:<architecture>``, the architecture as JSON with sorted keys and no
    blanks. It names the recipe, not the bytes, which are another library version's to choose.
    """
    described = json.dumps(asdict(architecture), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"random:{seed}:{described}".encode()).hexdigest()


def chosen(model: Model, choice: str, home: Home) -> Weights:
    """A choice as one kind of checkpoint, there or not: ``auto`` is full where that is complete, else mini.

    Raises `UsageError` for another choice.
    """
    if choice not in CHOICES:
        raise UsageError(f"no weights are called {choice!r}; there are {', '.join(CHOICES)}")
    if choice != "auto":
        return Weights(choice)
    return Weights.MINI if lacking(model, Weights.FULL, home) else Weights.FULL


def lacking(model: Model, weights: Weights, home: Home) -> tuple[str, ...]:
    """The files that a full or mini checkpoint of `model` lacks; empty where it is complete."""
    return files.missing(_folder(model, weights, home), _names(weights))


def _folder(model: Model, weights: Weights, home: Home) -> Path:
    return (home.models if weights is Weights.FULL else home.minis) / model.name


def _names(weights: Weights) -> tuple[str, ...]:
    """The weights files that count: the minis are ours, and safetensors only."""
    return files.WEIGHTS if weights is Weights.FULL else (files.SAFETENSORS,)


def _require_complete(model: Model, choice: str, resolved: Weights, home: Home) -> None:
    folder = _folder(model, resolved, home)
    missing = lacking(model, resolved, home)
    if not missing:
        return
    found = f"{folder} lacks {', '.join(missing)}" if folder.is_dir() else f"{folder} is not there"
    get = how_to_get(model, home)
    if resolved is Weights.FULL:
        raise NotThere(f"{model.name}: no full checkpoint: {found}", remedy=get, option="weights")
    if choice == "auto":
        absent = ", ".join(lacking(model, Weights.FULL, home))
        found = f"{home.models / model.name} lacks {absent}, and the embedded {found}"
        said = f"{model.name}: neither a full nor a mini checkpoint: {found}"
        raise NotThere(said, remedy=get, option="weights")
    raise NotThere(
        f"{model.name}: no mini checkpoint is embedded: {found}",
        remedy=f"use `--weights random` where accuracy is not asked for, or `--weights full`: {get}",
        option="weights",
    )


def _from_folder(model: Model, weights: Weights, folder: Path) -> Checkpoint:
    """A complete folder as a checkpoint, its sizes and its record of fetching checked."""
    name = files.weights_in(folder, _names(weights)) or ""
    path = folder / files.CONFIG
    architecture = config.read(path, model.architecture)
    if weights is Weights.FULL and not model.checkpoint.config_decides:
        config.require_documented(path, architecture, model.architecture, model.checkpoint.published)
    config.require_usable(path, architecture, model.architecture, model.length)
    _require_fitting(folder / files.VOCABULARY, architecture)
    files.refuse_pointer(folder / name)
    hashes = {item: files.sha256(folder / item) for item in (files.CONFIG, files.VOCABULARY, name)}
    return Checkpoint(
        model=model,
        weights=weights,
        architecture=architecture,
        folder=folder,
        files=hashes,
        weights_sha256=hashes[name],
        vocabulary=folder / files.VOCABULARY,
        seed=None,
        source="embedded in zoocheck" if weights is Weights.MINI else _source(model, folder, hashes),
    )


def _random(model: Model, home: Home) -> Checkpoint:
    path: Path | None = None
    with suppress(NotThere):
        path = vocabulary(model, Weights.RANDOM, home)
        _require_fitting(path, model.architecture)
    return Checkpoint(
        model=model,
        weights=Weights.RANDOM,
        architecture=model.architecture,
        folder=None,
        files={} if path is None else {files.VOCABULARY: files.sha256(path)},
        weights_sha256=random_sha256(model.architecture, SEED),
        vocabulary=path,
        seed=SEED,
        source=f"random weights, seed {SEED}",
    )


def _require_fitting(path: Path, architecture: Architecture) -> None:
    """Raise `CheckpointError` where a vocabulary is empty, or has more pieces than the embedding has rows."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror})"
        raise CheckpointError(message, remedy="check that it is readable") from problem
    pieces = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
    if not 0 < pieces <= architecture.vocabulary:
        raise CheckpointError(
            f"{path}: found {pieces} word pieces, expected 1 to {architecture.vocabulary}, one for each row "
            "of the word embedding at most",
            remedy="put the vocab.txt that belongs to the checkpoint there",
        )


def _source(model: Model, folder: Path, hashes: Mapping[str, str]) -> str:
    """Where a full checkpoint came from; what was fetched must still be what was fetched."""
    record = files.read_record(folder)
    if record is None:
        return f"local folder {folder}"
    pinned = (model.checkpoint.hub or record.repository, model.checkpoint.revision or record.revision)
    if (record.repository, record.revision) != pinned:
        raise CheckpointError(
            f"{folder}: holds {record.repository}@{record.revision}, expected {pinned[0]}@{pinned[1]}, which "
            "the model's table pins",
            remedy=f"run `zoocheck fetch {model.name}`",
        )
    changed = [
        f"\n  {name}: found SHA-256 {found}, expected {record.files.get(name, 'no such file')}"
        for name, found in hashes.items()
        if found != record.files.get(name)
    ]
    if changed:
        raise CheckpointError(
            f"{folder}: its files differ from those fetched from {record.repository}:{''.join(changed)}",
            remedy=f"run `zoocheck fetch {model.name}`, or delete {files.RECORD} if the change is meant",
        )
    return f"hub {record.repository}@{record.commit or record.revision}"

"""Which checkpoint a model and a choice of weights come to, on this machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from harness.domain.families import Family
from harness.domain.models import Architecture, Model, Weights
from harness.errors import NotThere, UsageError
from harness.models.checkpoints import config, files, shards
from harness.models.checkpoints.folders import Checkpoint, from_folder, require_fitting, weights_forms
from harness.models.checkpoints.labels import names, order
from harness.models.graphs import reading
from harness.setting.home import Home

CHOICES = (Weights.FULL, Weights.MINI, Weights.RANDOM, "auto")
SEED = 0  # of random weights


def locate(model: Model, choice: str, home: Home) -> Checkpoint:
    """The checkpoint of `model` for a choice of ``full``, ``mini``, ``random`` or ``auto``.

    - full: ``home.models/<model>/`` with config.json, vocab.txt or tokenizer.json, and model.safetensors or
      pytorch_model.bin or the shards of either with their index; the sizes must be the documented ones,
      unless the document leaves them to the checkpoint's own config.json, and those of the weights.
    - mini: ``home.minis/<model>/`` with config.json, vocab.txt and model.safetensors.
    - random: the documented architecture, filled from `SEED`; needs no file, but a config.json that is there
      has to be of its family. Its vocabulary is the
      documented one, else the mini's, whose token ids are fewer: of no importance to random weights.
    - auto: full where it is complete, else mini, whose `source` then says what was left aside. A vocab.txt
      alone is not a checkpoint.

    Raises `NotThere` naming the folder, what it lacks and how to get it; `CheckpointError` for one that
    is there and is not what it has to be; `UsageError` for another choice.
    """
    resolved = chosen(model, choice, home)
    if model.graph is not None:
        return of_graph(model)
    if resolved is Weights.RANDOM:
        return _random(model, home)
    folder = _folder(model, resolved, home)
    _require_complete(model, choice, resolved, home)
    found = from_folder(model, resolved, folder)
    aside = left_aside(model, home) if choice == "auto" and resolved is Weights.MINI else ""
    return replace(found, source=f"{found.source}; {aside}") if aside else found


def vocabulary(model: Model, choice: str, home: Home) -> Path:
    """The vocab.txt or tokenizer.json of a choice of weights, where the weights themselves are not needed.

    ``full``: the documented one, ``home.models/<model>/vocab.txt``; nothing else need be there. ``mini``:
    the mini's. ``auto``: the one of the checkpoint that `locate` chooses. ``random``: the documented one,
    else the mini's. A command that writes or scores a chip's files wants ``full`` unless its user said
    ``mini``: files made with the mini's vocabulary are of no use to the documented checkpoint.

    Raises `NotThere` that says where to put it.
    """
    resolved = chosen(model, choice, home)
    full = home.checkpoint(model)
    documented = full / (files.tokenizer_in(full, model) or files.tokenizer_names(model)[0])
    own = home.minis / model.name / files.VOCABULARY
    candidates = {
        Weights.FULL: (documented,),
        Weights.MINI: (own,),
        Weights.RANDOM: (documented, own),
    }[resolved]
    found = next((path for path in candidates if path.is_file()), None)
    if found is not None:
        return found
    of = model.name if model.tokenizer is None else model.tokenizer.vocabulary
    put = f"put the {documented.name} of {of} at {documented}"
    raise NotThere(
        f"{model.name}: no vocabulary: {' and '.join(map(str, candidates))} not there",
        remedy=f"{put} and use `--weights full`" if resolved is Weights.MINI else put,
        option="weights",
    )


def told_beside(model: Model, vocabulary: Path, labels: Sequence[str]) -> tuple[int, tuple[str, ...], str]:
    """What `harness.tasks.text.Pieces` takes of a checkpoint whose weights are not needed, and a note.

    The rows of its word embedding, and the names of its logits: `labels`, else those of its config.json, else
    their numbers. A model that cuts its texts by a vocabulary has both in its table. Of another one
    config.json lies beside the tokenizer; the note is about logits that it has in another order than
    `labels`.
    Raises `NotThere` without that file, and as `config.read` and `labels.order` do.
    """
    if model.tokenizer is not None:
        return model.encoder.vocabulary, tuple(labels), ""
    path = vocabulary.parent / files.CONFIG
    if not path.is_file():
        raise NotThere(
            f"{model.name}: no {files.CONFIG} beside its tokenizer: {path} not there",
            remedy="put the checkpoint's own there: it says what the logits mean; weights are not needed",
            option="weights",
        )
    architecture = config.read(path, model.encoder)
    content = config.content(path)
    known = tuple(labels) or names(path, content)
    rows = order(path, content, labels).rows if labels else ()
    note = (
        f"{path.name} orders its labels {', '.join(names(path, content))}, the table {', '.join(labels)}: "
        "outputs are read in the table's order, which the graphs of `zoocheck bundle` have; an export of "
        "your own has that of the checkpoint"
    )
    return architecture.vocabulary, known or tuple(map(str, range(architecture.labels))), note if rows else ""


def in_order(checkpoint: Checkpoint, labels: Sequence[str]) -> Checkpoint:
    """The checkpoint with its logits in the order of `labels`, by the names that its config.json gives them.

    Where they are moved its `weights_sha256` is another, for it is another network. Random weights are left
    as they are. Without `labels` the order is the checkpoint's own, and its names are those of its
    config.json. Raises as `labels.order` does.
    """
    if checkpoint.folder is None:
        return replace(checkpoint, labels=tuple(labels))
    path = checkpoint.folder / files.CONFIG
    content = config.content(path)
    if not labels:
        return replace(checkpoint, labels=names(path, content))
    found = order(path, content, labels)
    if not found.note:
        return replace(checkpoint, labels=tuple(labels))
    return replace(
        checkpoint,
        labels=tuple(labels),
        label_rows=found.rows,
        label_note=found.note,
        source=f"{checkpoint.source}; {found.note}",
        weights_sha256=_sha256(checkpoint.weights_sha256, found.rows),
    )


def _sha256(weights: str, rows: tuple[int, ...]) -> str:
    """What stands for weights whose labels are moved: of ``labels:<rows>:<their SHA-256>``."""
    return hashlib.sha256(f"labels:{rows}:{weights}".encode()).hexdigest() if rows else weights


def left_aside(model: Model, home: Home) -> str:
    """What the full checkpoint's folder lacks that ``auto`` leaves aside; empty where nothing lies there.

    A vocabulary alone is not a checkpoint that anybody expects to be used.
    """
    folder = home.checkpoint(model)
    absent = lacking(model, Weights.FULL, home)
    beside = [name for name in (files.CONFIG, *files.FORMS) if (folder / name).is_file()]
    if not absent or not (beside or files.instead(folder)):
        return ""
    return f"left aside: {lacks(folder, absent)}"


def lacks(folder: Path, absent: Sequence[str]) -> str:
    """That `folder` lacks the files `absent`, and what it holds instead, in words."""
    if not folder.is_dir():
        return f"{folder} is not there"
    held = files.instead(folder)
    return f"{folder} lacks {', '.join(absent)}" + (f"; it holds {held}" if held else "")


def how_to_get(model: Model, home: Home) -> str:
    """What somebody has to do to have the full checkpoint of `model`, in words."""
    names = f"{files.CONFIG}, {files.tokenizer_names(model)[0]} and {' or '.join(files.WEIGHTS)}"
    if model.graph is not None:
        return "put it there, or correct graph.file in its table"
    by_hand = f"get it from {model.checkpoint.published} and put {names} into {home.checkpoint(model)}"
    if model.checkpoint.folder:
        return f"put {names} there, or correct checkpoint.folder in its table"
    if model.checkpoint.hub is None:
        return by_hand
    return f"run `zoocheck fetch {model.name}`, or {by_hand}"


def random_sha256(architecture: Architecture, seed: int) -> str:
    """What stands for the weights' hash where a seed makes the weights.

    The SHA-256 of ``random:<seed>:<architecture>``, the architecture as JSON with sorted keys and no
    blanks; of a BERT without settings neither family nor settings are in it, as before there were others. It
    names the recipe, not the bytes, which are another library version's to choose.
    """
    said = asdict(architecture)
    if architecture.family is Family.BERT and not architecture.settings:
        del said["family"], said["settings"]
    described = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"random:{seed}:{described}".encode()).hexdigest()


def chosen(model: Model, choice: str, home: Home) -> Weights:
    """A choice as one kind of checkpoint, there or not: ``auto`` is full where that is complete, else mini.

    A graph is what its file holds, whatever is chosen for others. Raises `UsageError` for another choice.
    """
    if choice not in CHOICES:
        raise UsageError(f"no weights are called {choice!r}; there are {', '.join(CHOICES)}")
    if model.graph is not None:
        return Weights.FULL
    if choice != "auto":
        return Weights(choice)
    return Weights.MINI if lacking(model, Weights.FULL, home) else Weights.FULL


def lacking(model: Model, weights: Weights, home: Home) -> tuple[str, ...]:
    """The files that a full or mini checkpoint of `model` lacks; empty where it is complete."""
    if model.graph is not None:
        path = Path(model.graph.file)
        return () if path.is_file() else (path.name,)
    vocabularies = files.tokenizer_names(model) if weights is Weights.FULL else (files.VOCABULARY,)
    return files.missing(_folder(model, weights, home), weights_forms(weights), vocabularies)


def of_graph(model: Model) -> Checkpoint:
    """A graph's file as a checkpoint: its weights are all that it is.

    Raises `NotThere` where it is not there, else as `reading.read` does.
    """
    assert model.graph is not None, "the caller has looked"
    path = Path(model.graph.file)
    if not path.exists():
        raise NotThere(
            f"{model.name}: its graph is not there: {path}",
            remedy="put it there, or correct graph.file in its table",
            option="weights",
        )
    found = reading.read(path)
    hashes = {file.name: files.sha256(file) for file in (path, *found.external)}
    return Checkpoint(
        model=model,
        weights=Weights.FULL,
        architecture=None,
        folder=None,
        files=hashes,
        weights_sha256=hashes[path.name] if len(hashes) == 1 else shards.sha256(hashes),
        vocabulary=None,
        seed=None,
        source=f"graph {path} (opset {found.opset}{f', {found.producer}' if found.producer else ''})",
    )


def _folder(model: Model, weights: Weights, home: Home) -> Path:
    return home.checkpoint(model) if weights is Weights.FULL else home.minis / model.name


def _require_complete(model: Model, choice: str, resolved: Weights, home: Home) -> None:
    folder = _folder(model, resolved, home)
    missing = lacking(model, resolved, home)
    if not missing:
        return
    found = lacks(folder, missing)
    get = how_to_get(model, home)
    if resolved is Weights.FULL:
        raise NotThere(f"{model.name}: no full checkpoint: {found}", remedy=get, option="weights")
    if choice == "auto":
        full = lacks(home.checkpoint(model), lacking(model, Weights.FULL, home))
        found = f"{full}, and the embedded {found}"
        said = f"{model.name}: neither a full nor a mini checkpoint: {found}"
        raise NotThere(said, remedy=get, option="weights")
    raise NotThere(
        f"{model.name}: no mini checkpoint is embedded: {found}",
        remedy=f"use `--weights random` where accuracy is not asked for, or `--weights full`: {get}",
        option="weights",
    )


def _random(model: Model, home: Home) -> Checkpoint:
    """Random weights; raises `CheckpointError` where a config.json lies there that is another network's."""
    described = home.checkpoint(model) / files.CONFIG
    if described.is_file():
        config.require_family(described, config.content(described), model.encoder)
    path: Path | None = None
    with suppress(NotThere):
        path = vocabulary(model, Weights.RANDOM, home)
        require_fitting(path, model.encoder, model.tokenizer)
    return Checkpoint(
        model=model,
        weights=Weights.RANDOM,
        architecture=model.encoder,
        folder=None,
        files={} if path is None else {path.name: files.sha256(path)},
        weights_sha256=random_sha256(model.encoder, SEED),
        vocabulary=path,
        seed=SEED,
        source=f"random weights, seed {SEED}",
    )

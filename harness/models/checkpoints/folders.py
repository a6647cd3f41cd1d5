"""A checkpoint's folder as a `Checkpoint`: its sizes, pieces, shards and its record of fetching checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from harness.domain.models import Architecture, Model, TokenizerSpec, Weights
from harness.errors import BadInput, CheckpointError
from harness.models.checkpoints import config, files, names, pickles, shards, sizes, stored, unsaid
from harness.tasks.lines import shown
from harness.tasks.text import tokenizer_files, tokenizer_json, wordpiece


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Weights that are here, or that a seed makes, with the SHA-256 of everything they consist of."""

    model: Model
    weights: Weights
    architecture: Architecture | None  # of these weights: documented, or by config.json; None of a graph
    folder: Path | None  # None for random weights
    files: Mapping[str, str]  # file name -> SHA-256 of its bytes
    weights_sha256: str  # of all that decides the network's parameters: see `_sha256`, `random_sha256`
    vocabulary: Path | None  # None only for random weights where no vocabulary is at hand
    seed: int | None  # of random weights
    source: str  # where it came from, in words, and what was done about it
    weights_source: str = ""  # the weights file, or the index of its shards; empty for random weights
    weights_files: tuple[str, ...] = ()  # that file, or the shards
    label_rows: tuple[int, ...] = ()  # its logit of each label as scored; empty: in that order
    labels: tuple[str, ...] = ()  # their names in the order that is scored; empty: nobody tells
    label_note: str = ""  # what was done about its labels' order, or could not be; empty: nothing

    @property
    def encoder(self) -> Architecture:
        """The architecture of an encoder's weights; raises `NotApplicable` of a graph."""
        return self.model.encoder if self.architecture is None else self.architecture

    @property
    def layers(self) -> int | None:
        """How many layers the encoder has; None of a graph, whose layers nobody counts."""
        return None if self.architecture is None else self.architecture.layers


def weights_forms(weights: Weights) -> tuple[str, ...]:
    """The weights files that count: the minis are ours, and safetensors only."""
    return files.FORMS if weights is Weights.FULL else (files.SAFETENSORS,)


def from_folder(model: Model, weights: Weights, folder: Path) -> Checkpoint:
    """A complete folder as a checkpoint, its sizes and its record of fetching checked."""
    source = files.weights_in(folder, weights_forms(weights)) or ""
    pieces = files.tokenizer_in(folder, model) or files.VOCABULARY
    beside = () if model.tokenizer is not None else tokenizer_files.all_in(folder)
    for name in {files.CONFIG, pieces, source, *beside}:
        files.refuse_pointer(folder / name)
    parts = shards.names(folder, source)
    for name in parts:
        files.refuse_pointer(folder / name)
    path = folder / files.CONFIG
    architecture = config.read(path, model.encoder)
    documented = weights is Weights.FULL and not model.checkpoint.config_decides
    if documented:
        config.require_documented(path, architecture, model.encoder, model.checkpoint.published)
    if documented and model.document:  # a table without a document may leave it to config.json
        config.require_epsilon(path, architecture, model.encoder, model.checkpoint.published)
    config.require_usable(path, architecture, model.encoder, model.tokens)
    cased = require_fitting(folder / pieces, architecture, model.tokenizer)
    _require_sizes(folder, source, parts, architecture)
    hashes = {name: files.sha256(folder / name) for name in (files.CONFIG, pieces, *beside, source, *parts)}
    where = "embedded in zoocheck" if weights is Weights.MINI else _source(model, folder, hashes)
    return Checkpoint(
        model=model,
        weights=weights,
        architecture=architecture,
        folder=folder,
        files=hashes,
        weights_sha256=shards.sha256({name: hashes[name] for name in parts}),
        vocabulary=folder / pieces,
        seed=None,
        source="; ".join(filter(None, (where, _unsaid(path), cased))),
        weights_source=source,
        weights_files=parts,
    )


def _unsaid(path: Path) -> str:
    """That a config.json names no family, where it does not."""
    return unsaid.NOTE if config.content(path).get(config.MODEL_TYPE) is None else ""


def _require_sizes(folder: Path, source: str, parts: Sequence[str], architecture: Architecture) -> None:
    """Raise `CheckpointError` where safetensors' headers show other sizes than config.json says.

    Pickles are held against it when they are loaded: they have no header. Their names tell what is refused.
    """
    for name in parts:
        if not name.endswith(".safetensors"):
            pickles.require_plain(folder / name)
    shapes = stored.shapes(folder, parts, source)
    if shapes is not None:
        known = names.ours(folder / source, shapes, architecture.family)
        by_name = {known[key]: shape for key, shape in shapes.items()}
        sizes.require_agreeing(folder, architecture, by_name, source)


def require_fitting(path: Path, architecture: Architecture, tokenizer: TokenizerSpec | None) -> str:
    """Where a vocabulary is not as the document or the embedding has it; else empty.

    The checkpoint's own tokenizer (`tokenizer` None) is held to the embedding when it is opened
    (`harness.tasks.text.tokenizing`), which builds it.
    Raises `CheckpointError` where it is empty, or has more pieces than the embedding has rows, and where
    `harness.tasks.text.wordpiece.load_vocabulary` refuses it: no text could be cut by it.
    """
    if tokenizer is None:
        return ""
    note, lower_case = "", tokenizer.lower_case
    try:
        if path.name == tokenizer_json.NAME:
            listed = tokenizer_json.read_pieces(path)
            pieces = len(listed.pieces)
            if listed.lower_case not in (None, lower_case):
                ways = "lower-cases" if listed.lower_case else "keeps upper case"
                note = f"{path.name} {ways}, the document does not: texts are cut the document's way"
        else:
            content = path.read_bytes()
            pieces = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
        _require_rows(path, pieces, architecture)
        note = note or _beside(wordpiece.load_vocabulary(path))
    except OSError as problem:
        message = f"{path}: cannot be read ({problem.strerror})"
        raise CheckpointError(message, remedy="check that it is readable") from problem
    except BadInput as problem:
        raise CheckpointError(str(problem)) from problem
    if pieces == architecture.vocabulary:
        return note
    fewer = f"{path.name} lists {pieces} word pieces, the word embedding has {architecture.vocabulary} rows"
    return "; ".join(filter(None, (note, fewer)))


def _require_rows(path: Path, pieces: int, architecture: Architecture) -> None:
    if not 0 < pieces <= architecture.vocabulary:
        raise CheckpointError(
            f"{path}: found {pieces} word pieces, expected 1 to {architecture.vocabulary}, one for each row "
            "of the word embedding at most",
            remedy=f"put the {path.name} that belongs to the checkpoint there",
        )


def _beside(used: wordpiece.Vocabulary) -> str:
    """What a tokenizer.json beside a vocab.txt, which is `used`, says otherwise; empty where it agrees."""
    other = used.path.with_name(tokenizer_json.NAME)
    if other == used.path or not other.is_file():
        return ""
    told = f"texts are cut by {used.path.name}; {other.name} beside it"
    try:
        listed = tokenizer_json.read_pieces(other).pieces
    except BadInput as problem:
        return f"{told} cannot be held against it ({problem.said})"
    pairs = enumerate(zip_longest(used.pieces, map(str.strip, listed)))
    first = next(((number, ours, theirs) for number, (ours, theirs) in pairs if ours != theirs), None)
    if first is None:
        return ""
    number, *found = first
    ours, theirs = ("no piece" if piece is None else shown(piece) for piece in found)
    return f"{told} has other pieces: id {number} is {theirs} there, {ours} here"


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

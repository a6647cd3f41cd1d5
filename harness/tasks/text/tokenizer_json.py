"""The word pieces of a ``tokenizer.json``, which transformers 5 writes in place of ``vocab.txt``.

Only the list of pieces is taken: how a text becomes words is the document's, whatever the file says of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.decoding import Undecodable, json_object, short
from harness.errors import BadInput
from harness.tasks.lines import read_text

NAME = "tokenizer.json"
CONTINUES = "##"  # what a piece within a word begins with
UNKNOWN = "[UNK]"  # what stands for a word without pieces
_REMEDY = "put the tokenizer.json of the checkpoint there, unchanged, or its vocab.txt, one piece a line"


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceList:
    """``pieces[id]`` is the piece as it is spelt; `lower_case` what the normalizer does, None: not told."""

    pieces: tuple[str, ...] = field(repr=False)
    lower_case: bool | None
    sha256: str  # of the file


def read_pieces(path: Path) -> PieceList:
    """The pieces of the ``tokenizer.json`` at `path`, in the order of their ids.

    Raises `NotThere` for a missing file; `BadInput` for what is no JSON object, for another model than
    WordPiece, other continuation marks than ``##`` or another token for unknown words than ``[UNK]``, and
    for ids that are not 0, 1, 2 ... once each.
    """
    text, sha256 = read_text(path, remedy=_REMEDY)
    try:
        content = json_object(text)
    except Undecodable as problem:
        raise BadInput(problem.said, path=path, line=problem.line, remedy=_REMEDY) from problem
    model = content.get("model")
    if not isinstance(model, Mapping):
        raise _wrong(path, f"model: found {short(model)}, expected a table with the pieces")
    _require_word_pieces(path, model)
    by_id: dict[int, str] = {}
    for piece, number in [*model["vocab"].items(), *_added(path, content)]:
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise _wrong(path, f"piece {short(piece)}: found the id {short(number)}, expected a count from 0")
        if by_id.setdefault(number, piece) != piece:
            raise _wrong(path, f"id {number}: found {short(by_id[number])} and {short(piece)}, expected one")
    missing = next((number for number in range(len(by_id)) if number not in by_id), None)
    if missing is not None:
        raise _wrong(path, f"id {missing}: found no piece of {len(by_id)}, expected one for every id from 0")
    return PieceList(
        pieces=tuple(by_id[number] for number in range(len(by_id))),
        lower_case=_lower_case(content.get("normalizer")),
        sha256=sha256,
    )


def _require_word_pieces(path: Path, model: Mapping[str, Any]) -> None:
    """Raise `BadInput` for a model whose pieces mean something else; files before 2021 name no type."""
    kind = model.get("type", "WordPiece")
    if kind != "WordPiece":
        raise _wrong(path, f"model.type: found {short(kind)}, expected 'WordPiece', BERT's")
    if not isinstance(model.get("vocab"), Mapping):
        raise _wrong(path, f"model.vocab: found {short(model.get('vocab'))}, expected pieces and their ids")
    for key, ours in (("continuing_subword_prefix", CONTINUES), ("unk_token", UNKNOWN)):
        found = model.get(key, ours)
        if found != ours:
            raise _wrong(path, f"model.{key}: found {short(found)}, expected {ours!r}")


def _added(path: Path, content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The tokens that stand beside the vocabulary, with their ids: most are in it, too."""
    tokens = content.get("added_tokens") or []
    if not isinstance(tokens, list):
        raise _wrong(path, f"added_tokens: found {short(tokens)}, expected a list")
    for token in tokens:
        if not isinstance(token, Mapping) or not isinstance(token.get("content"), str):
            raise _wrong(path, f"added_tokens: found {short(token)}, expected an id and a content")
    return [(token["content"], token.get("id")) for token in tokens]


def _lower_case(normalizer: Any) -> bool | None:
    found = normalizer.get("lowercase") if isinstance(normalizer, Mapping) else None
    return found if isinstance(found, bool) else None


def _wrong(path: Path, said: str) -> BadInput:
    return BadInput(said, path=path, remedy=_REMEDY)

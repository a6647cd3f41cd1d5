"""A checkpoint's own tokenizer, as its folder has it: texts, pairs, words and questions to padded ids.

By the library ``tokenizers``, which the publishers' own scripts run: special tokens, types of the second text
and offsets are those of the file. Nothing is fetched, and no code of a checkpoint's is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from harness.decoding import Undecodable, json_object, short
from harness.domain.models import InputRole
from harness.errors import CheckpointError, NoSamples, ZoocheckError
from harness.tasks.text import Pieces, tokenizer_files

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

IntArray = npt.NDArray[np.int64]

_REMEDY = "put the tokenizer that belongs to the checkpoint there, best as tokenizer.json"
_PADS = ("[PAD]", "<pad>")  # what padding is called where nothing says it
_AT_ONCE = 1024  # texts
# run_ner.py of transformers cuts the words of these as if a blank stood before each, whatever their files
# say: without it every word but a sentence's first would be another one. Of others the file decides.
_SPACED = ("bloom", "deberta", "gpt2", "roberta")
# What tokenizer_config.json may say of a part of tokenizer.json, which transformers then makes so.
_TOLD_OF_PARTS = {
    "BertNormalizer": {
        "do_lower_case": "lowercase", "strip_accents": "strip_accents",
        "tokenize_chinese_chars": "handle_chinese_chars",
    },
    "ByteLevel": {"add_prefix_space": "add_prefix_space"},
}  # fmt: skip
# What transformers calls segments: where ``model_input_names`` lacks it, a network never saw any but 0.
_SEGMENTS = "token_type_ids"
# transformers writes int(1e30) there for "no limit" (VERY_LARGE_INTEGER in tokenization_utils_base.py).
_ANY_SIZE = ("model_max_length",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """Samples as a network is fed: int64 ``[n, length]`` each, and which were cut.

    `mask` is 1 over what is no padding; `segments` are the types that the tokenizer gives, 0 where it knows
    no other. `truncated` holds, int64 and ascending, the samples that did not fit.
    """

    ids: IntArray = field(repr=False)
    segments: IntArray = field(repr=False)
    mask: IntArray = field(repr=False)
    truncated: IntArray

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedWords(Encoded):
    """Sentences whose words were given one by one: int64 ``[words]`` in order, where each begins.

    Word ``words[i]`` of sample ``rows[i]`` begins at ``positions[i]``. A word that did not fit, or of which
    the tokenizer makes nothing, is in none of them.
    """

    rows: IntArray = field(repr=False)
    words: IntArray = field(repr=False)
    positions: IntArray = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Windows(Encoded):
    """Windows over contexts, each behind its question; `truncated` are windows of questions that were cut.

    `asked` is the question's number, int64 ``[windows]``, ascending. `starts` and `ends` are the characters
    of the context that a position shows, int64 ``[windows, length]``; both are -1 where it shows none.
    """

    asked: IntArray = field(repr=False)
    starts: IntArray = field(repr=False)
    ends: IntArray = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedFeatures:
    """What features made by a checkpoint's own tokenizer share: its inputs, and which samples were cut."""

    encoded: Encoded

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def inputs(self) -> Mapping[InputRole, IntArray]:
        """The inputs by what they mean; a network takes those that it has."""
        made = self.encoded
        return {InputRole.IDS: made.ids, InputRole.SEGMENTS: made.segments, InputRole.MASK: made.mask}

    @property
    def truncated(self) -> IntArray:
        """The samples that did not fit: of `Windows` those whose question was cut."""
        return self.encoded.truncated

    @property
    def of_row(self) -> IntArray:
        """Each row is an example."""
        return np.arange(len(self))

    @property
    def of_counted(self) -> IntArray:
        """Each example counts once."""
        return np.arange(len(self))


class TextTokenizer:
    """A tokenizer with its padding. Not changed by use, so that one serves every task and length."""

    def __init__(self, tokenizer: Tokenizer, *, pad: int, told: Mapping[str, Any], name: str) -> None:
        self._tokenizer = tokenizer
        self._pad, self._left = pad, told.get("padding_side") == "left"
        self._cut_at = "left" if told.get("truncation_side") == "left" else "right"
        self._spaced = told.get("model_type") in _SPACED
        fed = told.get("model_input_names")
        self._typed = not isinstance(fed, list) or _SEGMENTS in fed
        self.name = name  # the file it was made of, for messages

    @property
    def largest_id(self) -> int:
        """The largest id that it can give."""
        return max(self._tokenizer.get_vocab(with_added_tokens=True).values(), default=0)

    def texts(self, firsts: Sequence[str], seconds: Sequence[str] | None, *, length: int) -> Encoded:
        """Texts, or pairs of them, cut to `length` tokens: of a pair the longer one first.

        Raises `NoSamples` without texts, `ZoocheckError` for a length without room for a token.
        """
        if not firsts:
            raise NoSamples("no texts to make features from")
        self._require_room(length, pair=seconds is not None)
        given: list[Any] = list(firsts if seconds is None else zip(firsts, seconds, strict=True))
        made = list(self._encoded(self._truncating(length), given))
        return self._padded(made, length, cut=[bool(item.overflowing) for item in made])

    def words(self, sentences: Sequence[Sequence[str]], *, length: int) -> EncodedWords:
        """Sentences of words, each word cut by itself; cut to `length` tokens.

        As ``is_split_into_words`` of transformers, with ``add_prefix_space`` where its ``run_ner.py`` asks
        for it (`_SPACED`) or the checkpoint's files do. Raises as `texts` does.
        """
        if not sentences:
            raise NoSamples("no sentences to make features from")
        self._require_room(length, pair=False)
        whole = _changed(self._tokenizer, {"add_prefix_space": True}) if self._spaced else self._tokenizer
        tokenizer = self._truncating(length, of=whole)
        made = list(self._encoded(tokenizer, [list(words) for words in sentences], words=True))
        base = self._padded(made, length, cut=[bool(item.overflowing) for item in made])
        places = [self._word_places(item, length) for item in made]
        return EncodedWords(
            ids=base.ids, segments=base.segments, mask=base.mask, truncated=base.truncated,
            rows=np.repeat(np.arange(len(made)), [len(item) for item in places]),
            words=_flat(word for item in places for word in item),
            positions=_flat(place for item in places for place in item.values()),
        )  # fmt: skip

    def windows(
        self, questions: Sequence[str], contexts: Sequence[str], *, length: int, stride: int, longest: int
    ) -> Windows:
        """Every context in windows of `length` tokens, its question of at most `longest` tokens before it.

        A window begins `stride` tokens before the end of the one before it. As ``run_qa.py`` of transformers
        has them, with ``truncation="only_second"``, but that a question is cut, too, as BERT's run_squad cuts
        it. Raises as `texts` does.
        """
        if not questions:
            raise NoSamples("no questions to make features from")
        asked, cut = self._cut(questions, longest)
        marks = self._tokenizer.num_special_tokens_to_add(is_pair=True)
        if length - longest - marks <= stride:
            least = longest + marks + stride + 1
            raise ZoocheckError(
                f"length {length} has no room for a question of {longest} tokens and a stride of {stride}, "
                f"expected {least} or more",
                remedy="say longest_question and stride in options of the model's table",
            )
        tokenizer = self._truncating(length, stride=stride, only_second=True)
        made, numbers = [], []
        for number, first in enumerate(self._encoded(tokenizer, list(zip(asked, contexts, strict=True)))):
            windows = [first, *first.overflowing]
            made += windows
            numbers += [number] * len(windows)
        base = self._padded(made, length, cut=[cut[number] for number in numbers])
        starts, ends = self._context_places(made, length)
        return Windows(
            ids=base.ids, segments=base.segments, mask=base.mask, truncated=base.truncated,
            asked=np.array(numbers, np.int64), starts=starts, ends=ends,
        )  # fmt: skip

    def _require_room(self, length: int, *, pair: bool) -> None:
        marks = self._tokenizer.num_special_tokens_to_add(is_pair=pair)
        if length <= marks + pair:
            message = f"length {length} has no room for a token beside {marks} marks"
            raise ZoocheckError(f"{message}, expected {marks + 1 + pair} or more")

    def _truncating(
        self, length: int, *, stride: int = 0, only_second: bool = False, of: Tokenizer | None = None
    ) -> Tokenizer:
        """A copy that cuts to `length`, marks included."""
        copy = _copy(of or self._tokenizer)
        strategy = "only_second" if only_second else "longest_first"
        copy.enable_truncation(max_length=length, stride=stride, strategy=strategy, direction=self._cut_at)
        return copy

    def _encoded(
        self, tokenizer: Tokenizer, given: Sequence[Any], *, words: bool = False
    ) -> Iterator[Encoding]:
        for at in range(0, len(given), _AT_ONCE):
            yield from tokenizer.encode_batch(given[at : at + _AT_ONCE], is_pretokenized=words)

    def _cut(self, questions: Sequence[str], longest: int) -> tuple[list[str], list[bool]]:
        """Questions without what stands behind their first `longest` tokens, and which were cut."""
        plain = _copy(self._tokenizer)
        texts, cut = [], []
        bare = [text.lstrip() for text in questions]
        for text, made in zip(bare, plain.encode_batch(bare, add_special_tokens=False), strict=True):
            cut.append(len(made.ids) > longest)
            texts.append(text[: made.offsets[longest - 1][1]] if cut[-1] else text)
        return texts, cut

    def _padded(self, made: Sequence[Encoding], length: int, *, cut: Sequence[bool]) -> Encoded:
        ids = np.full((len(made), length), self._pad, np.int64)
        segments, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, item in enumerate(made):
            place = self._place(len(item.ids), length)
            ids[row, place], mask[row, place] = item.ids, 1
            segments[row, place] = item.type_ids if self._typed else 0
        return Encoded(
            ids=ids,
            segments=segments,
            mask=mask,
            truncated=np.flatnonzero(np.array(cut, bool)).astype(np.int64),
        )

    def _place(self, used: int, length: int) -> slice:
        return slice(length - used, length) if self._left else slice(0, used)

    def _word_places(self, item: Encoding, length: int) -> dict[int, int]:
        """Where each word of a sample begins, by its number."""
        begin = self._place(len(item.ids), length).start
        places: dict[int, int] = {}
        for at, word in enumerate(item.word_ids):
            if word is not None:
                places.setdefault(word, begin + at)
        return places

    def _context_places(self, made: Sequence[Encoding], length: int) -> tuple[IntArray, IntArray]:
        starts = np.full((len(made), length), -1, np.int64)
        ends = starts.copy()
        for row, item in enumerate(made):
            place = self._place(len(item.ids), length)
            second = np.array([sequence == 1 for sequence in item.sequence_ids])
            offsets = np.where(second[:, None], np.array(item.offsets, np.int64), -1)
            starts[row, place], ends[row, place] = offsets.T
        return starts, ends


def open_own(pieces: Pieces) -> TextTokenizer:
    """The tokenizer in the folder of `pieces`.

    Raises `CheckpointError` for files that are none, for one whose ids the embedding has no rows for, and for
    one that does not say what padding is.
    """
    folder = pieces.vocabulary.parent
    form = tokenizer_files.form_in(folder) or pieces.vocabulary.name
    told = _told(folder)
    path = folder / form
    try:
        tokenizer = _OPENERS.get(form, _by_transformers)(path, told)
    except ZoocheckError:
        raise
    except Exception as problem:  # tokenizers raises Exception itself
        said = " ".join(str(problem).split())
        raise CheckpointError(f"{path}: no tokenizer that can be read ({said})", remedy=_REMEDY) from problem
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pad = _padding(tokenizer, told, path)
    made = TextTokenizer(tokenizer, pad=pad, told=told, name=str(path))
    largest = max(made.largest_id, pad)
    if largest >= pieces.ids:
        message = f"{path}: found ids up to {largest}, and the word embedding has {pieces.ids} rows"
        raise CheckpointError(message, remedy=_REMEDY)
    return made


def _told(folder: Path) -> dict[str, Any]:
    """What the files beside a tokenizer say of it: its own settings before those of the network."""
    told: dict[str, Any] = {}
    for name in ("config.json", tokenizer_files.SPECIAL, tokenizer_files.CONFIG):
        path = folder / name
        if path.is_file():
            try:
                told |= json_object(path.read_bytes(), any_size=_ANY_SIZE)
            except Undecodable as problem:
                raise CheckpointError(f"{path}: {problem.said}", remedy=_REMEDY) from problem
    return told


def _by_json(path: Path, told: Mapping[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer

    return _changed(Tokenizer.from_file(str(path)), told)


def _by_word_pieces(path: Path, told: Mapping[str, Any]) -> Tokenizer:
    """BERT's: basic words, then word pieces. Where nothing says whether they are lowered, the pieces do."""
    from tokenizers.implementations import BertWordPieceTokenizer

    pieces = path.read_text(encoding="utf-8").splitlines()
    lower = told.get("do_lower_case")
    if not isinstance(lower, bool):
        lower = not any(piece != piece.lower() for piece in pieces if not piece.startswith("["))
    made = BertWordPieceTokenizer(
        str(path), lowercase=lower, strip_accents=_or_none(told.get("strip_accents")),
        handle_chinese_chars=told.get("tokenize_chinese_chars", True) is not False,
    )  # fmt: skip
    inner: Tokenizer = made._tokenizer
    return inner


def _by_transformers(path: Path, told: Mapping[str, Any]) -> Tokenizer:
    """What other files are converted to, by the network's ``model_type`` in config.json."""
    if path.name in tokenizer_files.SENTENCE_PIECE:
        _require_sentence_piece(path)
    from transformers import AutoTokenizer

    made = AutoTokenizer.from_pretrained(str(path.parent), local_files_only=True, trust_remote_code=False)
    if not hasattr(made, "backend_tokenizer"):
        raise CheckpointError(f"{path}: a tokenizer that only Python has, without offsets", remedy=_REMEDY)
    tokenizer: Tokenizer = made.backend_tokenizer
    return tokenizer


def _require_sentence_piece(path: Path) -> None:
    """transformers asks for tiktoken where SentencePiece's own library is missing."""
    from importlib.util import find_spec

    if find_spec("sentencepiece") is None:
        raise CheckpointError(
            f"{path}: SentencePiece models are read by the package sentencepiece, which is not installed",
            remedy="install it, or put the checkpoint's tokenizer.json beside it",
        )


_OPENERS = {tokenizer_files.JSON: _by_json, tokenizer_files.WORD_PIECES: _by_word_pieces}


def _or_none(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _padding(tokenizer: Tokenizer, told: Mapping[str, Any], path: Path) -> int:
    """The id of padding."""
    named = told.get("pad_token")
    if isinstance(named, Mapping):
        named = named.get("content")
    for name in (named, *_PADS):
        number = tokenizer.token_to_id(name) if isinstance(name, str) else None
        if number is not None:
            return int(number)
    number = told.get("pad_token_id")
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    raise CheckpointError(
        f"{path}: nothing says which token is padding (pad_token found {short(named)})",
        remedy="name it as pad_token in tokenizer_config.json",
    )


def _copy(tokenizer: Tokenizer) -> Tokenizer:
    from tokenizers import Tokenizer as Class

    return Class.from_str(tokenizer.to_str())


def _changed(tokenizer: Tokenizer, told: Mapping[str, Any]) -> Tokenizer:
    """The tokenizer with its parts as `told` says (`_TOLD_OF_PARTS`); what it leaves out stays."""
    from tokenizers import Tokenizer as Class

    if not any(isinstance(told.get(key), bool) for keys in _TOLD_OF_PARTS.values() for key in keys):
        return tokenizer  # all of its pieces, 250,000 of an XLM-R's, would be written and read for nothing
    content = json_object(tokenizer.to_str())
    for part in (*_parts(content.get("normalizer")), *_parts(content.get("pre_tokenizer"))):
        for key, ours in _TOLD_OF_PARTS.get(str(part.get("type")), {}).items():
            if isinstance(told.get(key), bool):
                part[ours] = told[key]
    return Class.from_str(json.dumps(content))


def _parts(step: Any) -> Iterator[dict[str, Any]]:
    """A step of a tokenizer.json, and those that it is made of."""
    if isinstance(step, dict):
        yield step
        for part in (*(step.get("normalizers") or ()), *(step.get("pretokenizers") or ())):
            yield from _parts(part)


def _flat(values: Iterable[int]) -> IntArray:
    return np.fromiter(values, np.int64)

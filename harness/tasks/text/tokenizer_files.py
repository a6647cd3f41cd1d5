"""The files of a checkpoint's own tokenizer: in which forms it lies in a folder, and what belongs to it."""

from __future__ import annotations

from pathlib import Path

JSON = "tokenizer.json"
SENTENCE_PIECE = ("sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model")
PAIRS = "vocab.json"  # of byte pairs, whose merges stand in a file of their own
MERGES = "merges.txt"
WORD_PIECES = "vocab.txt"
CONFIG = "tokenizer_config.json"
SPECIAL = "special_tokens_map.json"
FORMS = (JSON, *SENTENCE_PIECE, PAIRS, WORD_PIECES)  # the first that is there is used


def form_in(folder: Path) -> str | None:
    """The file that the tokenizer in `folder` is made of first of all; None where there is none."""
    whole = [name for name in FORMS if (folder / name).is_file()]
    return next((name for name in whole if name != PAIRS or (folder / MERGES).is_file()), None)


def all_in(folder: Path) -> tuple[str, ...]:
    """Every file that decides how the tokenizer in `folder` cuts texts; empty where there is none."""
    form = form_in(folder)
    if form is None:
        return ()
    return (form, *(name for name in beside(form) if (folder / name).is_file()))


def beside(form: str) -> tuple[str, ...]:
    """What may stand beside a tokenizer's first file and decides, too."""
    return (MERGES, CONFIG, SPECIAL) if form == PAIRS else (CONFIG, SPECIAL)

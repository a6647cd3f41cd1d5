"""From the pieces of an answer back to the text it stands in, as BERT's run_squad maps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def token_text(pieces: Sequence[str], *, marks_stay: bool) -> str:
    """The words that `pieces` are of.

    A leading ``##`` stays with `marks_stay` (``convert_tokens_to_string`` of transformers) and goes
    without (SpanBERT's run_squad.py, which drops every ``##`` there is).
    """
    text = " ".join(pieces).replace(" ##", "")
    if not marks_stay:
        text = text.replace("##", "")
    return " ".join(text.split())


def final_text(predicted: str, original: str, words: Callable[[str], list[str]]) -> str:
    """The part of `original` that `predicted` is, or all of it where the two cannot be matched.

    `words` cuts a text into basic words. `predicted` is looked up in those of `original`, joined by
    spaces: the first place where it stands counts. The characters of both, without spaces, must be as
    many, and are then taken to be the same, one for one. Source: ``get_final_text`` of SpanBERT's
    code/run_squad.py and of transformers' data/metrics/squad_metrics.py, which do the same.
    """
    tokenized = " ".join(words(original))
    start = tokenized.find(predicted)
    if start == -1 or not predicted:
        return original
    places = [place for place, char in enumerate(original) if char != " "]
    if len(places) != len(tokenized) - tokenized.count(" "):
        return original
    end = start + len(predicted) - 1
    if tokenized[start] == " " or tokenized[end] == " ":
        return original
    first = start - tokenized.count(" ", 0, start)
    last = end - tokenized.count(" ", 0, end)
    return original[places[first] : places[last] + 1]

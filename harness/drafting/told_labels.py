"""What ``--labels`` says: the names that the data's numbers have from 0, or a name for each of its labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.errors import UsageError
from harness.tasks.label_names import are, listed, meaning, unknown

LABELS = "labels"  # the option of every reader that names a file's labels


def as_told(
    found: Sequence[str], values: Mapping[str, int] | None, names: Sequence[str], told: Sequence[str]
) -> dict[str, str]:
    """The name among `names` of each label `found` in the data, as ``--labels`` says by `told`.

    Either ``negative,positive``, what 0 and 1 mean, or ``1=negative,2=positive``, which says it of any label;
    `values` are the numbers that the data's labels are, None where they are none. Raises `UsageError`.
    """
    typed = f"--labels {','.join(told)}"
    if says_each(told, names):
        labels = _by_label(found, names if values is None else (), told, typed)
    else:
        labels = _by_number(found, values, told, typed)
    _require_names(labels.values(), names, typed)
    return labels


def says_each(told: Sequence[str], names: Sequence[str]) -> bool:
    """Whether ``--labels`` is of ``LABEL=NAME`` pairs, and not of names that have such a mark in them."""
    known = set(map(meaning, names))
    return all("=" in item for item in told) and not all(meaning(item) in known for item in told)


def require_once(told: Sequence[str]) -> None:
    """Raise `UsageError` for names of which two mean one label."""
    meant = [*map(meaning, told)]
    same = next((name for name in told if meant.count(meaning(name)) > 1), None)
    if same is not None:
        raise UsageError(f"--labels {','.join(told)}: two of them mean {same}", remedy="name each once")


def _by_number(
    found: Sequence[str], values: Mapping[str, int] | None, told: Sequence[str], typed: str
) -> dict[str, str]:
    """Of names for 0, 1, ..."""
    each = "say it of each of them, as --labels LABEL=NAME,..."
    if values is None:
        raise UsageError(
            f"{typed}: says what numbers mean, and the data has the labels {listed(found)}", remedy=each
        )
    if 0 not in values.values():
        raise UsageError(
            f"{typed}: names labels from 0, and the data has the labels {listed(found)}, of which none is 0",
            remedy=each,
        )
    beyond = [label for label, value in values.items() if not 0 <= value < len(told)]
    if beyond:
        raise UsageError(
            f"{typed}: names 0 to {len(told) - 1}, and the data has {listed(sorted(beyond))}, too",
            remedy="name all of them",
        )
    require_once(told)
    return {label: told[value] for label, value in values.items()}


def _by_label(found: Sequence[str], names: Sequence[str], told: Sequence[str], typed: str) -> dict[str, str]:
    """Of ``LABEL=NAME`` pairs; what the data calls by one of `names` anyway need not be said."""
    pairs = [(label.strip(), name.strip()) for label, _, name in (item.partition("=") for item in told)]
    labels = dict(pairs)
    if len(labels) < len(pairs) or not all(labels) or not all(labels.values()):
        raise UsageError(f"{typed}: expected LABEL=NAME, each label of the data once")
    others = unknown(found, names)
    labels = {label: label for label in found if label not in others} | labels
    lacking = [label for label in found if label not in labels]
    if lacking:
        raise UsageError(
            f"{typed}: says nothing of {listed(lacking)}; the data has the labels {listed(found)}",
            remedy="say what each of them means",
        )
    return labels


def _require_names(said: Iterable[str], names: Sequence[str], typed: str) -> None:
    """Raise `UsageError` for what the checkpoint has no logit of."""
    if others := unknown(said, names):
        raise UsageError(f"{typed}: the checkpoint has {listed(names)}: {are(others)} not among them")

"""Records to ordered cases: the only place that spells ids and that reads the selection options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.chips import Chip
from harness.domain.models import Model
from harness.domain.precisions import Precision
from harness.errors import UsageError

LARGEST_BATCH = 999_999_999  # more is a slip of the finger


def case_id(model: Model, chip: Chip, precision: Precision, batch_size: int) -> str:
    """``<model>-<chip>[-<precision>]-bs<N>``; the precision only where it is not the chip's default."""
    middle = "" if precision is chip.default_precision else f"-{precision}"
    return f"{model.name}-{chip.name}{middle}-bs{batch_size}"


def claim_id(case: str, told: Mapping[str, object]) -> str:
    """The id of a claim with settings that no case has: the case's, then the settings, each behind a comma.

    ``resnet50-ascend310p-bs8,length=384``. `told` is by name; no name holds a comma.
    """
    said = [f"{name}={' '.join(str(value).split())}" for name, value in told.items()]
    return ",".join([case, *said])


def without_settings(identifier: str) -> str:
    """An id as a case without settings is called: what stands before the first comma."""
    return identifier.partition(",")[0]


def parse_batch_sizes(text: str, catalog: Catalog | None = None) -> tuple[int, ...]:
    """``"1,8,32"`` as ascending sizes without repeats.

    Raises `UsageError` on anything else, which lists what `catalog` documents.
    """
    sizes = set()
    for part in text.split(","):
        size = _batch_size(part.strip())
        if size is None:
            documented = sorted({size for model in _models(catalog) for size in model.batch_sizes})
            listed = f" (documented: {', '.join(map(str, documented))})" if documented else ""
            raise UsageError(
                f"--bs {text}: {part.strip()!r} is not a batch size; "
                f"write whole numbers from 1 to {LARGEST_BATCH}, as 1,8,32{listed}"
            )
        sizes.add(size)
    return tuple(sorted(sizes))


def _batch_size(text: str) -> int | None:
    """Plain decimal digits as a number from 1 to `LARGEST_BATCH`, which has the most digits that are read."""
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_BATCH))
    return int(text) or None if plain else None


def _models(catalog: Catalog | None) -> Iterable[Model]:
    return () if catalog is None else catalog.models.values()


def parse_precisions(text: str) -> tuple[Precision, ...]:
    """``"fp32,fp16"`` as precisions in the order of their definition; `UsageError` on anything else."""
    known = [str(item) for item in Precision]
    named = [part.strip() for part in text.split(",")]
    for item in named:
        if item not in known:
            raise UsageError(f"--precision {text}: {item!r} is not a precision; there are {', '.join(known)}")
    return tuple(item for item in Precision if item in named)


def enumerate_cases(
    catalog: Catalog,
    *,
    batch_sizes: Sequence[int] | None = None,
    precisions: Sequence[Precision] | None = None,
) -> Iterator[Case]:
    """Every case, by model, chip and precision in the order of the tables, then by batch size.

    Without `batch_sizes` and `precisions`: the documented ones. With them: exactly those, documented
    or not.
    """
    for model in catalog.models.values():
        for chip in catalog.chips.values():
            deployment = model.deployment(chip.name)
            if deployment is None and not chip.local:
                continue
            documented_sizes = model.batch_sizes if deployment is None else deployment.batch_sizes
            documented = (chip.default_precision,) if deployment is None else deployment.precisions
            sizes = documented_sizes if batch_sizes is None else batch_sizes
            for precision in documented if precisions is None else precisions:
                for size in sizes:
                    yield Case(
                        id=case_id(model, chip, precision, size),
                        model=model,
                        chip=chip,
                        precision=precision,
                        batch_size=size,
                        documented=deployment is not None
                        and precision in documented
                        and size in documented_sizes,
                    )


def named(catalog: Catalog, identifier: str) -> Case:
    """The case that `identifier` spells, documented or not; raises `UsageError` with near misses."""
    size = _batch_size(identifier.rpartition("-bs")[2])
    if size is not None:
        for case in enumerate_cases(catalog, batch_sizes=(size,), precisions=tuple(Precision)):
            if case.id == identifier:
                return case
    close = nearest(identifier, (case.id for case in enumerate_cases(catalog)))
    raise UsageError(
        f"no case is called {identifier!r}; ids are <model>-<chip>[-<precision>]-bs<N>, "
        f"for instance {', '.join(close)}"
    )


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Up to three of `known` that look most like `word`, or the first ones if none does."""
    from difflib import get_close_matches

    names = list(known)
    return get_close_matches(word, names, n=3, cutoff=0.5) or names[:3]

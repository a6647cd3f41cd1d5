"""Every documented value as a claim: of READMEs as they are read, or of the catalog's tables.

The one place that makes a claim of a value; what it lacks to be run is `lacking`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.documents.importing import document_name
from harness.documents.readme.reading import Reading
from harness.domain.catalog import Catalog
from harness.domain.documented import OF_A_ROW, DocumentedClaim, Place
from harness.domain.references import Reference


def of_reading(reading: Reading) -> Iterator[DocumentedClaim]:
    """The claims of one README in the order of its lines; a value that it documents as absent is none."""
    document = document_name(reading)
    model = reading.called or document
    for table in reading.tables:
        for value in table.values:
            if value.number is None:
                continue
            place = Place(
                document=document, file=reading.readme.shown, line=value.line, table=table.name,
                row=value.label, column=value.header,
            )  # fmt: skip
            yield DocumentedClaim(
                model=model, printed=value.number.printed, value=float(value.number.value),
                cell=value.text, place=place, **_meant(value.meaning, part=value.part),
            )  # fmt: skip


def of_catalog(catalog: Catalog) -> Iterator[DocumentedClaim]:
    """The claims of all documents of the catalog, in the order of its tables."""
    for reference in catalog.references:
        if reference.value is not None:
            yield of_reference(reference)


def of_reference(reference: Reference) -> DocumentedClaim:
    """One value of the catalog's tables, which prints one, as a claim."""
    assert reference.value is not None, "a value that is documented as absent is no claim"
    source = reference.source
    place = Place(document=source.document, table=source.table, row=source.row, column=source.column)
    meaning = {key: getattr(reference, key) for key in _MEANT}
    return DocumentedClaim(
        model=reference.model, printed=reference.printed, value=reference.value, cell=reference.cell,
        place=place, **_meant(meaning),
    )  # fmt: skip


_TEXTS = ("chip", "precision", "metric", "unit", "role")
_MEANT = (*_TEXTS, "batch_size", "best", "ratio", "called", "variant", *OF_A_ROW)


def _meant(meaning: Mapping[str, Any], part: str = "") -> dict[str, Any]:
    """What a value means, as the fields of a claim. `part` is of which of a block's models it is."""
    said: dict[str, Any] = {key: None if meaning.get(key) is None else str(meaning[key]) for key in _TEXTS}
    ratio = meaning.get("ratio")
    return {
        **said,
        "batch_size": meaning.get("batch_size"),
        "best": bool(meaning.get("best")),
        "ratio": None if ratio is None else tuple(ratio),
        "called": str(meaning.get("called") or ""),
        "variant": str(meaning.get("variant") or part),
        "settings": {key: meaning[key] for key in OF_A_ROW if meaning.get(key) not in (None, "")},
    }

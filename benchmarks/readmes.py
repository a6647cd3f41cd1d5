"""What import-readme reads of the zoos' READMEs and what audit finds in them, held against what people read.

    python benchmarks/readmes.py [--file README] [--misses] [--unjudged] [--json] [--folder FOLDER]
                                [--set first|second|third|fourth|all]

FOLDER is `$ZOOCHECK_DATA/readmes`, 306 READMEs of three zoos. Printed are

tracebacks  any exception of reading, importing or auditing a README.
imports     READMEs whose import, with nothing said but the file, writes tables that the catalog takes: status
            0. All READMEs of the folder print results (those of which nothing was read were looked at).
by hand     of the 20 READMEs of `readmes_by_hand.tsv` (the first set: the reader was tuned on this list) and
            of 15 more in each of `readmes_by_hand_2.tsv`, `_3.tsv` and `_4.tsv` (made later: their heads
            say what the reader came to before anyone could tune it on them too), each by itself, by value:
            read (of the same line and number, and a claim of the catalog that takes the import), right (role,
            metric and its own words, unit, chip, batch size, precision, settings), read though it is no
            result, not read but told (a note at its line, or at the head of its row, table or block), lost
            without a word.
audit       findings by severity and rule, and how many of them were judged true, debatable or false, in
            `judged_findings.json` of the folder and `readmes_judged.json` here, which says more and later.
            `--unjudged` lists the errors and warnings that nobody judged.

`--file` shows one README's differences, `--misses` all of them, by kind; `--set` keeps to one set by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import by_hand, judged  # noqa: E402
from harness.documents.audit import tree  # noqa: E402
from harness.documents.audit.rules import RULES  # noqa: E402
from harness.documents.importing import import_reading  # noqa: E402
from harness.documents.readme import blocks  # noqa: E402
from harness.documents.readme.understand import understand  # noqa: E402
from harness.documents.taking import loaded_with  # noqa: E402
from harness.errors import UsageError  # noqa: E402
from harness.tables import catalog  # noqa: E402

if TYPE_CHECKING:
    from harness.documents.importing import Imported
    from harness.domain.catalog import Catalog
    from harness.domain.references import Reference

SUFFIXES = (".md", ".markdown")
Result = TypeVar("Result")


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "0 of 0"


@dataclass(kw_only=True)
class Held:
    """What came of the READMEs of one set, held against what was read by hand."""

    compared: list[by_hand.Compared] = field(default_factory=list)

    def total(self, count: Callable[[by_hand.Compared], int]) -> int:
        return sum(map(count, self.compared))

    @cached_property
    def kinds(self) -> Counter[str]:
        """How many values are wrong in which part; one may be in several."""
        return Counter(item.kind for one in self.compared for item in (*one.wrong, *one.unasked))

    @property
    def differences(self) -> list[by_hand.Difference]:
        """Everything that is not as by hand, by kind."""
        found = [item for one in self.compared for item in (*one.wrong, *one.unasked, *one.missed)]
        return sorted(found, key=lambda item: (item.kind, item.path, item.line))

    def figures(self) -> dict[str, Any]:
        """The figures by hand."""
        return {
            "readmes": len(self.compared),
            "printed": self.total(lambda one: len(one.results)),
            "understood": self.total(lambda one: len(one.understood)),
            "read": self.total(lambda one: len(one.read)),
            "right": self.total(lambda one: one.right),
            "no_results": self.total(lambda one: len(one.unasked)),
            "wrong_by_kind": dict(self.kinds),
            "lost": self.total(lambda one: len(one.lost)),
        }

    def as_json(self) -> dict[str, Any]:
        return {**self.figures(), "differences": [str(item) for item in self.differences]}


@dataclass(kw_only=True)
class Measured:
    """What came of a folder of READMEs."""

    files: list[str]
    sets: dict[str, Held]
    tracebacks: list[tuple[str, str, str]] = field(default_factory=list)  # (README, in what, the exception)
    refused: dict[str, str] = field(default_factory=dict)  # READMEs with results: why the import is not whole
    audited: judged.Audit | None = None

    def tried(self, file: str, what: str, call: Callable[[], Result]) -> Result | None:
        """What a call returns; None where it raises, which is noted."""
        try:
            return call()
        except Exception as problem:
            last = traceback.extract_tb(problem.__traceback__)[-1]
            said = f"{problem!r} at {Path(last.filename).name}:{last.lineno}"
            self.tracebacks.append((file, what, said))
            return None

    def as_json(self) -> dict[str, Any]:
        return {
            "readmes": len(self.files),
            "tracebacks": self.tracebacks,
            "import_loads": len(self.files) - len(self.refused),
            "import_refused": self.refused,
            "by_hand": {name: held.as_json() for name, held in self.sets.items()},
            "audit": self.audited.as_json() if self.audited else None,
        }


class Bench:
    """All READMEs of a folder, once each."""

    def __init__(self, folder: Path, sets: Sequence[str] = tuple(by_hand.SETS)) -> None:
        self.folder = folder
        self.tables = catalog.load()
        self.truth = {name: by_hand.printed(by_hand.SETS[name].file) for name in sets}

    def files(self) -> list[str]:
        return sorted(item.relative_to(self.folder).as_posix() for item in self.folder.rglob("*")
                      if item.suffix.lower() in SUFFIXES and item.is_file())  # fmt: skip

    def measure(self, files: Sequence[str]) -> Measured:
        found = Measured(files=list(files), sets={name: Held() for name in self.truth})
        for file in files:
            self._one(file, found)
        found.audited = self._audit(found)
        return found

    def _one(self, file: str, found: Measured) -> None:
        reading = found.tried(
            file, "reading", lambda: understand(blocks.read(self.folder / file, file), self.tables)
        )
        imported = reading and found.tried(file, "importing", lambda: import_reading(reading))
        if imported is None or not imported.whole:
            found.refused[file] = _why(imported)
        for name, truth in self.truth.items():
            if file not in truth:
                continue
            found.sets[name].compared.append(by_hand.Compared(
                file, truth[file], (self.folder / file).read_text(encoding="utf-8"),
                tables=reading.tables if reading else (), unread=imported.unread if imported else (),
                claims=_claims(imported, self.tables),
                refused=str(imported.mistakes[0]) if imported and imported.mistakes else "",
            ))  # fmt: skip

    def _audit(self, found: Measured) -> judged.Audit:
        """The audit of the whole folder; where that breaks off, of each README alone."""
        paths = [(self.folder / file, file) for file in found.files]

        def audit(*some: tuple[Path, str]) -> list[tree.Audited]:
            return tree.audit_files(some, self.tables, RULES)

        audited = found.tried("the folder", "auditing", partial(audit, *paths))
        if audited is None:
            alone = [found.tried(file, "auditing", partial(audit, (path, file))) for path, file in paths]
            audited = [one for several in alone for one in several or ()]
        known = [file for file in (self.folder / "judged_findings.json", judged.JUDGED) if file.is_file()]
        return judged.Audit(
            files=found.files, findings=[finding for one in audited for finding in one.findings],
            judged=judged.judged(*known), first=judged.judged(*known[:1]),
        )  # fmt: skip


def _why(imported: Imported | None) -> str:
    """Why an import is not whole, in a line."""
    if imported is None:
        return "traceback"
    if imported.mistakes:
        return f"{len(imported.mistakes)} mistakes: {imported.mistakes[0]}"
    told = [f"line {note.line}: {note.what}: {note.why}" for note in imported.unread]
    return f"no table; {told[0] if told else 'nothing told'}"


def _claims(imported: Imported | None, tables: Catalog) -> list[Reference]:
    """What the catalog has of a README once it has taken its import; nothing, if it does not take it."""
    if imported is None or not imported.whole:
        return []
    loaded = loaded_with(imported.toml, tables, imported.document)
    return [item for item in loaded.references if item.source.document == imported.document]


def report(found: Measured) -> Iterator[str]:
    """The figures, as lines."""
    yield f"{len(found.files)} READMEs"
    yield f"tracebacks: {len(found.tracebacks)}"
    yield from (f"  {file}: {what}: {said}" for file, what, said in found.tracebacks)
    whole = len(found.files) - len(found.refused)
    yield f"imports that load by themselves: {share(whole, len(found.files))}"
    for name, held in found.sets.items():
        if held.compared:
            yield from _by_hand(name, held)
    if found.audited:
        yield from _audited(found.audited)


def _by_hand(name: str, found: Held) -> Iterator[str]:
    said = found.figures()
    each = [len(one.read) / len(one.results) for one in found.compared]
    average = sum(each) / len(each)
    asked = said["read"] + said["no_results"]
    yield f"by hand, {name} set: {said['readmes']} READMEs that print {said['printed']} values"
    yield f"  read: {share(said['read'], said['printed'])}; of a README on average {average:.1%}"
    yield f"  understood, taken by the catalog or not: {share(said['understood'], said['printed'])}"
    yield f"  right, of those read: {share(said['right'], asked)}"
    yield from (f"    wrong: {kind}: {count}" for kind, count in found.kinds.most_common())
    yield f"  lost without a word: {share(said['lost'], said['printed'])}"


def _audited(audited: judged.Audit) -> Iterator[str]:
    for severity in ("error", "warning", "note"):
        counted = audited.by_rule(severity)
        count = sum(map(Counter.total, counted.values()))
        true = share(*audited.share_true(severity))
        yield f"audit: {count} of severity {severity}, true of those judged: {true}"
        if counted:
            yield f"  {'':26}" + "".join(f"{name:>10}" for name in (*judged.VERDICTS, "unjudged"))
            yield from judged.rows(counted)
    kept = audited.kept
    count = sum(map(len, kept.values()))
    still = count - len(kept["lost"])
    yield f"true errors of the first audit that are at warning or above: {share(still, count)}"
    for how in ("kept by another rule", "lost"):
        yield from (f"  {how}: {item.file}:{item.line}: {item.rule}" for item in kept[how])


def misses(differences: Iterable[by_hand.Difference]) -> Iterator[str]:
    """Every difference, under its kind."""
    kind = ""
    for item in differences:
        if item.kind != kind:
            kind = item.kind
            yield f"== {kind}"
        yield str(item)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--folder", type=Path, default=Path(os.environ.get("ZOOCHECK_DATA", ".")) / "readmes")
    asked.add_argument("--file", help="one README of the folder: its differences")
    asked.add_argument("--misses", action="store_true", help="every difference from what was read by hand")
    asked.add_argument("--unjudged", action="store_true", help="errors and warnings that nobody judged")
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--set", choices=(*by_hand.SETS, "all"), default="all", help="of those read by hand")
    options = asked.parse_args()
    bench = Bench(options.folder, tuple(by_hand.SETS) if options.set == "all" else (options.set,))
    files = [file for file in bench.files() if not options.file or file == options.file.removeprefix(
             f"{options.folder}/")]  # fmt: skip
    if not files:
        raise UsageError(f"{options.folder}: no README {options.file or ''} there; set ZOOCHECK_DATA")
    found = bench.measure(files)
    if options.json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    print("\n".join(report(found)))
    if options.misses or options.file:
        for name, held in found.sets.items():
            print("\n".join([f"-- {name} set", *misses(held.differences)]))
        print("\n".join(f"import: {file}: {why}" for file, why in found.refused.items()))
    if options.unjudged and found.audited:
        print("\n".join(map(str, found.audited.unjudged)))


if __name__ == "__main__":
    main()

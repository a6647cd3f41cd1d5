"""How many mistakes the audit finds that are planted in copies of real READMEs, and how many in controls.

    python benchmarks/planted_findings.py [--folder FOLDER] [--readmes 20] [--seed 1]

For rules that find nothing in the folder (`$ZOOCHECK_DATA/readmes`, 306 READMEs of three zoos), so that
finding nothing is not taken for there being nothing. Each rule has a way to plant one mistake of its kind in
a README, and the same without the mistake, a control. READMEs are drawn by seed from those that it can be
planted in, and written to a temporary folder. Printed are, by rule,

found      planted mistakes that the rule finds, at the line where they stand, of those planted
controls   controls in which it finds something all the same
missed     each mistake that is not found, with its README
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.documents.audit.rules import audit, chosen  # noqa: E402
from harness.documents.readme import blocks  # noqa: E402
from harness.documents.readme.understand import understand  # noqa: E402
from harness.errors import UsageError  # noqa: E402
from harness.tables import catalog  # noqa: E402


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A README with a mistake or without, the lines where a finding of it stands, and the files beside it."""

    text: str
    lines: frozenset[int]
    what: str
    files: Sequence[str] = field(default=())


Pair = tuple[Planted, Planted]  # with the mistake, and the control
_PIP = re.compile(r"^\s*pip[\d.]*\s+install\s.*?-r\s+(?P<file>[\w./-]+)", re.MULTILINE)
_COUNTS = (
    "\n\n本模型在 {name} 上评估，验证集共有 {count} 条样本。\n",
    "\n\nAccuracy is measured on {name}; its test set has {count} samples.\n",
    "\n\n- {name}: {count} samples in the validation set, beside 1281167 images of PlantedNet.\n",
    "\n\nPlantedNet 的验证集有 50000 张图片，{name} 的测试集有 {count} 条样本。\n",
)
_DATA = (("SST-2", 872), ("SQuAD", 10570), ("CoNLL2003", 3453))
_SCORE = re.compile(
    r"(?P<name>top-?[15]|mIoU|mAP|BLEU|PSNR)\W{1,6}(?P<number>\d{1,3}\.\d{2,6})(?!\d|\.\d|%?/)", re.IGNORECASE
)
_OTHERS = ("AUC", "WER", "Dice", "EER")
_NAMED = (
    "\n\nThe {name} of this model is {number}.\n",
    '\n\n```json\n{{\n  "{name}": {number}\n}}\n```\n',
    "\n\n| Model | {name} |\n|---|---|\n| net | {number} |\n",
)


def requirements(text: str, at: int) -> Pair | None:
    """A folder of scripts that lacks a file that ``pip install -r`` asks for; the control has all."""
    asked = list(_PIP.finditer(text))
    if not asked:
        return None
    files = {match["file"].removeprefix("./") for match in asked}
    gone = asked[at % len(asked)]["file"].removeprefix("./")
    lines = {text.count("\n", 0, match.start("file")) + 1 for match in asked if gone in match["file"]}
    whole = Planted(text=text, lines=frozenset(), what="", files=["infer.py", *sorted(files)])
    return Planted(
        text=text, lines=frozenset(lines), what=f"no {gone}", files=["infer.py", *sorted(files - {gone})]
    ), whole


def data_set_counts(text: str, at: int) -> Pair | None:
    """A count of a data set that has a digit too many, or is one off; the control has the right one."""
    (name, count), said = _DATA[at % len(_DATA)], _COUNTS[at % len(_COUNTS)]
    return _with(text, said.format(name=name, count=count * 10 if at % 2 else count - 1)), _with(
        text, said.format(name=name, count=count)
    )


def metric_names(text: str, at: int) -> Pair | None:
    """A score of the README once more, under another metric's name; the control has its own."""
    scores = [
        match for match in _SCORE.finditer(text) if len(match["number"].replace(".", "").strip("0")) > 2
    ]
    if not scores:
        return None
    score, said = scores[at % len(scores)], _NAMED[at % len(_NAMED)]
    other = _OTHERS[at % len(_OTHERS)]
    return _with(text, said.format(name=other, number=score["number"])), _with(
        text, said.format(name=score["name"], number=score["number"])
    )


def _with(text: str, more: str) -> Planted:
    """A README with some lines at its end."""
    first = text.count("\n") + 1
    lines = frozenset(range(first, first + more.count("\n") + 1))
    return Planted(text=text + more, lines=lines, what=" ".join(more.split()))


RULES: dict[str, Callable[[str, int], Pair | None]] = {
    "requirements": requirements,
    "data-set-counts": data_set_counts,
    "metric-names": metric_names,
}


def planted(rule: str, texts: dict[str, str], drawn: Sequence[str], most: int) -> Iterator[tuple[str, Pair]]:
    """The first READMEs of `drawn` that a mistake can be planted in, each with its pair."""
    counted = 0
    for file in drawn:
        pair = RULES[rule](texts[file], counted) if counted < most else None
        if pair is not None:
            counted += 1
            yield file, pair


def found(rule: str, file: str, one: Planted, folder: Path) -> set[int]:
    """The lines of the rule's findings in a README, below a folder where it lies in its zoo, and alone."""
    with TemporaryDirectory(dir=folder) as place:
        readme = Path(place, file)
        for name in (*one.files, *(name.removeprefix("../") for name in one.files)):  # of a folder below
            path = Path(os.path.normpath(readme.parent / name))
            if path.is_relative_to(place):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        readme.parent.mkdir(parents=True, exist_ok=True)
        readme.write_text(one.text, encoding="utf-8")
        reading = understand(blocks.read(readme, "README.md"), TABLES)
        return {item.line for item in audit(reading, chosen((rule,)))}


def report(texts: dict[str, str], most: int, seed: int) -> Iterator[str]:
    """The figures of each rule, as lines."""
    drawn = sorted(texts)
    random.Random(seed).shuffle(drawn)
    with TemporaryDirectory() as folder:
        for rule in RULES:
            pairs = list(planted(rule, texts, drawn, most))
            missed = [(file, wrong) for file, (wrong, _) in pairs
                      if not found(rule, file, wrong, Path(folder)) & wrong.lines]  # fmt: skip
            loud = [file for file, (_, right) in pairs if found(rule, file, right, Path(folder))]
            yield (
                f"{rule:16} found {len(pairs) - len(missed)} of {len(pairs)} planted; "
                f"{len(loud)} of {len(pairs)} controls have a finding"
            )
            yield from (f"  missed: {file}: {wrong.what}" for file, wrong in missed)
            yield from (f"  in a control: {file}" for file in loud)


TABLES = catalog.load()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--folder", type=Path, default=Path(os.environ.get("ZOOCHECK_DATA", ".")) / "readmes")
    asked.add_argument("--readmes", type=int, default=20, help="in which a mistake is planted, of each rule")
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    files = [path for path in options.folder.rglob("*") if path.suffix.lower() == ".md" and path.is_file()]
    if not files:
        raise UsageError(f"{options.folder}: no README there; set ZOOCHECK_DATA")
    texts = {path.relative_to(options.folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
    print("\n".join(report(texts, options.readmes, options.seed)))


if __name__ == "__main__":
    main()

"""What the text states twice or computes: revisions, versions, package names, arithmetic, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from harness.documents.audit.findings import Found, Severity
from harness.documents.audit.spelling import misspelt
from harness.documents.readme.reading import Reading

# Every pattern here takes a time that grows as the line does, whatever stands in it: a run of characters is
# entered at its beginning alone, and a name has an end.
_N = r"\d{1,15}(?:\.\d{1,20})?"
_ARITHMETIC = re.compile(
    r"(?<!\d)(?P<left>\d{1,15})\s*\*\s*\w{0,40}?batch\w{0,40}\((?P<batch>\d{1,15})\)\s*/\s*"
    rf"[\w.]{{0,40}}?(?:mean|avg)\w{{0,40}}\((?P<mean>{_N})\)\s*[:=]\s*(?P<right>{_N})(?!\d)"
)
_PLAIN = re.compile(rf"(?<![\w.)])(?P<a>{_N})\s*(?P<op>[*/×÷])\s*(?P<b>{_N})\s*=\s*(?P<right>{_N})(?![\w./])")
_BOUND = re.compile(r"version\s*(<=|>=)\s*(\d{1,9}(?:\.\d{1,9})+)")
_BEFORE = 120  # characters in front of a match that may belong to it
_OPERATORS = tuple("-+*/×÷(")
_DRIVER = re.compile(r"npu-smi \S+\s+Version: (\d+(?:\.\w+)+)")
_VERSION = re.compile(r"v?(\d+(?:\.\w+)+)\+?")
_ALIASES = {
    "pytorch": "torch",
    "transformer": "transformers",
    "固件与驱动": "driver",
    "opencv_python": "opencv",
}
_SECTION = re.compile(r"(?<![\d.~-])(\d+\.\d+)(?![\d.]*\d)\s*(?:的脚本|节|小节|章)")


def revisions(reading: Reading) -> Iterator[Found]:
    """A commit checked out that is none of its repository's ``commit_id`` lines; two, where none is named."""
    named = _named(reading)
    moved: dict[str, tuple[int, str]] = {}
    for line, url, commit in _checked_out(reading):
        there = named.get(url) or [moved.setdefault(url, (line, commit))]
        if not any(first.startswith(commit) or commit.startswith(first) for _, first in there):
            where, first = there[0]
            yield Found(
                line=line,
                sentence=f"{url} at {commit}; line {where} says {first}",
                numbers={"first": first, "second": commit},
                severity=Severity.ERROR if url in named else Severity.WARNING,
            )


def _named(reading: Reading) -> dict[str, list[tuple[int, str]]]:
    """The revisions that ``url=`` and ``commit_id=`` lines name, by repository."""
    found: dict[str, list[tuple[int, str]]] = {}
    for fence in reading.readme.fences:
        pairs = {}
        for line in fence.lines:
            match = re.match(r"\s*(url|commit_id|commit|hash|branch|tag)\s*=\s*(\S+)", line.text)
            if match:
                pairs[match[1]] = (line.number, match[2])
        commit = next((pairs[key] for key in ("commit_id", "commit", "hash") if key in pairs), None)
        if "url" in pairs and commit is not None:
            found.setdefault(_repository(pairs["url"][1]), []).append(commit)
    return found


def _checked_out(reading: Reading) -> Iterator[tuple[int, str, str]]:
    """The revisions that git checkout and git reset go to, of the clone that was entered, or the last."""
    url, clones = "", dict[str, str]()
    for command in reading.commands:
        if command.words[:2] == ("git", "clone"):
            url = next((_repository(word) for word in command.words[2:] if "://" in word), "")
            clones |= {_folder(url): url, _folder(command.words[-1]): url}
        if command.program == "cd":
            url = clones.get(_folder(command.words[-1]), url)
        moves = command.words[:2] in (("git", "checkout"), ("git", "reset"))
        for word in command.words[2:] if url and moves else ():
            if re.fullmatch(r"[0-9a-f]{7,40}", word):
                yield command.line, url, word


def _folder(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2].removesuffix(".git").lower()


def _repository(url: str) -> str:
    return url.strip("\"'").rstrip("/").removesuffix(".git").lower()


def versions(reading: Reading) -> Iterator[Found]:
    """One package in two versions: in version tables, in ``pip install``, in what npu-smi prints."""
    given: dict[str, tuple[int, str]] = {}
    for line, package, version in sorted(_versions(reading)):
        where, first = given.setdefault(package, (line, version))
        of_one_count = package != "driver" or first.split(".")[0] == version.split(".")[0]  # else firmware's
        if first != version and of_one_count:
            yield Found(
                line=line,
                sentence=f"{package} is {version} here and {first} in line {where}",
                numbers={"first": first, "second": version},
            )


def _versions(reading: Reading) -> Iterator[tuple[int, str, str]]:
    for grid in reading.readme.grids:
        heads = [header.lower() for header in grid.headers]
        column = next((heads.index(name) for name in ("版本", "version") if name in heads), None)
        for row in grid.rows if column else ():
            match = _VERSION.fullmatch(row.cells[column]) if column and column < len(row.cells) else None
            if match:
                yield row.line, _package(row.cells[0]), match[1]
    for command in reading.commands:
        for word in command.words if re.match(r"pip[\d.]*$", command.words[0]) else ():
            match = re.fullmatch(r"([A-Za-z][\w.-]*)==(\d[\w.]*)", word)
            if match:
                yield command.line, _package(match[1]), match[2]
    for number, text in enumerate(reading.readme.lines, start=1):
        match = _DRIVER.search(text) if "npu-smi" in text else None
        if match:
            yield number, "driver", match[1]


def _package(name: str) -> str:
    key = name.strip().lower().replace("-", "_")
    return _ALIASES.get(key, key)


def packages(reading: Reading) -> Iterator[Found]:
    """A package that ``pip install`` asks for under a misspelt name."""
    for command in reading.commands:
        if not re.match(r"pip[\d.]*$", command.words[0]) or "install" not in command.arguments[:1]:
            continue
        for word in command.arguments[1:]:
            name = re.split(r"[\[=<>~!]", word)[0]
            meant = misspelt(name) if re.fullmatch(r"[A-Za-z][\w-]+", name) else None
            if meant is not None:
                yield Found(
                    line=command.line, sentence=f"pip installs {name!r}, which is {meant!r} misspelt",
                    numbers={"written": name, "meant": meant},
                )  # fmt: skip


def arithmetic(reading: Reading) -> Iterator[Found]:
    """A printed result that its printed operands do not come to."""
    for number, text in enumerate(reading.readme.lines, start=1):
        for match in _ARITHMETIC.finditer(text) if "(" in text else ():
            if not float(match["mean"]):
                yield _by_zero(number, match)
                continue
            exact = float(match["left"]) * float(match["batch"]) / float(match["mean"])
            yield from _wrong(number, match, exact, (match["mean"],))
        for match in _PLAIN.finditer(text) if "=" in text else ():
            if _before(text, match).rstrip()[-1:] in _OPERATORS:
                continue  # the tail of a longer calculation
            a, b = float(match["a"]), float(match["b"])
            if match["op"] in "/÷" and not b:
                yield _by_zero(number, match)
                continue
            if (
                match["op"] in "*×"
                and "." not in match["a"] + match["b"]
                and not float(match["right"]).is_integer()
            ):
                continue  # a product of whole numbers is whole: one was printed rounded
            exact = a * b if match["op"] in "*×" else a / b
            yield from _wrong(number, match, exact, (match["a"], match["b"]))


def _before(text: str, match: re.Match[str]) -> str:
    """The few characters in front of a match."""
    return text[max(0, match.start() - _BEFORE) : match.start()]


def _by_zero(line: int, match: re.Match[str]) -> Found:
    return Found(
        line=line, sentence=f"{match[0]!r}: divided by 0, which gives no number",
        numbers={"printed": float(match["right"])},
    )  # fmt: skip


def _wrong(line: int, match: re.Match[str], exact: float, operands: Sequence[str]) -> Iterator[Found]:
    """A result beyond what rounding it or cutting it off explains, or its operands' own last digits."""
    printed, step = float(match["right"]), _step(match["right"])
    blur = sum(_step(item) / 2 / float(item) for item in operands if "." in item and float(item))
    slack = abs(exact) * (blur + 1e-9)  # what a double is off by, too
    if not exact - slack - step * (1 - 1e-9) < printed < exact + slack + step / 2:
        yield Found(
            line=line, sentence=f"{match[0]!r}: that is {exact:.6g}, not {match['right']}",
            numbers={"exact": exact, "printed": printed},
        )  # fmt: skip


def _step(printed: str) -> float:
    """What one more in the last printed digit is."""
    return float(10.0 ** -len(printed.partition(".")[2]))


def sections(reading: Reading) -> Iterator[Found]:
    """A section that the text sends the reader to and that is not there."""
    there = {heading.numbered for heading in reading.readme.headings if heading.titled and heading.numbered}
    for line in reading.readme.prose_with(_SECTION):
        for match in _SECTION.finditer(line.text):
            if re.search(r"[A-Za-z]\s*$", _before(line.text, match)):
                continue  # Python 3.7 is no section
            siblings = sorted(name for name in there if name.startswith(match[1].split(".")[0] + "."))
            if siblings and match[1] not in there:
                yield Found(
                    line=line.number,
                    sentence=f"the text speaks of section {match[1]}; there are {', '.join(siblings)}",
                    numbers={"section": match[1]},
                )


def ranges(reading: Reading) -> Iterator[Found]:
    """Two conditions on one version, ``<= a`` and ``>= b``, that leave versions between them out."""
    bounds: dict[str, dict[str, tuple[int, tuple[int, ...], str]]] = {}
    for line in reading.readme.prose_with(_BOUND):
        for match in _BOUND.finditer(line.text):
            name = re.search(r"[A-Za-z][\w ]*$", _before(line.text, match))
            if name is not None:
                parts = tuple(int(part) for part in match[2].split("."))
                bounds.setdefault(f"{name[0]}version", {})[match[1]] = (line.number, parts, match[2])
    for what, given in bounds.items():
        if (
            len(given) == 2
            and given[">="][1][:-1] == given["<="][1][:-1]
            and given[">="][1][-1] - given["<="][1][-1] > 1
        ):
            yield Found(
                line=given[">="][0],
                sentence=f"{what} <= {given['<='][2]} (line {given['<='][0]}) and >= {given['>='][2]} "
                "leave the "
                "versions between them without a way",
                numbers={"up_to": given["<="][2], "from": given[">="][2]},
            )

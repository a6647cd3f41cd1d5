"""Results in running text: a clause with one figure, its unit and one metric, as a table of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.documents.readme import columns
from harness.documents.readme.apart import model_in
from harness.documents.readme.blocks import GridRow, Line
from harness.documents.readme.captions import around, of_items
from harness.documents.readme.cells import number
from harness.documents.readme.groups import filled
from harness.documents.readme.keys import of_key
from harness.documents.readme.naming import Said
from harness.documents.readme.nearby import of_words
from harness.documents.readme.pairs import Pair, pairs, unit_end
from harness.documents.readme.reading import Context, Note, ReadTable, Value
from harness.documents.readme.units import complete
from harness.domain.metrics import Metric, Unit
from harness.domain.references import PRINTED
from harness.domain.words import WordKind

# What a reader does not see, or sees as no sentence: tags, addresses, code.
_UNSEEN = re.compile(r"<[^<>]*>|https?://[^\s)）>]*|\]\([^()\s]*\)|`[^`]*`")
_ROW = re.compile(r"<tr[\s>]", re.IGNORECASE)
_CLAUSE = re.compile(r"[^，。；！？;]+")
_SENTENCE = re.compile(r"[^。！？]+")
_NUMBER = re.compile(rf"(?<![\w.:/%@-])(?:{PRINTED})(?!\d|\.\d)", re.ASCII)
# What a measured figure looks like: a point, or a unit behind the digits.
_MAYBE = re.compile(
    r"\d\.\d|\d ?(?:%|fps|qps|ms|us|db|samples?/|sentences?/|images?/|imgs?/|frames?/|it/|"
    r"帧|张|条|毫秒|微秒|倍|个?百分点|points?|times|[x×](?![a-z\d]))",
    re.IGNORECASE,
)
_BULLET = re.compile(r"[\s\-*+•>#]*(?:\d+[.、)）]\s*)?")
# A clause with one of these holds a figure against another one, or says a bound: no value of its own.
_HELD_AGAINST = re.compile(
    r"低于|小于|不超过|不足|以内|以上|以下|超过|大于|高于|高出|低了|下降|减少|提升|提高|相差|"
    r"误差|损失|倍|百分点|左右|约|"
    r"(?<![a-z])(?:within|below|less|more|than|over|under|drop|loss|improve\w*|faster|slower|about|around|"
    r"up to|at least)(?![a-z])",
    re.IGNORECASE,
)
# What a figure is held against stands behind one of these: "是 T4 的 1.2 倍", "与 GPU 相比", "than the T4".
_COMPARES = re.compile(r"相比|相较|对比|(?<![a-z])(?:compared|versus|vs|relative)(?![a-z])", re.IGNORECASE)
_TO = re.compile(
    r"是|为|比|与|和|跟|同|较|于|超过|(?<![a-z])(?:than|with|to|over|against|versus|vs|of)(?![a-z])",
    re.IGNORECASE,
)
_PLACES = (WordKind.CHIP, WordKind.PRECISION)
_LONGEST = 60  # characters of a row's name, where its line has several clauses before its first figure
# "3.6 的脚本", "5.2 节": a section of the document.
_REFERENCE = re.compile(r"\s*(?:的脚本|节|小节|章|版本)")
# "IoU 设为 0.5", "--conf 0.25": what something is set to.
_SET = re.compile(
    r"(?:设为|设置为|设成|默认值?[为是:：=]?|阈值\w{0,2}|从|到|间隔|步长|<|>|"
    r"default(?:s to| is|:|=)?|--?[a-z][\w-]*[ =])\s*$"
)
# "7.2 分" of a test, and no "7.2 分钟"; "0.2 个百分点" and "0.6 points" between two scores.
_POINTS = re.compile(r"\s*(?:分(?![^\W\d_])|个?百分点|个点|(?:percentage )?points?(?![a-z]))", re.IGNORECASE)
_RATIO = re.compile(r"\s*(?:倍|times(?![a-z])|[x×](?![a-z\d]))", re.IGNORECASE)
_BATCH = re.compile(
    r"(?:batch[ _]?size|batch|bs)\s*(?:设置?为|取|为|是|=|:|：)?\s*(\d{1,6})(?!\d|\.\d)", re.IGNORECASE
)
_LONGEST = 4000  # characters of a line whose clauses are held against each other


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One figure of a line with what is said of it."""

    pair: Pair
    said: Said


def read_prose(context: Context) -> list[ReadTable]:
    """The results in running text, a table a line; those that are not clear are noted."""
    tables = list[ReadTable]()
    for line in context.readme.prose:
        if not any(map(str.isdigit, line.text)):
            continue
        if _ROW.search(line.text):
            why = "a row in HTML that stands in no <table>, so no browser shows one; put it in one"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
            continue
        text = _UNSEEN.sub(lambda match: " " * len(match[0]), line.text)
        if not _MAYBE.search(text):
            continue
        if len(text) > _LONGEST:
            why = f"{len(text)} characters in one line, of which none is read as a result; break it"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
            continue
        seen = replace(line, text=text)
        claims = list(_claims(context, seen))
        table = _table(context, line, claims) if claims else None
        if table is not None:
            tables.append(table)
        read = set() if table is None else {claim.pair.placed[0] for claim in claims}
        if any(place not in read for place in _results(context, seen)):
            why = "a result in running text, and not one figure with a unit and a metric; write it in a table"
            context.notes.append(Note(line=line.number, what=line.text.strip()[:60], why=why))
    return tables


def _results(context: Context, line: Line) -> Iterator[int]:
    """Where the figures stand that may be results: a speed; beside a metric's name, a score, time or points.

    The name may stand in the item that the line's one is nested in. Where a clause says on which chip, in
    which precision or against what, a unit is enough; a chip's is of so many times another one's.
    """
    text = line.text
    of_list = any(context.words.has(item.text, WordKind.METRIC) for item in around(context, line.number))
    for sentence in _SENTENCE.finditer(text):
        if not _MAYBE.search(sentence[0]):
            continue
        of_chip = context.words.has(sentence[0], WordKind.CHIP)
        compares = of_chip or context.words.has(sentence[0], WordKind.METRIC)
        for clause in _CLAUSE.finditer(text, sentence.start(), sentence.end()):
            named = of_list or context.words.has(clause[0], WordKind.METRIC)
            against = _subject(clause[0]) != clause[0] and context.words.has(clause[0], WordKind.BASELINE)
            placed = named or against or any(context.words.has(clause[0], kind) for kind in _PLACES)
            for match in _figures(context, text, clause.start(), clause.end()):
                _, unit = _unit(context, text, match.end())
                points = _POINTS.match(text, match.end()) is not None
                figure = "." in match[0] and not _REFERENCE.match(text, match.end())
                if (
                    unit is Unit.SAMPLES_PER_S
                    or (placed and unit in (Unit.PERCENT, Unit.MS))
                    or (points and (compares or placed))
                    or (of_chip and _RATIO.match(text, match.end()))
                    or ((named or points) and figure and not _numbering(text, match))
                ):
                    yield match.start()


def _figures(context: Context, text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """The numbers of a text that no letter follows but their unit."""
    for match in _NUMBER.finditer(text, start, len(text) if end is None else end):
        stop = unit_end(text, match.end(), context.words)
        if not re.match(r"[A-Za-z0-9_]", text[stop : stop + 1]):
            yield match


def _numbering(text: str, match: re.Match[str]) -> bool:
    """Whether a figure is the number of a section, before its title, or what something is set to."""
    before = text[max(match.start() - 40, 0) : match.start()]
    if _SET.search(before):
        return True
    return match.start() < 40 and not before.strip(" -*+#[(") and text[match.end() :][:1] == " "


def _unit(context: Context, text: str, at: int) -> tuple[int, Unit | None]:
    """Where a number that ends at `at` ends with its unit, and the unit."""
    stop = unit_end(text, at, context.words)
    name = context.words.is_whole(text[at:stop].strip(), WordKind.UNIT)
    return stop, None if name is None else Unit(name)


def _claims(context: Context, line: Line) -> Iterator[_Claim]:
    """The clear figures of a line, clause by clause: what is said before a figure is said of it, too.

    Only whose figure it is, is said by its own clause, or by the one before where it goes on with a key.
    """
    for sentence in _SENTENCE.finditer(line.text):
        about = _about(context, line, sentence[0]) if _MAYBE.search(sentence[0]) else None
        if about is None:
            continue
        role: Said = {}
        for clause in _CLAUSE.finditer(sentence[0]):
            own = of_words(context, clause[0])
            subject = _subject(clause[0])
            if "chip" in own and not context.words.has(subject, WordKind.CHIP):
                own.pop("chip")
            of_role = {key: own.pop(key) for key in ("role",) if key in own}
            if own.get("chip") == "*" and "chip" in about:
                own.pop("chip")
            about |= {**own, **_sizes(clause[0], sentence[0][clause.end() :])}
            if (model := model_in(context, subject)) is not None:
                about["variant"] = model
            found = list(_of_clause(context, replace(line, text=clause[0])))
            if _HELD_AGAINST.search(clause[0]) or context.words.has(clause[0], WordKind.DIFFERENCE):
                found = []
            for pair, said in found:
                goes_on = not clause[0][: pair.named[0]].strip() and pair.named != pair.placed
                whose = of_role or (role if goes_on else {})
                yield _Claim(
                    pair=_moved(pair, sentence.start() + clause.start()), said={**about, **whose, **said}
                )
                role = whose
            role = role if found else {}


def _sizes(clause: str, behind: str) -> Said:
    """The one batch size that a clause names; none of a list of them."""
    sizes = {match[1] for match in _BATCH.finditer(clause)}
    listed = re.match(r"[，,、/]\s*\d", behind) and _BATCH.search(clause[-12:])
    return {"batch_size": int(sizes.pop())} if len(sizes) == 1 and not listed else {}


def _of_clause(context: Context, line: Line) -> Iterator[tuple[Pair, Said]]:
    """The figures of a clause: those behind the name of a metric, else the only one that has a unit."""
    keyed = [_short(context, line.text, pair) for pair in pairs(line, context.words) if not pair.bare]
    named = [
        (pair, said)
        for pair in keyed
        if (said := of_key(context, pair)).get("metric")
        and pair.is_figure
        and not (pair.listed or pair.unclear)
    ]
    if named and len({pair.key for pair, _ in named}) == len(named):
        yield from named
        return
    figures = [match for match in _figures(context, line.text) if not _is_batch(line.text, match)]
    if named or len(figures) != 1:
        return
    [figure] = figures
    stop, unit = _unit(context, line.text, figure.end())
    metric, key = _metric(context, line.text[: figure.start()], unit)
    if metric is None:
        return
    text = line.text[figure.start() : stop]
    place = (figure.start(), stop)
    yield Pair(line=line.number, key=key or text, text=text, named=place, placed=place), {"metric": metric}


def _short(context: Context, text: str, pair: Pair) -> Pair:
    """A key in a sentence is the last of its words: the Latin ones, where they name a metric."""
    start, end = pair.named
    match = re.search(r"[A-Za-z][\w@. -]*$", text[start:end], re.ASCII)
    if match is None or not text[start : start + match.start()].strip(" *"):
        return pair
    if not context.words.has(match[0], WordKind.METRIC):
        return pair
    begin = start + match.start()
    return replace(pair, key=match[0].strip(), named=(begin, end))


def _metric(context: Context, before: str, unit: Unit | None) -> tuple[Metric | None, str]:
    """The metric of a figure and the word for it: the only one before it, or its unit's."""
    hits = context.words.hits(before, WordKind.METRIC)
    key = before[hits[-1].start : hits[-1].end] if hits else ""
    names = {hit.value for hit in hits}
    if unit is Unit.SAMPLES_PER_S:
        return (Metric.THROUGHPUT, key) if names <= {Metric.THROUGHPUT} else (None, "")
    if unit not in (Unit.PERCENT, Unit.MS, Unit.DB) or len(names) != 1:
        return None, ""
    metric = Metric(names.pop())
    return (metric, key) if unit in metric.units else (None, "")


def _is_batch(text: str, figure: re.Match[str]) -> bool:
    return any(match.start(1) == figure.start() for match in _BATCH.finditer(text))


def _about(context: Context, line: Line, sentence: str) -> Said | None:
    """What a sentence says of its figures; None of one that is about no measurement of this document's."""
    subjects = "，".join(map(_subject, _CLAUSE.findall(sentence)))
    chips = context.words.values(subjects, WordKind.CHIP)
    named = [chip for chip in chips if chip != "*"] or chips
    said = of_items(context, line.number) | ({"chip": named[0]} if len(named) == 1 else {})
    if said or _BATCH.search(sentence) or context.words.has(sentence, WordKind.BASELINE):
        return said
    headings = [context.readme.heading_of(line.number), context.readme.under(line.number)]
    titles = " ".join(heading.text for heading in headings if heading is not None)
    return said if context.words.has(titles, WordKind.METRIC) else None


def _subject(clause: str) -> str:
    """What a clause is about: of one that compares, what stands before that which it is held against."""
    compares = _HELD_AGAINST.search(clause) or _COMPARES.search(clause)
    other = _TO.search(clause) if compares else None
    return clause if other is None else clause[: other.start()]


def _moved(pair: Pair, by: int) -> Pair:
    named, placed = pair.named, pair.placed
    return replace(pair, named=(named[0] + by, named[1] + by), placed=(placed[0] + by, placed[1] + by))


def _table(context: Context, line: Line, claims: Sequence[_Claim]) -> ReadTable | None:
    """The claims of a line as one row under their keys; None where some of them are not whole."""
    keys = [claim.pair.key for claim in claims]
    if len(set(keys)) != len(keys):
        return None
    label, place = _label(line.text, claims[0].pair)
    values = [
        value
        for column, claim in enumerate(claims, start=1)
        if (value := _value(context, line, label, column, claim)) is not None
    ]
    if len(values) != len(claims):
        return None
    heading = context.readme.heading_of(line.number)
    places = sorted([(place, 0), *((claim.pair.placed, at) for at, claim in enumerate(claims, start=1))])
    return ReadTable(
        line=line.number, name=label if heading is None else heading.text, headers=("text", *keys),
        labels=(True, *(False for _ in keys)), rows=((label, *(claim.pair.text for claim in claims)),),
        values=tuple(values), block=filled(line.text, places),
    )  # fmt: skip


def _label(text: str, first: Pair) -> tuple[str, tuple[int, int]]:
    """What a line's row is called, and where that stands: its words up to the first figure, or their end."""
    bullet = _BULLET.match(text)
    start = bullet.end() if bullet else 0
    end = first.named[0]
    clauses = [match.start() for match in _CLAUSE.finditer(text, start, end)]
    if end - start > _LONGEST and clauses:
        start = next((at for at in clauses if end - at <= _LONGEST), clauses[-1])
    words = text[start:end].strip(" *{[（(：:=")
    if not words:
        start, end = first.named if first.named[0] < first.named[1] else first.placed
        words = text[start:end]
    at = text.index(words, start)
    return words, (at, at + len(words))


def _value(context: Context, line: Line, label: str, column: int, claim: _Claim) -> Value | None:
    pair, what = claim.pair, f"{claim.pair.key!r} in running text"
    found = number(pair.text)
    around: Any = {} if found is None else columns.of_cell(context, found)
    row = GridRow(line=line.number, cells=(label,))
    own = {} if context.own_chip is None else {"chip": context.own_chip.name}
    merged = columns.merged(context, row, [own, claim.said, around], what)
    done = None if merged is None else complete(context, line.number, what, found, merged)
    if done is None:
        return None
    return Value(
        line=line.number, row=0, column=column, label=label, header=pair.key, text=pair.text,
        number=done[0], meaning=done[1],
    )  # fmt: skip

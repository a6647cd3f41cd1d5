"""The commands in a README's fenced blocks: joined over line ends, cut into words, options by name."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from harness.documents.readme.blocks import Fence, Line, Readme

# What a line that is to be typed begins with. Anything else in a fence is output, a file, or a listing.
_PROGRAMS = re.compile(
    r"(?:[\w.${}-]*/)*(?:python[\d.]*|bash|sh|atc|trtexec|msame|ais_bench|vamc|vamp|vamx|mm_run|mm_build|git|cd|"
    r"pip[\d.]*|wget|curl|mkdir|unzip|tar|source|export|mv|s?cp|ln|rm|npu-smi|cnmon|conda|onnxsim|magiconnx|paddle2onnx|sudo|"
    r"apt-get|git-lfs|chmod|tree|docker|cmake|make|benchmark[\w.]*|[\w.${}-]*\.sh)"
)

# What a shell takes for one word: plain characters, escaped ones, and quoted pieces.
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+""", re.DOTALL)
_QUOTES = re.compile(r"[\"'\\#]")  # without one of these, and without a comment, words are what blanks part
_BLANKS = re.compile(r"\s*")
_QUOTED = re.compile(r"""\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'""", re.DOTALL)
_AND = re.compile(r"(?<!\s)\s+&&\s+")  # a run of blanks is entered at its beginning alone
_PLACE = re.compile(r"\{([A-Za-z]\w*(?: \w+)+)\}")  # {batch size}
_INTERPRETERS = re.compile(r"(.*/)?(python[\d.]*|bash|sh)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: where it begins, its words, its options (`--name value`, `--name=value`, `-n value`).

    `usage` maps the placeholders of the comment above it (``#bash run.sh <batch_size>``), or the bare names
    there, to its arguments.
    """

    line: int
    text: str
    words: tuple[str, ...]
    options: Mapping[str, str]
    arguments: tuple[str, ...]  # what is no option, the program left out
    usage: Mapping[str, str]
    expected: tuple[str, ...] = ()  # the placeholders of that comment
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # an option's words up to the next one

    @property
    def program(self) -> str:
        """What is run: ``ais_bench`` of ``python3 -m ais_bench``, ``run.sh`` of ``bash run.sh``."""
        words = self.words
        if len(words) > 1 and _INTERPRETERS.fullmatch(words[0]):
            return words[2] if words[1] == "-m" and len(words) > 2 else words[1].rpartition("/")[2]
        return words[0].rpartition("/")[2]

    def option(self, *names: str) -> str | None:
        """The first of these options that is there."""
        return next((self.options[name] for name in names if name in self.options), None)


def commands(readme: Readme) -> tuple[Command, ...]:
    """Every command of a README, in order."""
    return tuple(command for fence in readme.fences for command in _of(fence))


def typed_lines(fence: Fence) -> frozenset[int]:
    """The lines of a fenced block that are there to be typed: its commands', those that go on included."""
    starts = {command.line for command in _of(fence)}
    found, typed = set[int](), False
    goes_on = False
    for line in fence.lines:
        typed = typed if goes_on else line.number in starts
        goes_on = line.text.rstrip().endswith("\\")
        if typed:
            found.add(line.number)
    return frozenset(found)


def one_word(text: str) -> str:
    """`text` with the blanks of what stands in braces as ``_``: ``net_bs{batch size}`` is one name."""
    return _PLACE.sub(lambda match: match[0].replace(" ", "_"), text)


def _of(fence: Fence) -> Iterator[Command]:
    comment = ""
    for line in _joined(fence):
        text = one_word(line.text.strip())
        if text.startswith("#"):
            comment = comment if re.search(r"<[\w -]+>", comment) else text.lstrip("# ")
            continue
        for part in _AND.split(text):
            words = _words(part)
            if words and _PROGRAMS.fullmatch(words[0]):
                yield _command(line.number, part, words, comment)
        comment = ""


def _joined(fence: Fence) -> Iterator[Line]:
    """Lines with those that a backslash at their end continues."""
    number, parts = 0, list[str]()
    for line in fence.lines:
        text = line.text.rstrip()
        number = number if parts else line.number
        if text.endswith("\\"):
            parts.append(text[:-1].strip())
            continue
        yield Line(number=number, text=" ".join([*parts, text.strip()]))
        parts = []
    if parts:
        yield Line(number=number, text=" ".join(parts))


def _words(text: str) -> tuple[str, ...]:
    """As a shell cuts it, without a comment; at blanks where quotes do not match. In one pass over `text`."""
    if _QUOTES.search(text) is None:
        return tuple(text.split())
    words, at = list[str](), 0
    while (at := _end(_BLANKS, text, at)) < len(text) and text[at] != "#":
        end = _end(_WORD, text, at)
        if end < len(text) and not text[end].isspace():
            return tuple(text.split())
        words.append(_QUOTED.sub(_unquoted, text[at:end]))
        at = end
    return tuple(words)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what `pattern` matches from `at` on ends; `at` itself where it matches nothing."""
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _unquoted(match: re.Match[str]) -> str:
    """What a quoted piece stands for; within double quotes a backslash quotes only itself and a quote."""
    escaped, double, single = match.groups()
    return escaped or (single if double is None else re.sub(r'\\(["\\])', r"\1", double)) or ""


# What one model file is called, wherever it lies.
MODEL_FILE = re.compile(r"(?<![\w${}./-])[\w${}./-]*[\w}]\.(?:onnx|om|engine|trt)(?![\w/])", re.ASCII)


def graphs(listed: Iterable[Command]) -> list[tuple[set[str], list[Command]]]:
    """Commands by the graph that they are about: its model files without folders and endings.

    One command's files are one graph's, and so are files of which one's name goes on where the other's ends
    (``net``, ``net_sim``). A command that names no file is about the graph of the command above it.
    """
    found: list[tuple[set[str], list[Command]]] = []
    for command in listed:
        files = [file for word in command.words for file in MODEL_FILE.findall(word)]
        names = {file.rpartition("/")[2].rpartition(".")[0] for file in files}
        near = [item for item in found if not names or _one_of(names, item[0])]
        home = near[-1] if near else (set[str](), list[Command]())
        for other in near[:-1] if names else ():
            home[0].update(other[0])
            home[1][:0] = other[1]
            found.remove(other)
        home[0].update(names)
        home[1].append(command)
        if not near:
            found.append(home)
    return found


def _one_of(names: set[str], known: set[str]) -> bool:
    return not known or any(a.startswith(b) or b.startswith(a) for a in names for b in known)


def _bare_names(comment: str, script: str) -> tuple[str, ...]:
    """The arguments that a comment names without brackets: ``bash run.sh precision batch_size``."""
    match = re.fullmatch(rf"(?:\S+\s+)?{re.escape(script)}(?P<names>(?:\s+[A-Za-z]\w*)+)", comment)
    return () if match is None or not script else tuple(match["names"].split())


def _command(line: int, text: str, words: tuple[str, ...], comment: str) -> Command:
    options: dict[str, str] = {}
    arguments: list[str] = []
    lists: dict[str, list[str]] = {}
    listed: list[str] = []
    rest = deque(words[1:])
    while rest:
        word = rest.popleft()
        if word.startswith("-") and not re.fullmatch(r"-?\d+(\.\d+)?", word) and word.strip("-"):
            name, equals, value = word.lstrip("-").partition("=")
            if not equals and rest and not rest[0].startswith("--"):
                value = rest.popleft()
            options.setdefault(name.replace("-", "_"), value)
            listed = lists.setdefault(name.replace("-", "_"), [])
            listed.append(value)
        elif word == "--":
            listed = []
        else:
            arguments.append(word)
            listed.append(word)
    script = next((word for word in words if not _INTERPRETERS.fullmatch(word)), "").rpartition("/")[2]
    expected = tuple(re.findall(r"<([\w -]+)>", comment)) if script and script in comment else ()
    given = arguments[1:] if _INTERPRETERS.fullmatch(words[0]) else arguments
    named = expected or _bare_names(comment, script)
    usage = dict(zip(named, given, strict=False)) if len(named) == len(given) else {}
    return Command(
        line=line, text=text, words=words, options=options, arguments=tuple(arguments), usage=usage,
        expected=expected, lists={name: tuple(given) for name, given in lists.items()},
    )  # fmt: skip

"""The commands in a README's fenced blocks: joined over line ends, cut into words, options by name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.documents.readme.blocks import Fence, Line, Readme

# What a line that is to be typed begins with. Anything else in a fence is output, a file, or a listing.
_PROGRAMS = re.compile(
    r"(?:\./)?[\w./${}-]*(?:python[\d.]*|bash|sh|atc|trtexec|msame|ais_bench|vamc|vamp|vamx|mm_run|mm_build|git|cd|"
    r"pip[\d.]*|wget|curl|mkdir|unzip|tar|source|export|mv|cp|ln|rm|npu-smi|cnmon|conda|onnxsim|magiconnx|paddle2onnx|sudo|"
    r"apt-get|git-lfs|chmod|tree|docker|cmake|make|benchmark[\w.]*|\.sh)"
)

_INTERPRETERS = re.compile(r"(.*/)?(python[\d.]*|bash|sh)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: where it begins, its words, its options (`--name value`, `--name=value`, `-n value`).

    `usage` maps the placeholders of the comment above it (``#bash run.sh <batch_size>``) to its arguments.
    """

    line: int
    text: str
    words: tuple[str, ...]
    options: Mapping[str, str]
    arguments: tuple[str, ...]  # what is no option, the program left out
    usage: Mapping[str, str]
    expected: tuple[str, ...] = ()  # the placeholders of that comment

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


def is_commands(fence: Fence) -> bool:
    """Whether a fenced block is there to be typed."""
    return any(True for _ in _of(fence))


def _of(fence: Fence) -> Iterator[Command]:
    comment = ""
    for line in _joined(fence):
        text = line.text.strip()
        if text.startswith("#"):
            comment = comment if re.search(r"<[\w -]+>", comment) else text.lstrip("# ")
            continue
        for part in re.split(r"\s+&&\s+", text):
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
    """As a shell cuts it; at blanks where quotes do not match."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        return tuple(lexer)
    except ValueError:
        return tuple(text.split())


def _command(line: int, text: str, words: tuple[str, ...], comment: str) -> Command:
    options: dict[str, str] = {}
    arguments: list[str] = []
    rest = list(words[1:])
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and not re.fullmatch(r"-?\d+(\.\d+)?", word) and word.strip("-"):
            name, equals, value = word.lstrip("-").partition("=")
            if not equals and rest and not rest[0].startswith("--"):
                value = rest.pop(0)
            options.setdefault(name.replace("-", "_"), value)
        else:
            arguments.append(word)
    script = next((word for word in words if not _INTERPRETERS.fullmatch(word)), "").rpartition("/")[2]
    expected = tuple(re.findall(r"<([\w -]+)>", comment)) if script and script in comment else ()
    given = arguments[1:] if _INTERPRETERS.fullmatch(words[0]) else arguments
    usage = dict(zip(expected, given, strict=False)) if len(expected) == len(given) else {}
    return Command(
        line=line, text=text, words=words, options=options, arguments=tuple(arguments), usage=usage,
        expected=expected,
    )  # fmt: skip

"""Model files that commands take, against what earlier steps made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from harness.documents.audit.findings import Found, Severity
from harness.documents.readme.commands import MODEL_FILE, Command, one_word
from harness.documents.readme.reading import Reading

# What of a tool's options is a model file that it reads, and what one that it writes; scripts are guessed.
_READS: Mapping[str, tuple[str, ...]] = {
    "atc": ("model",), "ais_bench": ("model", "m"), "msame": ("model",), "trtexec": ("onnx", "loadEngine"),
    "amct_onnx": ("model",),
}  # fmt: skip
_WRITES: Mapping[str, tuple[str, ...]] = {"atc": ("output",), "trtexec": ("saveEngine",), "amct_onnx": ()}
_FROM_TO = ("onnxsim", "onnxslim", "mv", "cp")  # tools whose arguments are a file and what becomes of it
_FETCHES = ("wget", "curl", "git")
_MAKES_NONE = re.compile(
    r"pip[\d.]*|conda|cd|mkdir|apt-get|export|source|unzip|tar|rm|chmod|npu-smi|sudo|patch|tree"
)
_OUT = re.compile(r"out|save|target|new|dst|dest|result")  # in an option's name: what is written there
_TEXT_MAKES = re.compile(
    r"生成|得到|获得|保存|导出|产生|输出|下载|放到|放在|generate|download|produce|save|create|write|export",
    re.IGNORECASE,
)
# Of a step that names no model file, by the file's kind: what tells that it may write one all the same.
_MAY_MAKE: Mapping[str, re.Pattern[str]] = {
    "onnx": re.compile(r"onnx|export|convert|deploy|quant|\.sh\b", re.IGNORECASE),
    "om": re.compile(r"\batc\b|\.sh\b|om\.py\b|2om", re.IGNORECASE),
    "engine": re.compile(r"trt|engine|\.sh\b", re.IGNORECASE),
    "trt": re.compile(r"trt|engine|\.sh\b", re.IGNORECASE),
}
_ENDING = re.compile(rf"\.(?:{'|'.join(_MAY_MAKE)})")
_VARIABLE = re.compile(r"(\$\{\w+\}|\$\w+|\{\w+\})")
_MODULES = ("torch.onnx", "transformers.onnx")  # of Python, and no files
_SIZE = r"(?:\d{1,9}|\$?\{\w+\}|\$\w+)"
_SETTING = re.compile(
    rf"[_-]?(?:bs|batch(?:_?size)?|seq(?:_?len)?|len)[_-]?{_SIZE}|[_-]?{_SIZE}(?:bs|batch)", re.IGNORECASE
)


@dataclass(slots=True)
class _Made:
    """The model files of the steps so far, and the steps that may have made others."""

    plain: dict[str, dict[str, str]] = field(default_factory=dict)  # by kind: names, without their setting
    open: list[re.Pattern[str]] = field(default_factory=list)  # names with variables in them
    unnamed: list[str] = field(default_factory=list)  # the steps that name none
    looked: Counter[str] = field(default_factory=Counter)  # by kind: at how many of them was looked
    unsure: set[str] = field(default_factory=set)  # the kinds that one of them may have made

    def take(self, files: Iterable[str]) -> None:
        """Take the files of a step."""
        for file in files:
            bare = _bare(file)
            known = self.plain.setdefault(_kind(file), {})
            if bare not in known:
                known[bare] = _SETTING.sub("", bare)
                if _VARIABLE.search(bare):
                    self.open.append(_pattern(bare))

    def is_sure(self, kind: str) -> bool:
        """Whether no step that names no model file may have made one of this kind all the same."""
        new = self.unnamed[self.looked[kind] :]
        self.looked[kind] = len(self.unnamed)
        if any(map(_MAY_MAKE[kind].search, new)):
            self.unsure.add(kind)
        return kind not in self.unsure

    def has(self, file: str) -> bool:
        """Whether some step's file may be this one: by name, with variables and batch sizes as they come."""
        bare, known = _bare(file), self.plain.get(_kind(file), {})
        if bare in known or any(pattern.fullmatch(bare) for pattern in self.open):
            return True
        return _VARIABLE.search(bare) is not None and any(map(_pattern(bare).fullmatch, known))


def files_made(reading: Reading) -> Iterator[Found]:
    """Model files that a step takes where earlier ones made others of that kind, and none made this one."""
    made = _Made()
    steps: list[tuple[int, Command | str]] = [(item.line, item) for item in reading.commands]
    typed = {line for line, _ in steps}
    steps += [(line.number, line.text) for line in reading.readme.prose]
    steps += [(line.number, line.text) for fence in reading.readme.fences for line in fence.lines
              if line.number not in typed]  # fmt: skip
    prose = {line.number for line in reading.readme.prose}
    for line, step in sorted(steps, key=lambda item: item[0]):
        if isinstance(step, Command):
            yield from _of_command(step, made)
        elif line in prose:
            yield from _of_text(line, step, made)
        else:  # output, a line that goes on, or a program that is not known
            made.take(_files(step))
            made.unnamed.append(step)


def _of_command(command: Command, made: _Made) -> Iterator[Found]:
    reads, writes = _read_by(command), _written_by(command)
    for file in reads:
        if not made.has(file) and (found := _unmade(command.line, file, made, "the command")):
            yield found
    if not reads and not writes and not _MAKES_NONE.fullmatch(command.program):
        made.unnamed.append(command.text)
    made.take([*writes, *reads])


def _of_text(line: int, text: str, made: _Made) -> Iterator[Found]:
    files = _files(text)
    for file in files if files and not _TEXT_MAKES.search(text) else ():
        if not made.has(file) and (found := _unmade(line, file, made, "the text")):
            yield found
    made.take(files)


def _unmade(line: int, file: str, made: _Made, who: str) -> Found | None:
    """What is said of a file that no step names; nothing where a step that names none may have made it.

    One that differs from a file of an earlier step in batch size or length alone is another setting's,
    whoever made it; a text may speak of any file, and is told of those.
    """
    like, same = made.plain.get(_kind(file), {}), _SETTING.sub("", _bare(file))
    sure = who == "the command" and made.is_sure(_kind(file))
    if same not in like.values() and not (like and sure):
        return None
    more = f" and {len(like) - _LISTED} more" if len(like) > _LISTED else ""
    return Found(
        line=line,
        sentence=f"{who} takes {file}, which no earlier step makes; earlier steps make "
        f"{', '.join(islice(like, _LISTED))}{more}",
        numbers={"made_before": len(like)},
        severity=Severity.WARNING if who == "the command" else Severity.NOTE,
    )


_LISTED = 8  # of the files that were made


def _read_by(command: Command) -> list[str]:
    """The model files that a command takes: by its tool's options; of a script's two or more, the first."""
    program = command.program
    if program in _FETCHES:
        return []
    if program in _READS:
        return [file for name in _READS[program] for file in _files(command.options.get(name, ""))]
    if program in _FROM_TO:
        return [file for item in command.arguments[:1] for file in _files(item)]
    files = _of_script(command)
    return [file for file, out in files if not out][:1] if len(files) > 1 else []


def _written_by(command: Command) -> list[str]:
    """The model files that a command writes, or may write."""
    program, options = command.program, command.options
    if program in _READS:
        named = [options[name] for name in _WRITES.get(program, ()) if name in options]
        return [
            item for value in named for item in _files(value) or ([f"{value}.om"] if program == "atc" else [])
        ]
    if program in _FROM_TO:
        files = [file for item in command.arguments for file in _files(item)]
        return files[1:] or files  # into a folder: called as before
    read = _read_by(command)
    return [file for file, _ in _of_script(command) if file not in read]


def _of_script(command: Command) -> list[tuple[str, bool]]:
    """Every model file among a command's words, and whether an option for outputs has it."""
    given = [(value, bool(_OUT.search(name))) for name, value in command.options.items() if name != "m"]
    given += [(item, False) for item in command.arguments if item != command.program]
    found = {file: out for value, out in given for file in _files(value)}
    return sorted(found.items(), key=lambda item: command.text.find(item[0]))


def _files(text: str) -> list[str]:
    if _ENDING.search(text) is None:
        return []
    return [file for file in MODEL_FILE.findall(one_word(text)) if file not in _MODULES]


def _kind(file: str) -> str:
    return file.rpartition(".")[2]


def _bare(file: str) -> str:
    return file.rpartition("/")[2]


def _pattern(bare: str) -> re.Pattern[str]:
    parts = _VARIABLE.split(bare)
    return re.compile("".join(r"[\w${}]+" if at % 2 else re.escape(part) for at, part in enumerate(parts)))

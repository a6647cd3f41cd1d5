"""Files that ``pip install -r`` asks for, against the folder that a README stands in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath

from harness.documents.audit.findings import Found
from harness.documents.readme.commands import Command
from harness.documents.readme.reading import Reading

_MARKDOWN = (".md", ".markdown")
_PIP = re.compile(r"pip[\d.]*")
_NAME = re.compile(r"[\w./+-]{1,200}")


def missing(reading: Reading) -> Iterator[Found]:
    """``pip install -r FILE`` of a file that is not there, in a folder that holds more than READMEs.

    Steps that go to a folder which only their clone or archive makes are out of sight, and so is what a
    command above names: it may have written it. ``cd zoo/cv/net`` goes to the README's own folder where that
    lies at ``cv/net``: a zoo's README begins with a clone of the zoo.
    """
    wanted = [(command, file) for command in reading.commands for file in _files(command)]
    home = reading.readme.path.parent
    if not wanted or not _holds_more(home):
        return
    there: list[str] | None = []  # the folders that cd led to, below the README's; None: out of sight
    above = set[str]()
    for command in reading.commands:
        for file in _files(command):
            name = PurePosixPath(file).name
            if there is not None and name not in above and _lacks(home.joinpath(*there), file):
                yield Found(
                    line=command.line,
                    sentence=f"pip installs what {file} asks for, and "
                    f"{'/'.join(['this folder', *there])} has no such file; add it, or name the one meant",
                    numbers={"file": file},
                )
        there = [] if _goes_home(command, home) else _gone_to(command, there)
        above.update(PurePosixPath(word).name for word in command.words)


def _files(command: Command) -> Iterator[str]:
    """The files of ``-r`` and ``--requirement``, relative and without variables."""
    words = command.words
    if "install" not in words[:5] or not any(_PIP.fullmatch(word.rpartition("/")[2]) for word in words[:4]):
        return
    for word, after in pairwise(words):
        if word in ("-r", "--requirement") and _NAME.fullmatch(after) and not after.startswith(("/", "-")):
            yield after


def _holds_more(folder: Path) -> bool:
    """Whether a folder has files beside its READMEs, so that what it lacks is lacking."""
    try:
        return any(
            item.is_file() and item.suffix.lower() not in _MARKDOWN and not item.name.startswith(".")
            for item in folder.iterdir()
        )
    except OSError:
        return False


def _lacks(folder: Path, file: str) -> bool:
    """Whether a file is not in a folder that is there: ``../a.txt`` of a folder that a clone makes, too."""
    path = Path(os.path.normpath(folder / file))
    return path.parent.is_dir() and not path.exists()


def _goes_home(command: Command, home: Path) -> bool:
    """Whether a command goes to the README's own folder, by the last two names of its path."""
    path = PurePosixPath(command.words[1]).parts if command.program == "cd" and len(command.words) > 1 else ()
    return len(path) > 1 and path[-2:] == home.absolute().parts[-2:]


def _gone_to(command: Command, there: list[str] | None) -> list[str] | None:
    """Where a command leaves the reader: only ``cd`` into folders by name and back is followed.

    ``cd {code_path}`` shows how one goes about it, and goes nowhere.
    """
    if command.program != "cd" or there is None or command.text.startswith(("cd {", "cd <")):
        return there
    for part in command.words[1].split("/") if len(command.words) > 1 else ("~",):
        if part == ".." and there:
            there = there[:-1]
        elif part in ("..", "~") or not _NAME.fullmatch(part):
            return there if part == "" else None
        elif part != ".":
            there = [*there, part]
    return there

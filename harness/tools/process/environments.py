"""Environments that a vendor's script sets up, and the tools found in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import MachineError, NotThere
from harness.tools.process.execution import execute
from harness.tools.process.records import Command, Stage, ToolFailed, ToolMissing
from harness.tools.process.scratch import scratch

# What bash itself sets in every process that it starts; a script's change of folder stays its own.
_OF_BASH = frozenset({"_", "SHLVL", "PWD", "OLDPWD"})

# Sourcing a vendor's script is the one thing that needs a shell: such a file is written for one, and says
# what it does only by doing it. This text is fixed: both paths come as arguments. They are taken off before
# the script runs, because some (oneAPI's setvars.sh) read "$@". The variables go to a file of their own,
# because scripts print.
_SOURCE = 'exec 9>"$2" || exit; zoocheck=$1; set --; source "$zoocheck" || exit; exec env -0 >&9'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What a script did to an environment."""

    added: Mapping[str, str]
    removed: frozenset[str]


_CHANGES: dict[tuple[str, int, int, int], _Change] = {}


def environment(script: Path, *, timeout_s: float | None = None) -> Mapping[str, str]:
    """This process's environment after `source script` in bash: a new dictionary.

    The script is run once a process, while its inode, size and time of modification stay what they were; what
    it set and removed then is applied to the environment as it is now. `timeout_s` is wall time in seconds.
    Raises `NotThere` for a script that is not there, `ToolMissing` without bash, `ToolFailed` for a
    script that ends with a status other than 0, and `ToolTimedOut`.
    """
    path = script.absolute()
    try:
        stat = path.stat()
    except OSError:
        remedy = "name the set_env.sh of the toolkit"
        raise NotThere(f"{script}: no such script", remedy=remedy, option="target") from None
    key = (str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if key not in _CHANGES:
        _CHANGES[key] = _change(path, timeout_s)
    change = _CHANGES[key]
    kept = {name: value for name, value in os.environ.items() if name not in change.removed}
    return {**kept, **change.added}


def find(name: str, env: Mapping[str, str], *, remedy: str) -> Path:
    """The tool `name` on the PATH of `env`, as an absolute path. Raises `ToolMissing` with `remedy`.

    A name with a folder in it is not searched for: it has to be there and executable.
    """
    path = env.get("PATH", os.defpath)
    found = shutil.which(name, path=path)
    if found is not None:
        return Path(found).absolute()
    if os.sep not in name:
        there = next((folder for folder in path.split(os.pathsep) if (Path(folder) / name).is_file()), None)
        if there is None:
            raise ToolMissing(f"`{name}` is not on PATH", remedy=remedy)
        name = str(Path(there) / name)
    why = "is not executable" if Path(name).is_file() else "is not there"
    raise ToolMissing(f"`{name}` {why}", remedy=remedy)


def _change(script: Path, timeout_s: float | None) -> _Change:
    bash = find("bash", os.environ, remedy=f"install bash: {script} is written for it")
    with scratch("zoocheck-") as place:
        variables = place / "variables"
        command = Command(
            argv=("bash", "--noprofile", "--norc", "-c", _SOURCE, "bash", str(script), str(variables)),
            cwd=script.parent,
            stage=Stage.ENVIRONMENT,
            timeout_s=timeout_s,
        )
        before = dict(os.environ)
        try:
            execute(command, bash, before, place / "source.log")
        except ToolFailed as problem:
            why = f"sourcing {script}: {problem.why}"
            raise type(problem)(
                why, problem.finished, log=None, meaning=problem.meaning, remedy=problem.remedy
            ) from None
        content = variables.read_bytes()
    if not content.endswith(b"\0"):
        raise MachineError(
            f"{script}: bash printed no variables after sourcing it; look for `exit` or `exec` in it"
        )
    pairs = (os.fsdecode(item).partition("=") for item in content[:-1].split(b"\0"))
    after = {name: value for name, _, value in pairs if name not in _OF_BASH}
    return _Change(
        added={name: value for name, value in after.items() if before.get(name) != value},
        removed=frozenset(before) - frozenset(after) - _OF_BASH,
    )

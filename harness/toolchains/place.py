"""Where a toolchain works on one case: its folder, its card, its environment, and every command it ran."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import MachineError
from harness.setting.stamps import Stamp
from harness.tools import process
from harness.tools.process import Command, Finished, Stage, ToolFailed, ToolMissing

# What the tests' imitations of vendors' tools print of themselves, wherever the real tool prints its version
# or name: whoever finds it in a tool's output marks what comes of it as simulated.
SIMULATED = "zoocheck-simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """How a vendor's tools are found. Each setting is a variable of the environment, ``ZOOCHECK_<NAME>_*``.

    ``ZOOCHECK_ASCEND_ENV`` names the script that is sourced before every tool; without it `script` is, where
    it lies there (the vendor's installer leaves it). ``ZOOCHECK_ASCEND_PYTHON`` names the interpreter that
    has the vendor's packages; nothing of zoocheck has to be installed there.
    """

    name: str  # as in the chip tables: "ascend"
    script: str = ""

    @property
    def sourced(self) -> Path | None:
        """The script to source, or None. One that was named and is not there is an error when sourced."""
        named = os.environ.get(self._variable("ENV"))
        if named:
            return Path(named)
        return Path(self.script) if self.script and Path(self.script).is_file() else None

    @property
    def python(self) -> str:
        """The interpreter that has the vendor's packages."""
        return os.environ.get(self._variable("PYTHON")) or "python3"

    def environment(self) -> Mapping[str, str]:
        """What a tool sees. Raises as `process.environment`."""
        return os.environ if self.sourced is None else process.environment(self.sourced)

    def _variable(self, what: str) -> str:
        return f"ZOOCHECK_{self.name.upper().replace('-', '_')}_{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One case's working place. `commands` are those that ran, the failed one included, in order.

    `facts` are what the chip's probe said (chip name, versions). Logs lie in `folder` and stay; what is
    made under `scratch` goes when the case is done. `threads` is how many a library that computes in this
    process is to take, None for its own choice; `stamp` is what its timed calls are to earn.
    """

    folder: Path
    toolchain: Toolchain
    device: int = 0
    tool_timeout_s: float | None = None
    threads: int | None = None
    stamp: Stamp = Stamp.QUICK
    facts: Mapping[str, str] = field(default_factory=dict)
    commands: list[Finished] = field(default_factory=list)

    def command(
        self, argv: Sequence[str], *, stage: Stage, cwd: Path, env: Mapping[str, str] | None = None
    ) -> Command:
        """A call of one of the toolchain's tools, in its environment, with its time limit."""
        return Command(
            argv=tuple(argv), cwd=cwd, stage=stage, sourced=self.toolchain.sourced, env=env or {},
            timeout_s=self.tool_timeout_s,
        )  # fmt: skip

    def run(self, command: Command) -> Path:
        """Run it; returns its log, ``NN-<stage>-<tool>.log`` in `folder`.

        Raises as `process.run`, but `MachineError` for a tool that is not there: when the chip was probed,
        it was.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise MachineError(f"{self.folder}: cannot be made: {problem.strerror}") from problem
        log = self.folder / f"{len(self.commands) + 1:02d}-{command.stage}-{command.name}.log"
        try:
            self.commands.append(process.run(command, log))
        except ToolFailed as failure:
            self.commands.append(failure.finished)
            raise
        except ToolMissing as gone:  # the probe had found it: no skip
            raise MachineError(
                f"{command.name}: it was there when the chip was probed, and is gone: {gone}"
            ) from gone
        return log

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A new empty folder that is removed afterwards."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(parents=True)
        except OSError as problem:
            raise MachineError(f"{folder}: cannot be made: {problem.strerror}") from problem
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def recorded(self) -> list[dict[str, Any]]:
        """Every command as a result keeps it."""
        return [finished.recorded() for finished in self.commands]

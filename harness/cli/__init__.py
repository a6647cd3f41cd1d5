"""The command line beside pytest: `zoocheck ...`.

Arguments in, lines out: what a command does belongs to the chapters above.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from harness.errors import ZoocheckError, machines_failure

USAGE_STATUS = 2  # bad input; click's own for bad options
MACHINE_STATUS = 6  # the machine's fault, as in a run of the suites
INTERRUPTED_STATUS = 130

# Every command, or group of commands, and where it is: what one is asked for does not wait for the others.
COMMANDS = {
    "check": "check.check",
    "list": "inspection.list_cases",
    "doctor": "inspection.doctor",
    "fetch": "work.fetch",
    "build": "work.build",
    "prepare": "prepare.prepare",
    "score": "score.score",
    "import-log": "import_log.import_log",
    "import-readme": "import_readme.import_readme",
    "claims": "claims.claims",
    "audit": "audit.audit",
    "bisect": "bisect.bisect",
    "bundle": "bundle.bundle",
    "collect": "collect.collect",
    "report": "results.report",
    "compare": "compare.compare",
    "history": "history.history",
    "nightly": "nightly.nightly",
    "cache": "artifacts.app",
    "store": "store.app",
    "baseline": "baseline.app",
}


class _Imported(MutableMapping[str, Any]):
    """The commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, what = COMMANDS[name].partition(".")
            self._made[name] = _command(name, getattr(import_module(f"{__name__}.{module}"), what))
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*COMMANDS, *self._made)))

    def __len__(self) -> int:
        return len(list(iter(self)))


def _command(name: str, what: Any) -> Any:
    """A function as a command, an app as a group of commands; errors of either as plain lines, in no box."""
    if isinstance(what, typer.Typer):
        return get_group_from_info(
            TyperInfo(what, name=name),
            pretty_exceptions_short=False,
            rich_markup_mode=None,
            suggest_commands=True,
        )
    return get_command_from_info(
        CommandInfo(name=name, callback=what), pretty_exceptions_short=False, rich_markup_mode=None
    )


class _Commands(TyperGroup):
    """The group of all commands, of which each is imported when it is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Imported()

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an interrupt, which typer ends without a word, is told."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as problem:
            _end(str(problem) or "interrupted", INTERRUPTED_STATUS)


app = typer.Typer(
    name="zoocheck",
    cls=_Commands,
    help="Hold model-zoo READMEs to their numbers. The tests themselves run with `pytest suites/`.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _zoocheck() -> None:
    """Every command is one of the group: it has no options of its own."""


def main() -> None:
    """Run a command. Bad input ends with a sentence and status 2, the machine's faults with 6."""
    try:
        app(prog_name="zoocheck")
    except KeyboardInterrupt:  # before the command began
        _end("interrupted", INTERRUPTED_STATUS)
    except Exception as problem:
        failure = machines_failure(problem)
        if failure is not None:
            _end(str(failure), MACHINE_STATUS)
        if isinstance(problem, ZoocheckError):
            _end(str(problem), USAGE_STATUS)
        if isinstance(problem, OSError):  # a file that is not there, a folder that may not be read
            _end(f"{problem.filename or 'the system'}: {problem.strerror or problem}", USAGE_STATUS)
        raise


def _end(message: str, status: int) -> NoReturn:
    from harness.cli.output import visible

    sys.stderr.write(f"zoocheck: {visible(message)}\n")
    sys.exit(status)

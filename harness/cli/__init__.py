"""The command line beside pytest: `zoocheck ...`.

Arguments in, lines out: what a command does belongs to the chapters above.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info, get_group_from_info
from typer.models import CommandInfo, TyperInfo

from harness.errors import ZoocheckError, machines_failure

if TYPE_CHECKING:
    from typer._click.core import Context
    from typer._click.formatting import HelpFormatter

USAGE_STATUS = 2  # bad input; click's own for bad options
MACHINE_STATUS = 6  # the machine's fault, as in a run of the suites
INTERRUPTED_STATUS = 130


class Command(NamedTuple):
    """A command, or a group of commands: where it is, and what the list of all says of it."""

    place: str  # module and name
    summary: str  # the first paragraph of its own help


# What one is asked for does not wait for the others, and the list of all for none.
COMMANDS = {
    "check": Command(
        "check.check",
        "Run a checkpoint's or a graph's checks, score and throughput, and print one table.",
    ),
    "list": Command("inspection.list_cases", "Cases, their documented values, and what is present here."),
    "doctor": Command(
        "inspection.doctor",
        "Chips, tools, checkpoints and data sets found, and how to get the rest.",
    ),
    "fetch": Command(
        "work.fetch",
        "Full checkpoints from where they are published, each file held against the hash the hub states.",
    ),
    "build": Command(
        "work.build",
        "Build a case's artifact, or take it from the cache, and say where it lies.",
    ),
    "prepare": Command(
        "prepare.prepare",
        "Write a model's inputs, byte for byte as the zoo's own preprocessing does.",
    ),
    "score": Command(
        "score.score",
        "Score outputs of the documented inputs; each protocol scores the same ones in its own way.",
    ),
    "import-log": Command(
        "import_log.import_log",
        "File a log's throughput under a case or a claim, with origin `imported` and its hash, and judge it.",
    ),
    "import-readme": Command(
        "import_readme.import_readme",
        "Write a README's result tables as TOML, every value with its row and column; tell what was not "
        "read.",
    ),
    "claims": Command(
        "claims.claims",
        "List every documented value with its place, whether or not anything runs its model, and what it "
        "lacks.",
    ),
    "audit": Command(
        "audit.audit",
        "Hold READMEs against themselves: each finding has a rule, a line, the numbers and a sentence.",
    ),
    "bisect": Command(
        "bisect.bisect",
        "Run reference and artifact with their inner values, and name the first that leaves its bound.",
    ),
    "bundle": Command(
        "bundle.bundle",
        "Write everything that the card's machine needs to run cases with the vendor's tools alone.",
    ),
    "collect": Command(
        "collect.collect",
        "Score and time what `run.sh` of a bundle left, with origin `imported`, and render the report.",
    ),
    "report": Command(
        "results.report",
        "Render results as Markdown tables and one HTML page, and print the table of verdicts.",
    ),
    "compare": Command(
        "compare.compare",
        "Say what is better, worse, the same, or too noisy to tell, pair by pair, with its interval.",
    ),
    "history": Command(
        "history.history",
        "Every series of a case, oldest first, with its change points and what else changed there.",
    ),
    "nightly": Command(
        "nightly.nightly",
        "Hold a night against the baseline, or the last one. Exit status 1 where something is worse.",
    ),
    "cache": Command("artifacts.app", "Built artifacts and kept outputs: list, verify, prune."),
    "store": Command("store.app", "Results stores: what one holds, copying one to another."),
    "baseline": Command("baseline.app", "Baselines: set, list, drop, export, import."),
}


class _Imported(MutableMapping[str, Any]):
    """The commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            module, _, what = COMMANDS[name].place.partition(".")
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

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The list of all commands, of which none is imported."""
        listed: dict[str, Any] = {
            name: TyperCommand(name, help=command.summary) for name, command in COMMANDS.items()
        }
        TyperGroup(commands=listed, rich_markup_mode=None).format_commands(ctx, formatter)

    def invoke(self, ctx: Context) -> Any:
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

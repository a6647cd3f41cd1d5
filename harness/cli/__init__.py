"""`zoocheck ...`: the command line beside pytest."""

from __future__ import annotations

import sys

import typer

from harness.cli import artifacts, inspection, results, work
from harness.errors import MachineError, ZoocheckError

app = typer.Typer(
    name="zoocheck",
    help="Hold model-zoo READMEs to their numbers. The tests themselves run with `pytest suites/`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("list")(inspection.list_cases)
app.command("doctor")(inspection.doctor)
app.command("fetch")(work.fetch)
app.command("build")(work.build)
app.command("report")(results.report)
app.add_typer(artifacts.app, name="cache")


def main() -> None:
    """Run a command. Bad input ends with a sentence and status 2, the machine's faults with 6."""
    try:
        app()
    except ZoocheckError as problem:
        sys.stderr.write(f"zoocheck: {problem}\n")
        sys.exit(6 if isinstance(problem, MachineError) else 2)
    except KeyboardInterrupt:
        sys.exit(130)

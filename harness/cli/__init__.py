"""The command line beside pytest: `zoocheck ...`.

Arguments in, lines out: what a command does belongs to the chapters above.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from harness.cli import (
    artifacts,
    audit,
    baseline,
    bisect,
    bundle,
    check,
    claims,
    collect,
    compare,
    history,
    import_log,
    import_readme,
    inspection,
    nightly,
    prepare,
    results,
    score,
    store,
    work,
)
from harness.errors import ZoocheckError, machines_failure

USAGE_STATUS = 2  # bad input; click's own for bad options
MACHINE_STATUS = 6  # the machine's fault, as in a run of the suites
INTERRUPTED_STATUS = 130

app = typer.Typer(
    name="zoocheck",
    help="Hold model-zoo READMEs to their numbers. The tests themselves run with `pytest suites/`.",
    no_args_is_help=True,
    rich_markup_mode=None,  # errors as plain lines, not in a box
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("check")(check.check)
app.command("list")(inspection.list_cases)
app.command("doctor")(inspection.doctor)
app.command("fetch")(work.fetch)
app.command("build")(work.build)
app.command("prepare")(prepare.prepare)
app.command("score")(score.score)
app.command("import-log")(import_log.import_log)
app.command("import-readme")(import_readme.import_readme)
app.command("claims")(claims.claims)
app.command("audit")(audit.audit)
app.command("bisect")(bisect.bisect)
app.command("bundle")(bundle.bundle)
app.command("collect")(collect.collect)
app.command("report")(results.report)
app.command("compare")(compare.compare)
app.command("history")(history.history)
app.command("nightly")(nightly.nightly)
app.add_typer(artifacts.app, name="cache")
app.add_typer(store.app, name="store")
app.add_typer(baseline.app, name="baseline")


def main() -> None:
    """Run a command. Bad input ends with a sentence and status 2, the machine's faults with 6."""
    try:
        app(prog_name="zoocheck")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED_STATUS)
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
    sys.stderr.write(f"zoocheck: {message}\n")
    sys.exit(status)

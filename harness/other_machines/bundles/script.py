"""``run.sh``: every step of every case for a POSIX shell, with nothing but the vendor's tools."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from harness import __version__
from harness.other_machines.bundles.manifest import LOGS
from harness.toolchains.script import BUILD, PROBE, RESULTS, Plan

# `probe` may fail; what follows a `must` that failed is left out; the other cases go on.
_HEAD = """\
set -u
CDPATH="" cd -- "$(dirname -- "$0")" || exit 2
script={script}
vendor_python="${{{python}:-python3}}"
if [ -f "$script" ]; then
    # Vendors write these for bash: go on in it, where it is.
    if [ -z "${{BASH_VERSION:-}}" ] && command -v bash >/dev/null 2>&1; then
        exec bash ./run.sh
    fi
    set +u
    . "$script"
    set -u
elif [ -n "${{{env}:-}}" ]; then
    echo "run.sh: {env} names $script, which is not there" >&2
    exit 2
fi

failed=0
good=1

begin() {{ # CASE WHAT-WAS-MADE...
    folder=$1
    shift
    good=1
    for name in {logs} {results} "$@"; do
        rm -rf "${{folder:?}}/${{name:?}}"
    done
    mkdir -p "$folder/{logs}" "$folder/{results}" || exit 2
}}

run() {{ # NN-STAGE COMMAND...
    name=$1
    shift
    echo "$folder: $name"
    (cd "$folder" && exec "$@") >"$folder/{logs}/$name.log" 2>&1 </dev/null
    status=$?
    echo "$status" >"$folder/{logs}/$name.status"
    [ "$status" -eq 0 ] || echo "$folder: $name: exit status $status, see $folder/{logs}/$name.log" >&2
    return "$status"
}}

probe() {{
    run "$@" || :
}}

must() {{
    [ "$good" -eq 1 ] || return 0
    run "$@" || {{
        good=0
        failed=1
    }}
}}

try() {{
    [ "$good" -eq 1 ] || return 0
    run "$@" || failed=1
}}
"""
_TAIL = """\
if [ "$failed" -ne 0 ]; then
    echo "run.sh: some steps failed; bring the folder back all the same" >&2
fi
exit "$failed"
"""
README = """\
1. Copy this folder to the machine that has the card{chip}.
2. There: sh run.sh (nothing but the vendor's tools is needed; {python} names the interpreter that has its
   packages, {env} a script to source before every tool).
3. Bring the folder back, as it is or by `tar czf back.tar.gz FOLDER`, and run: zoocheck collect FOLDER
"""


def variables(runtime: str) -> tuple[str, str]:
    """What a user sets for a toolchain: its interpreter, and the script to source (`toolchains.place`)."""
    name = f"ZOOCHECK_{runtime.upper().replace('-', '_')}"
    return f"{name}_PYTHON", f"{name}_ENV"


def render(plans: Mapping[str, Plan], *, runtime: str, script: str) -> str:
    """The script of every case in `plans`, whose folder is called as the case.

    `script` is where the vendor's installer leaves what has to be sourced; empty where it leaves nothing.
    """
    python, env = variables(runtime)
    sourced = f'"${{{env}:-{script}}}"' if script else f'"${{{env}:-}}"'
    head = _HEAD.format(script=sourced, python=python, env=env, logs=LOGS, results=RESULTS)
    preludes = dict.fromkeys(plan.prelude for plan in plans.values() if plan.prelude)
    parts = [
        f"#!/bin/sh\n# Made by zoocheck {__version__}. It ends with 0 where every step went well.\n{head}",
        *("\n".join(lines) + "\n" for lines in preludes),
        *("\n".join(_lines(case, plan)) + "\n" for case, plan in plans.items()),
        _TAIL,
    ]
    return "\n".join(parts)


def names(plan: Plan) -> list[str]:
    """What each step's log and status are called, without their suffix."""
    return [f"{at:02d}-{step.stage}" for at, step in enumerate(plan.steps, start=1)]


def _lines(case: str, plan: Plan) -> Iterator[str]:
    yield _words(["begin", case, *plan.made])
    for folder in plan.folders:
        yield _words(["mkdir", "-p", f"{case}/{folder}"])
    for name, step in zip(names(plan), plan.steps, strict=True):
        how = {PROBE: "probe", BUILD: "must"}.get(step.stage, "try")
        yield f"{how} {name} {step.line}"


def _words(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))

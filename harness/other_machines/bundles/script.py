"""``run.sh``: every step of every case for a POSIX shell, with nothing but the vendor's tools."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from harness import __version__
from harness.other_machines.bundles.manifest import LOGS
from harness.toolchains.script import BUILD, PROBE, RESULTS, Script

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


def render(scripts: Mapping[str, Script], *, runtime: str, environment: str) -> str:
    """The script of every case in `scripts`, whose folder is called as the case.

    `environment` is the script that the vendor's installer leaves to be sourced; empty where it leaves none.
    """
    python, env = variables(runtime)
    sourced = f'"${{{env}:-{environment}}}"' if environment else f'"${{{env}:-}}"'
    head = _HEAD.format(script=sourced, python=python, env=env, logs=LOGS, results=RESULTS)
    preludes = dict.fromkeys(script.prelude for script in scripts.values() if script.prelude)
    parts = [
        f"#!/bin/sh\n# Made by zoocheck {__version__}. It ends with 0 where every step went well.\n{head}",
        *("\n".join(lines) + "\n" for lines in preludes),
        *("\n".join(_lines(case, script)) + "\n" for case, script in scripts.items()),
        _TAIL,
    ]
    return "\n".join(parts)


def names(script: Script) -> list[str]:
    """What each step's log and status are called, without their suffix."""
    return [f"{at:02d}-{step.stage}" for at, step in enumerate(script.steps, start=1)]


def _lines(case: str, script: Script) -> Iterator[str]:
    yield _words(["begin", case, *script.made])
    for folder in script.folders:
        yield _words(["mkdir", "-p", f"{case}/{folder}"])
    for name, step in zip(names(script), script.steps, strict=True):
        how = {PROBE: "probe", BUILD: "must"}.get(step.stage, "try")
        yield f"{how} {name} {step.line}"


def _words(words: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, words))

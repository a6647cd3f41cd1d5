"""Processes forked from one that has the libraries loaded: each starts in moments, not in seconds.

`run` is `subprocess.run` of ``python -m MODULE ...`` with its output kept. What is forked is set up as a new
interpreter would be: arguments, folder, environment, path and streams are its own, and it ends as any program
does. Nothing of zoocheck is loaded before, so that what a run reads of its environment is its own.

As a program this module is the process that forks, one a test process. It reads a line of JSON for each
process, and answers with its exit status.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import psutil

# What a run loads of others' code, where that takes long.
LIBRARIES = (
    "numpy", "onnx", "pydantic", "pytest", "safetensors.torch", "scipy.stats",
    "sklearn.metrics", "sqlalchemy.dialects.sqlite", "torch", "transformers.models.bert.modeling_bert",
)  # fmt: skip
# Comes with a pytest plugin, so pytest wants to load it itself; transformers' client for a hub has it, too.
PLUGIN = "anyio"


def run(
    module: str, *arguments: str, cwd: Path, env: Mapping[str, str], timeout: int
) -> subprocess.CompletedProcess[str]:
    """Run a module as a program; one that takes longer than `timeout` seconds is ended, and raises as there.

    The libraries see the environment of the first run until theirs begins, so what they look at when they are
    loaded (``OMP_NUM_THREADS``, ``HF_...``) has to be the same in all.
    """
    process = _server(env)
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        asked = [module, arguments, str(cwd), dict(env), timeout, str(out), str(err)]
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the process that forks ended with status {process.wait()}"
        status = int(answer)
        if status == -signal.SIGALRM:
            raise subprocess.TimeoutExpired([module, *arguments], timeout, out.read_bytes(), err.read_bytes())
        return subprocess.CompletedProcess(
            [module, *arguments],
            status,
            stdout=out.read_text(encoding="utf-8"),
            stderr=err.read_text(encoding="utf-8"),
        )


_running: list[subprocess.Popen[str]] = []


def _server(env: Mapping[str, str]) -> subprocess.Popen[str]:
    """The process that forks, started when the first is asked for."""
    if not _running:
        program, pipe = [sys.executable, __file__], subprocess.PIPE
        process = subprocess.Popen(program, stdin=pipe, stdout=pipe, env=dict(env), encoding="utf-8")
        atexit.register(process.communicate)  # at the end of its input it ends
        _running.append(process)
    return _running[0]


def main() -> None:
    """Load the libraries, then fork until nothing more is asked for."""
    asking, answering = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for name in LIBRARIES:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == PLUGIN]:
        del sys.modules[name]
    assert psutil.Process().num_threads() == 1, "after a fork a library's thread is not there"
    for line in asking:
        pid = os.fork()
        if pid == 0:
            asking.close()
            answering.close()
            become(*json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answering, flush=True)


def become(
    module: str, arguments: list[str], cwd: str, env: dict[str, str], timeout: int, out: str, err: str
) -> NoReturn:
    """Turn this process into ``python -m module arguments``, and end it with what comes of that."""
    signal.alarm(timeout)
    for stream, path, mode in ((0, os.devnull, os.O_RDONLY), (1, out, os.O_WRONLY), (2, err, os.O_WRONLY)):
        os.dup2(os.open(path, mode | os.O_CREAT, 0o600), stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    installed = [path for path in sys.path[1:] if path.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [cwd, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep)), *installed]
    sys.argv[:] = [module, *arguments]
    importlib.invalidate_caches()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main()

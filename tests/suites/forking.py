"""Processes forked from one that has the code loaded: each starts in moments, not in seconds.

`run` is `subprocess.run` of ``python -m MODULE ...`` with its output kept. What is forked is set up as a new
interpreter would be: arguments, folder, environment, path and streams are its own, and it ends as any program
does. What it starts by ``python -P -m MODULE ...`` is forked from it in turn. Modules of zoocheck that are
loaded before read nothing of their environment then, and keep nothing of it: that they are there saves a run
half a second.

As a program this module is the process that forks, one a test process. It reads a line of JSON for each
process, and answers with its exit status.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

import psutil

# What a run loads of others' code, where that takes long.
LIBRARIES = (
    "numpy", "onnx", "platformdirs", "pydantic", "pytest", "pytest_benchmark.plugin", "rich.console",
    "safetensors.torch", "scipy.stats", "sklearn.metrics", "sqlalchemy.dialects.sqlite", "torch",
    "transformers.models.bert.modeling_bert", "typer",
)  # fmt: skip
# What it loads of ours: all of these trees but programs, which read their environment when they are loaded.
ROOT = Path(__file__).resolve().parents[2]
OURS = ("harness", "reports")
PROGRAMS = re.compile(
    r"harness\.(?:__main__|cli|toolchains\.workers)\b|.*_child$|.*\.child$|reports\.drawing$"
)
# They come with transformers' client for a hub, and with plugins: pytest wants to load its own itself, and
# hypothesis takes what is frozen for garbage.
PLUGINS = ("anyio", "trio")


def run(
    module: str, *arguments: str, cwd: Path, env: Mapping[str, str], timeout: int
) -> subprocess.CompletedProcess[str]:
    """Run a module as a program; one that takes longer than `timeout` seconds is ended, and raises as there.

    The libraries see the environment of the first run until theirs begins, so what they look at when they are
    loaded (``OMP_NUM_THREADS``, ``HF_...``) has to be the same in all.
    """
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        asked = Asked(
            module=module, arguments=arguments, first=[str(cwd)], cwd=str(cwd), env=dict(env),
            out=str(out), err=str(err), timeout=timeout,
        )  # fmt: skip
        status = _server(env).status(asked)
        if status == -signal.SIGALRM:
            raise subprocess.TimeoutExpired([module, *arguments], timeout, out.read_bytes(), err.read_bytes())
        return subprocess.CompletedProcess(
            [module, *arguments],
            status,
            stdout=out.read_text(encoding="utf-8"),
            stderr=err.read_text(encoding="utf-8"),
        )


@dataclass(frozen=True, kw_only=True)
class Asked:
    """``python -m module arguments``: what its path begins with, its environment, and where it prints."""

    module: str
    arguments: Sequence[str]
    first: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    out: str
    err: str
    timeout: int = 0  # seconds; 0 is none


@dataclass(frozen=True, kw_only=True)
class Server:
    """A process that forks, by what it is asked through and what it answers by."""

    asking: IO[str]
    answering: IO[str]

    def status(self, asked: Asked) -> int:
        """What came of it."""
        print(json.dumps(asdict(asked)), file=self.asking, flush=True)
        answer = self.answering.readline()
        assert answer, "the process that forks ended"
        return int(answer)


_running: list[Server] = []


def _server(env: Mapping[str, str]) -> Server:
    """The process that forks, started when the first is asked for."""
    if not _running:
        program, pipe = [sys.executable, __file__], subprocess.PIPE
        process = subprocess.Popen(program, stdin=pipe, stdout=pipe, env=dict(env), encoding="utf-8")
        assert process.stdin is not None
        assert process.stdout is not None
        atexit.register(process.communicate)  # at the end of its input it ends
        _running.append(Server(asking=process.stdin, answering=process.stdout))
    return _running[0]


def ours() -> list[str]:
    """The modules of zoocheck that are loaded before, by name."""
    paths = (path.relative_to(ROOT) for tree in OURS for path in ROOT.joinpath(tree).rglob("*.py"))
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return sorted(name for name in names if not PROGRAMS.match(name))


def main() -> None:
    """Load what takes long, then fork until nothing more is asked for."""
    asking, answering = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for name in (*LIBRARIES, *ours()):
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in PLUGINS]:
        del sys.modules[name]
    assert psutil.Process().num_threads() == 1, "after a fork a library's thread is not there"
    gc.freeze()  # nobody looks through the code for garbage in each process
    serve(asking, answering)


def serve(asking: IO[str], answering: IO[str]) -> None:
    """Fork a process for each line, and answer with what came of it."""
    for line in asking:
        pid = os.fork()
        if pid == 0:
            asking.close()
            answering.close()
            become(Asked(**json.loads(line)))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answering, flush=True)


def become(asked: Asked) -> NoReturn:
    """Turn this process into what is asked for, and end it with what comes of that."""
    signal.alarm(asked.timeout)
    printed = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for stream, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, asked.out, printed),
        (2, asked.err, printed),
    ):
        os.dup2(os.open(path, mode, 0o600), stream)
    os.chdir(asked.cwd)
    os.environ.clear()
    os.environ.update(asked.env)
    installed = [place for place in sys.path if place.startswith((sys.prefix, sys.base_prefix))]
    sys.path[:] = [*asked.first, *filter(None, asked.env.get("PYTHONPATH", "").split(os.pathsep)), *installed]
    sys.argv[:] = [asked.module, *asked.arguments]
    importlib.invalidate_caches()
    if asked.module != "pytest":  # a command, which may start it
        subprocess.run = partial(_run, subprocess.run, _spare())  # type: ignore[assignment]
    status: object = None
    try:
        runpy.run_module(asked.module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        status = ended.code
    _end(status)


def _spare() -> Server:
    """A process that forks as this one does, from what this one is now: later it has threads."""
    asking, asked = os.pipe()
    answered, answering = os.pipe()
    if os.fork() == 0:
        os.close(asked)
        os.close(answered)
        serve(os.fdopen(asking), os.fdopen(answering, "w"))
        os._exit(0)
    os.close(asking)
    os.close(answering)
    return Server(asking=os.fdopen(asked, "w"), answering=os.fdopen(answered))


def _run(start: Callable[..., Any], spare: Server, argv: list[str], **options: Any) -> Any:
    """`subprocess.run`; ``python -P -m MODULE ...``, printed to a file, is forked."""
    plain = argv[:3] == [sys.executable, "-P", "-m"] and options.keys() == {"env", "stdin", "stdout", "check"}
    if not plain:
        return start(argv, **options)
    sys.stderr.flush()
    asked = Asked(
        module=argv[3], arguments=argv[4:], first=[], cwd=str(Path.cwd()), env=options["env"],
        out=options["stdout"].name, err=f"/proc/{os.getpid()}/fd/2",
    )  # fmt: skip
    return subprocess.CompletedProcess(argv, spare.status(asked))


def _end(status: object) -> NoReturn:
    """End as `sys.exit` does, but leave memory to the system: taking down all libraries takes a second."""
    if not isinstance(status, int | None):
        sys.stderr.write(f"{status}\n")
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


if __name__ == "__main__":
    main()

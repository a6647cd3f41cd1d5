"""Runs of `pytest suites/` and of `zoocheck` as a user starts them: in a process and folder of their own."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

from harness.store.results import Result, Store
from suites import forking

ROOT = Path(__file__).resolve().parents[2]
# Hypothesis's plugin imports all of hypothesis at the end of every run, which tests nothing here.
# Operators' arithmetic is no matter of a zoo's, and has tests of its own (tests/operators).
SUITES = (
    *(str(ROOT / "suites"), "-p", "no:cacheprovider", "-p", "no:hypothesispytest"),
    f"--ignore={ROOT / 'suites' / 'test_operators.py'}",
)
STORE = "results.sqlite"  # in the run's folder
# What takes long to import, and is not needed to say which cases there are and what is here.
HEAVY = {
    "torch", "onnx", "onnxruntime", "onnxsim", "transformers", "tokenizers", "safetensors", "huggingface_hub",
    "sqlalchemy", "jinja2", "hypothesis",
}  # fmt: skip
TIMEOUT_S = 300
GENEROUS_COLUMNS = "250"  # what is asserted on is not to be folded


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What one process left."""

    status: int
    out: str
    err: str
    folder: Path

    @cached_property
    def results(self) -> list[Result]:
        """What the store in the run's folder holds, in the order of writing."""
        store = Store(f"sqlite:///{self.folder / STORE}")
        try:
            return store.results()
        finally:
            store.close()

    def result(self, case: str, kind: str) -> Result:
        """The one result of a case and kind."""
        (found,) = [r for r in self.results if (r.measurement.case, r.measurement.kind) == (case, kind)]
        return found

    @property
    def verdicts(self) -> dict[tuple[str, str], str]:
        """Case and kind -> verdict."""
        return {
            (item.measurement.case, str(item.measurement.kind)): str(item.verdict and item.verdict.kind)
            for item in self.results
        }

    @property
    def collected(self) -> list[str]:
        """The tests that ``--collect-only -q`` listed, without their folder."""
        return re.findall(r"^\S*suites/(\S+::\S+)$", self.out, re.MULTILINE)

    @property
    def json(self) -> Any:
        """Standard output, which is one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def skips(self) -> str:
        """The reasons for skips, as pytest's summary has them."""
        return "\n".join(re.findall(r"^SKIPPED .*$", self.out, re.MULTILINE))


@dataclass(frozen=True, kw_only=True)
class Zoo:
    """The folders that runs stand on, and what they change in the environment."""

    home: Path
    models: Path
    data: Path
    tables: Path
    changes: dict[str, str] = field(default_factory=dict)
    through: tuple[str, ...] = ()  # a command that starts another one: `privileges.heeding_modes`

    def but(self, **changes: Any) -> Zoo:
        """The same with other folders or another environment."""
        return replace(self, **changes)

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment without what pytest and a developer's shell left in it."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "ZOOCHECK_", "HF_", "GITHUB_"))
        }
        return kept | {
            "ZOOCHECK_HOME": str(self.home),
            "ZOOCHECK_MODELS": str(self.models),
            "ZOOCHECK_DATA": str(self.data),
            "ZOOCHECK_TABLES": str(self.tables),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",  # several runs at once, each of next to nothing
            "COLUMNS": GENEROUS_COLUMNS,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
            **self.changes,
        }

    def suites(self, folder: Path, *arguments: str, store: str | None = STORE, charts: bool = False) -> Ran:
        """``pytest suites/ ...`` from `folder`; `store` is relative to it, None is the one in the home.

        The report has charts where they are asked for.
        """
        results = () if store is None else ("--results", f"sqlite:///{store}")
        plain = () if charts else ("-p", "unillustrated")
        return self._run(folder, "pytest", *SUITES, *plain, *results, *arguments)

    def collect(self, folder: Path, *arguments: str) -> Ran:
        """``pytest suites/ --collect-only``."""
        return self._run(folder, "pytest", *SUITES, "--collect-only", "-q", *arguments)

    def zoocheck(self, folder: Path, *arguments: str) -> Ran:
        """``zoocheck ...`` from `folder`."""
        return self._run(folder, "harness", *arguments)

    def inside(self, folder: Path, *arguments: str) -> Ran:
        """``zoocheck ...`` as in `folder`, in this process: what only reads needs none of its own."""
        from harness.cli import main

        out, err = io.StringIO(), io.StringIO()
        status = 0
        before, argv = Path.cwd(), sys.argv
        os.chdir(folder)
        sys.argv = ["zoocheck", *arguments]
        try:
            with (
                patch.dict(os.environ, self.environment, clear=True),
                redirect_stdout(out),
                redirect_stderr(err),
            ):
                main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            sys.argv = argv
            os.chdir(before)
        return Ran(status=status, out=out.getvalue(), err=err.getvalue(), folder=folder)

    def _run(self, folder: Path, module: str, *arguments: str) -> Ran:
        """Forked from a process that has the code loaded, but for what another command is to start."""
        start = self.started if self.through else self._fork
        return start(folder, module, *arguments)

    def started(self, folder: Path, module: str, *arguments: str) -> Ran:
        """``python -m MODULE ...`` in an interpreter of its own, which has loaded nothing."""
        done = subprocess.run(
            [*self.through, sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr, folder=folder)

    def _fork(self, folder: Path, module: str, *arguments: str) -> Ran:
        done = forking.run(module, *arguments, cwd=folder, env=self.environment, timeout=TIMEOUT_S)
        return Ran(status=done.returncode, out=done.stdout, err=done.stderr, folder=folder)


Once = Callable[[str, Callable[[Path], Ran]], Ran]  # the fixture `once`

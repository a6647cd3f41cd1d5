"""What a toolchain does with one case as a list of steps, for a script on a machine without zoocheck.

Paths are relative to the case's folder, and the vendor's interpreter is a variable of the script.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PROBE, BUILD, INFERENCE, PROFILE = "probe", "build", "inference", "profile"
RESULTS = "results"  # the folder that every inference writes into
JOB = "job.json"  # of the worker that makes the inference
UP = ".."  # from the case's folder to the bundle's
INPUTS, WORKERS = "inputs", "workers"  # folders of the bundle, which its cases share


class Shell(str):
    """A word that stands in the script as it is written: a variable, or what a file holds."""

    __slots__ = ()

    def __str__(self) -> str:
        """Itself: made a string, it stays what it is."""
        return self


PYTHON = Shell('"$vendor_python"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command, run in the case's folder, its output in a log."""

    stage: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The command as a POSIX shell reads it."""
        given = [f"{name}={value}" for name, value in self.env.items()]
        words = (*(("env", *given) if given else ()), *self.argv)
        return " ".join(word if isinstance(word, Shell) else shlex.quote(word) for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Every step of one case, in order.

    `made` is what the steps leave in the case's folder beside results and logs: it goes before they run
    again. `folders` are made anew then, for tools that want theirs to be there. `prelude` are lines of shell
    that set what the steps use, `workers` the scripts of `harness.toolchains.workers` that they start.
    """

    steps: tuple[Step, ...]
    made: tuple[str, ...]
    folders: tuple[str, ...] = ()
    prelude: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()


def in_stages(
    *,
    probe: Sequence[Sequence[str]],
    build: Sequence[Sequence[str]],
    inference: Sequence[str],
    profile: Sequence[str],
    env: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[Step, ...]:
    """Look for the card, build, compute every sample, time: the command lines as steps; `env` is by stage."""
    lines = {PROBE: probe, BUILD: build, INFERENCE: [inference], PROFILE: [profile]}
    return tuple(
        Step(stage=stage, argv=tuple(argv), env=(env or {}).get(stage, {}))
        for stage, every in lines.items()
        for argv in every
    )


def by_worker(name: str, *arguments: str) -> list[str]:
    """The script `name` of the bundle's workers, run by the vendor's interpreter."""
    return [PYTHON, f"{UP}/{WORKERS}/{name}", *arguments]

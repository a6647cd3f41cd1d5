"""The commands of every T4 case beside the documented ones: commands/tensorrt.md is what is generated.

    ZOOCHECK_REWRITE=1 pytest tests/toolchains/test_tensorrt_commands.py

writes it anew.
"""

from __future__ import annotations

import ast
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from making import make_case, make_place

from harness.domain.cases import Case
from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.toolchains.tensorrt import backend, commands
from harness.toolchains.worker_session import WORKERS

GOLDEN = Path(__file__).parent / "commands" / "tensorrt.md"
DOCUMENTED = "trtexec --onnx=TinyBERT_sim_bs{bs}.onnx --workspace=5000 --threads"
VERSIONS = ("8.4.3", "10.16.1")

# Every argument that one side has and the other has not, and why.
WHY = {
    "--onnx=TinyBERT_sim_bs{bs}.onnx": "the artifact's own name for the graph",
    "--onnx=model.onnx": "the graph at the case's batch size, in the artifact's folder",
    "--workspace=5000": "gone from TensorRT 10 on",
    "--memPoolSize=workspace:5000": "what TensorRT 10 has for --workspace, in MiB too",
    "--saveEngine=model.engine": "the outputs are read from the engine; it is timed all the same",
    "--fp16": "asked for with --precision fp16; no document has it",
}


def t4_cases(catalog: Catalog) -> Iterator[Case]:
    for model in catalog.models.values():
        deployment = model.deployment("t4")
        if deployment is None:
            continue
        for precision in commands.PRECISIONS:
            for size in deployment.batch_sizes:
                yield make_case(catalog, model.name, "t4", precision=precision, batch_size=size)


def differences(documented: Sequence[str], generated: Sequence[str], size: int) -> list[str]:
    """A line for each argument that only one side has; `KeyError` for one that nobody has explained."""
    reasons = {key.replace("{bs}", str(size)): reason for key, reason in WHY.items()}
    gone = [f"- without `{item}`: {reasons[item]}" for item in documented if item not in generated]
    new = [f"- with `{item}`: {reasons[item]}" for item in generated if item not in documented]
    return gone + new


def section(case: Case) -> Iterator[str]:
    documented = DOCUMENTED.format(bs=case.batch_size)
    printed = case.deployment is not None and "--workspace" in case.deployment.measured_with
    yield f"## {case.id}"
    yield ""
    if printed:
        yield f"Documented: `{documented}`"
    elif case.deployment is not None:
        said = f'Documented: no command, but "{case.deployment.measured_with}".'
        yield f"{said} Held against tinybert's: `{documented}`"
    else:
        yield f"Not documented. Held against `{documented}`"
    for version in VERSIONS:
        lines = {
            "build": commands.build(case, backend.GRAPH, backend.ENGINE, version=version),
            "profile": commands.profile(case, backend.GRAPH, version=version),
        }
        for what, argv in lines.items():
            yield ""
            yield f"{what}, TensorRT {version}: `{shlex.join(argv)}`"
            yield ""
            yield from differences(documented.split(), argv, case.batch_size)
    yield ""


def written(catalog: Catalog) -> str:
    order = " ".join(f"{name}={value}" for name, value in backend.ORDER.items())
    head = [
        "# T4: generated commands beside the documented ones",
        "",
        "Made by tests/toolchains/test_tensorrt_commands.py, which explains every argument that only one",
        "side has. No `--shapes`: trtexec refuses it for a graph of fixed shape. Every command runs with",
        f"`{order}` in the artifact's folder; `--device=N` is added for a card other than 0.",
        "",
        f"Cards: `{shlex.join(commands.cards())}`",
        "",
    ]
    return "\n".join([*head, *(line for case in t4_cases(catalog) for line in section(case))])


def test_the_commands_are_the_documented_ones_but_for_what_is_explained(catalog: Catalog):
    found = written(catalog)
    if os.environ.get("ZOOCHECK_REWRITE"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == found


def test_the_documented_line_is_the_tables(catalog: Catalog):
    """As ascend-tinybert prints it."""
    said = catalog.models["tinybert"].deployment("t4").measured_with
    assert said == DOCUMENTED.format(bs="${bs}")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "--workspace=5000"),
        ("7.2.3", "--workspace=5000"),
        ("9.3.0", "--workspace=5000"),
        ("10.0.1", "--memPoolSize=workspace:5000"),
        ("11.4.1", "--memPoolSize=workspace:5000"),
    ],
)
def test_the_workspace_is_spelled_by_version(catalog: Catalog, version: str | None, expected: str):
    case = make_case(catalog, "tinybert", "t4")
    assert commands.profile(case, "model.onnx", version=version)[2] == expected


@pytest.mark.parametrize(
    ("precision", "version", "expected"),
    [
        (Precision.FP32, "11.4.1", True),
        (Precision.FP16, "11.4.1", False),
        (Precision.FP16, "10.16.1", True),
        (Precision.FP16, None, True),
        (Precision.INT8, "8.4.3", False),
    ],
)
def test_which_precisions_trtexec_makes(precision: Precision, version: str | None, expected: bool):
    """TensorRT 11 has no flags for precisions: its guide for migrating from 10.x."""
    assert commands.takes(precision, version) is expected


def test_a_second_card_is_named(catalog: Catalog):
    case = make_case(catalog, "tinybert", "t4")
    assert commands.profile(case, "model.onnx", version="8.4.3", device=1)[-1] == "--device=1"


def test_a_trtexec_without_a_version_is_tensorrt_7(catalog: Catalog):
    """7 prints none in its first line; what it takes is the documented line."""
    case = make_case(catalog, "tinybert", "t4", precision=Precision.FP32)
    options = backend.Backend().options(case, make_place(facts={"tensorrt": "7 or older"}))
    assert "--workspace=5000" in options["command"]


@pytest.mark.parametrize("script", ["tensorrt.py", "loop.py"])
def test_workers_keep_to_old_pythons(script: str):
    """Python 3.7's syntax: the vendors' READMEs ask for no newer one."""
    ast.parse((WORKERS / script).read_text(encoding="utf-8"), feature_version=(3, 7))

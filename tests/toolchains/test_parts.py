"""What a toolchain's folder holds, and that nobody outside asks for a toolchain by its name."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

from harness import __file__ as package
from harness.domain.catalog import Catalog
from harness.errors import NotYet
from harness.tables import cases
from harness.toolchains import loading
from harness.toolchains.base import Processor
from harness.toolchains.bundling import Bundling
from harness.toolchains.script import BUILD, INFERENCE, PROFILE

HARNESS = Path(package).parent
BUNDLED = ["ascend", "magicmind", "tensorrt", "vastai"]
DRIVEN = [*BUNDLED, "onnxruntime", "torch-cuda", "torchscript"]
# A README's GPU column is found by its chip's backend: a word of the documents, no choice of what runs.
NAMED = {"documents/readme/reading.py"}


def test_the_folders_are_the_toolchains():
    assert loading.with_part("backend") == sorted(DRIVEN)
    assert loading.with_part("commands") == loading.with_part("bundle") == BUNDLED


@pytest.mark.parametrize("name", DRIVEN)
def test_a_backend_says_where_it_computes(name: str):
    """What computes on the host does so in this process; the others' calls keep a card busy."""
    backend = loading.load(name)
    assert isinstance(backend.computes_on, Processor)
    if backend.computes_on is Processor.HOST:
        assert backend.computes_here


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundle_module_has_what_the_contract_says(name: str):
    """Its checks are of stages that a result stands on."""
    module = loading.part(name, "bundle")
    assert isinstance(module, ModuleType)
    for each in (*Bundling.__annotations__, "lay_out", "write_inputs", "read", "declared"):
        assert hasattr(module, each), each
    assert set(module.CHECKS) <= {BUILD, INFERENCE, PROFILE}


def test_a_toolchain_that_is_not_bundled(catalog: Catalog):
    with pytest.raises(NotYet) as caught:
        loading.bundling(cases.named(catalog, "tinybert-cuda-bs1"))
    assert str(caught.value) == (
        "tinybert-cuda-bs1: cases of torch-cuda cannot be bundled; "
        "choose a chip of ascend, magicmind, tensorrt, vastai"
    )


def test_nobody_asks_for_a_toolchain_by_its_name():
    """What a toolchain can do is an attribute of its backend or of its `bundle`."""
    names = {*BUNDLED, "torch-cuda"}
    naming = {
        path.relative_to(HARNESS).as_posix()
        for path in HARNESS.rglob("*.py")
        if path.parent.parent != HARNESS / "toolchains"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    }
    assert naming == NAMED

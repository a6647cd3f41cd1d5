"""Which of zoocheck's modules are part of a key: all that are reached from where the work begins."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import __file__ as harness_file
from harness.artifacts import code
from harness.errors import ArtifactError
from harness.toolchains.loading import load, with_part

BUILDING, REFERENCES, OUTPUTS = (
    "harness.running.building",
    "harness.running.materials",
    "harness.running.inference",
)
BEGIN = {
    "reference": (REFERENCES,),
    "outputs": (OUTPUTS,),
    **{name: (BUILDING, *code.modules_of(load(name))) for name in with_part("backend")},
}
# Each module once, by the first that reaches it.
REACHED = {
    module: what for what, begin in reversed(BEGIN.items()) for module in code.closure(code.ROOT, begin)
}

# What an artifact of any toolchain is made with, however far from the builder it is imported.
OF_EVERY_ARTIFACT = {
    "harness.models.networks", "harness.models.checkpoints.loading", "harness.models.checkpoints.config",
    "harness.models.graphs.export", "harness.models.graphs.products", "harness.models.graphs.torchscript",
    "harness.running.building", "harness.running.materials", "harness.artifacts.cache",
}  # fmt: skip
SCRIPTS = {
    "ascend": {"ascend", "loop", "packages", "versions"},
    "magicmind": {"magicmind_build", "magicmind_run", "loop", "packages"},
    "tensorrt": {"tensorrt", "loop"},
    "vastai": {"vastai", "loop", "packages"},
}
# What decides nothing that is kept: chapters that come after, or stand beside.
NEVER = (
    "reports",
    *(f"harness.{name}" for name in ("cli", "store", "documents", "verdicts", "comparing", "kinds")),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the library that may be changed."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(code.ROOT / "harness", root / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def digest(tree: Path, what: str) -> str:
    """The hash over a copy as it is now."""
    code._sha256.cache_clear()
    return code._sha256(tree, BEGIN[what])


def source_of(tree: Path, module: str) -> Path:
    place = tree.joinpath(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


@pytest.mark.parametrize(("module", "what"), sorted(REACHED.items()), ids=sorted(REACHED))
def test_every_module_that_is_reached_changes_the_key(tree: Path, module: str, what: str):
    """One more line in it, and the key is another; without it, the same again."""
    before = digest(tree, what)
    path = source_of(tree, module)
    content = path.read_bytes()
    path.write_bytes(content + b"\nCHANGED = True\n")
    try:
        assert digest(tree, what) != before
    finally:
        path.write_bytes(content)
    assert digest(tree, what) == before


@pytest.mark.parametrize("what", BEGIN)
def test_what_decides_nothing_changes_no_key(tree: Path, what: str):
    """Every other module of the library changed at once: reports, the command line, the store among them."""
    before = digest(tree, what)
    reached = {source_of(tree, module) for module in code.closure(tree, BEGIN[what])}
    others = [path for path in sorted((tree / "harness").rglob("*.py")) if path not in reached]
    assert not {path for path in reached if str(path.relative_to(tree)).startswith(tuple(NEVER))}
    kept = {path: path.read_bytes() for path in others}
    assert len(kept) > 150
    try:
        for path, content in kept.items():
            path.write_bytes(content + b"\nCHANGED = True\n")
        assert digest(tree, what) == before
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


@pytest.mark.parametrize("what", BEGIN)
def test_no_chapter_that_comes_after_is_reached(what: str):
    """Else a text of a report would have every artifact built anew."""
    assert not [name for name in code.closure(code.ROOT, BEGIN[what]) if name.startswith(NEVER)]


@pytest.mark.parametrize("what", with_part("backend"))
def test_an_artifact_is_keyed_by_its_backend_and_what_all_are_made_with(what: str):
    """Networks' heads and the loading of weights are no steps of a graph."""
    reached = set(code.closure(code.ROOT, BEGIN[what]))
    folder = what.replace("-", "_")
    assert reached >= OF_EVERY_ARTIFACT | {f"harness.toolchains.{folder}.backend"}
    others = {name.replace("-", "_") for name in with_part("backend")} - {folder}
    found = {other for other in others if f"harness.toolchains.{other}.backend" in reached}
    assert found <= {"torchscript"}  # of the GPU's, whose attention is its network's


@pytest.mark.parametrize("what", with_part("backend"))
def test_scripts_that_a_backend_starts_are_part_of_it(what: str):
    """They are named by strings, and import from their own folder."""
    prefix = "harness.toolchains.workers."
    reached = code.closure(code.ROOT, BEGIN[what])
    assert {name.removeprefix(prefix) for name in reached if name.startswith(prefix)} == SCRIPTS.get(
        what, set()
    )


def test_comments_docstrings_and_layout_are_not_code(tree: Path):
    """A page of documentation in the source builds nothing anew; another constant does."""
    path = source_of(tree, "harness.models.networks")
    content = path.read_text(encoding="utf-8")
    before = digest(tree, "onnxruntime")
    try:
        assert content.startswith('"""The PyTorch networks')
        path.write_text(content.replace("The PyTorch networks", "# Networks", 1) + "\n\n# A remark.\n")
        assert digest(tree, "onnxruntime") == before
        path.write_text(content.replace("layer_norm_eps=architecture.layer_norm_eps", "layer_norm_eps=1e-5"))
        assert digest(tree, "onnxruntime") != before
    finally:
        path.write_text(content, encoding="utf-8")


def test_another_schema_is_another_key(monkeypatch: pytest.MonkeyPatch):
    """For what changes without a module that shows it."""
    before = code.of(BUILDING)
    monkeypatch.setattr(code, "SCHEMA", code.SCHEMA + 1)
    assert code.of(BUILDING) != before
    assert before == {"schema": 1, "sha256": code.of(BUILDING)["sha256"]}


def test_imports_are_found_wherever_they_stand(tmp_path: Path):
    """At load, in a function, of a package, of a module by its package; not those of annotations alone."""
    package = tmp_path / "harness"
    for name in ("a", "b", "c", "d", "e", "sub.f", "sub.g"):
        path = package.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (package / "__init__.py").write_text("")
    (package / "sub" / "__init__.py").write_text("from harness import e\n")
    (package / "a.py").write_text(
        "import harness.b\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from harness import d\n"
        "def later():\n    from harness.sub import f\n"
    )
    (package / "b.py").write_text("from harness.c import something\n")
    assert code.closure(tmp_path, ("harness.a",)) == (
        "harness.a", "harness.b", "harness.c", "harness.e", "harness.sub", "harness.sub.f",
    )  # fmt: skip


def test_a_library_without_its_source_is_an_error(tmp_path: Path):
    """What no hash can tell is not guessed."""
    with pytest.raises(ArtifactError, match=r"has no source of harness\.a, which decides what is kept"):
        code.closure(tmp_path, ("harness.a",))


def test_the_version_is_all_that_harness_itself_holds():
    """A release alone builds nothing anew, so nothing else may stand there."""
    docstring, assigned = ast.parse(Path(harness_file).read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(assigned, ast.Assign)
    assert ast.unparse(assigned.targets[0]) == "__version__"


def test_finding_code_imports_nothing_heavy():
    """A key costs a part of a second: neither torch nor onnx is loaded for it."""
    program = (
        "import json, sys\nfrom harness.artifacts import code\n"
        f"code.of({BUILDING!r}, 'harness.toolchains.onnxruntime.backend')\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=code.ROOT, capture_output=True, text=True, check=True
    )
    assert not set(json.loads(said.stdout)) & {"torch", "onnx", "onnxruntime", "transformers", "numpy"}

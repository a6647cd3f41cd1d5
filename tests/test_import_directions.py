"""Imports point one way: the chapters of docs/architecture.md, held against the source and a collection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from imports import CHAPTERS, IMPORTS, MODULES, ROOT, TREES, imports, of, part

# What each tree may import of the repository, and what of harness where that is not all of it.
MAY_IMPORT = {
    "suites": {"fixtures", "harness"},
    "fixtures": {"harness", "reports"},
    "harness": {"reports"},  # `zoocheck report` alone: see the test
    "reports": {"harness"},
    "training": {"harness"},
}
# A report renders what is recorded and runs nothing.
REPORTS_STAND_ON = {
    "harness", "errors", "records", "decoding", "files", "domain", "setting", "machine", "tables", "verdicts",
    "store",
}  # fmt: skip

# Libraries that collecting tests must not load, and those that belong to tests.
HEAVY = {"torch", "onnx", "onnxruntime", "onnxsim", "transformers", "hypothesis", "sqlalchemy"}
OF_TESTS = {"pytest", "_pytest", "pytest_benchmark", "xdist", "hypothesis"}


def test_imports_are_found_wherever_they_stand():
    """At load, under TYPE_CHECKING, in functions and classes; the tests below stand on this."""
    source = textwrap.dedent(
        """
        import os.path
        from harness.verdicts import stats
        from harness import __version__
        if TYPE_CHECKING:
            import torch
        else:
            import json
        try:
            import tomllib
        except ImportError:
            pass
        class C:
            import re
            def f(self):
                from harness.store.results import Store
        g = lambda: __import__("x")
        """
    )
    found = {(item.imported, item.at_load) for item in imports("m", source)}
    assert found == {
        ("os.path", True), ("harness.verdicts.stats", True), ("harness", True), ("torch", False),
        ("json", True), ("tomllib", True), ("re", True), ("harness.store.results", False),
    }  # fmt: skip


def test_every_module_has_its_chapter():
    """A new module says where it belongs, and the list names no chapter that is gone."""
    assert sorted(CHAPTERS) == sorted({part(name) for name in MODULES if name.split(".")[0] == "harness"})


def test_a_chapter_imports_from_those_above_it():
    """In the order of `CHAPTERS`, whether at load or later."""
    order = {chapter: at for at, chapter in enumerate(CHAPTERS)}
    wrong = [
        str(item)
        for item in of("harness")
        if item.tree == "harness" and order[part(item.imported)] > order[part(item.importer)]
    ]
    assert wrong == []


def test_toolchains_know_no_metrics_and_no_datasets():
    """A toolchain builds and runs what it is given; of a task it knows how its files are laid out."""
    known = {item.imported for item in of("harness") if part(item.importer) == "toolchains"}
    assert not {name for name in known if name.startswith("harness.tasks") and ".layouts" not in name}


def test_trees_import_one_way():
    """suites -> fixtures -> harness; reports stand on harness, never the other way but for the command."""
    wrong = [
        str(item)
        for tree in TREES
        for item in of(tree)
        if item.tree in TREES and item.tree != tree and item.tree not in MAY_IMPORT[tree]
    ]
    assert wrong == []
    renderers = {item.importer for item in of("harness") if item.tree == "reports"}
    assert {part(name) for name in renderers} <= {"cli"}


def test_the_library_imports_no_pytest():
    """pytest's glue is fixtures/ and suites/ alone; hypothesis belongs to the tests that draw."""
    wrong = [str(i) for tree in ("harness", "reports", "training") for i in of(tree) if i.tree in OF_TESTS]
    assert wrong == []


def test_reports_read_the_store_and_the_domain():
    """And pure helpers: a report renders what is recorded, and runs nothing."""
    wrong = [
        str(item)
        for item in of("reports")
        if item.tree == "harness" and part(item.imported) not in REPORTS_STAND_ON
    ]
    assert wrong == []


def test_the_database_is_the_stores_alone():
    """Nothing outside harness/store knows what the store is made of."""
    assert {part(item.importer) for item in IMPORTS if item.tree == "sqlalchemy"} == {"store"}


def test_no_cycles_at_load():
    """Whatever module is imported first, no other finds it half made."""
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for item in IMPORTS:
        if item.at_load and item.imported in MODULES and item.imported != item.importer:
            graph[item.importer].add(item.imported)
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        pytest.fail(" imports ".join(problem.args[1]))
    assert len(order) == len(MODULES)


def run_python(*arguments: str, **environment: str) -> str:
    """What a fresh Python prints, started in the repository; it does not hear that we may be a worker."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**ours, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_collection_imports_is_light(tmp_path: Path):
    """Glue and suites load neither torch nor onnx, transformers, hypothesis or a database.

    `fixtures.properties` is what tests of the preprocessing load when they run.
    """
    names = [
        name
        for name in MODULES
        if name.split(".")[0] in ("fixtures", "suites") and not name.startswith("fixtures.properties")
    ]
    assert len(names) > 5
    code = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))\n"
    )
    loaded = set(json.loads(run_python("-c", code, ZOOCHECK_HOME=str(tmp_path))))
    assert {"fixtures", "suites", "harness"} <= loaded
    assert loaded & HEAVY == set()


def test_collecting_the_suites_is_light(tmp_path: Path):
    """`pytest suites/ --collect-only`, as a user starts it, collects every case and loads none of them."""
    (tmp_path / "loaded_modules.py").write_text(
        textwrap.dedent(
            """
            import json, os, pathlib, sys

            def pytest_collection_finish(session):
                loaded = sorted({name.partition(".")[0] for name in sys.modules})
                found = {"items": len(session.items), "loaded": loaded}
                pathlib.Path(os.environ["LOADED_MODULES"]).write_text(json.dumps(found))
            """
        )
    )
    out = tmp_path / "loaded.json"
    run_python(
        "-m", "pytest", "suites/", "--collect-only", "-q", "-p", "loaded_modules", "-p", "no:cacheprovider",
        PYTHONPATH=os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])),
        LOADED_MODULES=str(out), ZOOCHECK_HOME=str(tmp_path / "home"),
    )  # fmt: skip
    found = json.loads(out.read_text())
    assert found["items"] > 100
    assert {"fixtures", "harness"} <= set(found["loaded"])
    assert set(found["loaded"]) & HEAVY == set()
    assert not (tmp_path / "home").exists()  # collecting writes nothing

"""JSON and TOML are decoded in one module, `harness.decoding`; where they are not, it is said here why."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from imports import MODULES

# What decodes, of the modules that could. `json.dumps` and `json.dump` only write.
DECODES = {
    "json": {"load", "loads", "decoder", "JSONDecoder", "JSONDecodeError", "detect_encoding"},
    "tomllib": {"load", "loads", "TOMLDecodeError"},
}
# Further modules that decode JSON or TOML, with whatever is taken of them.
ELSEWHERE = {
    "simplejson",
    "orjson",
    "ujson",
    "rapidjson",
    "msgspec",
    "tomli",
    "toml",
    "tomlkit",
    "pydantic_core",
}

# module -> why it decodes on its own.
ALLOWED = {
    "harness.decoding": "is the one reader",
    "harness.tools.process.supervisor": "runs with -I -S, the standard library alone; reads our line",
    "harness.toolchains.workers.loop": "runs in the vendor's interpreter, without zoocheck; reads our job",
    "harness.toolchains.workers.magicmind_build": "likewise",
    "harness.toolchains.workers.vastai_set": "likewise",
    "harness.tables.validation": "copies a table that was decoded: its text was made a line before",
}


def decoders(source: str) -> Iterator[tuple[int, str]]:
    """Where a module takes something that decodes: the line and the name, under whatever alias."""
    tree = ast.parse(source)
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                if top in ELSEWHERE:
                    yield node.lineno, alias.name
                if top in DECODES:
                    known[alias.asname or top] = top
                if alias.name in ("json.decoder", "json.scanner"):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            top = node.module.partition(".")[0]
            names = {alias.name for alias in node.names}
            taken = (
                names
                if top in ELSEWHERE or node.module.startswith("json.")
                else names & DECODES.get(top, set())
            )
            yield from ((node.lineno, f"{node.module}.{name}") for name in sorted(taken))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = known.get(node.value.id)
            if module and node.attr in DECODES[module]:
                yield node.lineno, f"{module}.{node.attr}"


def test_decoders_are_found_under_any_name():
    source = textwrap.dedent(
        """
        import json, json.decoder
        import json as j
        import tomllib
        from json import loads as read, dumps
        from tomllib import load
        def f(text):
            import orjson
            json.dumps(json.loads(text))
            return j.load(text), tomllib.loads(text), tomllib.TOMLDecodeError, orjson
        """
    )
    assert sorted(name for _, name in decoders(source)) == [
        "json.decoder", "json.load", "json.loads", "json.loads", "orjson", "tomllib.TOMLDecodeError",
        "tomllib.load", "tomllib.loads",
    ]  # fmt: skip


def test_json_and_toml_are_decoded_in_one_module():
    """Deep nesting, huge integers, NaN and text that is cut off end as our errors there, and nowhere else."""
    trees = ("harness", "fixtures", "reports", "suites")
    read = {
        name: list(decoders(path.read_text(encoding="utf-8")))
        for name, path in MODULES.items()
        if name.partition(".")[0] in trees
    }
    direct = {name: found for name, found in read.items() if found}
    strangers = {name: found for name, found in direct.items() if name not in ALLOWED}
    assert not strangers, f"decode with harness.decoding instead: {strangers}"
    assert set(ALLOWED) == set(direct), "an exception that nothing uses any more"

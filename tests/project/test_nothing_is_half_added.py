"""What is added in several places is in all of them, as CONTRIBUTING.md asks: what no other test holds."""

from __future__ import annotations

import inspect
import re
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType

import pytest
import typer

from fixtures import options
from harness.cli import app
from harness.conformance.checks import DOCUMENTED_GRAPH, METAMORPHIC
from harness.domain.cases import Kind
from harness.domain.datasets import Corpus
from harness.domain.measurements import Origin
from harness.domain.metrics import Metric
from harness.domain.models import Head, Protocol, Weights
from harness.kinds.audits import checks as audits
from harness.setting.home import MINIS
from harness.setting.scenarios import Scenario
from harness.setting.stamps import Stamp
from harness.tables import catalog as tables
from harness.tasks.layouts import Layout, load_layout
from harness.tasks.text import Task, load_task
from harness.tasks.text.facts import FACTS
from harness.toolchains import base, loading
from harness.tools import parsers
from reports import model_card
from reports.language import catalogue
from training.__main__ import TRAINERS

ROOT = Path(__file__).resolve().parents[2]
CATALOG = tables.load((tables.BUILT_IN,))
TOOLCHAINS = sorted(path.parent.name for path in Path(str(loading.__file__)).parent.glob("*/backend.py"))
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def lacks(found: object, protocol: type) -> list[str]:
    """The members of `protocol` that `found` lacks, or whose parameters have other names or kinds."""
    fields = [name for name in protocol.__annotations__ if not hasattr(found, name)]
    functions = {name: value for name, value in vars(protocol).items() if isinstance(value, FunctionType)}
    return fields + [
        name
        for name, wanted in functions.items()
        if not name.startswith("_") and parameters(getattr(found, name, None)) != parameters(wanted)
    ]


def parameters(function: object) -> list[tuple[str, object]] | None:
    """Names and kinds, without `self`: the protocol of a module has one where the module has none."""
    if not callable(function):
        return None
    found = inspect.signature(function).parameters.values()
    return [(item.name, item.kind) for item in found if item.name != "self"]


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_a_toolchain_has_every_member_of_backend(name: str):
    """It is loaded by its name, so that no type checker sees what it lacks."""
    assert lacks(loading.load(name), base.Backend) == []


def test_every_chips_toolchain_is_there():
    named = {chip.backend.replace("-", "_") for chip in CATALOG.chips.values()}
    assert named <= set(TOOLCHAINS)


def test_every_documented_chip_runs_every_night():
    """`make run` and `make nightly` choose them by name."""
    documented = {
        item.chip for model in CATALOG.models.values() for item in model.deployments
        if not CATALOG.chips[item.chip].local
    }  # fmt: skip
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [chosen] = re.findall(r"^DOCUMENTED := (.+)$", makefile, re.MULTILINE)
    assert set(chosen.split(" or ")) == {CATALOG.chips[name].marker for name in documented}


@pytest.mark.parametrize("name", CATALOG.models)
def test_a_models_task_and_layout_are_whole(name: str):
    """Both are modules that a table names."""
    model = CATALOG.models[name]
    assert lacks(load_task(model), Task) == []
    assert lacks(load_layout(model), Layout) == []


def test_every_model_has_a_mini_and_what_trained_it():
    """Else its accuracy is only tested where somebody has the documented checkpoint."""
    assert set(TRAINERS) == set(CATALOG.models)
    for name, model in CATALOG.models.items():
        assert (MINIS / name / "card.toml").is_file()
        assert (MINIS / name / "corpus" / CATALOG.datasets[model.dataset].file).is_file()


@pytest.mark.parametrize("name", CATALOG.datasets)
def test_every_data_set_has_a_reader_and_a_model(name: str):
    spec = CATALOG.datasets[name]
    reader = import_module(f"harness.tasks.datasets.{spec.reader}")
    assert [item[0] for item in parameters(reader.read) or []] == ["path", "expected"]
    assert name in {model.dataset for model in CATALOG.models.values()}


def test_every_tool_whose_log_is_read_has_a_module_and_an_excerpt():
    """And every module that recognises a log is asked."""
    tools = [*parsers.THROUGHPUT_TOOLS, *parsers.MONITORS, *parsers.COMPILERS]
    excerpts = [path.name for path in (ROOT / "fixtures" / "logs").glob("*.txt")]
    assert [tool for tool in tools if not any(name.startswith(f"{tool}-") for name in excerpts)] == []
    there = {path.stem for path in Path(str(parsers.__file__)).parent.glob("*.py")} - {"__init__"}
    modules: dict[str, ModuleType] = {name: import_module(f"{parsers.__name__}.{name}") for name in there}
    assert {name for name, module in modules.items() if hasattr(module, "recognises")} == set(tools)


def test_every_check_and_audit_is_said_in_chinese():
    """A report shows the names of both, and what a check claims; neither is a literal of reports/."""
    relations = (text for check in METAMORPHIC.values() for text in (check.name, check.claim))
    said = [*audits.NAMES, DOCUMENTED_GRAPH, *relations]
    assert [text for text in said if text not in catalogue()["zh"]] == []


@pytest.mark.parametrize("words", [Corpus, Kind, Metric, Origin, Protocol, Scenario, Stamp, Weights])
def test_every_word_that_a_result_is_told_by_is_said_in_chinese(words: type[StrEnum]):
    assert [str(word) for word in words if str(word) not in catalogue()["zh"]] == []


def test_a_model_card_knows_every_head_and_score():
    assert set(model_card.TASKS) == set(Head)
    computed = {metric for facts in FACTS.values() for metric in facts.metrics}
    assert set(model_card.METRICS) == {metric for metric in computed if metric.is_score}


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_list_every_command(readme: str):
    """And none that there is not."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    listed = re.findall(r"^    zoocheck ([\w-]+)(?: .*)? #", text, re.MULTILINE)
    assert set(listed) == set(COMMANDS)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_explain_every_option_of_the_suites(readme: str):
    asked: list[str] = []

    class Parser:
        """As much of pytest's as `pytest_addoption` uses."""

        def getgroup(self, *_: str) -> Parser:
            return self

        def addoption(self, name: str, **_: object) -> None:
            asked.append(name)

    options.pytest_addoption(Parser())  # type: ignore[arg-type]
    assert asked
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert [name for name in asked if not re.search(rf"`{name}[ `]", text)] == []


def test_every_command_has_json():
    """As the README says; a group's commands each. One writes JSON as it is."""
    leaves = [
        (f"{name} {below}".strip(), command)
        for name, group in COMMANDS.items()
        for below, command in getattr(group, "commands", {"": group}).items()
    ]
    without = [
        name for name, command in leaves if not any("--json" in option.opts for option in command.params)
    ]
    assert without == ["baseline export"]

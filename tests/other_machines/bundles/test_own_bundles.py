"""A checkpoint of one's own bundled, run in an empty environment and collected, on every chip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import card
import own_models
import pytest
from making import make_case
from simulated import kit

from harness.domain.cases import Case, Kind
from harness.domain.measurements import Origin, VerdictKind
from harness.errors import NotYet
from harness.other_machines.bundles import writing
from harness.other_machines.bundles.collecting import Collected, Collector
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.options import Options
from harness.store.results import Store

CHIPS = {"ascend": "ascend310p", "tensorrt": "t4", "vastai": "vacc", "magicmind": "mlu370"}
ALL = [(toolchain, kind) for toolchain in CHIPS for kind in own_models.KINDS]
# The compiled BERT of Vastai's documents has three inputs and one output.
REFUSED = {
    "sequences": "own-sequences-vacc-bs4: a roberta takes no segments",
    "tokens": "own-tokens-vacc-bs4: a distilbert takes no segments",
    "questions": "own-questions-vacc-bs4: the outputs are start_logits and end_logits",
}
TAKEN = [pair for pair in ALL if pair[0] != "vastai" or pair[1] not in REFUSED]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], own_models.World]:
    """Each kind of checkpoint, saved once."""
    made: dict[str, own_models.World] = {}

    def get(kind: str) -> own_models.World:
        if kind not in made:
            made[kind] = own_models.world(tmp_path_factory.mktemp(kind), kind)
        return made[kind]

    return get


def case_of(world: own_models.World, toolchain: str) -> Case:
    """The model's case on the toolchain's chip."""
    [precision] = world.model.deployment(CHIPS[toolchain]).precisions
    return make_case(
        world.catalog, world.model.name, CHIPS[toolchain], precision=precision, batch_size=own_models.BATCH
    )


def write(world: own_models.World, toolchain: str, folder: Path) -> Case:
    """The bundle of that case, with the full weights."""
    case = case_of(world, toolchain)
    materials = Materials(world.catalog, world.home, Options(weights="full"), Silent())
    writing.write(materials, [case], folder, writing.Choice())
    return case


def there_and_back(
    world: own_models.World, toolchain: str, folder: Path, store: Store, **variables: str
) -> Collected:
    """Written, run by the imitations, and collected."""
    write(world, toolchain, folder / "bundle")
    card.install(toolchain, folder / "tools").run(folder / "bundle", **variables)
    return Collector(world.catalog, world.home, store, "run", Silent()).collect(folder / "bundle")


@pytest.mark.parametrize(("toolchain", "kind"), TAKEN)
def test_there_and_back(toolchain: str, kind: str, worlds, store: Store, tmp_path: Path):
    """Both claims; the score and every prediction are those of the checkpoint's own fp32, or nearly."""
    found = there_and_back(worlds(kind), toolchain, tmp_path, store)
    accuracy, throughput = found.results
    assert accuracy.verdict.kind is VerdictKind.SURVIVES, accuracy.verdict.message
    assert throughput.verdict.kind is VerdictKind.NOT_COMPARABLE, throughput.verdict.message
    assert accuracy.measurement.origin is Origin.SIMULATED
    flips = accuracy.measurement.detail["flips"]
    assert flips is None if kind == "numbers" else flips <= 2
    assert abs(accuracy.measurement.detail["own_fp32"]) > 0
    assert accuracy.measurement.samples == len(accuracy.measurement.raw["predictions"])
    assert throughput.measurement.metrics["throughput"] > 0


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_chips_documented_commands_do_not_take_is_one_sentence(kind: str, worlds, tmp_path: Path):
    """And no bundle is left."""
    with pytest.raises(NotYet) as raised:
        write(worlds(kind), "vastai", tmp_path / "bundle")
    assert str(raised.value).startswith(REFUSED[kind])
    assert "run its stand-in with --target stand-in" in str(raised.value)
    assert list((tmp_path / "bundle").iterdir()) == []


@pytest.mark.parametrize("kind", ["tokens", "questions"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("ais_bench:swapped-samples", "outputs of samples in each other's place"),
        ("ais_bench:nan", "with a NaN or an infinity"),
        ("ais_bench:fewer-outputs", "missing (1): {last}_0.bin"),
        ("atc:other-chip", "build: exit status 255"),
    ],
)
def test_faults_of_the_tools_are_told(kind: str, fault: str, said: str, worlds, store: Store, tmp_path: Path):
    found = there_and_back(worlds(kind), "ascend", tmp_path, store, **{kit.VARIABLE: fault})
    [accuracy] = [item for item in found.results if item.measurement.kind is Kind.ACCURACY]
    assert accuracy.verdict.kind is VerdictKind.ERROR
    folder = tmp_path / "bundle" / "inputs" / f"own-{kind}" / "input_ids"
    last = len(list(folder.iterdir())) - 1
    if "fewer" in fault and kind == "questions":
        said = said.replace("(1)", "(2)")
    assert said.format(last=last) in accuracy.verdict.message

"""The audits of a throughput, and what each of them catches.

backend                                   | timed outputs | repeated sample | another seed | mask matters
computes what it is asked                 |               |                 |              |
keeps results by the content of a batch   |               | caught          |              |
keeps results by the content of a sample  |               | caught          |              |
gives the last outputs in timed calls     | caught        |                 |              |
has the result of the timed batch         |               |                 | caught       |
ignores the mask                          |               |                 |              | caught
"""

from __future__ import annotations

from collections.abc import Iterator

import cheats
import mini
import numpy as np
import pytest
from making import make_case

from harness.domain.cases import Case, Kind
from harness.domain.catalog import Catalog
from harness.domain.measurements import Origin, VerdictKind
from harness.errors import BadOutput, NotThere
from harness.kinds import throughput
from harness.kinds.audits import batches, measuring, outputs, speeds
from harness.kinds.audits.checks import NAMES, OUTPUTS, REPEATED, SEED
from harness.kinds.runner import Runner
from harness.setting.home import Home
from harness.setting.options import Options
from harness.setting.plans import Plan, WarmUpRule
from harness.store.results import Store

FEW = Plan(timed_s=0.0, calls=40, longest_s=600.0, warm_up=WarmUpRule(window_s=0.0))
MASK = "mask"


@pytest.fixture
def opened(
    small_tables: Catalog, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Runner, mini.TorchMaterials, cheats.Clock]]:
    clock = cheats.Clock()
    monkeypatch.setattr(speeds, "CLOCK", clock)
    monkeypatch.setattr(measuring, "plan_for", lambda stamp, batch_size: FEW)
    materials = mini.TorchMaterials(small_tables, home, Options())
    return Runner(materials, store, "run-1"), materials, clock


def a_case(materials: mini.TorchMaterials) -> Case:
    return make_case(materials.catalog, mini.MODEL, "ascend310p", batch_size=4)


@pytest.mark.parametrize(
    ("session", "caught"),
    [
        (cheats.Honest, set()),
        (cheats.CachesResults, {REPEATED}),
        (cheats.CachesSamples, {REPEATED}),
        (cheats.SkipsWork, {OUTPUTS}),
        (cheats.KnowsTheBatch, {SEED}),
        (cheats.IgnoresTheMask, {MASK}),
    ],
)
def test_which_check_catches_which_cheat(opened, session: type, caught: set[str]) -> None:
    """The table above. What is caught falls short, and everything else holds."""
    runner, materials, clock = opened
    case = a_case(materials)
    found = set()
    for check in (*NAMES, MASK):
        materials.backend = cheats.Backend(materials, session, clock)
        result = measuring.audit(runner, case, check) if check in NAMES else runner.conformance(case, check)
        verdict, measurement = result.verdict, result.measurement
        assert measurement.kind is (Kind.THROUGHPUT if check in NAMES else Kind.CONFORMANCE)
        assert (measurement.check, verdict.reference) == (check, None)
        assert verdict.kind in (VerdictKind.SURVIVES, VerdictKind.FALLS_SHORT), verdict.message
        found |= {check} if verdict.kind is VerdictKind.FALLS_SHORT else set()
    assert found == caught


def test_a_case_whose_tool_makes_the_calls_is_not_told(opened) -> None:
    """Nothing is built for it."""
    runner, materials, _ = opened
    assert materials.backend.computes_here == ()
    with pytest.raises(
        NotThere, match=r"cannot be audited: the vendor's tool makes the timed calls in its own process"
    ):
        measuring.audit(runner, a_case(materials), OUTPUTS)
    assert materials.backend.calls == []


def test_calls_too_slow_to_take_turns_are_not_told(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 calls of 30 s are longer than the 60 s of a quick stamp; two are enough to know it."""
    runner, materials, clock = opened
    monkeypatch.setattr(cheats, "WORK_NS", 30_000_000_000)
    materials.backend = cheats.Backend(materials, cheats.Honest, clock)
    with pytest.raises(NotThere, match=r"40 calls in turns would take 1200 s, longer than the 60 s"):
        measuring.audit(runner, a_case(materials), SEED)
    assert len(materials.backend.calls) == 2


class Noisy(cheats.Honest):
    """Each call takes half to twice as long as it should, and its outputs scatter."""

    def run(self, inputs: list) -> list:
        draw = self.backend.__dict__.setdefault("draw", np.random.default_rng(0))
        before = self.backend.clock.now_ns
        result = [array + draw.normal(size=array.shape).astype(array.dtype) for array in super().run(inputs)]
        self.backend.clock.now_ns = before + int(cheats.WORK_NS * 2 ** draw.uniform(-1, 1))
        return result


def test_noise_is_neither_good_nor_bad(opened) -> None:
    runner, materials, clock = opened
    materials.backend = cheats.Backend(materials, Noisy, clock)
    verdict = measuring.audit(runner, a_case(materials), REPEATED).verdict
    assert verdict.kind is VerdictKind.NOT_COMPARABLE
    assert "too noisy to tell whether that is within 10 %" in verdict.message


def test_a_backend_that_is_not_deterministic_is_held_to_its_own_spread(opened) -> None:
    runner, materials, clock = opened
    materials.backend = cheats.Backend(materials, Noisy, clock)
    found = measuring.audit(runner, a_case(materials), OUTPUTS)
    assert found.verdict.kind is VerdictKind.SURVIVES
    assert "; two untimed calls differ by at most " in found.verdict.message
    assert found.measurement.detail["noise"] > 0


def test_an_error_of_an_audit_has_no_documented_number(opened) -> None:
    """It is not the throughput that could not be measured."""
    runner, materials, _ = opened
    materials.origin = Origin.CHIP
    case, problem = a_case(materials), BadOutput("broken")
    assert runner.fail(case, Kind.THROUGHPUT, problem, check=SEED).verdict.reference is None
    assert runner.fail(case, Kind.THROUGHPUT, problem).verdict.reference is not None


# ------------------------------------------------------------------ the parts


def test_varied_batches_have_no_sample_twice(opened) -> None:
    """They keep the data's masks; the repeated sample is as long as the mean."""
    runner, materials, _ = opened
    case = a_case(materials)
    samples = throughput.built(runner, case).samples
    draw = batches.varied(case, samples, vocabulary=10_000, seed=0)
    ids = [row.tobytes() for _ in range(25) for row in draw()[0]]
    assert len(set(ids)) > 97
    masks = {row.tobytes() for row in samples.features.inputs["mask"]}
    [at] = [i for i, item in enumerate(case.model.inputs) if item.role == "mask"]
    assert {row.tobytes() for row in draw()[at]} <= masks
    same = batches.repeated(case, samples)
    assert all((array == array[0]).all() for array in same)
    assert same[at][0].sum() >= samples.features.inputs["mask"].sum(axis=1).mean()


def test_outputs_are_copied_before_the_next_call_writes_over_them() -> None:
    """A session with one output buffer: every kept array is its own call's."""
    buffer = np.zeros(3)

    def call(batch: list) -> list:
        buffer[:] = batch[0]
        return [buffer]

    shown = [[np.full(3, float(at))] for at in range(4)]
    kept = outputs.timed(call, shown, FEW)
    assert len(kept.latencies_ns) >= 40
    assert 8 <= len(kept.outputs) <= 40
    assert all((found[0] == batch).all() for _, batch, found in kept.outputs)
    assert kept.outputs[-1][0] == len(kept.latencies_ns)
    reference = [call(batch)[0].copy() for batch in shown]
    found = outputs.compare(kept, [[x] for x in reference], [[x] for x in reference])
    assert found.holds
    assert found.differing == 0


def test_a_network_that_ignores_its_inputs_cannot_be_audited() -> None:
    kept = outputs.timed(lambda batch: [np.zeros(3)], [[np.zeros(3)], [np.ones(3)]], FEW)
    same = [[np.zeros(3)], [np.zeros(3)]]
    with pytest.raises(BadOutput, match=r"2 different batches have the very same outputs"):
        outputs.compare(kept, same, same)


def test_a_nan_that_only_timed_calls_give_is_an_error() -> None:
    kept = outputs.timed(lambda batch: [np.full(3, np.nan)], [[np.zeros(3)], [np.ones(3)]], FEW)
    untimed = [[np.zeros(3)], [np.ones(3)]]
    with pytest.raises(BadOutput, match=r"differ by a NaN"):
        outputs.compare(kept, untimed, untimed)

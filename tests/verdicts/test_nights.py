"""What nights say of a machine and of each of its series, on simulated ones."""

from __future__ import annotations

import math
import random

import pytest

from harness.verdicts import nights
from harness.verdicts.effects import Finding, Timed, throughput_change
from harness.verdicts.nights import LEAST_SPREAD, LEAST_TOLD, Nights, least_spread, of_nights
from harness.verdicts.noise import ASSUMED, NOTHING, Spread

EACH, TOGETHER = 1 - 0.01 / 30, 0.99


def names(count: int) -> list[str]:
    return [f"night {at:03}" for at in range(count)]


def machine(
    draw: random.Random,
    count: int,
    *,
    series: int = 30,
    own: float = 0.005,
    shared: float = 0.0,
    step: tuple[int, float] | None = None,
) -> Nights[int]:
    """The nights of a machine: `step` makes it faster for good from a night on."""
    of_night = [draw.gauss(0, shared) for _ in range(count)]
    if step is not None:
        of_night = [value + (step[1] if at >= step[0] else 0) for at, value in enumerate(of_night)]
    table = {
        key: {
            name: 100 * (key + 1) * math.exp(draw.gauss(0, own) + extra)
            for name, extra in zip(names(count), of_night, strict=True)
        }
        for key in range(series)
    }
    return of_nights(table, names(count))


def test_what_series_share_is_told_from_what_each_has() -> None:
    found = machine(random.Random(1), 30, own=0.004, shared=0.02)
    noise = found.noise(3)
    assert noise is not None
    assert noise.own.sd == pytest.approx(0.004, rel=0.35)
    assert noise.shared.sd == pytest.approx(0.02, rel=0.4)
    assert noise.own.degrees > noise.shared.degrees == 29
    assert "of 30 earlier runs and 30 series of this machine" in noise.words
    assert not noise.assumed


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_of_few_nights_what_all_share_is_assumed_and_said_to_be(count: int) -> None:
    noise = machine(random.Random(2), count).noise(0)
    if count == 1:
        assert noise is None
    else:
        assert noise.shared == ASSUMED
        assert noise.assumed
        assert "an assumed one of 1.5 % for all series alike, of too few runs" in noise.words
        assert noise.half_width(EACH, TOGETHER) > 0.0546  # never below the assumed one


def test_a_new_series_starts_from_what_its_machine_does() -> None:
    """31 of 60 new cases on a well-known machine were false alarms."""
    found = machine(random.Random(3), 20, own=0.01)
    noise, known = found.noise(999), found.noise(5)
    assert noise is not None
    assert noise.own.sd == pytest.approx(0.01, rel=0.25)
    assert noise.half_width(EACH, TOGETHER) >= 0.9 * known.half_width(EACH, TOGETHER)
    assert not noise.assumed


def test_series_that_scatter_unlike_each_other_say_less_of_a_new_one() -> None:
    draw = random.Random(4)
    alike = {key: {name: math.exp(draw.gauss(0, 0.01)) for name in names(20)} for key in range(20)}
    unlike = {
        key: {name: math.exp(draw.gauss(0, 0.001 * 1.35**key)) for name in names(20)} for key in range(20)
    }
    first, second = (of_nights(table, names(20)).prior for table in (alike, unlike))
    assert first is not None
    assert second is not None
    assert second.degrees < 5 < first.degrees


def test_a_series_alone_is_known_from_five_nights_of_its_own() -> None:
    draw = random.Random(5)

    def alone(count: int) -> Nights[str]:
        return of_nights(
            {"one": {name: math.exp(draw.gauss(0, 0.01)) for name in names(count)}}, names(count)
        )

    assert alone(4).noise("one") is None
    noise = alone(20).noise("one")
    assert noise is not None
    assert noise.shared == NOTHING  # its own nights hold both
    assert noise.own.sd == pytest.approx(0.01, rel=0.5)


def test_the_series_of_a_machine_help_to_know_the_spread_of_each() -> None:
    """Ten nights that scatter by 1 %, a hundred pairs: 8 % is seen with 40 other series, not without them."""
    draw = random.Random(11)
    table = {key: {name: math.exp(draw.gauss(0, 0.01)) for name in names(10)} for key in range(41)}
    alone, helped = (of_nights(part, names(10)).noise(0) for part in ({0: table[0]}, table))
    pair = Timed(samples_per_s=2000.0), Timed(samples_per_s=1840.0)
    found = [
        throughput_change(*pair, noise, confidence=1 - 0.01 / 100, together=0.99) for noise in (alone, helped)
    ]
    findings = [item.finding(margin=0.05, least=0.01) for item in found]
    assert findings == [Finding.TOO_NOISY, Finding.WORSE]


def test_a_step_of_the_whole_machine_is_no_noise() -> None:
    """20 % faster for good: neither seen as a spread of all, nor of each; and told with its place."""
    for ago in (5, 8, 12, 18):
        found = machine(random.Random(6), 31, step=(31 - ago, math.log(1.2)))
        noise = found.noise(0)
        assert noise.half_width(EACH, TOGETHER) < 0.04
        assert found.step is not None
        assert found.step.at == 31 - ago
        assert found.step.after - found.step.before == pytest.approx(math.log(1.2), abs=0.01)
    assert machine(random.Random(6), 31).step is None


def test_nights_that_a_step_blinded_are_counted() -> None:
    """By what was known at each of them, and not by what is known today: four of eight."""
    draw = random.Random(7)
    table = {
        key: {
            name: 100 * math.exp(draw.gauss(0, 0.005)) * (1.2 if at >= 4 else 1)
            for at, name in enumerate(names(12))
        }
        for key in range(30)
    }
    found = of_nights(table, names(12))
    assert found.step is not None
    wide = 0
    for end in range(5, 13):
        part = {key: dict(list(values.items())[:end]) for key, values in table.items()}
        noise = of_nights(part, names(12)[:end]).noise(0)
        wide += noise is None or noise.half_width(EACH, TOGETHER) > 0.05
    assert 1 <= wide < 8
    counted = nights.blind(table, names(12), found, limit=0.05, each=EACH, together=TOGETHER)
    assert abs(counted - wide) <= 1  # half of the series, against the first
    steady = of_nights({0: dict.fromkeys(names(6), 1.0)}, names(6))
    assert nights.blind({}, [], steady, limit=0.05, each=EACH, together=TOGETHER) == 0


def test_runs_of_one_case_say_nothing_of_what_all_share() -> None:
    """Four a night of one series each: taken for nights without any swing they gave 43 false ones of 100."""
    draw = random.Random(12)
    order: list[str] = []
    table: dict[int, dict[str, float]] = {key: {} for key in range(12)}
    for night in range(10):
        swing = draw.gauss(0, 0.03)
        order.append(f"{night:03}")
        for key in table:
            table[key][order[-1]] = math.exp(draw.gauss(0, 0.005) + swing)
        for extra in range(4):
            order.append(f"{night:03}-{extra}")
            table[extra][order[-1]] = math.exp(draw.gauss(0, 0.005) + draw.gauss(0, 0.03))
    found = of_nights(table, order)
    assert list(found.of_machine) == [name for name in order if "-" not in name]
    assert found.shared is not None
    assert found.shared.sd == pytest.approx(0.03, rel=0.5)
    assert found.shared.degrees == 9
    assert found.own[0].sd == pytest.approx(0.005, rel=0.6)


@pytest.mark.parametrize(
    ("values", "least"),
    [
        ([113.0, 114.0], 0.6 / 113.5), ([45.0, 45.0], 0.6 / 45), ([12.3, 12.0], LEAST_TOLD),
        ([2.5, 2.7], 0.06 / 2.6), ([707.89], LEAST_TOLD), ([8.0 / 3.0], LEAST_TOLD),
    ],
)  # fmt: skip
def test_a_tools_number_may_scatter_by_what_it_was_rounded_to(values: list[float], least: float) -> None:
    assert least_spread(values, told=True) == pytest.approx(least)
    assert least_spread(values, told=False) == LEAST_SPREAD


def test_numbers_that_a_tool_rounded_are_rarely_news_among_many_series() -> None:
    """10 to 60 samples/s, rounded to whole: what all share is no whole number, and hid the rounding."""
    draw, false = random.Random(13), 0
    for _ in range(60):
        level = [draw.uniform(10, 60) for _ in range(30)]
        table = {
            key: {name: float(round(level[key] * math.exp(draw.gauss(0, 0.01)))) for name in names(30)}
            for key in range(30)
        }
        known = of_nights({key: dict(list(v.items())[:-1]) for key, v in table.items()}, names(29), range(30))
        false += any(
            abs(math.log(table[key]["night 029"] / table[key]["night 028"]))
            > known.noise(key).half_width(EACH, TOGETHER)
            for key in table
        )
    assert false <= 2


def test_a_step_between_equal_numbers_is_a_step_and_no_rounding() -> None:
    values = dict(zip(names(30), [100.0] * 15 + [90.0] * 15, strict=True))
    assert of_nights({"one": values}, names(30), ["one"]).own["one"].sd < 0.01
    many = {key: dict(zip(names(30), [100.0] * 15 + [120.0] * 15, strict=True)) for key in range(5)}
    found = of_nights(many, names(30), range(5))
    assert found.step is not None
    assert found.shared.sd < 0.01


def test_a_step_of_one_series_is_none_of_its_noise() -> None:
    draw = random.Random(8)
    steady = {key: {name: math.exp(draw.gauss(0, 0.005)) for name in names(30)} for key in range(20)}
    stepped = {name: value * (1.2 if at >= 15 else 1) for at, (name, value) in enumerate(steady[0].items())}
    found = of_nights({**steady, 0: stepped}, names(30))
    assert found.own[0].sd < 0.01
    assert found.step is None


def test_equal_results_are_no_proof_of_a_machine_without_noise() -> None:
    table = {key: dict.fromkeys(names(8), 100.0) for key in range(5)}
    counted, told = of_nights(table, names(8)), of_nights(table, names(8), told=[0])
    assert LEAST_SPREAD <= counted.noise(0).own.sd < 1.1 * LEAST_SPREAD
    assert told.noise(0).own.sd == pytest.approx(0.006)  # 0.6 of the last digit of 100


def test_results_that_drift_slowly_do_not_look_steady() -> None:
    """Neighbours that differ by 1 % and nights a month apart that differ by 6 %: the latter counts."""
    drifting = {name: 2000 * math.exp(0.06 * math.sin(at / 5)) for at, name in enumerate(names(30))}
    assert of_nights({"one": drifting}, names(30)).own["one"].sd > 0.02


def test_a_night_without_some_series_is_no_shift_of_it() -> None:
    draw = random.Random(9)
    table = {
        key: {name: 10.0**key * math.exp(draw.gauss(0, 0.004)) for name in names(20)[key % 7 :]}
        for key in range(12)
    }
    found = of_nights(table, names(20))
    assert max(map(abs, found.of_machine.values())) < 0.01
    assert found.step is None


# ----------------------------------------------------------- nothing known but tonight


def test_the_changes_of_one_night_say_how_unlike_they_are() -> None:
    draw = random.Random(10)
    changes = {key: draw.gauss(0.1, 0.02 * math.sqrt(2)) for key in range(30)}
    least = dict.fromkeys(range(30), LEAST_SPREAD)
    found = nights.of_pair(changes, least)
    assert found[0].own.sd == pytest.approx(0.02, rel=0.35)  # that all are 10 % faster is none of it
    assert found[0].shared == ASSUMED
    assert "among these 30 changes" in found[0].words
    assert nights.of_pair(dict.fromkeys(range(9), 0.1), least) == {}


def test_a_prior_takes_three_series() -> None:
    spreads = [Spread(sd=0.01, degrees=10.0)] * 2
    assert nights.prior(spreads) is None
    common = nights.prior([*spreads, spreads[0]])
    assert common is not None
    assert common.sd == pytest.approx(0.01, rel=0.06)

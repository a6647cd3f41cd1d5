"""`benchmarks/by_hand.py` tells right from wrong, and its list is of what stands in the zoos' READMEs."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import by_hand
from benchmarks.by_hand import Compared, Printed

TEXT = """# Lanternfish

| batch | mAP | fps |
|---|---|---|
| 1 | 0.41 | 1,204.5 |
| 8 | 0.41 | 4000 |

Of the smaller model 0.39 is told nowhere.
"""
MAP = {"metric": "map", "unit": "fraction", "role": "measured", "chip": "t4"}
FPS = {"metric": "throughput", "unit": "samples/s", "role": "measured", "chip": "t4"}


def value(line: int, column: int, digits: str, meaning: Mapping[str, object], **more: object):
    """A value as a reading has it."""
    said = {**meaning, **more}
    return SimpleNamespace(
        line=line, column=column, number=SimpleNamespace(printed=digits), get=said.get, part=""
    )


READ = (
    value(5, 1, "0.41", MAP, batch_size=1),
    value(5, 2, "1,204.5", FPS, batch_size=1),
    value(6, 1, "0.41", MAP, batch_size=8),
    value(6, 2, "4000", FPS, batch_size=8),
)


def printed(line: int, number: str, metric: str = "map", batch: str = "-", **more: str) -> Printed:
    """A value as the list has it."""
    unit = "samples/s" if metric == "throughput" else "fraction"
    said = {"called": "", "unit": unit, "role": "measured", "chip": "t4", "precision": "-"}
    said |= {"setting": "", "about": ""}
    return Printed(path="it", line=line, number=number, metric=metric, batch=batch, **said | more)


BY_HAND = (
    printed(5, "0.41", batch="1"),
    printed(5, "1,204.5", "throughput", batch="1"),
    printed(6, "0.41", batch="8"),
    printed(6, "4000", "throughput", batch="8"),
)


def compared(read=READ, hand=BY_HAND, notes=(), claims=None, refused: str = "") -> Compared:
    """A comparison where the catalog takes all that is read, unless `claims` says what it takes."""
    taken = [
        SimpleNamespace(
            printed=item.number.printed, metric=item.get("metric"), chip=item.get("chip"),
            batch_size=item.get("batch_size"),
        )
        for item in (read if claims is None else claims)
    ]  # fmt: skip
    tables = [SimpleNamespace(values=read)]
    return Compared("it", hand, TEXT, tables=tables, unread=notes, claims=taken, refused=refused)


def note(line: int, what: str):
    return SimpleNamespace(line=line, what=what, why="it is told")


def test_what_is_read_as_by_hand_is_right():
    one = compared()
    assert (len(one.read), one.right, one.wrong, one.unasked, one.missed) == (4, 4, [], [], [])


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"metric": "accuracy"}, "metric"),
        ({"unit": "percent"}, "value"),
        ({"role": "baseline"}, "role"),
        ({"chip": None}, "chip"),
        ({"batch_size": 2}, "batch"),
        ({"precision": "fp16"}, "precision"),
        ({"length": 384}, "setting"),
    ],
)
def test_a_part_that_differs_is_wrong_in_that_part(said, kind):
    """Also where the tool says what the README does not."""
    other = value(5, 1, "0.41", MAP, **{"batch_size": 1, **said})
    one = compared(read=(other, *READ[1:]))
    assert ([item.kind for item in one.wrong], one.right) == ([kind], 3)


@pytest.mark.parametrize(
    ("hand", "said", "kinds"),
    [
        ({"called": "0.5 0.95"}, {"called": "mAP@0.50:0.95"}, []),
        ({"called": "0.5 0.95"}, {"called": "mAP"}, ["called"]),
        ({"setting": "length=64"}, {"length": 64}, []),
        ({"setting": "length=64"}, {"length": 128}, ["setting"]),
        ({"setting": "length=64"}, {}, ["setting"]),
        ({"setting": "variant=tail fin"}, {"variant": "the Tail-fin"}, []),
        ({"setting": "variant=tail fin"}, {"dataset": "tail", "variant": "left"}, ["setting"]),
        ({"setting": "variant=tail|fin"}, {"variant": "fin"}, []),
        ({"about": "dataset=COCO"}, {}, []),
        ({"about": "dataset=COCO"}, {"dataset": "coco 2017"}, []),
        ({"about": "dataset=COCO"}, {"dataset": "VOC"}, ["setting"]),
        ({"metric": "other|map"}, {}, []),
        ({"precision": "-|fp16"}, {"precision": "fp16"}, []),
    ],
)  # fmt: skip
def test_what_tells_a_value_apart_has_to_be_said_and_what_is_true_of_it_may_be(hand, said, kinds):
    first = printed(5, "0.41", **{"batch": "1", **hand})
    read = value(5, 1, "0.41", MAP, batch_size=1, **said)
    assert [item.kind for item in compared((read, *READ[1:]), (first, *BY_HAND[1:])).wrong] == kinds


def test_two_values_that_the_tool_does_not_tell_apart_are_wrong():
    """Each is right by itself, but no claim says which is which."""
    hand = [printed(line, "0.41", batch="-|1", setting=f"variant={name}|fish")
            for line, name in ((5, "large"), (6, "small"))]  # fmt: skip
    read = [value(line, 1, "0.41", MAP, variant="fish") for line in (5, 6)]
    assert [item.kind for item in compared(read, hand).wrong] == ["not told apart"] * 2


def test_what_is_no_result_is_wrong_unless_it_is_a_fact():
    more = value(6, 0, "8", FPS), value(5, 0, "1", FPS, role="fact")
    one = compared(read=(*READ, *more))
    assert [(item.kind, item.line) for item in one.unasked] == [("no result", 6)]


def test_a_number_beside_results_counts_nowhere():
    beside = printed(8, "0.39", role="beside")
    for said in ({}, {"role": "fact"}, {"metric": "other"}):
        read = (*READ, value(8, 0, "0.39", MAP, **said)) if said else READ
        one = compared(read, (*BY_HAND, beside))
        assert (len(one.results), one.right, one.unasked, one.missed) == (4, 4, [], [])
    as_score = compared((*READ, value(8, 0, "0.39", MAP)), (*BY_HAND, beside))
    assert [item.kind for item in as_score.unasked] == ["no result"]


def test_what_the_catalog_does_not_have_is_not_read():
    """It was understood, but its table or its row was not written."""
    one = compared(claims=READ[2:])
    assert (len(one.understood), len(one.read)) == (4, 2)
    assert [item.kind for item in one.lost] == ["lost without a word"] * 2
    refused = compared(claims=(), refused="a name twice")
    assert [item.kind for item in refused.missed] == ["not read, told"] * 4


@pytest.mark.parametrize(
    ("line", "what", "told"),
    [
        (5, "0.41", True),  # at its line
        (5, "row '1', column 'mAP'", True),
        (5, "row '1', column 'fps'", False),
        (3, "batch", False),  # at the head, about another column
        (3, "mAP", True),
        (3, "the table", True),
        (1, "Lanternfish", True),  # at the title above
        (6, "row 8", False),  # of another row
        (8, "0.39", False),
    ],
)
def test_a_note_tells_of_its_line_its_column_or_its_table(line, what, told):
    [missed] = compared(read=READ[1:], notes=[note(line, what)]).missed
    assert (missed.kind == "not read, told") is told


@pytest.mark.parametrize("name", by_hand.SETS)
def test_every_number_of_the_list_stands_in_its_line(data_folder: Path, name: str):
    """As often as the list has it there; and the READMEs are those that the seed chooses."""
    folder = data_folder / "readmes"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: ZOOCHECK_DATA holds no readmes/ of the zoos")
    truth = by_hand.printed(by_hand.SETS[name].file)
    assert sorted(truth) == sorted(drawn(folder)[name])
    for path, values in truth.items():
        lines = (folder / path).read_text(encoding="utf-8").split("\n")
        for item in values:
            there = re.findall(rf"(?<![\d.]){re.escape(item.number)}(?![\d]|\.\d)", lines[item.line - 1])
            mine = [other for other in values if (other.line, other.number) == (item.line, item.number)]
            assert len(there) >= len(mine), (path, item.line, item.number)


def drawn(folder: Path) -> dict[str, list[str]]:
    """The READMEs of every list, as the heads say: none is in two."""
    found = dict[str, list[str]]()
    for name, chosen in by_hand.SETS.items():
        rng, earlier = random.Random(chosen.seed), set(chain.from_iterable(found.values()))
        found[name] = []
        for zoo, count in chosen.counts.items():
            files = sorted(
                item.relative_to(folder).as_posix()
                for item in (folder / zoo).rglob("*") if item.suffix.lower() == ".md"
            )  # fmt: skip
            others = [file for file in rng.sample(files, len(files)) if file not in earlier]
            found[name] += others[:count]
    return found

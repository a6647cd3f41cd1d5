"""Monitors' lists of cards: what is not told stays a fact that is not told, and one card leaves the others.

The forms are those of public reports (`source`); values are retyped, or made up where a form alone counts.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import Card, CardList

RULE = "+-----------------------------------------+------------------------+----------------------+\n"
HEAD = (
    "+-----------------------------------------------------------------------------------------+\n"
    "| NVIDIA-SMI 550.54.15              Driver Version: 550.54.15      CUDA Version: 12.4     |\n"
    f"{RULE}"
    "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |\n"
    "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |\n"
    "|                                         |                        |               MIG M. |\n"
    "|=========================================+========================+======================|\n"
)
# In the middle what a GB10 prints of its memory (unslothai/unsloth pull 10283).
SMI = (
    f"{HEAD}"
    "|   0  Tesla T4                       Off |   00000000:5E:00.0 Off |                    0 |\n"
    "| N/A   41C    P0             27W /   70W |       3MiB /  15360MiB |      0%      Default |\n"
    "|                                         |                        |                  N/A |\n"
    f"{RULE}"
    "|   1  NVIDIA A30                      On |   00000000:BA:00.0 Off |                  Off |\n"
    "| 30%   52C    P2            128W /  165W |   12362MiB /  24576MiB |    100%   E. Process |\n"
    "|                                         |                        |             Disabled |\n"
    f"{RULE}"
)
QUERY = """\
==============NVSMI LOG==============
Driver Version                            : 550.54.15
CUDA Version                              : 12.4
Attached GPUs                             : 2
GPU 00000000:5E:00.0
    Product Name                          : Tesla T4
    MIG Mode
        Current                           : N/A
    FB Memory Usage
        Total                             : 15360 MiB
        Used                              : 3 MiB
    Utilization
        GPU                               : 0 %
    Temperature
        GPU Current Temp                  : 41 C
    GPU Power Readings
        Average Power Draw                : 27.10 W
GPU 00000000:BA:00.0
    Product Name                          : NVIDIA A30
    MIG Mode
        Current                           : Disabled
    FB Memory Usage
        Total                             : 24576 MiB
        Used                              : 12362 MiB
    Utilization
        GPU                               : 100 %
    Temperature
        GPU Current Temp                  : 52 C
    GPU Power Readings
        Average Power Draw                : 128.00 W
"""
CSV = """\
index, name, pci.bus_id, driver_version, memory.total [MiB], memory.used [MiB], temperature.gpu, power.draw [W], utilization.gpu [%]
0, Tesla T4, 00000000:5E:00.0, 550.54.15, 15360 MiB, 3 MiB, 41, 27.10 W, 0 %
1, NVIDIA A30, 00000000:BA:00.0, 550.54.15, 24576 MiB, 12362 MiB, 52, 128.00 W, 100 %
"""  # noqa: E501
DOUBLE = "+===============================+=================+======================================+\n"
NPU = (
    "+------------------------------------------------------------------------------------------+\n"
    "| npu-smi 24.1.rc2                         Version: 24.1.rc2                               |\n"
    "+-------------------------------+-----------------+--------------------------------------+\n"
    "| NPU     Name                  | Health          | Power(W) Temp(C) Hugepages-Usage(page) |\n"
    "| Chip    Device                | Bus-Id          | AICore(%)    Memory-Usage(MB)        |\n"
    f"{DOUBLE}"
    "| 8       310P3                 | OK              | 15.8     59      0     / 0           |\n"
    "| 0       0                     | 0000:01:00.0    | 7            1397 / 44280            |\n"
    "+-------------------------------+-----------------+--------------------------------------+\n"
    "| 8       310P3                 | Alarm           | 12.5     61      0     / 0           |\n"
    "| 1       1                     | 0000:02:00.0    | 9            1420 / 44280            |\n"
    f"{DOUBLE}"
)
# Of 910B, whose chips have no number beside that of the card (vllm-project/vllm-ascend issue 1767).
HBM = (
    "+------------------------------------------------------------------------------------------------+\n"
    "| npu-smi 24.1.0.3                 Version: 24.1.0.3                                             |\n"
    "+---------------------------+---------------+----------------------------------------------------+\n"
    "| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|\n"
    "| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |\n"
    f"{DOUBLE}"
    "| 0     910B2               | OK            | 96.4        37                0    / 0             |\n"
    "| 0                         | 0000:C1:00.0  | 0           0    / 0          3397 / 65536         |\n"
    f"{DOUBLE}"
    "| 1     910B2               | OK            | 88.7        38                0    / 0             |\n"
    "| 0                         | 0000:C2:00.0  | 5           0    / 0          46084/ 65536         |\n"
    f"{DOUBLE}"
)
MLU_RULE = "+-------------------------------+----------------------+-----------------------+\n"
MLU = (
    "+------------------------------------------------------------------------------+\n"
    "| CNMON v5.10.22                                               Driver v5.10.22 |\n"
    f"{MLU_RULE}"
    "| Card  VF  Name       Firmware |               Bus-Id | Util        Ecc-Error |\n"
    "| Fan   Temp      Pwr:Usage/Cap |         Memory-Usage | Mode     Compute-Mode |\n"
    "|===============================+======================+=======================|\n"
    "| 0     /   MLU370-X8    v1.1.6 |         0000:13:00.0 | 0%                  0 |\n"
    "|  0%   28C        107 W/ 250 W |     0 MiB/ 20638 MiB | FULL          Default |\n"
    f"{MLU_RULE}"
    "| 1     /   MLU370-X4    v1.1.6 |         0000:16:00.0 | 40%                 0 |\n"
    "|  5%   32C        110 W/ 150 W |  1024 MiB/ 23308 MiB | FULL          Default |\n"
    f"{MLU_RULE}"
)
LISTINGS = {
    "nvidia_smi table": SMI, "nvidia_smi -q": QUERY, "nvidia_smi csv": CSV,
    "npu_smi device": NPU, "npu_smi hbm": HBM, "cnmon 5": MLU,
}  # fmt: skip
FACTS = [field.name for field in dataclasses.fields(Card) if field.name not in ("unread", "trouble", "share")]


def parse(which: str, text: str) -> CardList:
    tool = which.partition(" ")[0]
    assert parsers.recognise(text) == tool
    found: CardList = import_module(f"harness.tools.parsers.{tool}").parse(parsers.read(text))
    return found


def words(which: str) -> Iterator[tuple[int, int]]:
    """Where each word that is told of a card stands: in the rows of a table, the values of the others."""
    text = LISTINGS[which]
    begin = text.index("\n", text.index("|=" if "|=" in text else "+=" if "+=" in text else "\n"))
    values = (
        r"[^ ,\n][^,\n]*"
        if "csv" in which
        else r"(?<= : )\S.*"
        if "-q" in which
        else r"Tesla T4|NVIDIA A30|E\. Process|[^\s|]+"
    )
    for found in re.compile(values).finditer(text, begin):
        if "+--" not in found[0] and "+==" not in found[0]:
            yield found.span()


PLACES = [pytest.param(which, place, id=f"{which}-{LISTINGS[which][slice(*place)]}-{place[0]}")
          for which in LISTINGS for place in words(which)]  # fmt: skip


def facts(cards: CardList) -> list[dict[str, object]]:
    return [{name: getattr(card, name) for name in FACTS} for card in cards.cards]


@pytest.mark.parametrize("which", LISTINGS)
def test_a_sound_listing_has_every_fact_and_no_word_that_is_not_known(which: str):
    found = parse(which, LISTINGS[which])
    assert [(dict(card.unread), card.trouble, card.share) for card in found.cards] in (
        [({}, None, None)] * 2, [({"MIG mode": "N/A"}, None, None), ({}, None, None)],
    )  # fmt: skip
    untold = {"device", "health"} - ({"health"} if "npu" in which else set())
    for card in facts(found):
        assert {name for name in FACTS if card[name] is None} <= untold
    assert found.said == ()


@pytest.mark.parametrize(("which", "place"), PLACES)
@settings(max_examples=6)
@given(word=st.text("qxzjk", min_size=2, max_size=6), before=st.booleans())
def test_an_unknown_word_beside_a_known_one_is_told_or_refused(
    which: str, place: tuple[int, int], word: str, before: bool
):
    """And of the facts around it each is what it was, or not told: none is read out of the rest."""
    text, at = LISTINGS[which], place[0 if before else 1]
    put = f"{word} " if before else f" {word}"
    try:
        found = parse(which, f"{text[:at]}{put}{text[at:]}")
    except ParseError:
        return
    assert word in repr(found), "the word was dropped"
    sound = facts(parse(which, text))
    assert len(found.cards) == len(sound)
    for card, was in zip(facts(found), sound, strict=True):
        for name, value in card.items():
            assert value in (was[name], None) or word in str(value)


@pytest.mark.parametrize(("which", "place"), PLACES)
def test_a_fact_that_is_not_there_leaves_the_cards(which: str, place: tuple[int, int]):
    """Each is listed, the neighbour whole; what was taken away is None, and no other value has its place."""
    text = LISTINGS[which]
    blank = " " * (place[1] - place[0])
    found, sound = parse(which, text[: place[0]] + blank + text[place[1] :]), parse(which, text)
    changed = [(now, was) for now, was in zip(facts(found), facts(sound), strict=True) if now != was]
    assert len(changed) <= 1
    for now, was in changed:
        lost = {name for name in FACTS if now[name] != was[name]}
        assert {now[name] for name in lost} == {None}


@pytest.mark.parametrize(
    "value", ["N/A", "[N/A]", "[Insufficient Permissions]", "Not Supported", "[Not Supported]"]
)
@pytest.mark.parametrize("fact", ["15360 MiB", "3 MiB", "41", "27.10 W", "0 %", "00000000:5E:00.0"])
def test_a_value_that_is_withheld_is_kept_in_the_tools_word(fact: str, value: str):
    """Of a MIG slice in a container, a GB10, a driver without permission; the card is there."""
    card, other = parse(
        "nvidia_smi csv", CSV.replace(f", {fact},", f", {value},").replace(f", {fact}\n", f", {value}\n")
    ).cards
    assert (card.index, card.name, card.trouble) == (0, "Tesla T4", None)
    assert list(card.unread.values()) == [value]
    assert getattr(card, next(iter(card.unread))) is None
    assert not other.unread


def test_memory_that_is_not_supported_leaves_the_card_below():
    """The table of a GB10, which shares its host's memory, and a T4 with a broken fan (`source` of SMI)."""
    text = SMI.replace("      3MiB /  15360MiB |", "Not Supported          |").replace(
        "| 30%   52C ", "|ERR!   52C "
    )
    one, other = parse("nvidia_smi table", text).cards
    assert (one.memory_total_mib, one.unread["memory_total_mib"], one.power_w) == (None, "Not Supported", 27)
    assert (other.memory_total_mib, other.temperature_c, dict(other.unread)) == (24576, 52, {})


@pytest.mark.parametrize("said", ["GPU is lost", "GPU requires reset", "Unknown Error"])
def test_a_lost_card_is_listed_with_what_the_tool_says(said: str):
    """NVIDIA/dcgm-exporter issue 604: every value of the card is that sentence."""
    lost = re.sub(r"^(1), .*$", rf"\1, [{said}]" + f", [{said}]" * 7, CSV, flags=re.MULTILINE)
    one, other = parse("nvidia_smi csv", lost).cards
    assert (one.name, dict(one.unread)) == ("Tesla T4", {})
    assert (other.number, other.name, other.trouble, str(other)) == (1, None, said, f"1 ({said})")


def test_a_sentence_among_the_cards_is_kept_apart():
    """What nvidia-smi prints in the place of a card that it cannot reach."""
    said = "Unable to determine the device handle for GPU0000:BA:00.0: GPU is lost.  Reboot, to recover it"
    found = parse("nvidia_smi csv", CSV.replace(CSV.splitlines()[2], said))
    assert [card.name for card in found.cards] == ["Tesla T4"]
    assert found.said == (" ".join(said.split()),)


def test_a_line_of_too_few_values_is_of_its_card():
    one, other = parse("nvidia_smi csv", CSV[: CSV.rindex(", 52")] + "\n").cards
    assert (one.power_w, dict(one.unread)) == (27.1, {})
    assert (other.name, other.memory_used_mib, other.power_w) == ("NVIDIA A30", 12362, None)
    assert other.unread["power_w"] == "[its line has 6 values, its header 9]"


@pytest.mark.parametrize("which", ["table", "-q"])
def test_the_headings_of_driver_610(which: str):
    """NVIDIA/ai-cloud-validation pull 473, sgl-project/sglang issue 27487: two names, and a sentence."""
    text = LISTINGS[f"nvidia_smi {which}"]
    new = text.replace("CUDA Version", "CUDA UMD Version").replace("Driver Version", "KMD Version")
    if which == "-q":
        gone = "Driver Version       : [Deprecated; will be removed in CUDA 14.0. Use KMD Version instead]\n"
        new = new.replace("Attached", f"{gone}Attached")
    found = parse(f"nvidia_smi {which}", new.replace("550.54.15", "610.57.04").replace("12.4", "13.3"))
    assert (found.driver, found.cuda, found.said) == ("610.57.04", "13.3", ())
    assert facts(found) == facts(parse(f"nvidia_smi {which}", text))


@pytest.mark.parametrize("which", ["table", "-q"])
@pytest.mark.parametrize("known", ["Driver Version", "CUDA Version"])
@given(word=st.text("qxzjk", min_size=2, max_size=6))
def test_a_heading_that_nobody_knows_is_told(which: str, known: str, word: str):
    """The next name that a vendor finds for it: no driver is made of it, and no CUDA."""
    text = LISTINGS[f"nvidia_smi {which}"].replace(known, f"{word} Version")
    found = parse(f"nvidia_smi {which}", text)
    assert (found.driver is None) is (known == "Driver Version")
    assert (found.cuda is None) is (known == "CUDA Version")
    assert [said.partition(" Version")[0] for said in found.said] == [word]


def test_power_is_the_first_reading_that_is_told():
    """Driver 610 has two, of which the average is not there; a board's memory and module have others."""
    average = "        Average Power Draw                : 27.10 W\n"
    told = "        Average Power Draw : N/A\n        Instantaneous Power Draw : 26.40 W\n"
    memory = "    GPU Memory Power Readings\n        Average Power Draw : 3.00 W\n"
    text = QUERY.replace(average, told).replace(
        "    GPU Power Readings\n", f"{memory}    GPU Power Readings\n", 1
    )
    assert parse("nvidia_smi -q", text).cards[0].power_w == 26.4


@pytest.mark.parametrize(("old", "new"), [("15360 MiB", "15 GiB"), ("27.10 W", "0.027 kW"), ("0 %", "0 ‰")])
def test_another_unit_is_not_read_as_the_usual_one(old: str, new: str):
    (card, _) = parse("nvidia_smi csv", CSV.replace(old, new)).cards
    assert list(card.unread.values()) == [new]
    (card, _) = parse("nvidia_smi csv", CSV.replace("memory.total [MiB]", "memory.total [GiB]")).cards
    assert (card.memory_total_mib, card.unread) == (None, {"memory_total_mib": "15360 MiB [GiB]"})


def test_a_card_that_is_split_says_so():
    """MIG in both forms; virtual functions and instances of an MLU: a part is no card."""
    table = SMI.replace("             Disabled |", "              Enabled |")
    query = QUERY.replace(": Disabled", ": Enabled")
    assert [card.share for card in parse("nvidia_smi table", table).cards] == [None, "MIG"]
    assert [card.share for card in parse("nvidia_smi -q", query).cards] == [None, "MIG"]
    parts = parse("cnmon 5", MLU.replace("| 1     /   MLU370-X4", "| 0     3   MLU370-X4"))
    assert [card.share for card in parts.cards] == [None, "VF 3"]
    assert parts.of(0) == parts.cards[0]  # the whole one
    assert parse("cnmon 5", MLU.replace("FULL ", "MIM  ", 1)).cards[0].share == "MIM"


@pytest.mark.parametrize("said", ["NA", "-"])
def test_a_chip_in_trouble_leaves_the_one_beside_it(said: str):
    """vllm-project/vllm-ascend issue 2534 and Syllo/nvtop issue 421 have such values; a 310B has no bus."""
    text = NPU.replace("| 12.5     61 ", f"| {said}     {said}  ").replace("1420 / 44280", f"{said} / {said}")
    text = text.replace("0000:02:00.0", said).replace("| 9    ", f"| {said}    ").replace("Alarm", "Critical")
    one, other = parse("npu_smi device", text).cards
    assert facts(parse("npu_smi device", NPU))[0] == facts(parse("npu_smi device", text))[0]
    assert (one.number, other.number, other.health, other.memory_total_mib) == (0, 1, "Critical", None)
    assert set(other.unread.values()) == {said}


def test_a_chip_whose_second_number_is_not_there_has_none():
    """8 is the card's number, and `--device` counts chips: it is not to be taken for one."""
    found = parse("npu_smi device", NPU.replace("| 1       1  ", "| 1       -  "))
    assert [card.number for card in found.cards] == [0, None]
    assert str(found.cards[1]) == "a card whose number is not told (310P3)"
    assert found.of(8) is None


def test_a_column_that_nobody_knows_is_told():
    text = HBM.replace("HBM-Usage(MB)        |", "HBM-Usage(MB) L9(MB) |")
    text = text.replace("3397 / 65536 ", "3397 / 65536 1 / 2 ")
    found = parse("npu_smi hbm", text)
    assert found.said == ("L9(MB)",)
    assert (found.cards[0].memory_total_mib, found.cards[1].memory_total_mib) == (65536, None)


def test_the_newest_npu_smi_has_the_name_in_a_cell_of_its_own():
    """Ascend 950, as the source of npu-smi prints its headings: `NPU ID`, and no number of a chip."""
    text = (
        "| npu-smi 26.0.0                              Version: 26.0.0                               |\n"
        "+--------+-------------+---------------+---------------------------------------------------+\n"
        "| NPU ID | Name        | Health        | Power(W)    Temp(C)         Hugepages-Usage(page) |\n"
        "|        |             | Bus-Id        | NPU Util(%) Memory-Usage(MB)  HBM-Usage(MB)       |\n"
        "+========+=============+===============+===================================================+\n"
        "| 3      | Ascend950   | OK            | 201.5       44              0    / 0              |\n"
        "|        |             | 0000:9D:00.0  | 12          0    / 0        3143 / 131072         |\n"
        "+========+=============+===============+===================================================+\n"
        "| NPU ID               | Process id    | Process name             | Process memory(MB)     |\n"
        "| 3                    | 824166        | python                   | 59316                  |\n"
    )
    (card,) = parse("npu_smi", text).cards
    assert (card.number, card.name, card.power_w, card.utilisation_percent) == (3, "Ascend950", 201.5, 12)
    assert (card.memory_used_mib, card.memory_total_mib, dict(card.unread)) == (3143, 131072, {})


# What no card can be, where in each listing it stands, and what is said of it.
IMPOSSIBLE = [
    ("nvidia_smi table", "|      0%      Default", "|    541%      Default", "utilisation_percent", "541%"),
    ("nvidia_smi -q", ": 0 %", ": 541 %", "utilisation_percent", "541 %, expected at most"),
    ("nvidia_smi csv", "27.10 W, 0 %", "27.10 W, 541 %", "utilisation_percent", "541 %, expected at most"),
    ("npu_smi device", "| 7            1397", "| 101          1397", "utilisation_percent", "101, "),
    ("npu_smi hbm", "| 0           0    /", "| 255         0    /", "utilisation_percent", "255, "),
    ("cnmon 5", "| 0%                  0 |", "| 200%                0 |", "utilisation_percent", "200%, "),
    ("nvidia_smi table", "27W /   70W", "-5W /   70W", "power_w", "-5W"),
    ("nvidia_smi -q", ": 27.10 W", ": -27.10 W", "power_w", "-27.10 W"),
    ("nvidia_smi csv", "27.10 W", "4294967.29 W", "power_w", "4294967.29 W, expected at most 10000 W"),
    ("npu_smi device", "15.8     59 ", "-15.8    59 ", "power_w", "-15.8"),
    ("cnmon 5", "107 W/", "-10 W/", "power_w", "-10 W"),
    ("nvidia_smi table", "  41C ", " 511C ", "temperature_c", "511C, expected at most 150 C"),
    ("nvidia_smi -q", ": 41 C", ": 511 C", "temperature_c", "511 C, expected at most 150 C"),
    ("nvidia_smi csv", " 41,", " 511,", "temperature_c", "511, expected at most 150 C"),
    ("npu_smi device", "15.8     59 ", "15.8     -59", "temperature_c", "-59"),
    ("npu_smi hbm", "96.4        37 ", "96.4        370", "temperature_c", "370, expected at most 150 C"),
    ("cnmon 5", " 28C ", " 280C", "temperature_c", "280C, expected at most 150 C"),
    ("nvidia_smi table", "   3MiB /", "15999MiB /", "memory_used_mib", "15999 MiB used of 15360 MiB"),
    ("nvidia_smi -q", ": 3 MiB", ": 15999 MiB", "memory_used_mib", "15999 MiB used of 15360 MiB"),
    ("nvidia_smi csv", " 3 MiB", " 15999 MiB", "memory_used_mib", "15999 MiB used of 15360 MiB"),
    ("npu_smi device", "1397 / 44280", "1397 / 1000 ", "memory_used_mib", "1397 MiB used of 1000 MiB"),
    ("npu_smi hbm", "3397 / 65536", "99397 / 65536", "memory_used_mib", "99397 MiB used of 65536 MiB"),
    ("cnmon 5", " 0 MiB/ 20638", "20999 MiB/ 20638", "memory_used_mib", "20999 MiB used of 20638 MiB"),
]  # fmt: skip


@pytest.mark.parametrize(("which", "old", "new", "fact", "says"), IMPOSSIBLE)
def test_a_number_that_no_card_can_have_is_told_and_not_taken(
    which: str, old: str, new: str, fact: str, says: str
):
    """The other facts, and the card beside it, stay what they are."""
    text = LISTINGS[which]
    assert old in text
    before, behind = parse(which, text), parse(which, text.replace(old, new, 1))
    one, *others = behind.cards
    assert getattr(one, fact) is None
    assert says in one.unread[fact]
    changed = {fact} if fact != "memory_used_mib" else {fact, "memory_total_mib"}
    assert set(one.unread) == changed
    assert all(getattr(one, name) == getattr(before.cards[0], name) for name in FACTS if name not in changed)
    assert one.trouble is None
    assert others == list(before.cards[1:])


@pytest.mark.parametrize(
    ("old", "new", "fact", "most"),
    [
        ("27.10 W, 0 %", "27.10 W, 100 %", "utilisation_percent", 100),
        (" 41,", " 150,", "temperature_c", 150),
        ("27.10 W", "10000 W", "power_w", 10_000),
    ],
)
def test_the_most_that_a_card_can_have_is_taken(old: str, new: str, fact: str, most: float):
    card = parse("nvidia_smi csv", CSV.replace(old, new, 1)).cards[0]
    assert (getattr(card, fact), dict(card.unread)) == (most, {})


def test_memory_that_is_all_used_is_taken():
    card = parse("nvidia_smi csv", CSV.replace(" 3 MiB", " 15360 MiB", 1)).cards[0]
    assert (card.memory_used_mib, card.memory_total_mib) == (15360, 15360)


@pytest.mark.parametrize(
    ("which", "old", "new", "said"),
    [
        ("nvidia_smi table", "CUDA Version: 12.4 ", "CUDA UMD: 13.5     ", "CUDA UMD: 13.5"),
        ("nvidia_smi table", "CUDA Version: 12.4 ", "Kernel Module: Open", "Kernel Module: Open"),
        ("nvidia_smi -q", "CUDA Version   ", "CUDA UMD       ", "CUDA UMD: 12.4"),
        ("npu_smi device", "Version: 24.1.rc2 ", "Driver : 24.1.rc2 ", "Driver : 24.1.rc2"),
        ("cnmon 5", "Driver v5.10.22", "Drv v5.10.22   ", "Drv v5.10.22"),
    ],
)
def test_a_heading_that_is_not_known_is_told_as_it_stands(which: str, old: str, new: str, said: str):
    text = LISTINGS[which]
    assert old in text
    assert parse(which, text).said == ()
    found = parse(which, text.replace(old, new, 1))
    assert said in found.said
    assert None in (found.driver, found.cuda)


@pytest.mark.parametrize(
    ("old", "new", "fact", "said"),
    [
        ("GPU Power Readings", "Module Power Readings", "power_w",
         "not under `GPU Power Readings/Power Draw`; "
         "there is `Module Power Readings/Average Power Draw: 27.10 W`"),
        ("        GPU                               : 0 %", "        SM                                : 0 %",
         "utilisation_percent", "not under `Utilization/GPU`; there is `Utilization/SM: 0 %`"),
        ("FB Memory Usage", "Device Memory Usage", "memory_total_mib",
         "not under `FB Memory Usage/Total`; there is `Device Memory Usage/Total: 15360 MiB`"),
        ("GPU Current Temp", "GPU T.Limit Temp", "temperature_c",
         "not under `Temperature/GPU Current Temp`; there is `Temperature/GPU T.Limit Temp: 41 C`"),
    ],
)  # fmt: skip
def test_an_entry_under_another_heading_is_told_and_not_taken(old: str, new: str, fact: str, said: str):
    assert old in QUERY
    card = parse("nvidia_smi -q", QUERY.replace(old, new, 1)).cards[0]
    assert getattr(card, fact) is None
    assert card.unread[fact] == said


def test_what_a_listing_was_not_asked_for_is_not_missed():
    """`nvidia-smi -q -d MEMORY` has no other section."""
    start = QUERY.index("    Utilization"), QUERY.index("GPU 00000000:BA")
    card = parse("nvidia_smi -q", QUERY[: start[0]] + QUERY[start[1] :]).cards[0]
    assert (card.power_w, dict(card.unread)) == (None, {})


def test_an_error_where_ecc_or_persistence_stands_is_told():
    first = SMI[SMI.index("|   0  ") :].partition("\n")[0]
    assert first.endswith("0 |")
    broken = parse("nvidia_smi table", SMI.replace(first, f"{first[:-6]}ERR! |", 1)).cards[0]
    assert broken.unread["ECC errors"] == "ERR!"
    off = parse("nvidia_smi table", SMI.replace(first, first.replace(" Off |", "ERR! |", 1), 1)).cards[0]
    assert off.unread["persistence"] == "ERR!"


@pytest.mark.parametrize(
    ("which", "old", "new"),
    [
        ("nvidia_smi csv", "\n1, NVIDIA A30", "\n0, NVIDIA A30"),
        ("nvidia_smi table", "|   1  ", "|   0  "),
        ("npu_smi device", "| 1       1   ", "| 1       0   "),
        ("npu_smi hbm", "| 1     910B2", "| 0     910B2"),
        ("cnmon 5", "| 1     /   ", "| 0     /   "),
    ],
)
def test_a_number_that_two_cards_have_chooses_none(which: str, old: str, new: str):
    assert old in LISTINGS[which]
    found = parse(which, LISTINGS[which].replace(old, new, 1))
    assert [card.number for card in found.cards] == [None, None]
    assert {card.unread["index"] for card in found.cards} == {"0, which 2 cards have"}
    assert {card.trouble for card in found.cards} == {"2 cards have its number, 0"}
    assert found.of(0) is None


def test_a_place_on_the_bus_that_two_cards_have_is_nobodys():
    found = parse("nvidia_smi csv", CSV.replace("00000000:BA:00.0", "00000000:5E:00.0"))
    assert [(card.number, card.bus_id, card.trouble) for card in found.cards] == [
        (0, None, None),
        (1, None, None),
    ]
    assert found.cards[0].unread["bus_id"] == "00000000:5E:00.0, which 2 cards have"


def test_chips_of_one_card_may_share_its_place_on_the_bus():
    found = parse("npu_smi device", NPU.replace("0000:02:00.0", "0000:01:00.0"))
    assert [card.bus_id for card in found.cards] == ["0000:01:00.0"] * 2


def test_the_parts_of_a_card_may_share_its_number():
    """Virtual functions of an MLU stand beside the whole card."""
    row = MLU[MLU.index("| 0     /") :].partition(MLU_RULE)[0]
    parts = "".join(MLU_RULE + row.replace("| 0     /", f"| 0     {part}") for part in (0, 1))
    found = parse("cnmon 5", MLU.replace(row, row + parts, 1))
    assert [(card.number, card.share) for card in found.cards[:3]] == [(0, None), (0, "VF 0"), (0, "VF 1")]
    assert found.of(0) == found.cards[0]

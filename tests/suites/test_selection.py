"""What `pytest suites/` selects, in which order, and what it says to a selection that cannot be."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from zoo_runs import HEAVY, SUITES, Zoo

# The order of cases: model, chip and precision as in the tables, then the batch size. Local chips run
# every model at the batch sizes that some chip documents.
MITE = [
    f"mite-{chip}-bs{size}"
    for chip in ("cpu", "cuda", "abacus", "tally", "quipu", "quipu-int8")
    for size in (1, 4)
]
TESTS = ("test_accuracy.py::test_accuracy", "test_conformance.py::test_output_parity",
         "test_throughput.py::test_throughput")  # fmt: skip

# Of a task with one text: what is asked of two is not collected.
CHECKS = (
    "output_parity", "the_documented_graph_survives", "the_batch_does_not_change_a_sample",
    "the_order_of_the_batch_does_not_change_a_sample",
    "what_stands_in_the_padding_does_not_matter", "the_padded_length_does_not_matter",
    "the_last_partial_batch_equals_a_full_one", "the_mask_matters",
    "the_same_input_twice_gives_the_same_bits",
)  # fmt: skip
OF_FP16 = ("the_documented_graph_survives",)  # on chips, of a document that exports below opset 17
OF_SEVERAL = ("the_batch_does_not_change_a_sample", "the_last_partial_batch_equals_a_full_one")


def checks(cases: list[str]) -> list[str]:
    """The checks of each case, one behind the other: its artifact is opened once for them.

    Of a batch of one nothing is asked about its other samples; of quipu alone, in fp16, its documented graph.
    """
    return [
        f"test_conformance.py::test_{check}[{case}]"
        for case in cases
        for check in CHECKS
        if not (case.endswith("-bs1") and check in OF_SEVERAL)
        if case.startswith("mite-quipu-bs") or check not in OF_FP16
    ]


def ids(cases: list[str], tests: tuple[str, ...] = TESTS) -> list[str]:
    return [f"{test}[{case}]" for test in tests for case in cases]


def test_documented_cases_in_order(zoo: Zoo, tmp_path: Path) -> None:
    """Without options every test has every documented batch size and precision, in the tables' order."""
    run = zoo.collect(tmp_path, "-m", "mite")
    assert run.status == 0
    assert run.collected == [*ids(MITE, TESTS[:1]), *checks(MITE), *ids(MITE, TESTS[2:])]
    assert "ERROR" not in run.out


def test_the_built_in_cases_of_a_chip(zoo: Zoo, tmp_path: Path) -> None:
    """`-m ascend310p --bs 8`, the documented way in, selects each model that has the chip, at batch 8."""
    run = zoo.collect(tmp_path, "-m", "ascend310p and accuracy", "--bs", "8")
    expected = [f"{model}-ascend310p-bs8" for model in ("bert-large-ner", "spanbert", "tinybert")]
    assert run.collected == ids(expected, TESTS[:1])


def test_what_is_of_one_model_comes_together(zoo: Zoo, tmp_path: Path) -> None:
    """Its scores, then its checks: one process of several has its samples and networks."""
    run = zoo.collect(tmp_path, "-m", "(mite or tinybert) and (accuracy or conformance)", "--bs", "4")
    models = [name.partition("[")[2].partition("-")[0] for name in run.collected]
    assert sorted(set(models)) == ["mite", "tinybert"]
    assert sum(one != next_ for one, next_ in pairwise(models)) == 1
    for model in ("mite", "tinybert"):
        tests = [name.partition("::")[0] for name in run.collected if f"[{model}-" in name]
        assert tests == sorted(tests), "test_accuracy.py before test_conformance.py"


def test_kind_model_and_chip_are_markers(zoo: Zoo, tmp_path: Path) -> None:
    run = zoo.collect(tmp_path, "-m", "mite and (abacus or tally) and not accuracy and not throughput")
    assert run.collected == checks(MITE[4:8])


def test_batch_sizes_are_sorted_and_taken_once(zoo: Zoo, tmp_path: Path) -> None:
    """An undocumented size is as good as a documented one; naming one twice runs it once."""
    run = zoo.collect(tmp_path, "-m", "mite and abacus and accuracy", "--bs", "8,1,8, 3")
    assert run.collected == ids([f"mite-abacus-bs{size}" for size in (1, 3, 8)], TESTS[:1])


def test_precision_replaces_the_documented_ones(zoo: Zoo, tmp_path: Path) -> None:
    """An id names the precision only where it is not the chip's default one."""
    run = zoo.collect(tmp_path, "-m", "mite and accuracy", "--bs", "1", "--precision", "fp16,fp32")
    expected = [
        "mite-cpu-bs1", "mite-cpu-fp16-bs1", "mite-cuda-bs1", "mite-cuda-fp16-bs1",
        "mite-abacus-bs1", "mite-abacus-fp16-bs1", "mite-tally-bs1", "mite-tally-fp16-bs1",
        "mite-quipu-fp32-bs1", "mite-quipu-bs1",
    ]  # fmt: skip
    assert run.collected == ids(expected, TESTS[:1])


def test_collecting_imports_nothing_heavy(zoo: Zoo, tmp_path: Path) -> None:
    """No library of the measuring is imported to know which tests there are, nor a database."""
    (tmp_path / "imports.py").write_text(
        "import sys\n"
        "def pytest_collection_finish():\n"
        "    print('imported:', *sorted({name.partition('.')[0] for name in sys.modules}), ':end')\n"
    )
    path = os.pathsep.join([zoo.environment["PYTHONPATH"], str(tmp_path)])
    alone = zoo.but(changes={"PYTHONPATH": path})
    run = alone.started(tmp_path, "pytest", *SUITES, "--collect-only", "-p", "imports")
    imported = set(run.out.partition("imported:")[2].partition(":end")[0].split())
    assert run.status == 0
    assert "harness" in imported
    assert imported.isdisjoint(HEAVY)


EXIST = (
    "models: bert_chinese_ner, bert_large_ner, bert_squad, spanbert, tinybert, mite; "
    "chips: ascend310, ascend310p, t4, vacc, mlu370, cpu, cuda, abacus, tally, quipu; "
    "kinds: accuracy, throughput, conformance"
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--bs", "0"), "--bs 0: '0' is not a batch size; write whole numbers from 1 to 999999999, as 1"),
        (("--bs", "x"), "--bs x: 'x' is not a batch size"),
        (("--bs", "1,,2"), "--bs 1,,2: '' is not a batch size"),
        (("--bs", ""), "'' is not a batch size"),
        (("--bs", "99999999999999"), "is not a batch size; write whole numbers from 1 to 999999999"),
        (("--precision", "fp8"), "'fp8' is not a precision; there are fp32, tf32, fp16, bf16, int8"),
        (("-m", "mitee and cpu"), f"no marker is called 'mitee'; {EXIST}"),
        (("-m", "2024_mite and cpu"), f"no marker is called '2024_mite'; {EXIST}"),
        (("-m", "bert-large-ner"), f"no marker is called 'bert-large-ner'; {EXIST}"),
        (("-m", "mite and vacc"), f"no case has the markers 'mite and vacc'; {EXIST}"),
        (("-m", "audit"), f"no case has the markers 'audit'; {EXIST}"),
        (("-m", "mite and vacc", "-n", "2"), f"no case has the markers 'mite and vacc'; {EXIST}"),
        (("--limit", "0"), "argument --limit: found '0', expected a whole number from 1 on"),
        (("--device", "-1"), "argument --device: found '-1', expected a whole number from 0 on"),
        (("--weights", "half"), "'half' (choose from 'auto', 'full', 'mini', 'random')"),
        (("--target", "moon"), "'moon' (choose from 'auto', 'chip', 'stand-in')"),
        (("--protocol", "none"), "'none' (choose from 'documented', 'standard', 'both')"),
        (("--results", "nonsense"), "'nonsense': found no database URL"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_impossible_selection_is_a_usage_error(
    zoo: Zoo, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Exit status 4 and one sentence that lists what there is; nothing runs, so there is no report."""
    run = zoo.suites(tmp_path, *arguments)
    assert run.status == 4
    assert said in run.out + run.err
    assert "Traceback" not in run.out + run.err
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["serial", "parallel"])
def test_a_home_that_cannot_be_is_one_usage_error(zoo: Zoo, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Said once, before any test is set up; what only collects needs no home."""
    (tmp_path / "file").write_text("")
    homeless = zoo.but(home=tmp_path / "file" / "home")
    run = homeless.suites(tmp_path, "-m", "mite and abacus", *more)
    assert run.status == 4
    assert (run.out + run.err).count("cannot be the zoocheck home: Not a directory") == 1
    assert "set ZOOCHECK_HOME to a folder that can be written" in run.out + run.err
    assert "Traceback" not in run.out + run.err
    assert homeless.collect(tmp_path, "-m", "mite and abacus").status == 0


def test_mistakes_in_tables_are_a_usage_error(zoo: Zoo, tmp_path: Path) -> None:
    """Every mistake at once, before anything is collected."""
    (tmp_path / "one.toml").write_text('[[chip]]\nname = "half"\n')
    (tmp_path / "two.toml").write_text("[[chips]]\n")
    run = zoo.but(tables=tmp_path).collect(tmp_path)
    assert run.status == 4
    assert "one.toml: chip[0].title: found" in run.err
    assert "two.toml: chips: found" in run.err


AUDITS = (
    "the_timed_calls_give_the_outputs_of_untimed_ones", "a_repeated_sample_is_no_faster",
    "another_seed_gives_the_same_throughput",
)  # fmt: skip


@pytest.mark.parametrize(
    ("options", "audited"),
    [
        ((), False),
        (("--audits", "yes"), True),
        (("--stamp", "nightly"), True),
        (("--stamp", "mlperf-like", "--audits", "no"), False),
    ],
)
def test_audits_are_collected_from_a_night_on_or_when_asked_for(
    zoo: Zoo, tmp_path: Path, options: tuple[str, ...], audited: bool
) -> None:
    """Else deselected, so that a quick run says nothing of what it was not to do."""
    run = zoo.collect(tmp_path, "-m", "mite and abacus and throughput", *options)
    audits = tuple(f"test_throughput.py::test_{name}" for name in AUDITS) if audited else ()
    assert run.collected == ids(MITE[4:6], (TESTS[2], *audits))

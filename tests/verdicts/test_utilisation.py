"""Operations a second, and shares: of what is known, and of nothing else."""

from __future__ import annotations

import pytest
from making import make_case

from harness.domain.flops import encoder_flops
from harness.domain.measurements import Origin
from harness.domain.precisions import Precision
from harness.machine import matmul
from harness.models.graphs.flops import counted_facts
from harness.verdicts.utilisation import FROM_FORMULA, FROM_GRAPH, work

MATMUL = {"peak_per_s": 2e11, "threads": 2}


@pytest.fixture
def case(catalog):
    return make_case(catalog, "tinybert", "ascend310p", batch_size=8)


def found(case, origin=Origin.STAND_IN, **other):
    given = {"architecture": case.model.architecture, "artifact_facts": {}, "matmul": None} | other
    return work(case, 100.0, origin=origin, **given)


def test_a_graph_that_was_counted_goes_before_the_formula(case) -> None:
    """The count is of a batch; the fraction of a sample is not lost."""
    by_formula = found(case)
    assert by_formula == {
        "flops_per_sample": encoder_flops(case.model.architecture, 64), "source": FROM_FORMULA,
        "flop_per_s": 100 * encoder_flops(case.model.architecture, 64),
    }  # fmt: skip
    counted = found(case, artifact_facts=counted_facts(8_004, 80, 8))
    assert counted == {
        "flops_per_sample": 1000.5, "source": FROM_GRAPH, "elementwise_per_sample": 10.0,
        "flop_per_s": 100_050.0,
    }  # fmt: skip


def test_only_the_chips_own_number_is_held_against_its_peak(case) -> None:
    """310P3: 70 tera operations a second of fp16."""
    here = found(case, Origin.CHIP)
    assert here["chip_share"] == pytest.approx(here["flop_per_s"] / 70e12)
    assert here["chip_peak_source"]
    assert not any(name.startswith("chip") for name in found(case, Origin.STAND_IN))
    assert not any(name.startswith("chip") for name in found(case, Origin.SIMULATED))


def test_no_peak_known_none_shown(catalog) -> None:
    vacc = make_case(catalog, "bert-chinese-ner", "vacc", batch_size=1)
    assert "chip_share" not in found(vacc, Origin.CHIP)
    assert vacc.precision in Precision


def test_products_by_other_threads_are_no_whole(case) -> None:
    share = found(case, matmul=MATMUL, threads=2)
    assert share["matmul_share"] == pytest.approx(share["flop_per_s"] / 2e11)
    assert "matmul_share" not in found(case, matmul=MATMUL, threads=1)
    assert "matmul_share" not in found(case)


def test_the_threads_of_matrix_products_are_those_that_blas_takes(monkeypatch) -> None:
    """OpenBLAS's variable before OpenMP's; neither more than the cores, and nonsense is none."""
    monkeypatch.setattr(matmul.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for blas, omp, threads in (
        ("", "", 8), ("", "2", 2), ("", "3,2", 3), ("1", "4", 1), ("", "99", 8),
        ("0", "-1", 8), ("x", "5", 5),
    ):  # fmt: skip
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", blas)
        monkeypatch.setenv("OMP_NUM_THREADS", omp)
        assert matmul.threads() == threads, (blas, omp)

"""The artifact is the same model as the checkpoint: its contract, its outputs, and what must not matter.

Bounds, and what a failure usually means: docs/conformance.md.
"""

from __future__ import annotations

import pytest

from fixtures.bench import Bench
from harness.domain.cases import Case

pytestmark = pytest.mark.conformance


def test_output_parity(case: Case, bench: Bench) -> None:
    """Names, dtypes and shapes are the table's, and outputs stay within the precision's bounds of torch."""
    bench.check_conformance(case)


@pytest.mark.check("documented graph")
def test_the_documented_graph_survives(case: Case, bench: Bench) -> None:
    """At the documented opset, LayerNorm spelt out, each operator in fp16; or it says what to fuse."""
    bench.check_conformance(case)


@pytest.mark.check("batch")
def test_the_batch_does_not_change_a_sample(case: Case, bench: Bench) -> None:
    """A sample in a batch of copies of itself has the outputs that it has among others."""
    bench.check_conformance(case)


@pytest.mark.check("order")
def test_the_order_of_the_batch_does_not_change_a_sample(case: Case, bench: Bench) -> None:
    """Backwards, every sample keeps its outputs."""
    bench.check_conformance(case)


@pytest.mark.check("padding")
def test_what_stands_in_the_padding_does_not_matter(case: Case, bench: Bench) -> None:
    """Any ids and segments behind the mask leave the outputs as they are."""
    bench.check_conformance(case)


@pytest.mark.check("padded length")
def test_the_padded_length_does_not_matter(case: Case, bench: Bench) -> None:
    """Padded to a shorter length, by an artifact of any shape, a sample keeps its outputs."""
    bench.check_conformance(case)


@pytest.mark.check("last partial batch")
def test_the_last_partial_batch_equals_a_full_one(case: Case, bench: Bench) -> None:
    """Samples of a batch that was filled up have the outputs that they have in a full one."""
    bench.check_conformance(case)


@pytest.mark.check("mask")
def test_the_mask_matters(case: Case, bench: Bench) -> None:
    """With half of a sample masked, the outputs of the other half are others."""
    bench.check_conformance(case)


@pytest.mark.check("segments")
def test_the_segments_matter(case: Case, bench: Bench) -> None:
    """With question and context in each other's segment, the outputs are others; of tasks with two texts."""
    bench.check_conformance(case)


@pytest.mark.check("same input twice")
def test_the_same_input_twice_gives_the_same_bits(case: Case, bench: Bench) -> None:
    """Or the result says that the backend is not deterministic, and by how much its outputs spread."""
    bench.check_conformance(case)

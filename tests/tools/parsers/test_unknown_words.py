"""A word that no parser knows, beside each one that it does: it is told or refused, and never dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from recordings import EXCERPTS
from test_loadgen_logs import changed, texts

from harness.errors import ParseError
from harness.tools import parsers
from harness.tools.parsers import loadgen
from harness.tools.parsers.precision_words import Words

WORDS = st.from_regex(r"[A-Za-z][A-Za-z0-9]{2,11}", fullmatch=True).filter(str.isascii)
KNOWN = {"min", "max", "mean", "median", "avg", "ms", "us", "ns", "explicit", "average", "latency"}


def text(name: str) -> str:
    return (EXCERPTS / f"{name}.txt").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Slot:
    """A place of a real log where a word of the tool stands: `old` becomes `new`, which holds ``WORD``."""

    of: str
    old: str
    new: str
    count: int = 1

    def with_word(self, word: str) -> str:
        log = text(self.of)
        assert self.old in log
        return log.replace(self.old, self.new.replace("WORD", word), self.count)


def outcome(slot: Slot, word: str) -> str:
    """What comes of the log: everything in its record, or the error."""
    try:
        return repr(parsers.parse(slot.with_word(word)))
    except ParseError as refused:
        return str(refused)


ASKED = "trtexec-7-explicit_batch"  # its command line, and no line `Precision:`
TRT, AIS, VAMP = "trtexec-10-device", "ais_bench-2022-one_device", "vamp-2.1.0-latencies"
MM_OLD, MM_NEW, VSX = "mm_run-2022-old_b8", "mm_run-2022-new_two_groups", "vsx_prof-2024-bce"
PURE, DATA_SET, MSAME = "benchmark310-2021-pure", "benchmark310-2021-data_set", "msame-2021-loop"
MANY, TWICE = "vamp-2024-forwad", "vamp-2-three_instances"
SLOTS = {
    "trtexec precision": Slot(TRT, "Precision: FP32", "Precision: FP32+WORD"),
    "trtexec precision's suffix": Slot(TRT, "Precision: FP32", "Precision: FP32 (WORD)"),
    "trtexec precision alone": Slot(TRT, "Precision: FP32", "Precision: WORD"),
    "trtexec option": Slot(ASKED, "--threads", "--WORD"),
    "trtexec option's value": Slot(TRT, "[I] Batch: Explicit", "[I] Sparsity: WORD"),
    "trtexec statistic": Slot(TRT, "GPU Compute Time: min", "GPU Compute Time: WORD = 0.5 ms, min"),
    "trtexec latency": Slot(TRT, "[I] Latency: min", "[I] WORD Latency: min"),
    "trtexec unit": Slot(TRT, "mean = 0.0359588 ms", "mean = 0.0359588 WORD"),
    "trtexec streams": Slot(TRT, "[I] Batch: Explicit", "[I] Inference Streams: WORD"),
    "trtexec batch": Slot(TRT, "[I] Batch: Explicit", "[I] Batch: WORD"),
    "ais_bench stage": Slot(AIS, "D2H_latency", "WORD_latency"),
    "ais_bench statistic": Slot(AIS, "min = 67.70099639892578", "WORD = 67.8, min = 67.70099639892578"),
    "ais_bench unit": Slot(AIS, "H2D_latency (ms)", "H2D_latency (WORD)"),
    "ais_bench batch size": Slot("ais_bench-2023-progress_bar", "batchsize:1", "batchsize:WORD"),
    "mm_run statistic": Slot(MM_OLD, "max: 61.13 ", "WORD: 50.0  max: 61.13 "),
    "mm_run latency": Slot(MM_OLD, "D2H Latency (ms)", "WORD Latency (ms)"),
    "mm_run unit": Slot(MM_OLD, "H2D Latency (ms)", "H2D Latency (WORD)"),
    "mm_run threads": Slot(MM_OLD, "thread_num: 1", "thread_num: WORD"),
    "mm_run stage": Slot(MM_NEW, "  D2H Summary:", "  WORD Summary:"),
    "mm_run clock": Slot(MM_NEW, "Latency(dev clock", "Latency(WORD clock"),
    "vamp stage": Slot(VAMP, "model latency (us)", "WORD latency (us)"),
    "vamp unit": Slot(VAMP, "model latency (us)", "model latency (WORD)"),
    "vamp statistic": Slot(VAMP, "p95 latency: 29255", "WORD latency: 29255"),
    "vamp instances": Slot(VAMP, "each device: 1", "each device: WORD"),
    "vamp devices": Slot(VAMP, "devices: [0]", "devices: [0, WORD]"),
    "vamp processes": Slot(MANY, "number of process:1", "number of process:WORD"),
    "vamp utilisation": Slot(VAMP, "ai utilize (%): 94.8539", "ai utilize (%): WORD"),
    "vamp's other head": Slot(TWICE, "each device: 3", "each device: WORD"),
    "vsx_prof stage": Slot(VSX, "  latency (us)", "  WORD latency (us)"),
    "vsx_prof instances": Slot(VSX, "number of instances: 1", "number of instances: WORD"),
    "benchmark latency": Slot(DATA_SET, "348.038, moduleLatency", "348.038, WORDLatency: 3.2, moduleLatency"),
    "benchmark unit": Slot(PURE, "323.826samples/s", "323.826WORD/s"),
    "benchmark latency's unit": Slot(PURE, "3.08851ms", "3.08851WORD"),
    "msame statistic": Slot(MSAME, "Inference average", "Inference WORD time: 105.4 ms\nInference average"),
    "msame unit": Slot(MSAME, "105.417100 ms", "105.417100 WORD"),
}  # fmt: skip


@pytest.mark.parametrize("slot", SLOTS.values(), ids=SLOTS)
@given(WORDS)
def test_an_unknown_word_is_told_or_refused(slot: Slot, word: str):
    """Told: it stands in the record. Refused: the error shows it."""
    assume(word.lower() not in KNOWN and not re.fullmatch(r"(?i)(?:fp|tf|bf|int)\d+|[pe]\d+|[num]?s", word))
    assert word in outcome(slot, word)


@pytest.mark.parametrize("slot", SLOTS.values(), ids=SLOTS)
def test_each_place_is_one_that_counts(slot: Slot):
    """Another word there gives another record, or an error: the property above looks at what is read."""
    assert outcome(slot, "Qwertz") != outcome(slot, "Asdfgh")


@pytest.mark.parametrize(
    "key", ["effective_scenario", "effective_test_mode", "result_validity", "result_min_duration_met"]
)
@given(WORDS)
def test_loadgen_refuses_a_word_that_it_does_not_know(key: str, word: str):
    detail, summary = texts("server")
    with pytest.raises(ParseError, match=word):
        loadgen.parse(changed(detail, key, word), summary)


@given(WORDS)
def test_what_loadgen_did_not_meet_is_told_by_name(word: str):
    detail, summary = texts("server-late")
    entry = next(line for line in detail.splitlines() if '"result_min_queries_met"' in line)
    more = entry.replace("result_min_queries_met", f"result_{word}_met").replace("true", "false", 1)
    assert f"result_{word}_met is false" in loadgen.parse(f"{more}\n{detail}", summary).why


FORMATS = st.lists(
    st.sampled_from(["FP32", "FP16", "BF16", "INT8", "FP8", "INT4", "TF32"]), min_size=1, max_size=4
)


@given(FORMATS, WORDS)
def test_words_of_a_precision_lose_nothing(formats: Sequence[str], word: str):
    """Formats by name, in their order; a phrase or suffix is what else is said."""
    assume(not any(letter.isdigit() for letter in word))
    assert Words.of("+".join(formats)) == Words(formats=tuple(name.lower() for name in formats), further="")
    for printed in (f"{'+'.join(formats)} ({word} constraints)", f"{'+'.join(formats)}+{word}"):
        said = Words.of(printed)
        assert said.formats == tuple(name.lower() for name in formats)
        assert word in said.further
    assert Words.of(f"{word} Typed") == Words(formats=(), further=f"{word} Typed")

"""The line that runs one test of one case again: what a verdict that is not good ends with."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from harness.domain.cases import Case, Kind
from harness.domain.models import Protocol
from harness.setting.options import SURE, Options
from harness.setting.scenarios import Ask, Scenario
from harness.setting.stamps import Stamp

INTRODUCTION = "reproduce: "

_CONFORMANCE, _THROUGHPUT = "suites/test_conformance.py", "suites/test_throughput.py"
# The test of each claim; tests/suites/test_reproduced.py holds this to the suites' markers.
_AUDITS: Mapping[str, str] = {
    "outputs of the timed run": f"{_THROUGHPUT}::test_the_timed_calls_give_the_outputs_of_untimed_ones",
    "repeated sample": f"{_THROUGHPUT}::test_a_repeated_sample_is_no_faster",
    "alternate seed": f"{_THROUGHPUT}::test_another_seed_gives_the_same_throughput",
}
TESTS: Mapping[tuple[Kind, str], str] = MappingProxyType(
    {
        (Kind.ACCURACY, ""): "suites/test_accuracy.py::test_accuracy",
        (Kind.CONFORMANCE, ""): f"{_CONFORMANCE}::test_output_parity",
        (Kind.CONFORMANCE, "documented graph"): f"{_CONFORMANCE}::test_the_documented_graph_survives",
        (Kind.CONFORMANCE, "batch"): f"{_CONFORMANCE}::test_the_batch_does_not_change_a_sample",
        (Kind.CONFORMANCE, "order"): f"{_CONFORMANCE}::test_the_order_of_the_batch_does_not_change_a_sample",
        (Kind.CONFORMANCE, "padding"): f"{_CONFORMANCE}::test_what_stands_in_the_padding_does_not_matter",
        (Kind.CONFORMANCE, "padded length"): f"{_CONFORMANCE}::test_the_padded_length_does_not_matter",
        (Kind.CONFORMANCE, "last partial batch"): (
            f"{_CONFORMANCE}::test_the_last_partial_batch_equals_a_full_one"
        ),
        (Kind.CONFORMANCE, "mask"): f"{_CONFORMANCE}::test_the_mask_matters",
        (Kind.CONFORMANCE, "segments"): f"{_CONFORMANCE}::test_the_segments_matter",
        (Kind.CONFORMANCE, "same input twice"): (
            f"{_CONFORMANCE}::test_the_same_input_twice_gives_the_same_bits"
        ),
        (Kind.THROUGHPUT, ""): f"{_THROUGHPUT}::test_throughput",
        **{(Kind.THROUGHPUT, scenario): f"{_THROUGHPUT}::test_throughput" for scenario in Scenario},
        **{(Kind.THROUGHPUT, check): test for check, test in _AUDITS.items()},
    }
)


def command(
    case: Case, kind: Kind, options: Options, *, check: str = "", protocol: Protocol | None = None
) -> str:
    """The `pytest` call, quoted for a shell in the repository's root, that runs one claim of `case` alone.

    With the options that differ from their defaults and have a part in the claim. `protocol` is the one that
    a score was made by, where the run was asked for several. Raises `KeyError` for a claim without a test.
    """
    test = f"{TESTS[kind, check]}[{case.id}]"
    further = [*_selecting(case), *_preparing(options)]
    if kind is Kind.ACCURACY:
        further += _given("--protocol", protocol, Protocol.DOCUMENTED)
        most = options.max_drop
        further += _given("--max-drop", None if most is None else f"{most * 100:.12g}%")
        further += _until(options.until)
    if kind is Kind.THROUGHPUT:
        further += _timing(options, audit=check in _AUDITS)
        further += _asking(options.scenario) if check in list(Scenario) else ()
    return of_test(test, *further)


def of_test(test: str, *further: str) -> str:
    """The `pytest` call for one test by its node id, quoted for a shell."""
    return pasted("pytest", test, *further)


def pasted(*words: str) -> str:
    """A command line, quoted for a shell that knows nothing of this one: with the tables that it needs.

    Those are all that were read beside zoocheck's own (``ZOOCHECK_TABLES``): a table of one model may say
    something of another's, a known gap say.
    """
    folders = [item for item in os.environ.get("ZOOCHECK_TABLES", "").split(os.pathsep) if item]
    told = os.pathsep.join(str(Path(item).absolute()) for item in folders)
    line = shlex.join(words)
    return f"ZOOCHECK_TABLES={shlex.quote(told)} {line}" if told else line


def ending(message: str, line: str) -> str:
    """`message` with the line that reproduces it behind, on a line of its own."""
    return f"{message}\n{INTRODUCTION}{line}"


def without_ending(message: str) -> str:
    """`message` as it was before `ending`, for who quotes it."""
    head, _, last = message.rpartition("\n")
    return head if last.startswith(INTRODUCTION) else message


def _given(option: str, value: object, default: object = None) -> tuple[str, ...]:
    """An option and its value, or nothing where that is the default or None."""
    if value is None or value == default:
        return ()
    return (option, str(value).removesuffix(".0"))


def _until(confidence: float | None) -> tuple[str, ...]:
    if confidence is None:
        return ()
    return ("--until", "sure" if confidence == SURE else f"sure:{confidence * 100:.12g}%")


def _selecting(case: Case) -> tuple[str, ...]:
    """What makes pytest collect a case that it does not collect by itself."""
    return () if case.documented else ("--bs", str(case.batch_size), "--precision", str(case.precision))


def _preparing(options: Options) -> Iterator[str]:
    """What every claim depends on: the target, the weights, the samples, the tools' limit."""
    default = Options()
    yield from _given("--target", options.target, default.target)
    yield from _given("--device", options.device, default.device)
    yield from _given("--weights", options.weights, default.weights)
    yield from _given("--data", options.data, default.data)
    yield from _given("--limit", options.limit)
    yield from _given("--tool-timeout", options.tool_timeout_s)
    yield from _given("--fail-on", options.fail_on, default.fail_on)


def _timing(options: Options, *, audit: bool) -> Iterator[str]:
    """How calls are timed; an audit is collected when it is asked for, or by a stamp above `quick`."""
    yield from _given("--stamp", options.stamp, Stamp.QUICK)
    if audit and options.stamp is Stamp.QUICK:
        yield from ("--audits", "yes")
    if options.isolate and not audit:  # audits run in the session's own process
        yield "--isolate"
    yield from _given("--threads", options.threads)


def _asking(ask: Ask | None) -> Iterator[str]:
    """The scenario and its targets."""
    if ask is not None:
        yield from _given("--scenario", ask.scenario)
        yield from _given("--target-qps", ask.target_qps)
        yield from _given("--target-latency", ask.target_latency_ms)
        yield from _given("--samples-per-query", ask.samples_per_query)

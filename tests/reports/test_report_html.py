"""The report as an HTML page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import factory
import hostile
import pytest
from speaking import english

from harness.domain.cases import Kind
from harness.domain.chips import peak_of
from harness.domain.flops import encoder_flops
from harness.domain.measurements import Interval
from harness.domain.models import Weights
from harness.domain.precisions import Precision
from harness.domain.series import Series
from harness.errors import NoSamples
from harness.store.reading import Point
from harness.tables.cases import enumerate_cases
from harness.verdicts.stats import wilson
from reports import files, html, layout, markdown, plots
from reports import page as page_module
from reports.numbers import percent_range
from reports.outcomes import outcomes
from reports.peaks import shares

CASE = "tinybert-ascend310p-bs8"
VOID = frozenset({"meta", "br", "rect", "line", "input"})


@dataclass
class Page(HTMLParser):
    """What a browser makes of a page: its elements, ids and links, and the text of each element."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self):
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, "elements are closed in order"

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def handle_comment(self, data):
        self.comments.append(data)

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def attributes(self, name: str) -> list[str]:
        return [given for _, attributes in self.elements if (given := attributes.get(name)) is not None]

    def text(self, *, inside: str | None = None) -> str:
        return " ".join(data for where, data in self.texts if inside is None or inside in where)


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def rendered(catalog, results) -> Page:
    return parse(english(html.render(catalog, results)))


def hash_of(text: str, tag: str) -> str:
    """What a browser holds against the policy: the SHA-256 of all between the tags."""
    [inner] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()}'"


@pytest.mark.parametrize("results", [factory.mixed, hostile.results])
def test_the_page_is_self_contained(catalog, results):
    page = rendered(catalog, results(catalog))
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not page.tags & {"img", "link", "iframe", "object", "embed", "form", "base", "audio"}
    assert page.comments == []
    for name in ("src", "srcset", "data", "action", "background", "poster", "xlink:href", "style"):
        assert page.attributes(name) == []
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert all(target.startswith("#") for target in page.attributes("href"))
    style = page.text(inside="style")
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_forbids_everything_but_the_pages_own_style_and_script(catalog):
    text = html.render(catalog, factory.mixed(catalog))
    page = parse(text)
    (policy,) = [
        attributes["content"]
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert dict(part.split(" ", 1) for part in policy.split("; ")) == {
        "default-src": "'none'",
        "style-src": hash_of(text, "style"),
        "script-src": hash_of(text, "script"),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_hostile_text_is_shown_as_text(catalog):
    """Every field from outside is on the page, as the very characters it has."""
    page = rendered(catalog, hostile.results(catalog))
    shown, style = page.text(), page.text(inside="style")
    for where in (*hostile.IN_TABLES, *hostile.IN_DETAIL):
        assert hostile.tag(where) in shown
        assert hostile.tag(where) not in style


def test_hostile_text_adds_no_element_and_no_control_character(catalog):
    tags = rendered(catalog, hostile.results(catalog)).tags
    assert tags <= rendered(catalog, factory.mixed(catalog)).tags | {"pre"}
    assert "\x1b" not in html.render(catalog, hostile.results(catalog))


def test_every_link_leads_somewhere_and_every_id_is_one_of_a_kind(catalog):
    for results in (factory.mixed(catalog), hostile.results(catalog)):
        page = rendered(catalog, results)
        ids = page.attributes("id")
        assert len(ids) == len(set(ids))
        assert {target.removeprefix("#") for target in page.attributes("href")} <= set(ids)
        assert all(re.fullmatch(r"[a-z0-9-]+", given) for given in ids)


def test_a_link_leads_into_a_detail_so_that_the_browser_opens_it(catalog):
    """Browsers open a closed <details> for a target inside of it, not for the element itself."""
    text = english(html.render(catalog, factory.mixed(catalog)))
    for anchor in re.findall(r'href="#(r\d+-[^"]*)"', text):
        before = text[: text.index(f'id="{anchor}"')]
        assert before.count("<details") == before.count("</details") + 1
        assert before.rindex("</summary>") > before.rindex("<details")


def test_documented_and_measured_stand_in_one_row(catalog):
    text = english(html.render(catalog, [factory.accuracy(catalog, CASE, 805, 872, **factory.on_chip())]))
    (row,) = re.findall(r"<tr [^>]*>\s*<th scope=\"row\"><a class=\"mono\".*?</tr>", text, re.DOTALL)
    shown = " ".join(parse(f"<table>{row}</table>").text().split())
    assert shown == (
        f"{CASE} accuracy 8 documented 92.32 ascend-tinybert, TinyBERT(bs8), 310P推理精度 "
        "measured 92.32 % 90.36–93.90 % "
        "✔ reproduced by the documented value ± 0.50 points chip full"
    )


def test_the_headline_says_what_is_wrong_and_the_list_says_why(catalog):
    page = rendered(catalog, factory.mixed(catalog))
    assert page.text(inside="h1") == (
        "Of 11 results, 2 fall short and 1 could not be measured. "
        "4 documented numbers were tested: falls short 1, reproduced 3; 1 drop survives."
    )
    text = page.text()
    assert "accuracy 62.50 % below its own fp32 79.17 %" in text
    assert "the session gave NaN logits" in text


def test_a_verdict_is_never_told_by_colour_alone(catalog):
    """Every element that is coloured by a verdict holds the word for it."""
    text = english(html.render(catalog, factory.mixed(catalog)))
    words = {"falls-short": "falls short", "error": "error", "reproduced": "reproduced"}
    words |= {"survives": "survives"}
    words |= {"not-comparable": "not comparable", "no-reference": "no reference"}
    coloured = re.findall(r'<(a|span) class="(?:verdict|mark) ([a-z-]+)"[^>]*>(.*?)</\1>', text)
    assert len(coloured) > 20
    for _, status, inner in coloured:
        assert words[status] in inner


def test_stand_ins_and_small_checkpoints_are_explained_at_the_top(catalog):
    text = english(html.render(catalog, factory.mixed(catalog)))
    top = text[: text.index('<section id="results">')]
    for term in ("stand-in", "mini weights", "random weights", "mini data"):
        assert f"<dt>{term}</dt>" in top
    full = html.render(catalog, [factory.accuracy(catalog, CASE, 805, 872, **factory.on_chip())])
    assert 'class="explained"' not in full
    assert "stand-in" not in parse(full).text().replace(parse(full).text(inside="style"), "")


def test_a_stand_ins_speed_has_its_footnote_and_its_own_column(catalog):
    page = rendered(catalog, [factory.throughput(catalog, CASE, 123.45)])
    assert "stand-in, not comparable † (mini)" in page.text()
    assert layout.STAND_IN_NOTE in page.text()
    assert "123.45 samples/s\N{NO-BREAK SPACE}†" in page.text()


def test_what_falls_short_or_failed_is_opened_at_once(catalog):
    text = english(html.render(catalog, factory.mixed(catalog)))
    opened = re.findall(r'<details id="[^"]*" open>\s*<summary><span class="verdict ([a-z-]+)', text)
    assert sorted(opened) == ["error", "falls-short", "falls-short"]


def test_the_detail_of_a_score_has_its_flips_hashes_stages_and_machine(catalog):
    text = rendered(catalog, [factory.accuracy(catalog, CASE, 187, 240, fp32=190)]).text(inside="details")
    for told in (
        "3 of 240 predictions differ from fp32; sample numbers 0, 1, 2",
        "79.17 %, 190 of 240",
        f"77.92 % (95 %: {percent_range(wilson(187, 240))}), 187 of 240 samples",
        "1 of 240 samples were cut to the model's length",
        "embedded mini",
        "a" * 64,
        "d" * 64,
        "f" * 64,
        "12.5 s",
        "250 ms",
        "0.50, 0.25, 0.12",
        "92.32 [ascend-tinybert § 模型推理性能&精度, row 'TinyBERT(bs8)', column '310P推理精度']",
    ):
        assert told in text


def test_the_detail_of_a_throughput_has_its_calls_percentiles_and_shape(catalog):
    page = rendered(catalog, [factory.throughput(catalog, CASE, 1000.0, calls=200)])
    text = page.text(inside="details")
    for told in ("timed calls", "200", "p50", "p90", "perf_counter", "median of a call (one batch)"):
        assert told in text
    assert "p99" not in text
    [drawn] = [given["d"] for tag, given in page.elements if tag == "path" and given.get("class") == "bar"]
    bars = re.findall(r"M([\d.]+) 30v-([\d.]+)h", drawn)
    assert 20 <= len(bars) <= 48
    assert all(0 <= float(left) < 100 and 0 <= float(height) <= 30 for left, height in bars)


def stamped(catalog, **changed):
    """A throughput with all that is recorded of how sure it is."""
    made = factory.throughput(catalog, CASE, 1000.0)
    seen = {"steal": 0.02, "others": "not told", "switches_per_s": 3.0, "frequency_mhz": "not told"}
    detail = {
        "stamp": "quick", "stamp_asked": "nightly", "isolated": True, "first_call_ns": 7_000_000,
        "warm_up": {"calls": 9, "seconds": 0.5, "settled": False, "ended": "longest time of a warm-up"},
        "drift": {"change": 0.034, "p": 0.002, "batches": 32, "found": True},
        "noisy": ["the hypervisor took 2.0% of the cores' time (over 1%)"], "conditions": seen,
        "memory": {"peak_rss_bytes": 2**30, "of": "its own process"}, "affinity": [0, 3],
        "energy": {"joules": None, "joules_per_sample": None, "source": "not told by this machine"},
        **changed,
    }  # fmt: skip
    measurement = dataclasses.replace(
        made.measurement,
        detail={**made.measurement.detail, **detail},
        intervals={"throughput": Interval(low=990.0, high=1011.0)},
    )
    return dataclasses.replace(made, measurement=measurement)


def test_a_throughput_says_how_sure_it_is(catalog):
    """Interval, stamp, warm-up, drift, noise, memory, energy; percentiles with the calls they stand on."""
    page = rendered(catalog, [stamped(catalog)])
    text = page.text(inside="details")
    for told in (
        "quick; asked for was nightly", "990.00–1011.00 samples/s, of this run alone",
        "200 calls; it takes 64", "not settled when it was ended after 9 calls",
        "calls became slower by 3.40%", "the hypervisor took 2.0%",
        "steal 2.00 %; other processes not told", "1.0 GiB of its own process", "not told by this machine",
        "0, 3", "its own",
    ):  # fmt: skip
        assert told in text, told
    row = page.text(inside="tr")
    for mark in ("quick", "noisy", "drift", "not warm"):
        assert mark in row


def test_a_quiet_and_certain_throughput_has_no_mark_but_its_stamp(catalog):
    sure = {"warm_up": {"calls": 9, "seconds": 0.5, "settled": True}, "noisy": [], "drift": None}
    sure |= {"energy": {"joules": 9.0, "joules_per_sample": 0.25, "source": "RAPL"}}
    page = rendered(catalog, [stamped(catalog, **sure)])
    assert not {"noisy", "drift", "not warm"} & set(page.text(inside="tr").split())
    for told in ("nothing that the machine tells of", "0.25 J a sample (RAPL)", "settled after 9 calls"):
        assert told in page.text(inside="details")


def test_the_marks_stand_behind_the_number_in_markdown_too(catalog):
    row = next(line for line in markdown.render(catalog, [stamped(catalog)]).splitlines() if "noisy" in line)
    assert " (quick, noisy, drift, not warm) | 990.00–1011.00 samples/s |" in row


def test_what_earned_no_stamp_is_marked(catalog):
    assert "no stamp" in rendered(catalog, [stamped(catalog, stamp=None)]).text(inside="tr")


def test_few_calls_are_given_in_numbers_only(catalog):
    page = rendered(catalog, [factory.throughput(catalog, CASE, 1000.0, calls=10)])
    assert "latency" not in page.attributes("id")
    assert "timed calls" in page.text()


def test_one_machine_is_told_once_whatever_its_load(catalog):
    """The load average differs from run to run on one machine; it stands in the detail."""
    results = [
        factory.accuracy(catalog, CASE, 190, 240),
        factory.throughput(catalog, CASE, 100.0, machine={**factory.MACHINE, "load_average": [9, 9, 9]}),
        factory.conformance(catalog, CASE, machine={**factory.MACHINE, "host_id": "another"}),
    ]
    page = rendered(catalog, results)
    assert [given for given in page.attributes("id") if given.startswith("machine-")] == [
        "machine-1",
        "machine-2",
    ]


def test_chinese_headers_are_marked_as_chinese(catalog):
    text = english(html.render(catalog, [factory.accuracy(catalog, CASE, 190, 240)]))
    assert '<th scope="col" class="number" lang="zh-CN">310P推理精度</th>' in text


def test_recorded_facts_of_any_kind_are_shown(catalog):
    """A backend may record what the report has never heard of; None is not recorded."""
    made = factory.measurement(
        CASE,
        Kind.ACCURACY,
        weights=Weights.FULL,
        metrics={"accuracy": 0.5},
        samples=2,
        detail={"flips": "many", "correct": None, "own_fp32": None, "threads": 4, "artifact": {"nodes": 7}},
    )
    text = rendered(catalog, [factory.judged(None, made)]).text(inside="details")
    for told in ("many", "threads", "artifact: nodes", "There is no verdict on this result."):
        assert told in text
    assert "None" not in text


def test_the_facts_of_a_text_pipeline_are_told_one_by_one(catalog):
    """Counts, and shares as percentages; what is empty is not told, a zero is."""
    facts = {"words": 51362, "unknown_words": 0, "unknown_share": 0.0625, "rules": "original", "lost": []}
    detail = {"facts": facts, "flipped": [], "notes": "", "more": {}, "resumed_from_sample": 0}
    made = factory.measurement(CASE, Kind.ACCURACY, metrics={"accuracy": 0.5}, samples=2, detail=detail)
    text = english(html.render(catalog, [factory.judged(None, made)]))
    for name, value in (
        ("words", "51,362"),
        ("unknown words", "0"),
        ("unknown share", "6.25 %"),
        ("rules", "original"),
        ("resumed from sample", "0"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in text
    for name in ("facts", "lost", "notes", "more"):
        assert f"<dt>{name}</dt>" not in text


def test_a_run_without_facts_says_nothing_of_them(catalog):
    made = factory.measurement(CASE, Kind.ACCURACY, metrics={"accuracy": 0.5}, detail={"facts": {}})
    text = english(html.render(catalog, [factory.judged(None, made)]))
    assert "<dt>facts</dt>" not in text
    assert "{}" not in parse(text).text(inside="details")


def test_no_results_are_an_error_not_an_empty_page(catalog):
    with pytest.raises(NoSamples, match="no results to report"):
        html.render(catalog, [])


def test_the_same_results_give_the_same_page(catalog):
    results = factory.mixed(catalog)
    assert html.render(catalog, results) == html.render(catalog, results[::-1])


def test_a_run_at_the_real_length_says_so(catalog):
    """How much was computed and what was proved stand in the detail; a footnote is in every form."""
    grouped = {
        "proved_on": 32, "max_abs_difference": 2.9e-6, "bound": 1e-4,
        "positions_run": 51425, "positions_padded": 1767936,
    }  # fmt: skip
    some = factory.measurement(CASE, Kind.ACCURACY, metrics={"accuracy": 0.5}, detail={"grouped": grouped})
    reason = "the attention mask is not ones with only zeros behind them"
    other = factory.measurement(
        "tinybert-ascend310p-bs1", Kind.ACCURACY, metrics={"accuracy": 0.5},
        detail={"padded_because": reason},
    )  # fmt: skip
    results = [factory.judged(None, item) for item in (some, other)]
    text = english(html.render(catalog, results))
    assert "51,425 positions in place of 1,767,936" in text
    assert "on 32 seeded samples the logits differ from those of the padded input by at most" in text
    assert f"<dt>padded because</dt><dd>{reason}</dd>" in text
    for said in (text, markdown.render(catalog, results)):
        assert "At their real length, grouped by it, ran the samples of 1 result:" in said
        assert f"accuracy results: {reason} (1 result)." in said


def test_of_very_many_results_some_are_shown_and_all_are_in_a_file(catalog, tmp_path, monkeypatch):
    """What falls short is among those shown, and every count is of all."""
    monkeypatch.setattr(page_module, "SHOWN", 4)
    results = factory.mixed(catalog)
    written = files.write(catalog, results, tmp_path)
    page = parse(english(written.html.read_text("utf-8")))
    assert page.text(inside="h1") == (
        "Of 11 results, 2 fall short and 1 could not be measured. "
        "4 documented numbers were tested: falls short 1, reproduced 3; 1 drop survives."
    )
    shown = [given["data-verdict"] for tag, given in page.elements if tag == "tr" and "data-verdict" in given]
    assert sorted(shown) == ["error", "falls-short", "falls-short", "reproduced"]
    rest = [json.loads(line) for line in (tmp_path / "report-results.jsonl").read_text("utf-8").splitlines()]
    assert len(rest) == 11
    assert {"report-results.jsonl"} == {link for link in page.attributes("href") if not link.startswith("#")}
    assert "4 of 11 results are shown" in written.markdown.read_text("utf-8")


def test_a_case_tells_its_history_and_charts_it(catalog):
    result = factory.throughput(catalog, CASE, 5800.0, **factory.on_chip(data=None, protocol=None))
    history = [
        Point(series=Series.of(result.measurement), value=value, expected=5871.86, bad=False)
        for value in (5700.0, 5800.0)
    ]
    text = english(html.render(catalog, [result], history=history))
    assert "5700.00 samples/s, 5800.00 samples/s (the last of 2 runs" in text
    assert 'id="history"' in text


def test_the_share_of_the_peak_names_its_source(catalog):
    """bert-large on 310P at bs8: 74.5971 samples/s of 3.1e11 operations against a chip of 70 tera."""
    result = factory.throughput(catalog, "bert-large-ner-ascend310p-bs8", 74.0, **factory.on_chip())
    [share] = [item for item in shares(catalog, outcomes([result], catalog)) if item.of == "measured"]
    model = catalog.models["bert-large-ner"]
    peak = peak_of(catalog.chips["ascend310p"], Precision.FP16)
    assert peak is not None
    assert share.share == pytest.approx(
        encoder_flops(model.architecture, model.length) * 74.0 / (peak.tera_per_s * 1e12)
    )
    assert peak.source in parse(html.render(catalog, [result])).text()


def test_a_total_of_four_devices_is_four_chips_work(catalog):
    """A quarter of it is what a chip computes: of four times its peak, and not of one."""
    on = factory.on_chip()
    whole = factory.throughput(catalog, "tinybert-ascend310-bs8", 2883.62, **on)
    told = shares(catalog, outcomes([whole], catalog))
    [measured] = [item.share for item in told if item.of == "measured"]
    [documented] = [
        item.share for item in told if item.case == "tinybert-ascend310-bs8" and item.of != "measured"
    ]
    assert measured == pytest.approx(documented)


def test_a_devices_speed_is_no_point_beside_a_cards_line(catalog):
    """The chart of a README that counts by the card: 625 is a device's, 2500 its card's."""
    on, model = factory.on_chip(), catalog.models["tinybert"]
    for devices, drawn in ((4, True), (1, False), (2, False)):
        made = factory.throughput(catalog, "tinybert-ascend310-bs8", 2500.0, devices=devices, **on)
        points, _ = plots.speed_rows(catalog, model, outcomes([made], catalog))
        assert ([row["speed"] for row in points if row["of"] == "measured"] == [2500.0]) is drawn


def test_flipped_samples_are_shown_with_their_text_and_both_predictions(catalog):
    flipped = [{"sample": 7, "text": "a <b>fine</b> film", "fp32": "1", "here": "0"}]
    made = factory.measurement(
        CASE, Kind.ACCURACY, metrics={"accuracy": 0.5}, detail={"flipped_texts": flipped}
    )
    text = html.render(catalog, [factory.judged(None, made)])
    assert "a &lt;b&gt;fine&lt;/b&gt; film" in text
    assert "1 → 0" in text


def test_a_page_of_all_cases_of_the_five_systems_is_under_two_megabytes(catalog):
    """Accuracy, throughput and conformance of every case, each with its detail."""
    results = [
        make(catalog, case.id, *given)
        for case in enumerate_cases(catalog)
        for make, given in (
            (factory.accuracy, (190, 240)),
            (factory.throughput, (1000.0,)),
            (factory.conformance, ()),
        )
    ]
    assert len(results) > 200
    assert len(html.render(catalog, results).encode()) < 2_000_000

"""What the key of a printed figure says of it: a metric, by the catalog's words or by its block."""

from __future__ import annotations

import re

from harness.documents.readme import columns
from harness.documents.readme.cells import number
from harness.documents.readme.naming import BATCH, Said
from harness.documents.readme.pairs import Pair
from harness.documents.readme.reading import Context
from harness.domain.metrics import Metric, Unit
from harness.domain.references import Role
from harness.domain.words import WordKind

# COCO's own lines: their average precision is what the zoos call mAP.
_COCO = re.compile(r"\((?P<what>AP|AR)\) @ ?\[")
# ais_bench's "throughput 1000*batchsize(4)/NPU_compute_time.mean(7.5)", and batchsize.mean(4) in others
_RATE = re.compile(r"throughput\b.*batch_?size(?:\.mean)?\((?P<size>\d{1,6})\)", re.IGNORECASE)
# "NPU_compute_time (ms): mean", "H2D_latency (ms): min"
_TIME = re.compile(r"(?:time|latency|耗时|时延)\s*[(（]\s*(?P<unit>ms|us|s|毫秒)\s*[)）]", re.IGNORECASE)
# Figures that a tool is set to or counts by, whatever metric's name stands in them too.
_SET = re.compile(
    r"thre?s|conf\b|nms|loss\b|(?<![a-z])(?:lr|num|number|count|total|size|step|epoch|iter\w*|seed|scale|weight|std|"
    r"sigma|eps\w*|alpha|beta|gamma|momentum|ratio|version|width|height|length|ids?|index|temperature|power)(?![a-z])|"
    r"(?<![a-z])(?:t|time|mean)(?![a-z])(?=\W*$)|误差|损失|温度|功耗|数量|阈值|置信度|学习率|版本",
    re.IGNORECASE,
)
_TIMES = (Unit.MS, Unit.S, Unit.US)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
# What may stand beside a metric's name and says nothing more about it.
_FILLING = re.compile(r"[\W_]|rate|score|value|result|final|test|the|is|值|结果|为|是|达|达到", re.IGNORECASE)


def of_key(context: Context, pair: Pair) -> Said:
    """What a key says of its figure; without a metric where none is named."""
    key = " ".join(pair.key.split())
    coco = _COCO.search(key)
    if coco is not None:
        metric = Metric.MAP if coco["what"] == "AP" else Metric.RECALL
        return {"metric": metric, "called": key}
    rate = _RATE.match(key)
    if rate is not None:
        return {"metric": Metric.THROUGHPUT, "unit": Unit.SAMPLES_PER_S, "batch_size": int(rate["size"])}
    time = _TIME.search(key)
    if time is not None:
        unit = "ms" if time["unit"] == "毫秒" else time["unit"].lower()
        return {"metric": Metric.LATENCY, "unit": Unit(unit), "called": key}
    said = _of_words(context, key)
    if is_set(key) and said.get("role") is not Role.FACT:
        return {}
    if "metric" in said and said.get("role") is not Role.FACT:
        said.pop("variant", None)
        said.pop("called", None)
        if said["metric"] == Metric.OTHER or _says_more(context, key):
            said["called"] = key
    return said


def _of_words(context: Context, key: str) -> Said:
    """What the words of a key say, as they stand or as names in code join them: ``bbox_mAP``, ``pixAcc``."""
    said = columns.of_header(context, key)
    for pieces in (key.replace("_", " "), _CAMEL.sub(" ", key.replace("_", " "))):
        if "metric" not in said and pieces != key:
            said = {**columns.of_header(context, pieces), **said}
    return said


def is_set(key: str) -> bool:
    """Whether a key is of a threshold, a size, a time of a loop: of what is set or counted, not measured."""
    return _SET.search(key.replace("_", " ")) is not None


def another(context: Context, pair: Pair) -> Said:
    """A figure among results whose key no word explains: a metric of its own words, or a time by its unit."""
    called = " ".join(pair.key.split())
    found = None if pair.listed else number(pair.text)
    timed = found is not None and columns.of_cell(context, found).get("cell_unit") in _TIMES
    return {"metric": Metric.LATENCY if timed else Metric.OTHER, "called": called, "unit": Unit.NUMBER}


def _says_more(context: Context, key: str) -> bool:
    """Whether a key says more than its metric's name: ``bbox_mAP_50``, ``mean iou``, ``AP``."""
    rest = key.replace("_", " ")
    if any(
        context.words.is_own(rest[hit.start : hit.end]) for hit in context.words.hits(rest, WordKind.METRIC)
    ):
        return True
    for kind in (
        WordKind.METRIC,
        WordKind.UNIT,
        WordKind.PRECISION,
        WordKind.CHIP,
        WordKind.BASELINE,
        WordKind.FILLER,
    ):
        rest = context.words.without(rest, kind)
    rest = BATCH.sub("", rest)
    return bool(_FILLING.sub("", rest))

"""The tables on load: what is read, and that every mistake is told, all of them at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from harness.domain.catalog import Catalog
from harness.domain.metrics import Metric
from harness.domain.precisions import Gelu
from harness.domain.references import Role, Rounding
from harness.errors import TableErrors, UsageError
from harness.tables.catalog import BUILT_IN, find, load, table_folders

# A whole little zoo: an entry of every kind, and nothing wrong with it.
GOOD = """
[[chip]]
name = "toychip"
title = "Toy chip"
backend = "toy"
precisions = ["fp16"]

[[chip]]
name = "toycard"
title = "Toy card"
backend = "toy"
precisions = ["fp32"]

[[dataset]]
name = "toydata"
title = "Toy data"
reader = "sst2"
file = "toy.tsv"
counts = { samples = 10 }
published = "nowhere"

[[document]]
name = "toy-readme"
title = "Toy"
file = "toy.md"
repository = "toy/zoo"

[[model]]
name = "toy"
title = "Toy model"
document = "toy-readme"
task = "classify"
dataset = "toydata"
metric = "accuracy"
length = 16
opset = 11
protocols = ["documented"]
tokenizer = { lower_case = true, vocabulary = "toy" }
checkpoint = { published = "somewhere" }
inputs = [
    { name = "a", role = "ids", dtype = "int64", folder = "a" },
    { name = "b", role = "segments", dtype = "int64", folder = "b" },
    { name = "c", role = "mask", dtype = "int64", folder = "c" },
]
outputs = [{ name = "logits", dtype = "float32", shape = ["batch", "labels"] }]
deployments = [
    { chip = "toychip", batch_sizes = [1, 8], precisions = ["fp16"] },
    { chip = "toycard", batch_sizes = [1, 8], precisions = ["fp32"] },
]
[model.architecture]
layers = 2
hidden = 8
heads = 4
intermediate = 24
vocabulary = 30
positions = 32
head = "classification"
labels = 2

[[table]]
document = "toy-readme"
model = "toy"
name = "speed"
metric = "throughput"
columns = [
    { header = "bs", label = true },
    { header = "chip", role = "measured", unit = "samples/s", chip = "toychip" },
    { header = "card", role = "measured", unit = "samples/s", chip = "toycard" },
    { header = "x", role = "ratio", unit = "ratio", ratio = ["toychip", "toycard"] },
]
rows = [
    { batch_size = 1, cells = ["one", "10.5", "7", "1.5"] },
    { batch_size = 8, cells = ["eight", "20.25", "无", "无"] },
]

[[table]]
document = "toy-readme"
model = "toy"
name = "score"
metric = "accuracy"
unit = "percent"
form = "acc {}%"
columns = [{ header = "what", label = true }, { header = "score" }]
rows = [
    { role = "baseline", cells = ["paper", "acc 90.5%"] },
    { role = "measured", chip = "toychip", cells = ["chip", "acc 90.25%"] },
]
block = "{0}: {1}"
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def mistakes_of(folder: Path) -> list[tuple[str, str, str]]:
    """Path, found and expected of every mistake in a folder of tables."""
    with pytest.raises(TableErrors) as raised:
        load((folder,))
    return [(item.path, item.found, item.expected) for item in raised.value.mistakes]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, f"{old!r} stands {GOOD.count(old)} times in the good tables"
    return GOOD.replace(old, new)


def test_a_cell_takes_its_meaning_from_table_column_and_row(tmp_path):
    catalog = load((write(tmp_path, zoo=GOOD),))
    first = catalog.references[0]
    assert str(first.source) == "toy-readme § speed, row 'one', column 'chip'"
    assert (first.printed, first.value, first.digits, first.batch_size) == ("10.5", 10.5, 1, 1)
    assert (first.metric, first.role, first.chip) == (Metric.THROUGHPUT, Role.MEASURED, "toychip")
    assert len(catalog.references) == 8


def test_a_value_documented_as_absent_is_a_reference_without_a_value(tmp_path):
    catalog = load((write(tmp_path, zoo=GOOD),))
    absent = [(item.printed, item.cell, item.digits) for item in catalog.references if item.value is None]
    assert absent == [("无", "无", 0), ("无", "无", 0)]


def test_what_stands_around_a_number_is_kept_apart_from_it(tmp_path):
    catalog = load((write(tmp_path, zoo=GOOD),))
    paper, chip = catalog.references[-2:]
    assert (paper.printed, paper.cell, paper.fraction, paper.digits) == ("90.5", "acc 90.5%", 0.905, 1)
    assert (paper.baseline, chip.baseline) == (True, False)


# What is replaced in the good tables, by what, and the one mistake that makes.
ONE_MISTAKE = {
    "a result format that ais_bench has not": (
        '["fp16"] },',
        '["fp16"], ascend = { outfmt = "CSV", loop = 5 } },',
        "model[0].deployments[0].ascend.outfmt",
        '"CSV"',
        "one of BIN, NPY, TXT",
    ),
    "a call less than one": (
        '["fp16"] },',
        '["fp16"], ascend = { outfmt = "TXT", loop = 0 } },',
        "model[0].deployments[0].ascend.loop",
        "0",
        "a whole number of at least 1",
    ),
    "an argument that is none": (
        '["fp16"] },',
        '["fp16"], ascend = { outfmt = "TXT", loop = 5, atc = ["-x"] } },',
        "model[0].deployments[0].ascend.atc[0]",
        '"-x"',
        "--name=value",
    ),
    "an argument that zoocheck makes": (
        '["fp16"] },',
        '["fp16"], ascend = { outfmt = "TXT", loop = 5, atc = ["--model=x"] } },',
        "model[0].deployments[0].ascend.atc[0]",
        '"--model=x"',
        "an argument that zoocheck does not make",
    ),
    "an argument twice": (
        '["fp16"] },',
        '["fp16"], ascend = { outfmt = "TXT", loop = 5, atc = ["--a=b", "--a=c"] } },',
        "model[0].deployments[0].ascend.atc",
        '"--a" more than once',
        "each once",
    ),
    # Types are strict: a string of digits is no number, and neither is true.
    "digits in a string": ("length = 16", 'length = "16"', "model[0].length", '"16"', "a whole number"),
    "true for a number": ("length = 16", "length = true", "model[0].length", "true", "a whole number"),
    "half a token": ("length = 16", "length = 16.5", "model[0].length", "16.5", "a whole number"),
    "a batch size in a string": (
        "[1, 8], precisions = ['fp16']".replace("'", '"'),
        '[1, "8"], precisions = ["fp16"]',
        "model[0].deployments[0].batch_sizes[1]",
        '"8"',
        "a whole number",
    ),
    "a number for a string": ('"Toy data"', "5", "dataset[0].title", "5", "a string"),
    "a date for a string": (
        '"Toy data"',
        "2024-01-31",
        "dataset[0].title",
        "2024-01-31",
        "a string or a number, no date or time",
    ),
    "a string for a list": ('["fp32"]\n', '"fp32"\n', "chip[1].precisions", '"fp32"', "a list"),
    "a string for a table": ("{ samples = 10 }", '"10"', "dataset[0].counts", '"10"', "a table"),
    "a string for a boolean": (
        "lower_case = true",
        'lower_case = "yes"',
        "model[0].tokenizer.lower_case",
        '"yes"',
        "true or false",
    ),
    "neither of two types": (
        '["batch", "labels"]',
        '["batch", 1.5]',
        "model[0].outputs[0].shape[1]",
        "1.5",
        "a string or a whole number",
    ),
    "a number that is none": (
        "labels = 2\n",
        "labels = 2\ndropout = nan\n",
        "model[0].architecture.dropout",
        "nan",
        "a finite number",
    ),
    "infinity for a count": (
        "layers = 2",
        "layers = inf",
        "model[0].architecture.layers",
        "inf",
        "a finite number",
    ),
    "minus infinity in a meaning": (
        'form = "acc {}%"',
        'form = "acc {}%"\ntolerance = -inf',
        "table[1].tolerance",
        "-inf",
        "a finite number",
    ),
    # Keys.
    "an unknown key": (
        'file = "toy.md"',
        'file = "toy.md"\nfiel = "toy.md"',
        "document[0].fiel",
        '"toy.md"',
        "no such key, but name, title, file, repository, per_card, times_devices, other_tables",
    ),
    "a multiplied number of no card": (
        'file = "toy.md"',
        'file = "toy.md"\ntimes_devices = true',
        "document[0].times_devices",
        "true",
        "per_card = true beside it: what is multiplied is a card's",
    ),
    "a card of no device": (
        'title = "Toy card"',
        'title = "Toy card"\ncards = [{ name = "Toy card", devices = 0 }]',
        "chip[1].cards[0].devices",
        "0",
        "a whole number of at least 1",
    ),
    "an unknown key deep down": (
        '{ name = "a", ',
        '{ name = "a", nmae = "a", ',
        "model[0].inputs[0].nmae",
        '"a"',
        "no such key, but name, role, dtype, folder",
    ),
    "an unknown top-level key": (
        "[[dataset]]",
        "[[datasets]]\n[[dataset]]",
        "datasets",
        "[{}]",
        "no such key, but [[model]], [[chip]], [[device]], [[dataset]], [[document]], [[table]], "
        "[[word]], [[precision]], [[gap]], [[compiler]]",
    ),
    "one table for a list of tables": (
        "[[dataset]]",
        "[dataset]",
        "dataset",
        '{"name": "toydata", "title": "Toy data", "reader": "sst2", "file": "toy.tsv",...',
        "a list of tables, each headed [[dataset]]",
    ),
    "a missing key": (
        'reader = "sst2"\n',
        "",
        "dataset[0].reader",
        "no value",
        "a value, the key is required",
    ),
    # Names.
    "an unknown document": (
        'document = "toy-readme"\ntask',
        'document = "toy-raedme"\ntask',
        "model[0].document",
        '"toy-raedme"',
        "a known document: toy-readme",
    ),
    "an unknown data set": (
        'dataset = "toydata"',
        'dataset = "toydate"',
        "model[0].dataset",
        '"toydate"',
        "a known dataset: toydata",
    ),
    "an unknown protocol": (
        '["documented"]',
        '["documented", "usual"]',
        "model[0].protocols[1]",
        '"usual"',
        "one of documented, standard",
    ),
    "an unknown metric": (
        'metric = "accuracy"\nlength',
        'metric = "blue"\nlength',
        "model[0].metric",
        '"blue"',
        "one of accuracy, top5, precision, recall, f1, f1-macro, exact, mcc, pearson, spearman, "
        "map, miou, iou, dice, auc, bleu, rouge, ssim, wer, cer, eer, error-rate, psnr, "
        "perplexity, mae, rmse, fid, throughput, latency, other",
    ),
    "a speed as a model's score": (
        'metric = "accuracy"\nlength',
        'metric = "throughput"\nlength',
        "model[0].metric",
        '"throughput"',
        "a score, one of accuracy, top5, precision, recall, f1, f1-macro, exact, mcc, pearson, "
        "spearman, map, miou, iou, dice, auc, bleu, rouge, ssim, wer, cer, eer, error-rate",
    ),
    "a metric that the task has not": (
        'metric = "accuracy"\nlength',
        'metric = "mcc"\nlength',
        "model[0].metric",
        '"mcc"',
        "one of the task classify: accuracy",
    ),
    "an unknown task": (
        'task = "classify"',
        'task = "classification"',
        "model[0].task",
        '"classification"',
        "a known task: classify, ner_characters, ner_words, questions, sequences, squad_original, "
        "squad_transformers, tokens",
    ),
    "a module that is no task": (
        'task = "classify"',
        'task = "wordpiece"',
        "model[0].task",
        '"wordpiece"',
        "a known task: classify, ner_characters, ner_words, questions, sequences, squad_original, "
        "squad_transformers, tokens",
    ),
    "a head that is another task's": (
        'head = "classification"',
        'head = "question-answering"',
        "model[0].architecture.head",
        '"question-answering"',
        "one of the task classify: classification, classification-relu",
    ),
    "an option that the task has not": (
        'task = "classify"',
        'task = "classify"\noptions = { stride = 0 }',
        "model[0].options.stride",
        "0",
        "no options, there are none here",
    ),
    "a task that cuts texts without its way": (
        'tokenizer = { lower_case = true, vocabulary = "toy" }\n',
        "",
        "model[0].tokenizer",
        "no value",
        "lower_case and vocabulary, by which the task classify cuts texts",
    ),
    "an unknown reader": (
        'reader = "sst2"',
        'reader = "sst3"',
        "dataset[0].reader",
        '"sst3"',
        "a known reader, columns, conll, csv, jsonl, parquet, peoples_daily, squad, squad_json, sst2, tsv; "
        "or module:function, of a module.py beside this table",
    ),
    "a module that is no reader": (
        'reader = "sst2"',
        'reader = "forms"',
        "dataset[0].reader",
        '"forms"',
        "a known reader, columns, conll, csv, jsonl, parquet, peoples_daily, squad, squad_json, sst2, tsv; "
        "or module:function, of a module.py beside this table",
    ),
    "a reader's file that is not there": (
        'reader = "sst2"',
        'reader = "mine:rows"',
        "dataset[0].reader",
        "{folder}/mine.py: cannot be read (No such file or directory)",
        "module:function, of a module.py beside this table",
    ),
    "an option that the reader has not": (
        'reader = "sst2"',
        'reader = "sst2"\noptions = { header = false }',
        "dataset[0].options.header",
        "false",
        "no options, there are none here",
    ),
    "data that the task does not take": (
        'reader = "sst2"',
        'reader = "conll"',
        "model[0].dataset",
        '"toydata"',
        "one of sentences labelled 0 or 1, which the task classify takes; this one gives words with tags",
    ),
    "an input that the model has not": (
        'deployments = [\n    { chip = "toychip", ',
        'deployments = [\n    { traced = ["ids", "mask"], chip = "toychip", ',
        "model[0].deployments[0].traced",
        "ids, mask",
        "each of ids, segments, mask once",
    ),
    "published data without a count": (
        "counts = { samples = 10 }\n",
        "",
        "dataset[0].counts",
        "no value",
        "the number of samples of published data at least",
    ),
    "a table of an unknown model": (
        'model = "toy"\nname = "score"',
        'model = "toys"\nname = "score"',
        "table[1].model",
        '"toys"',
        "a known model: toy",
    ),
    "a table of an unknown document": (
        'document = "toy-readme"\nmodel = "toy"\nname = "score"',
        'document = "other"\nmodel = "toy"\nname = "score"',
        "table[1].document",
        '"other"',
        "a known document: toy-readme",
    ),
    "a value of an unknown chip": (
        'role = "measured", chip = "toychip", cells',
        'role = "measured", chip = "chap", cells',
        "table[1].rows[1].chip",
        '"chap"',
        "a known chip: toychip, toycard",
    ),
    "a ratio over an unknown chip": (
        'ratio = ["toychip", "toycard"]',
        'ratio = ["toychip", "t5"]',
        "table[0].columns[3].ratio[1]",
        '"t5"',
        "a known chip: toychip, toycard",
    ),
    "a ratio of a chip over itself": (
        'ratio = ["toychip", "toycard"]',
        'ratio = ["toychip", "toychip"]',
        "table[0].columns[3].ratio",
        '["toychip", "toychip"]',
        "two different chips",
    ),
    "a name that is no file name": (
        "[[dataset]]",
        '[[chip]]\nname = "Toy/Card"\ntitle = "T"\nbackend = "toy"\nprecisions = ["fp16"]\n[[dataset]]',
        "chip[2].name",
        '"Toy/Card"',
        "lower-case letters and digits, parted by - or _",
    ),
    "a chip called like a kind of test": (
        "[[dataset]]",
        '[[chip]]\nname = "audit"\ntitle = "Audit"\nbackend = "toy"\nprecisions = ["fp16"]\n[[dataset]]',
        "chip[2].name",
        '"audit"',
        "another name: the marker audit is that of a kind of test",
    ),
    "a chip called as a mark that skips": (
        "[[dataset]]",
        '[[chip]]\nname = "skip"\ntitle = "Skip"\nbackend = "toy"\nprecisions = ["fp16"]\n[[dataset]]',
        "chip[2].name",
        '"skip"',
        "another name: pytest means its own by this",
    ),
    # Repeats.
    "two chips of one name": (
        "[[dataset]]",
        '[[chip]]\nname = "toycard"\ntitle = "Again"\nbackend = "toy"\nprecisions = ["fp16"]\n[[dataset]]',
        "chip[2].name",
        '"toycard"',
        "a name of its own, chip[1] of {file} has this one",
    ),
    "two tables of one name": (
        'name = "score"',
        'name = "speed"',
        "table[1].name",
        '"speed"',
        "a name no other table of its document has (table[0] of {file})",
    ),
    "a batch size twice": (
        'batch_sizes = [1, 8], precisions = ["fp16"]',
        'batch_sizes = [1, 8, 8], precisions = ["fp16"]',
        "model[0].deployments[0].batch_sizes",
        "8 more than once",
        "each once",
    ),
    "a row label twice": (
        '"eight"',
        '"one"',
        "table[0].rows",
        'the row "one" more than once',
        "label cells of its own each",
    ),
    "a header twice": (
        'header = "card"',
        'header = "chip"',
        "table[0].columns",
        'the header "chip" more than once',
        "a header of its own each",
    ),
    # Nothing where something belongs.
    "no protocol": ('["documented"]', "[]", "model[0].protocols", "[]", "at least one"),
    "no batch size": (
        'batch_sizes = [1, 8], precisions = ["fp32"]',
        'batch_sizes = [], precisions = ["fp32"]',
        "model[0].deployments[1].batch_sizes",
        "[]",
        "at least one",
    ),
    "a blank title": ('"Toy model"', '" "', "model[0].title", '" "', "some text"),
    "a count of nothing": (
        "samples = 10",
        "samples = 0",
        "dataset[0].counts.samples",
        "0",
        "a whole number of at least 1",
    ),
    "no count of samples": (
        "samples = 10",
        "rows = 10",
        "dataset[0].counts.samples",
        "no value",
        "the number of samples",
    ),
    "no layers": (
        "layers = 2",
        "layers = 0",
        "model[0].architecture.layers",
        "0",
        "a whole number of at least 1",
    ),
    "a throughput tool whose log nobody reads": (
        'precisions = ["fp32"]\n\n[[dataset]]',
        'precisions = ["fp32"]\nthroughput_tools = ["trtexec", "stopwatch"]\n\n[[dataset]]',
        "chip[1].throughput_tools[1]",
        '"stopwatch"',
        "one whose log is read: ais_bench, benchmark310, mm_run, msame, trtexec, vamp, vsx_prof",
    ),
    "a throughput tool twice": (
        'precisions = ["fp32"]\n\n[[dataset]]',
        'precisions = ["fp32"]\nthroughput_tools = ["vamp", "vamp"]\n\n[[dataset]]',
        "chip[1].throughput_tools",
        '"vamp" more than once',
        "each once",
    ),
    "a chip's tools without a remedy": (
        'precisions = ["fp32"]\n',
        'precisions = ["fp32"]\ntools = ["toysmi"]\n',
        "chip[1].remedy",
        "no value",
        "what to do where its tools are missing",
    ),
    "only label columns": (
        '{ header = "score" }',
        '{ header = "score", label = true }',
        "table[1].columns",
        "only label columns",
        "a column that holds values",
    ),
    # Sense.
    "more tokens than positions": (
        "length = 16",
        "length = 64",
        "model[0].length",
        "64",
        "at most architecture.positions, 32",
    ),
    "heads that do not divide": (
        "heads = 4",
        "heads = 3",
        "model[0].architecture.heads",
        "3",
        "a divisor of architecture.hidden, 8",
    ),
    "no mask": (
        '    { name = "c", role = "mask", dtype = "int64", folder = "c" },\n',
        "",
        "model[0].inputs",
        "no input of role mask",
        "one of each role: ids, segments, mask",
    ),
    "a dtype there is not": (
        'role = "mask", dtype = "int64"',
        'role = "mask", dtype = "long"',
        "model[0].inputs[2].dtype",
        '"long"',
        "one of float16, float32, int32, int64",
    ),
    "a file outside its folder": (
        '"toy.tsv"',
        '"../toy.tsv"',
        "dataset[0].file",
        '"../toy.tsv"',
        "a path inside the folder",
    ),
    "a revision of nothing": (
        'checkpoint = { published = "somewhere" }',
        'checkpoint = { published = "somewhere", revision = "abc" }',
        "model[0].checkpoint.hub",
        "no value",
        "the repository that the revision is one of",
    ),
    "a deployment's precision that its chip has not": (
        'batch_sizes = [1, 8], precisions = ["fp32"]',
        'batch_sizes = [1, 8], precisions = ["fp32", "int8"]',
        "model[0].deployments[1].precisions[1]",
        '"int8"',
        "one that the chip toycard has: fp32",
    ),
    # Cells.
    "a cell too few": (
        '["one", "10.5", "7", "1.5"]',
        '["one", "10.5", "7"]',
        "table[0].rows[0].cells",
        "3 cells",
        "4, one a column",
    ),
    "a cell that is no number": (
        '"20.25"',
        '"20,25"',
        "table[0].rows[1].cells[1]",
        '"20,25"',
        "a number written {}, or 无 for none",
    ),
    "a cell in another form": (
        '"acc 90.25%"',
        '"90.25"',
        "table[1].rows[1].cells[1]",
        '"90.25"',
        "a number written acc {}%, or 无 for none",
    ),
    "a form without a number": (
        'form = "acc {}%"',
        'form = "acc %"',
        "table[1].form",
        '"acc %"',
        "{}, where a number stands",
    ),
    "more than everything": (
        '"acc 90.25%"',
        '"acc 9025%"',
        "table[1].rows[1].cells[1]",
        '"9025"',
        "a percent from 0 to 100",
    ),
    "a speed of zero": ('"20.25"', '"0"', "table[0].rows[1].cells[1]", '"0"', "a number above 0"),
    "no role": (
        'role = "baseline", cells',
        "cells",
        "table[1].rows[0].cells[1].role",
        "no value",
        "a role from the table, the column or the row",
    ),
    "a measured value of no chip": (
        'role = "measured", chip = "toychip", cells',
        'role = "measured", cells',
        "table[1].rows[1].cells[1].chip",
        "no value",
        "the chip that a measured value is of",
    ),
    "a ratio of nothing, told once for the whole column": (
        ', ratio = ["toychip", "toycard"] }',
        " }",
        "table[0].rows[0].cells[3].ratio",
        "no value",
        "two chips for the role ratio, nothing for any other",
    ),
    "a throughput in per cent": (
        'unit = "samples/s", chip = "toychip"',
        'unit = "percent", chip = "toychip"',
        "table[0].rows[0].cells[1].unit",
        '"percent"',
        "one of samples/s for throughput",
    ),
    "a precision that the chip has not": (
        'role = "measured", chip = "toychip", cells',
        'role = "measured", chip = "toychip", precision = "int8", cells',
        "table[1].rows[1].cells[1].precision",
        '"int8"',
        "one that the chip toychip has: fp16",
    ),
    "a baseline that is a ratio": (
        'role = "ratio", unit',
        'role = "ratio", baseline = true, unit',
        "table[0].rows[0].cells[3].baseline",
        "true",
        "only beside the role measured or baseline",
    ),
    "a block that leaves a column out": (
        'block = "{0}: {1}"',
        'block = "{0}:"',
        "table[1].block",
        "no {1}",
        "every column of the table",
    ),
    "a block with a column too many": (
        'block = "{0}: {1}"',
        'block = "{0}: {1} {2}"',
        "table[1].block",
        "{2}",
        "{0} to {1}, one for each column",
    ),
}


@pytest.mark.parametrize("name", ONE_MISTAKE)
def test_a_mistake_is_told_with_its_place_what_was_found_and_what_was_expected(tmp_path, name):
    old, new, path, found, expected = ONE_MISTAKE[name]
    folder = write(tmp_path, zoo=changed(old, new))
    expected = expected.replace("{file}", str(folder / "zoo.toml"))
    found = found.replace("{folder}", str(folder))
    assert mistakes_of(folder) == [(path, found, expected)]


def test_a_batch_size_twice_is_a_mistake_in_every_column_that_it_doubles(tmp_path):
    folder = write(tmp_path, zoo=changed("{ batch_size = 8, cells", "{ batch_size = 1, cells"))
    assert [(path, found) for path, found, _ in mistakes_of(folder)] == [
        ("table[0].rows[1].cells[1]", "the measured throughput of rows[0].cells[1] once more"),
        ("table[0].rows[1].cells[2]", "the measured throughput of rows[0].cells[2] once more"),
        ("table[0].rows[1].cells[3]", "the ratio throughput of rows[0].cells[3] once more"),
    ]


def test_a_batch_size_that_is_not_deployed_is_a_mistake_for_every_chip(tmp_path):
    folder = write(tmp_path, zoo=changed("{ batch_size = 8, cells", "{ batch_size = 16, cells"))
    assert [path for path, _, _ in mistakes_of(folder)] == [
        "table[0].rows[1].cells[1].batch_size",
        "table[0].rows[1].cells[2].batch_size",
    ]


@pytest.mark.parametrize(
    ("old", "new", "path", "above"),
    [
        ("{ batch_size = 8, cells", '{ batch_size = 8, metric = "f1", cells', "rows[1].metric", "the table"),
        (
            "{ batch_size = 8, cells",
            '{ batch_size = 8, chip = "toycard", cells',
            "rows[1].chip",
            "columns[1]",
        ),
        ('{ header = "card", ', '{ header = "card", metric = "f1", ', "columns[2].metric", "the table"),
    ],
)
def test_table_column_and_row_may_not_contradict_each_other(tmp_path, old, new, path, above):
    mistakes = mistakes_of(write(tmp_path, zoo=changed(old, new)))
    assert (f"table[0].{path}", f", as {above} says, or nothing") in [
        (where, expected[expected.index(", as") :]) for where, _, expected in mistakes if ", as" in expected
    ]


def test_an_entry_that_is_refused_makes_no_unknown_names_elsewhere(tmp_path):
    """The model names the data set, and both tables the model: neither name is a mistake."""
    text = changed("counts = { samples = 10 }", "counts = 10").replace("length = 16", 'length = "16"')
    assert [path for path, _, _ in mistakes_of(write(tmp_path, zoo=text))] == [
        "dataset[0].counts",
        "model[0].length",
    ]


def test_every_mistake_of_every_file_is_told_at_once(tmp_path):
    """Five files beside each other: syntax, encoding, types, keys, names, repeats, counts, cells."""
    write(
        tmp_path,
        a_zoo=GOOD,
        b_syntax='[[chip]]\nname = "late"\ntitle = \n',
        d_chips=BROKEN_CHIPS,
        e_more=BROKEN_TABLES,
    )
    (tmp_path / "c_encoding.toml").write_bytes(b'# the next line is Latin-1\ntitle = "\xe9"')
    with pytest.raises(TableErrors) as raised:
        load((tmp_path,))
    mistakes = raised.value.mistakes
    told = [(Path(item.file).stem, item.path, item.found) for item in mistakes]
    assert sorted(told) == sorted(BROKEN)
    message = str(raised.value)
    assert message.startswith(f"{len(BROKEN)} mistakes in the tables:\n")
    for item in mistakes:
        assert f"{item.file}: {item.path}: found {item.found}, expected {item.expected}" in message


BROKEN_CHIPS = """
[[chip]]
name = "toycard"
title = ""
backend = "toy"
precisions = []
colour = "red"

[[chip]]
name = "third"
title = "Third"
backend = 3
precisions = ["fp16", "fp8"]
"""

BROKEN_TABLES = """
[[dataset]]
name = "more"
title = "More"
reader = "sst2"
file = "/more.tsv"
counts = { rows = -1 }
published = "nowhere"

[[table]]
document = "nobody"
model = "unknown"
name = "accuracy"
unit = "percent"
role = "baseline"
tolerance = inf
columns = [{ header = "bs", label = true }, { header = "acc" }]
rows = [{ cells = ["1", "90"] }]

[[table]]
document = "toy-readme"
model = "toy"
name = "f1"
metric = "f1"
unit = "fraction"
role = "measured"
columns = [{ header = "cpu", chip = "cpu" }, { header = "toy", chip = "toychip" }]
rows = [
    { batch_size = 1, cells = ["0.9", "90"] },
    { batch_size = 8, cells = ["high"] },
    { batch_size = 8, cells = ["0.8", "low"] },
    { batch_size = 8, cells = ["0.8", "0.7"], precision = "int8" },
]

[[table]]
document = "toy-readme"
model = "toy"
name = "typed"
columns = [{ header = "bs", label = "true" }]
rows = [{ batch_size = true, cells = [1] }]

[[tables]]
"""

BROKEN = [
    ("b_syntax", "line 3", "a syntax error (Invalid value)"),
    ("c_encoding", "line 2", "the byte 0xe9, no UTF-8"),
    ("d_chips", "chip[0].colour", '"red"'),
    ("d_chips", "chip[0].name", '"toycard"'),
    ("d_chips", "chip[0].precisions", "[]"),
    ("d_chips", "chip[0].title", '""'),
    ("d_chips", "chip[1].backend", "3"),
    ("d_chips", "chip[1].precisions[1]", '"fp8"'),
    ("e_more", "dataset[0].counts.rows", "-1"),
    ("e_more", "dataset[0].counts.samples", "no value"),
    ("e_more", "dataset[0].file", '"/more.tsv"'),
    ("e_more", "table[0].document", '"nobody"'),
    ("e_more", "table[0].model", '"unknown"'),
    ("e_more", "table[0].rows[0].cells[1].metric", "no value"),
    ("e_more", "table[0].tolerance", "inf"),
    ("e_more", "table[1].columns", "no label column"),
    ("e_more", "table[1].columns[0].chip", '"cpu"'),
    ("e_more", "table[1].rows[0].cells[1]", '"90"'),
    ("e_more", "table[1].rows[1].cells", "1 cells"),
    ("e_more", "table[1].rows[2].cells[1]", '"low"'),
    ("e_more", "table[1].rows[3].cells[1].precision", '"int8"'),
    ("e_more", "table[2].columns[0].label", '"true"'),
    ("e_more", "table[2].rows[0].batch_size", "true"),
    ("e_more", "table[2].rows[0].cells[0]", "1"),
    ("e_more", "tables", "[{}]"),
]


def test_a_syntax_error_is_told_with_its_line_even_at_the_end_of_the_file(tmp_path):
    folder = write(tmp_path, cut='[[chip]]\nname = "never closed')
    [(path, found, expected)] = mistakes_of(folder)
    assert path == "line 2"
    assert found.startswith("a syntax error (")
    assert expected == "TOML 1.0 in UTF-8"


def test_a_folder_without_tables_is_a_mistake_and_so_is_a_file_without_entries(tmp_path):
    (tmp_path / "empty").mkdir()
    write(tmp_path, nothing="# nothing yet\n")
    with pytest.raises(TableErrors) as raised:
        load((tmp_path / "empty", tmp_path / "absent", tmp_path))
    assert [(Path(item.file).name, item.path, item.found) for item in raised.value.mistakes] == [
        ("empty", "(folder)", "no *.toml file"),
        ("absent", "(folder)", "no such folder"),
        ("nothing.toml", "(file)", "no entry"),
    ]


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path):
    (tmp_path / "link.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.toml").mkdir()
    assert [(path, found) for path, found, _ in mistakes_of(tmp_path)] == [
        ("(file)", "a file that cannot be read (Is a directory)"),
        ("(file)", "a file that cannot be read (No such file or directory)"),
    ]


def test_the_folders_of_zoocheck_tables_are_added_to_the_built_in_one(tmp_path, monkeypatch):
    """Nothing but tables is needed for a new chip, data set, document and model."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    chips, rest = GOOD.split("[[dataset]]")
    write(tmp_path / "one", chips=chips)
    write(tmp_path / "two", rest=f"[[dataset]]{rest}")
    monkeypatch.delenv("ZOOCHECK_TABLES", raising=False)
    plain = load()
    assert table_folders() == (BUILT_IN,)
    monkeypatch.setenv("ZOOCHECK_TABLES", os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")]))
    extended = load()
    assert extended.folders == (BUILT_IN, tmp_path / "one", tmp_path / "two")
    assert set(extended.models) - set(plain.models) == {"toy"}
    assert set(extended.chips) - set(plain.chips) == {"toychip", "toycard"}
    assert len(extended.references) - len(plain.references) == 8


def test_a_file_that_has_changed_is_read_again_and_one_that_has_not_is_not(tmp_path):
    folder = write(tmp_path, zoo=GOOD)
    first = load((folder,))
    assert load((folder,)) is first
    write(folder, zoo=changed('"20.25"', '"20.125"'))
    assert "20.125" in [item.printed for item in load((folder,)).references]


def test_a_name_that_does_not_exist_is_a_usage_error_that_lists_those_that_do(tmp_path):
    catalog = load((write(tmp_path, zoo=GOOD),))
    assert find(catalog.chips, "toycard", "chip").title == "Toy card"
    with pytest.raises(UsageError, match="no chip is called 'toycar'; there are toychip, toycard"):
        find(catalog.chips, "toycar", "chip")


# The built-in tables.


@pytest.fixture(scope="module")
def built_in() -> Catalog:
    return load((BUILT_IN,))


def test_there_are_five_models_seven_chips_and_four_data_sets(built_in):
    assert sorted(built_in.models) == [
        "bert-chinese-ner",
        "bert-large-ner",
        "bert-squad",
        "spanbert",
        "tinybert",
    ]
    assert list(built_in.chips) == ["ascend310", "ascend310p", "t4", "vacc", "mlu370", "cpu", "cuda"]
    assert {name: spec.counts["samples"] for name, spec in built_in.datasets.items()} == {
        "sst2": 872,
        "conll2003": 3453,
        "squad": 10570,
        "peoples_daily": 4636,
    }


def test_every_cell_of_the_five_documents_is_a_reference(built_in):
    """TinyBERT 7 x 8; bert-large-NER 6 x 3 and 6 x 2; SpanBERT 2 and 6; MLU 10 and 2 x 2; VACC 3 x 2."""
    assert Counter(item.source.document for item in built_in.references) == {
        "ascend-tinybert": 56,
        "ascend-bert-large-ner": 30,
        "ascend-spanbert": 8,
        "cambricon-bert-squad": 14,
        "vastai-bert-chinese-ner": 6,
    }


def test_gelu_is_tanh_where_the_documented_command_asks_for_high_performance(built_in):
    tanh = {
        (model.name, deployment.chip)
        for model in built_in.models.values()
        for deployment in model.deployments
        if deployment.gelu is Gelu.TANH
    }
    assert tanh == {("tinybert", "ascend310"), ("tinybert", "ascend310p"), ("bert-large-ner", "ascend310p")}


def test_only_two_checkpoints_are_documented_by_a_hub_id(built_in):
    hubs = {name: model.checkpoint.hub for name, model in built_in.models.items() if model.checkpoint.hub}
    assert hubs == {
        "bert-large-ner": "dslim/bert-large-NER",
        "bert-squad": "linfuyou/bert-squad-training",
    }


def test_every_printed_ratio_follows_from_its_neighbours_in_the_rounding_its_column_states(built_in):
    """bert-large-NER's are cut off (1.227 and 1.150 fit nothing else), TinyBERT's are rounded."""
    speeds = {
        (item.source.table, item.chip, item.batch_size, item.best): Decimal(item.printed)
        for item in built_in.references
        if item.role is Role.MEASURED and item.metric is Metric.THROUGHPUT
    }
    ratios = [item for item in built_in.references if item.role is Role.RATIO]
    assert len(ratios) == 6 + 7 * 2
    for item in ratios:
        over, under = (speeds[item.source.table, chip, item.batch_size, item.best] for chip in item.ratio)
        how = ROUND_DOWN if item.rounding is Rounding.TRUNCATED else ROUND_HALF_UP
        assert (over / under).quantize(Decimal(item.printed), how) == Decimal(item.printed), str(item.source)


@pytest.mark.parametrize(
    ("model", "chip", "right"), [("tinybert", "ascend310", 808), ("tinybert", "ascend310p", 805)]
)
def test_tinybert_accuracies_are_whole_numbers_of_872(built_in, model, chip, right):
    """92.66 is 808 of 872 and 92.32 is 805; the published 92.6 is 808 of 872 cut off, not rounded."""
    printed = {
        item.printed
        for item in built_in.references
        if (item.model, item.chip) == (model, chip) and item.metric is Metric.ACCURACY
    }
    assert printed == {f"{right / 872 * 100:.2f}"}
    [published] = {
        item
        for item in built_in.references
        if item.model == model and item.role is Role.BASELINE and item.value and not item.best
    }
    assert published.rounding is Rounding.TRUNCATED
    assert Decimal(published.printed) == (Decimal(80800) / 872).quantize(Decimal("0.1"), ROUND_DOWN)


def test_loading_imports_no_framework():
    """Collecting cases must not cost the import of torch, onnx, transformers or numpy."""
    code = (
        "import sys, harness.tables.catalog, harness.tables.references\n"
        "harness.tables.catalog.load()\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BUILT_IN.parents[1]
    )
    assert (
        set(done.stdout.split()) & {"torch", "onnx", "onnxruntime", "transformers", "numpy", "pytest"}
        == set()
    )

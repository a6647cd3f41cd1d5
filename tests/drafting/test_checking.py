"""A folder and a data file become tables that load; what cannot be run is told before anything is written."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tuned
from encoders import NAMES
from tuned import MNLI, labelled

from harness.domain.cases import Kind
from harness.domain.families import FAMILIES
from harness.domain.metrics import Metric
from harness.domain.models import Head, Protocol
from harness.domain.precisions import Precision
from harness.domain.series import samples_of
from harness.drafting import checking, kept
from harness.drafting.drafts import Asked
from harness.drafting.forms import columns
from harness.errors import UsageError, ZoocheckError
from harness.running.materials import Materials
from harness.running.progress import Progress
from harness.running.recording import Recorder, Stages
from harness.setting.home import Home
from harness.setting.options import Options
from harness.store.results import Store
from harness.tables import catalog

MOST_LINES = 25
NER = labelled("O", "B-PER", "I-PER")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home, that nothing may be written to."""
    return Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data")


def asked(folder: Path, data: Path | None = None, **more: Any) -> Asked:
    said = {"name": "mine", "columns": columns(more.pop("columns", None)), **more}
    return Asked(
        path=folder, chip="cpu", precisions=(Precision.FP32, Precision.FP16), batch_sizes=(1,),
        data=data, **said,
    )  # fmt: skip


def checked(home: Home, folder: Path, data: Path | None = None, **more: Any):
    return checking.check(asked(folder, data, **more), catalog.load((catalog.BUILT_IN,)), home)


@pytest.mark.parametrize("name", NAMES)
def test_every_familys_checkpoint_is_a_few_lines_that_load(saved, tmp_path: Path, home: Home, name: str):
    """As many cases as precisions, of the network that config.json describes, with labels by name."""
    folder = saved(name, **labelled(*MNLI))
    data = tuned.pairs(tmp_path / "dev.tsv", [*reversed(MNLI)])
    found = checked(home, folder, data)
    assert [case.id for case in found.cases] == ["mine-cpu-bs1", "mine-cpu-fp16-bs1"]
    assert (found.model.task, found.model.metric) == ("sequences", Metric.ACCURACY)
    assert FAMILIES[found.model.architecture.family].title in found.model.title
    lines = [line for line in found.draft.text.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= MOST_LINES
    assert found.draft.scored
    assert not home.root.exists()


def test_the_task_comes_from_the_head(saved, tmp_path: Path, home: Home):
    of_tags = checked(
        home, saved(head=Head.TOKEN_CLASSIFICATION, **NER),
        tuned.tagged(tmp_path / "a.txt", ["B-PER", "B-PER", "O"]),
    )  # fmt: skip
    assert (of_tags.model.task, of_tags.model.metric) == ("tokens", Metric.F1)
    of_questions = checked(
        home, saved(head=Head.QUESTION_ANSWERING, folder="q"), tuned.questions(tmp_path / "a.json")
    )
    assert (of_questions.model.task, of_questions.model.metric) == ("questions", Metric.F1)


@pytest.mark.parametrize("head", [Head.CLASSIFICATION, Head.TOKEN_CLASSIFICATION, Head.QUESTION_ANSWERING])
def test_without_data_there_is_no_score(saved, home: Home, head: Head):
    found = checked(home, saved(head=head))
    assert (found.spec, found.model.dataset, found.model.metric) == (None, "", None)
    assert not found.draft.scored
    assert "no data: inputs drawn by a seed, and no score; --data gives some" in found.draft.notes


def test_one_logit_is_a_number(saved, tmp_path: Path, home: Home):
    """Of a head whose weights have three, which who loads it tells: the table is of one."""
    folder = saved(id2label={"0": "LABEL_0"}, label2id={"LABEL_0": 0}, num_labels=None)
    data = tuned.texts(tmp_path / "dev.tsv", ["1.5", "2.0", "4"], header="sentence\tscore")
    with pytest.raises(ZoocheckError, match="number of labels"):
        checked(home, folder, data)


@pytest.mark.parametrize(
    ("architectures", "told", "task"),
    [(None, None, "sequences"), (None, "tokens", "tokens"), (["BertForTokenClassification"], None, "tokens")],
)
def test_without_architectures_the_data_or_the_user_says_the_task(
    saved, tmp_path: Path, home: Home, architectures: list[str] | None, told: str | None, task: str
):
    head = Head.TOKEN_CLASSIFICATION if task == "tokens" else Head.CLASSIFICATION
    folder = saved(head=head, architectures=architectures, **(NER if task == "tokens" else labelled(*MNLI)))
    if task == "tokens":
        data = tuned.tagged(tmp_path / "a.txt", ["B-PER", "O"])
    else:
        data = tuned.texts(tmp_path / "a.tsv", [*MNLI])
    assert checked(home, folder, data, task=told).model.task == task


def test_labels_of_the_data_that_are_numbers_take_the_names_of_the_config(saved, tmp_path: Path, home: Home):
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"])
    found = checked(home, saved(**labelled(*MNLI)), data)
    assert found.spec.options["labels"] == [*MNLI]
    assert "labels: the data numbers them; taken in the order of config.json, entailment, neutral, " in (
        "\n".join(found.draft.notes)
    )


def test_numbers_are_those_of_glue_where_the_names_are(saved, tmp_path: Path, home: Home):
    """A checkpoint that has them in another order is not held to it: its data is others', too."""
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"])
    folder = saved(**labelled(*reversed(MNLI)))
    assert checked(home, folder, data).spec.options["labels"] == [*MNLI]
    told = checked(home, folder, data, labels=tuple(reversed(MNLI)))
    assert told.spec.options["labels"] == dict(zip("012", reversed(MNLI), strict=True))
    with pytest.raises(UsageError, match="--labels neutral,neutral,entailment: two of them mean neutral"):
        checked(home, folder, data, labels=("neutral", "neutral", "entailment"))
    with pytest.raises(ZoocheckError, match="joy is not among them"):
        checked(home, folder, data, labels=("joy", *MNLI[1:]))


def test_labels_are_told_of_numbers_only(saved, tmp_path: Path, home: Home):
    data = tuned.texts(tmp_path / "dev.tsv", [*MNLI])
    with pytest.raises(
        ZoocheckError, match=r"--labels .*: says what numbers mean, and the data has the labels"
    ):
        checked(home, saved(**labelled(*MNLI)), data, labels=MNLI)


def test_labels_that_the_config_only_numbers_are_the_datas_in_alphabetical_order(
    saved, tmp_path: Path, home: Home
):
    found = checked(home, saved(), tuned.texts(tmp_path / "dev.tsv", ["sad", "glad", "mad"]))
    assert found.model.labels == ("glad", "mad", "sad")
    assert any("only numbers them; the data's in alphabetical order" in note for note in found.draft.notes)
    numbered = checked(home, saved(folder="b"), tuned.texts(tmp_path / "n.tsv", ["0", "1", "2"]))
    assert numbered.model.labels == ("0", "1", "2")


def test_labels_of_a_tagger_may_be_marks(saved, tmp_path: Path, home: Home):
    """The Penn Treebank's: they were taken for one and the same label without a name."""
    path = tmp_path / "a.txt"
    path.write_text("a NN\n. .\n\nb NN\n: :\n", encoding="utf-8")
    found = checked(home, saved(head=Head.TOKEN_CLASSIFICATION, **labelled(".", ":", "NN")), path)
    assert found.model.metric is Metric.ACCURACY


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_samples_without_a_gold_label_are_left_out_and_told(saved, tmp_path: Path, home: Home, suffix: str):
    """SNLI's and CMNLI's -: the saved table says it, too, and holds how many they are."""
    path = tuned.texts(tmp_path / "dev.tsv", [*MNLI, "-"])
    if suffix == "jsonl":
        rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
        path = tmp_path / "dev.jsonl"
        lines = (json.dumps({"text": text, "label": label}) + "\n" for text, label in rows)
        path.write_text("".join(lines), encoding="utf-8")
    for config in (labelled(*MNLI), {}):
        found = checked(home, saved(folder=f"of-{len(config)}", **config), path)
        assert found.spec.options["leave_out"] == ["-"]
        assert found.spec.counts == {"samples": 30, "left_out": 10}
        assert "left out: 10 of 40 samples, whose label '-' is no gold label" in found.draft.notes


def test_results_tell_which_samples_of_the_file_they_are_of(saved, tmp_path: Path, home: Home):
    """Scores of other columns or labels of a file are of other data, which the SHA-256 of the file hides."""
    folder, data = saved(**labelled(*MNLI)), tuned.pairs(tmp_path / "dev.tsv", [*MNLI])
    numbered = tuned.texts(tmp_path / "numbers.tsv", ["0", "1", "2"])
    told = {
        "first": checked(home, folder, data, columns="text=sentence1,label=gold_label"),
        "second": checked(home, folder, data, columns="text=sentence2,label=gold_label"),
        "again": checked(home, folder, data, columns="text=1,label=4"),
        "numbers": checked(home, folder, numbered),
        "others": checked(home, folder, numbered, labels=tuple(reversed(MNLI))),
    }
    files, samples = {}, {}
    for name, found in told.items():
        materials = Materials(
            catalog.load((catalog.BUILT_IN, kept.keep(found.draft, home))), home, Options(), Progress()
        )
        case = found.cases[0]
        made = Recorder(materials, Store("sqlite://"), "run").measurement(
            case, Kind.ACCURACY, materials.target(case), Stages(),
            data=materials.samples(case.model, Protocol.DOCUMENTED),
        )  # fmt: skip
        files[name], samples[name] = made.provenance.data_sha256, samples_of(made)
    assert None not in samples.values()
    assert files["first"] == files["second"] == files["again"]
    assert files["numbers"] == files["others"]
    assert samples["first"] == samples["again"]
    assert len(set(samples.values())) == 4


def test_a_label_that_the_checkpoint_has_is_never_left_out(saved, tmp_path: Path, home: Home):
    data = tuned.texts(tmp_path / "dev.tsv", ["+", "-", "?"])
    for config in (labelled("-", "+", "?"), {}):
        found = checked(home, saved(folder=f"of-{len(config)}", **config), data)
        assert "leave_out" not in found.spec.options
        assert found.spec.counts == {"samples": 40}


def test_comments_are_told(saved, tmp_path: Path, home: Home):
    path = tmp_path / "a.conll"
    path.write_text("# id 1\na B-PER\n\n# id 2\nb O\n", encoding="utf-8")
    found = checked(home, saved(head=Head.TOKEN_CLASSIFICATION, **NER), path)
    assert "left out: 2 lines that begin with '# ', which are comments" in found.draft.notes


def test_what_the_tables_would_not_take_is_told_as_it_was_typed(saved, tmp_path: Path, home: Home):
    """And not as a place in a file that is there no longer."""
    asked_for = asked(saved(head=Head.QUESTION_ANSWERING), tuned.questions(tmp_path / "a.json"))
    with pytest.raises(UsageError) as caught:
        checking.check(
            replace(asked_for, batch_sizes=(0,), name="Not a name"), catalog.load((catalog.BUILT_IN,)), home
        )
    said = str(caught.value)
    assert "--bs ([0]): found 0" in said
    assert "--name: found" in said
    assert "zoocheck-check-" not in said
    assert ".toml" not in said


def test_the_length_is_what_the_checkpoint_takes_or_what_is_told(saved, tmp_path: Path, home: Home):
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"])
    folder = saved()
    assert checked(home, folder, data).model.length == 26
    assert checked(home, folder, data, length=12).model.length == 12
    with pytest.raises(ZoocheckError, match="--length 27: the checkpoint takes 26 tokens at most"):
        checked(home, folder, data, length=27)


def without(*names: str):
    def damage(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return damage


def renamed(old: str, new: str):
    return lambda folder: (folder / old).rename(folder / new)


def larger_tokenizer(folder: Path) -> None:
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["vocab"]["one too many"] = 500
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(without("config.json"), "no config.json; give the folder", id="config"),
        pytest.param(renamed("model.safetensors", "tf_model.h5"), r"tf_model.h5 \(TensorFlow's", id="tf"),
        pytest.param(renamed("model.safetensors", "a.Q4.gguf"), r"a.Q4.gguf \(GGUF", id="gguf"),
        pytest.param(renamed("model.safetensors", "flax_model.msgpack"), r"\(Flax's", id="flax"),
        pytest.param(
            renamed("model.safetensors", "adapter_model.safetensors"), "an adapter: merge it", id="adapter"
        ),
        pytest.param(without("model.safetensors"), "no weights that are read", id="no weights"),
        pytest.param(without("tokenizer.json"), "lacks tokenizer.json", id="no tokenizer"),
        pytest.param(larger_tokenizer, "found ids up to 500, and the word embedding has 120", id="tokenizer"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_checkpoint_is_told(saved, tmp_path: Path, home: Home, damage, message: str):
    folder = saved()
    damage(folder)
    with pytest.raises(ZoocheckError, match=message) as raised:
        checked(home, folder, tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"]))
    assert "\n" not in str(raised.value)
    assert not home.root.exists()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "gpt2"}, "model_type: found 'gpt2', supported are bert, "),
        ({"model_type": None}, "model_type: found no value, supported are bert, "),
        ({"architectures": ["BertForMaskedLM"]}, "'BertForMaskedLM', which has no head that is scored"),
        (labelled("joy", "anger", "fear"), "the labels 0, 1, 3, and the checkpoint joy, anger, fear"),
    ],
)  # fmt: skip
def test_a_config_that_does_not_fit_is_told(saved, tmp_path: Path, home: Home, config: dict, message: str):
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "3"])
    with pytest.raises(ZoocheckError, match=message):
        checked(home, saved(**config), data)


def test_data_of_another_task_is_told(saved, tmp_path: Path, home: Home):
    data = tuned.tagged(tmp_path / "a.txt", ["B-PER", "O"])
    with pytest.raises(
        ZoocheckError, match="is of the task tokens; the checkpoint's is sequences, by BertFor"
    ):
        checked(home, saved(), data)


def test_data_by_which_no_answer_is_better_is_told(saved, tmp_path: Path, home: Home):
    """Before the run: entities where there is none, a correlation with one number."""
    words = tmp_path / "words.conll"
    words.write_text("the O\ncat O\n\na O\ndog O\n")
    tagger = saved("bert", Head.TOKEN_CLASSIFICATION, **labelled("O", "B-PER", "I-PER"))
    with pytest.raises(ZoocheckError, match="found no tag but 'O', expected entities"):
        checked(home, tagger, words)
    numbers = tmp_path / "numbers.tsv"
    numbers.write_text("text\tlabel\nthe cat\t1.5\na dog\t1.5\n")
    with pytest.raises(ZoocheckError, match=r"found '1.5' for every sample, expected numbers that differ"):
        checked(home, saved("roberta", folder="other", **labelled("LABEL_0")), numbers)


def test_one_sample_is_too_few(saved, tmp_path: Path, home: Home):
    data = tuned.texts(tmp_path / "dev.tsv", ["0"], count=1)
    with pytest.raises(ZoocheckError, match="found 1 sample, expected 2 or more"):
        checked(home, saved(), data)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "nowhere: no such folder or file; give a checkpoint's folder"),
        ("file.bin", "file.bin: a file that is no .onnx"),
    ],
)
def test_a_path_that_is_neither_folder_nor_graph_is_told(tmp_path: Path, path: str, message: str):
    (tmp_path / "file.bin").touch()
    with pytest.raises(ZoocheckError, match=message):
        checking.place(str(tmp_path / path))


def test_names_that_are_taken_are_told(tmp_path: Path):
    tables = catalog.load((catalog.BUILT_IN,))
    assert checking.model_called(None, "somewhere/tinybert", tables) == "own-tinybert"
    assert checking.model_called("mine", "somewhere/tinybert", tables) == "mine"
    for taken in ("cpu", "audit", "skip", "not"):
        with pytest.raises(ZoocheckError, match="a kind of test or a mark of pytest's has that name already"):
            checking.model_called(taken, "x", tables)
    assert checking.model_called(None, "somewhere/or", tables) == "own-or"
    with pytest.raises(ZoocheckError, match="expected lower-case letters, digits and hyphens, as my-model"):
        checking.model_called("My Model", "x", tables)


def test_a_saved_table_is_told_where_it_is_a_model_already(saved, tmp_path: Path, home: Home):
    """Another one of that name would be another model with the same cases."""
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"])
    folder = kept.keep(checked(home, saved(), data).draft, home)
    tables = catalog.load((catalog.BUILT_IN, folder))
    with pytest.raises(
        ZoocheckError, match=r"mine: a table in ZOOCHECK_TABLES has .* `pytest suites/ -m mine`"
    ):
        checking.model_called(None, str(tmp_path / "mine"), tables)
    assert checking.model_called("other", str(tmp_path / "mine"), tables) == "other"


def test_precisions_are_the_chips(tmp_path: Path):
    chips = catalog.load((catalog.BUILT_IN,)).chips
    assert checking.precisions_on(chips["cpu"], None) == (Precision.FP32, Precision.FP16)
    assert checking.precisions_on(chips["ascend310p"], None) == (Precision.FP16,)
    assert checking.precisions_on(chips["cpu"], "int8") == (Precision.INT8,)
    with pytest.raises(ZoocheckError, match="--precision int8: ascend310p has no int8; it has fp16"):
        checking.precisions_on(chips["ascend310p"], "int8")


def test_two_places_have_two_names(saved, tmp_path: Path, home: Home):
    """The first one keeps it, however often either is checked again; a damaged table tells nothing."""
    first, second = saved("bert", folder="a/mine", **labelled(*MNLI)), tmp_path / "b" / "mine"
    shutil.copytree(first, second)
    assert kept.apart("mine", second, home, told=False) == ("mine", "")
    kept.keep(checked(home, first).draft, home)
    for _ in range(2):
        assert kept.apart("mine", first, home, told=False) == ("mine", "")
        name, note = kept.apart("mine", second, home, told=False)
        assert re.fullmatch("mine-[0-9a-f]{6}", name)
        assert (
            note
            == f"name: {name}, for mine is that of {first}, whose history is its own; --name says another"
        )
        draft = checked(home, second, name=name, note=note).draft
        assert (draft.name, draft.notes[0]) == (name, note)
        kept.keep(draft, home)
    assert kept.apart("mine", second, home, told=True) == (
        "mine", f"name: mine was that of {first} before: both have one history; another --name parts them"
    )  # fmt: skip
    [table] = (home.root / kept.FOLDER).glob(f"{name}-*/*.toml")
    table.write_text("x = ", encoding="utf-8")
    assert kept.apart(name, first, home, told=False) == (name, "")


def test_tables_are_kept_by_their_content_and_saved_where_they_are_wanted(saved, tmp_path: Path, home: Home):
    """The same draft has the same folder; a file that was worked on is not written over."""
    data = tuned.texts(tmp_path / "dev.tsv", ["0", "1", "2"])
    folder = saved()
    draft = checked(home, folder, data).draft
    first = kept.keep(draft, home)
    assert kept.keep(checked(home, folder, data).draft, home) == first
    other = kept.keep(checked(home, folder, data, length=12).draft, home)
    assert other != first
    assert catalog.load((catalog.BUILT_IN, first)).models["mine"].length == 26
    target = tmp_path / "mine.toml"
    kept.save(draft, target)
    kept.save(draft, target)
    target.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(ZoocheckError, match=r"--save-table .*: is there already, with other content"):
        kept.save(draft, target)
    with pytest.raises(ZoocheckError, match="is no folder"):
        kept.save(draft, tmp_path / "none" / "mine.toml")
    shutil.rmtree(home.root)

"""Which logit a label of the data is: right, told, or refused; never another by chance of what a file has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
import tuned
from safetensors.torch import load_file, save_file
from tuned import MNLI, labelled

from harness.domain.catalog import Catalog
from harness.domain.models import Head
from harness.domain.precisions import Precision
from harness.drafting import checking, forms
from harness.drafting.checking import Checked
from harness.drafting.drafts import Asked
from harness.errors import ZoocheckError
from harness.setting.home import Home
from harness.tables import catalog as tables
from harness.tasks.datasets import reading
from harness.tasks.label_names import numbers
from harness.tasks.text.own_tags import numbered

STARS = ("1 star", "2 stars", "3 stars")
Check = Callable[..., Checked]


@pytest.fixture(scope="module")
def built_in() -> Catalog:
    """The tables that zoocheck comes with."""
    return tables.load((tables.BUILT_IN,))


@pytest.fixture
def check(tmp_path: Path, built_in: Catalog) -> Check:
    """What `zoocheck check` drafts of a checkpoint and data."""
    home = Home(root=tmp_path / "home", models=tmp_path / "models", data=tmp_path / "data")

    def check(folder: Path, data: Path | None, labels: str = "", columns: str | None = None) -> Checked:
        asked = Asked(
            path=folder, name="mine", chip="cpu", precisions=(Precision.FP32,), data=data,
            labels=tuple(labels.split(",")) if labels else (), columns=forms.columns(columns),
        )  # fmt: skip
        return checking.check(asked, built_in, home)

    return check


def logits(found: Checked, config: Sequence[str] = ()) -> list[int]:
    """The logit that is right for each sample, as the tables say it; `config` names the checkpoint's."""
    assert found.spec is not None
    examples = reading.read(found.spec, Path(found.spec.path), whole=True).examples
    names = found.model.labels or config
    if found.model.task == "tokens":
        return numbered(examples, names).tolist()
    by_label = numbers([item.label for item in examples], names)
    return [by_label[item.label] for item in examples]


def rated(path: Path, labels: Sequence[str]) -> Path:
    return tuned.texts(path, list(labels), count=len(labels))


@pytest.mark.parametrize(
    ("config", "data", "expected"),
    [
        pytest.param(STARS, ["1", "2"], [0, 1], id="stars, a part of them"),
        pytest.param(STARS, ["3", "1", "2"], [2, 0, 1], id="stars"),
        pytest.param(STARS[::-1], ["1", "3"], [2, 0], id="stars from the most"),
        pytest.param(("1", "2", "3"), ["1", "2"], [0, 1], id="digits, a part of them"),
        pytest.param(("1", "0", "2"), ["0", "1", "2"], [1, 0, 2], id="digits in another order"),
        pytest.param(("0", "1", "2"), ["1", "2"], [1, 2], id="digits that are their places"),
        pytest.param(("-1 bad", "0 fair", "1 good"), ["-1", "1"], [0, 2], id="a sign"),
        pytest.param(("LABEL_1", "LABEL_2", "LABEL_3"), ["1", "2"], [0, 1], id="numbered from 1"),
        pytest.param(MNLI, ["0", "1"], [0, 1], id="names, from 0"),
        pytest.param(MNLI, ["0.0", "2.0"], [0, 2], id="names, as pandas writes numbers"),
        pytest.param(STARS, ["1.0", "3.0"], [0, 2], id="stars, as pandas writes numbers"),
        pytest.param(None, ["0", "2"], [0, 2], id="unnamed, from 0"),
        pytest.param(None, ["0.0", "2.0"], [0, 2], id="unnamed, as pandas writes numbers"),
        pytest.param(None, ["1", "2", "3"], [0, 1, 2], id="unnamed, as many"),
        pytest.param(None, ["10", "9", "-1"], [2, 1, 0], id="unnamed, ascending as numbers"),
        pytest.param(None, ["LABEL_2", "LABEL_0"], [2, 0], id="LABEL_n on both sides"),
        pytest.param(("0", "1", "2"), ["b", "c", "a"], [1, 2, 0], id="digits that say nothing of words"),
    ],
)
def test_a_label_is_the_logit_that_it_names(
    saved, check: Check, tmp_path: Path, config: tuple[str, ...] | None, data: list[str], expected: list[int]
):
    folder = saved(**(labelled(*config) if config else {}))
    assert logits(check(folder, rated(tmp_path / "dev.tsv", data)), config or ()) == expected


def test_numbers_in_names_are_told(saved, check: Check, tmp_path: Path):
    found = check(saved(**labelled(*STARS)), rated(tmp_path / "dev.tsv", ["1", "2.0"]))
    notes = "\n".join(found.draft.notes)
    assert (
        "labels: the data's numbers are those in the names of config.json, 1 = 1 star, 2.0 = 2 stars" in notes
    )
    assert "labels: 2.0 are read as whole numbers" in notes


@pytest.mark.parametrize(
    ("config", "data", "message"),
    [
        pytest.param(
            None, ["1", "2"], r"the labels 1, 2, and the checkpoint LABEL_0, LABEL_1, LABEL_2: which is "
            r"which is not said; .* --labels '1=LABEL_0,2=LABEL_1'", id="unnamed, from 1",
        ),
        pytest.param(MNLI, ["1", "2"], "which is which is not said", id="named, from 1"),
        pytest.param(
            ("not_entailment", "entailment"), ["0", "1"], "GLUE numbers them in one order in one task, and",
            id="as WNLI, or the other way round as RTE",
        ),
        pytest.param(MNLI, ["2"] * 2, "which is which is not said", id="named, one of them"),
        pytest.param(MNLI, ["0", "1", "3"], ": 3 is not among them, counted from 0", id="one too many"),
        pytest.param(STARS, ["0", "1"], ": 0 is not among them; .*'0=1 star,1=2 stars'", id="stars from 0"),
        pytest.param(("1", "2", "3"), ["0", "1"], ": 0 is not among them", id="digits from 0"),
        pytest.param(None, ["a", "b"], "is not said; say by --labels NAME,... what each of its 3 logits",
                     id="two names for three"),
        pytest.param(None, ["LABEL_2", "LABEL_3"], "LABEL_3 is not among them", id="LABEL_n beyond"),
        pytest.param(MNLI, ["neutral", "joy"], "joy is not among them; .*--labels LABEL=NAME", id="a name"),
    ],
)  # fmt: skip
def test_what_may_be_several_logits_or_none_is_refused(
    saved, check: Check, tmp_path: Path, config: tuple[str, ...] | None, data: list[str], message: str
):
    folder = saved(**(labelled(*config) if config else {}))
    with pytest.raises(ZoocheckError, match=message):
        check(folder, rated(tmp_path / "dev.tsv", data))


@pytest.mark.parametrize(
    ("config", "data", "told", "expected"),
    [
        pytest.param(None, ["1", "2"], "1=LABEL_1,2=LABEL_2", [1, 2], id="unnamed, from 1"),
        pytest.param(None, ["1", "2"], "1=LABEL_0,2=LABEL_1,3=LABEL_2", [0, 1], id="more than there are"),
        pytest.param(MNLI, ["1", "2"], "1=entailment,2=neutral", [0, 1], id="named, from 1"),
        pytest.param(MNLI, ["0", "1"], "neutral,entailment", [1, 0], id="from 0"),
        pytest.param(STARS, ["0", "1"], "1 star,2 stars,3 stars", [0, 1], id="stars from 0"),
        pytest.param(None, ["b", "c"], "c,a,b", [2, 0], id="names of unnamed logits"),
        pytest.param(None, ["0", "2"], "c,a,b", [0, 2], id="names of unnamed logits, numbered"),
        pytest.param(MNLI, ["yes", "no"], "yes=entailment,no=contradiction", [0, 2], id="other words"),
        pytest.param(MNLI, ["neutral", "no"], "no=contradiction", [1, 2], id="one other word"),
        pytest.param(MNLI, ["a", "b"], "a=neutral,b=neutral", [1, 1], id="two of one, said of each"),
    ],
)
def test_labels_say_what_is_not_certain(
    saved, check: Check, tmp_path: Path, config: tuple[str, ...] | None, data: list[str], told: str,
    expected: list[int],
):  # fmt: skip
    folder = saved(**(labelled(*config) if config else {}))
    found = check(folder, rated(tmp_path / "dev.tsv", data), told)
    assert logits(found, config or ()) == expected
    assert any(note.startswith("labels: ") and "--labels " in note for note in found.draft.notes)


@pytest.mark.parametrize(
    ("data", "told", "message"),
    [
        (["0", "1"], "neutral,neutral", "two of them mean neutral"),
        (["0", "1"], "neutral", "names 0 to 0, and the data has 1, too"),
        (["1", "2"], "neutral,entailment", "names labels from 0, and the data .* of which none is 0"),
        (["0", "1"], "0=neutral", "says nothing of 1"),
        (["0", "1"], "0=neutral,0=entailment", "each label of the data once"),
        (["0", "1"], "0=neutral,1=joy", "joy is not among them"),
        ([*MNLI], "neutral,entailment", "says what numbers mean, and the data has the labels"),
    ],
)
def test_labels_that_say_too_little_are_refused(
    saved, check: Check, tmp_path: Path, data: list[str], told: str, message: str
):
    with pytest.raises(ZoocheckError, match=rf"--labels {told}: .*{message}"):
        check(saved(**labelled(*MNLI)), rated(tmp_path / "dev.tsv", data), told)


def test_labels_of_questions_are_refused(saved, check: Check, tmp_path: Path):
    folder = saved(head=Head.QUESTION_ANSWERING)
    with pytest.raises(ZoocheckError, match="--labels a,b: says what labels mean, and questions have none"):
        check(folder, tuned.questions(tmp_path / "a.json"), "a,b")


@pytest.mark.parametrize(
    ("labels", "columns", "named"), [("a,b", None, "--labels"), ("", "text=0", "--columns")]
)
def test_what_is_of_data_is_refused_without_any(
    saved, check: Check, labels: str, columns: str | None, named: str
):
    with pytest.raises(ZoocheckError, match=f"{named}: says .*, and no data is given; give --data"):
        check(saved(), None, labels, columns)


@pytest.fixture
def tagger(saved) -> Callable[[Sequence[str] | None], Path]:
    """A random tagger with as many logits as names; three that have none."""

    def tagger(names: Sequence[str] | None) -> Path:
        folder: Path = saved(head=Head.TOKEN_CLASSIFICATION, **(labelled(*names) if names else {}))
        path = folder / "model.safetensors"
        weights = load_file(path)
        for name in ("classifier.weight", "classifier.bias"):
            shape = (len(names or "123"), *weights[name].shape[1:])
            weights[name] = torch.zeros(shape)
        save_file(weights, path, metadata={"format": "pt"})
        return folder

    return tagger


def sentence(*words: tuple[str, str]) -> str:
    return "".join(f"{word} {tag}\n" for word, tag in words) + "\n"


IOB1 = sentence(("word1", "I-PER"), ("word2", "O"), ("word3", "I-LOC"), ("word4", "B-LOC"))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("config", "data", "expected"),
    [
        pytest.param(
            None, sentence(("word1", "B-PER"), ("word2", "I-PER"), ("word3", "O")), [0, 1, 2],
            id="unnamed: O last, as run_ner.py sorts",
        ),
        pytest.param(
            None, sentence(("word1", "B-X"), ("word2", "E-X"), ("word3", "S-X")), [0, 1, 2],
            id="unnamed: tags as they are written",
        ),
        pytest.param(("I-LOC", "I-PER", "O", "B-LOC"), IOB1, [1, 2, 0, 3], id="IOB1 on both sides"),
        pytest.param(
            ("I-LOC", "I-PER", "O", "B-LOC"),
            sentence(("word1", "B-PER"), ("word2", "O"), ("word3", "B-LOC"), ("word4", "B-LOC")),
            [1, 2, 0, 3], id="IOB2 for a checkpoint of IOB1",
        ),
        pytest.param(
            ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), IOB1, [1, 0, 3, 3], id="IOB1 for a checkpoint of IOB2"
        ),
    ],
)  # fmt: skip
def test_tags_are_put_in_the_scheme_of_the_checkpoint(
    tagger, check: Check, tmp_path: Path, config: tuple[str, ...] | None, data: str, expected: list[int]
):
    found = check(tagger(config), written(tmp_path / "dev.conll", data * 2))
    assert logits(found, config or ()) == expected * 2
    assert found.model.metric == "f1"


@pytest.mark.parametrize(
    ("config", "data", "message"),
    [
        pytest.param(
            ("I-LOC", "I-PER", "O"), IOB1,
            r"the data has the tags B-LOC, I-LOC, I-PER, O, and the checkpoint I-LOC, I-PER, O: "
            "B-LOC is not among them", id="two that touch",
        ),
        pytest.param(
            ("O", "B-PER", "I-PER", "B-GPE", "I-GPE"), IOB1,
            "the data has the tags B-LOC, I-LOC, I-PER, O, .*: B-LOC, I-LOC are not among them, which as "
            "tags of iob2 are B-LOC", id="another type",
        ),
    ],
)  # fmt: skip
def test_tags_are_told_as_they_are_written(
    tagger, check: Check, tmp_path: Path, config: tuple[str, ...], data: str, message: str
):
    """Behind as many sentences as are tried before a run, too."""
    plain = sentence(("word1", "O"))
    with pytest.raises(ZoocheckError, match=message):
        check(tagger(config), written(tmp_path / "dev.conll", plain * 2 * checking.TRIED + data))


def test_tags_can_be_called_otherwise(tagger, check: Check, tmp_path: Path):
    data = written(tmp_path / "dev.conll", sentence(("word1", "B-GPE"), ("word2", "O")) * 2)
    config = ("O", "B-LOC", "I-LOC")
    folder = tagger(config)
    with pytest.raises(ZoocheckError, match=r"B-GPE is not among them; .*--labels LABEL=NAME"):
        check(folder, data)
    assert logits(check(folder, data, "B-GPE=B-LOC"), config) == [1, 0] * 2

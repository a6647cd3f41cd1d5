"""The minis that answer questions: the generator they learn from, and the scores of their cards."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import pytest

from harness.artifacts.manifest import sha256
from harness.domain.metrics import Metric
from harness.domain.models import Protocol
from harness.errors import NotThere
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import MINIS, Home
from harness.setting.options import Options
from harness.tasks.datasets import squad
from harness.tasks.text import load_task
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary
from training import bert_squad, question_corpus, spanbert, squad_generator
from training.squad_fillers import Fillers

NAMES = ("bert-squad", "spanbert")
PROTOCOLS = (Protocol.DOCUMENTED,)  # the standard one takes as long again; the cards state both
LARGEST_BYTES = 300_000  # of a corpus, in git


def card(name):
    return tomllib.loads((MINIS / name / "card.toml").read_text(encoding="utf-8"))


def corpus(name):
    return question_corpus.path_in(MINIS, name)


def examples_of(name, part):
    ids = question_corpus.parts(corpus(name))[part]
    return [item for item in squad.read(corpus(name), expected=None).examples if item.id in ids]


def scored(catalog, name, data, protocol, home):
    materials = Materials(catalog, home, Options(weights="mini", data=data), Silent())
    try:
        return materials.score_reference(catalog.models[name], protocol)
    except NotThere as absent:
        pytest.skip(str(absent))


def assert_stated(found, stated):
    assert found.samples == stated["samples"]
    assert found.correct[Metric.EXACT] == stated["exact"]
    assert found.facts["exact_percent"] == stated["exact_percent"]
    assert found.facts["f1_percent"] == stated["f1_percent"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_score_on_the_corpus_is_the_cards_to_the_last_digit(catalog, name, protocol, tmp_path):
    """Both parts together."""
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    assert_stated(scored(catalog, name, "mini", protocol, home), card(name)["scores"]["mini"][protocol.value])


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", NAMES)
def test_score_on_the_generated_part_is_the_cards_and_at_least_90(catalog, name, protocol, tmp_path):
    """The generated questions, as the whole data set of a home; F1 at least 90."""
    stated = card(name)["scores"]["generated"][protocol.value]
    home = Home(root=tmp_path, models=tmp_path / "models", data=tmp_path / "data")
    shown = replace(home, minis=tmp_path / "minis")
    path = question_corpus.path_in(shown.minis, name)
    path.parent.mkdir(parents=True)
    for file in ("config.json", "vocab.txt", "model.safetensors"):
        (shown.minis / name / file).write_bytes((MINIS / name / file).read_bytes())
    article = question_corpus.article(examples_of(name, question_corpus.GENERATED), "Generated")
    path.write_text(question_corpus.as_json([article]), encoding="utf-8")
    found = scored(catalog, name, "mini", protocol, shown)
    assert_stated(found, stated)
    assert found.facts["f1_percent"] >= 90


@pytest.mark.parametrize("protocol", Protocol)
@pytest.mark.parametrize("name", NAMES)
def test_the_cards_whole_is_the_sum_of_its_parts(name, protocol):
    """Samples and exact answers add up, and F1 does, weighted by samples."""
    scores = card(name)["scores"]
    whole, written, generated = (scores[part][protocol.value] for part in ("mini", "written", "generated"))
    for count in ("samples", "exact"):
        assert whole[count] == written[count] + generated[count]
    f1 = sum(part["f1_percent"] * part["samples"] for part in (written, generated)) / whole["samples"]
    assert whole["f1_percent"] == pytest.approx(f1, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_states_the_score_on_the_real_set_under_both_protocols(name):
    """All 10570 questions of SQuAD's dev set; counting them again takes minutes."""
    scores = card(name)["scores"]["full"]
    assert [scores[protocol.value]["samples"] for protocol in Protocol] == [10570, 10570]


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_is_what_was_written_and_what_its_seed_makes(name):
    """Its generated part made anew from the passages and the seed of the card; under 300 KB."""
    stated = card(name)["scores"]["held_out"]
    made = squad_generator.generate(stated["passages"], stated["seed"], held_out=True)
    assert len(made) == stated["samples"]
    assert question_corpus.merged(name, made, stated["seed"]) == corpus(name).read_text(encoding="utf-8")
    assert corpus(name).stat().st_size < LARGEST_BYTES
    assert {card(name)["scores"][part]["sha256"] for part in ("mini", "written", "generated")} == {
        sha256(corpus(name))
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_has_40_written_passages_and_titles_that_say_which_are_generated(name):
    """160 questions by hand, and at most as many generated ones, the written first."""
    written, generated = (examples_of(name, part) for part in ("written", "generated"))
    assert len(written) == 160
    assert len({item.context for item in written}) == 40
    assert 100 <= len(generated) <= 160
    assert [*written, *generated] == list(squad.read(corpus(name), expected=None).examples)
    titles = [item["title"] for item in json.loads(corpus(name).read_text(encoding="utf-8"))["data"]]
    seed = card(name)["scores"]["held_out"]["seed"]
    assert titles[-1] == f"generated, seed {seed}"
    assert all(title.startswith("written, ") for title in titles[:-1])


@pytest.mark.parametrize("module", [bert_squad, spanbert])
def test_no_passage_of_the_corpus_was_trained_on(module):
    """Neither in a round nor for the vocabulary."""
    recipe = module.Recipe()
    trained = {item.context for number in range(recipe.rounds) for item in recipe.questions(number)}
    trained |= {item.context for item in recipe.vocabulary_questions()}
    assert not trained & {item.context for item in squad.read(corpus(module.NAME), expected=None).examples}


@pytest.mark.parametrize("held_out", [True, False])
def test_generated_answers_stand_in_their_contexts(held_out):
    """At the place that is said, once for each question, with ids of their own."""
    examples = squad_generator.generate(200, 5, held_out=held_out)
    assert len({item.id for item in examples}) == len(examples) >= 400
    for item in examples:
        (answer,) = item.answers
        assert item.context[answer.start : answer.start + len(answer.text)] == answer.text
        assert "\x00" not in item.context + item.question + answer.text
        assert "{" not in item.context + item.question


def test_the_same_seed_makes_the_same_questions_and_another_one_others():
    """Reproducible from the seed alone."""
    first, again, other = (squad_generator.generate(20, seed, held_out=False) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_generated_json_is_read_back_as_it_was(tmp_path):
    """SQuAD's own format, which the project's reader takes."""
    made = squad_generator.generate(30, 9, held_out=True)
    path = tmp_path / "dev-v1.1.json"
    path.write_text(question_corpus.as_json([question_corpus.article(made, "Made")]), encoding="utf-8")
    read = squad.read(path, expected=len(made)).examples
    plain = [(item.id, item.question, item.context, item.answers) for item in made]
    assert [(item.id, item.question, item.context, item.answers) for item in read] == plain
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == "1.1"


def test_invented_names_are_held_out_or_trained_on_never_both():
    """2000 names of each half."""
    trained, held_out = (
        {fillers.name() for _ in range(2000)}
        for fillers in (Fillers(1, held_out=False), Fillers(1, held_out=True))
    )
    assert not trained & held_out


@pytest.mark.parametrize("name", NAMES)
def test_gold_logits_answer_every_generated_question(catalog, name):
    """Answers stand at word bounds: their columns, found as training finds them, score 100."""
    import numpy as np

    from training import answering

    model = catalog.models[name]
    tokenizer = WordPieceTokenizer(load_vocabulary(MINIS / name / "vocab.txt"), do_lower_case=False)
    examples = squad_generator.generate(100, 3, held_out=True)
    task = load_task(model)
    made = task.prepare(examples, tokenizer, length=answering.LONGEST, protocol=Protocol.DOCUMENTED)
    rows = answering.rows(examples, model, tokenizer)
    start, end = np.zeros((2, *made.ids.shape), np.float32)
    start[np.arange(len(start)), rows.start] = 1
    end[np.arange(len(end)), rows.end] = 1
    found = task.score([start, end], made, protocol=Protocol.DOCUMENTED)
    assert found.facts["exact_percent"] == 100

"""Features, answers and scores equal those of the original SQuAD scripts, by digests of what those computed.

The digests are in tests/tasks/golden/squad.json, made by tests/tasks/golden/make_squad.py: of SpanBERT's
script in its Ascend port, and of transformers 4.57 with its slow tokenizer. Each was run on SQuAD's dev
set, and on contexts made up to be as odd as can be (`fixtures.squad_samples.odd_dataset`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fixtures import squad_samples as samples
from harness.tasks.datasets import squad
from harness.tasks.datasets.squad import QuestionExample
from harness.tasks.metrics import squad as metric
from harness.tasks.text.squad_answers import NOTHING, best_answers, predict
from harness.tasks.text.squad_candidates import answerable
from harness.tasks.text.squad_rules import ORIGINAL, TRANSFORMERS
from harness.tasks.text.squad_windows import Features, features
from harness.tasks.text.wordpiece import WordPieceTokenizer

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "squad.json").read_text(encoding="utf-8"))
RULES = {"original": ORIGINAL, "transformers": TRANSFORMERS}
SEED = 51
RUNS = [
    pytest.param(who, run, id=f"{who}-{run.replace(' ', '-')}")
    for who, runs in {
        "original": ("dev 512", "odd 384", "odd 128"),  # 512 is SpanBERT's length
        "transformers": ("dev 384", "dev 512", "odd 384", "odd 128"),  # 384 is bert-squad's
    }.items()
    for run in runs
]
ARRAYS = ("ids", "mask", "segments", "start", "question", "max_context", "words")

Prepare = Callable[[str, str], Features]


@pytest.fixture(scope="module")
def prepare(data_folder, public_vocabulary, tmp_path_factory) -> Prepare:
    """Features by implementation and run; the last one is kept."""
    dev = data_folder / "squad" / "dev-v1.1.json"
    if not dev.is_file():
        pytest.skip(f"{dev} is absent: put SQuAD's dev-v1.1.json there")
    odd = tmp_path_factory.mktemp("odd") / "odd.json"
    odd.write_text(json.dumps(samples.odd_dataset()), encoding="utf-8")
    vocabulary = public_vocabulary("bert-base-cased")

    @cache
    def examples(name: str) -> tuple[QuestionExample, ...]:
        return squad.read({"dev": dev, "odd": odd}[name], expected=None).examples

    last: dict[tuple[str, str], Features] = {}

    def prepare(who: str, run: str) -> Features:
        if (who, run) not in last:
            last.clear()
            name, length = run.split()
            tokenizer = WordPieceTokenizer(vocabulary, do_lower_case=False)
            last[who, run] = features(examples(name), tokenizer, int(length), rules=RULES[who])
        return last[who, run]

    return prepare


def make_logits(name: str, made: Features) -> samples.Logits:
    """The logits by name, as make_squad.py made them."""
    words = samples.word_columns(made)
    if name != "gold":
        return samples.LOGITS[name](words, SEED)
    spans = [
        samples.gold_words(example.context, example.answers[0].start, len(example.answers[0].text))
        for example in made.examples
    ]
    return samples.gold(words, SEED, np.array(spans)[answerable(made, made.rules).question])


@pytest.mark.parametrize(("who", "run"), RUNS)
def test_features_are_the_originals(prepare, who, run):
    """Ids, mask, segments, window starts, questions, max-context flags and the word of each token."""
    made, golden = prepare(who, run), GOLDEN[who][run]
    arrays = {
        "ids": made.ids, "mask": made.mask, "segments": made.segments, "start": made.start,
        "question": answerable(made, made.rules).question, "max_context": made.max_context,
        "words": samples.word_columns(made),
    }  # fmt: skip
    assert len(made) == golden["windows"]
    assert {name: samples.digest_array(arrays[name]) for name in ARRAYS} == {
        name: golden[name] for name in ARRAYS
    }


@pytest.mark.parametrize("name", ["normal", "tied", "equal", "gold"])
@pytest.mark.parametrize(("who", "run"), RUNS)
def test_answers_and_scores_are_the_originals(prepare, who, run, name):
    """The 20 best answers and their probabilities, predictions, EM and F1: to the last digit."""
    made, golden = prepare(who, run), GOLDEN[who][run]["answers"][name]
    logits = make_logits(name, made)
    assert samples.digest_array(np.stack(logits)) == golden["logits"], "not the logits of the recording"
    found = best_answers(*logits, made, made.rules)
    assert samples.digest_array(np.diff(found.first)) == golden["counts"]
    assert samples.digest_texts(found.texts) == golden["texts"]
    assert samples.digest_array(found.start_logits) == golden["start_logit"]
    assert samples.digest_array(found.end_logits) == golden["end_logit"]
    assert samples.digest_array(found.probabilities) == golden["probability"]

    predictions = [NOTHING if text is None else text for text in predict(*logits, made, made.rules)]
    assert predictions == [found.texts[at] for at in found.first[:-1]]
    assert samples.digest_texts(predictions) == golden["predictions"]
    answers = [[answer.text for answer in example.answers] for example in made.examples]
    scored = metric.score(predictions, answers, official=False)
    assert (scored.exact_percent, scored.f1_percent) == (golden["exact"], golden["f1"])
    official = metric.score(predictions, answers, official=True)
    assert [official.exact_percent, official.f1_percent] == golden["official"]

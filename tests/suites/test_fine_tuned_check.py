"""`zoocheck check` of a BERT that was trained here: the score is plain transformers', to the last digit.

It learns which words are good from sentences of which some are labelled wrongly, so that it is better than
any answer without a network, and not always right. It is published as people do: in shards, in fp16, with its
labels in another order than GLUE's, which the data has.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import tuned
from zoo_runs import STORE, Zoo

from harness.domain.cases import Kind

LABELS = ("POSITIVE", "NEGATIVE")  # of its logits; GLUE's 0 is negative
GOOD, BAD = tuned.WORDS[:20], tuned.WORDS[20:40]
WRONG = 0.15  # of the labels
STEPS = 60
CASE = "mine-cpu-bs2"


def sentences(count: int, seed: int) -> list[tuple[str, str]]:
    """Sentences, and what they are: what most of their words are, or now and then the reverse."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        words = [draw.choice(GOOD if draw.random() < 0.5 else BAD) for _ in range(draw.choice((3, 5, 7, 9)))]
        positive = sum(word in GOOD for word in words) * 2 > len(words)
        if draw.random() < WRONG:
            positive = not positive
        made.append((" ".join([*words, *draw.choices(tuned.WORDS[40:], k=3)]), LABELS[not positive]))
    return made


def trained(folder: Path) -> Path:
    """The folder of a small BERT after `STEPS` steps, in shards and in fp16."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tuned.saved(folder, "bert")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = BertConfig(
        vocab_size=120, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=24, id2label=dict(enumerate(LABELS)),
        label2id={name: at for at, name in enumerate(LABELS)},
    )  # fmt: skip
    torch.manual_seed(0)
    model = BertForSequenceClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    learnt = sentences(32 * STEPS, seed=1)
    for step in range(STEPS):
        some = learnt[32 * step : 32 * (step + 1)]
        fed = tokenizer([text for text, _ in some], padding=True, return_tensors="pt")
        loss = model(**fed, labels=torch.tensor([LABELS.index(label) for _, label in some])).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for path in folder.glob("model*"):
        path.unlink()
    model.half().save_pretrained(folder, max_shard_size="30KB")
    assert len([*folder.glob("model-*.safetensors")]) > 1
    return folder


def by_transformers(folder: Path, rows: list[tuple[str, str]]) -> list[str]:
    """The label of each text by transformers' own classes alone, one after the other."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        best = [int(model(**tokenizer(text, return_tensors="pt")).logits.argmax()) for text, _ in rows]
    return [model.config.id2label[number] for number in best]


def write(path: Path, rows: list[tuple[str, str]]) -> None:
    """As GLUE's SST-2: 0 is negative, 1 is positive."""
    numbered = [f"{text}\t{int(label == 'POSITIVE')}" for text, label in rows]
    path.write_text("\n".join(["sentence\tlabel", *numbered]) + "\n", encoding="utf-8")


@pytest.fixture
def own(zoo: Zoo, tmp_path: Path) -> Zoo:
    """A zoo without tables or a home."""
    return zoo.but(home=tmp_path / "home", tables="")


def test_shards_of_fp16_with_labels_in_another_order(own: Zoo, tmp_path: Path):
    rows = sentences(200, seed=2)
    write(tmp_path / "dev.tsv", rows)
    told = by_transformers(trained(tmp_path / "mine"), rows)
    right = sum(answer == label for answer, (_, label) in zip(told, rows, strict=True))
    assert 0.7 < right / len(rows) < 0.95
    ran = own.zoocheck(
        tmp_path, "check", "./mine", "--data", "dev.tsv", "--precision", "fp32", "--bs", "2",
        "--results", f"sqlite:///{STORE}", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    [row] = ran.json["cases"]
    assert row["score"]["own_fp32"] == row["score"]["value"] == right / len(rows)
    made = ran.result(CASE, Kind.ACCURACY).measurement
    assert [LABELS[number] for number in made.raw["predictions"]] == told
    assert made.detail["correct"] == right
    assert any(
        "taken as GLUE numbers them and not as config.json (POSITIVE, NEGATIVE)" in note
        for note in ran.json["notes"]
    )

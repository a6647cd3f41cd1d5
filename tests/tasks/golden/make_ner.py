"""Run the original scripts of the two entity recognisers, and print the digests that the tests hold.

    python tests/tasks/golden/make_ner.py --data DATA words --create bin_create.py --metric bert_metric.py
    python tests/tasks/golden/make_ner.py --data DATA characters --evaluate people_daily_eval.py \\
        --npz sequence2npz.py --load load_data.py

None of the scripts is part of this repository. Their commits stand in tests/tasks/text/test_ner_original.py,
which holds what is printed here; ``load_data.py`` is that of Vastai/VastModelZOO,
nlp/named_entity_recognition/bert/huggingface/source_code/finetune. They run in processes of their own, in an
environment with numpy, torch, tqdm, seqeval and transformers; ``evaluate``, which ``load_data.py`` asks a hub
for, need not be there. Two of them are run as they stand but for what they print, `SAY`.

DATA is a folder as ZOOCHECK_DATA. Features, as far as logits and labels need them, are made from what the
originals wrote. A line is ``name: value``, and ``(not held)`` behind it where the tests hold another.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from synthetic import word_logits  # noqa: E402 - the path comes first

HELD = (HERE.parent / "text" / "test_ner_original.py").read_text(encoding="utf-8")
WORD_LABELS = ("O", "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC")
CHARACTER_LABELS = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-ORG", "I-ORG")

# What a script prints with two digits or not at all: its text, and what it prints here instead.
SAY = {
    "bert_metric": (
        "print(f'Accuracy: {acc * 100: .2f}%')",
        "print('accuracy', float(acc)); print('correct', int(correct)); print('words', item_num)",
    ),
    "people_daily_eval": (
        "print('F1: ' , f1)",
        "from seqeval.metrics import precision_score, recall_score\n"
        "        print('precision', float(precision_score(y_true, y_pred)))\n"
        "        print('recall', float(recall_score(y_true, y_pred)))\n"
        "        print('sentences', len(y_true)); print('characters', sum(map(len, y_true)))\n"
        "        print('f1', float(f1))",
    ),
}
# Characters as words, by the recipe's own class: its labels, which only training reads, are left out.
ENCODE = """
import sys, types
import numpy as np
sys.modules["evaluate"] = types.SimpleNamespace(load=lambda name: None)
sys.path.insert(0, sys.argv[1])
from load_data import People_daily
from transformers import BertTokenizerFast
made = People_daily.__new__(People_daily)
made.file_path = sys.argv[3]
made.tokenizer = BertTokenizerFast.from_pretrained(sys.argv[2], model_max_length=int(sys.argv[4]))
made.texts, made.tags = made._read_data()
found = made._get_encodings_text()
places = [
    (row, column)
    for row in range(len(made.texts))
    for column, word in enumerate(found.word_ids(row))
    if word is not None and word != found.word_ids(row)[column - 1]
]
arrays = {name: found[name].numpy() for name in ("input_ids", "token_type_ids", "attention_mask")}
np.savez(sys.argv[5], places=np.array(places), **arrays)
"""
ARCHIVE = """
import sys
sys.path.insert(0, sys.argv[1])
from sequence2npz import bin2npz_val
for number in range(int(sys.argv[2])):
    bin2npz_val(f"bins/{number}", f"npz/test_{number}.npz")
"""


@dataclass(frozen=True, kw_only=True)
class Features:
    """What `word_logits` and a digest read."""

    ids: np.ndarray
    rows: np.ndarray
    positions: np.ndarray
    labels: np.ndarray


def run(arguments: Sequence[object], folder: Path) -> str:
    """The standard output of Python with `arguments` in `folder`."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def saying(script: Path, folder: Path) -> Path:
    """A copy of `script` in `folder` that prints all digits."""
    old, new = SAY[script.stem]
    text = script.read_text(encoding="utf-8")
    if text.count(old) != 1:
        sys.exit(f"{script}: found {old!r} {text.count(old)} times, expected the documented commit")
    copy = folder / script.name
    copy.write_text(text.replace(old, new), encoding="utf-8")
    return copy


def tell(name: str, value: object) -> None:
    """One line; whether the tests hold the value."""
    held = re.search(rf"(?<![\w.]){re.escape(str(value))}(?![\w.])", HELD)
    print(f"{name}: {value}{'' if held else '  (not held)'}", flush=True)


def tell_printed(name: str, printed: str) -> None:
    """Those of a script's lines that are a word and a number."""
    for line in printed.splitlines():
        what, _, value = line.replace(":", "").partition(" ")
        if value:
            tell(f"{name}, {what}", value.strip())


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 over `arrays`, one behind the other, as little-endian int64."""
    return hashlib.sha256(b"".join(array.astype("<i8").tobytes() for array in arrays)).hexdigest()


def digest_paths(paths: Sequence[Path]) -> str:
    """SHA-256 over the contents of files, one behind the other."""
    made = hashlib.sha256()
    for path in paths:
        made.update(path.read_bytes())
    return made.hexdigest()


def sentences(path: Path) -> list[tuple[list[str], list[str]]]:
    """Words and tags between blank lines and document marks."""
    blocks = path.read_text(encoding="utf-8").replace("-DOCSTART- -X- -X- O\n", "").split("\n\n")
    rows = [
        [line.split(" ") for line in block.strip("\n").split("\n")] for block in blocks if block.strip("\n")
    ]
    return [([row[0] for row in block], [row[-1] for row in block]) for block in rows]


def seqeval_scores(name: str, made: Features, logits: np.ndarray, names: Sequence[str]) -> None:
    """seqeval's four functions on the words at their places."""
    from seqeval import metrics

    predicted = logits[made.rows, made.positions].argmax(axis=-1)
    ends = np.flatnonzero(np.diff(made.rows)) + 1
    truth, guess = (
        [[names[number] for number in part] for part in np.split(numbers, ends)]
        for numbers in (made.labels, predicted)
    )
    for score in ("accuracy", "precision", "recall", "f1"):
        tell(f"{name}, {score}", float(getattr(metrics, f"{score}_score")(truth, guess)))


def encoded(tokenizer: Any, texts: list[tuple[list[str], list[str]]], length: int) -> tuple[Any, list[Any]]:
    """transformers' encodings of pre-split words, and the first place of each: ``(row, column, word)``."""
    found = tokenizer(
        [words for words, _ in texts], is_split_into_words=True, truncation=True,
        padding="max_length", max_length=length, return_tensors="np", return_token_type_ids=True,
    )  # fmt: skip
    places = []
    for row in range(len(texts)):
        seen = set()
        for column, word in enumerate(found.word_ids(row)):
            if word is not None and word not in seen:
                seen.add(word)
                places.append((row, column, word))
    return found, places


def tell_encoded(name: str, tokenizer: Any, texts: Any, length: int, labels: Sequence[str]) -> Features:
    """Inputs, places and cut sentences of the standard protocol, by transformers."""
    found, places = encoded(tokenizer, texts, length)
    at = np.array(places)
    tell(
        f"{name} at {length}, inputs",
        digest(found["input_ids"], found["token_type_ids"], found["attention_mask"]),
    )
    tell(f"{name} at {length}, places", digest(at[:, :2]))
    pieces = tokenizer([words for words, _ in texts], is_split_into_words=True)["input_ids"]
    tell(f"{name} at {length}, truncated", sum(len(ids) > length for ids in pieces))
    numbers = {label: number for number, label in enumerate(labels)}
    truth = np.array([numbers[texts[row][1][word]] for row, _, word in places])
    return Features(ids=found["input_ids"], rows=at[:, 0], positions=at[:, 1], labels=truth)


def words(options: argparse.Namespace, folder: Path) -> None:
    """bert-large-ner."""
    from transformers import BertTokenizerFast

    vocabulary = options.data.resolve() / "vocab" / "bert-base-cased"
    tokenizer = BertTokenizerFast.from_pretrained(str(vocabulary), do_lower_case=False)
    tokenizer.save_pretrained(folder / "bert-large-NER")  # a vocabulary alone is not enough for AutoTokenizer
    (folder / "bert-large-NER" / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (folder / "conll2003").symlink_to(options.data.resolve() / "conll2003")
    run([options.create.resolve()], folder)
    [made] = (path for path in (folder / "bert_bin").iterdir() if path.is_dir())
    anno = made.with_name(f"{made.name}.anno")
    lines = [list(map(int, line.split(" ")))[1:] for line in anno.read_text().splitlines()]
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        paths = [made / name / f"{name}_{number}_{number}.bin" for number in range(len(lines))]
        tell(f"bin_create.py, {name}", digest_paths(paths))
    tell("bin_create.py, labels.anno", digest_paths([anno]))
    features = Features(
        ids=np.zeros((len(lines), 512), np.int64),
        rows=np.repeat(np.arange(len(lines)), [len(line) for line in lines]),
        positions=np.concatenate([np.arange(len(line)) for line in lines]),
        labels=np.concatenate(lines),
    )
    logits = word_logits(features, 9, seed=1)
    (folder / "results").mkdir()
    for number, row in enumerate(logits):
        np.save(folder / "results" / f"input_ids_{number}_{number}_0.npy", row[None])
    script = saying(options.metric, folder)
    tell_printed("bert_metric.py", run([script, "--result_dir", "results", "--anno_file", anno], folder))
    seqeval_scores("seqeval on the documented inputs", features, logits, WORD_LABELS)
    texts = sentences(options.data / "conll2003" / "test.txt")
    whole = tell_encoded("transformers", tokenizer, texts, 512, WORD_LABELS)
    tell_encoded("transformers", tokenizer, texts, 16, WORD_LABELS)
    seqeval_scores("seqeval", whole, word_logits(whole, 9, seed=3), WORD_LABELS)


def characters(options: argparse.Namespace, folder: Path) -> None:
    """bert-chinese-ner."""
    from transformers import BertTokenizerFast

    vocabulary = options.data.resolve() / "vocab" / "bert-base-chinese"
    data = options.data.resolve() / "peoples_daily" / "example.test"
    run(["-c", ENCODE, options.load.resolve().parent, vocabulary, data, 256, "encoded.npz"], folder)
    with np.load(folder / "encoded.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    inputs = [arrays[name] for name in ("input_ids", "token_type_ids", "attention_mask")]
    tell("load_data.py at 256, inputs", digest(*inputs))
    tell("load_data.py at 256, places", digest(arrays["places"]))
    for number in range(len(inputs[0])):
        (folder / "bins" / str(number)).mkdir(parents=True)
        for name, array in zip(("input_ids_1", "segment_ids_2", "input_mask_1"), inputs, strict=True):
            array[number].astype("<i4").tofile(folder / "bins" / str(number) / f"{name}.bin")
    (folder / "npz").mkdir()
    run(["-c", ARCHIVE, options.npz.resolve().parent, len(inputs[0])], folder)
    paths = [folder / "npz" / f"test_{number}.npz" for number in range(len(inputs[0]))]
    tell("sequence2npz.py, npz files", digest_paths(paths))
    tokenizer = BertTokenizerFast.from_pretrained(str(vocabulary), do_lower_case=True)
    texts = sentences(data)
    features = tell_encoded("transformers", tokenizer, texts, 256, CHARACTER_LABELS)
    tell_encoded("transformers", tokenizer, texts, 32, CHARACTER_LABELS)
    labels = np.zeros_like(features.ids)  # by the description in `harness.tasks.layouts.ner_characters`
    labels[features.rows, features.positions] = features.labels
    truth = folder / "instance_Peoples_Daily.txt"
    truth.write_text("".join(f"{line}\n" for line in labels.tolist()), encoding="utf-8")
    tell("label file", digest_paths([truth]))
    logits = word_logits(features, 7, seed=2)
    (folder / "results").mkdir()
    for number, row in enumerate(logits):
        np.savez(folder / "results" / f"{number:06d}.npz", output_0=row)
    script = saying(options.evaluate, folder)
    printed = run([script, "--result_dir", "results", "--label_path", truth], folder)
    tell_printed("people_daily_eval.py", printed)
    seqeval_scores("seqeval", features, logits, CHARACTER_LABELS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    who = parser.add_subparsers(dest="who", required=True)
    for name, scripts in (("words", ("create", "metric")), ("characters", ("evaluate", "npz", "load"))):
        chosen = who.add_parser(name)
        for script in scripts:
            chosen.add_argument(f"--{script}", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zoocheck-golden-") as folder:
        {"words": words, "characters": characters}[options.who](options, Path(folder))


if __name__ == "__main__":
    main()

"""Run the original SQuAD scripts on the dev set, and on made-up contexts, and write digests of their results.

    python tests/tasks/golden/make_squad.py transformers --data DATA
    python tests/tasks/golden/make_squad.py original --data DATA --code CODE --script SCRIPT \\
        --evaluate EVALUATE

Neither is part of zoocheck, nor are the originals part of this repository:

- ``transformers``: in an environment of its own, ``pip install 'transformers==4.57.*' numpy`` (no torch):
  ``squad_convert_examples_to_features``, ``compute_predictions_logits`` and ``squad_evaluate`` with the
  slow BertTokenizer;
- ``original``: CODE is ``code/`` of facebookresearch/SpanBERT, of which the tokenizer is used, SCRIPT is
  ACL_PyTorch/contrib/nlp/SpanBERT/spanBert_postprocess.py of Ascend/ModelZoo-PyTorch, whose functions
  are those of SpanBERT's own run_squad.py. torch, boto3 and the like need not be there;
- EVALUATE, for both, is SQuAD's evaluate-v1.1.py.

DATA is a folder as ZOOCHECK_DATA. Python 3.11: from 3.12 on ``sum`` of floats compensates, which gives other
last digits. The digests go into squad.json beside this file, each of the two commands writing its own part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from fixtures import squad_samples as samples  # noqa: E402 - the path comes first

SEED = 51
SIZES = {"dev": (512, 384), "odd": (384, 128)}  # lengths; stride 128, questions of at most 64 pieces


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Features as arrays, whichever implementation made them."""

    ids: np.ndarray
    mask: np.ndarray
    segments: np.ndarray
    start: np.ndarray  # of the window in its context
    question: np.ndarray  # that is answered from the window
    max_context: np.ndarray
    words: np.ndarray
    features: Sequence[Any]


def word_columns(features: Sequence[Any], length: int) -> tuple[np.ndarray, np.ndarray]:
    """``token_to_orig_map`` and ``token_is_max_context`` as arrays."""
    words = np.full((len(features), length), -1, np.int64)
    best = np.zeros((len(features), length), bool)
    for row, feature in enumerate(features):
        columns = list(feature.token_to_orig_map)
        words[row, columns] = list(feature.token_to_orig_map.values())
        best[row, columns] = [feature.token_is_max_context[column] for column in columns]
    return words, best


class Transformers:
    """transformers 4.57 with its slow tokenizer."""

    def __init__(self, vocabulary: Path) -> None:
        from multiprocessing.pool import ThreadPool

        from transformers import BertTokenizer, __version__
        from transformers.data.metrics import squad_metrics
        from transformers.data.processors import squad

        self.version = __version__
        self.tokenizer = BertTokenizer(str(vocabulary), do_lower_case=False)
        self.metrics, self.squad = squad_metrics, squad
        self.starts: list[int] = []
        squad.Pool = ThreadPool  # in this process, so that window starts can be noted
        check = squad._new_check_is_max_context

        def noting(spans: Any, current: int, position: int) -> bool:
            if position == spans[current]["start"]:  # once for each window
                self.starts.append(position)
            return check(spans, current, position)

        squad._new_check_is_max_context = noting

    def examples(self, path: Path) -> list[Any]:
        return self.squad.SquadV1Processor().get_dev_examples("", filename=str(path))

    def windows(self, examples: list[Any], length: int) -> Windows:
        self.starts.clear()
        features = self.squad.squad_convert_examples_to_features(
            examples=examples, tokenizer=self.tokenizer, max_seq_length=length, doc_stride=128,
            max_query_length=64, is_training=False, threads=1, tqdm_enabled=False,
        )  # fmt: skip
        words, best = word_columns(features, length)
        return Windows(
            ids=np.array([f.input_ids for f in features]),
            mask=np.array([f.attention_mask for f in features]),
            segments=np.array([f.token_type_ids for f in features]), start=np.array(self.starts),
            question=np.array([f.example_index for f in features]), max_context=best, words=words,
            features=features,
        )  # fmt: skip

    def answers(self, examples: list[Any], windows: Windows, logits: samples.Logits) -> tuple[Any, Any, Any]:
        results = [
            self.squad.SquadResult(feature.unique_id, start, end)
            for feature, start, end in zip(
                windows.features, logits[0].tolist(), logits[1].tolist(), strict=True
            )
        ]
        with tempfile.TemporaryDirectory() as folder:
            best = Path(folder) / "nbest.json"
            predictions = self.metrics.compute_predictions_logits(
                examples, windows.features, results, 20, 30, False, None, str(best), None, False, False, 0.0,
                self.tokenizer,
            )  # fmt: skip
            nbest = json.loads(best.read_text())
        return predictions, nbest, self.metrics.squad_evaluate(examples, predictions)


class Original:
    """SpanBERT's script, in its Ascend port."""

    version = "facebookresearch/SpanBERT; Ascend/ModelZoo-PyTorch@031260b6dbe2"

    def __init__(self, vocabulary: Path, code: Path, script: Path) -> None:
        sys.path.insert(0, str(code))
        for name in ("torch", "torch.utils", "torch.utils.data", "pytorch_pretrained_bert"):
            sys.modules.setdefault(name, types.ModuleType(name))
        package = sys.modules["pytorch_pretrained_bert"]
        package.__path__ = [str(code / "pytorch_pretrained_bert")]
        for name in ("file_utils", "modeling", "optimization"):
            sys.modules[f"pytorch_pretrained_bert.{name}"] = Anything(name)
        sys.modules["torch.utils.data"] = Anything("torch.utils.data")
        self.script = load(script)
        from pytorch_pretrained_bert.tokenization import BertTokenizer

        self.tokenizer = BertTokenizer(str(vocabulary), do_lower_case=False)
        self.path: Path

    def examples(self, path: Path) -> list[Any]:
        self.path = path
        return self.script.read_squad_examples(str(path), False, False)

    def windows(self, examples: list[Any], length: int) -> Windows:
        starts: list[int] = []
        check = self.script._check_is_max_context

        def noting(spans: Any, current: int, position: int) -> bool:
            if position == spans[current].start:  # once for each window
                starts.append(position)
            return check(spans, current, position)

        self.script._check_is_max_context = noting
        features = self.script.convert_examples_to_features(examples, self.tokenizer, length, 128, 64, False)
        self.script._check_is_max_context = check
        words, best = word_columns(features, length)
        return Windows(
            ids=np.array([f.input_ids for f in features]), mask=np.array([f.input_mask for f in features]),
            segments=np.array([f.segment_ids for f in features]), start=np.array(starts),
            question=np.array([f.example_index for f in features]), max_context=best, words=words,
            features=features,
        )  # fmt: skip

    def answers(self, examples: list[Any], windows: Windows, logits: samples.Logits) -> tuple[Any, Any, Any]:
        results = [
            self.script.RawResult(feature.unique_id, start, end)
            for feature, start, end in zip(
                windows.features, logits[0].tolist(), logits[1].tolist(), strict=True
            )
        ]
        predictions, nbest, _ = self.script.make_predictions(
            examples, windows.features, results, 20, 30, False, False, False
        )
        data = json.loads(self.path.read_text(encoding="utf-8"))["data"]
        return predictions, nbest, self.script.make_eval_dict(*self.script.get_raw_scores(data, predictions))


class Anything(types.ModuleType):
    """A module that has whatever is imported from it: what the functions used here never touch."""

    def __getattr__(self, name: str) -> Any:
        return None


def load(path: Path) -> Any:
    """The module at `path`, whatever its name."""
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_").replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def gold_spans(path: Path, question: np.ndarray) -> np.ndarray:
    """The words of the first answer to the question of each window, ``[windows, 2]``."""
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    spans = [
        samples.gold_words(paragraph["context"], answer["answer_start"], len(answer["text"]))
        for article in data for paragraph in article["paragraphs"]
        for qa in paragraph["qas"] for answer in qa["answers"][:1]
    ]  # fmt: skip
    return np.array(spans)[question]


def digests(maker: Any, path: Path, length: int, official: Callable[..., Any]) -> dict[str, Any]:
    """What `maker` makes of the file, at one length."""
    examples = maker.examples(path)
    windows = maker.windows(examples, length)
    result: dict[str, Any] = {
        "windows": len(windows.ids),
        **{
            name: samples.digest_array(getattr(windows, name))
            for name in ("ids", "mask", "segments", "start", "question", "max_context", "words")
        },
        "answers": {},
    }
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    made = {name: make(windows.words, SEED) for name, make in samples.LOGITS.items()}
    made["gold"] = samples.gold(windows.words, SEED, gold_spans(path, windows.question))
    for name, logits in made.items():
        predictions, nbest, score = maker.answers(examples, windows, logits)
        entries = [entry for answers in nbest.values() for entry in answers]
        theirs = official(data, predictions)
        result["answers"][name] = {
            "logits": samples.digest_array(np.stack(logits)),
            "predictions": samples.digest_texts(predictions.values()),
            "counts": samples.digest_array(np.array([len(answers) for answers in nbest.values()])),
            "texts": samples.digest_texts(entry["text"] for entry in entries),
            **{
                key: samples.digest_array(np.array([entry[key] for entry in entries], np.float64))
                for key in ("probability", "start_logit", "end_logit")
            },
            "exact": score["exact"], "f1": score["f1"],
            "official": [theirs["exact_match"], theirs["f1"]],
        }  # fmt: skip
        print(f"  {name}: {score['exact']} {score['f1']}", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("who", choices=("transformers", "original"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--code", type=Path)
    parser.add_argument("--script", type=Path)
    parser.add_argument("--evaluate", type=Path, required=True)
    options = parser.parse_args()
    if sys.version_info >= (3, 12):
        sys.exit("run this with Python 3.11: later ones sum floats differently")
    vocabulary = options.data / "vocab" / "bert-base-cased" / "vocab.txt"
    if options.who == "transformers":
        maker: Any = Transformers(vocabulary)
    else:
        maker = Original(vocabulary, options.code, options.script)
    official = load(options.evaluate).evaluate
    result: dict[str, Any] = {"made_by": maker.version, "numpy": np.__version__}
    with tempfile.TemporaryDirectory() as folder:
        odd = Path(folder) / "odd.json"
        odd.write_text(json.dumps(samples.odd_dataset()), encoding="utf-8")
        for name, path in (("dev", options.data / "squad" / "dev-v1.1.json"), ("odd", odd)):
            for length in SIZES[name]:
                print(f"{options.who}: {name} {length}", flush=True)
                result[f"{name} {length}"] = digests(maker, path, length, official)
    target = HERE / "squad.json"
    known = json.loads(target.read_text()) if target.is_file() else {}
    known[options.who] = result
    target.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

"""SQuAD's whole dev set as features and answers: our time against that of transformers 4.57, as ratios.

    python -m venv /tmp/transformers4 && /tmp/transformers4/bin/pip install 'transformers==4.57.*' numpy
    python benchmarks/squad.py --transformers /tmp/transformers4/bin/python

transformers 5 has no SQuAD any more, so its last version that has runs in an environment of its own, which
ZOOCHECK_TRANSFORMERS4 may name as well. ZOOCHECK_DATA is the folder with squad/ and vocab/bert-base-cased/.

Both sides do the work of bert-squad (length 384, stride 128, cased), in processes of their own, one after the
other: features from examples that are read already, by `squad_convert_examples_to_features` in as many
processes as there are cores; the 20 best answers of each question with their probabilities, from seeded
logits, by `compute_predictions_logits` without its files; EM and F1 by `squad_evaluate`. Ours: one process, a
tokenizer that has seen nothing, the median of several runs. Seconds are of the wall clock, and beside them
of all processors together, which tells more where other work goes on. Memory is the peak of a third process
that makes the features and the answers. Both sides' results are compared whole, by digests; the exit status
is 1 where they differ. Targets: features 30 times, answers 10 times as fast, under 400 MB.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from fixtures import squad_samples as samples  # noqa: E402 - the path comes first

LENGTH, STRIDE, LONGEST_QUESTION, BEST, LONGEST_ANSWER = 384, 128, 64, 20, 30
SEED = 1
TARGETS = {"features": 30, "answers": 10}
TARGET_MB = 400
MAKE = """make one:
    python -m venv /tmp/transformers4
    /tmp/transformers4/bin/pip install 'transformers==4.57.*' numpy
and name its Python with --transformers /tmp/transformers4/bin/python, or in ZOOCHECK_TRANSFORMERS4"""


def processor_s() -> float:
    """Seconds that this process and its children have computed."""
    each = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


def timed(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds of the wall clock and of the processors, and the result of one call."""
    gc.collect()  # what others left behind is not to be swept in our time
    start, computed = time.perf_counter(), processor_s()
    result = work()
    return (time.perf_counter() - start, processor_s() - computed), result


def make_logits(words: samples.Words, spans: np.ndarray) -> dict[str, samples.Logits]:
    """Noise alone, and noise under peaks at the answers, as of a network that knows them."""
    return {"noise": samples.normal(words, SEED), "peaks": samples.gold(words, SEED, spans)}


def memory(data: Path, folder: Path) -> dict[str, Any]:
    """Peak memory of features and answers, the logits in `folder` included."""
    from harness.tasks.text.squad_answers import best_answers
    from harness.tasks.text.squad_rules import TRANSFORMERS

    made = our_features(data)()
    logits = [np.load(folder / f"{name}.npy") for name in ("start", "end")]
    best_answers(*logits, made, TRANSFORMERS)
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def our_features(data: Path) -> Callable[[], Any]:
    """What makes our features of the dev set, from scratch."""
    from harness.tasks.datasets import squad
    from harness.tasks.text.squad_rules import TRANSFORMERS
    from harness.tasks.text.squad_windows import features
    from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary

    examples = squad.read(data / "squad" / "dev-v1.1.json", expected=10570).examples
    vocabulary = load_vocabulary(data / "vocab" / "bert-base-cased" / "vocab.txt")

    def prepare() -> Any:
        tokenizer = WordPieceTokenizer(vocabulary, do_lower_case=False)
        return features(examples, tokenizer, LENGTH, rules=TRANSFORMERS)

    return prepare


def ours(data: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """Times and digests of zoocheck's; leaves its last logits in `folder`."""
    from harness.tasks.metrics import squad as metric
    from harness.tasks.text.squad_answers import best_answers
    from harness.tasks.text.squad_rules import TRANSFORMERS

    prepare = our_features(data)
    seconds: dict[str, list[tuple[float, float]]] = {"features": []}
    made = None
    for _ in range(repeats):
        made = None  # so that there is one at a time
        taken, made = timed(prepare)
        seconds["features"].append(taken)
    answers = [[answer.text for answer in example.answers] for example in made.examples]
    spans = np.array([
        samples.gold_words(item.context, item.answers[0].start, len(item.answers[0].text))
        for item in made.examples
    ])[made.asked]  # fmt: skip
    digests = {name: samples.digest_array(getattr(made, name)) for name in ("ids", "mask", "segments")}
    for name, logits in make_logits(samples.word_columns(made), spans).items():
        seconds[f"answers, {name}"], seconds[f"score, {name}"] = [], []
        for _ in range(repeats):
            taken, found = timed(lambda logits=logits: best_answers(*logits, made, TRANSFORMERS))
            seconds[f"answers, {name}"].append(taken)
            predictions = [found.texts[at] for at in found.first[:-1]]
            metric.normalise.cache_clear()
            taken, scored = timed(lambda found=predictions: metric.score(found, answers, official=False))
            seconds[f"score, {name}"].append(taken)
        digests |= {
            f"{name}: texts": samples.digest_texts(found.texts),
            f"{name}: probabilities": samples.digest_array(found.probabilities),
            f"{name}: exact": scored.exact_percent,
            f"{name}: f1": scored.f1_percent,
        }
        for half, array in zip(("start", "end"), logits, strict=True):
            np.save(folder / f"{half}.npy", array)
    return {"version": "zoocheck", "seconds": seconds, "digests": digests, "windows": len(made)}


def theirs(data: Path) -> dict[str, Any]:
    """Times and digests of transformers'; run by the other environment's Python."""
    import transformers
    from transformers import BertTokenizer
    from transformers.data.metrics.squad_metrics import compute_predictions_logits, squad_evaluate
    from transformers.data.processors import squad

    examples = squad.SquadV1Processor().get_dev_examples("", filename=str(data / "squad" / "dev-v1.1.json"))
    tokenizer = BertTokenizer(str(data / "vocab" / "bert-base-cased" / "vocab.txt"), do_lower_case=False)
    seconds: dict[str, list[tuple[float, float]]] = {}
    taken, features = timed(
        lambda: squad.squad_convert_examples_to_features(
            examples=examples, tokenizer=tokenizer, max_seq_length=LENGTH, doc_stride=STRIDE,
            max_query_length=LONGEST_QUESTION, is_training=False, threads=os.cpu_count(), tqdm_enabled=False,
        )
    )  # fmt: skip
    seconds["features"] = [taken]
    names = {"ids": "input_ids", "mask": "attention_mask", "segments": "token_type_ids"}
    digests: dict[str, Any] = {
        ours: samples.digest_array(np.array([getattr(feature, name) for feature in features]))
        for ours, name in names.items()
    }
    words = np.full((len(features), LENGTH), -1, np.int64)
    for row, feature in enumerate(features):
        words[row, list(feature.token_to_orig_map)] = list(feature.token_to_orig_map.values())
    spans = np.array([
        samples.gold_words(item.context_text, item.answers[0]["answer_start"], len(item.answers[0]["text"]))
        for item in examples
    ])[[feature.example_index for feature in features]]  # fmt: skip
    for name, logits in make_logits(words, spans).items():
        results = [
            squad.SquadResult(feature.unique_id, start, end)
            for feature, start, end in zip(features, *(half.tolist() for half in logits), strict=True)
        ]

        def predict(best: str | None, results: list[Any] = results) -> Any:
            return compute_predictions_logits(
                examples, features, results, BEST, LONGEST_ANSWER, False, None, best, None, False, False, 0.0,
                tokenizer,
            )  # fmt: skip

        taken, predictions = timed(lambda predict=predict: predict(None))
        seconds[f"answers, {name}"] = [taken]
        taken, scored = timed(lambda found=predictions: squad_evaluate(examples, found))
        seconds[f"score, {name}"] = [taken]
        with tempfile.TemporaryDirectory() as folder:
            predict(f"{folder}/best.json")
            best = json.loads(Path(folder, "best.json").read_text())
        entries = [entry for answers in best.values() for entry in answers]
        digests |= {
            f"{name}: texts": samples.digest_texts(entry["text"] for entry in entries),
            f"{name}: probabilities": samples.digest_array(np.array([e["probability"] for e in entries])),
            f"{name}: exact": scored["exact"],
            f"{name}: f1": scored["f1"],
        }
    version = f"transformers {transformers.__version__}, {os.cpu_count()} processes for features"
    return {"version": version, "seconds": seconds, "digests": digests, "windows": len(features)}


def in_a_process(python: str, side: str, data: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """One side's result; ends the benchmark where it fails."""
    command = [python, __file__, "--side", side, "--data", data, "--folder", folder, "--repeats", repeats]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return json.loads((folder / f"{side}.json").read_text())


def other_python(given: str | None) -> str:
    """The Python of the other environment; ends the benchmark with how to make one where it is not there."""
    python = given or os.environ.get("ZOOCHECK_TRANSFORMERS4")
    if not python:
        sys.exit(f"no environment with transformers 4.57 is named; {MAKE}")
    code = "import transformers; print(transformers.__version__)"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    except OSError as problem:
        sys.exit(f"{python}: {problem.strerror}; {MAKE}")
    if not done.stdout.startswith("4."):
        found = done.stdout.strip() or (done.stderr.strip().splitlines() or ["nothing"])[-1]
        sys.exit(f"{python}: found transformers {found}, expected 4.57; {MAKE}")
    return python


def report(mine: dict[str, Any], other: dict[str, Any], peak_mb: float) -> bool:
    """Print both sides' times and ratios; whether the results are identical."""
    print(f"SQuAD 1.1 dev, {mine['windows']} windows of {LENGTH}, against {other['version']}:")
    print(f"  {'':15} {'ours':>21} {'theirs':>8}  ratio    ours  theirs  ratio (of all processors)")
    for stage, runs in mine["seconds"].items():
        (wall, computed), (low, high) = map(statistics.median, zip(*runs, strict=True)), spread(runs)
        (their_wall, their_computed) = other["seconds"][stage][0]
        target = TARGETS.get(stage.partition(",")[0], 0)
        met = "met" if their_wall / wall >= target else "MISSED"
        print(
            f"  {stage:15} {wall:6.2f} ({low:5.2f} to {high:5.2f}) {their_wall:7.2f} {their_wall / wall:6.1f}"
            f"  {computed:6.2f} {their_computed:7.2f} {their_computed / computed:6.1f}"
            + (f"   target {target}: {met}" if target else "")
        )
    met = "met" if peak_mb < TARGET_MB else "MISSED"
    print(
        f"  peak memory     {peak_mb:6.0f} MB                                     target {TARGET_MB}: {met}"
    )
    differ = [name for name, digest in mine["digests"].items() if digest != other["digests"][name]]
    same = f"identical: {', '.join(mine['digests'])}"
    print(f"  results {same if not differ else 'DIFFER: ' + ', '.join(differ)}")
    return not differ


def spread(runs: list[tuple[float, float]]) -> tuple[float, float]:
    """The shortest and the longest run, by the wall clock."""
    walls = [wall for wall, _ in runs]
    return min(walls), max(walls)


def run_side(side: str, data: Path, folder: Path, repeats: int) -> None:
    """Do one side's work in this process, and leave its result in `folder`."""
    if side == "ours":
        result = ours(data, folder, repeats)
    else:
        result = theirs(data) if side == "theirs" else memory(data, folder)
    (folder / f"{side}.json").write_text(json.dumps(result))


def main() -> None:
    """Run both sides, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--transformers", metavar="PYTHON", help="the Python that has transformers 4.57")
    parser.add_argument("--data", type=Path, default=os.environ.get("ZOOCHECK_DATA"))
    parser.add_argument("--repeats", type=int, default=5, help="runs of ours")
    parser.add_argument("--side", choices=("ours", "theirs", "memory"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.data is None:
        sys.exit("ZOOCHECK_DATA is not set: name the folder that holds squad/ and vocab/, or give --data")
    data = Path(options.data)
    for path in (data / "squad" / "dev-v1.1.json", data / "vocab" / "bert-base-cased" / "vocab.txt"):
        if not path.is_file():
            sys.exit(f"{path} is absent: put the documented file there")
    if options.side:
        run_side(options.side, data, options.folder, options.repeats)
        return
    python = other_python(options.transformers)
    with tempfile.TemporaryDirectory(prefix="zoocheck-squad-") as name:
        folder, repeats = Path(name), options.repeats
        mine = in_a_process(sys.executable, "ours", data, folder, repeats)
        peak_mb = in_a_process(sys.executable, "memory", data, folder, repeats)["peak_mb"]
        other = in_a_process(python, "theirs", data, folder, repeats)
        sys.exit(0 if report(mine, other, peak_mb) else 1)


if __name__ == "__main__":
    main()

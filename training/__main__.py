"""``python -m training [MODEL ...]``: train embedded checkpoints anew, or score those that are there."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from harness.errors import UsageError, ZoocheckError
from harness.setting.home import MINIS

# The minis and the modules that make them; each has `Recipe`, `fit`, `train` and `score_only`.
TRAINERS = {
    "tinybert": "training.tinybert",
    "bert-large-ner": "training.bert_large_ner",
    "bert-chinese-ner": "training.bert_chinese_ner",
    "spanbert": "training.spanbert",
    "bert-squad": "training.bert_squad",
}


def main() -> int:
    """Run the command; 0, or 1 after a sentence that says what was wrong."""
    options = _parser().parse_args()
    try:
        _check(options)
        for name in options.models or TRAINERS:
            _run(name, options)
    except ZoocheckError as problem:
        print(f"training: {problem}", file=sys.stderr)
        return 1
    return 0


def _check(options: argparse.Namespace) -> None:
    """Raise `UsageError` before minutes are spent."""
    unknown = [name for name in options.models if name not in TRAINERS]
    if unknown:
        raise UsageError(f"no mini is called {', '.join(unknown)}; there are {', '.join(TRAINERS)}")
    if options.trial is not None and options.trial < 1:
        raise UsageError(f"--trial {options.trial}: expected 1 sentence or more")


def _run(name: str, options: argparse.Namespace) -> None:
    module = import_module(TRAINERS[name])
    if options.score_only:
        module.score_only(options.out)
    elif options.trial is not None:
        with tempfile.TemporaryDirectory() as folder:
            module.fit(replace(module.Recipe(), held_out=options.trial), Path(folder))
    else:
        module.train(module.Recipe(), options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help=f"which (default: all): {', '.join(TRAINERS)}"
    )
    parser.add_argument(
        "--out", type=Path, default=MINIS, metavar="DIR", help="write DIR/MODEL (default: %(default)s)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--score-only", action="store_true", help="score the checkpoint there, rewrite only its scores"
    )
    what.add_argument(
        "--trial", type=int, metavar="N", help="hold N sentences out, write nothing: to choose a recipe"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

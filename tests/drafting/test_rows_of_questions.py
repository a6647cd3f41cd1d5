"""Questions in rows, as the hub has SQuAD 1.1 and 2.0: whether some have no answer is what the rows say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.domain.datasets import DatasetSpec
from harness.domain.metrics import Metric
from harness.domain.models import Architecture, Head
from harness.drafting import data
from harness.drafting.data import Data
from harness.drafting.encoders import Encoder, Task
from harness.drafting.forms import form_of
from harness.errors import BadInput
from harness.tasks.datasets import reading

ENCODER = Encoder(
    folder=Path("mine"), task=Task.QUESTIONS, labels=(), regression=False, notes=(),
    architecture=Architecture(
        layers=1, hidden=1, heads=1, intermediate=1, vocabulary=1, positions=1, labels=2,
        head=Head.QUESTION_ANSWERING,
    ),
)  # fmt: skip
ANSWERED = {"text": ["Ada"], "answer_start": [0]}
NONE: dict[str, list[Any]] = {"text": [], "answer_start": []}


def rows(answers: Sequence[dict[str, Any]], ids: Sequence[Any] = ("a", "b", "c")) -> list[dict[str, Any]]:
    return [
        {"id": name, "question": "Who?", "context": "Ada left.", "answers": item}
        for name, item in zip(ids, answers, strict=False)
    ]


def drafted(path: Path, content: list[dict[str, Any]]) -> tuple[Data, Sequence[Any]]:
    """The data as it is drafted, and the examples that its table then gives."""
    if path.suffix == ".parquet":
        pyarrow = pytest.importorskip("pyarrow", reason="parquet is read by pyarrow, which is not installed")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(content), path)
    else:
        path.write_text("".join(f"{json.dumps(row)}\n" for row in content), encoding="utf-8")
    found = data.read(path, form_of(path, None, {}), ENCODER)
    spec = DatasetSpec(**data.table("mine", found))
    return found, reading.read(spec, path, whole=True).examples


@pytest.mark.parametrize("name", ["dev.jsonl", "dev.parquet"])
def test_rows_of_which_some_have_no_answer_are_squad_2(tmp_path: Path, name: str):
    found, examples = drafted(tmp_path / name, rows([ANSWERED, NONE, ANSWERED]))
    assert [item.may_lack_answers for item in examples] == [True] * 3
    assert [len(item.answers) for item in examples] == [1, 0, 1]
    assert "answers: 1 of 3 questions have none: scored as SQuAD 2.0" in found.notes
    assert found.metric is Metric.F1


@pytest.mark.parametrize("name", ["dev.jsonl", "dev.parquet"])
def test_rows_that_all_have_one_are_squad_1(tmp_path: Path, name: str):
    found, examples = drafted(tmp_path / name, rows([ANSWERED] * 2))
    assert [item.may_lack_answers for item in examples] == [False] * 2
    assert not any(note.startswith("answers: ") for note in found.notes)


@pytest.mark.parametrize("name", ["dev.jsonl", "dev.parquet"])
def test_a_whole_number_is_an_id(tmp_path: Path, name: str):
    _, examples = drafted(tmp_path / name, rows([ANSWERED] * 3, ids=[0, 1, 2**40]))
    assert [item.id for item in examples] == ["0", "1", "1099511627776"]


@pytest.mark.parametrize("wrong", [True, 1.5, None])
def test_another_id_is_told(tmp_path: Path, wrong: object):
    with pytest.raises(BadInput, match=rf"found .?{wrong}.? in id, expected a text"):
        drafted(tmp_path / "dev.jsonl", rows([ANSWERED] * 2, ids=[wrong, "b"]))


def test_a_parquet_without_a_row_has_no_line(tmp_path: Path):
    pyarrow = pytest.importorskip("pyarrow", reason="parquet is read by pyarrow, which is not installed")
    from pyarrow import parquet

    path = tmp_path / "e.parquet"
    columns = {"text": pyarrow.array([], "string"), "label": pyarrow.array([], "int8")}
    parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(BadInput, match=r"e\.parquet: found no example"):
        data.read(path, form_of(path, None, {}), ENCODER)

"""Checkpoints of one's own as models: saved, described by the tables of `check`, and given to the chips."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tuned
from making import make_home

from harness.domain.catalog import Catalog
from harness.domain.models import Head, Model, Protocol
from harness.domain.precisions import Precision
from harness.drafting import checking
from harness.drafting.drafts import Asked
from harness.running.materials import Materials
from harness.running.progress import Silent
from harness.setting.home import Home
from harness.setting.options import Options
from harness.tables import catalog as tables

BATCH = 4
# On every chip whose tools take part. What Ascend's commands set is the user's to say: no document has them.
_ASCEND = 'ascend = { outfmt = "BIN", loop = 5, atc = ["--input_format=ND"] }'
DEPLOYMENTS = f"""deployments = [
    {{ chip = "ascend310p", batch_sizes = [{BATCH}], precisions = ["fp16"], {_ASCEND} }},
    {{ chip = "t4", batch_sizes = [{BATCH}], precisions = ["fp32"] }},
    {{ chip = "vacc", batch_sizes = [{BATCH}], precisions = ["fp16"] }},
    {{ chip = "mlu370", batch_sizes = [{BATCH}], precisions = ["fp16"] }},
]
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A family under a head with labels, and data of its task."""

    family: str
    head: Head
    data: Callable[[Path], Path]
    labels: tuple[str, ...] = ()
    logits: int  # of a sample, or of each of its tokens
    inputs: int


KINDS: Mapping[str, Kind] = {
    "sequences": Kind(
        family="roberta", head=Head.CLASSIFICATION, labels=tuned.MNLI, logits=3, inputs=2,
        data=lambda folder: tuned.pairs(folder / "dev.tsv", [*tuned.MNLI]),
    ),
    "tokens": Kind(
        family="distilbert", head=Head.TOKEN_CLASSIFICATION, labels=tuned.NER, logits=7, inputs=2,
        data=lambda folder: tuned.tagged(folder / "test.txt", ["B-PER", "B-ORG", "B-LOC", "O"]),
    ),
    "questions": Kind(
        family="electra", head=Head.QUESTION_ANSWERING, logits=2, inputs=3,
        data=lambda folder: tuned.questions_perhaps_without_answer(folder / "dev.json"),
    ),
    "sequences-of-bert": Kind(
        family="bert", head=Head.CLASSIFICATION, labels=tuned.MNLI, logits=3, inputs=3,
        data=lambda folder: tuned.pairs(folder / "dev.tsv", [*tuned.MNLI]),
    ),
    "numbers": Kind(
        family="bert", head=Head.CLASSIFICATION, logits=1, inputs=3,
        data=lambda folder: tuned.texts(folder / "dev.tsv", ["1.5", "2.0", "4"], header="sentence\tscore"),
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class World:
    """The tables, the home, and the model that the tables make of a checkpoint."""

    catalog: Catalog
    home: Home
    model: Model
    tables: Path


def world(folder: Path, kind: str) -> World:
    """A checkpoint of `kind` and its data in `folder`, and the tables that `check` writes, on all chips."""
    made, home = KINDS[kind], make_home(folder)
    tuned.saved(
        folder / "checkpoint", made.family, made.head, labels=made.logits,
        **tuned.labelled(*made.labels) if made.labels else {},
    )  # fmt: skip
    asked = Asked(
        path=folder / "checkpoint", name=f"own-{kind}", chip="cpu", precisions=(Precision.FP16,),
        data=made.data(folder),
    )  # fmt: skip
    drafted = checking.check(asked, tables.load((tables.BUILT_IN,)), home).draft.text
    text, changed = re.subn(r"deployments = \[.*?\n\]\n", DEPLOYMENTS, drafted, flags=re.DOTALL)
    assert changed == 1
    (folder / "tables").mkdir()
    (folder / "tables" / "own.toml").write_text(text, encoding="utf-8")
    catalog = tables.load((tables.BUILT_IN, folder / "tables"))
    model = catalog.models[f"own-{kind}"]
    assert len(model.inputs) == made.inputs
    if made.head is Head.CLASSIFICATION:
        _decide(catalog, home, model)
    return World(catalog=catalog, home=home, model=model, tables=folder / "tables")


def _decide(catalog: Catalog, home: Home, model: Model) -> None:
    """Make the labels of a random classifier depend on the text: its logits are spread, around a mean of 0.

    As it is drawn it says one label, whatever it reads; then samples in each other's place score the same.
    """
    from safetensors.numpy import load_file, save_file

    path = Path(model.checkpoint.folder) / "model.safetensors"
    weights = load_file(path)
    shape = (model.encoder.labels,)
    [name] = [key.removesuffix(".bias") for key, array in weights.items() if array.shape == shape]
    [logits] = Materials(catalog, home, Options(), Silent()).reference(model, Protocol.DOCUMENTED)
    spread = 1 / logits.std(axis=0).max()
    weights[f"{name}.weight"] *= spread
    weights[f"{name}.bias"] = -spread * (logits.mean(axis=0) - weights[f"{name}.bias"])
    save_file(weights, path, metadata={"format": "pt"})

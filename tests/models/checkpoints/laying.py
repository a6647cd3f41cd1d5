"""A checkpoint's files as transformers writes them: shards with their index, and a tokenizer.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

TOKENIZER = "tokenizer.json"


def name_of(shard: int, ending: str) -> str:
    return f"{'model' if ending == 'safetensors' else 'pytorch_model'}-0000{shard}-of-00003.{ending}"


def index_of(ending: str) -> str:
    return f"{'model.safetensors' if ending == 'safetensors' else 'pytorch_model.bin'}.index.json"


def lay_shards(folder: Path, state: dict[str, torch.Tensor], ending: str = "safetensors") -> dict[str, str]:
    """Three shards and their index; returns which holds what."""
    import torch
    from safetensors.torch import save_file

    held: dict[str, str] = {}
    for shard in (1, 2, 3):
        part = {key: state[key].contiguous() for key in sorted(state)[shard - 1 :: 3]}
        name = name_of(shard, ending)
        save_file(part, folder / name) if ending == "safetensors" else torch.save(part, folder / name)
        held |= dict.fromkeys(part, name)
    write_index(folder, held, ending)
    return held


def write_index(folder: Path, held: dict[str, str], ending: str = "safetensors") -> None:
    """An index that says which shard holds what."""
    (folder / index_of(ending)).write_text(index_text(held), encoding="utf-8")


def index_text(held: dict[str, str]) -> str:
    return json.dumps({"metadata": {"total_size": 1}, "weight_map": held})


def tokenizer_json(pieces: list[str]) -> str:
    """A tokenizer.json of WordPiece with these pieces."""
    model = {
        "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
        "vocab": {piece: number for number, piece in enumerate(pieces)},
    }  # fmt: skip
    return json.dumps({"normalizer": {"type": "BertNormalizer", "lowercase": True}, "model": model})

"""Runs a job of `loop` on an Ascend card by ais_bench's own `InferSession`.

Its constructor and `infer` are as in ais_bench's public source (ais_bench/infer/interface.py).
"""

from __future__ import annotations

from typing import Any, Sequence

import loop


def open_model(job: dict[str, Any]) -> tuple[loop.Call, Any]:
    """The .om on the job's card, and what it says of its inputs and outputs."""
    from ais_bench.infer.interface import InferSession

    session = InferSession(job["device"], job["model"])

    def call(arrays: Sequence[Any]) -> Sequence[Any]:
        outputs: Sequence[Any] = session.infer(list(arrays), mode="static")
        return outputs

    return call, [
        [[item.name, str(item.datatype).rpartition(".")[2], list(item.shape)] for item in items]
        for items in (session.get_inputs(), session.get_outputs())
    ]


if __name__ == "__main__":
    loop.main(open_model)

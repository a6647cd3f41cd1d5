"""A compiled three-file set through vaststreamx.

``vastai.py JOB`` does a job of `loop`, whose `model` is the set's prefix, with ``input_count`` (how many
inputs the set takes), ``order`` (which of the job's inputs the set takes first, second, ...) and
``output_shape`` (one sample's) besides. ``vastai.py --here DEVICE`` says which
vaststreamx is here and opens the card, ``vastai.py --inputs PREFIX DEVICE`` how many inputs the set takes.

The calls are those of Vastai/VastModelZOO, nlp/named_entity_recognition/common/vsx/python: vsx_ner.py's set
up and inputs, and named_entity_recognition.py's `run_sync`; ``input_count`` and ``output_count`` are those
of the zoo's own wrappers (its `ModelBase`). Python 3.7: see the package.
"""

from __future__ import annotations

import sys
from typing import Any, Sequence

import loop
import numpy as np
import packages

INPUT_DTYPE = np.int32


def set_device(vsx: Any, device: int) -> None:
    """Choose the card; 0 is success."""
    status = vsx.set_device(device)
    if status not in (0, None):
        raise SystemExit(f"vaststreamx cannot open device {device}: set_device returned {status}")


def open_model(job: dict[str, Any]) -> tuple[loop.Call, Any]:
    """The set as a call. The SDK tells neither names nor dtypes: there is no contract."""
    import vaststreamx as vsx

    device, size, count = job["device"], job["batch_size"], job["input_count"]
    set_device(vsx, device)
    model = vsx.Model(job["model"], size)
    if model.input_count != count or model.output_count != len(job["output_names"]):
        raise SystemExit(
            f"the set takes {model.input_count} inputs and gives {model.output_count} outputs, "
            f"expected {count} and {len(job['output_names'])}"
        )
    graph = vsx.Graph()
    operator = vsx.ModelOperator(model)
    graph.add_operators(vsx.Operator(vsx.OpType.BERT_EMBEDDING_OP), operator)
    stream = vsx.Stream(graph, vsx.StreamBalanceMode.ONCE)
    stream.register_operator_output(operator)
    stream.build()

    def call(batch: Sequence[Any]) -> list[Any]:
        # From compiler 1.5 on there are six: vsx_ner.py fills the rest with copies of the first, the ids.
        fed = [batch[place] for place in job["order"]]
        fed += [fed[0]] * (count - len(fed))
        samples = [
            [vsx.from_numpy(np.array(array[row], dtype=INPUT_DTYPE), device) for array in fed]
            for row in range(size)
        ]
        outputs = stream.run_sync(samples)
        if len(outputs) != size:
            raise SystemExit(f"vaststreamx gave {len(outputs)} outputs for {size} samples")
        return [np.stack([one_sample(vsx.as_numpy(found[0]), job["output_shape"]) for found in outputs])]

    return call, None


def one_sample(output: Any, shape: Sequence[int]) -> Any:
    """`output` as float32 of `shape`; ones before it are dropped."""
    found = np.asarray(output).astype(np.float32)
    ones = found.ndim - len(shape)
    if ones < 0 or found.shape[ones:] != tuple(shape) or any(number != 1 for number in found.shape[:ones]):
        raise SystemExit(f"an output has shape {list(found.shape)}, expected {list(shape)}")
    return found.reshape(shape)


def here(device: int) -> None:
    """Say which vaststreamx is here; end with status 1 where the card cannot be opened."""
    import vaststreamx as vsx

    set_device(vsx, device)
    packages.tell({"vaststreamx": packages.version("vaststreamx")})


def inputs(prefix: str, device: int) -> None:
    """Say how many inputs the set at `prefix` takes."""
    import vaststreamx as vsx

    set_device(vsx, device)
    packages.tell({"input_count": vsx.Model(prefix, 1).input_count})


if __name__ == "__main__":
    if sys.argv[1] == "--here":
        here(int(sys.argv[2]))
    elif sys.argv[1] == "--inputs":
        inputs(sys.argv[2], int(sys.argv[3]))
    else:
        loop.main(open_model)

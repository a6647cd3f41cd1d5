"""A MagicMind model on a card: ``magicmind_run.py JOB`` does a job of `loop`.

``magicmind_run.py --here DEVICE`` says which MagicMind is here, and that the card is. This file is not called
as the SDK: it would be imported in its place.

The calls are those of Cambricon/magicmind_cloud, buildin/python_common/mm_runner.py: Model, System, Device,
Engine, Context, Queue. Python 3.7: see the package.
"""

from __future__ import annotations

import sys
from typing import Any, Sequence

import loop
import magicmind.python.runtime as mm
import packages

DTYPES = ("BOOL", "FLOAT16", "FLOAT32", "INT16", "INT32", "INT64", "INT8", "UINT8")
NARROWED = {"int64": "int32"}  # as the builder's 64-to-32 conversion makes of the model's inputs


def require(status: Any, what: str) -> None:
    """End with status 1 where the SDK says that `what` did not work."""
    if not status.ok():
        raise SystemExit(f"MagicMind cannot {what}: {status}")


def activate(system: Any, number: int) -> Any:
    """Card `number`, chosen."""
    count = system.device_count()
    if number >= count:
        raise SystemExit(f"MagicMind sees {count} devices: there is no device {number}")
    device = mm.Device()
    device.id = number
    require(device.active(), f"open device {number}")
    return device


def open_model(job: dict[str, Any], system: Any) -> tuple[loop.Call, Any]:
    """The model as a call, and its contract: the job's names (a traced module keeps none), by position.

    What the model leaves open in a shape is filled in by the first call.
    """
    device = activate(system, job["device"])
    model = mm.Model()
    status = model.deserialize_from_file(job["model"])
    if hasattr(status, "ok"):  # the zoo does not look at it
        require(status, f"read {job['model']}")
    config = mm.Model.EngineConfig()
    config.device_type = "MLU"
    engine = model.create_i_engine(config)
    context = engine and engine.create_i_context()
    queue = context and device.create_queue()
    if not queue:
        raise SystemExit("MagicMind made no engine, context or queue")
    inputs = context.create_inputs()
    names = [item["name"] for item in job["inputs"]]
    contract = (
        declared(names, model.get_input_data_types(), model.get_input_dimensions()),
        declared(job["output_names"], model.get_output_data_types(), model.get_output_dimensions()),
    )

    def call(batch: Sequence[Any]) -> list[Any]:
        for tensor, array in zip(inputs, batch):
            tensor.from_numpy(array.astype(NARROWED.get(array.dtype.name, array.dtype)))
            tensor.to(device)
        outputs: list[Any] = []
        require(context.enqueue(inputs, outputs, queue), "start the model")
        require(queue.sync(), "end the model")
        arrays = [output.asnumpy() for output in outputs]
        fill_in(contract[0], batch)
        fill_in(contract[1], arrays)
        return arrays

    return call, contract


def declared(names: Sequence[str], dtypes: Sequence[Any], dimensions: Sequence[Any]) -> list[list[Any]]:
    """``[name, dtype, dims]`` of each. Raises `SystemExit` where there are more or fewer than names."""
    if len(dtypes) != len(names):
        raise SystemExit(f"the model has {len(dtypes)} inputs or outputs, expected {', '.join(names)}")
    known = {getattr(mm.DataType, name): name.lower() for name in DTYPES if hasattr(mm.DataType, name)}
    return [
        [name, known.get(dtype, str(dtype)), list(dims.GetDims())]
        for name, dtype, dims in zip(names, dtypes, dimensions)
    ]


def fill_in(items: Sequence[list[Any]], arrays: Sequence[Any]) -> None:
    """Put the sizes that ran where the model declares none."""
    for item, array in zip(items, arrays):
        item[2] = [ran if size < 0 else size for size, ran in zip(item[2] or [-1] * array.ndim, array.shape)]


if __name__ == "__main__":
    with mm.System() as opened:
        if sys.argv[1] == "--here":
            activate(opened, int(sys.argv[2]))
            packages.tell({"magicmind": packages.version("magicmind")})
        else:
            loop.main(lambda job: open_model(job, opened))

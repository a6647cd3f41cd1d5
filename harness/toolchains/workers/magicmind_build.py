"""A traced module or an ONNX graph to a MagicMind model: ``magicmind_build.py JOB``, in the job's folder.

A job is a JSON file: `framework`, pytorch or onnx; `module` and `model`, the files to read and to write;
`input_dtypes`, for the model and the parser of a module; `input_dims`; `mlu_archs`; `config`, JSON documents
for the builder, in order; `result`, where to write what the built model says of itself.

The calls are those of Cambricon/magicmind_cloud, buildin/python_common: framework_parser.py and
model_process.py. Python 3.7: see the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import packages


def require(status: Any, what: str) -> None:
    """End with status 1 where the SDK says that `what` did not work."""
    if not status.ok():
        raise SystemExit(f"MagicMind cannot {what}: {status}")


def parse(mm: Any, job: dict[str, Any], dtypes: list[Any]) -> Any:
    """The module as a network of the job's dimensions."""
    from magicmind.python.runtime.parser import Parser

    network = mm.Network()
    if job["framework"] == "onnx":
        require(Parser(mm.ModelKind.kOnnx).parse(network, job["module"]), f"parse {job['module']}")
    else:
        parser = Parser(mm.ModelKind.kPytorch)
        parser.set_model_param("pytorch-input-dtypes", dtypes)
        parser.parse(network, job["module"])
    count = network.get_input_count()
    if count != len(job["input_dims"]):
        raise SystemExit(f"the network has {count} inputs, expected {len(job['input_dims'])}")
    for number, dims in enumerate(job["input_dims"]):
        require(network.get_input(number).set_dimension(mm.Dims(dims)), f"give input {number} shape {dims}")
    return network


def build(job: dict[str, Any]) -> dict[str, Any]:
    """Write the model; what it says of its inputs and outputs."""
    import magicmind.python.runtime as mm

    dtypes = [getattr(mm.DataType, name) for name in job["input_dtypes"]]
    network = parse(mm, job, dtypes)
    config = mm.BuilderConfig()
    config.mlu_archs = job["mlu_archs"]
    for document in job["config"]:
        text = json.dumps(document)
        require(config.parse_from_string(text), f"take the configuration {text}")
    for number, dtype in enumerate(dtypes):
        require(network.get_input(number).set_data_type(dtype), f"give input {number} its dtype")
    model = mm.Builder().build_model("magicmind_model_name", network, config)
    if model is None:
        raise SystemExit("MagicMind built no model")
    require(model.serialize_to_file(job["model"]), f"write {job['model']}")
    return {
        "inputs": described(model.get_input_names(), model.get_input_dimensions()),
        "outputs": described(model.get_output_names(), model.get_output_dimensions()),
    }


def described(names: list[str], dimensions: list[Any]) -> list[list[Any]]:
    """``[name, dims]`` of each; -1 is what the model leaves open."""
    return [[str(name), list(dims.GetDims())] for name, dims in zip(names, dimensions)]


def main() -> None:
    """Do the job that the command line names."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    told = {**build(job), "magicmind": packages.version("magicmind"), "python": sys.version.split()[0]}
    Path(job["result"]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()

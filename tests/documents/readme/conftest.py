"""A model that no document of ours is about, so that READMEs never seen before have something to be about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.documents.importing import Imported, import_reading
from harness.documents.readme.blocks import parse
from harness.documents.readme.reading import Reading
from harness.documents.readme.understand import understand
from harness.domain.catalog import Catalog
from harness.tables.catalog import BUILT_IN, load

NET = """
[[word]]
means = "model"
value = "net"
spelled = ["FancyNet"]

[[document]]
name = "net-zoo"
title = "FancyNet"
file = "net-zoo.md"
repository = "A/Zoo"

[[model]]
name = "net"
title = "FancyNet, SST-2"
document = "net-zoo"
task = "classify"
dataset = "sst2"
metric = "accuracy"
length = 64
opset = 11
protocols = ["documented"]
inputs = [
    { name = "ids", role = "ids", dtype = "int64", folder = "ids" },
    { name = "types", role = "segments", dtype = "int64", folder = "types" },
    { name = "mask", role = "mask", dtype = "int64", folder = "mask" },
]
outputs = [{ name = "logits", dtype = "float32", shape = ["batch", "labels"] }]
architecture = { layers = 2, hidden = 32, heads = 2, intermediate = 64, vocabulary = 100, positions = 64, \
head = "classification", labels = 2 }
tokenizer = { lower_case = true, vocabulary = "bert-base-uncased" }
checkpoint = { published = "nowhere" }
deployments = [
    { chip = "ascend310", batch_sizes = [1, 4, 8, 16, 32, 64], precisions = ["fp16"] },
    { chip = "ascend310p", batch_sizes = [1, 4, 8, 16, 32, 64], precisions = ["fp16"] },
    { chip = "t4", batch_sizes = [1, 4, 8, 16, 32, 64], precisions = ["fp32"] },
    { chip = "mlu370", batch_sizes = [1, 32], precisions = ["fp32", "fp16"] },
    { chip = "vacc", batch_sizes = [1, 2], precisions = ["fp16", "int8"] },
]

[[table]]
document = "net-zoo"
model = "net"
name = "old"
columns = [{ header = "a", label = true }, { header = "b" }]
rows = [{ batch_size = 1, cells = ["1", "2.0"] }]
metric = "throughput"
unit = "samples/s"
role = "measured"
chip = "t4"
"""


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The built-in tables and FancyNet's."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "net.toml").write_text(NET, encoding="utf-8")
    return load((BUILT_IN, folder))


@pytest.fixture(scope="session")
def reading_of(zoo: Catalog) -> Callable[[str], Reading]:
    return lambda text: understand(parse(text), zoo)


@pytest.fixture(scope="session")
def imported(reading_of) -> Callable[[str], Imported]:
    """What comes of a README's text under FancyNet's heading."""
    return lambda text: import_reading(
        reading_of(f"# FancyNet\n\n{text}"), document="net-zoo", repository="A/Zoo"
    )

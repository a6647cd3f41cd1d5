"""`InferSession` with the constructor and the calls of ais_bench's public source."""

from __future__ import annotations

from types import SimpleNamespace

import kit
import networks
import numpy as np
import simulated_om


class InferSession:
    def __init__(
        self, device_id: int, model_path: str, acl_json_path: str | None = None, debug: bool = False,
        loop: int = 1,
    ) -> None:  # fmt: skip
        kit.misbehave("ais_bench")
        self.om = simulated_om.Om(model_path)

    def get_inputs(self) -> list[SimpleNamespace]:
        network = self.om.network
        return [desc(item, item.name, self.om.shapes[item.name]) for item in network.inputs]

    def get_outputs(self) -> list[SimpleNamespace]:
        """Under names that a compiler makes."""
        network = self.om.network
        arrays = network(self.om.zeros())
        return [
            desc(item, f"PartitionedCall_{at}:0", list(array.shape))
            for at, (item, array) in enumerate(zip(network.outputs, arrays, strict=True))
        ]

    def infer(
        self,
        feeds: list[np.ndarray],
        mode: str = "static",
        custom_sizes: int = 100000,
        out_array: bool = True,
    ) -> list[np.ndarray]:
        assert mode == "static"
        for feed, size in zip(feeds, self.om.sizes(), strict=True):
            if feed.nbytes != size:
                raise RuntimeError(f"input of {feed.nbytes} bytes, the model's has {size}")
        return kit.changed("ais_bench", self.om.network(feeds))


def desc(item: object, name: str, shape: list[int]) -> SimpleNamespace:
    return SimpleNamespace(name=name, datatype=f"dtype.{networks.dtype(item)}", shape=shape)

"""Logits made by arithmetic alone, the same with any version of any library, for golden scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def noise(shape: tuple[int, ...], seed: int) -> npt.NDArray[np.float32]:
    """Numbers in [0, 1), each a hash of its place and `seed`: multiples of 2^-24, exact in float32."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(seed * 0x9E3779B1 % 2**32)
    for _ in range(2):
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x45D9F3B)
    x ^= x >> np.uint32(16)
    return ((x >> np.uint32(8)).astype(np.float32) / np.float32(2**24)).reshape(shape)


def word_logits(features, labels: int, seed: int, lift: float = 0.25) -> npt.NDArray[np.float32]:
    """Noise ``[samples, length, labels]`` with the right label of every word lifted by `lift`."""
    logits = noise((*features.ids.shape, labels), seed)
    logits[features.rows, features.positions, features.labels] += np.float32(lift)
    return logits

"""Every family of encoders as the GPU's backend has it: fused where that is the same network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from encoders import NAMES, Encoder

from harness.domain.precisions import Precision
from harness.toolchains.torch_cuda.backend import FUSED_BOUND
from harness.toolchains.torch_cuda.device import UNFUSED, fused

# Of outputs in spreads: one rounding of 2^-11 or 2^-8 in each of a dozen operators of two layers.
BOUNDS = {Precision.FP32: FUSED_BOUND, Precision.FP16: 0.02, Precision.BF16: 0.16}


@pytest.mark.parametrize("precision", BOUNDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_familys_network_is_the_eager_one_within_its_dtype(
    encoder: Callable[..., Encoder], name: str, precision: Precision
):
    """Also where positions are angles, which half precision does not hold, and attention looks around."""
    made = encoder(name)
    feed = made.batch()
    inputs = [torch.from_numpy(feed[item.name]) for item in made.model.inputs]
    module = fused(made.model.architecture, made.model.inputs, precision)
    module.get_submodule("network").load_state_dict(made.network.state_dict())
    with torch.inference_mode():
        [found], expected = module(*inputs), made.network(*inputs)
    assert found.dtype is torch.float32
    assert float((found - expected).abs().max()) <= BOUNDS[precision] * float(expected.std())
    attention = module.get_submodule("network").get_submodule("network" if name != "bert" else "bert").config
    eager = made.model.architecture.family in UNFUSED
    assert attention._attn_implementation == ("eager" if eager else "sdpa")

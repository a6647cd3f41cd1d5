"""What the small operators of a LayerNorm have to hold in fp16, read from a network while it runs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.conformance.normalisations import Normalised, lost, observed

MASK = np.array([[1, 1, 1], [1, 1, 0]])


class Layer(torch.nn.Module):
    """A LayerNorm where transformers has one."""

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self.attention = torch.nn.Module()
        self.attention.output = torch.nn.Module()
        self.attention.output.LayerNorm = torch.nn.LayerNorm(4, eps=epsilon)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.attention.output.LayerNorm(x)
        return found


class Network(torch.nn.Module):
    """One encoder layer."""

    def __init__(self, epsilon: float = 1e-12) -> None:
        super().__init__()
        self.encoder = torch.nn.Module()
        self.encoder.layer = torch.nn.ModuleList([Layer(epsilon)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.encoder.layer[0](x)
        return found


def seen(x: np.ndarray, epsilon: float = 1e-12) -> Normalised:
    network = Network(epsilon)
    with observed(network, MASK) as found, torch.inference_mode():
        network(torch.from_numpy(x.astype(np.float32)))
    [one] = found
    return one


def rows() -> np.ndarray:
    """Two samples of three positions; each row has the mean 0 and the variance 1."""
    return np.tile(np.array([1.0, -1.0, 1.0, -1.0]), (2, 3, 1))


def spelt_out_in_fp16(row: np.ndarray, epsilon: float) -> np.ndarray:
    """Written down once more, operator by operator, in numpy's fp16; sums in fp32."""
    x = row.astype(np.float16)
    with np.errstate(all="ignore"):
        centred = (x - np.float16(x.astype(np.float32).mean())).astype(np.float16)
        square = np.power(centred, np.float16(2))
        variance = np.float16(square.astype(np.float32).mean())
        quotient: np.ndarray = centred / np.sqrt(np.float16(variance + np.float16(epsilon)))
    return quotient


def test_a_row_of_ordinary_values_is_held():
    one = seen(rows())
    assert one.held
    assert one.largest_square == 1
    assert one.place == "attention LayerNorm of encoder layer 0"
    assert str(one) == "the largest square in a LayerNorm is 1 (attention LayerNorm of encoder layer 0)"
    assert one.epsilon_lost  # and it does not matter: the variance is 1


@pytest.mark.parametrize(("away", "held"), [(255.9, True), (256.1, False)])
def test_a_square_beyond_fp16_is_infinite(away: float, held: bool):
    """256^2 = 65536; the row comes out as zeros, which is no NaN."""
    x = rows()
    x[1, 1] = [away, -away, 0, 0]
    one = seen(x)
    assert one.held is held
    assert one.at == (1, 1)
    assert (spelt_out_in_fp16(x[1, 1], 1e-12)[0] == 0) is not held
    if not held:
        assert one.overflowing == 1
        assert "reaches 65587.2 (sample 1, position 1), and fp16 ends at 65504" in str(one)


def test_a_row_that_is_lost_in_the_padding_is_masked():
    x = rows()
    x[1, 2] = [400, -400, 0, 0]
    assert seen(x).held


@pytest.mark.parametrize("at", [(0, 1), (1, 2)])
def test_equal_values_are_divided_by_an_epsilon_that_fp16_has_lost(at: tuple[int, int]):
    """In the padding too: what is not a number comes through a mask."""
    x = rows()
    x[at] = 0.5
    one = seen(x)
    assert (one.dividing_by_zero, one.least_at) == (1, at)
    assert not np.isfinite(spelt_out_in_fp16(x[at], 1e-12)).any()
    assert "fp16 makes 0 of both that and its epsilon of 1e-12, and divides by it" in str(one)


def test_an_epsilon_that_fp16_has_holds_them_up():
    x = rows()
    x[0, 1] = 0.5
    one = seen(x, epsilon=1e-5)
    assert one.held
    assert not one.epsilon_lost
    assert np.isfinite(spelt_out_in_fp16(x[0, 1], 1e-5)).all()


def test_a_small_variance_that_rounds_to_0_is_divided_by():
    """1e-4 apart: a square of 1e-8, where fp16 ends at 6e-8 and rounds from 3e-8 on."""
    x = rows()
    x[0, 0] = np.array([1, -1, 1, -1]) * 1e-4
    assert seen(x).dividing_by_zero == 1
    x[0, 0] *= 10
    assert seen(x).held


def test_nothing_stays_in_the_network():
    network = Network()
    with observed(network, MASK):
        pass
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_only_those_that_are_lost_are_listed():
    good, bad = seen(rows()), seen(rows() * 400)
    assert lost([good, bad, good]) == [bad]

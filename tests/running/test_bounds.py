"""How far an artifact may be from its checkpoint: the precision's bounds, or a model's own where smaller."""

from __future__ import annotations

import dataclasses

import pytest
from making import make_case

from harness.domain.catalog import Catalog
from harness.domain.precisions import Precision
from harness.running.bounds import parity_bounds

MINI_LAYERS = {"tinybert": 2, "bert-chinese-ner": 3, "bert-large-ner": 3, "bert-squad": 3, "spanbert": 4}
CHIPS = {
    "tinybert": "ascend310p", "bert-chinese-ner": "vacc", "bert-large-ner": "ascend310p",
    "bert-squad": "mlu370", "spanbert": "ascend310p",
}  # fmt: skip

# (largest, rms) in spreads, measured as docs/conformance.md says: of the sound mini at the worst of batch
# sizes 1, 8 and 32, and of the mini whose first dense layer has lost its bias, at batch size 8.
MEASURED = {
    "tinybert": ((0.00092, 0.00045), (0.287, 0.122)),
    "bert-chinese-ner": ((0.00338, 0.00051), (0.0309, 0.00744)),
    "bert-large-ner": ((0.00320, 0.00041), (0.0566, 0.00826)),
    "bert-squad": ((0.01938, 0.00197), (0.188, 0.0206)),
    "spanbert": ((0.03255, 0.00169), (0.134, 0.00919)),
}


@pytest.mark.parametrize("model", MEASURED)
def test_fp16_explains_what_is_sound_with_room_and_no_lost_bias(catalog: Catalog, model: str):
    """Nearly twice the sound mini passes, for other processors; the mini without a bias does not."""
    case = make_case(catalog, model, CHIPS[model], precision=Precision.FP16)
    bounds = parity_bounds(catalog.precisions[Precision.FP16], case, MINI_LAYERS[model])
    sound, faulty = MEASURED[model]
    for bound, passes, fails in zip((bounds.largest, bounds.rms), sound, faulty, strict=True):
        assert 1.8 * passes < bound
        assert fails > 1.5 * bound


@pytest.mark.parametrize("precision", Precision)
@pytest.mark.parametrize("model", MEASURED)
def test_no_models_own_bound_is_above_its_precisions(catalog: Catalog, model: str, precision: Precision):
    """Of the mini and of the documented network: a bound of one's own is one that sees more."""
    case = make_case(catalog, model, CHIPS[model], precision=precision)
    plain = dataclasses.replace(case, model=dataclasses.replace(case.model, parity=()))
    spec = catalog.precisions[precision]
    for layers in (1, MINI_LAYERS[model], case.model.architecture.layers, 48):
        own, general = (parity_bounds(spec, one, layers) for one in (case, plain))
        assert own.largest <= general.largest
        assert own.rms <= general.rms


def test_a_checkpoint_of_other_layers_has_its_share(catalog: Catalog):
    """bert-chinese-ner's fp16 was measured on three layers: six have twice as much, and are told so."""
    case = make_case(catalog, "bert-chinese-ner", "vacc", precision=Precision.FP16)
    spec = catalog.precisions[Precision.FP16]
    three, six, all_of_them = (parity_bounds(spec, case, layers) for layers in (3, 6, 12))
    assert (six.largest, six.rms) == pytest.approx((2 * three.largest, 2 * three.rms))
    assert (all_of_them.largest, all_of_them.rms) == pytest.approx((4 * three.largest, 4 * three.rms))
    assert "of 3 layers the share of 6, 2" in six.reason
    assert "share" not in three.reason


def test_a_models_own_bounds_are_of_its_documented_gelu(catalog: Catalog):
    """Ascend's build of TinyBERT computes the tanh form; what that adds has been measured with the rest."""
    tanh, erf = (
        make_case(catalog, "tinybert", chip, precision=Precision.FP16) for chip in ("ascend310p", "t4")
    )
    spec = catalog.precisions[Precision.FP16]
    assert tanh.gelu is not erf.gelu
    assert parity_bounds(spec, tanh, 2) == parity_bounds(spec, erf, 2)
    without = [
        dataclasses.replace(one, model=dataclasses.replace(one.model, parity=())) for one in (tanh, erf)
    ]
    more = [parity_bounds(spec, one, 2).largest for one in without]
    assert more[0] - more[1] == pytest.approx(spec.tanh_gelu.most)

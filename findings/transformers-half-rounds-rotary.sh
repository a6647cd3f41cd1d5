#!/usr/bin/env bash
# transformers 5.23.0 (ModernBERT), torch 2.13.0
#
# Expected: model.half().float() is the model with its weights rounded to fp16, and equals one into which these weights
#   are loaded. The rotary frequencies are no weights, are not in the checkpoint, and ModernBERT computes its angles in
#   fp32 whatever the model's type; from_pretrained(dtype=torch.float16) keeps them in fp32.
# Seen: .half() rounds them too, and .float() does not bring them back: they are left out of the state dict alone. Both
#   models have the same state dict and answer differently, the more so the longer the text. For a tiny model of random
#   weights (standard deviation 0.3, so that attention is sharp), whose outputs are normalised to a variance of 1:
#
#       tokens   greatest error of a cosine or sine   greatest difference of outputs   by rounding the weights alone
#           24                               0.003                            0.007                            0.04
#          512                                0.08                             0.22                            0.04
#         2048                                0.32                             0.99                            0.04
#         8192                                1.21                             3.55                            0.09
#
#   With the default deviation, 0.02, where attention is nearly even, the outputs differ by a millionth.
#
# Why it matters: it is how one makes a reference for an fp16 chip on a CPU. Checked on a sentence the two agree; at
#   the length the model is chosen for, the reference is another model.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q transformers==5.23.0 torch==2.13.0 numpy==2.4.6
HF_HUB_OFFLINE=1 ./venv/bin/python - <<'PY'
import copy

import torch
from transformers import ModernBertConfig, ModernBertModel, logging

logging.disable_progress_bar()
LENGTHS = (24, 512, 2048, 8192)


def models(deviation):
    """A model, what .half().float() makes of it, and one that was loaded with its weights rounded to fp16."""
    torch.manual_seed(0)
    model = ModernBertModel(ModernBertConfig(
        vocab_size=100, hidden_size=64, intermediate_size=96, num_hidden_layers=4, num_attention_heads=2,
        max_position_embeddings=8192, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2,
        attn_implementation="sdpa", initializer_range=deviation, initializer_cutoff_factor=3.0)).eval()
    there_and_back = copy.deepcopy(model).half().float()
    copy.deepcopy(model).half().save_pretrained("rounded")
    as_half = ModernBertModel.from_pretrained("rounded", dtype=torch.float16)
    assert {item.dtype for item in as_half.buffers()} == {torch.float32}, "from_pretrained rounds the frequencies too"
    loaded = ModernBertModel.from_pretrained("rounded", dtype=torch.float32).eval()
    kept, other = there_and_back.state_dict(), loaded.state_dict()
    assert kept.keys() == other.keys() and all(torch.equal(kept[name], other[name]) for name in kept)
    return model, there_and_back, loaded


def table_error(one, other, length):
    at, x = torch.arange(length)[None], torch.zeros(1)
    return max((a - b).abs().max().item() for kind in ("full_attention", "sliding_attention")
               for a, b in zip(one.rotary_emb(x, at, kind), other.rotary_emb(x, at, kind)))


seen = {}
with torch.no_grad():
    for deviation in (0.3, 0.02):
        model, there_and_back, loaded = models(deviation)
        tokens = torch.randint(3, 100, (1, max(LENGTHS)))
        print(f"deviation {deviation}\ntokens  cosines and sines  outputs   by rounding the weights")
        for length in LENGTHS:
            plain, back, rounded = (m(input_ids=tokens[:, :length]).last_hidden_state
                                    for m in (model, there_and_back, loaded))
            found = (table_error(there_and_back, loaded, length),
                     (back - rounded).abs().max().item(), (rounded - plain).abs().max().item())
            seen[deviation, length] = found
            print(f"{length:>6}  {found[0]:>17.4f}  {found[1]:>8.2g}  {found[2]:>8.2g}")

tables, outputs, weights = zip(*(seen[0.3, length] for length in LENGTHS))
assert list(tables) == sorted(tables) and tables[0] < 0.01 and tables[3] > 1, "the angles are no longer off by position"
assert outputs[0] < weights[0], "at 24 tokens it is no longer the smaller error"
assert outputs[1] > 3 * weights[1] and outputs[3] > 20 * weights[3], "it no longer grows with the length"
assert all(seen[0.02, length][1] < 1e-5 for length in LENGTHS), "an even attention now shows it"
PY

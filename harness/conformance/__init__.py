"""Whether an artifact is the same model as its checkpoint: contract, parity, and what must not matter.

How well the artifact scores is no part of it: that is `kinds.accuracy`.

`contract`, `parity` and `metamorphic` are pure; `checks` lists what is claimed of a case; `subject` is a case
whose artifact is open, which `opening` keeps for all of its checks; `fp32` is what it is held against, which
the home keeps; `measuring` carries a check out on one.
"""

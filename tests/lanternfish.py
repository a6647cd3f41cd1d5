"""A model that documents claim things of: its name alone, and what makes it run."""

from __future__ import annotations

# The device, the document, the name, and the head of a table of speeds, whose columns and rows follow.
CLAIMED = """
[[device]]
name = "tiger900"
title = "Tiger 900"

[[document]]
name = "lantern-zoo"
title = "Lanternfish"
file = "lantern.md"
repository = "A/Zoo"

[[model]]
name = "lanternfish"
title = "Lanternfish"
document = "lantern-zoo"

[[table]]
document = "lantern-zoo"
model = "lanternfish"
name = "speed"
role = "measured"
metric = "throughput"
unit = "samples/s"
"""
RUNS = """
[[model]]
name = "lanternfish"
title = "Lanternfish, small"
task = "sequences"
dataset = "sst2"
metric = "accuracy"
length = 24
checkpoint = { published = "nowhere" }
architecture = { layers = 2, hidden = 32, heads = 2, intermediate = 64, vocabulary = 100, positions = 64, \
head = "classification", labels = 2 }
"""

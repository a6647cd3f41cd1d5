"""Checkpoints: where the documented, embedded and random weights of a model come from, and how they load."""

from harness.models.checkpoints.fetching import Fetched, FetchedData, fetch, fetch_dataset
from harness.models.checkpoints.folders import Checkpoint
from harness.models.checkpoints.loading import Loaded, load, load_network
from harness.models.checkpoints.resolve import (
    chosen,
    how_to_get,
    in_order,
    lacking,
    lacks,
    left_aside,
    locate,
    random_sha256,
    told_beside,
    vocabulary,
)

__all__ = [
    "Checkpoint",
    "Fetched",
    "FetchedData",
    "Loaded",
    "chosen",
    "fetch",
    "fetch_dataset",
    "how_to_get",
    "in_order",
    "lacking",
    "lacks",
    "left_aside",
    "load",
    "load_network",
    "locate",
    "random_sha256",
    "told_beside",
    "vocabulary",
]

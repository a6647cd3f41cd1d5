"""A checkpoint that is named by its id on the Hugging Face hub: fetched into the models folder, verified."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.domain.metrics import Metric
from harness.domain.models import Architecture, CheckpointSource, Head, Model
from harness.drafting import names
from harness.errors import DownloadError
from harness.models import checkpoints
from harness.models.checkpoints.hub import Progress
from harness.setting.home import Home

_ID = re.compile(r"(?P<repository>\w[\w.-]*/\w[\w.-]*)(@(?P<revision>\w[\w./-]*))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubId:
    """A repository, and the revision where one is named."""

    repository: str  # owner/name
    revision: str | None

    @classmethod
    def read(cls, text: str) -> HubId | None:
        """``owner/name`` or ``owner/name@revision``; None for any other text."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(**found.groupdict())


def fetch(wanted: HubId, home: Home, progress: Progress | None = None) -> Path:
    """The folder of a checkpoint of the hub, fetched where it is not here yet.

    Raises `DownloadError` as `checkpoints.fetch` does; the message says that it was no folder here either.
    """
    try:
        return checkpoints.fetch(_unknown(wanted, home), home, progress=progress).folder
    except DownloadError as problem:
        problem.add(f"and {wanted.repository} is no folder here")
        raise


def _unknown(wanted: HubId, home: Home) -> Model:
    """A model of which nothing is known but where it is: what is fetched says the rest."""
    name = names.slug(wanted.repository)
    return Model(
        name=name, title=wanted.repository, task="", dataset="", metric=Metric.ACCURACY, length=1,
        protocols=(), deployments=(),
        architecture=Architecture(
            layers=1, hidden=1, heads=1, intermediate=1, vocabulary=1, positions=1, labels=1,
            head=Head.CLASSIFICATION,
        ),
        checkpoint=CheckpointSource(
            folder=str(home.models / name), hub=wanted.repository, revision=wanted.revision
        ),
    )  # fmt: skip

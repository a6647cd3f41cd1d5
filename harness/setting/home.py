"""Where things lie on disk: the zoocheck home, and the folders of checkpoints and data."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness.domain.datasets import DatasetSpec
from harness.domain.models import Model
from harness.errors import PLACE, CannotWrite, UsageError, keeps_from_writing

CODE = Path(__file__).resolve().parents[2]  # the folder that zoocheck's packages lie in
MINIS = CODE / "fixtures" / "minis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folders of one machine. `locate` reads them from the environment."""

    root: Path
    models: Path  # <model>/ holds what the hub repository holds
    data: Path  # <dataset>/ holds the documented file
    minis: Path = MINIS  # the embedded checkpoints and corpora

    @classmethod
    def locate(cls) -> Home:
        """``ZOOCHECK_HOME`` (default: the user's cache folder), ``ZOOCHECK_MODELS``, ``ZOOCHECK_DATA``."""
        root = _folder("ZOOCHECK_HOME", platformdirs.user_cache_path("zoocheck"))
        return cls(
            root=root,
            models=_folder("ZOOCHECK_MODELS", root / "models"),
            data=_folder("ZOOCHECK_DATA", root / "data"),
        )

    def checkpoint(self, model: Model) -> Path:
        """Where the full checkpoint of `model` belongs: what its table says, else ``models/<model>``."""
        return Path(model.checkpoint.folder) if model.checkpoint.folder else self.models / model.name

    def data_file(self, spec: DatasetSpec) -> Path:
        """Where a data set's file belongs: what its table says, else ``data/<data set>/<file>``."""
        return Path(spec.path) if spec.path else self.data / spec.name / spec.file

    def require_writable(self) -> None:
        """Make the home where there is none.

        Raises `CannotWrite` where the machine keeps it from being written, `UsageError` where it can be none.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as problem:
            kind = CannotWrite if keeps_from_writing(problem) else UsageError
            raise kind(
                f"{self.root}: cannot be the zoocheck home: {problem.strerror}",
                remedy=PLACE,
            ) from problem

    @property
    def artifacts(self) -> Path:
        """The content-addressed cache of built artifacts."""
        return self.root / "artifacts"

    @property
    def work(self) -> Path:
        """The logs of vendors' tools, a folder a run, and what their cases are working on."""
        return self.root / "work"

    @property
    def runs(self) -> Path:
        """What each run skipped, a file a run (`harness.store.notrun`)."""
        return self.root / "runs"

    @property
    def examples(self) -> Path:
        """What a night's drawn examples failed on, for the next one to begin with (hypothesis' database)."""
        return self.root / "examples"

    @property
    def results(self) -> str:
        """The default results store, as a database URL."""
        return f"sqlite:///{self.root / 'results.sqlite'}"


def _folder(variable: str, default: Path) -> Path:
    """The folder an environment variable names (``~`` is the user's home), else `default`; absolute."""
    return Path(os.environ.get(variable) or default).expanduser().absolute()

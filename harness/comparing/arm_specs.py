"""The two arms of a comparison: artifacts of the cache, files, other cases, or library versions."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from harness.artifacts.cache import Artifact, ArtifactCache
from harness.domain.cases import Case
from harness.errors import MachineError, UsageError
from harness.hashing import sha256
from harness.running import building
from harness.running.materials import Materials
from harness.setting.home import Home
from harness.tables import cases
from harness.toolchains.place import Place
from harness.toolchains.targets import Target
from harness.tools import process
from harness.tools.process import Command, Stage, ToolFailed

CURRENT = "current"
_KEY = re.compile(r"[0-9a-f]{8,64}")
_VERSIONS = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+(,[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+)*")
_FORMS = (
    f"{CURRENT!r} (the case's own artifact), the key of an artifact (`zoocheck cache list`), a file such as "
    "other.onnx, another documented case, or library versions such as onnxruntime==1.22.0"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One arm: the artifact it runs, and the packages it runs it with instead of the installed ones."""

    text: str  # as it was given
    case: str  # whose settings open the artifact
    artifact: Artifact
    packages: Path | None = None
    versions: Mapping[str, str] | None = None  # that it has to report

    def setup(self) -> dict[str, Any]:
        """The artifact as the worker's setup has it."""
        made = self.artifact
        return {
            "key": made.key,
            "folder": str(made.folder),
            "files": dict(made.files),
            "recipe": dict(made.recipe),
            "facts": dict(made.facts),
            "created": made.created,
            "bytes": made.bytes,
        }


class Specs:
    """Reads the arms of one case's comparison."""

    def __init__(self, materials: Materials, case: Case, target: Target, place: Place) -> None:
        self.materials = materials
        self.case = case
        self.target = target
        self.place = place
        self.cache = ArtifactCache(materials.home.artifacts)

    def read(self, text: str) -> Spec:
        """The arm that `text` names. Raises `UsageError` with all forms of an arm for any other text.

        Building an artifact and installing packages raise as they do anywhere.
        """
        if text == CURRENT:
            return Spec(text=text, case=self.case.id, artifact=self._built(self.case))
        if _VERSIONS.fullmatch(text):
            versions = dict(part.split("==", 1) for part in text.split(","))
            packages = installed(self.materials.home, text, self.place)
            own = self._built(self.case)
            return Spec(text=text, case=self.case.id, artifact=own, packages=packages, versions=versions)
        if Path(text).is_file():
            return Spec(text=text, case=self.case.id, artifact=self._file(Path(text)))
        if _KEY.fullmatch(text):
            return Spec(text=text, case=self.case.id, artifact=self._cached(text))
        if text in {case.id for case in cases.enumerate_cases(self.materials.catalog)}:
            return Spec(text=text, case=text, artifact=self._other(text))
        if "/" in text or Path(text).suffix == ".onnx":
            raise UsageError(f"{text}: no such file", remedy=f"an arm is {_FORMS}")
        raise UsageError(f"found {text!r}, expected an arm: {_FORMS}")

    def _built(self, case: Case) -> Artifact:
        return building.artifact(self.cache, self.materials, case, self.target, self.place)

    def _other(self, name: str) -> Artifact:
        """Another case's artifact, where it takes the same batch and runs on the same thing."""
        other = cases.named(self.materials.catalog, name)
        if (other.model, other.batch_size) != (self.case.model, self.case.batch_size):
            raise UsageError(
                f"{name} takes other inputs than {self.case.id}: expected the same model and batch size"
            )
        if self.materials.target(other).backend_name != self.target.backend_name:
            raise UsageError(f"{name} runs by another backend than {self.case.id}: compare two runs instead")
        return self._built(other)

    def _cached(self, key: str) -> Artifact:
        found = [item for item in self.cache.list() if item.key.startswith(key)]
        if len(found) != 1:
            raise UsageError(
                f"{len(found) or 'no'} artifacts have a key that begins with {key}, expected one",
                remedy="`zoocheck cache list` names those that are there",
            )
        return found[0]

    def _file(self, path: Path) -> Artifact:
        """A file in the place of the case's own single file, in a folder of its own."""
        own = self._built(self.case)
        if len(own.files) != 1:
            raise UsageError(f"{path}: an artifact of {self.case.id} is {len(own.files)} files, expected one")
        (name,) = own.files
        digest = sha256(path)
        folder = self.place.folder / "files" / digest[:16]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / name)
        return Artifact(
            key=digest, folder=folder, files={name: digest}, recipe={}, facts={}, created=own.created,
            bytes=path.stat().st_size,
        )  # fmt: skip


def installed(home: Home, versions: str, place: Place) -> Path:
    """A folder with the packages of ``name==version,...``, installed by pip once and kept in the home.

    Without what they depend on: all but these stays as it is installed. Raises `MachineError` where pip
    cannot get them.
    """
    name = hashlib.sha256(f"{sys.version_info[:2]} {versions}".encode()).hexdigest()[:16]
    folder = home.root / "environments" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / ".lock"):
        if folder.is_dir():
            return folder
        draft = folder.with_name(f".{name}.installing")
        shutil.rmtree(draft, ignore_errors=True)
        argv = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--target", str(draft), *versions.split(","),
        ]  # fmt: skip
        log = place.folder / f"pip-{name}.log"
        try:
            process.run(Command(argv=tuple(argv), cwd=home.root, stage=Stage.BUILD), log)
        except ToolFailed as failure:
            shutil.rmtree(draft, ignore_errors=True)
            raise MachineError(f"pip cannot install {versions}: {failure}", remedy=f"see {log}") from failure
        draft.rename(folder)
    return folder

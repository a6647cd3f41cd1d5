"""What passes between zoocheck and a worker process as files: read on both sides, or told in a sentence."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from making import make_case, make_place
from mutating import NO_OBJECTS

from harness.domain.catalog import Catalog
from harness.errors import MachineError
from harness.toolchains import asking, worker_session
from harness.toolchains.worker_session import WORKERS, WorkerSession

# Ends well, and leaves for each output what its model's file holds.
WORKER = """
import json, pathlib, sys
job = json.loads(pathlib.Path(sys.argv[1]).read_text())
for path in job["outputs"]:
    pathlib.Path(path).write_bytes(pathlib.Path(job["model"]).read_bytes())
told = pathlib.Path(job["model"]).with_name("told")
pathlib.Path(job["result"]).write_bytes(told.read_bytes() if told.exists() else b"{}")
"""


def saved(array: np.ndarray, *, archive: bool = False) -> bytes:
    stream = io.BytesIO()
    (np.savez if archive else np.save)(stream, array)
    return stream.getvalue()


LOGITS = np.zeros((2, 2), np.float32)


class Left:
    """A session whose worker leaves certain bytes."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.model = folder / "model"
        place = make_place(folder / "place", toolchain="worker-test")
        self.case = make_case(catalog, "tinybert", "cpu", batch_size=2)
        self.session = WorkerSession(self.case, place, "leaving", self.model)

    def run(self, content: bytes) -> list[np.ndarray]:
        self.model.write_bytes(content)
        return self.session.run_all([np.zeros((2, self.case.model.length), np.int64)] * 3)


@pytest.fixture
def left(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Left:
    (tmp_path / "leaving.py").write_text(WORKER)
    monkeypatch.setattr(worker_session, "WORKERS", tmp_path)
    monkeypatch.setenv("ZOOCHECK_WORKER_TEST_PYTHON", sys.executable)
    return Left(catalog, tmp_path)


def test_an_array_of_numbers_is_an_output(left: Left):
    [logits] = left.run(saved(LOGITS))
    assert np.array_equal(logits, LOGITS)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(saved(LOGITS, archive=True), "an npz archive instead of one npy array", id="archive"),
        pytest.param(saved(LOGITS)[:-3], "truncated, or no npy file", id="cut"),
        pytest.param(b"PK\x03\x04 and no more", "an npz archive instead of one npy array", id="cut archive"),
        pytest.param(saved(LOGITS.astype(np.int64)), "int64 instead of float32", id="whole numbers"),
    ],
)
def test_any_other_output_is_the_machines_fault(left: Left, content: bytes, kind: str):
    """The worker ended with status 0 all the same; no reader's own exception gets through."""
    with pytest.raises(MachineError) as caught:
        left.run(content)
    said = str(caught.value)
    assert said.startswith(
        "tinybert-cpu-bs2: leaving.py ended with status 0, but its outputs cannot be read: "
    )
    assert said.endswith(f"output-0.npy: {kind}")


@pytest.mark.parametrize("content", NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_a_result_that_cannot_be_read_is_the_machines_fault(left: Left, content: bytes):
    left.model.with_name("told").write_bytes(content)
    with pytest.raises(MachineError, match=r"ended with status 0, but its result cannot be read: .*found "):
        left.run(saved(LOGITS))


TEXTS = {name: content.decode() for name, content in NO_OBJECTS.items() if b"\xff" not in content}


@pytest.mark.parametrize("line", TEXTS.values(), ids=TEXTS)
def test_a_line_that_cannot_be_read_is_no_answer_of_an_sdk(line: str):
    """The last one before it is, where there is one."""
    assert asking.told(f'{{"version": "1"}}\n{line}\n', "it") == {"version": "1"}
    with pytest.raises(MachineError, match="it printed no JSON object"):
        asking.told(line, "it")


@pytest.mark.parametrize("content", [b"", saved(LOGITS, archive=True), saved(LOGITS)[:60]])
def test_a_worker_tells_what_is_wrong_with_its_input(tmp_path: Path, content: bytes):
    """In its own interpreter, with numpy alone: one line with the file's name, and no traceback."""
    path = tmp_path / "ids.npy"
    path.write_bytes(content)
    code = f"import loop; loop.read({str(path)!r})"
    ran = subprocess.run([sys.executable, "-c", code], cwd=WORKERS, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"{path}: cannot be read as an npy file: ")
    assert len(ran.stderr.splitlines()) == 1

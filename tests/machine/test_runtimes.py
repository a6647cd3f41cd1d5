"""What doctor says of other runtimes: distributions as a package index has them, in a folder of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.machine import runtimes
from harness.machine.runtimes import KNOWN, Known

CPU = "CPUExecutionProvider"


def install(
    folder: Path, distribution: str, package: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A distribution with its metadata, which this process and its children find first."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(code, encoding="utf-8")
    info = folder / f"{distribution.replace('-', '_')}-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9.9\n")
    (info / "RECORD").write_text(f"{package}/__init__.py,,\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(str(folder))


def of(distribution: str) -> Known:
    return next(known for known in KNOWN if known.distribution == distribution)


def test_what_is_not_installed_is_not_loaded():
    found = runtimes.runtimes([Known(distribution="no-such-runtime", package="sys")])
    assert [(item.version, item.loads, item.problem) for item in found] == [(None, False, None)]


def test_a_session_that_is_on_the_cpu_is_no_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """onnxruntime-gpu without CUDA, as it behaves: the provider is there, and the session falls back."""
    code = (
        "import sys\n"
        "def get_available_providers(): return ['CUDAExecutionProvider', 'CPUExecutionProvider']\n"
        "class InferenceSession:\n"
        "    def __init__(self, graph, providers):\n"
        "        assert providers == ['CUDAExecutionProvider'] and len(graph) > 20\n"
        "        print('EP Error, falling back to the CPU')\n"
        "        said = 'Failed to load library /x/cuda.so with error: libcublas.so.12: missing'\n"
        "        print(said, file=sys.stderr)\n"
        "    def get_providers(self): return ['CPUExecutionProvider']\n"
    )
    install(tmp_path, "onnxruntime-gpu", "onnxruntime", code, monkeypatch)
    (found,) = runtimes.runtimes([of("onnxruntime-gpu")])
    assert (found.version, found.loads) == ("9.9", False)
    said = f"a session asked for CUDAExecutionProvider is on {CPU}: libcublas.so.12: missing"
    assert found.problem == f"{said}; onnxruntime holds the same package"


def test_a_session_on_its_provider_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    code = (
        "def get_available_providers(): return ['OpenVINOExecutionProvider']\n"
        "class InferenceSession:\n"
        "    def __init__(self, graph, providers): pass\n"
        "    def get_providers(self): return ['OpenVINOExecutionProvider', 'CPUExecutionProvider']\n"
    )
    install(tmp_path, "onnxruntime-openvino", "onnxruntime", code, monkeypatch)
    (found,) = runtimes.runtimes([of("onnxruntime-openvino")])
    assert (found.loads, found.problem) == (True, None)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "raise ImportError('libascendcl.so: cannot open shared object file')",
            "ImportError: libascendcl.so",
        ),
        ("import os; os._exit(7)", "loading it ended with status 7: it printed nothing"),
        ("import os; os.kill(os.getpid(), 11)", "loading it ended with status -11"),
        ("import sys; sys.exit('no driver')", "SystemExit: no driver"),
        ("", "it finds no NPU"),
    ],
)
def test_a_package_that_does_not_load_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
):
    """It is loaded in a process of its own: one that crashes takes only that with it."""
    install(tmp_path, "torch-npu", "torch_npu", code, monkeypatch)
    (found,) = runtimes.runtimes([of("torch-npu")])
    assert (found.version, found.loads) == ("9.9", False)
    assert found.problem is not None
    assert found.problem.startswith(said)
    assert "torch_npu" not in sys.modules


def test_a_package_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runtimes, "LIMIT_S", 0.5)
    install(tmp_path, "torch-npu", "torch_npu", "import time; time.sleep(60)", monkeypatch)
    (found,) = runtimes.runtimes([of("torch-npu")])
    assert found.problem == "it did not load within 0.5 s"


@pytest.mark.parametrize(("numpy", "refused"), [("2.4.6", True), ("1.26.4", False)])
def test_cann_needs_a_numpy_below_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numpy: str, refused: bool
):
    """Tried with onnxruntime-cann 1.24.4: with 2.4.6 "import numpy failed", with 1.26.4 it is imported."""
    install(tmp_path, "onnxruntime-cann", "onnxruntime", "raise ImportError('x')", monkeypatch)
    real = runtimes.library_versions
    monkeypatch.setattr(runtimes, "library_versions", lambda names: {**real(names), "numpy": numpy})
    (found,) = runtimes.runtimes([of("onnxruntime-cann")])
    assert found.problem is not None
    said = f"numpy {numpy} is installed, and it needs numpy below 2" if refused else "ImportError: x"
    assert found.problem.startswith(said)
    assert "numpy below 2" in found.known.needs

"""The real onnxruntime, with its CPU for TensorRT: the provider's options are checked."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]
sys.path[:] = [item for item in sys.path if Path(item or ".").resolve() != _HERE]
del sys.modules["onnxruntime"]
_real = importlib.import_module("onnxruntime")
_Session = _real.InferenceSession
TENSORRT = "TensorrtExecutionProvider"


class InferenceSession(_Session):
    """Made for TensorRT alone, as its documentation names the options; fp16 stays fp32 here."""

    def __init__(self, path, sess_options, providers):
        [(name, options)] = providers
        assert name == TENSORRT
        assert set(options) == {"device_id", "trt_fp16_enable", "trt_max_workspace_size"}, options
        assert sess_options.get_session_config_entry("session.disable_cpu_ep_fallback") == "1"
        super().__init__(path, providers=["CPUExecutionProvider"])

    def get_providers(self) -> list[str]:
        return [TENSORRT, "CPUExecutionProvider"]


_real.InferenceSession = InferenceSession
_real.get_available_providers = lambda: [TENSORRT, "CUDAExecutionProvider", "CPUExecutionProvider"]
_real.__version__ += "+zoocheck-simulated"

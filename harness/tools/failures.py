"""What known failures of vendor tools mean, in a sentence. Texts in, sentences out: no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Where the meanings are from. `recorded` says: in no published table that we found; the sentence repeats
# what recorded logs print beside the code, and claims no more.
_GE = "GE's error table (openly published CANN graph engine, ge_error_code)"
_OPERATORS = "CANN's table of operator errors (Public Operator Errors)"
_DRIVER = "CANN troubleshooting, Driver Errors (hiascend.com, maintenref)"
_INNER = "CANN troubleshooting, E*9*** Inner Error (hiascend.com, maintenref)"
_ACL = "aclError (hiascend.com, appdevgapi) and rt_error_codes.h"
_CUDA = "the CUDA runtime's documentation of cudaError"
_TENSORRT = "onnx/onnx-tensorrt issue 800, a maintainer's answer"
_RECORDED = "recorded logs only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A text that a tool prints when it fails: what it means, and who says so."""

    pattern: re.Pattern[str]
    sentence: str
    source: str


def _failure(pattern: str, sentence: str, source: str) -> Failure:
    return Failure(pattern=re.compile(pattern), sentence=sentence, source=source)


def _code(code: str) -> str:
    """A code of CANN or a number of aclError, and not a part of a longer number."""
    return rf"(?<![0-9A-Za-z]){code}(?![0-9A-Za-z])"


def _acl(name: str, number: str) -> str:
    """An aclError by name, or by number where the word before it says that it is one: `ret = 207001`."""
    return rf"{name}|(?i:(?:ret|err|code|result)\w*(?: is)?\W{{1,4}}){_code(number)}"


_MEMORY = "the device has too little free memory; end other processes on it, or take a smaller batch"
_BUSY = "the device is busy: another process holds it, or it is being reset; find that process, and try again"

# In order: the first that matches is told, so that causes come before what merely went wrong after them, and
# the codes for "inner error", which say little, come last.
KNOWN: tuple[Failure, ...] = (
    # Memory and the device
    _failure(_code("EL0004"), _MEMORY, _DRIVER),
    _failure(_acl("ACL_ERROR_RT_MEMORY_ALLOCATION", "207001"), _MEMORY, _ACL),
    _failure(r"(?i)NPU out of memory", _MEMORY, _RECORDED),
    _failure(
        r"(?i)CUDA out of memory|cudaErrorMemoryAllocation|CUDA_ERROR_OUT_OF_MEMORY|"
        r"\bcuda\w*\b.{0,80}: ?out of memory|OutOfMemory.{0,40}(cuda|gpu)|\(out of memory\)",
        _MEMORY,
        _CUDA,
    ),
    _failure(
        r"std::bad_alloc|Cannot allocate memory",
        "the machine, not the device, has too little free memory; end other processes",
        "malloc(3) and the C++ standard: the message for ENOMEM, the exception of operator new",
    ),
    _failure(_code("EL0005") + r"|The resources are busy", _BUSY, _DRIVER),
    _failure(
        r"cudaErrorDevicesUnavailable|(?i:CUDA-capable device\(?s?\)?.{0,10} busy or unavailable)",
        "the GPU is busy or unavailable: another process has it for itself, or its memory is full",
        _CUDA,
    ),
    _failure(
        r"(?i)device or resource busy",
        "a device or file is in use by another process (EBUSY); find that process, and try again",
        "errno(3)",
    ),
    _failure(
        _acl("ACL_ERROR_RT_CONTEXT_NULL", "107002"),
        "the tool called the device without a context; the lines before say why it was not opened",
        _ACL,
    ),
    # The model and the arguments
    _failure(
        _code("E10001"),
        "an argument of the tool has a value that it refuses; the line gives the argument and the reason",
        _GE,
    ),
    _failure(
        _code("E19010"),
        "the tool's parser does not know an operator of the graph at the graph's opset",
        _RECORDED,
    ),
    _failure(_code("EZ9010"), "the tool's parser does not know an operator of the graph", _OPERATORS),
    _failure(
        _code("EZ0501"),
        "the toolkit has no definition (IR) for an operator of the graph",
        _OPERATORS,
    ),
    _failure(
        _code("EZ3002") + "|" + _code("EZ3003"),
        "the chip has no kernel for an operator of the graph, or the operator package (OPP) is incomplete",
        _OPERATORS,
    ),
    _failure(
        r"Plugin not found, are the plugin name|getPluginCreator could not find plugin",
        "TensorRT knows an operator of the graph neither itself nor as a plugin",
        _TENSORRT,
    ),
    _failure(
        r"opp version of the model does not match",
        "the model was built with another version of the operator package (OPP); build it again here",
        _RECORDED,
    ),
    _failure(
        r"DDR address of the MTE instruction is out of range",
        "an operator read outside its memory on the device; an index outside an embedding table is one cause",
        _RECORDED,
    ),
    _failure(
        _acl("ACL_ERROR_RT_MODEL_EXECUTE", "507011"),
        "the model failed while it ran on the device",
        _ACL,
    ),
    _failure(
        _code("E[1-9A-Z]9999"),
        "an inner error of the toolkit without a code of its own; the lines below give the cause",
        _INNER,
    ),
)


def known(text: str) -> Failure | None:
    """The first of `KNOWN` that `text` holds, None where it holds none."""
    return next((failure for failure in KNOWN if failure.pattern.search(text)), None)


def meaning(text: str) -> str | None:
    """What a tool's output says of its failure, as a sentence; None for what is not known."""
    found = known(text)
    return None if found is None else found.sentence

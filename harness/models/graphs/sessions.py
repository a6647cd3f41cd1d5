"""An onnxruntime session on the execution providers that were asked for, or an error: never on others.

onnxruntime itself goes on with its CPU where a provider cannot be loaded, or does not exist, and says so in a
note on the screen. What such a session computes, and how fast, is the CPU's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import MachineError

if TYPE_CHECKING:
    import onnxruntime

CPU = "CPUExecutionProvider"
# onnxruntime's own name of the setting that keeps a provider from handing operators to the CPU.
WHOLE = "session.disable_cpu_ep_fallback"
Provider = str | tuple[str, Mapping[str, Any]]


def opened(
    graph: Path | bytes,
    providers: Sequence[Provider] = (CPU,),
    options: onnxruntime.SessionOptions | None = None,
) -> onnxruntime.InferenceSession:
    """A session of `graph`, a file or its bytes, on `providers`, in their order.

    Without the CPU among them no operator goes to it. Raises `MachineError` where onnxruntime has no such
    provider, and where the session is on others; else what onnxruntime raises.
    """
    import onnxruntime

    asked = [item if isinstance(item, str) else item[0] for item in providers]
    version, here = onnxruntime.__version__, onnxruntime.get_available_providers()
    if absent := [name for name in asked if name not in here]:
        raise MachineError(
            f"onnxruntime {version} has no {', '.join(absent)}; it has {', '.join(here)}",
            remedy="see `zoocheck doctor` for the runtimes that are installed",
        )
    chosen = onnxruntime.SessionOptions() if options is None else options
    if CPU not in asked:
        chosen.add_session_config_entry(WHOLE, "1")
    session = onnxruntime.InferenceSession(graph, chosen, providers=list(providers))
    hold(asked, session.get_providers())
    return session


def hold(asked: Sequence[str], found: Sequence[str]) -> None:
    """Raise `MachineError` where a session is on other providers than those asked for.

    onnxruntime puts its CPU behind whatever it is given; nothing else may stand there.
    """
    if list(found[: len(asked)]) == list(asked) and set(found[len(asked) :]) <= {CPU}:
        return
    raise MachineError(
        f"onnxruntime opened the session on {', '.join(found) or 'no provider'}, expected "
        f"{', '.join(asked)}: the provider could not be loaded",
        remedy="see `zoocheck doctor` for the runtimes that load, and what onnxruntime printed above",
    )

"""A process that draws charts, apart from whoever reports: what ends the chart library ends it alone.

    python -m reports.drawing

Reads a Vega-Lite specification a line and writes a line of JSON for each, with ``svg`` or ``error`` in it.
Under an address-space limit the library's JavaScript engine ends its whole process, with no error to catch.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from harness.decoding import json_object
from harness.errors import MachineError

_CODE = Path(__file__).resolve().parents[1]


class NotDrawn(MachineError):
    """Charts that the process for them did not come to draw."""


class Drawer:
    """The process, started with the first chart; one that ended is not started again."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._ended = ""

    def begin(self) -> None:
        """Start the process before the first chart: its library takes half a second to come to draw one.

        Where it cannot be started, the first chart says so.
        """
        if self._process is None and not self._ended:
            with contextlib.suppress(NotDrawn):
                self._start()

    def svg(self, spec: str) -> str:
        """A specification, on one line, as SVG. Raises `NotDrawn` where the process ended or drew nothing."""
        if self._ended:
            raise NotDrawn(self._ended)
        process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(spec + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:  # a pipe that nobody reads any more
            answer = ""
        if not answer:
            status = process.wait()
            how = f"by signal {-status}" if status < 0 else f"with status {status}"
            self._ended = (
                f"the process that draws charts ended {how}; too little memory, or a limit on it (ulimit -v)?"
            )
            raise NotDrawn(self._ended)
        told = json_object(answer)
        if "error" in told:
            raise NotDrawn(f"the chart library says: {told['error']}")
        return str(told["svg"])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        path = os.pathsep.join(filter(None, (str(_CODE), os.environ.get("PYTHONPATH", ""))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reports.drawing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, encoding="utf-8", env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        except OSError as problem:
            self._ended = f"no process that draws charts could be started: {problem.strerror}"
            raise NotDrawn(self._ended) from problem
        atexit.register(self.close)
        return self._process


DRAWER = Drawer()


def main() -> None:
    """Draw until nothing more is asked for; first a chart that nobody sees, while there is nothing to do."""
    import vl_convert

    def drawn(spec: str) -> dict[str, str]:
        try:
            return {"svg": vl_convert.vegalite_to_svg(spec)}
        except Exception as problem:  # the library raises ValueError for whatever it cannot draw
            return {"error": str(problem)}

    drawn('{"mark": "point", "data": {"values": []}}')
    for line in sys.stdin:
        told = drawn(line)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()

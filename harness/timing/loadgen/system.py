"""The system under test: samples that LoadGen asks for, in batches through the artifact, and answered.

LoadGen calls `issue` and `flush` from threads of its own. What fails there must not reach its C++, which
would end the process without a word: it is given to `failed`, which does not return.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Asked = tuple[int, int]  # LoadGen's id of a sample, and which sample of the library it is
Answer = Callable[[Sequence[int], Array], None]  # ids, and float32 [samples, values] of all outputs
Failed = Callable[[BaseException], NoReturn]


class System:
    """Runs every query in the thread that issues it, batch by batch; a part of a batch is filled up.

    `run` takes a batch of `batch_size` in the documented order, `library` holds all samples in it. Counted
    are samples issued and answered, batches, and the rows that only filled a batch.
    """

    def __init__(
        self, run: Callable[[list[Array]], Sequence[Array]], library: Sequence[Array], batch_size: int,
        answer: Answer, failed: Failed,
    ) -> None:  # fmt: skip
        self._run = run
        self._library = library
        self._answer = answer
        self._failed = failed
        self.batch_size = batch_size
        self.issued = self.answered = self.batches = self.filled = 0
        self.first_ns: int | None = None
        self.last_ns = 0

    def issue(self, query: Sequence[Asked]) -> None:
        """Compute the samples of one query and answer each."""
        self._begin(query)
        for at in range(0, len(query), self.batch_size):
            self._guarded(query[at : at + self.batch_size])

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """Nothing runs here."""

    def told(self) -> dict[str, Any]:
        """What was computed, as JSON; `seconds` from the first query to the last answer."""
        return {
            "samples_issued": self.issued, "samples_answered": self.answered, "batches": self.batches,
            "rows_filled": self.filled, "seconds": (self.last_ns - (self.first_ns or self.last_ns)) / 1e9,
        }  # fmt: skip

    def _begin(self, query: Sequence[Asked]) -> None:
        if self.first_ns is None:
            self.first_ns = time.perf_counter_ns()
        self.issued += len(query)

    def _guarded(self, part: Sequence[Asked]) -> None:
        try:
            self._batch(part)
        except BaseException as problem:
            self._failed(problem)

    def _batch(self, part: Sequence[Asked]) -> None:
        rows = [index for _, index in part]
        missing = self.batch_size - len(rows)
        rows += rows[:1] * missing
        outputs = self._run([np.ascontiguousarray(array[rows]) for array in self._library])
        flat = [np.asarray(output, np.float32).reshape(self.batch_size, -1) for output in outputs]
        values = np.ascontiguousarray(np.concatenate(flat, axis=1)[: len(part)])
        self.batches += 1
        self.filled += missing
        self.answered += len(part)
        self._answer([number for number, _ in part], values)
        self.last_ns = time.perf_counter_ns()


class BatchingSystem(System):
    """One thread empties a queue: a batch goes when it is full, or its oldest sample has waited."""

    def __init__(
        self, run: Callable[[list[Array]], Sequence[Array]], library: Sequence[Array], batch_size: int,
        answer: Answer, failed: Failed, *, wait_s: float,
    ) -> None:  # fmt: skip
        super().__init__(run, library, batch_size, answer, failed)
        self._wait_s = wait_s
        self._queue: deque[tuple[float, Asked]] = deque()
        self._changed = threading.Condition()
        self._draining = self._closed = False
        self._thread = threading.Thread(target=self._work, name="system under test", daemon=True)
        self._thread.start()

    def issue(self, query: Sequence[Asked]) -> None:
        """Put the samples of one query into the queue."""
        with self._changed:
            self._begin(query)
            now = time.monotonic()
            self._queue.extend((now, asked) for asked in query)
            self._changed.notify()

    def flush(self) -> None:
        """No further query comes: what is in the queue need not wait for more."""
        with self._changed:
            self._draining = True
            self._changed.notify()

    def close(self) -> None:
        """End the thread once the queue is empty."""
        with self._changed:
            self._closed = self._draining = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while part := self._next():
            self._guarded(part)

    def _next(self) -> list[Asked]:
        """The samples of the next batch, as soon as they are to go; none when all is done."""
        with self._changed:
            while not self._queue:
                if self._closed:
                    return []
                self._changed.wait()
            due = self._queue[0][0] + self._wait_s
            while len(self._queue) < self.batch_size and not self._draining:
                left = due - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return [self._queue.popleft()[1] for _ in range(min(self.batch_size, len(self._queue)))]

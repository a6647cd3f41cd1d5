"""Outputs kept on disk: nothing whole is lost, nothing damaged comes back, whatever killed the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadOutput, NoSamples
from harness.models.batched import Array, Batch, batched
from harness.running.predictions import OutputLog, OutputsDamaged, run_all
from harness.running.progress import Advance, Progress, Silent
from harness.running.valid import require_numbers

IDENTITY = {"artifact": "ab" * 32, "protocol": "documented"}
REPOSITORY = Path(__file__).resolve().parents[2]


def outputs(seed: int, *shapes: tuple[int, ...]) -> list[Array]:
    generator = np.random.default_rng(seed)
    return [generator.standard_normal(shape).astype(np.float32) for shape in shapes]


def write(path: Path, *batches: list[Array]) -> list[int]:
    """Write batches; gives the file's size with none of them, with the first, and so on."""
    with OutputLog(path, IDENTITY) as log:
        sizes = [path.stat().st_size]
        for batch in batches:
            log.append(batch)
            sizes.append(path.stat().st_size)
    return sizes


def read(path: Path) -> list[list[Array]]:
    with OutputLog(path, IDENTITY) as log:
        return log.batches


def same(ours: Sequence[Sequence[Array]], theirs: Sequence[Sequence[Array]]) -> bool:
    return len(ours) == len(theirs) and all(
        len(a) == len(b)
        and all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in zip(a, b, strict=True))
        for a, b in zip(ours, theirs, strict=True)
    )


THREE = [outputs(n, (4, 2)) for n in range(3)]


class TestOutputLog:
    @pytest.mark.parametrize(
        "shapes",
        [[(8, 2)], [(8, 384), (8, 384)], [(3, 5, 7), (3,), (3, 1)], [(0, 2)], [(0,), (4, 0)], [()]],
        ids=str,
    )
    def test_outputs_come_back_bit_for_bit(self, tmp_path: Path, shapes: list[tuple[int, ...]]):
        """One output a batch or several, of any shape, zero sizes included."""
        batches = [outputs(n, *shapes) for n in range(3)]
        write(tmp_path / "log", *batches)
        assert same(read(tmp_path / "log"), batches)

    def test_special_values_come_back(self, tmp_path: Path):
        """The log keeps what it is given: judging it is not its work."""
        special = [np.array([[np.nan, np.inf, -np.inf, -0.0, 1e-45]], np.float32)]
        write(tmp_path / "log", special)
        [[found]] = read(tmp_path / "log")
        assert found.tobytes() == special[0].tobytes()

    def test_it_goes_on_behind_the_last_batch(self, tmp_path: Path):
        """What is appended after reopening stands behind what was there."""
        for batch in THREE:
            write(tmp_path / "log", batch)
        assert same(read(tmp_path / "log"), THREE)

    def test_a_run_killed_at_any_byte_goes_on(self, tmp_path: Path):
        """Cut at every offset, no whole batch is lost, none comes back cut, and there is no warning."""
        path = tmp_path / "log"
        sizes = write(path, *THREE)
        content = path.read_bytes()
        for offset in range(len(content) + 1):
            path.write_bytes(content[:offset])
            whole = sum(size <= offset for size in sizes[1:])
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with OutputLog(path, IDENTITY) as log:
                    assert same(log.batches, THREE[:whole])
                    for batch in THREE[whole:]:
                        log.append(batch)
            assert path.read_bytes() == content

    def test_a_damaged_byte_anywhere_is_never_believed(self, tmp_path: Path):
        """One flipped bit costs its batch and those behind it, or begins the file anew; the rest stays."""
        path = tmp_path / "log"
        sizes = write(path, *THREE)
        content = path.read_bytes()
        for offset in range(len(content)):
            path.write_bytes(content[:offset] + bytes([content[offset] ^ 0x10]) + content[offset + 1 :])
            untouched = sum(size <= offset for size in sizes[1:])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OutputsDamaged)
                assert same(read(path), THREE[:untouched])

    def test_damage_is_a_warning(self, tmp_path: Path):
        """No kill leaves a whole block with a wrong checksum: somebody should know of their disk."""
        path = tmp_path / "log"
        sizes = write(path, *THREE)
        content = bytearray(path.read_bytes())
        content[sizes[1] + 20] ^= 1
        path.write_bytes(content)
        with pytest.warns(OutputsDamaged, match="log: damaged behind batch 1; computing the rest again"):
            assert same(read(path), THREE[:1])
        assert path.stat().st_size == sizes[1]

    def test_a_warning_that_is_an_error(self, tmp_path: Path):
        """Where warnings are errors the damage is gone and the lock is free: the next run goes on."""
        path = tmp_path / "log"
        sizes = write(path, *THREE)
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        log, seen = OutputLog(path, IDENTITY), []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(OutputsDamaged):
                log.__enter__()
            assert path.stat().st_size == sizes[2]
            next_one = threading.Thread(target=lambda: seen.append(read(path)), daemon=True)
            next_one.start()
            next_one.join(60)
        assert same(seen[0], THREE[:2])

    def test_a_hole_of_zeros_is_no_batch(self, tmp_path: Path):
        """What a power cut may leave, an empty block with the checksum 0 of nothing, is damage."""
        path = tmp_path / "log"
        write(path, *THREE)
        path.write_bytes(path.read_bytes() + bytes(64))
        with pytest.warns(OutputsDamaged):
            assert same(read(path), THREE)

    @pytest.mark.parametrize("other", [{"artifact": "cd" * 32}, {}, IDENTITY | {"more": 1}])
    def test_another_runs_file_is_begun_anew(self, tmp_path: Path, other: dict[str, object]):
        """Outputs of another artifact, of other features or of another protocol are never taken."""
        path = tmp_path / "log"
        write(path, *THREE)
        with OutputLog(path, other) as log:
            assert log.batches == []
        assert read(path) == []

    def test_a_file_that_is_none_of_ours_is_begun_anew(self, tmp_path: Path):
        """Whatever lies there, only a file that begins with its identity is read."""
        empty = write(tmp_path / "empty")[0]
        for content in (b"", b"{", b"\xff" * 200, b"{}\n"):
            path = tmp_path / "log"
            path.write_bytes(content)
            assert read(path) == []
            assert path.stat().st_size == empty

    def test_another_dtype_is_refused(self, tmp_path: Path):
        """Only float32 is kept: a silent conversion would hide what an artifact gave."""
        with (
            OutputLog(tmp_path / "log", IDENTITY) as log,
            pytest.raises(BadOutput, match=r"float64.*expected float32"),
        ):
            log.append([np.zeros((2, 2))])
        assert read(tmp_path / "log") == []

    def test_one_process_at_a_time(self, tmp_path: Path):
        """Who comes second waits until the first is out, then sees all of its batches."""
        path, seen = tmp_path / "log", []
        with OutputLog(path, IDENTITY) as log:
            second = threading.Thread(target=lambda: seen.append(read(path)))
            second.start()
            second.join(0.5)
            assert second.is_alive()
            for batch in THREE:
                log.append(batch)
        second.join(60)
        assert same(seen[0], THREE)

    def test_a_sigkilled_process_loses_no_whole_batch(self, tmp_path: Path):
        """SIGKILL takes back nothing that `append` has returned from."""
        code = (
            "import sys; from pathlib import Path; import numpy as np\n"
            "from harness.running.predictions import OutputLog\n"
            f"with OutputLog(Path(sys.argv[1]), {IDENTITY!r}) as log:\n"
            "    for n in range(10**9):\n"
            "        log.append([np.full((4, 2), n, np.float32)])\n"
            "        print(n, flush=True)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "log")],
            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        with process.stdout:
            said = [process.stdout.readline() for _ in range(5)]
            os.kill(process.pid, signal.SIGKILL)
            said += process.stdout.readlines()
        assert process.wait(60) == -signal.SIGKILL
        appended = sum(line.endswith("\n") for line in said)
        found = read(tmp_path / "log")
        assert len(found) in (appended, appended + 1)  # killed between append and print, perhaps
        assert same(found, [[np.full((4, 2), n, np.float32)] for n in range(len(found))])


def double(inputs: Sequence[Array], count: int) -> list[Array]:
    """A graph of two outputs, each a function of its own sample alone."""
    ids, mask = (array.astype(np.float32) for array in inputs)
    return [(ids * 2)[:count], (ids * mask).sum(axis=1)[:count]]


def samples(number: int, length: int = 3) -> list[Array]:
    ids = np.arange(number * length).reshape(number, length)
    return [ids, (ids % 2 == 0).astype(np.int64)]


class TestBatches:
    @pytest.mark.parametrize(("size", "last"), [(1, 1), (8, 8), (16, 8), (32, 8), (64, 40), (1000, 872)])
    def test_the_last_partial_batch_is_filled_up(self, size: int, last: int):
        """872 is no multiple of 16, 32 or 64 (protocols.md, 4): batches are full, counts of real ones."""
        batches = list(batched(samples(872), size))
        assert {array.shape for inputs, _ in batches for array in inputs} == {(size, 3)}
        counts = [count for _, count in batches]
        assert counts[:-1] == [size] * (len(counts) - 1)
        assert (counts[-1], sum(counts)) == (last, 872)

    def test_padding_repeats_a_sample_of_the_batch(self):
        """Padding is real input, so that no artifact meets an empty sentence."""
        [(_, _), ((ids, mask), count)] = batched(samples(5), 3)
        assert count == 2
        assert np.array_equal(ids[2], ids[0])
        assert np.array_equal(mask[2], mask[0])

    @settings(deadline=None)
    @given(st.integers(1, 200), st.integers(1, 70))
    def test_padding_is_dropped_and_never_a_sample(self, number: int, size: int):
        """Whatever the sizes, the real parts of all batches are the samples, in order, each once."""
        arrays = samples(number)
        batches = list(batched(arrays, size))
        for at, array in enumerate(arrays):
            kept = np.concatenate([inputs[at][:count] for inputs, count in batches])
            assert np.array_equal(kept, array)


class TestRunAll:
    def run(self, path: Path, batches: list[Batch], run=double) -> tuple[list[Array], int]:
        return run_all(OutputLog(path, IDENTITY), batches, run, Silent(), "a case")

    @settings(deadline=None, max_examples=30)
    @given(st.integers(1, 100), st.integers(1, 40))
    def test_outputs_do_not_depend_on_the_batch_size(self, tmp_path_factory, number: int, size: int):
        """Every sample's outputs, in order, whatever batches they were computed in."""
        path = tmp_path_factory.mktemp("run") / "log"
        found, resumed = self.run(path, list(batched(samples(number), size)))
        assert resumed == 0
        assert same([found], [double(samples(number), number)])

    @pytest.mark.parametrize("kill_at", [0, 1, 3, 13])
    def test_a_killed_run_goes_on(self, tmp_path: Path, kill_at: int):
        """A second run computes what the first did not reach, and has the same outputs."""
        batches = list(batched(samples(110), 8))
        done: list[int] = []

        def killed(inputs: Sequence[Array], count: int) -> list[Array]:
            if len(done) == kill_at:
                raise KeyboardInterrupt
            done.append(count)
            return double(inputs, count)

        with pytest.raises(KeyboardInterrupt):
            self.run(tmp_path / "log", batches, killed)
        rest: list[int] = []
        found, resumed = self.run(
            tmp_path / "log", batches, lambda inputs, count: rest.append(count) or double(inputs, count)
        )
        assert resumed == 8 * kill_at
        assert sum(done) + sum(rest) == 110
        assert same([found], [double(samples(110), 110)])

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_a_nan_is_an_error_and_is_not_kept(self, tmp_path: Path, bad: float):
        """The first broken sample is named; the log is gone: what gave it gave the batches before, too."""

        def breaks(inputs: Sequence[Array], count: int) -> list[Array]:
            found = double(inputs, count)
            found[1][found[1] > 200] = bad
            return found

        batches = list(batched(samples(110), 8))
        first = int(np.flatnonzero(double(samples(110), 110)[1] > 200)[0])
        held = "a NaN" if np.isnan(bad) else "an infinity"
        before = first // 8 * 8
        message = f"a case: output 1 of sample {first} holds {held}.*the {before} samples before are dropped"
        for _ in range(2):
            with pytest.raises(BadOutput, match=message):
                self.run(tmp_path / "log", batches, breaks)
            assert not (tmp_path / "log").exists()
        found, resumed = self.run(tmp_path / "log", batches)
        assert resumed == 0
        assert same([found], [double(samples(110), 110)])

    def test_a_first_batch_that_cannot_be_scored_drops_nothing(self, tmp_path: Path):
        """And says nothing of samples before it."""

        def breaks(inputs: Sequence[Array], count: int) -> list[Array]:
            return [output * np.float32(np.nan) for output in double(inputs, count)]

        with pytest.raises(BadOutput) as caught:
            self.run(tmp_path / "log", list(batched(samples(110), 8)), breaks)
        assert "dropped" not in str(caught.value)
        assert not (tmp_path / "log").exists()

    def test_no_samples_are_an_error(self, tmp_path: Path):
        """Empty is an error, never zero (rule 3)."""
        with pytest.raises(NoSamples, match="a case"):
            self.run(tmp_path / "log", [])

    def test_progress_counts_samples(self, tmp_path: Path):
        """Samples, without padding, and those that were there already at once."""
        shown: list[tuple[str, int] | int] = []

        class Watched(Progress):
            @contextmanager
            def stage(self, label: str, total: int) -> Iterator[Advance]:
                shown.append((label, total))
                yield shown.append

        batches = list(batched(samples(20), 8))
        write(tmp_path / "log", double(*batches[0]))
        run_all(OutputLog(tmp_path / "log", IDENTITY), batches, double, Watched(), "a case")
        assert shown == [("a case", 20), 8, 8, 4]


def test_finite_outputs_pass():
    """Large is not infinite."""
    require_numbers([np.array([[3e38, -3e38]], np.float32), np.zeros((1, 0), np.float32)], "a case")


def test_a_broken_output_is_named_by_its_number():
    """Samples are counted from the batch's first one."""
    broken = [np.zeros((4, 2), np.float32), np.array([0, 1, np.nan, np.inf], np.float32)]
    with pytest.raises(BadOutput, match="a case: output 1 of sample 18 holds a NaN"):
        require_numbers(broken, "a case", rows=np.arange(16, 24))

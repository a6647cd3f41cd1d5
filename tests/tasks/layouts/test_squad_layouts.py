"""SQuAD's files: what SpanBERT's and bert-squad's are, and results that are read, or refused with a list."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.domain.models import InputRole, Model, Protocol
from harness.errors import BadOutput, NotThere
from harness.tasks.datasets.squad import Answer, QuestionExample
from harness.tasks.layouts import Piece, load_layout, squad_ascend, squad_cambricon
from harness.tasks.layouts.files import InputsCompared, Written, compare, write
from harness.tasks.layouts.results import BadResults, oldest_ns
from harness.tasks.text import load_task
from harness.tasks.text.squad_windows import Features
from harness.tasks.text.wordpiece import Vocabulary, WordPieceTokenizer

LENGTH = 8
BATCHES = (1, 16, 32)
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "q", "a", "b", "c", "d", "e")
CONTEXTS = ("a b", "a b c d e", "e")


@pytest.fixture(scope="session")
def ascend(catalog) -> Model:
    return dataclasses.replace(catalog.models["spanbert"], length=LENGTH)


@pytest.fixture(scope="session")
def cambricon(catalog) -> Model:
    return dataclasses.replace(catalog.models["bert-squad"], length=LENGTH)


def windows(model: Model, contexts: Sequence[str] = CONTEXTS) -> Features:
    """A window a context, of 4 tokens at most, and two where it has 5: of `CONTEXTS` 4 windows
    (transformers makes 3, and leaves a token out)."""
    tokenizer = WordPieceTokenizer(
        Vocabulary(path=Path("none"), sha256="", pieces=PIECES), do_lower_case=False
    )
    examples = [
        QuestionExample(
            id=str(number), question="q", context=text, answers=(Answer(text=text[0], start=0),), where="$"
        )
        for number, text in enumerate(contexts)
    ]
    return load_task(model).prepare(examples, tokenizer, length=model.length, protocol=Protocol.DOCUMENTED)


def files_of(model: Model, *parts: Features) -> dict[str, bytes]:
    """The files by path, those that grow joined."""
    files: dict[str, bytes] = {}
    layout = load_layout(model)
    for piece in layout.files(parts, model, form=next(iter(layout.FORMS)), out=Path("out")):
        files[piece.path] = files.get(piece.path, b"") + piece.content
    return files


def outputs(samples: int = 4, seed: int = 0) -> list[np.ndarray]:
    """Start and end logits of all windows."""
    return list(np.random.default_rng(seed).standard_normal((2, samples, LENGTH)).astype(np.float32))


Store = Callable[..., list[np.ndarray]]


@pytest.fixture(params=["{i}_{o}.bin", "{i}_output_{o}.bin"], ids=["today", "the-script's"])
def store(request) -> Store:
    """Writes ais_bench's result files, as either of its versions calls them."""

    def store(folder: Path, *, samples: int = 4) -> list[np.ndarray]:
        folder.mkdir(parents=True, exist_ok=True)
        arrays = outputs(samples)
        for number, array in enumerate(arrays):
            for sample, row in enumerate(array):
                row.tofile(folder / request.param.format(i=sample, o=number))
        return arrays

    store.name = lambda i, o: request.param.format(i=i, o=o)
    return store


def kinds(caught: pytest.ExceptionInfo[BadResults]) -> dict[str, list[str]]:
    return caught.value.problems


class TestAscendFiles:
    def test_the_table_names_the_layout(self, ascend):
        assert load_layout(ascend) is squad_ascend

    def test_a_window_is_a_raw_int64_file_in_each_of_three_folders(self, ascend):
        """``tofile`` of int64 ``[1, length]`` arrays in spanBert_preprocess.py."""
        made = windows(ascend)
        files = files_of(ascend, made)
        assert len(made) == 4
        assert list(files) == [
            f"{folder}/{row}.bin" for row in range(4) for folder in ("input_ids", "segment_ids", "input_mask")
        ]
        for folder, role in (
            ("input_ids", InputRole.IDS), ("segment_ids", InputRole.SEGMENTS), ("input_mask", InputRole.MASK),
        ):  # fmt: skip
            for row in range(4):
                assert files[f"{folder}/{row}.bin"] == made.inputs[role][row].astype("<i8").tobytes()

    def test_parts_give_the_files_of_the_whole(self, ascend):
        parts = [windows(ascend, CONTEXTS[:2]), windows(ascend, CONTEXTS[2:])]
        assert files_of(ascend, *parts) == files_of(ascend, windows(ascend))

    def test_what_was_written_is_kept_and_compared(self, ascend, tmp_path):
        def pieces() -> Iterator[Piece]:
            return squad_ascend.files([windows(ascend)], ascend, form="ais_bench", out=tmp_path)

        assert write(pieces(), tmp_path) == Written(files=12, kept=0, bytes=12 * LENGTH * 8)
        (tmp_path / "input_ids" / "2.bin").unlink()
        assert write(pieces(), tmp_path).kept == 11
        assert isinstance(compare(pieces(), tmp_path), InputsCompared)


class TestAscendResults:
    def test_what_the_tool_writes_is_read(self, ascend, tmp_path, store):
        arrays = store(tmp_path / "2022_12_05")
        read = squad_ascend.read(tmp_path, ascend, 4)
        assert [array.dtype for array in read] == [np.float32] * 2
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(read, arrays, strict=True))

    def test_the_folder_itself_may_hold_them(self, ascend, tmp_path, store):
        arrays = store(tmp_path)
        assert np.array_equal(squad_ascend.read(tmp_path, ascend, 4), arrays)

    def test_the_tools_own_summary_may_lie_there(self, ascend, tmp_path, store):
        store(tmp_path / "run")
        (tmp_path / "run_summary.json").write_text("{}")
        (tmp_path / "run" / "sumary.json").write_text("{}")
        squad_ascend.read(tmp_path, ascend, 4)

    def test_several_folders_with_results_are_an_error(self, ascend, tmp_path, store):
        """spanBert_postprocess.py takes whichever ``os.listdir`` names first."""
        store(tmp_path / "one")
        store(tmp_path / "two")
        with pytest.raises(BadOutput, match=r"found results in 2 folders, expected one: .*one, .*two"):
            squad_ascend.read(tmp_path, ascend, 4)

    def test_results_under_two_names_are_an_error(self, ascend, tmp_path, store):
        store(tmp_path)
        other = "0_output_0.bin" if store.name(0, 0) == "0_0.bin" else "0_0.bin"
        shutil.copy(tmp_path / store.name(0, 0), tmp_path / other)
        with pytest.raises(BadResults) as caught:
            squad_ascend.read(tmp_path, ascend, 4)
        assert kinds(caught) == {"of no sample": [other]}

    def test_everything_that_is_wrong_is_listed(self, ascend, tmp_path, store):
        store(tmp_path, samples=5)
        bad = np.zeros(LENGTH, np.float32)
        bad[3] = np.nan
        bad.tofile(tmp_path / store.name(1, 1))
        (tmp_path / store.name(0, 0)).write_bytes(b"\0" * 31)
        bad.astype(np.float64).tofile(tmp_path / store.name(2, 0))
        (tmp_path / store.name(3, 0)).unlink()
        (tmp_path / store.name(3, 1)).write_bytes(b"")
        with pytest.raises(BadResults) as caught:
            squad_ascend.read(tmp_path, ascend, 4)
        numbers = "instead of 32, 8 numbers of float32"
        assert kinds(caught) == {
            f"truncated: 31 bytes {numbers}": [store.name(0, 0)],
            "with a NaN or an infinity": [store.name(1, 1)],
            f"too long: 64 bytes {numbers}": [store.name(2, 0)],
            "missing": [store.name(3, 0)],
            "empty": [store.name(3, 1)],
            "of no sample": [store.name(4, 0), store.name(4, 1)],
        }

    def test_start_logits_alone_are_not_enough(self, ascend, tmp_path, store):
        """The README lists one output of the two."""
        store(tmp_path)
        for sample in range(4):
            (tmp_path / store.name(sample, 1)).unlink()
        with pytest.raises(BadResults) as caught:
            squad_ascend.read(tmp_path, ascend, 4)
        assert kinds(caught) == {"missing": [store.name(sample, 1) for sample in range(4)]}

    def test_a_third_output_is_one_too_many(self, ascend, tmp_path, store):
        store(tmp_path)
        shutil.copy(tmp_path / store.name(0, 0), tmp_path / store.name(0, 2))
        with pytest.raises(BadResults) as caught:
            squad_ascend.read(tmp_path, ascend, 4)
        assert kinds(caught) == {"of no sample": [store.name(0, 2)]}

    def test_no_results_and_no_folder(self, ascend, tmp_path):
        with pytest.raises(
            BadOutput, match=r"expected 0_0\.bin, 0_output_0\.bin and so on; it holds nothing"
        ):
            squad_ascend.read(tmp_path, ascend, 4)
        with pytest.raises(NotThere):
            squad_ascend.read(tmp_path / "none", ascend, 4)


class TestCambriconFiles:
    def test_the_table_names_the_layout(self, cambricon):
        assert load_layout(cambricon) is squad_cambricon

    def test_first_windows_of_the_documented_batches_and_all_windows(self, cambricon):
        """``input{k}_{batch}_{length}.bin`` of benchmark/perf.sh; traced order: ids, mask, segments."""
        made = windows(cambricon)
        files = files_of(cambricon, made)
        assert set(files) == {
            f"input{number}_{batch}_{LENGTH}.bin" for number in range(3) for batch in (*BATCHES, 3)
        }
        for number, array in enumerate((made.ids, made.mask, made.segments)):
            assert files[f"input{number}_3_8.bin"] == array.astype("<i8").tobytes()
            assert files[f"input{number}_1_8.bin"] == array[:1].astype("<i8").tobytes()

    def test_a_batch_of_more_windows_than_there_are_is_filled_up_from_the_first(self, cambricon):
        made = windows(cambricon)
        files = files_of(cambricon, made)
        repeated = np.concatenate([made.ids] * 6)[:16]
        assert files["input0_16_8.bin"] == repeated.astype("<i8").tobytes()

    @pytest.mark.parametrize("count", [1, 16, 17, 32, 40])
    def test_each_file_is_written_once_whatever_the_number_of_windows(self, cambricon, tmp_path, count):
        made = windows(cambricon, ("a b",) * count)
        pieces = squad_cambricon.files([made], cambricon, form="mm_run", out=tmp_path)
        sizes = {*BATCHES, count}
        assert write(pieces, tmp_path).files == 3 * len(sizes)
        for batch in sizes:
            found = np.fromfile(tmp_path / f"input0_{batch}_8.bin", "<i8").reshape(batch, LENGTH)
            assert np.array_equal(found, np.resize(made.ids, (batch, LENGTH)))

    def test_parts_give_the_files_of_the_whole(self, cambricon):
        contexts = [f"a {'b ' * (number % 3)}" for number in range(40)]
        parts = [windows(cambricon, contexts[at : at + 7]) for at in range(0, 40, 7)]
        assert files_of(cambricon, *parts) == files_of(cambricon, windows(cambricon, contexts))

    def test_what_was_written_is_kept_and_compared(self, cambricon, tmp_path):
        def pieces() -> Iterator[Piece]:
            return squad_cambricon.files([windows(cambricon)], cambricon, form="mm_run", out=tmp_path)

        write(pieces(), tmp_path)
        assert write(pieces(), tmp_path).kept == 12
        assert compare(pieces(), tmp_path).files == 12


class TestCambriconResults:
    def save(self, folder: Path, **arrays: np.ndarray) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / "results.npz", **arrays)

    def test_what_was_saved_is_read(self, cambricon, tmp_path):
        start, end = outputs()
        self.save(tmp_path, end_logits=end, start_logits=start)
        read = squad_cambricon.read(tmp_path, cambricon, 4)
        assert np.array_equal(read[0], start)
        assert np.array_equal(read[1], end)
        assert oldest_ns(tmp_path, squad_cambricon.TOOLS) == (tmp_path / "results.npz").stat().st_mtime_ns

    def test_everything_that_is_wrong_is_listed(self, cambricon, tmp_path):
        start, _ = outputs(samples=5)
        self.save(tmp_path, start_logits=start, logits=start)
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        assert kinds(caught) == {
            "of no output": ["logits"],
            "shape [5, 8] instead of [4, 8]: windows, length": ["start_logits"],
            "missing": ["end_logits"],
        }

    def test_another_dtype_and_a_nan(self, cambricon, tmp_path):
        start, end = outputs()
        end[2, 2] = np.inf
        self.save(tmp_path, start_logits=start.astype(np.float16), end_logits=end)
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        assert kinds(caught) == {
            "float16 instead of float32": ["start_logits"],
            "with a NaN or an infinity": ["end_logits"],
        }

    def test_python_objects_are_not_loaded(self, cambricon, tmp_path):
        start, _ = outputs()
        self.save(tmp_path, start_logits=start, end_logits=np.array([{}], object))
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        assert kinds(caught) == {"with Python objects in it, which are not loaded": ["end_logits"]}

    def test_a_flipped_bit_is_noticed(self, cambricon, tmp_path):
        start, end = outputs()
        self.save(tmp_path, start_logits=start, end_logits=end)
        path = tmp_path / "results.npz"
        data = bytearray(path.read_bytes())
        data[data.index(start.tobytes()) + 9] ^= 1
        path.write_bytes(data)
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        assert kinds(caught) == {"truncated or damaged": ["start_logits"]}

    @pytest.mark.parametrize("size", [0, 1, 100, 300, -1])
    def test_a_cut_file_is_an_error(self, cambricon, tmp_path, size):
        start, end = outputs()
        self.save(tmp_path, start_logits=start, end_logits=end)
        path = tmp_path / "results.npz"
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        kind = "truncated, or no npz file" if size else "empty"
        assert kinds(caught) == {kind: ["results.npz"]}

    def test_an_npy_file_under_this_name_is_an_error(self, cambricon, tmp_path):
        np.save(tmp_path / "x.npy", outputs()[0])
        (tmp_path / "x.npy").rename(tmp_path / "results.npz")
        with pytest.raises(BadResults, match="one npy array instead of an npz archive"):
            squad_cambricon.read(tmp_path, cambricon, 4)

    def test_no_file_says_what_to_save(self, cambricon, tmp_path):
        with pytest.raises(
            BadOutput,
            match=r"results\.npz; it holds nothing; save start_logits and end_logits, float32 \[4, 8\]",
        ):
            squad_cambricon.read(tmp_path, cambricon, 4)
        with pytest.raises(NotThere):
            squad_cambricon.read(tmp_path / "none", cambricon, 4)

    def test_one_sub_folder_is_looked_into(self, cambricon, tmp_path):
        """As in every other layout."""
        start, end = outputs()
        self.save(tmp_path / "2022_09_28", start_logits=start, end_logits=end)
        (tmp_path / "logs").mkdir()
        assert np.array_equal(squad_cambricon.read(tmp_path, cambricon, 4)[0], start)

    @pytest.mark.parametrize("folders", [("a", "b"), (".", "b")])
    def test_results_in_several_folders_are_refused(self, cambricon, tmp_path, folders):
        start, end = outputs()
        for folder in folders:
            self.save(tmp_path / folder, start_logits=start, end_logits=end)
        with pytest.raises(BadOutput, match="found results in 2 folders, expected one"):
            squad_cambricon.read(tmp_path, cambricon, 4)

    def test_another_file_of_results_is_listed(self, cambricon, tmp_path):
        """Which of the two was meant? A tool's own summary and its log may lie there."""
        start, end = outputs()
        self.save(tmp_path, start_logits=start)
        np.savez(tmp_path / "results_bs16.npz", start_logits=start, end_logits=end)
        (tmp_path / "run.log").write_text("done")
        with pytest.raises(BadResults) as caught:
            squad_cambricon.read(tmp_path, cambricon, 4)
        assert kinds(caught) == {"missing": ["end_logits"], "beside results.npz": ["results_bs16.npz"]}

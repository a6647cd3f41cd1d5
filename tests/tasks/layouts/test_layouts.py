"""Each system's files: what is written, and that what a tool writes back is read or refused with a list."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import BadOutput, NotThere, NotYet
from harness.tasks.layouts import Layout, Piece, classify, load_layout, ner_characters, ner_words
from harness.tasks.layouts.files import write
from harness.tasks.layouts.results import BadResults, oldest_ns

SAMPLES = 3


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def text(array: np.ndarray) -> bytes:
    return (" ".join(map(repr, array.ravel().tolist())) + "\n").encode()


@dataclass(frozen=True, kw_only=True)
class System:
    """A model, its layout, and how a tool's result file of one sample is made."""

    model: str
    layout: Layout
    shape: tuple[int, ...]
    name: Callable[[int], str]
    encode: Callable[[np.ndarray], bytes]

    def outputs(self, samples: int = SAMPLES) -> np.ndarray:
        """Outputs of all samples; float32 values, as float64 where the tool writes text."""
        return (
            np.arange(samples * int(np.prod(self.shape)), dtype=np.float32).reshape(samples, *self.shape) / 7
        )

    def store(self, folder: Path, samples: int = SAMPLES) -> np.ndarray:
        """Write the result files, and return the outputs in them."""
        folder.mkdir(parents=True, exist_ok=True)
        outputs = self.outputs(samples)
        for at, output in enumerate(outputs):
            (folder / self.name(at)).write_bytes(self.encode(output))
        return outputs


WORDS = System(
    model="bert-large-ner", layout=ner_words, shape=(8, 9),
    name=lambda i: f"input_ids_{i}_{i}_0.npy", encode=lambda array: npy(array[None]),
)  # fmt: skip
CHARACTERS = System(
    model="bert-chinese-ner", layout=ner_characters, shape=(8, 7),
    name=lambda i: f"{i:06d}.npz", encode=lambda array: npz(output_0=array[None]),
)  # fmt: skip
SENTENCES = System(
    model="tinybert", layout=classify, shape=(2,), name=lambda i: f"input{i}_0.txt", encode=text
)
SYSTEMS = [pytest.param(system, id=system.model) for system in (WORDS, CHARACTERS, SENTENCES)]


@pytest.fixture
def pieces(small_model, make_features) -> Callable[..., dict[str, bytes]]:
    """The files of a model by path, those that grow joined."""

    def make(system: System, *, form: str | None = None, out: Path = Path("out")) -> dict[str, bytes]:
        model = small_model(system.model)
        form = form or next(iter(system.layout.FORMS))
        files: dict[str, bytes] = {}
        for piece in system.layout.files([make_features(model)], model, form=form, out=out):
            files[piece.path] = files.get(piece.path, b"") + piece.content
        return files

    return make


class TestFiles:
    def test_the_tables_name_these_layouts(self, catalog):
        for system in (WORDS, CHARACTERS, SENTENCES):
            assert load_layout(catalog.models[system.model]) is system.layout

    def test_a_table_may_name_another_one(self, catalog):
        model = dataclasses.replace(catalog.models["tinybert"], layout="ner_words")
        assert load_layout(model) is ner_words
        with pytest.raises(NotYet, match=r"tinybert: the files of its chips \(none_such\) are not part"):
            load_layout(dataclasses.replace(model, layout="none_such"))

    def test_words(self, pieces):
        """bert-large-ner: raw int64 rows, and a line of numbers a sentence; 12 words were cut to 8."""
        files = pieces(WORDS)
        folders = ("input_ids", "attention_mask", "token_type_ids")
        assert list(files)[:4] == [*(f"{name}/{name}_0_0.bin" for name in folders), "labels.anno"]
        assert len(files) == 3 * SAMPLES + 1
        assert np.frombuffer(files["input_ids/input_ids_0_0.bin"], "<i8").tolist() == [5, 6, 0, 0, 0, 0, 0, 0]
        assert np.frombuffer(files["attention_mask/attention_mask_2_2.bin"], "<i8").tolist() == [1] + [0] * 7
        assert np.frombuffer(files["token_type_ids/token_type_ids_1_1.bin"], "<i8").tolist() == [0] * 8
        assert files["labels.anno"] == b"0 1 0\n1 0 1 2 0 1 2 0 1\n2 6\n"

    def test_characters(self, pieces):
        """bert-chinese-ner: npz files as np.savez writes them, their list, and lists of labels."""
        files = pieces(CHARACTERS, out=Path("some/where"))
        assert list(files) == [
            "test_0.npz", "npz_datalist.txt", "instance_Peoples_Daily.txt", "test_1.npz", "test_2.npz",
        ]  # fmt: skip
        assert (
            files["npz_datalist.txt"]
            == b"some/where/test_0.npz\nsome/where/test_1.npz\nsome/where/test_2.npz\n"
        )
        assert files["instance_Peoples_Daily.txt"] == (
            b"[0, 1, 0, 0, 0, 0, 0, 0]\n[0, 0, 1, 2, 0, 1, 2, 0]\n[0, 6, 0, 0, 0, 0, 0, 0]\n"
        )
        with np.load(io.BytesIO(files["test_0.npz"])) as archive:
            assert archive.files == ["input_0", "input_1", "input_2"]
            assert {archive[name].dtype for name in archive.files} == {np.dtype(np.int32)}
            ids, types, mask = (archive[name].tolist() for name in archive.files)
        assert (ids, types, mask) == ([2, 5, 6, 3, 0, 0, 0, 0], [0] * 8, [1] * 4 + [0] * 4)

    def test_an_npz_is_what_savez_writes_to_a_file(self, pieces, tmp_path):
        """sequence2npz.py: ``np.savez(path, **features)``; no time of writing is in it."""
        files = pieces(CHARACTERS)
        with np.load(io.BytesIO(files["test_1.npz"])) as archive:
            np.savez(tmp_path / "test_1.npz", **{name: archive[name] for name in archive.files})
        assert (tmp_path / "test_1.npz").read_bytes() == files["test_1.npz"]

    @pytest.mark.parametrize(("form", "copied"), [("6-inputs", 0), ("6-inputs-mask", 2)])
    def test_six_inputs(self, pieces, form, copied):
        """From compiler 1.5 on: 3 to 5 are the ids again (vsx_ner.py), or the mask (another script)."""
        with np.load(io.BytesIO(pieces(CHARACTERS, form=form)["test_1.npz"])) as archive:
            assert archive.files == [f"input_{number}" for number in range(6)]
            for number in (3, 4, 5):
                assert np.array_equal(archive[f"input_{number}"], archive[f"input_{copied}"])
            assert not np.array_equal(archive["input_0"], archive["input_2"])

    def test_sentences(self, pieces):
        """TinyBERT: raw int64 rows in three folders, and no labels."""
        files = pieces(SENTENCES)
        folders = ("input_ids", "segment_ids", "input_mask")
        assert list(files) == [f"{name}/input{at}.bin" for at in range(SAMPLES) for name in folders]
        assert np.frombuffer(files["input_ids/input2.bin"], "<i8").tolist() == [2, 9, 3, 0, 0, 0, 0, 0]
        assert np.frombuffer(files["input_mask/input2.bin"], "<i8").tolist() == [1] * 3 + [0] * 5

    @pytest.mark.parametrize("system", SYSTEMS)
    def test_parts_give_the_same_files_as_the_whole(self, system, small_model, make_features):
        """Numbers go on from part to part: writing streams."""
        model = small_model(system.model)
        form = next(iter(system.layout.FORMS))

        def files(*parts: slice) -> dict[str, bytes]:
            found: dict[str, bytes] = {}
            features = (make_features(model, only=part) for part in parts)
            for piece in system.layout.files(features, model, form=form, out=Path("out")):
                found[piece.path] = found.get(piece.path, b"") + piece.content
            return found

        assert files(slice(0, 1), slice(1, 3)) == files(slice(0, 2), slice(2, 3)) == files(slice(None))

    def test_labels_round_trip(self, pieces, small_model, make_features):
        """What bert_metric.py and people_daily_eval.py read from their files are the features' labels."""
        lines = pieces(WORDS)["labels.anno"].decode().splitlines()
        read = [[int(number) for number in line.split(" ")] for line in lines]
        assert [row[0] for row in read] == [0, 1, 2]
        made = make_features(small_model("bert-large-ner"))
        assert [label for row in read for label in row[1:]] == made.labels.tolist()
        lines = pieces(CHARACTERS)["instance_Peoples_Daily.txt"].decode().splitlines()
        rows = np.array(
            [[int(number) for number in line.lstrip("[").rstrip("]").split(",")] for line in lines]
        )
        made = make_features(small_model("bert-chinese-ner"))
        assert rows[made.rows, made.positions].tolist() == made.labels.tolist()
        assert rows.sum() == made.labels.sum()


@pytest.mark.parametrize("system", SYSTEMS)
class TestResults:
    def read(self, system: System, small_model, folder: Path, samples: int = SAMPLES) -> np.ndarray:
        (outputs,) = system.layout.read(folder, small_model(system.model), samples)
        return outputs

    def faults(self, system: System, small_model, folder: Path) -> dict[str, list[str]]:
        with pytest.raises(BadResults) as caught:
            self.read(system, small_model, folder)
        assert str(folder) in str(caught.value)
        return caught.value.problems

    def test_what_a_tool_wrote_is_read(self, system, small_model, tmp_path):
        stored = system.store(tmp_path)
        read = self.read(system, small_model, tmp_path)
        assert read.shape == (SAMPLES, *system.shape)
        assert np.array_equal(read, stored)

    def test_results_in_the_one_sub_folder_are_read(self, system, small_model, tmp_path):
        """ais_bench makes a folder named by the time in the folder it is given."""
        stored = system.store(tmp_path / "2022_09_28-06_23_32")
        (tmp_path / "empty").mkdir()
        assert np.array_equal(self.read(system, small_model, tmp_path), stored)

    def test_several_sub_folders_are_an_error(self, system, small_model, tmp_path):
        system.store(tmp_path / "one")
        system.store(tmp_path / "two", samples=1)
        with pytest.raises(BadOutput, match=r"found results in 2 folders, expected one: .*one, .*two; give"):
            self.read(system, small_model, tmp_path)

    def test_results_here_and_in_a_sub_folder_are_an_error(self, system, small_model, tmp_path):
        system.store(tmp_path)
        system.store(tmp_path / "old")
        with pytest.raises(BadOutput, match="found results in 2 folders"):
            self.read(system, small_model, tmp_path)

    def test_a_folder_without_results_says_what_it_holds(self, system, small_model, tmp_path):
        (tmp_path / "something.else").touch()
        with pytest.raises(
            BadOutput, match=r"expected .*0.* and so on; it holds something\.else; give the folder"
        ):
            self.read(system, small_model, tmp_path)
        with pytest.raises(NotThere, match="gone: no such folder"):
            self.read(system, small_model, tmp_path / "gone")

    def test_a_tools_own_summary_may_lie_there(self, system, small_model, tmp_path):
        stored = system.store(tmp_path)
        names = (
            "sumary.json", "2022_09_28-06_23_32_summary.json", "summary.txt", "perf_batchsize_1_device_0.txt",
            ".DS_Store", "notes.md",
        )  # fmt: skip
        for name in names:
            (tmp_path / name).write_bytes(b"{}")
        assert np.array_equal(self.read(system, small_model, tmp_path), stored)

    def test_missing_and_extra_results_are_listed(self, system, small_model, tmp_path):
        system.store(tmp_path, samples=5)
        (tmp_path / system.name(1)).unlink()
        suffix = Path(system.name(0)).suffix
        (tmp_path / f"stray{suffix}").write_bytes(b"")
        assert self.faults(system, small_model, tmp_path) == {
            "missing": [system.name(1)],
            "of no sample": sorted([system.name(3), system.name(4), f"stray{suffix}"]),
        }

    @pytest.mark.parametrize("left", [0, 1, 40, -1], ids=["empty", "1 byte", "40 bytes", "all but the last"])
    def test_a_truncated_result_is_an_error(self, system, small_model, tmp_path, left):
        system.store(tmp_path)
        path = tmp_path / system.name(2)
        whole = system.encode(system.outputs()[2])
        path.write_bytes(whole[: min(left, len(whole) - 1)] if left >= 0 else whole[:left])
        assert list(self.faults(system, small_model, tmp_path).values()) == [[system.name(2)]]

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_a_nan_or_an_infinity_is_an_error(self, system, small_model, tmp_path, value):
        output = system.store(tmp_path)[1]
        output[-1] = value
        (tmp_path / system.name(1)).write_bytes(system.encode(output))
        assert self.faults(system, small_model, tmp_path) == {"with a NaN or an infinity": [system.name(1)]}

    def test_bytes_of_another_kind_are_an_error(self, system, small_model, tmp_path):
        """An npy for an npz, an npz for an npy, a pickle, a picture: never a crash, never a number."""
        system.store(tmp_path)
        kinds = [
            npy(np.zeros(2)),
            npz(output_0=np.zeros(2)),
            b"\x80\x04K\x01.",
            b"\x89PNG\r\n",
            "１２".encode(),
        ]
        for content in kinds:
            if content[:6] == system.encode(system.outputs()[0])[:6]:
                continue
            (tmp_path / system.name(0)).write_bytes(content)
            assert list(self.faults(system, small_model, tmp_path).values()) == [[system.name(0)]]

    def test_every_fault_is_listed_at_once(self, system, small_model, tmp_path):
        output = system.store(tmp_path, samples=4)[0] * np.float32(np.nan)
        (tmp_path / system.name(0)).write_bytes(system.encode(output))
        (tmp_path / system.name(1)).unlink()
        assert list(self.faults(system, small_model, tmp_path).values()) == [
            [system.name(0)], [system.name(1)], [system.name(3)],
        ]  # fmt: skip

    def test_the_message_names_some_and_counts_all(self, system, small_model, tmp_path):
        system.store(tmp_path, samples=1)
        with pytest.raises(BadResults, match=rf"missing \(19\): {system.name(1)}, .* and 14 more"):
            self.read(system, small_model, tmp_path, samples=20)

    def test_the_oldest_result_is_told(self, system, small_model, tmp_path):
        import os

        system.store(tmp_path)
        os.utime(tmp_path / system.name(1), ns=(5, 5))
        assert oldest_ns(tmp_path, system.layout.TOOLS) == 5


class TestWordResults:
    @pytest.fixture
    def wrong(self, small_model, tmp_path) -> Callable[[np.ndarray], list[str]]:
        def wrong(array: np.ndarray) -> list[str]:
            WORDS.store(tmp_path)
            (tmp_path / WORDS.name(1)).write_bytes(npy(array))
            with pytest.raises(BadResults) as caught:
                ner_words.read(tmp_path, small_model("bert-large-ner"), SAMPLES)
            return list(caught.value.problems)

        return wrong

    def test_row_0_of_a_batch_is_read(self, small_model, tmp_path):
        """As bert_metric.py does: ``result1[0]``."""
        stored = WORDS.store(tmp_path)
        batch = np.stack([stored[1], stored[1] + 1, stored[1] + 2])
        (tmp_path / WORDS.name(1)).write_bytes(npy(batch))
        (read,) = ner_words.read(tmp_path, small_model("bert-large-ner"), SAMPLES)
        assert np.array_equal(read, stored)

    @pytest.mark.parametrize(
        "shape", [(8, 9), (1, 9, 8), (1, 8, 7), (0, 8, 9), (1, 1, 8, 9), (72,), ()], ids=str
    )
    def test_another_shape_is_an_error(self, wrong, shape):
        assert wrong(np.zeros(shape, np.float32)) == [f"shape {list(shape)} instead of [1 or more, 8, 9]"]

    @pytest.mark.parametrize("dtype", ["float16", "float64", "int64", ">f4"])
    def test_another_dtype_is_an_error(self, wrong, dtype):
        assert wrong(np.zeros((1, 8, 9), dtype)) == [f"{np.dtype(dtype)} instead of float32"]

    def test_objects_are_never_unpickled(self, wrong):
        assert wrong(np.full((1, 8, 9), {}, object)) == ["with Python objects in it, which are not loaded"]


class TestCharacterResults:
    @pytest.fixture
    def wrong(self, small_model, tmp_path) -> Callable[..., list[str]]:
        def wrong(**arrays: np.ndarray) -> list[str]:
            CHARACTERS.store(tmp_path)
            (tmp_path / CHARACTERS.name(1)).write_bytes(npz(**arrays))
            with pytest.raises(BadResults) as caught:
                ner_characters.read(tmp_path, small_model("bert-chinese-ner"), SAMPLES)
            return list(caught.value.problems)

        return wrong

    @pytest.mark.parametrize("leading", [(), (1,), (1, 1)])
    def test_leading_ones_do_not_matter(self, small_model, tmp_path, leading):
        """vsx_ner.py and run_torchscript.py save [1, 256, 7]; people_daily_eval.py reshapes what comes."""
        stored = CHARACTERS.store(tmp_path)
        (tmp_path / CHARACTERS.name(2)).write_bytes(npz(output_0=stored[2].reshape(*leading, 8, 7)))
        (read,) = ner_characters.read(tmp_path, small_model("bert-chinese-ner"), SAMPLES)
        assert np.array_equal(read, stored)

    @pytest.mark.parametrize("shape", [(7, 8), (2, 8, 7), (56,), (1, 8, 6), ()], ids=str)
    def test_another_shape_is_an_error(self, wrong, shape):
        found = wrong(output_0=np.zeros(shape, np.float32))
        assert found == [f"shape {list(shape)} instead of [8, 7], ones before it allowed"]

    @pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
    def test_another_dtype_is_an_error(self, wrong, dtype):
        assert wrong(output_0=np.zeros((8, 7), dtype)) == [f"{dtype} instead of float32"]

    def test_other_names_inside_are_an_error(self, wrong):
        right = np.zeros((8, 7), np.float32)
        assert wrong(output=right) == ["with output in it instead of output_0 alone"]
        assert wrong(output_0=right, output_1=right) == [
            "with output_0, output_1 in it instead of output_0 alone"
        ]
        assert wrong() == ["with nothing in it instead of output_0 alone"]

    def test_results_of_sdk_1_are_read(self, small_model, tmp_path):
        """sample_nlp.py: ``output_{i:06d}.npz``, fp16 as the card gives it."""
        stored = CHARACTERS.outputs().astype(np.float16)
        for at, output in enumerate(stored):
            (tmp_path / f"output_{at:06d}.npz").write_bytes(npz(output_0=output))
        (read,) = ner_characters.read(tmp_path, small_model("bert-chinese-ner"), SAMPLES)
        assert read.dtype == np.float16
        assert np.array_equal(read, stored)

    def test_results_of_two_tools_are_an_error(self, small_model, tmp_path):
        CHARACTERS.store(tmp_path)
        (tmp_path / "output_000000.npz").write_bytes(npz(output_0=np.zeros((8, 7), np.float16)))
        with pytest.raises(BadResults, match=r"of no sample \(1\): output_000000.npz"):
            ner_characters.read(tmp_path, small_model("bert-chinese-ner"), SAMPLES)


class TestSentenceResults:
    def read(self, small_model, folder: Path, content: bytes) -> np.ndarray:
        SENTENCES.store(folder)
        (folder / SENTENCES.name(1)).write_bytes(content)
        return classify.read(folder, small_model("tinybert"), SAMPLES)[0][1]

    def test_files_that_all_lack_a_blank_at_the_end_are_whole(self, small_model, tmp_path):
        for at in range(SAMPLES):
            (tmp_path / SENTENCES.name(at)).write_bytes(b"1.5 -2")
        assert classify.read(tmp_path, small_model("tinybert"), SAMPLES)[0].tolist() == [[1.5, -2]] * SAMPLES

    @pytest.mark.parametrize("content", [b"1.5 -2 ", b"1.5 -2 \n", b"\t1.5   -2e0\r\n\n", b"1.5 -2\n \n"])
    def test_two_numbers_on_a_line(self, small_model, tmp_path, content):
        assert self.read(small_model, tmp_path, content).tolist() == [1.5, -2.0]

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"1.5 ", "with 1 numbers on the first line instead of 2"),
            (b"1.5 -2 3", "with 3 numbers on the first line instead of 2"),
            (b"1.5\n-2\n", "with 1 numbers on the first line instead of 2"),
            (b"1.5 -2\n1.5 -2\n", "with more than one line"),
            (b"1.5 x\n", "with something else than numbers"),
            (b"1,5 2\n", "with something else than numbers"),
            (b"[1.5 -2]\n", "with something else than numbers"),
            (b"nan 1\n", "with a NaN or an infinity"),
        ],
    )
    def test_anything_else_is_an_error(self, small_model, tmp_path, content, kind):
        with pytest.raises(BadResults) as caught:
            self.read(small_model, tmp_path, content)
        assert caught.value.problems == {kind: [SENTENCES.name(1)]}

    def test_a_cut_file_is_listed_with_all_other_faults(self, small_model, tmp_path):
        """One mending, not two."""
        SENTENCES.store(tmp_path)
        (tmp_path / SENTENCES.name(0)).write_bytes(b"1.5 -2")
        (tmp_path / SENTENCES.name(1)).unlink()
        (tmp_path / SENTENCES.name(SAMPLES)).write_bytes(b"1.5 -2 \n")
        with pytest.raises(BadResults) as caught:
            classify.read(tmp_path, small_model("tinybert"), SAMPLES)
        assert caught.value.problems == {
            "missing": [SENTENCES.name(1)],
            "truncated: without the blank that others end with": [SENTENCES.name(0)],
            "of no sample": [SENTENCES.name(SAMPLES)],
        }

    def test_digits_are_compared_as_python_reads_them(self, small_model, tmp_path):
        """Two numbers that float32 does not tell apart: the script's argmax does."""
        read = self.read(small_model, tmp_path, b"0.1 0.10000000001\n")
        assert read.argmax() == 1

    def test_results_of_msame_are_read(self, small_model, tmp_path):
        """``input{i}_output_0.txt``, the tool that the zoo's script was first written for."""
        for at, output in enumerate(SENTENCES.outputs()):
            (tmp_path / f"input{at}_output_0.txt").write_bytes(text(output))
        read = classify.read(tmp_path, small_model("tinybert"), SAMPLES)[0]
        assert np.array_equal(read, SENTENCES.outputs())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_any_floats_come_back_from_text(small_model, tmp_path_factory, data):
    """What Python prints of a float is read as the same float."""
    folder = tmp_path_factory.mktemp("text")
    values = st.floats(allow_nan=False, allow_infinity=False)
    outputs = np.array(data.draw(st.lists(st.tuples(values, values), min_size=1, max_size=4)))
    for at, output in enumerate(outputs):
        (folder / SENTENCES.name(at)).write_bytes(text(output))
    read = classify.read(folder, small_model("tinybert"), len(outputs))[0]
    assert np.array_equal(read, outputs)


def test_written_inputs_are_not_taken_for_results(small_model, make_features, tmp_path):
    """bert-chinese-ner's inputs and results are both npz: a folder of inputs is no folder of results."""
    model = small_model("bert-chinese-ner")
    pieces: list[Piece] = list(
        ner_characters.files([make_features(model)], model, form="3-inputs", out=tmp_path)
    )
    write(pieces, tmp_path)
    with pytest.raises(BadOutput, match="found no result file"):
        ner_characters.read(tmp_path, model, SAMPLES)

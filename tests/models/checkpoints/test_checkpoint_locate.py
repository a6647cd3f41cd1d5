"""Which checkpoint a choice of weights comes to, and what is said where there is none."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from laying import tokenizer_json
from tiny_model import (
    ARCHITECTURE,
    REPOSITORY,
    REVISION,
    UNNAMED,
    VOCABULARY,
    config_json,
    hub_model,
    tiny_model,
)

from harness.domain.families import ACTIVATIONS
from harness.domain.models import Weights
from harness.errors import CheckpointError, NotThere, UsageError
from harness.models.checkpoints import files, left_aside, locate, pickles, random_sha256, vocabulary
from harness.setting.home import Home

Lay = Callable[..., Path]
FULL = ("config.json", "vocab.txt", "model.safetensors")
PIECES = VOCABULARY.split()
OTHER_PIECES = VOCABULARY.replace("piece0\n", "another\n").encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def record_of(folder: Path, **changes: object) -> dict[str, object]:
    """The record that a fetch of these files would have left."""
    hashes = {path.name: sha256(path.read_bytes()) for path in folder.iterdir()}
    values = {"repository": REPOSITORY, "revision": REVISION, "commit": REVISION, "files": hashes}
    return {"schema": 1, "fetched": "2024-01-01T00:00:00+00:00", **values, **changes}


class TestFull:
    def test_a_complete_folder_is_found_with_the_hash_of_every_file(
        self, tiny_home: Home, lay: Lay, tiny_files: dict[str, bytes]
    ):
        folder = lay(tiny_home.models, *FULL)
        found = locate(tiny_model(), "full", tiny_home)
        assert found.weights is Weights.FULL
        assert found.architecture == ARCHITECTURE
        assert found.files == {name: sha256(tiny_files[name]) for name in FULL}
        assert found.weights_sha256 == sha256(tiny_files["model.safetensors"])
        assert (found.folder, found.vocabulary, found.seed) == (folder, folder / "vocab.txt", None)
        assert found.source == f"local folder {folder}; {UNNAMED}"

    def test_a_pickle_is_as_good_as_safetensors(
        self, tiny_home: Home, lay: Lay, tiny_files: dict[str, bytes]
    ):
        lay(tiny_home.models, "config.json", "vocab.txt", "pytorch_model.bin")
        found = locate(tiny_model(), "full", tiny_home)
        assert found.weights_sha256 == sha256(tiny_files["pytorch_model.bin"])

    def test_safetensors_come_before_a_pickle(self, tiny_home: Home, lay: Lay, tiny_files: dict[str, bytes]):
        lay(tiny_home.models, *FULL, "pytorch_model.bin")
        found = locate(tiny_model(), "full", tiny_home)
        assert found.weights_sha256 == sha256(tiny_files["model.safetensors"])

    def test_no_folder_is_not_there_with_the_address_and_the_place(self, tiny_home: Home):
        with pytest.raises(NotThere) as caught:
            locate(tiny_model(), "full", tiny_home)
        message = str(caught.value)
        assert f"{tiny_home.models / 'tiny-bert'} is not there" in message
        assert "get it from https://example.org/tiny.zip and put config.json, vocab.txt and" in message
        assert "zoocheck fetch" not in message  # it is on no hub

    def test_a_model_on_the_hub_is_told_to_be_fetched(self, tiny_home: Home):
        with pytest.raises(NotThere, match="run `zoocheck fetch tiny-bert`"):
            locate(hub_model(), "full", tiny_home)

    def test_a_vocabulary_alone_is_not_a_checkpoint(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.models, "vocab.txt")
        with pytest.raises(NotThere, match=r"lacks config\.json, model\.safetensors or pytorch_model\.bin;"):
            locate(tiny_model(), "full", tiny_home)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("tf_model.h5", "TensorFlow's: save the weights from torch"),
            ("flax_model.msgpack", "Flax's"),
            ("adapter_model.safetensors", "an adapter: merge it into its model"),
            ("model.fp16.safetensors", "weights by another name: call them model.safetensors"),
            ("best.pt", "weights by another name: call them pytorch_model.bin"),
            ("model-00001-of-00002.safetensors", "shards whose index is missing"),
            ("model.onnx", "a graph or an engine, no checkpoint"),
        ],
    )
    def test_what_lies_there_instead_of_weights_is_named(
        self, tiny_home: Home, lay: Lay, name: str, said: str
    ):
        folder = lay(tiny_home.models, "config.json", "vocab.txt", **{name.replace(".", "__"): b"x"})
        with pytest.raises(NotThere) as caught:
            locate(tiny_model(), "full", tiny_home)
        lacking = f"{folder} lacks model.safetensors or pytorch_model.bin; it holds {name} ({said}"
        assert lacking in str(caught.value)

    def test_every_undocumented_size_is_listed(self, tiny_home: Home, lay: Lay):
        changed = config_json(hidden_size=32, num_hidden_layers=3, id2label={"0": "a", "1": "b", "2": "c"})
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=changed.encode())
        with pytest.raises(CheckpointError) as caught:
            locate(tiny_model(), "full", tiny_home)
        lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
        assert lines[0] == "num_hidden_layers: found 3, expected 2"
        assert lines[1] == "hidden_size: found 32, expected 16"
        assert lines[2].startswith("number of labels (id2label, num_labels): found 3, expected 2")
        assert len(lines) == 3

    def test_where_the_document_leaves_the_size_to_the_config_it_decides(
        self, tiny_home: Home, lay_network: Lay
    ):
        wanted = dataclasses.replace(ARCHITECTURE, layers=3, layer_norm_eps=1e-6)
        lay_network(tiny_home.models, wanted, num_hidden_layers=3, layer_norm_eps=1e-6)
        found = locate(tiny_model(config_decides=True), "full", tiny_home)
        assert found.architecture == wanted

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            pytest.param(b"{\n 'a': 1}", "config.json:2: found no JSON", id="not-json"),
            pytest.param(b"\xff\xfe", "config.json:1: found the byte 0xff, no UTF-8", id="not-utf-8"),
            pytest.param(b"[1]", "found a list, expected a JSON object", id="not-an-object"),
            pytest.param(
                config_json(hidden_size="16").encode(),
                "hidden_size: found '16', expected a positive count",
                id="a-string",
            ),
            pytest.param(config_json(hidden_size=True).encode(), "hidden_size: found True", id="a-boolean"),
            pytest.param(
                config_json(num_attention_heads=3).encode(), "expected a multiple of the 3 heads", id="heads"
            ),
            pytest.param(b"{}", "vocab_size: found no value, expected a positive count", id="empty"),
            pytest.param(config_json(hidden_act=3).encode(), "hidden_act: found 3", id="activation"),
            pytest.param(config_json(layer_norm_eps=-1).encode(), "layer_norm_eps: found -1", id="epsilon"),
            pytest.param(
                config_json(hidden_act="gelx").encode(),
                "hidden_act: found 'gelx', expected one of gelu",
                id="gelx",
            ),
            pytest.param(b'{"vocab_size": 1%s}' % (b"0" * 5000), "thousands of digits", id="digits"),
            pytest.param(b'{"a": %s%s}' % (b"[" * 9000, b"]" * 9000), "nested deeper than 64", id="nested"),
            pytest.param(b'{"a": %s%s}' % (b"[" * 70, b"]" * 70), "deeper than 64", id="rather-nested"),
            pytest.param(
                config_json(num_hidden_layers=10**20).encode(),
                "found an integer beyond 64 bits at num_hidden_layers",
                id="64",
            ),
            pytest.param(b'{"vocab_size": 40, "vocab_size": 4}', "the key 'vocab_size' twice", id="twice"),
            pytest.param(
                config_json(num_labels=3, id2label={"0": "a", "1": "b"}).encode(),
                "num_labels: found 3, expected 2, as many as are named",
                id="labels",
            ),
            pytest.param(
                config_json(model_type="roberta").encode(),
                "model_type: found 'roberta', expected 'bert'",
                id="roberta",
            ),
            pytest.param(
                config_json(position_embedding_type="relative_key").encode(),
                "position_embedding_type: found 'relative_key', expected 'absolute'",
                id="relative",
            ),
            pytest.param(
                config_json(quantization_config={"bits": 8}).encode(),
                "quantization_config: found {'bits': 8}, expected no such key",
                id="quantised",
            ),
        ],
    )
    def test_a_bad_config_is_refused_with_the_key(self, tiny_home: Home, lay: Lay, content: bytes, said: str):
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=content)
        with pytest.raises(CheckpointError, match=re.escape(said)):
            locate(tiny_model(), "full", tiny_home)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"layer_norm_eps": 0.5}, "layer_norm_eps: found 0.5, expected 1e-12"),
            ({"layer_norm_eps": 1e-5}, "layer_norm_eps: found 1e-05, expected 1e-12"),
            (
                {"architectures": ["BertForTokenClassification"]},
                "architectures: found 'BertForTokenClassification', expected one that ends with",
            ),
            ({"architectures": ["BertForQuestionAnswering"]}, "that ends with ForSequenceClassification"),
            ({"problem_type": "regression"}, "problem_type: found 'regression', expected 'single_label"),
            ({"problem_type": "multi_label_classification"}, "problem_type: found 'multi_label"),
            (
                {"model_type": "bert", "embedding_size": 128},
                "embedding_size: found 128, expected 16, the hidden size",
            ),
        ],
    )
    def test_another_epsilon_or_another_tasks_head_is_refused(
        self, tiny_home: Home, lay: Lay, changed: dict[str, object], said: str
    ):
        config = json.dumps({**json.loads(config_json()), **changed}).encode()
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=config)
        with pytest.raises(CheckpointError) as caught:
            locate(tiny_model(), "full", tiny_home)
        assert said in str(caught.value)

    @pytest.mark.parametrize(
        "told",
        [
            {
                "architectures": ["BertForSequenceClassification"],
                "problem_type": "single_label_classification",
            },
            {"architectures": ["BertForMaskedLM"]},
            {"model_type": "bert", "architectures": None, "embedding_size": 16, "layer_norm_eps": 1e-12},
        ],
    )
    def test_what_is_its_own_task_or_its_bases_is_taken(
        self, tiny_home: Home, lay: Lay, told: dict[str, object]
    ):
        config = json.dumps({**json.loads(config_json()), **told}).encode()
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=config)
        assert locate(tiny_model(), "full", tiny_home).weights is Weights.FULL

    def test_too_few_positions_for_the_documented_length_are_refused(self, tiny_home: Home, lay: Lay):
        changed = config_json(max_position_embeddings=4).encode()
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=changed)
        with pytest.raises(CheckpointError, match="found 4, expected at least 8 tokens"):
            locate(tiny_model(config_decides=True), "full", tiny_home)

    @pytest.mark.parametrize(("content", "pieces"), [(b"", 0), (b"a\n" * 41, 41), (b"a\n" * 40 + b"b", 41)])
    def test_a_vocabulary_that_does_not_fit_the_embedding_is_refused(
        self, tiny_home: Home, lay: Lay, content: bytes, pieces: int
    ):
        lay(tiny_home.models, "config.json", "model.safetensors", vocab__txt=content)
        with pytest.raises(CheckpointError, match=f"found {pieces} word pieces, expected 1 to 40"):
            locate(tiny_model(), "full", tiny_home)

    def test_a_vocabulary_of_fewer_pieces_than_the_embedding_has_rows_is_told(
        self, tiny_home: Home, lay: Lay, tiny_files: dict[str, bytes]
    ):
        pieces = tiny_files["vocab.txt"].splitlines(keepends=True)
        fewer = b"".join(pieces[:-5])
        lay(tiny_home.models, "config.json", "model.safetensors", vocab__txt=fewer)
        found = locate(tiny_model(), "full", tiny_home)
        rows = ARCHITECTURE.vocabulary
        said = f"vocab.txt lists {len(pieces) - 5} word pieces, the word embedding has {rows} rows"
        assert found.source.endswith(said)

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            pytest.param(("[CLS]", "CLS"), r"vocab.txt:40: found no \[CLS\] among 40 pieces", id="no-start"),
            pytest.param(("[UNK]", "[unk]"), r"found no \[UNK\] among 40 pieces", id="no-unknown"),
            pytest.param(("piece7", "piece6"), "vocab.txt:12: found 'piece6' again", id="twice"),
            pytest.param(("piece7", ""), "vocab.txt:12: found a blank line", id="blank"),
        ],
    )
    @pytest.mark.parametrize("weights", ["full", "random"])
    def test_a_vocabulary_that_cuts_no_text_is_refused_before_any_is_cut(
        self, tiny_home: Home, lay: Lay, changed: tuple[str, str], said: str, weights: str
    ):
        pieces = "\n".join(changed[1] if piece == changed[0] else piece for piece in VOCABULARY.split("\n"))
        lay(tiny_home.models, "config.json", "model.safetensors", vocab__txt=pieces.encode())
        with pytest.raises(CheckpointError, match=said):
            locate(tiny_model(), weights, tiny_home)

    @pytest.mark.parametrize(
        ("beside", "said"),
        [
            (tokenizer_json(PIECES), ""),
            (
                tokenizer_json([*PIECES[:7], "else", *PIECES[8:]]),
                "tokenizer.json beside it has other pieces: id 7 is 'else' there, 'piece3' here",
            ),
            (tokenizer_json(PIECES[:-1]), "id 39 is no piece there, 'piece35' here"),
            (tokenizer_json([*PIECES, "[NEW]"]), "id 40 is '[NEW]' there, no piece here"),
            (
                tokenizer_json(PIECES).replace('"[UNK]", "cont', '"[MASK]", "cont'),
                "beside it cannot be held against it (model.unk_token: found '[MASK]', expected '[UNK]')",
            ),
            ("{", "tokenizer.json beside it cannot be held against it ("),
        ],
        ids=["the-same", "another", "fewer", "more", "unknown", "damaged"],
    )
    def test_a_tokenizer_json_that_contradicts_the_vocab_txt_is_told(
        self, tiny_home: Home, lay: Lay, beside: str, said: str
    ):
        """Texts are cut by vocab.txt, and the checkpoint says whose pieces they are."""
        lay(tiny_home.models, *FULL, tokenizer__json=beside.encode())
        found = locate(tiny_model(), "full", tiny_home)
        assert found.vocabulary == tiny_home.models / "tiny-bert" / "vocab.txt"
        assert said in found.source
        assert ("texts are cut by vocab.txt; " in found.source) is bool(said)

    def test_a_tokenizer_json_of_another_unknown_token_is_refused(self, tiny_home: Home, lay: Lay):
        content = tokenizer_json(PIECES).replace('"[UNK]", "cont', '"[MASK]", "cont').encode()
        lay(tiny_home.models, "config.json", "model.safetensors", tokenizer__json=content)
        with pytest.raises(CheckpointError, match=r"model.unk_token: found '\[MASK\]', expected '\[UNK\]'"):
            locate(tiny_model(), "full", tiny_home)

    @pytest.mark.parametrize("zipped", [True, False], ids=["zip", "of-2019"])
    def test_a_pickle_of_more_than_tensors_is_refused_before_it_is_loaded(
        self, tiny_home: Home, lay: Lay, tmp_path: Path, zipped: bool
    ):
        import torch

        path = tmp_path / "saved"
        content = {"model": {"a": torch.zeros(2)}, "args": argparse.Namespace(lr=1e-5)}
        torch.save(content, path, _use_new_zipfile_serialization=zipped)
        lay(tiny_home.models, "config.json", "vocab.txt", pytorch_model__bin=path.read_bytes())
        with pytest.raises(CheckpointError, match=r"for: GLOBAL argparse\.Namespace, which is no tensor's"):
            locate(tiny_model(), "full", tiny_home)

    def test_nothing_that_torch_unpickles_is_refused_by_its_name(self):
        from torch._weights_only_unpickler import _get_allowed_globals

        packages = {name.partition(".")[0] for name in _get_allowed_globals()}
        assert packages <= set(pickles.MAY_STAND_THERE)

    def test_a_git_lfs_pointer_is_not_taken_for_weights(self, tiny_home: Home, lay: Lay):
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
        lay(tiny_home.models, "config.json", "vocab.txt", model__safetensors=pointer)
        with pytest.raises(CheckpointError, match="git lfs pull"):
            locate(tiny_model(), "full", tiny_home)

    def test_bytes_changed_since_the_last_look_are_hashed_again(self, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, *FULL)
        before = locate(tiny_model(), "full", tiny_home)
        lay(tiny_home.models, vocab__txt=OTHER_PIECES)
        after = locate(tiny_model(), "full", tiny_home)
        assert before.files["vocab.txt"] != after.files["vocab.txt"] == sha256(OTHER_PIECES)
        assert before.weights_sha256 == after.weights_sha256 == files.sha256(folder / "model.safetensors")


class TestFetchRecord:
    def test_what_was_fetched_names_its_repository_and_commit(self, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, *FULL)
        (folder / "zoocheck.json").write_text(json.dumps(record_of(folder)))
        assert locate(hub_model(), "full", tiny_home).source == f"hub {REPOSITORY}@{REVISION}; {UNNAMED}"

    def test_a_file_changed_after_fetching_is_refused(self, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, *FULL)
        (folder / "zoocheck.json").write_text(json.dumps(record_of(folder)))
        lay(tiny_home.models, vocab__txt=OTHER_PIECES)
        found = sha256(OTHER_PIECES)
        with pytest.raises(CheckpointError, match=f"vocab.txt: found SHA-256 {found}"):
            locate(hub_model(), "full", tiny_home)

    def test_another_revision_than_the_table_pins_is_refused(self, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, *FULL)
        (folder / "zoocheck.json").write_text(json.dumps(record_of(folder, revision="older")))
        with pytest.raises(
            CheckpointError, match=f"holds {REPOSITORY}@older, expected {REPOSITORY}@{REVISION}"
        ):
            locate(hub_model(), "full", tiny_home)

    @pytest.mark.parametrize("content", ["{", "[]", '{"schema": 2}', '{"schema": 1, "x": 1}'])
    def test_a_damaged_record_is_refused(self, tiny_home: Home, lay: Lay, content: str):
        folder = lay(tiny_home.models, *FULL)
        (folder / "zoocheck.json").write_text(content)
        with pytest.raises(CheckpointError, match="not the record of a fetch"):
            locate(hub_model(), "full", tiny_home)


class TestMini:
    def test_its_own_config_decides_its_size(self, tiny_home: Home, lay_network: Lay):
        wanted = dataclasses.replace(ARCHITECTURE, layers=1)
        lay_network(tiny_home.minis, wanted, num_hidden_layers=1, num_labels=2)
        found = locate(tiny_model(), "mini", tiny_home)
        assert found.weights is Weights.MINI
        assert found.architecture == wanted
        assert found.source == f"embedded in zoocheck; {UNNAMED}"

    def test_a_pickle_is_no_mini(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.minis, "config.json", "vocab.txt", "pytorch_model.bin")
        with pytest.raises(NotThere, match=r"tiny-bert lacks model\.safetensors;"):
            locate(tiny_model(), "mini", tiny_home)

    def test_other_labels_than_documented_are_refused(self, tiny_home: Home, lay: Lay):
        changed = config_json(num_labels=3).encode()
        lay(tiny_home.minis, "vocab.txt", "model.safetensors", config__json=changed)
        with pytest.raises(CheckpointError, match=r"number of labels .*: found 3, expected 2"):
            locate(tiny_model(), "mini", tiny_home)

    def test_where_none_is_embedded_it_says_what_else_to_use(self, tiny_home: Home):
        with pytest.raises(NotThere, match=r"no mini checkpoint is embedded: .* use `--weights random`"):
            locate(tiny_model(), "mini", tiny_home)


class TestRandom:
    def test_it_needs_no_file(self, tiny_home: Home):
        found = locate(tiny_model(), "random", tiny_home)
        assert (found.weights, found.folder, found.vocabulary, found.seed) == (Weights.RANDOM, None, None, 0)
        assert found.architecture == ARCHITECTURE
        assert found.files == {}

    def test_its_hash_is_of_the_recipe(self, tiny_home: Home):
        described = (
            'random:0:{"activation":"gelu","dropout":0.1,"head":"classification-relu","heads":2,"hidden":16,'
            '"intermediate":32,"labels":2,"layer_norm_eps":1e-12,"layers":2,"positions":16,"types":2,'
            '"vocabulary":40}'
        )
        found = locate(tiny_model(), "random", tiny_home)
        assert found.weights_sha256 == sha256(described.encode())
        assert random_sha256(ARCHITECTURE, 1) != found.weights_sha256

    def test_its_vocabulary_is_the_documented_one_else_the_minis(self, tiny_home: Home, lay: Lay):
        mini = lay(tiny_home.minis, "vocab.txt")
        assert locate(tiny_model(), "random", tiny_home).vocabulary == mini / "vocab.txt"
        full = lay(tiny_home.models, "vocab.txt")
        found = locate(tiny_model(), "random", tiny_home)
        assert found.vocabulary == full / "vocab.txt"
        assert found.files == {"vocab.txt": files.sha256(full / "vocab.txt")}

    def test_a_vocabulary_larger_than_the_embedding_is_refused(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.models, vocab__txt=b"a\n" * 41)
        with pytest.raises(CheckpointError, match="found 41 word pieces"):
            locate(tiny_model(), "random", tiny_home)


class TestAuto:
    def test_full_comes_before_mini(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.minis, *FULL)
        lay(tiny_home.models, *FULL)
        assert locate(tiny_model(), "auto", tiny_home).weights is Weights.FULL

    def test_a_vocabulary_alone_leaves_it_at_the_mini(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.minis, *FULL)
        lay(tiny_home.models, "vocab.txt")
        assert locate(tiny_model(), "auto", tiny_home).weights is Weights.MINI

    @pytest.mark.parametrize(
        "names", [("config.json",), ("config.json", "vocab.txt"), ("model.safetensors",)]
    )
    def test_a_folder_that_is_left_aside_is_named_with_what_it_lacks(
        self, tiny_home: Home, lay: Lay, names: tuple[str, ...]
    ):
        lay(tiny_home.minis, *FULL)
        folder = lay(tiny_home.models, *names)
        told = left_aside(tiny_model(), tiny_home)
        assert told.startswith(f"left aside: {folder} lacks ")
        assert all(name not in told for name in names)
        assert locate(tiny_model(), "auto", tiny_home).source == f"embedded in zoocheck; {UNNAMED}; {told}"
        assert locate(tiny_model(), "mini", tiny_home).source == f"embedded in zoocheck; {UNNAMED}"

    @pytest.mark.parametrize("names", [(), ("vocab.txt",), FULL])
    def test_nothing_is_left_aside_of_a_vocabulary_or_a_whole_checkpoint(
        self, tiny_home: Home, lay: Lay, names: tuple[str, ...]
    ):
        lay(tiny_home.models, *names)
        assert left_aside(tiny_model(), tiny_home) == ""

    def test_a_full_checkpoint_that_is_not_the_documented_one_is_an_error_not_a_mini(
        self, tiny_home: Home, lay: Lay
    ):
        lay(tiny_home.minis, *FULL)
        changed = config_json(num_hidden_layers=3).encode()
        lay(tiny_home.models, "vocab.txt", "model.safetensors", config__json=changed)
        with pytest.raises(CheckpointError, match="not the documented checkpoint"):
            locate(tiny_model(), "auto", tiny_home)

    def test_neither_names_both_folders(self, tiny_home: Home):
        with pytest.raises(NotThere) as caught:
            locate(tiny_model(), "auto", tiny_home)
        assert str(tiny_home.models / "tiny-bert") in str(caught.value)
        assert str(tiny_home.minis / "tiny-bert") in str(caught.value)

    def test_another_choice_lists_the_choices(self, tiny_home: Home):
        with pytest.raises(UsageError, match="there are full, mini, random, auto"):
            locate(tiny_model(), "huge", tiny_home)


class TestVocabulary:
    def test_full_needs_the_documented_vocabulary_and_nothing_else(self, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, "vocab.txt")
        assert vocabulary(tiny_model(), "full", tiny_home) == folder / "vocab.txt"

    def test_the_minis_does_not_stand_in_for_the_documented_one(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.minis, *FULL)
        place = re.escape(str(tiny_home.models / "tiny-bert" / "vocab.txt"))
        with pytest.raises(NotThere, match=f"put the vocab.txt of tiny-vocabulary at {place}$"):
            vocabulary(tiny_model(), "full", tiny_home)

    def test_mini_is_the_minis_even_beside_the_documented_one(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.models, *FULL)
        folder = lay(tiny_home.minis, *FULL)
        assert vocabulary(tiny_model(), "mini", tiny_home) == folder / "vocab.txt"

    @pytest.mark.parametrize("full", [("vocab.txt",), FULL])
    @pytest.mark.parametrize("choice", ["auto", "random", "mini"])
    def test_it_is_the_one_of_the_located_checkpoint(
        self, tiny_home: Home, lay: Lay, choice: str, full: tuple[str, ...]
    ):
        lay(tiny_home.minis, *FULL)
        lay(tiny_home.models, *full)
        located = locate(tiny_model(), choice, tiny_home).vocabulary
        assert vocabulary(tiny_model(), choice, tiny_home) == located


def test_every_activation_that_is_taken_is_one_of_the_librarys():
    from transformers.activations import ACT2FN

    assert [name for name in ACTIVATIONS if name not in ACT2FN] == []

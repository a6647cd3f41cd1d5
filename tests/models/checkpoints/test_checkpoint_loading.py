"""Weights files into networks: what is read, what is ignored, and what is refused."""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tiny_model import ARCHITECTURE, tiny_model

from harness.domain.models import Head
from harness.errors import CheckpointError
from harness.models.checkpoints import Checkpoint, Loaded, load, load_network, locate
from harness.models.networks import build_network, encoder_config
from harness.setting.home import Home

Lay = Callable[..., Path]
State = dict[str, torch.Tensor]
Located = Callable[[bytes], Checkpoint]

# [batch 2, length 8]; the second sample is padded.
IDS = torch.tensor([[2, 5, 6, 7, 8, 9, 10, 3], [2, 30, 3, 0, 0, 0, 0, 0]])
SEGMENTS = torch.zeros_like(IDS)
MASK = (IDS != 0).long()


def logits(network: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return network(IDS, SEGMENTS, MASK)


def pickled(content: object, **options: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


@pytest.fixture
def state(tiny_network: torch.nn.Module) -> State:
    """A copy of the tiny network's weights."""
    return {name: tensor.clone() for name, tensor in tiny_network.state_dict().items()}


@pytest.fixture
def located(tiny_home: Home, lay: Lay) -> Located:
    """Lays the given bytes out as pytorch_model.bin and locates the checkpoint."""

    def of(content: bytes) -> Checkpoint:
        lay(tiny_home.models, "config.json", "vocab.txt", pytorch_model__bin=content)
        return locate(tiny_model(), "full", tiny_home)

    return of


def problems(caught: pytest.ExceptionInfo[CheckpointError]) -> list[str]:
    """The lines of an error that name one key each."""
    return [line.strip().partition(";")[0] for line in str(caught.value).splitlines()[1:]]


class TestFormats:
    @pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
    def test_both_formats_give_the_same_logits_as_the_saved_network(
        self, tiny_home: Home, lay: Lay, tiny_network: torch.nn.Module, name: str
    ):
        lay(tiny_home.models, "config.json", "vocab.txt", name)
        network = load_network(locate(tiny_model(), "full", tiny_home))
        assert torch.equal(logits(network), logits(tiny_network))
        assert not network.training

    def test_the_format_of_2019_is_read(self, located: Located, state: State, tiny_network: torch.nn.Module):
        """TinyBERT's file was saved by a torch that wrote no zip archives yet."""
        old = located(pickled(state, _use_new_zipfile_serialization=False))
        assert torch.equal(logits(load_network(old)), logits(tiny_network))

    def test_half_precision_is_widened(self, located: Located, state: State):
        network = load_network(located(pickled({name: tensor.half() for name, tensor in state.items()})))
        assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
        weight = network.get_parameter("classifier.weight")
        assert torch.equal(weight, state["classifier.weight"].half().float())

    def test_the_global_random_state_is_left_alone(self, tiny_home: Home, lay: Lay):
        lay(tiny_home.models, "config.json", "vocab.txt", "model.safetensors")
        before = torch.get_rng_state()
        load_network(locate(tiny_model(), "full", tiny_home))
        load_network(locate(tiny_model(), "random", tiny_home))
        assert torch.equal(torch.get_rng_state(), before)


class TestNames:
    def test_data_parallel_prefix_and_old_layer_norm_names_are_understood(
        self, located: Located, state: State, tiny_network: torch.nn.Module
    ):
        def old(name: str) -> str:
            if "LayerNorm" in name:
                name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
            return f"module.{name}"

        renamed = {old(name): tensor for name, tensor in state.items()}
        assert "module.bert.embeddings.LayerNorm.gamma" in renamed
        loaded = load(located(pickled(renamed)))
        assert torch.equal(logits(loaded.network), logits(tiny_network))
        assert loaded.ignored == ()

    @pytest.mark.parametrize("under", ["state_dict", "model", "model_state_dict", "net"])
    def test_a_state_inside_a_training_checkpoint_is_read(
        self, located: Located, state: State, tiny_network: torch.nn.Module, under: str
    ):
        loaded = load(located(pickled({"epoch": 3, under: state, "optimizer": {"state": {}}})))
        assert torch.equal(logits(loaded.network), logits(tiny_network))
        assert loaded.ignored == ("epoch", "optimizer")

    @pytest.mark.parametrize(
        "renamed",
        [
            pytest.param(lambda name: f"_orig_mod.{name}", id="torch.compile"),
            pytest.param(lambda name: f"module._orig_mod.{name}", id="both"),
            pytest.param(lambda name: f"model.{name}", id="lightning"),
            pytest.param(lambda name: f"student.{name}", id="any-other"),
            pytest.param(lambda name: name.removeprefix("bert."), id="no-bert"),
            pytest.param(lambda name: f"module.{name.removeprefix('bert.')}", id="module-no-bert"),
            pytest.param(lambda name: name.replace("bert.", "encoder.", 1), id="another-attribute"),
            pytest.param(
                lambda name: f"net.{name.replace('bert.', 'backbone.', 1)}", id="another-in-a-wrapper"
            ),
        ],
    )
    def test_what_stands_before_every_key_is_taken_off(
        self, located: Located, state: State, tiny_network: torch.nn.Module, renamed: Callable[[str], str]
    ):
        loaded = load(located(pickled({renamed(name): tensor for name, tensor in state.items()})))
        assert torch.equal(logits(loaded.network), logits(tiny_network))
        assert loaded.ignored == ()

    @pytest.mark.parametrize(
        ("renamed", "said"),
        [
            (lambda name: name.replace("bert.", "roberta.", 1), "its encoder is called 'roberta'"),
            (
                lambda name: name.replace("bert.", "vit.", 1).replace("word_embeddings", "x"),
                "no BERT: none of",
            ),
            (lambda name: name.replace("query.", "query.base_layer."), "holds an adapter, 4 keys"),
        ],
    )
    def test_keys_of_another_network_are_named_in_one_line(
        self, located: Located, state: State, renamed: Callable[[str], str], said: str
    ):
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled({renamed(name): tensor for name, tensor in state.items()})))
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_two_encoders_are_named_in_one_line(self, located: Located, state: State):
        both = {f"{who}.{name}": tensor for who in ("student", "teacher") for name, tensor in state.items()}
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled(both)))
        assert "holds 2 encoders, under 'student.bert.', 'teacher.bert.'" in str(caught.value)

    def test_many_misfits_of_one_kind_are_not_a_line_each(self, located: Located, state: State):
        renamed = {name.replace(".dense.", ".linear."): tensor for name, tensor in state.items()}
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled(renamed)))
        lines = str(caught.value).splitlines()
        assert len(lines) == 1 + 2 * (8 + 1)
        assert (
            lines[9]
            .strip()
            .startswith(
                "and 4 more like bert.encoder.layer.1.output.linear.bias: found, expected no such key"
            )
        )

    def test_what_inference_does_not_use_is_ignored_and_listed(
        self, located: Located, state: State, tiny_network: torch.nn.Module
    ):
        unused: State = {
            "fit_dense.weight": torch.zeros(24, 16),
            "fit_dense.bias": torch.zeros(24),
            "module.bert.embeddings.position_ids": torch.arange(16)[None],
            "cls.predictions.bias": torch.zeros(40),
        }
        loaded = load(located(pickled({**state, **unused})))
        assert isinstance(loaded, Loaded)
        assert loaded.ignored == tuple(unused)
        assert torch.equal(logits(loaded.network), logits(tiny_network))

    def test_every_misfit_is_listed_in_one_error(self, located: Located, state: State):
        del state["classifier.bias"], state["bert.pooler.dense.weight"]
        state["bert.pooler.dense.bias"] = torch.zeros(17)
        state["bert.invented.weight"] = torch.zeros(1)
        state["bert.embeddings.LayerNorm.bias"][3] = float("nan")
        state["bert.embeddings.LayerNorm.weight"][:2] = float("inf")
        state["classifier.weight"] = torch.zeros(2, 16, dtype=torch.int8)
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled(state)))
        assert sorted(problems(caught)) == [
            "bert.embeddings.LayerNorm.bias: found 1 NaN or infinite of 16 values, expected finite ones",
            "bert.embeddings.LayerNorm.weight: found 2 NaN or infinite of 16 values, expected finite ones",
            "bert.invented.weight: found, expected no such key",
            "bert.pooler.dense.bias: found shape [17], expected [16]",
            "bert.pooler.dense.weight: missing",
            "classifier.bias: missing",
            "classifier.weight: found torch.int8, expected floating point",
        ]

    def test_two_keys_for_one_parameter_are_refused(self, located: Located, state: State):
        state["module.classifier.bias"] = torch.ones(2)
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled(state)))
        assert problems(caught) == ["module.classifier.bias: found, expected classifier.bias only once"]

    def test_a_double_too_large_for_a_float_is_refused(self, located: Located, state: State):
        state["classifier.bias"] = torch.tensor([1e300, 0.0], dtype=torch.float64)
        with pytest.raises(CheckpointError, match=r"classifier\.bias: found 1 NaN or infinite of 2"):
            load_network(located(pickled(state)))


class Malicious:
    """Unpickled without care, it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


class TestDamage:
    def test_a_pickle_that_would_run_code_is_refused_unrun(
        self, located: Located, state: State, tmp_path: Path
    ):
        trace = tmp_path / "trace"
        content = pickled({**state, "payload": Malicious(trace)})
        with pytest.raises(CheckpointError, match="holds anything else can run any code") as caught:
            load_network(located(content))
        assert "posix.mkdir" in str(caught.value)
        assert "weights_only" not in str(caught.value)  # torch would advise to switch the protection off
        assert not trace.exists()
        torch.load(io.BytesIO(content), weights_only=False)  # the payload is a real one
        assert trace.exists()

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"<html>not found</html>", id="a-web-page"),
            pytest.param(pickle.dumps({"a": 1}, protocol=2)[:-4], id="cut-pickle"),
            pytest.param(pickle.dumps({"a": 1}, protocol=4), id="newer-pickle"),
        ],
    )
    def test_what_is_no_checkpoint_is_refused(self, located: Located, content: bytes):
        with pytest.raises(CheckpointError, match="not a plain state dict"):
            load_network(located(content))

    def test_a_cut_archive_is_refused(self, located: Located, tiny_files: Mapping[str, bytes]):
        content = tiny_files["pytorch_model.bin"]
        with pytest.raises(CheckpointError, match="not a plain state dict"):
            load_network(located(content[: len(content) // 2]))

    def test_a_list_of_tensors_is_refused(self, located: Located, state: State):
        with pytest.raises(CheckpointError, match="found a list, expected names and tensors"):
            load_network(located(pickled(list(state.values()))))

    def test_a_value_that_is_no_tensor_is_refused(self, located: Located, state: State):
        with pytest.raises(CheckpointError, match=r"classifier\.bias: found a float, expected a tensor"):
            load_network(located(pickled({**state, "classifier.bias": 0.5})))

    @pytest.mark.parametrize(
        ("around", "ignored"),
        [
            pytest.param(lambda state: {"model": state, "epoch": torch.tensor(3)}, {"epoch"}, id="tensor"),
            pytest.param(
                lambda state: {"model": state, "scaler": {"scale": torch.tensor(2.0)}},
                {"scaler"},
                id="scaler",
            ),
            pytest.param(
                lambda state: {
                    "net": state,
                    "rng": torch.zeros(8, dtype=torch.uint8),
                    "opt": {0: {"m": torch.zeros(2)}},
                },
                {"rng", "opt"},
                id="optimizer",
            ),
            pytest.param(
                lambda state: {"checkpoint": {"model": state, "step": 4}, "args": {}},
                {"checkpoint.step", "args"},
                id="deep",
            ),
        ],
    )
    def test_the_state_with_the_encoder_is_taken_whatever_stands_beside_it(
        self, located: Located, state: State, around, ignored
    ):
        loaded = load(located(pickled(around(dict(state)))))
        assert set(loaded.ignored) == ignored
        for name, tensor in loaded.network.state_dict().items():
            assert torch.equal(tensor, state[name])

    @pytest.mark.parametrize("part", ["_orig_mod", "_checkpoint_wrapped_module", "_fsdp_wrapped_module"])
    def test_wrappers_of_single_layers_are_taken_off(self, located: Located, state: State, part: str):
        wrapped = {re.sub(r"(layer\.\d+)", rf"\1.{part}", name): tensor for name, tensor in state.items()}
        loaded = load(located(pickled(wrapped)))
        assert loaded.ignored == ()

    def test_a_refusal_has_neither_torchs_colours_nor_its_advice(self, located: Located, state: State):
        with pytest.raises(CheckpointError, match=r"argparse\.Namespace") as caught:
            load_network(located(pickled({"model": dict(state), "args": argparse.Namespace(a=1)})))
        for word in ("\x1b", "safe_globals", "weights_only", "torch."):
            assert word not in str(caught.value)

    def test_two_states_in_one_file_are_named_in_one_line(self, located: Located, state: State):
        with pytest.raises(CheckpointError) as caught:
            load_network(located(pickled({"model": state, "ema": state, "epoch": 3})))
        assert "holds 2 state dicts, under 'model', 'ema', expected one" in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_file_without_tensors_names_its_keys(self, located: Located):
        with pytest.raises(CheckpointError, match="holds no tensors; its keys are 'epoch', 'optimizer'"):
            load_network(located(pickled({"epoch": 3, "optimizer": {}})))

    def test_values_that_are_not_all_stored_are_refused(self, located: Located, state: State):
        state["classifier.weight"] = torch.ones(1).expand(2, 16)
        with pytest.raises(CheckpointError, match="32 values of which only some are stored"):
            load_network(located(pickled(state)))

    def test_cut_safetensors_are_refused(self, tiny_home: Home, lay: Lay, tiny_files: Mapping[str, bytes]):
        content = tiny_files["model.safetensors"][:-1]
        lay(tiny_home.models, "config.json", "vocab.txt", model__safetensors=content)
        with pytest.raises(CheckpointError, match="not a sound safetensors file"):
            load_network(locate(tiny_model(), "full", tiny_home))

    def test_weights_that_changed_since_they_were_located_are_refused(
        self, tiny_home: Home, lay: Lay, state: State
    ):
        folder = lay(tiny_home.models, "config.json", "vocab.txt", "model.safetensors")
        checkpoint = locate(tiny_model(), "full", tiny_home)
        state["classifier.bias"] += 1
        save_file(state, folder / "model.safetensors")
        with pytest.raises(CheckpointError, match="changed since it was located"):
            load_network(checkpoint)


class TestRandom:
    def test_the_same_seed_gives_the_same_weights_whatever_the_global_state(self, tiny_home: Home):
        checkpoint = locate(tiny_model(), "random", tiny_home)
        states = []
        for seed in (1, 2):
            with torch.random.fork_rng():
                torch.manual_seed(seed)
                states.append(load_network(checkpoint).state_dict())
        assert states[0].keys() == states[1].keys()
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])

    def test_it_has_the_documented_sizes_and_is_not_constant(self, tiny_home: Home):
        network = load_network(locate(tiny_model(), "random", tiny_home))
        embedding = network.get_parameter("bert.embeddings.word_embeddings.weight")
        assert list(embedding.shape) == [ARCHITECTURE.vocabulary, ARCHITECTURE.hidden]
        assert embedding.std() > 0.01
        assert not network.training


class TestHeadOfTheAuthors:
    """TinyBERT's authors classify ``relu(pooled)``; BertForSequenceClassification takes ``pooled``."""

    def plain(self, state: State) -> torch.Tensor:
        """The logits of BertForSequenceClassification with the same weights, all of them used."""
        from transformers import BertForSequenceClassification

        network = BertForSequenceClassification(encoder_config(ARCHITECTURE)).eval()
        network.load_state_dict(state, strict=True)
        with torch.inference_mode():
            return network(input_ids=IDS, token_type_ids=SEGMENTS, attention_mask=MASK).logits

    def test_a_plain_classification_head_gives_other_logits(self, tiny_home: Home, lay: Lay, state: State):
        lay(tiny_home.models, "config.json", "vocab.txt", "model.safetensors")
        network = load_network(locate(tiny_model(), "full", tiny_home))
        difference = (logits(network) - self.plain(state)).abs().max()
        assert difference > 0.1
        with torch.inference_mode():
            pooled = network.bert(input_ids=IDS, token_type_ids=SEGMENTS, attention_mask=MASK).pooler_output
            by_hand = torch.relu(pooled) @ state["classifier.weight"].T + state["classifier.bias"]
        torch.testing.assert_close(logits(network), by_hand)

    def test_without_the_relu_the_logits_are_the_same(self, state: State):
        architecture = dataclasses.replace(ARCHITECTURE, head=Head.CLASSIFICATION)
        network = build_network(architecture, tiny_model().inputs).eval()
        network.load_state_dict(state, strict=True)
        torch.testing.assert_close(logits(network), self.plain(state))

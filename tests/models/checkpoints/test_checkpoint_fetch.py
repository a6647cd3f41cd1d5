"""Fetching from a hub: what arrives, what is verified, and what is said when it goes wrong.

The server is a real one on loopback, the client a process of its own with ``HF_ENDPOINT`` set to it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hub_server import Fault, Hub, serving
from laying import index_of, index_text, lay_shards, name_of, tokenizer_json
from tiny_model import REPOSITORY, REVISION, UNNAMED, VOCABULARY, hub_model, tiny_model

from harness.domain.datasets import DatasetSpec
from harness.errors import CheckpointError, NotThere
from harness.models.checkpoints import fetch, fetch_dataset, load_network, locate
from harness.setting.home import Home

ROOT = Path(__file__).resolve().parents[3]
Lay = Callable[..., Path]
Client = Callable[..., dict[str, Any]]
FULL = ("config.json", "vocab.txt", "model.safetensors")
INDEX = "model.safetensors.index.json"


@pytest.fixture
def hub(tiny_files: Mapping[str, bytes]) -> Iterator[Hub]:
    """A hub with the tiny checkpoint, safetensors only."""
    files = {name: tiny_files[name] for name in FULL}
    with serving(Hub(repository=REPOSITORY, revision=REVISION, files=files)) as running:
        yield running


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Runs the client against a URL; keywords go into the model's table, `environment` into its own."""

    def run(url: str, environment: Mapping[str, str] | None = None, **source: object) -> dict[str, Any]:
        kept = {name: value for name, value in os.environ.items() if not _is_theirs(name)}
        own = {
            "HF_ENDPOINT": url, "HF_HOME": str(tmp_path / "huggingface"), "HF_HUB_DOWNLOAD_TIMEOUT": "1",
            "NO_PROXY": "*", "PYTHONPATH": str(ROOT), **(environment or {}),
        }  # fmt: skip
        script = str(Path(__file__).with_name("fetch_client.py"))
        done = subprocess.run(
            [sys.executable, "-W", "error", script, str(tmp_path), json.dumps(source)],
            env={**kept, **own}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        outcome: dict[str, Any] = json.loads(done.stdout)
        assert outcome["torch"] is False  # fetching does not wait for torch
        return outcome

    return run


def _is_theirs(name: str) -> bool:
    return name.startswith(("HF_", "HUGGING_FACE_", "TRANSFORMERS_")) or name.lower().endswith("_proxy")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def visible(home: Home) -> list[str]:
    """Everything in the models folder, hidden entries included."""
    return sorted(path.name for path in home.models.iterdir()) if home.models.is_dir() else []


class TestWhatArrives:
    def test_a_fetched_checkpoint_is_located_and_loads(
        self, hub: Hub, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes], tiny_network: Any
    ):
        outcome = client(hub.url)
        hashes = {name: sha256(tiny_files[name]) for name in FULL}
        assert outcome["files"] == hashes
        assert outcome["downloaded"] == list(FULL)
        assert outcome["received"] == {name: [len(tiny_files[name])] * 2 for name in FULL}
        checkpoint = locate(hub_model(), "full", tiny_home)
        assert checkpoint.files == hashes
        assert checkpoint.source == f"hub {REPOSITORY}@{REVISION}; {UNNAMED}"
        loaded = load_network(checkpoint).state_dict()
        assert all((loaded[name] == value).all() for name, value in tiny_network.state_dict().items())

    def test_the_folder_holds_the_files_and_the_record_and_nothing_else(
        self, hub: Hub, client: Client, tiny_home: Home
    ):
        killed = tiny_home.models / ".tiny-bert.fetching"
        killed.mkdir(parents=True)
        (killed / "model.safetensors").write_bytes(b"of a fetch that was killed")
        client(hub.url)
        assert visible(tiny_home) == ["tiny-bert"]
        folder = tiny_home.models / "tiny-bert"
        assert sorted(path.name for path in folder.iterdir()) == sorted([*FULL, "zoocheck.json"])
        record = json.loads((folder / "zoocheck.json").read_text())
        assert (record["repository"], record["revision"], record["commit"]) == (
            REPOSITORY,
            REVISION,
            REVISION,
        )
        assert record["fetched"].endswith("+00:00")

    def test_a_second_fetch_verifies_and_asks_the_hub_nothing(self, hub: Hub, client: Client):
        first = client(hub.url)
        asked = len(hub.requests)
        second = client(hub.url, {"HF_HUB_OFFLINE": "1"})
        third = client(hub.url)
        assert second["downloaded"] == third["downloaded"] == []
        assert second["files"] == third["files"] == first["files"]
        assert len(hub.requests) == asked

    def test_a_file_damaged_after_the_first_fetch_is_fetched_again_alone(
        self, hub: Hub, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes]
    ):
        client(hub.url)
        weights = tiny_home.models / "tiny-bert" / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
        with pytest.raises(CheckpointError, match="its files differ from those fetched from"):
            locate(hub_model(), "full", tiny_home)
        assert client(hub.url)["downloaded"] == ["model.safetensors"]
        assert weights.read_bytes() == tiny_files["model.safetensors"]

    def test_a_vocabulary_already_there_is_kept_if_it_is_the_hubs(
        self, hub: Hub, client: Client, tiny_home: Home, lay: Lay
    ):
        lay(tiny_home.models, "vocab.txt")
        assert client(hub.url)["downloaded"] == ["config.json", "model.safetensors"]
        assert locate(hub_model(), "full", tiny_home).source.startswith("hub ")

    def test_a_whole_checkpoint_put_there_by_hand_is_verified_and_recorded(
        self, hub: Hub, client: Client, tiny_home: Home, lay: Lay
    ):
        lay(tiny_home.models, *FULL, "pytorch_model.bin")
        outcome = client(hub.url)
        assert outcome["downloaded"] == []
        assert {method for method, _ in hub.requests} == {"HEAD"}
        assert locate(hub_model(), "full", tiny_home).source == f"hub {REPOSITORY}@{REVISION}; {UNNAMED}"
        assert (tiny_home.models / "tiny-bert" / "pytorch_model.bin").is_file()

    def test_two_processes_that_want_the_same_model_download_it_once(
        self, hub: Hub, client: Client, tiny_home: Home
    ):
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(client, [hub.url, hub.url]))
        assert sorted(len(outcome["downloaded"]) for outcome in outcomes) == [0, 3]
        assert [method for method, _ in hub.requests].count("GET") == 3

    def test_another_vocabulary_that_no_fetch_put_there_is_not_overwritten(
        self, hub: Hub, client: Client, tiny_home: Home, lay: Lay
    ):
        folder = lay(tiny_home.models, vocab__txt=b"mine\n")
        outcome = client(hub.url)
        assert outcome["error"] == "DownloadError"
        assert f"{folder / 'vocab.txt'}: found a file that is not the hub's" in outcome["message"]
        assert [path.name for path in folder.iterdir()] == ["vocab.txt"]
        assert (folder / "vocab.txt").read_bytes() == b"mine\n"

    def test_a_repository_with_a_pickle_only_gives_the_pickle(
        self, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes]
    ):
        names = ("config.json", "vocab.txt", "pytorch_model.bin")
        files = {name: tiny_files[name] for name in names}
        with serving(Hub(repository=REPOSITORY, revision=REVISION, files=files)) as hub:
            assert client(hub.url)["downloaded"] == list(names)
        assert locate(hub_model(), "full", tiny_home).weights_sha256 == sha256(files["pytorch_model.bin"])

    def test_a_new_pin_in_the_table_replaces_what_the_old_one_brought(
        self, hub: Hub, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes]
    ):
        client(hub.url)
        names = ("config.json", "vocab.txt", "pytorch_model.bin")
        newer = Hub(repository=REPOSITORY, revision="newer", files={name: tiny_files[name] for name in names})
        with serving(newer):
            assert client(newer.url, revision="newer")["downloaded"] == ["pytorch_model.bin"]
        found = locate(hub_model(revision="newer"), "full", tiny_home)
        assert set(found.files) == set(names)
        assert not (tiny_home.models / "tiny-bert" / "model.safetensors").exists()


@pytest.fixture
def pieces() -> bytes:
    """The tokenizer.json of the tiny vocabulary."""
    return tokenizer_json(VOCABULARY.splitlines()).encode()


@pytest.fixture
def in_shards(tiny_files: Mapping[str, bytes], tiny_network: Any, tmp_path: Path) -> Callable[..., Hub]:
    """Makes a hub with the tiny checkpoint in three shards; keywords are further files, dots as ``__``."""

    def make(ending: str = "safetensors", **more: bytes) -> Hub:
        source = tmp_path / "source"
        source.mkdir()
        lay_shards(source, tiny_network.state_dict(), ending)
        files = {name: tiny_files[name] for name in ("config.json", "vocab.txt")}
        files |= {path.name: path.read_bytes() for path in source.iterdir()}
        files |= {name.replace("__", "."): content for name, content in more.items()}
        return Hub(repository=REPOSITORY, revision=REVISION, files=files)

    return make


def gets(hub: Hub) -> list[str]:
    """The files that were sent, in order."""
    return [
        path.rpartition("/")[2] for method, path in hub.requests if method == "GET" and "/store/" not in path
    ]


class TestShards:
    @pytest.mark.parametrize("ending", ["safetensors", "bin"])
    def test_the_index_and_every_shard_arrive_the_index_last(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, tiny_network: Any, ending: str
    ):
        shards = [name_of(shard, ending) for shard in (1, 2, 3)]
        with serving(in_shards(ending)) as hub:
            outcome = client(hub.url)
            assert outcome["downloaded"] == ["config.json", "vocab.txt", *shards, index_of(ending)]
            asked = len(hub.requests)
            assert client(hub.url)["downloaded"] == []
            assert len(hub.requests) == asked
        found = locate(hub_model(), "full", tiny_home)
        assert found.source == f"hub {REPOSITORY}@{REVISION}; {UNNAMED}"
        assert found.files == outcome["files"]
        assert found.weights_files == tuple(shards)
        loaded = load_network(found).state_dict()
        assert all((loaded[name] == value).all() for name, value in tiny_network.state_dict().items())

    def test_one_file_of_all_weights_comes_before_shards(
        self, client: Client, in_shards: Callable[..., Hub], tiny_files: Mapping[str, bytes]
    ):
        with serving(in_shards(model__safetensors=tiny_files["model.safetensors"])) as hub:
            assert client(hub.url)["downloaded"] == list(FULL)

    def test_shards_of_safetensors_come_before_one_pickle(
        self, client: Client, in_shards: Callable[..., Hub], tiny_files: Mapping[str, bytes]
    ):
        with serving(in_shards(pytorch_model__bin=tiny_files["pytorch_model.bin"])) as hub:
            assert client(hub.url)["downloaded"][-1] == INDEX

    @pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"damaged")])
    def test_a_shard_lost_or_damaged_later_is_fetched_again_alone(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, damage: Callable[[Path], object]
    ):
        second = name_of(2, "safetensors")
        with serving(in_shards()) as hub:
            client(hub.url)
            damage(tiny_home.models / "tiny-bert" / second)
            assert client(hub.url)["downloaded"] == [second]
        assert locate(hub_model(), "full", tiny_home).source.startswith("hub ")

    def test_a_newer_revision_in_one_file_takes_the_shards_away(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, tiny_files: Mapping[str, bytes]
    ):
        with serving(in_shards()) as hub:
            client(hub.url)
        newer = Hub(repository=REPOSITORY, revision="newer", files={name: tiny_files[name] for name in FULL})
        with serving(newer):
            assert client(newer.url, revision="newer")["downloaded"] == ["model.safetensors"]
        folder = tiny_home.models / "tiny-bert"
        assert sorted(path.name for path in folder.iterdir()) == sorted([*FULL, "zoocheck.json"])

    def test_a_shard_put_there_by_hand_is_not_overwritten(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, lay: Lay
    ):
        mine = lay(tiny_home.models) / name_of(2, "safetensors")
        mine.write_bytes(b"mine")
        with serving(in_shards()) as hub:
            outcome = client(hub.url)
        assert f"{mine}: found a file that is not the hub's" in outcome["message"]
        assert mine.read_bytes() == b"mine"

    def test_the_table_states_a_hash_of_all_shards(self, client: Client, in_shards: Callable[..., Hub]):
        hub = in_shards()
        shards = [name_of(shard, "safetensors") for shard in (1, 2, 3)]
        whole = sha256("".join(f"{sha256(hub.files[name])}  {name}\n" for name in shards).encode())
        with serving(hub):
            outcome = client(hub.url, sha256="0" * 64)
            assert (
                f"{', '.join(shards)} of {REPOSITORY}@{REVISION}: found SHA-256 {whole}" in outcome["message"]
            )
            assert client(hub.url, sha256=whole)["downloaded"][-1] == INDEX

    @pytest.mark.parametrize(
        "shard",
        [
            "../model.safetensors", "/etc/model.safetensors", "a/model.safetensors", "..", "", "config.json",
            "a\nb.safetensors", "\0.safetensors", f"{'a' * 300}.safetensors",
        ],
    )  # fmt: skip
    def test_an_index_that_names_a_file_elsewhere_is_refused(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, tmp_path: Path, shard: str
    ):
        index = index_text({"a": "one.safetensors", "b": shard}).encode()
        with serving(in_shards(**{INDEX.replace(".", "__"): index})) as hub:
            before = sorted(tmp_path.rglob("*.safetensors"))
            outcome = client(hub.url)
            assert gets(hub) == ["config.json", "vocab.txt", INDEX]  # nothing that it names was asked for
        assert outcome["error"] == "DownloadError"
        assert f"{INDEX} of {REPOSITORY}@{REVISION}: found the shard" in outcome["message"]
        assert "expected a file beside it, *.safetensors" in outcome["message"]
        assert visible(tiny_home) == []
        assert sorted(tmp_path.rglob("*.safetensors")) == before

    @pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"weight_map": {"a": 1}}'])
    def test_an_index_that_is_none_is_refused(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home, content: bytes
    ):
        with serving(in_shards(**{INDEX.replace(".", "__"): content})) as hub:
            outcome = client(hub.url)
        assert outcome["error"] == "DownloadError"
        assert f"{INDEX} of {REPOSITORY}@{REVISION}: " in outcome["message"]
        assert visible(tiny_home) == []

    @pytest.mark.parametrize(
        ("method", "fault", "said"),
        [
            ("HEAD", Fault.NOT_FOUND, "answered 404"),
            ("GET", Fault.WRONG_BYTES, "these are not the bytes the hub promised"),
            ("GET", Fault.BREAKS_OFF, "broke off before the end"),
        ],
    )
    def test_a_shard_that_does_not_arrive_leaves_nothing(
        self,
        client: Client,
        in_shards: Callable[..., Hub],
        tiny_home: Home,
        method: str,
        fault: Fault,
        said: str,
    ):
        hub = in_shards()
        second = name_of(2, "safetensors")
        hub.faults = {(method, second): fault}
        with serving(hub):
            outcome = client(hub.url)
        assert second in outcome["message"]
        assert said in outcome["message"]
        assert visible(tiny_home) == []

    def test_a_shard_that_nobody_states_the_hash_of_is_refused(
        self, client: Client, in_shards: Callable[..., Hub], tiny_home: Home
    ):
        hub = in_shards()
        hub.lfs = (name_of(1, "safetensors"),)
        with serving(hub):
            outcome = client(hub.url)
        assert (
            f"{name_of(2, 'safetensors')} of {REPOSITORY}@{REVISION}: the hub states no" in outcome["message"]
        )
        assert visible(tiny_home) == []


class TestVocabularies:
    def test_a_tokenizer_json_is_fetched_where_there_is_no_vocab_txt(
        self, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes], pieces: bytes
    ):
        names = ("config.json", "model.safetensors")
        files = {name: tiny_files[name] for name in names} | {"tokenizer.json": pieces}
        with serving(Hub(repository=REPOSITORY, revision=REVISION, files=files)) as hub:
            assert client(hub.url)["downloaded"] == ["config.json", "tokenizer.json", "model.safetensors"]
        found = locate(hub_model(), "full", tiny_home)
        assert found.vocabulary == tiny_home.models / "tiny-bert" / "tokenizer.json"
        assert found.source.startswith("hub ")

    def test_one_beside_vocab_txt_is_fetched_too_and_vocab_txt_is_read(
        self, hub: Hub, client: Client, tiny_home: Home, pieces: bytes
    ):
        hub.files = {**hub.files, "tokenizer.json": pieces}
        names = ["config.json", "vocab.txt", "tokenizer.json", "model.safetensors"]
        assert client(hub.url)["downloaded"] == names
        found = locate(hub_model(), "full", tiny_home)
        assert found.vocabulary == tiny_home.models / "tiny-bert" / "vocab.txt"

    def test_a_vocab_txt_by_hand_that_would_be_read_instead_is_named(
        self, hub: Hub, client: Client, tiny_home: Home, lay: Lay, pieces: bytes
    ):
        mine = lay(tiny_home.models, vocab__txt=b"mine\n") / "vocab.txt"
        hub.files = {name: hub.files[name] for name in ("config.json", "model.safetensors")}
        hub.files["tokenizer.json"] = pieces
        assert f"{mine}: found a file that is not the hub's" in client(hub.url)["message"]
        assert visible(tiny_home) == ["tiny-bert"]


class TestRecords:
    @pytest.mark.parametrize("name", ["../outside.safetensors", "/outside", "..", ""])
    def test_a_record_of_a_file_elsewhere_deletes_nothing(
        self, hub: Hub, client: Client, tiny_home: Home, name: str
    ):
        client(hub.url)
        record = tiny_home.models / "tiny-bert" / "zoocheck.json"
        content = json.loads(record.read_text())
        content["files"][name] = "0" * 64
        record.write_text(json.dumps(content), encoding="utf-8")
        outside = tiny_home.models / "outside.safetensors"
        outside.write_bytes(b"mine")
        with pytest.raises(CheckpointError, match="not the record of a fetch"):
            locate(hub_model(), "full", tiny_home)
        assert client(hub.url)["downloaded"] == []
        assert outside.read_bytes() == b"mine"
        assert locate(hub_model(), "full", tiny_home).source.startswith("hub ")


# What goes wrong -> (where, the words that say what and the words that say what to do).
FAULTS = {
    "config-404": (
        {("HEAD", "config.json"): Fault.NOT_FOUND},
        [f"config.json of {REPOSITORY}@{REVISION}", "answered 404"],
        "correct hub and revision in the model's table",
    ),
    "weights-404": (
        {("HEAD", "model.safetensors"): Fault.NOT_FOUND},
        [
            f"model.safetensors or {INDEX} or pytorch_model.bin or",
            f"of {REPOSITORY}@{REVISION}",
            "answered 404",
        ],
        "correct hub and revision",
    ),
    "vocabulary-404": (
        {("HEAD", "vocab.txt"): Fault.NOT_FOUND},
        [f"vocab.txt or tokenizer.json of {REPOSITORY}@{REVISION}", "answered 404"],
        "correct hub and revision",
    ),
    "second-vocabulary-500": (
        {("HEAD", "tokenizer.json"): Fault.UNAVAILABLE},
        ["tokenizer.json", "answered 500: the server's fault"],
        "try again later",
    ),
    "head-500": (
        {("HEAD", "model.safetensors"): Fault.UNAVAILABLE},
        ["model.safetensors", "answered 500: the server's fault"],
        "try again later",
    ),
    "get-500": (
        {("GET", "model.safetensors"): Fault.UNAVAILABLE},
        ["model.safetensors", "answered 500: the server's fault"],
        "try again later",
    ),
    "gated": (
        {("HEAD", "config.json"): Fault.GATED},
        ["answered 403: not open to everybody"],
        "set HF_TOKEN",
    ),
    "head-slow": (
        {("HEAD", "config.json"): Fault.SLOW},
        [f"config.json of {REPOSITORY}", "sent nothing for 1 s"],
        "HF_HUB_DOWNLOAD_TIMEOUT set to more seconds",
    ),
    "get-slow": (
        {("GET", "vocab.txt"): Fault.SLOW},
        [f"vocab.txt of {REPOSITORY}", "sent nothing for 1 s"],
        "HF_HUB_DOWNLOAD_TIMEOUT set to more seconds",
    ),
    "breaks-off": (
        {("GET", "model.safetensors"): Fault.BREAKS_OFF},
        [f"model.safetensors of {REPOSITORY}", "broke off before the end"],
        "try again",
    ),
    "shortened": (
        {("GET", "model.safetensors"): Fault.SHORTENED},
        [f"model.safetensors of {REPOSITORY}", "broke off before the end"],
        "try again",
    ),
    "wrong-weights": (
        {("GET", "model.safetensors"): Fault.WRONG_BYTES},
        ["model.safetensors", "these are not the bytes the hub promised"],
        "suspect a proxy or mirror",
    ),
    "wrong-vocabulary": (
        {("GET", "vocab.txt"): Fault.WRONG_BYTES},
        ["vocab.txt", "these are not the bytes the hub promised"],
        "suspect a proxy or mirror",
    ),
    "no-etag": (
        {("HEAD", "config.json"): Fault.NO_ETAG},
        ["config.json", "states no ETag"],
        "check HF_ENDPOINT",
    ),
}


class TestWhatGoesWrong:
    @pytest.mark.parametrize(("faults", "said", "remedy"), FAULTS.values(), ids=FAULTS)
    def test_a_fault_is_a_sentence_and_a_remedy_and_leaves_nothing(
        self,
        hub: Hub,
        client: Client,
        tiny_home: Home,
        faults: dict[tuple[str, str], Fault],
        said: list[str],
        remedy: str,
    ):
        hub.faults = faults
        outcome = client(hub.url)
        assert outcome["error"] == "DownloadError"
        assert all(words in outcome["message"] for words in said), outcome["message"]
        assert remedy in outcome["remedy"]
        assert visible(tiny_home) == []

    def test_a_server_that_breaks_off_for_ever_is_given_up(self, hub: Hub, client: Client, tiny_home: Home):
        """The hub client starts over without end while each attempt brings one of its 10 MB blocks."""
        hub.files = {**hub.files, "model.safetensors": bytes(24 << 20)}
        hub.faults = {("GET", "model.safetensors"): Fault.BREAKS_OFF}
        outcome = client(hub.url)
        assert outcome["error"] == "DownloadError"
        assert f"broke off 4 times before its {24 << 20} bytes were there" in outcome["message"]
        assert visible(tiny_home) == []

    def test_a_fault_leaves_what_was_there_before(self, hub: Hub, client: Client, tiny_home: Home, lay: Lay):
        folder = lay(tiny_home.models, "vocab.txt")
        hub.faults = {("GET", "model.safetensors"): Fault.WRONG_BYTES}
        assert client(hub.url)["error"] == "DownloadError"
        assert visible(tiny_home) == ["tiny-bert"]
        assert [path.name for path in folder.iterdir()] == ["vocab.txt"]

    def test_after_the_fault_a_fetch_succeeds(self, hub: Hub, client: Client, tiny_home: Home):
        hub.faults = {("GET", "model.safetensors"): Fault.SHORTENED}
        assert client(hub.url)["error"] == "DownloadError"
        hub.faults = {}
        assert client(hub.url)["downloaded"] == list(FULL)

    @pytest.mark.parametrize("source", [{"revision": "gone"}, {"hub": "zoo/gone"}])
    def test_an_unknown_revision_or_repository_is_named(
        self, hub: Hub, client: Client, source: dict[str, str]
    ):
        outcome = client(hub.url, **source)
        assert outcome["error"] == "DownloadError"
        pin = {"hub": REPOSITORY, "revision": REVISION, **source}
        assert f"config.json of {pin['hub']}@{pin['revision']}" in outcome["message"]
        assert "answered 404" in outcome["message"]

    def test_offline_nothing_is_asked(self, hub: Hub, client: Client, tiny_home: Home):
        outcome = client(hub.url, {"HF_HUB_OFFLINE": "1"})
        assert outcome["error"] == "DownloadError"
        assert "HF_HUB_OFFLINE is set" in outcome["message"]
        assert f"into {tiny_home.models / 'tiny-bert'} by hand" in outcome["remedy"]
        assert hub.requests == []

    def test_a_server_that_is_not_there_is_named(self, client: Client):
        with serving(Hub(repository=REPOSITORY, revision=REVISION, files={})) as gone:
            url = gone.url
        outcome = client(url)
        assert outcome["error"] == "DownloadError"
        assert f"cannot reach {url}" in outcome["message"]

    def test_an_endpoint_that_is_no_address_is_named(self, client: Client):
        outcome = client("nonsense")
        assert outcome["error"] == "DownloadError"
        assert "check HF_ENDPOINT" in outcome["remedy"]

    def test_weights_other_than_the_table_states_are_refused(
        self, hub: Hub, client: Client, tiny_home: Home, tiny_files: Mapping[str, bytes]
    ):
        outcome = client(hub.url, sha256="0" * 64)
        found = sha256(tiny_files["model.safetensors"])
        assert (
            f"found SHA-256 {found}, expected {'0' * 64}, as the model's table states" in outcome["message"]
        )
        assert visible(tiny_home) == []
        assert client(hub.url, sha256=found)["downloaded"] == list(FULL)

    def test_weights_that_nobody_states_the_hash_of_are_refused(
        self, hub: Hub, client: Client, tiny_home: Home
    ):
        hub.lfs = ()
        outcome = client(hub.url)
        assert "the hub states no SHA-256 of it" in outcome["message"]
        assert visible(tiny_home) == []

    def test_a_models_folder_that_cannot_be_written_is_named(self, hub: Hub, client: Client, tiny_home: Home):
        tiny_home.models.write_text("a file where a folder should be")
        outcome = client(hub.url)
        assert outcome["error"] == "DownloadError"
        assert f"cannot write {tiny_home.models}" in outcome["message"]
        assert "ZOOCHECK_MODELS" in outcome["remedy"]


class TestWithoutAHub:
    def test_it_says_where_to_get_the_checkpoint_and_where_to_put_it(self, tiny_home: Home):
        with pytest.raises(NotThere) as caught:
            fetch(tiny_model(), tiny_home)
        assert "get it from https://example.org/tiny.zip" in str(caught.value)
        assert f"into {tiny_home.models / 'tiny-bert'}" in str(caught.value)

    def test_what_people_put_there_is_checked_and_hashed(
        self, tiny_home: Home, lay: Lay, tiny_files: Mapping[str, bytes]
    ):
        lay(tiny_home.models, *FULL)
        fetched = fetch(tiny_model(), tiny_home)
        assert fetched.files == {name: sha256(tiny_files[name]) for name in FULL}
        assert (fetched.repository, fetched.downloaded) == (None, ())
        lay(tiny_home.models, config__json=b"{}")
        with pytest.raises(CheckpointError, match="not a BERT configuration"):
            fetch(tiny_model(), tiny_home)


class TestDatasets:
    SPEC = DatasetSpec(
        name="sst2", title="SST-2", reader="sst2", file="dev.tsv", counts={"samples": 872},
        published="https://example.org/SST-2.zip",
    )  # fmt: skip

    def test_a_file_that_is_there_is_hashed(self, tiny_home: Home):
        path = tiny_home.data / "sst2" / "dev.tsv"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"sentence\tlabel\n")
        found = fetch_dataset(self.SPEC, tiny_home)
        assert (found.path, found.sha256) == (path, sha256(b"sentence\tlabel\n"))

    def test_a_missing_one_is_named_with_its_address_and_place(self, tiny_home: Home):
        with pytest.raises(NotThere) as caught:
            fetch_dataset(dataclasses.replace(self.SPEC), tiny_home)
        assert str(tiny_home.data / "sst2" / "dev.tsv") in str(caught.value)
        assert "https://example.org/SST-2.zip" in str(caught.value)

"""What the tests of the harness share: the real catalog, a small network, and a small world."""

from __future__ import annotations

import dataclasses
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

import encoders
import mini
import numpy as np
import pytest
from hypothesis import settings
from simulated import computing, kit

from harness import files
from harness.domain.catalog import Catalog
from harness.domain.models import Architecture, Head, Protocol
from harness.models.graphs.export import Exported, export, run_torch
from harness.setting.home import Home
from harness.store.results import Store
from harness.tables import catalog as tables
from harness.tasks.datasets import sst2
from harness.tasks.text import classify
from harness.tasks.text.wordpiece import WordPieceTokenizer, load_vocabulary

# An example takes as long as the machine lets it: the tests time nothing.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Ten thousand tests stay to the end: nobody looks through them for garbage, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def of_all_workers(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of pytest-xdist have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.fixture(scope="session", autouse=True)
def remembered(of_all_workers: Path) -> Iterator[None]:
    """One folder for what the imitated tools' networks compute: no test waits for what another has."""
    folder = of_all_workers / "remembered"
    folder.mkdir(exist_ok=True)
    command = [sys.executable, computing.__file__, str(folder)]
    with (
        pytest.MonkeyPatch.context() as patch,
        subprocess.Popen(command, stdin=subprocess.PIPE),
    ):
        patch.setenv(kit.REMEMBERED, str(folder))
        yield


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The built-in tables."""
    return tables.load((tables.BUILT_IN,))


@pytest.fixture(scope="session")
def small(catalog: Catalog) -> Architecture:
    """TinyBERT's head on two layers of 32."""
    return dataclasses.replace(
        catalog.models["tinybert"].architecture,
        layers=2, hidden=32, heads=2, intermediate=64, vocabulary=200, positions=64,
    )  # fmt: skip


@pytest.fixture(scope="session")
def network(catalog: Catalog, small: Architecture) -> object:
    """The small network with seeded weights large enough that rounding and GELU show."""
    import torch

    from harness.models.networks import build_network

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = build_network(small, catalog.models["tinybert"].inputs).eval()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(4.0) if parameter.dim() == 2 else parameter.add_(0.05)
    return net


@pytest.fixture(scope="session")
def exported(catalog: Catalog, small: Architecture, network: object) -> Exported:
    """The small network as a simplified graph at batch 3, opset 17."""
    return export(network, catalog.models["tinybert"], small, batch_size=3, opset=17)


@pytest.fixture(scope="session")
def encoder(one_thread: None) -> Callable[..., encoders.Encoder]:
    """A small encoder of a family (a name of `encoders.NAMES`), each made once."""
    made: dict[tuple[str, Head], encoders.Encoder] = {}

    def get(name: str, head: Head = Head.CLASSIFICATION) -> encoders.Encoder:
        if (name, head) not in made:
            made[name, head] = encoders.Encoder.made(name, head)
        return made[name, head]

    return get


@pytest.fixture(scope="session")
def small_tables(catalog: Catalog, small: Architecture) -> Catalog:
    """The real tables with a TinyBERT of the small network's size."""
    return mini.small_catalog(catalog, small)


@pytest.fixture(scope="session")
def labels(catalog: Catalog, minis: Path, network: object) -> list[int]:
    """Labels of the sentences: what the checkpoint predicts, but for `mini.WRONG` of them."""
    corpus = minis.parent / "unlabelled" / "dev.tsv"
    mini.write_data(corpus, [0] * mini.SENTENCES)
    vocabulary = load_vocabulary(minis / mini.MODEL / "vocab.txt")
    model = catalog.models[mini.MODEL]
    features = classify.prepare(
        sst2.read(corpus, expected=None).examples, WordPieceTokenizer(vocabulary, do_lower_case=True),
        length=model.length, protocol=Protocol.DOCUMENTED,
    )  # fmt: skip
    batch = {item.name: features.inputs[item.role] for item in model.inputs}
    predicted = classify.predict(run_torch(network, model, batch)[0])
    wrong = np.arange(mini.SENTENCES) % (mini.SENTENCES // mini.WRONG) == 0
    return np.where(wrong, 1 - predicted, predicted).tolist()


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """A network of two small layers is faster on one thread than on several that wait for each other."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def minis(
    tmp_path_factory: pytest.TempPathFactory, small: Architecture, network: object, one_thread: None
) -> Path:
    """A folder of embedded checkpoints with TinyBERT's in it, as yet without a corpus."""
    folder = tmp_path_factory.mktemp("world") / "minis"
    mini.write_checkpoint(folder / mini.MODEL, small, network)
    return folder


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory, minis: Path, labels: list[int]) -> Home:
    """A home with the mini and its corpus, and with artifacts that tests need not build twice."""
    mini.write_data(minis / mini.MODEL / "corpus" / "dev.tsv", labels)
    return mini.home_in(tmp_path_factory.mktemp("shared"), minis)


@pytest.fixture
def home(tmp_path: Path, shared_home: Home) -> Home:
    """A home of the test's own, empty but for the mini and its corpus."""
    return mini.home_in(tmp_path, shared_home.minis)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder in ZOOCHECK_DATA; without it the test skips."""
    folder = os.environ.get("ZOOCHECK_DATA")
    if not folder:
        pytest.skip("ZOOCHECK_DATA is not set: name the folder that holds sst2/, vocab/ and more")
    return Path(folder)


@pytest.fixture(scope="session")
def documents() -> Path:
    """The folder in ZOOCHECK_DOCUMENTS, of the five READMEs; without it the test skips."""
    folder = os.environ.get("ZOOCHECK_DOCUMENTS")
    if not folder:
        pytest.skip("ZOOCHECK_DOCUMENTS is not set: name the folder that holds the five READMEs")
    return Path(folder)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A results store of the test's own."""
    opened = Store(f"sqlite:///{tmp_path / 'results.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, half of a file is written, and then the disk is full."""

    def half(file: Path, _path: Path, parts: Iterable[str]) -> None:
        text = "".join(parts)
        file.write_text(text[: len(text) // 2], encoding="utf-8")
        raise OSError("no space left on device")

    return lambda: monkeypatch.setattr(files, "_write", half)


@pytest.fixture
def fill(small: Architecture, network: object, labels: list[int]) -> Callable[[Home], Home]:
    """Puts the full checkpoint and the full data into a home; here they are the mini's."""

    def put(home: Home) -> Home:
        mini.write_checkpoint(home.models / mini.MODEL, small, network)
        mini.write_data(home.data / "sst2" / "dev.tsv", labels)
        return dataclasses.replace(home)

    return put

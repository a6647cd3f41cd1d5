"""The artifact cache: keys, building once, damage, killed builders, pruning."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mutating import survives_all
from privileges import as_nobody

from harness import __version__, hashing
from harness.artifacts import manifest
from harness.artifacts.cache import Artifact, ArtifactCache, ArtifactDamaged, Recipe, parse_age, parse_size
from harness.errors import ArtifactError, RecordError, UsageError

RECIPE = Recipe(inputs={"model": "tinybert", "batch_size": 8})
FACTS = {"export_max_abs_difference": 1.5e-7, "stages_s": {"export": 0.25}, "absent": None}
CONTENT = {"model.onnx": b"graph" * 100, "weights/part.bin": b"\x00" * 4096}

# A builder in a process of its own. It notes each build in a log, says that it is inside the build by
# making a file, and stays there until it is told to go on. What the cache logs goes into a file too.
WORKER = """
import logging, sys, time
from pathlib import Path
from harness.artifacts import manifest
from harness.artifacts.cache import ArtifactCache, Recipe

folder, log, inside, go, said = map(Path, sys.argv[1:])
logging.basicConfig(filename=said, level=logging.INFO)

def build(out):
    with log.open("a") as stream:
        stream.write("built\\n")
    (out / "model.onnx").write_bytes(b"graph" * 100)
    inside.touch()
    while not go.exists():
        time.sleep(0.01)
    return {"builder": "worker"}

artifact = ArtifactCache(folder).get(Recipe(inputs={"model": "tinybert", "batch_size": 8}), build)
print(artifact.path("model.onnx").read_bytes() == b"graph" * 100)
"""

# Examples take as long as the machine lets them.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def cache(tmp_path: Path) -> ArtifactCache:
    """An empty cache, its folder not made yet."""
    return ArtifactCache(tmp_path / "cache")


def build(out: Path) -> Mapping[str, Any]:
    """Write two files."""
    for name, content in CONTENT.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(content)
    return FACTS


def never(out: Path) -> Mapping[str, Any]:
    """A build that must not happen."""
    raise AssertionError("built although it was there")


def sized(size: int) -> Callable[[Path], Mapping[str, Any]]:
    """A build of one file of `size` bytes."""

    def write(out: Path) -> Mapping[str, Any]:
        (out / "model.onnx").write_bytes(bytes(size))
        return {}

    return write


def recipe(name: str) -> Recipe:
    """A recipe of its own for each name."""
    return Recipe(inputs={"model": name})


def used(artifact: Artifact, seconds_ago: float) -> None:
    """Have an artifact be last used so long ago."""
    then = time.time() - seconds_ago
    os.utime(artifact.folder / "manifest.json", (then, then))


def left(cache: ArtifactCache) -> list[str]:
    """Everything in the cache's folder but the locks."""
    return sorted(path.name for path in cache.folder.iterdir() if path.name != ".locks")


@dataclass(kw_only=True)
class Worker:
    """A process that wants the artifact."""

    process: subprocess.Popen[str]
    inside: Path  # is there once it builds
    said: Path  # what the cache logged

    def result(self) -> str:
        """Wait for its end; what it printed."""
        printed, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return printed.strip()


@pytest.fixture
def worker(cache: ArtifactCache, tmp_path: Path) -> Iterator[Callable[[str], Worker]]:
    """Starts workers by name; they build until ``go`` is there, and end with the test."""
    with contextlib.ExitStack() as ends:

        def start(name: str) -> Worker:
            inside, said = tmp_path / f"inside-{name}", tmp_path / f"said-{name}"
            files = (cache.folder, tmp_path / "log", inside, tmp_path / "go", said)
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER, *map(str, files)], stdout=subprocess.PIPE, text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )  # fmt: skip
            ends.enter_context(process)
            ends.callback(process.kill)
            return Worker(process=process, inside=inside, said=said)

        yield start


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something another process does has happened; fail rather than hang."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the other process did not get there"
        time.sleep(0.01)


class TestKey:
    @UNTIMED
    @given(st.dictionaries(st.text(), JSON, max_size=5), st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, inputs: dict[str, Any], random: Any):
        """The same inputs in any order, at every level, are the same artifact."""

        def shuffled(value: Any) -> Any:
            if isinstance(value, dict):
                keys = list(value)
                random.shuffle(keys)
                return {key: shuffled(value[key]) for key in keys}
            return [shuffled(item) for item in value] if isinstance(value, list) else value

        assert Recipe(inputs=shuffled(inputs)).key == Recipe(inputs=inputs).key

    @UNTIMED
    @given(st.dictionaries(st.text(), JSON, min_size=1, max_size=5), JSON, st.data())
    def test_every_value_matters(self, inputs: dict[str, Any], other: Any, data: st.DataObject):
        """Another value under any name is another artifact."""
        name = data.draw(st.sampled_from(sorted(inputs)))
        assume(json.dumps(inputs[name], sort_keys=True) != json.dumps(other, sort_keys=True))
        assert Recipe(inputs=inputs | {name: other}).key != Recipe(inputs=inputs).key

    def test_types_matter(self):
        """What Python calls equal can be different options to a tool: 1, 1.0, True and "1"."""
        assert len({Recipe(inputs={"option": value}).key for value in (1, 1.0, True, "1", None, "", 0)}) == 7

    @UNTIMED
    @given(st.dictionaries(st.text(), JSON, max_size=5), st.text(), JSON)
    def test_every_name_matters(self, inputs: dict[str, Any], name: str, value: Any):
        """One more input is another artifact."""
        assume(name not in inputs)
        assert Recipe(inputs=inputs | {name: value}).key != Recipe(inputs=inputs).key

    def test_it_is_the_hash_of_the_canonical_json(self):
        """The key can be computed by anybody: SHA-256 of JSON with sorted keys and no spaces."""
        text = b'{"batch_size":8,"model":"tinybert"}'
        assert RECIPE.key == hashlib.sha256(text).hexdigest()

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, Path("x")])
    def test_what_is_not_json_has_no_key(self, value: Any):
        """A value without one spelling is refused by name, before anything is built."""
        with pytest.raises(RecordError, match=r"inputs\.option"):
            _ = Recipe(inputs={"option": value}).key


class TestGet:
    def test_a_new_artifact(self, cache: ArtifactCache):
        """It has the files, their hashes and sizes, the recipe, and what the build said."""
        artifact = cache.get(RECIPE, build)
        assert artifact.key == RECIPE.key
        assert artifact.folder == cache.folder / RECIPE.key
        assert artifact.files == {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
        assert artifact.path("weights/part.bin").read_bytes() == CONTENT["weights/part.bin"]
        assert artifact.recipe == RECIPE.inputs
        assert artifact.facts == FACTS
        assert artifact.bytes == sum(map(len, CONTENT.values()))

    def test_the_second_time_it_is_not_built(self, cache: ArtifactCache):
        """It is taken as it is, equal in everything."""
        assert cache.get(RECIPE, build) == cache.get(RECIPE, never)

    def test_the_manifest_is_readable(self, cache: ArtifactCache):
        """``manifest.json`` names files with sizes and hashes, recipe, facts, time and version."""
        artifact = cache.get(RECIPE, build)
        content = json.loads((artifact.folder / "manifest.json").read_text())
        assert content["recipe"] == RECIPE.inputs
        assert content["files"]["model.onnx"] == {
            "bytes": 500, "sha256": artifact.files["model.onnx"],
        }  # fmt: skip
        assert content["zoocheck"] == __version__
        assert content["created"] == artifact.created
        assert content["facts"]["export_max_abs_difference"] == 1.5e-7

    def test_an_unknown_file(self, cache: ArtifactCache):
        """Asking for a file that it does not have names those that it has."""
        artifact = cache.get(RECIPE, build)
        with pytest.raises(ArtifactError, match=r"no file 'model.pt'; it has model.onnx, weights/part.bin"):
            artifact.path("model.pt")

    @pytest.mark.parametrize("problem", [RuntimeError("compiler failed"), KeyboardInterrupt()])
    def test_a_build_that_raises_leaves_nothing(self, cache: ArtifactCache, problem: BaseException):
        """The exception comes through, the folder is empty, and the next build works."""

        def fail(out: Path) -> Mapping[str, Any]:
            build(out)
            raise problem

        with pytest.raises(type(problem)):
            cache.get(RECIPE, fail)
        assert left(cache) == []
        assert cache.get(RECIPE, build).bytes > 0

    def test_a_build_that_writes_nothing_is_an_error(self, cache: ArtifactCache):
        """Empty is an error."""
        with pytest.raises(ArtifactError, match="wrote no file; expected at least one"):
            cache.get(RECIPE, lambda out: {})
        assert left(cache) == []

    def test_a_build_may_not_write_the_manifest(self, cache: ArtifactCache):
        """The cache's own file cannot be a build's."""
        with pytest.raises(ArtifactError, match="the cache's own file"):
            cache.get(RECIPE, lambda out: {"n": (out / "manifest.json").write_text("{}")})

    def test_a_build_may_not_leave_links(self, cache: ArtifactCache, tmp_path: Path):
        """What a link points to could change or go without the artifact noticing."""

        def link(out: Path) -> Mapping[str, Any]:
            (out / "model.onnx").symlink_to(tmp_path)
            return {}

        with pytest.raises(ArtifactError, match=r"left model\.onnx, a link; expected a file"):
            cache.get(RECIPE, link)

    def test_facts_that_are_not_json_are_an_error(self, cache: ArtifactCache):
        """A NaN among the facts is refused by name, and nothing is kept."""

        def nan(out: Path) -> Mapping[str, Any]:
            return {**build(out), "difference": float("nan")}

        with pytest.raises(RecordError, match=r"facts\.difference: found nan"):
            cache.get(RECIPE, nan)
        assert left(cache) == []

    def test_a_place_that_cannot_be_a_cache(self, tmp_path: Path):
        """Where a file is in the way, the message says so and what to do."""
        (tmp_path / "file").write_text("x")
        with pytest.raises(ArtifactError, match=r"cannot be an artifact cache.*ZOOCHECK_HOME"):
            ArtifactCache(tmp_path / "file" / "cache").get(RECIPE, build)

    def test_a_place_that_may_only_be_read(self, cache: ArtifactCache):
        """Where somebody else's cache may not be written, the message says so."""
        cache.get(RECIPE, build)
        (cache.folder / ".locks").chmod(0o555)
        with (
            as_nobody(),
            pytest.raises(ArtifactError, match="cannot be an artifact cache: Permission denied"),
        ):
            cache.get(RECIPE, build)
        (cache.folder / ".locks").chmod(0o755)

    def test_a_build_may_take_another_artifact(self, cache: ArtifactCache):
        """A build inside a build works, and does not sweep away the one around it."""

        def outer(out: Path) -> Mapping[str, Any]:
            build(out)
            cache.get(recipe("inner"), build)
            cache.prune(max_bytes=0)
            return {}

        assert set(cache.get(RECIPE, outer).files) == set(CONTENT)


class TestDamage:
    def damaged(self, cache: ArtifactCache, damage: Callable[[Path], object]) -> str:
        """Damage an artifact, take it, and give the warning; it is whole again afterwards."""
        folder = cache.get(RECIPE, build).folder
        damage(folder)
        [(key, problem)] = cache.verify()
        assert (key, problem is None) == (RECIPE.key, False)
        with pytest.warns(ArtifactDamaged) as caught:
            artifact = cache.get(RECIPE, build)
        assert artifact.path("model.onnx").read_bytes() == CONTENT["model.onnx"]
        assert cache.verify() == [(RECIPE.key, None)]
        assert left(cache) == [RECIPE.key]
        message = str(caught[0].message)
        assert str(problem) in message
        assert caught[0].filename == __file__
        return message

    def test_a_missing_file(self, cache: ArtifactCache):
        """A missing file is named."""
        message = self.damaged(cache, lambda folder: (folder / "model.onnx").unlink())
        assert "model.onnx: found no such file, expected 500 bytes; building it again" in message

    def test_a_short_file(self, cache: ArtifactCache):
        """A file of another size is named with both sizes."""
        message = self.damaged(cache, lambda folder: (folder / "model.onnx").write_bytes(b"graph"))
        assert "model.onnx: found 5 bytes, expected 500" in message

    def test_other_bytes_of_the_same_size(self, cache: ArtifactCache):
        """One bit is enough, although this process has just hashed the file."""
        message = self.damaged(cache, lambda folder: (folder / "model.onnx").write_bytes(b"grapi" * 100))
        wrong, right = (hashlib.sha256(word * 100).hexdigest() for word in (b"grapi", b"graph"))
        assert f"model.onnx: found SHA-256 {wrong}, expected {right}" in message

    def test_other_bytes_of_the_same_size_and_time(
        self, cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch
    ):
        """Setting the modification time back does not hide a change."""
        monkeypatch.setattr(hashing, "_TICK_NS", -(10**18))  # remember files changed just now as well
        cache.get(RECIPE, build)
        file = cache.folder / RECIPE.key / "model.onnx"
        long_ago = file.stat().st_mtime_ns - 10**12
        os.utime(file, ns=(long_ago, long_ago))
        cache.get(RECIPE, never)
        time.sleep(0.05)  # past the tick of a coarse kernel clock
        file.write_bytes(b"grapi" * 100)
        os.utime(file, ns=(long_ago, long_ago))
        with pytest.warns(ArtifactDamaged, match=r"model\.onnx: found SHA-256"):
            cache.get(RECIPE, build)

    def test_an_extra_file(self, cache: ArtifactCache):
        """A file that no build wrote is named."""
        message = self.damaged(cache, lambda folder: (folder / "weights" / "more.bin").write_bytes(b""))
        assert "weights/more.bin: found a file, expected none of that name" in message

    def test_a_link_in_place_of_a_file(self, cache: ArtifactCache, tmp_path: Path):
        """A link is no file, even to the right bytes."""

        def replace(folder: Path) -> None:
            shutil.move(folder / "model.onnx", tmp_path / "elsewhere")
            (folder / "model.onnx").symlink_to(tmp_path / "elsewhere")

        assert "model.onnx: found a link, expected a file" in self.damaged(cache, replace)

    @pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1, "x": NaN}'])
    def test_an_unreadable_manifest(self, cache: ArtifactCache, text: str):
        """A manifest that is no manifest is damage like any other."""
        message = self.damaged(cache, lambda folder: (folder / "manifest.json").write_text(text))
        assert re.search(r"manifest\.json: (line 1: )?found .*; building it again", message)

    def test_a_manifest_that_is_damaged_anywhere(self, cache: ArtifactCache):
        """Each of 2,000 seeded mutations is damage, or the manifest as it was written, within a second."""
        folder = cache.get(RECIPE, build).folder
        good = manifest.read(folder)

        def read(content: bytes) -> manifest.Manifest:
            (folder / manifest.NAME).write_bytes(content)
            return manifest.read(folder)

        refused, kept = survives_all(
            (folder / manifest.NAME).read_bytes(), read, good.__eq__, errors=manifest.Damage
        )
        assert refused > 1900 > kept

    def test_a_file_in_place_of_the_folder(self, cache: ArtifactCache):
        """It is taken away, and the artifact built."""
        cache.folder.mkdir(parents=True)
        (cache.folder / RECIPE.key).write_text("what is this", encoding="utf-8")
        with pytest.warns(ArtifactDamaged, match=r"manifest\.json: .*; building it again"):
            assert cache.get(RECIPE, build).path("model.onnx").read_bytes() == CONTENT["model.onnx"]

    def test_a_missing_manifest(self, cache: ArtifactCache):
        """Without a manifest nothing is believed."""
        message = self.damaged(cache, lambda folder: (folder / "manifest.json").unlink())
        assert "manifest.json: found no such file" in message

    def test_a_changed_fact(self, cache: ArtifactCache):
        """The manifest is held against its own hash: facts end up in reports."""

        def change(folder: Path) -> None:
            file = folder / "manifest.json"
            file.write_text(file.read_text().replace("1.5e-07", "1.5e-09"))

        assert "manifest.json: damaged or changed: the checksum in it is" in self.damaged(cache, change)

    def test_another_artifacts_folder(self, cache: ArtifactCache):
        """An artifact that was copied over another one is not taken for it."""

        def swap(folder: Path) -> None:
            other = cache.get(recipe("other"), build)
            shutil.rmtree(folder)
            other.folder.rename(folder)

        assert f"found the recipe of artifact {recipe('other').key}" in self.damaged(cache, swap)

    def test_a_warning_that_is_an_error(self, cache: ArtifactCache):
        """Where warnings are errors the damaged one is gone, and the next call builds."""
        (cache.get(RECIPE, build).folder / "model.onnx").unlink()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ArtifactDamaged):
                cache.get(RECIPE, build)
            assert left(cache) == []
            assert cache.get(RECIPE, build).bytes > 0

    def test_a_file_is_hashed_once_per_process(self, cache: ArtifactCache, monkeypatch: pytest.MonkeyPatch):
        """Taking again reads no file's bytes; `verify` reads all of them."""
        monkeypatch.setattr(hashing, "_TICK_NS", -(10**18))  # remember files changed just now as well
        cache.get(RECIPE, build)
        read: list[object] = []
        original = hashlib.file_digest
        monkeypatch.setattr(
            hashlib, "file_digest", lambda *arguments: read.append(arguments) or original(*arguments)
        )
        cache.get(RECIPE, never)
        assert read == []
        cache.verify()
        assert len(read) == len(CONTENT)

    def test_a_file_changed_just_now_is_not_remembered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """It could change again within one tick of the clock and show the same times."""
        file = tmp_path / "file"
        file.write_bytes(b"x")
        changed = max(file.stat().st_ctime_ns, file.stat().st_mtime_ns)
        read: list[object] = []
        original = hashlib.file_digest
        monkeypatch.setattr(
            hashlib, "file_digest", lambda *arguments: read.append(arguments) or original(*arguments)
        )
        counts = []
        for later in (1, 1, 10**9, 10**9):
            monkeypatch.setattr(time, "time_ns", lambda later=later: changed + later)
            assert hashing.sha256(file) == hashlib.sha256(b"x").hexdigest()
            counts.append(len(read))
        assert counts == [1, 2, 3, 3]


class TestProcesses:
    def test_two_that_want_the_same_build_it_once(
        self, cache: ArtifactCache, tmp_path: Path, worker: Callable[[str], Worker]
    ):
        """While one process builds, the other waits and says so; both get it, the log has one line."""
        first = worker("first")
        wait_for(first.inside.exists)
        second = worker("second")
        wait_for(lambda: second.said.exists() and f"artifact {RECIPE.key}" in second.said.read_text())
        (tmp_path / "go").touch()
        assert (first.result(), second.result()) == ("True", "True")
        assert (tmp_path / "log").read_text() == "built\n"
        assert not second.inside.exists()
        assert left(cache) == [RECIPE.key]

    def test_two_threads_build_it_once(self, cache: ArtifactCache):
        """Threads of one process exclude each other as processes do."""
        builds: list[int] = []
        inside, go = threading.Event(), threading.Event()

        def slow(out: Path) -> Mapping[str, Any]:
            builds.append(1)
            inside.set()
            assert go.wait(60)
            return build(out)

        threads = [threading.Thread(target=cache.get, args=(RECIPE, slow)) for _ in range(2)]
        threads[0].start()
        assert inside.wait(60)
        threads[1].start()
        go.set()
        for thread in threads:
            thread.join(60)
        assert builds == [1]
        assert cache.verify() == [(RECIPE.key, None)]

    @pytest.mark.parametrize("by", ["the same artifact", "another artifact", "prune"])
    def test_a_killed_builder_leaves_a_usable_cache(
        self, cache: ArtifactCache, tmp_path: Path, worker: Callable[[str], Worker], by: str
    ):
        """After SIGKILL inside a build nothing is taken for an artifact, and what is left is swept."""
        killed = worker("killed")
        wait_for(killed.inside.exists)
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(60)
        assert len(left(cache)) == 1
        assert cache.list() == ()
        assert cache.verify() == []
        if by == "prune":
            assert cache.prune().bytes_freed == 500
            assert left(cache) == []
        else:
            wanted = RECIPE if by == "the same artifact" else recipe("other")
            assert cache.get(wanted, build).facts == FACTS
            assert left(cache) == [wanted.key]

    def test_a_living_builder_is_not_disturbed(
        self, cache: ArtifactCache, tmp_path: Path, worker: Callable[[str], Worker]
    ):
        """What another process is building is neither swept nor pruned."""
        living = worker("living")
        wait_for(living.inside.exists)
        cache.get(recipe("other"), build)
        pruned = cache.prune(max_bytes=0, max_age_s=0)
        (tmp_path / "go").touch()
        assert living.result() == "True"
        assert [item.key for item in pruned.removed] == [recipe("other").key]
        assert [artifact.facts for artifact in cache.list()] == [{"builder": "worker"}]


class TestPrune:
    def fill(self, cache: ArtifactCache) -> None:
        """Three artifacts of 1000 bytes: a was used 3 days ago, c 2, b 1."""
        for name, days in (("a", 3), ("b", 1), ("c", 2)):
            used(cache.get(recipe(name), sized(1000)), days * 86400)

    def names(self, cache: ArtifactCache) -> list[str]:
        return [str(artifact.recipe["model"]) for artifact in cache.list()]

    def test_the_list_has_the_most_recent_first(self, cache: ArtifactCache):
        """The list is in the order of use, not of building."""
        self.fill(cache)
        assert self.names(cache) == ["b", "c", "a"]

    def test_by_age(self, cache: ArtifactCache):
        """What was not used for longer goes."""
        self.fill(cache)
        pruned = cache.prune(max_age_s=2.5 * 86400)
        assert [item.key for item in pruned.removed] == [recipe("a").key]
        assert self.names(cache) == ["b", "c"]

    def test_by_size(self, cache: ArtifactCache):
        """The least recently used go until the rest fits; what was freed is counted."""
        self.fill(cache)
        each = sum(file.stat().st_size for file in (cache.folder / recipe("a").key).iterdir())
        pruned = cache.prune(max_bytes=2 * each)
        assert [item.key for item in pruned.removed] == [recipe("a").key]
        assert pruned.bytes_freed == each
        assert pruned.removed[0].artifact is not None
        assert pruned.removed[0].artifact.recipe == {"model": "a"}
        assert cache.prune(max_bytes=each).bytes_freed == each
        assert self.names(cache) == ["b"]

    def test_taking_counts_as_use(self, cache: ArtifactCache):
        """An old artifact that was taken just now is the last to go."""
        self.fill(cache)
        cache.get(recipe("a"), never)
        assert self.names(cache) == ["a", "b", "c"]
        cache.prune(max_age_s=3600)
        assert self.names(cache) == ["a"]

    def test_without_limits_nothing_goes(self, cache: ArtifactCache):
        """No limit removes no artifact."""
        self.fill(cache)
        assert cache.prune().removed == ()
        assert len(cache.list()) == 3

    def test_a_locked_one_stays(self, cache: ArtifactCache):
        """Whoever holds the lock keeps the artifact; afterwards it goes."""
        self.fill(cache)
        with cache.lock(recipe("a").key):
            cache.prune(max_bytes=0)
            assert self.names(cache) == ["a"]
        cache.prune(max_bytes=0)
        assert left(cache) == []

    def test_whoever_holds_the_lock_may_take_it(self, cache: ArtifactCache):
        """The lock is re-entrant: holding it keeps others away, not oneself."""
        with cache.lock(RECIPE.key):
            cache.get(RECIPE, build)
            assert cache.get(RECIPE, never).facts == FACTS
            assert cache.verify() == [(RECIPE.key, None)]

    def test_one_that_is_taken_meanwhile_stays(self, tmp_path: Path):
        """What somebody took after the ages were looked at is no longer old."""

        class Taken(ArtifactCache):
            """A cache whose artifacts are taken by another process just before they are locked."""

            def lock(self, key: str) -> FileLock:
                if (self.folder / key).exists():
                    os.utime(self.folder / key / "manifest.json")
                return super().lock(key)

        cache = ArtifactCache(tmp_path)
        self.fill(cache)
        assert Taken(tmp_path).prune(max_age_s=3600).removed == ()
        assert len(cache.list()) == 3

    def test_a_damaged_one_can_be_pruned(self, cache: ArtifactCache):
        """Without a manifest it is not listed, yet counted and removed."""
        self.fill(cache)
        (cache.folder / recipe("b").key / "manifest.json").unlink()
        assert self.names(cache) == ["c", "a"]
        pruned = cache.prune(max_bytes=0)
        assert {item.key: item.artifact is None for item in pruned.removed} == {
            recipe("a").key: False, recipe("b").key: True, recipe("c").key: False,
        }  # fmt: skip
        assert left(cache) == []

    def test_an_empty_cache(self, cache: ArtifactCache):
        """Where nothing was ever built there is nothing to list, verify or prune."""
        assert cache.list() == ()
        assert cache.verify() == []
        assert cache.prune(max_bytes=0, max_age_s=0).removed == ()

    @pytest.mark.parametrize("limits", [{"max_bytes": -1}, {"max_age_s": -1.0}, {"max_age_s": float("nan")}])
    def test_impossible_limits(self, cache: ArtifactCache, limits: dict[str, Any]):
        """A negative limit or NaN is a mistake, not "everything"."""
        with pytest.raises(UsageError, match="expected 0 or more"):
            cache.prune(**limits)

    def test_find(self, cache: ArtifactCache):
        """An artifact is found by its whole key; nothing else is."""
        artifact = cache.get(RECIPE, build)
        assert cache.find(artifact.key) == artifact
        assert cache.find(recipe("other").key) is None
        assert cache.find("../" + artifact.key) is None
        assert cache.find(artifact.key[:12]) is None


class TestQuantities:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("2GB", 2 * 10**9), ("1.5 GiB", 3 * 2**29), ("300k", 300_000), ("0", 0), ("17", 17),
         ("10 b", 10), ("4mib", 4 * 2**20), (" 1TB ", 10**12)],
    )  # fmt: skip
    def test_sizes(self, text: str, value: int):
        """Decimal and binary units, in either case, with or without a space."""
        assert parse_size(text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [("30d", 2_592_000), ("12h", 43_200), ("90min", 5400), ("2w", 1_209_600), ("1.5m", 90)],
    )  # fmt: skip
    def test_ages(self, text: str, value: float):
        """Seconds to weeks."""
        assert parse_age(text) == value

    @pytest.mark.parametrize("text", ["", "GB", "-1GB", "2 XB", "1e3", "2GB 3", "nan", "٣GB"])
    def test_what_is_no_size(self, text: str):
        """The message has what was found and examples of what is expected."""
        with pytest.raises(UsageError, match="expected a size such as 2GB"):
            parse_size(text)

    @pytest.mark.parametrize("text", ["", "30", "d", "-1d", "3 months"])
    def test_what_is_no_age(self, text: str):
        """A bare number is no age: nobody knows of what."""
        with pytest.raises(UsageError, match="expected an age such as 30d"):
            parse_age(text)

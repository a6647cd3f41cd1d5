"""The machine's fingerprint, library versions and code revision."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.machine import fingerprint


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    fingerprint.git_revision.cache_clear()
    yield
    fingerprint.git_revision.cache_clear()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of one commit with one file in ``code/``."""
    folder = tmp_path / "repository"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "module.py").write_text("A = 1\n")
    (folder / ".gitignore").write_text("ignored/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in `folder` with an identity of its own and nobody's configuration."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    argv = ["git", *identity, *arguments]
    return subprocess.run(
        argv, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def group(root: Path, lines: str, files: dict[str, str]) -> Path:
    """A root with ``/proc/self/cgroup`` and control files under ``/sys/fs/cgroup``."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(lines)
    for name, text in files.items():
        file = root / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


class TestFingerprint:
    def test_it_is_json_and_complete(self):
        """It survives JSON and tells the processor count, the memory and the Python version."""
        found = fingerprint.fingerprint()
        assert json.loads(json.dumps(found, allow_nan=False)) == found
        assert found["cores_logical"] >= found["cores_usable"] >= 1
        assert found["memory_bytes"] > 2**20
        assert found["python"].endswith(platform.python_version())
        assert len(found["host_id"]) == 12
        assert int(found["host_id"], 16) >= 0

    def test_it_does_not_name_the_host(self):
        """Neither the hostname nor the machine id stands in it."""
        text = json.dumps(fingerprint.fingerprint())
        for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
            if file.exists() and (identity := file.read_text().strip()):
                assert identity not in text
        # A name as short as "vm" is part of other words: look at whole values.
        assert platform.node() not in [str(value) for value in fingerprint.fingerprint().values()]

    def test_it_is_the_same_at_every_call(self):
        """It is read once per process, and what a caller does to its copy changes no other."""
        first = fingerprint.fingerprint()
        first["cpu"] = "changed"
        first["load_average"] = None
        assert fingerprint.fingerprint()["cpu"] != "changed"
        assert fingerprint.fingerprint() == fingerprint.fingerprint()


class TestContainerLimits:
    def test_version_2_quota(self, tmp_path: Path):
        """``cpu.max`` of "150000 100000" is one and a half cores."""
        root = group(tmp_path, "0::/\n", {"cpu.max": "150000 100000\n", "memory.max": "1073741824\n"})
        assert fingerprint.cores_quota(root) == 1.5
        assert fingerprint.memory_limit_bytes(root) == 2**30

    def test_the_strictest_group_counts(self, tmp_path: Path):
        """A limit of a group above this process's own applies as well."""
        root = group(
            tmp_path, "0::/outer/inner\n",
            {"outer/inner/cpu.max": "max 100000\n", "outer/cpu.max": "200000 100000\n",
             "outer/inner/memory.max": "500\n", "outer/memory.max": "400\n"},
        )  # fmt: skip
        assert fingerprint.cores_quota(root) == 2.0
        assert fingerprint.memory_limit_bytes(root) == 400

    def test_version_1(self, tmp_path: Path):
        """Version 1 has a file for the quota and one for the period, in a folder per controller."""
        root = group(
            tmp_path, "5:cpu,cpuacct:/box\n3:memory:/box\n",
            {"cpu,cpuacct/box/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
             "memory/box/memory.limit_in_bytes": "4096\n"},
        )  # fmt: skip
        assert fingerprint.cores_quota(root) == 0.5
        assert fingerprint.memory_limit_bytes(root) == 4096

    def test_the_hosts_path_inside_a_container(self, tmp_path: Path):
        """Where the named folder is only the host's, the top folder is the container's own."""
        root = group(tmp_path, "0::/docker/0123\n", {"cpu.max": "300000 100000\n"})
        assert fingerprint.cores_quota(root) == 3.0

    @pytest.mark.parametrize(
        ("lines", "files"),
        [
            pytest.param("0::/\n", {"cpu.max": "max 100000\n", "memory.max": "max\n"}, id="version-2"),
            pytest.param(
                "2:cpu:/\n3:memory:/\n",
                {
                    "cpu/cpu.cfs_quota_us": "-1\n",
                    "cpu/cpu.cfs_period_us": "100000\n",
                    "memory/memory.limit_in_bytes": "9223372036854771712\n",
                },
                id="version-1",
            ),
            pytest.param("0::/\n", {}, id="no-files"),
        ],
    )
    def test_no_limit_is_none(self, tmp_path: Path, lines: str, files: dict[str, str]):
        """ "max", -1 and version 1's huge number all mean that there is no limit."""
        root = group(tmp_path, lines, files)
        assert fingerprint.cores_quota(root) is None
        assert fingerprint.memory_limit_bytes(root) is None

    def test_no_control_groups_at_all(self, tmp_path: Path):
        """Systems without control groups have no limit."""
        assert fingerprint.cores_quota(tmp_path) is None
        assert fingerprint.memory_limit_bytes(tmp_path) is None


class TestGovernor:
    def write(self, root: Path, governors: list[str]) -> None:
        for number, name in enumerate(governors):
            folder = root / f"sys/devices/system/cpu/cpu{number}/cpufreq"
            folder.mkdir(parents=True)
            (folder / "scaling_governor").write_text(name + "\n")

    def test_one(self, tmp_path: Path):
        """One governor on every core is named once."""
        self.write(tmp_path, ["performance", "performance"])
        assert fingerprint.governor(tmp_path) == "performance"

    def test_several(self, tmp_path: Path):
        """Different governors are all named: the machine is not of one speed."""
        self.write(tmp_path, ["powersave", "performance"])
        assert fingerprint.governor(tmp_path) == "performance, powersave"

    def test_none(self, tmp_path: Path):
        """Where the kernel shows no governor, as in most virtual machines, it is None."""
        assert fingerprint.governor(tmp_path) is None


class TestLibraryVersions:
    def test_installed_and_not(self):
        """The installed version is given as its metadata has it; what is not installed is left out."""
        found = fingerprint.library_versions(["numpy", "no-such-distribution-of-ours"])
        assert found == {"numpy": importlib.metadata.version("numpy")}

    def test_nothing_is_imported(self):
        """Asking for every version imports none of the libraries."""
        script = (
            "import sys\nfrom harness.machine.fingerprint import library_versions\n"
            "assert library_versions()['torch']\n"
            "print([name for name in ('torch', 'onnx', 'onnxruntime') if name in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert done.stdout.strip() == "[]"


class TestGitRevision:
    def test_clean(self, repository: Path):
        """A clean checkout is its commit, asked for at the top or below."""
        head = git(repository, "rev-parse", "HEAD")
        assert fingerprint.git_revision(repository) == head
        assert fingerprint.git_revision(repository / "code") == head

    @pytest.mark.parametrize("name", ["module.py", "new.py"])
    def test_dirty(self, repository: Path, name: str):
        """A changed file and a new one that git does not know both make it dirty."""
        (repository / "code" / name).write_text("A = 2\n")
        assert fingerprint.git_revision(repository) == git(repository, "rev-parse", "HEAD") + "+dirty"

    def test_ignored_files_do_not_count(self, repository: Path):
        """What the repository ignores leaves it clean."""
        (repository / "ignored").mkdir()
        (repository / "ignored" / "file").write_text("x")
        assert fingerprint.git_revision(repository) == git(repository, "rev-parse", "HEAD")

    def test_an_installed_copy_inside_a_repository(self, repository: Path):
        """A folder of which the repository around it tracks nothing has no revision."""
        (repository / "ignored").mkdir()
        (repository / "ignored" / "module.py").write_text("x")
        assert fingerprint.git_revision(repository / "ignored") is None

    def test_no_commit_yet(self, tmp_path: Path):
        """A repository without a commit has no revision, even with files in its index."""
        git(tmp_path, "init", "--quiet")
        (tmp_path / "file").write_text("x")
        git(tmp_path, "add", "file")
        assert fingerprint.git_revision(tmp_path) is None

    def test_no_repository_and_no_folder(self, tmp_path: Path):
        """Outside a repository, and where there is no folder, there is no revision."""
        assert fingerprint.git_revision(tmp_path) is None
        assert fingerprint.git_revision(tmp_path / "absent") is None

    def test_without_git(self, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        """A machine without git gives None, not an error."""
        monkeypatch.setenv("PATH", str(tmp_path))
        assert fingerprint.git_revision(repository) is None

    def test_the_environment_cannot_mislead(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        """GIT_DIR, as a git hook sets it, does not make it answer for another repository."""
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        assert fingerprint.git_revision(repository) == git(repository, "rev-parse", "HEAD")

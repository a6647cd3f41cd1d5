"""What sourcing a vendor's script makes of the environment, and the tools found in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import MachineError, NotThere
from harness.tools.process import (
    Command,
    Stage,
    ToolFailed,
    ToolMissing,
    ToolTimedOut,
    environment,
    find,
    run,
)


def script(folder: Path, text: str, name: str = "set_env.sh") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_a_script_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Its exports on top of ours, with what it unset gone; nothing that bash itself adds."""
    monkeypatch.setenv("ZOOCHECK_TEST_GONE", "1")
    monkeypatch.setenv("ZOOCHECK_TEST_STAYS", "2")
    monkeypatch.delenv("SHLVL", raising=False)
    monkeypatch.delenv("OLDPWD", raising=False)
    path = script(
        tmp_path,
        """
        here=$(dirname "${BASH_SOURCE[0]}")
        export ASCEND_HOME="$here" PATH="$here/bin:$PATH" LINES_OF='one
        two=2'
        unset ZOOCHECK_TEST_GONE
        cd /
        echo "welcome to the toolkit"
        """,
    )
    found = environment(path)
    assert found["ASCEND_HOME"] == str(tmp_path)
    assert found["PATH"] == f"{tmp_path}/bin:{os.environ['PATH']}"
    assert found["LINES_OF"].splitlines()[0] == "one"
    assert "ZOOCHECK_TEST_GONE" not in found
    assert found["ZOOCHECK_TEST_STAYS"] == "2"
    assert "here" not in found
    assert {name: found.get(name) for name in ("SHLVL", "PWD", "OLDPWD", "_")} == {
        name: os.environ.get(name) for name in ("SHLVL", "PWD", "OLDPWD", "_")
    }
    assert set(found) - set(os.environ) == {"ASCEND_HOME", "LINES_OF"}


def test_a_path_is_an_argument(tmp_path: Path):
    """Quotes, spaces and a command in the script's path are nothing but its name."""
    folder = tmp_path / "a 'b' $(touch pwned) \"c\";"
    folder.mkdir()
    assert environment(script(folder, "export A=1"))["A"] == "1"
    assert list(folder.iterdir()) == [folder / "set_env.sh"]


def test_a_script_sees_no_arguments_and_is_sourced(tmp_path: Path):
    """Some read "$@", and some refuse to be executed."""
    path = script(tmp_path, '[ "$0" != "${BASH_SOURCE[0]}" ] || exit 9\nexport COUNT=$# FIRST="${1-none}"\n')
    found = environment(path)
    assert (found["COUNT"], found["FIRST"]) == ("0", "none")


def test_a_script_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What it changed is applied to the environment of the day; a changed script runs again."""
    path = script(tmp_path, 'echo x >> "$(dirname "${BASH_SOURCE[0]}")/runs"; export V=1')
    for value in ("first", "second"):
        monkeypatch.setenv("ZOOCHECK_TEST_NOW", value)
        found = environment(path)
        assert (found["V"], found["ZOOCHECK_TEST_NOW"]) == ("1", value)
    assert (tmp_path / "runs").read_text() == "x\n"
    path.write_text("export V=22")
    assert environment(path)["V"] == "22"
    environment(path)["V"] = "mine"  # type: ignore[index]
    assert environment(path)["V"] == "22"


def test_a_missing_script(tmp_path: Path):
    """A skip, with what to name."""
    with pytest.raises(NotThere, match=r"gone.sh: no such script; name the set_env.sh"):
        environment(tmp_path / "gone.sh")


def test_a_failing_script(tmp_path: Path):
    """Its status and what it printed; and it is not remembered as one that worked."""
    path = script(tmp_path, "echo no driver here >&2; return 5")
    for _ in range(2):
        with pytest.raises(
            ToolFailed, match=r"bash: sourcing .*set_env.sh: exit status 5 .*\n  no driver here$"
        ):
            environment(path)


def test_a_script_with_a_mistake(tmp_path: Path):
    """bash says where."""
    with pytest.raises(ToolFailed, match="syntax error"):
        environment(script(tmp_path, "if true; then\n"))


def test_a_script_that_ends_the_shell(tmp_path: Path):
    """`exit 0` in a script that is to be sourced leaves no environment to read."""
    with pytest.raises(MachineError, match="printed no variables"):
        environment(script(tmp_path, "export A=1; exit 0"))


def test_a_script_that_hangs(tmp_path: Path):
    """Ended, as any tool."""
    with pytest.raises(
        ToolTimedOut, match=r"set_env.sh: ended after its time limit of 0.5 s \(environment\)"
    ):
        environment(script(tmp_path, "sleep 600"), timeout_s=0.5)


def test_a_command_in_a_sourced_environment(tmp_path: Path, log: Path):
    """The tool is found on the script's PATH, and its line can be pasted into bash."""
    tool = script(tmp_path, '#!/bin/sh\necho "$KIND $EXTRA"\n', "compiler")
    tool.chmod(0o755)
    path = script(tmp_path, f"export PATH='{tmp_path}':$PATH KIND=toolkit")
    command = Command(
        argv=("compiler",), cwd=tmp_path, stage=Stage.BUILD, sourced=path, env={"EXTRA": "more"}
    )
    assert run(command, log).tail == "toolkit more"
    pasted = Command(argv=("bash", "-c", command.line), cwd=Path("/"), stage=Stage.BUILD)
    assert run(pasted, log).tail == "toolkit more"
    with pytest.raises(ToolMissing, match="`compiler` is not on PATH"):
        run(Command(argv=("compiler",), cwd=tmp_path, stage=Stage.BUILD), log)


def test_where_a_tool_is(tmp_path: Path):
    """An absolute path, from that environment's PATH and no other; else a skip with the caller's remedy."""
    remedy = "source the toolkit's set_env.sh"
    assert find("sh", {"PATH": "/usr/bin:/bin"}, remedy=remedy).is_absolute()
    with pytest.raises(
        ToolMissing, match=r"^`sh` is not on PATH; source the toolkit's set_env.sh$"
    ) as caught:
        find("sh", {"PATH": str(tmp_path)}, remedy=remedy)
    assert caught.value.remedy == remedy
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "tool").chmod(0o644)
    with pytest.raises(ToolMissing, match="tool` is not executable"):
        find("tool", {"PATH": str(tmp_path)}, remedy=remedy)
    with pytest.raises(ToolMissing, match="gone` is not there"):
        find(str(tmp_path / "gone"), {}, remedy=remedy)

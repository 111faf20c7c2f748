"""Programs that are started held: what they reach, and what they do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lumosai_sandbox.jail import launch
from lumosai_sandbox.jail.lock import supported

pytestmark = pytest.mark.skipif(not supported(), reason=str(supported().reason))
LAUNCH = (sys.executable, "-I", "-m", "lumosai_sandbox.jail.launch")
SYSTEM = ["/usr", "/bin", "/lib", "/lib64", "/etc", "/proc/self", sys.prefix, sys.base_prefix]


def python(code: str, tmp_path: Path, **policy: Any) -> subprocess.CompletedProcess[str]:
    """Run *code* as the launcher holds it."""
    made = {"isolate": True, "require": True, "network": False, "memory": 1 << 30, "env": ["PATH"], "write": []}
    made |= {"read": [*SYSTEM, *map(str, Path(sys.executable).resolve().parents[1:2])], **policy}
    words = [*LAUNCH, json.dumps(made), sys.executable, "-I", "-c", code]
    return subprocess.run(words, capture_output=True, text=True, timeout=30, cwd=tmp_path, check=False)


def test_it_becomes_the_program_with_the_variables_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    done = python("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))", tmp_path)
    assert (done.returncode, done.stdout) == (0, "['PATH']\n")


@pytest.mark.parametrize(
    "code",
    [
        "open('{tmp}/there.txt')",
        "open('{tmp}/new.txt', 'w')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.socket(socket.AF_UNIX)",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import os; os.kill(os.getppid(), 0)",
        "import os; open(f'/proc/{{os.getppid()}}/environ')",
        "import os; os.listdir('/home')",
    ],
)
def test_what_it_was_not_given_it_does_not_reach(tmp_path: Path, code: str) -> None:
    (tmp_path / "there.txt").write_text("there")
    done = python(code.format(tmp=tmp_path), tmp_path)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr


def test_what_it_was_given_it_reaches(tmp_path: Path) -> None:
    (tmp_path / "read").mkdir()
    (tmp_path / "read" / "a").write_text("a")
    (tmp_path / "write").mkdir()
    code = "import os; open('write/b', 'w').write(open('read/a').read()); os.rename('write/b', 'write/c')"
    done = python(code, tmp_path, read=[*SYSTEM, str(tmp_path / "read")], write=[str(tmp_path / "write")])
    assert done.stderr == ""
    assert (tmp_path / "write" / "c").read_text() == "a"
    done = python("open('read/a', 'a')", tmp_path, read=[*SYSTEM, str(tmp_path / "read")])
    assert "PermissionError" in done.stderr


def test_with_the_network_it_still_reaches_no_other_program_of_this_machine(tmp_path: Path) -> None:
    code = "import socket; socket.socket().close(); print('ok'); socket.socket(socket.AF_UNIX)"
    done = python(code, tmp_path, network=True)
    assert done.stdout == "ok\n"
    assert "PermissionError" in done.stderr


def test_its_memory_is_bounded(tmp_path: Path) -> None:
    done = python("bytearray(1 << 30)", tmp_path, memory=256 << 20)
    assert "MemoryError" in done.stderr


def test_what_it_starts_is_held_as_well(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("there")
    done = python(f"import subprocess; subprocess.run(['cat', '{tmp_path}/there.txt'], check=True)", tmp_path)
    assert "Permission denied" in done.stderr


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    policy = {
        "isolate": False,
        "require": False,
        "network": True,
        "memory": 1 << 30,
        "env": [],
        "read": [],
        "write": [],
    }
    words = [*LAUNCH, json.dumps(policy), str(tmp_path / "nothing")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == launch.NOT_STARTED
    assert "No such file" in done.stderr


@pytest.mark.parametrize(("require", "code"), [(True, launch.NOT_HELD), (False, 0)])
def test_where_nothing_can_hold_it_its_owner_decides(
    require: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def started(program: str, arguments: list[str], env: dict[str, str]) -> None:
        raise SystemExit(0)

    def none() -> int:
        return 0

    monkeypatch.setattr(launch, "limit", lambda _: None)
    monkeypatch.setattr("lumosai_sandbox.jail.launch.kernel.prctl", lambda *_: 0)
    monkeypatch.setattr("lumosai_sandbox.jail.launch.landlock.abi", none)
    monkeypatch.setattr("lumosai_sandbox.jail.launch.os.execvpe", started)
    policy = {"isolate": True, "require": require, "network": True, "memory": 1, "env": [], "read": [], "write": []}
    try:
        found = launch.main([json.dumps(policy), "true"])
    except SystemExit as e:
        found = int(str(e.code))
    assert found == code
    assert "not isolated: this kernel has no Landlock" in capsys.readouterr().err

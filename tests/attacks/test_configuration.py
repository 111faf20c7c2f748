"""Attacks by configuration files, and by what is installed beside the host under a name like its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lumosai.cli import quick
from lumosai.cli.main import main
from lumosai.config import toml

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from lumosai.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
MANY = "a." * 20_000
HOSTILE = {
    "an integer of 5,000 digits": "x = " + "9" * 5000,
    "a key of 20,000 parts": f"{MANY}b = 1",
    "a table of 20,000 parts": f"[{MANY}b]",
    "quoted parts": '"\\"".' * 20_000 + "b = 1",
    "literal parts": "'' . " * 20_000 + "b = 1",
    "in an inline table, after a string that ends in quotes": f'x = {{ y = """"a"b""""", {MANY}b = 1 }}',
    "after a comment that begins a string": f'# """\n{MANY}b = 1',
    "arrays 100,000 deep": "a = " + "[" * 100_000,
    "tables 100,000 deep": "a = " + "{ a = " * 100_000,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder of its own."""
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.skipif(sys.platform != "linux", reason="limits of processes")
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", [["config", "check"], ["plugin", "list"]])
def test_a_hostile_configuration_is_refused_at_no_cost(folder: Path, name: str, command: list[str]) -> None:
    (folder / "lumos.toml").write_text(HOSTILE[name])
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "lumos.toml: not TOML" in done.stderr
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        'x = "{0}"',
        "x = '{0}'",
        'x = """\n{0}"""',
        "x = '''{0}'''",
        "# {0}",
        "x = 1  # {0}",
        'x = "one. " # "{0}',
        "x = [\"{0}\", '{0}']",
    ],
)
def test_what_is_no_key_may_have_as_many_dots_as_it_likes(text: str) -> None:
    toml.loads(text.format("word." * 1000))


def test_a_key_may_have_parts() -> None:
    assert toml.loads("a.\"b.c\" . 'd' = 1\n[[x.y]]\nz = 1.5") == {
        "a": {"b.c": {"d": 1}},
        "x": {"y": [{"z": 1.5}]},
    }


def test_a_hostile_configuration_is_refused_by_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lumos.toml").write_text(f"[host]\n\n{MANY}b = 1\n")
    assert main(["config", "check"]) == 1
    assert "lumos.toml: not TOML: line 3: a key of more than 256 parts" in capsys.readouterr().err


def _install(site: Path, dist: str, name: str) -> None:
    package = site / f"lumos_test_{name}"
    package.mkdir(parents=True)
    manifest = f'schema = 1\nname = "{name}"\nversion = "1"\napi = ">=1.0,<2"\n'
    (package / "lumos-plugin.toml").write_text(manifest)
    info = site / f"{dist}.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[lumosai.plugins]\n{name} = {package.name}\n")


@pytest.mark.parametrize("dist", ["lumosai-evil-1.0", "lumosai_evil-1.0", "lumosai-0.1.0-1.0", "Lumosai-evil-1.0"])
def test_a_distribution_named_like_the_host_is_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dist: str
) -> None:
    _install(tmp_path / "site", dist, "evil")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    shown = {p["name"]: p for p in quick.plugins(safe_mode=True)}
    assert (shown["evil"]["built_in"], shown["evil"]["state"]) == (False, "disabled")
    assert (shown["time"]["built_in"], shown["time"]["state"]) == (True, "installed")
    Path("lumos.toml").write_text("[host]\nsafe_mode = true\n")
    main(["plugin", "doctor", "evil", "time", "--json"])
    states = {p["name"]: p["state"] for p in json.loads(capsys.readouterr().out)["plugins"]}
    assert (states["evil"], states["time"]) == ("off", "fine")

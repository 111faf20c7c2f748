"""Sources of a stranger's, with links where a build writes: to build them is not to hand over one's own files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli.plugins.source import source
from lumosai_sdk.building import build
from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.errors import InputError

PROJECT = """[project]
name = "evil"
version = "1.0.0"
[project.entry-points."lumosai.plugins"]
evil = "evil"
[tool.lumos.build]
language = "c"
"""
MANIFEST = """schema = 1
name = "evil"
version = "1.0.0"
api = ">=1.0,<2"
runtime = "wasm"
module = "plugin.wasm"
[[contributes.tool]]
id = "evil.t"
target = "t"
input_schema = {}
"""
VICTIM = "the victim's own"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "evil"
    (folder / "evil").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "src" / "plugin.c").write_text("", encoding="utf-8")
    (folder / "evil" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "evil" / "lumos-plugin.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".profile").write_text(VICTIM, encoding="utf-8")
    module: Any = sys.modules[build.__module__]
    monkeypatch.setattr(module, "compiler", lambda *_: lambda _, out, __: out.write_bytes(b"\0asm"))
    return folder


def test_what_is_built_is_written_through_no_link(project: Path, tmp_path: Path) -> None:
    home, dist = tmp_path / "home", project / "dist"
    dist.mkdir()
    for name in ("lumos-plugin.toml", "plugin.wasm", "evil-1.0.0-py3-none-any.whl"):
        (dist / name).symlink_to(home / ".profile")
    made = build(project)
    assert (home / ".profile").read_text(encoding="utf-8") == VICTIM
    assert made.wheel is not None
    assert all(f.is_file() and not f.is_symlink() for f in (made.wasm, made.manifest, made.wheel))


def test_a_folder_that_is_a_link_is_not_written_to(project: Path, tmp_path: Path) -> None:
    (project / "dist").symlink_to(tmp_path / "home")
    with pytest.raises(BuildError, match="link"):
        build(project)
    assert [p.name for p in (tmp_path / "home").iterdir()] == [".profile"]


@pytest.mark.parametrize("link", [".lumos", ".lumos/wasm", ".lumos/wasm/evil"])
def test_nor_is_what_is_made_while_it_is_developed(project: Path, tmp_path: Path, link: str) -> None:
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(tmp_path / "home")
    with pytest.raises(InputError, match="link"):
        source(project).staged()
    assert [p.name for p in (tmp_path / "home").iterdir()] == [".profile"]


def test_honest_folders_are_built(project: Path) -> None:
    made = build(project)
    again = build(project)
    assert (made.wasm.name, made.manifest.parent) == ("plugin.wasm", project / "dist")
    assert again == made
    assert sorted(p.name for p in (project / "dist").iterdir()) == [
        "evil-1.0.0-py3-none-any.whl",
        "lumos-plugin.toml",
        "plugin.wasm",
    ]
    assert source(project).staged() == project / ".lumos" / "wasm" / "evil"

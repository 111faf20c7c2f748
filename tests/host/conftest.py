"""Plugins written on the spot and installed as pip would leave them, and what many tests of the host ask for."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lumosai import Host
    from lumosai_sdk.types.events import Event

TOOL = """
from lumosai_sdk import tool

@tool
async def which() -> str:
    return "{version}"
"""
TOOL_MANIFEST = """
[[contributes.tool]]
id = "{name}.which"
target = "{package}.code:which"
description = "Tells which version answers"
input_schema = {{ type = "object" }}
"""


def write_plugin(
    folder: Path,
    name: str,
    version: str = "1.0.0",
    *,
    package: str | None = None,
    head: str = "",
    manifest: str = TOOL_MANIFEST,
    files: Mapping[str, str] | None = None,
    api: str = ">=1.0,<2",
) -> Path:
    """Write a plugin's package into *folder* and return it. *head* goes before the tables of its manifest.

    ``{name}``, ``{package}`` and ``{version}`` in *manifest* and the default code are filled in.
    """
    package = package or f"lumos_test_{name.replace('-', '_')}"
    root = folder.joinpath(*package.split("."))
    root.mkdir(parents=True, exist_ok=True)
    values = {"name": name, "package": package, "version": version}
    top = f'schema = 1\nname = "{name}"\nversion = "{version}"\napi = "{api}"\n'
    code = {"__init__.py": "", "code.py": TOOL.format(**values)} if files is None else {"__init__.py": "", **files}
    for path, text in code.items():
        root.joinpath(path).write_text(text, encoding="utf-8")
    root.joinpath("lumos-plugin.toml").write_text(top + head + manifest.format(**values), encoding="utf-8")
    return root


@dataclass
class Site:
    """A folder of installed distributions, on ``sys.path``."""

    root: Path
    packages: dict[str, Path] = field(default_factory=dict)

    def install(self, name: str, version: str = "1.0.0", *, dist: str | None = None, **plugin: Any) -> Path:
        """Install a plugin, in place of an earlier version, and return its package's folder."""
        self.uninstall(name)
        root = self.packages[name] = write_plugin(self.root, name, version, **plugin)
        package = ".".join(root.relative_to(self.root).parts)
        self.declare(dist or f"lumos_test_{name.replace('-', '_')}", version, {name: package})
        return root

    def declare(self, dist: str, version: str, entry_points: Mapping[str, str]) -> Path:
        """Write a distribution's metadata."""
        info = self.root / f"{dist}-{version}.dist-info"
        info.mkdir(parents=True, exist_ok=True)
        lines = [f"{n} = {p}" for n, p in entry_points.items()]
        text = "\n".join(["[console_scripts]", "x = y:z", "", "[lumosai.plugins]", *lines, "", "[other]", "a = b", ""])
        info.joinpath("entry_points.txt").write_text(text, encoding="utf-8")
        return info

    def uninstall(self, name: str) -> None:
        """Remove a plugin and its metadata, if it is there."""
        if (root := self.packages.pop(name, None)) is not None:
            shutil.rmtree(root)
            for info in self.root.glob(f"{root.name}-*.dist-info"):
                shutil.rmtree(info)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return an empty ``site-packages`` that comes first on ``sys.path``; what was imported from it is forgotten."""
    root = tmp_path / "site-packages"
    root.mkdir()
    monkeypatch.syspath_prepend(str(root))
    # Two versions written within a second and of one size would share their byte code.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    before = set(sys.modules)
    yield Site(root)
    for name in [n for n in sys.modules if n.startswith("lumos_test_") and n not in before]:
        del sys.modules[name]


@pytest.fixture
def seen() -> Callable[[Host], list[Event]]:
    """Return a function that starts a list of a host's events."""

    def listen(host: Host) -> list[Event]:
        events: list[Event] = []
        host.bus.listen(events.append)
        return events

    return listen


async def collect(events: AsyncIterator[Event]) -> list[Event]:
    """Return all events of a stream."""
    return [e async for e in events]

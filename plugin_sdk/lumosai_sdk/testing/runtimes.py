"""Fixtures that give a test the plugin under test, loaded by a host: from its sources, from its component, or both.

Registered where pytest-asyncio is installed; ``lumosai_sdk.testing.pytest_plugin`` does it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

RUNTIMES = ("python", "wasm")
_OPTIONS = {"python": "--lumos-native", "wasm": "--lumos-wasm"}
_STAGED = ".lumos/wasm"
"""Where ``lumos plugin test`` and ``dev`` build to, below the plugin's folder."""


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin in a running host. ``runtime`` is how it was loaded, ``host`` is a ``lumosai.Host``."""

    name: str
    runtime: str
    host: Any

    def get(self, kind: str, id: str) -> Any:  # noqa: A002 - the manifest's word
        """Return the object of a contribution, which meets the Protocol of its kind. Raises NotFoundError."""
        return self.host.registry.get(kind, id).obj

    def tool(self, id: str) -> Any:  # noqa: A002
        """Return a tool. Raises NotFoundError."""
        return self.get("tool", id)

    async def call(self, id: str, arguments: Mapping[str, Any] | None = None) -> Any:  # noqa: A002
        """Call a tool as the host does, arguments checked and time limited, and return its JSON value."""
        return await self.host.call_tool(id, dict(arguments or {}))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of the plugin once for every runtime that is asked for."""
    if "lumos_runtime" in metafunc.fixturenames:
        metafunc.parametrize("lumos_runtime", _asked(metafunc.config, metafunc.definition.path), indirect=True)


def _asked(config: pytest.Config, test: Path) -> list[str]:
    """Return the runtimes: those of the options, else those of which a folder is known."""
    known = [r for r in RUNTIMES if _folder(config, r, test) is not None]
    asked = config.getoption("--lumos-runtime")
    return known or [RUNTIMES[0]] if asked in {None, "both"} else [asked]


def _folder(config: pytest.Config, runtime: str, test: Path) -> Path | None:
    """Return the folder with the manifest; without options, that of the last build of the plugin *test* belongs to."""
    given = {r: config.getoption(option) for r, option in _OPTIONS.items()}
    if any(given.values()):
        return Path(given[runtime]) if given[runtime] else None
    return _staged(test) if runtime == "wasm" else None


def _staged(test: Path) -> Path | None:
    from lumosai_sdk.manifest import FILE_NAME

    project = next((p for p in test.parents if (p / "pyproject.toml").is_file()), None)
    found = sorted(project.glob(f"{_STAGED}/*/{FILE_NAME}")) if project else []
    return found[0].parent if found else None


@pytest.fixture
def lumos_runtime(request: pytest.FixtureRequest) -> str:
    """How the plugin under test is loaded: ``python`` or ``wasm``."""
    return str(request.param)


@pytest.fixture
def lumos_plugin_config() -> Mapping[str, Any]:
    """What ``lumos.toml`` says of the plugin (``grant``, ``settings``, ``limits``); override it.

    Without a ``grant`` it is granted all its manifest asks for.
    """
    return {}


@pytest_asyncio.fixture
async def lumos_plugin(
    request: pytest.FixtureRequest,
    lumos_runtime: str,
    lumos_host: OpenHost,
    lumos_plugin_config: Mapping[str, Any],
) -> AsyncIterator[LoadedPlugin]:
    """Open a host with the plugin under test. Run the tests with ``lumos plugin test``, which builds it first."""
    from lumosai_sdk.manifest import FILE_NAME, load

    folder = _folder(request.config, lumos_runtime, request.path)
    if folder is None:
        pytest.fail(f"no plugin to load in the runtime {lumos_runtime}; run: lumos plugin test", pytrace=False)
    manifest = load(folder / FILE_NAME)
    config = {"grant": manifest.permissions, **lumos_plugin_config}
    sections = {"host": {"plugin_paths": [folder.absolute().parent]}, "plugins": {manifest.name: config}}
    if cache := request.config.getoption("--lumos-cache") or _cache_beside(folder):
        sections["sandbox"] = {"cache": Path(cache)}
    async with lumos_host(**sections) as host:
        _check(host.plugins.get(manifest.name), folder)
        yield LoadedPlugin(manifest.name, lumos_runtime, host)


def _cache_beside(folder: Path) -> Path | None:
    """Return where the code of a staged build is kept, so that each session of tests need not compile it anew."""
    scratch = folder.absolute().parents[1]
    return scratch / "cache" if scratch.name == _STAGED.partition("/")[0] else None


def _check(found: Any, folder: Path) -> None:
    """Fail the test when the host took another plugin of that name, or the right one does not run."""
    if found.state != "enabled" or not folder.samefile(found.record["root"]):
        pytest.fail(f"{folder}: {found.reason or 'hidden by ' + found.record['dist']}", pytrace=False)

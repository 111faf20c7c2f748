"""A change of the configuration that one process was asked for holds in all of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    import pytest
    from tests.host.gateway.peers.conftest import Pair


def written(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


async def change(client: Any, steps: int) -> Any:
    tag = (await client.get("/v1/config")).headers["etag"]
    return await client.patch("/v1/config", json={"limits": {"steps": steps}}, headers={"if-match": tag})


async def test_all_processes_go_by_a_change(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pair
    written(a.host.loaded.path, "[limits]\nsteps = 4\n")
    first = await change(a.client, 5)
    assert (first.status_code, first.json()["siblings"]) == (200, {"asked": 1, "failed": []})
    assert (a.host.config.limits.steps, b.host.config.limits.steps) == (5, 5)
    assert (await change(b.client, 6)).json()["siblings"]["failed"] == []
    assert (a.host.config.limits.steps, b.host.config.limits.steps) == (6, 6)

    async def failing() -> None:
        raise ConfigError("not here")

    monkeypatch.setattr(b.host, "reload_config", failing)
    (failed,) = (await change(a.client, 7)).json()["siblings"]["failed"]
    assert failed["code"] == "config"
    assert (a.host.config.limits.steps, b.host.config.limits.steps) == (7, 6)

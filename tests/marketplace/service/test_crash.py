"""kill -9 while uploads are under way: no half of a release, nothing that keeps its author from trying again."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.marketplace.service import spawned
from tests.marketplace.service.market import Market, free_port, prepared, serving, wheel

POINTS = int(os.environ.get("LUMOS_CRASH_POINTS", "3"))
pytestmark = pytest.mark.timeout(60 + 30 * POINTS)


@pytest.mark.slow
def test_kill_at_any_moment_leaves_all_or_nothing(tmp_path: Path) -> None:
    settings = prepared(tmp_path / "data", free_port(), publishing={"pending_seconds": 1})
    config = spawned.write(settings, tmp_path / "marketplace.toml")
    chance = random.Random(os.environ.get("LUMOS_CRASH_SEED", "4"))
    process = spawned.start(config, settings.server.port)
    market = Market(settings)
    token = market.token("acme-*")
    for number in range(POINTS):
        filename, data = wheel("acme-weather", f"1.{number}.0")
        signed = market.sign(filename, data)
        outcome: list[int] = []
        thread = threading.Thread(target=_attempt, args=(market, filename, data, signed, token, outcome))
        thread.start()
        time.sleep(chance.uniform(0, 0.15 if number else 1.0))  # the first upload of a process imports what it needs
        spawned.kill(process)
        thread.join()
        market.client.close()
        process = spawned.start(config, settings.server.port)
        market = Market(settings, signed_in=market.signed_in)
        _check_whole(market, filename, data, published=outcome == [200])
        _publish_in_the_end(market, filename, data, signed, token)
        _check_whole(market, filename, data, published=True)
    releases, files = market.left()
    assert releases == sorted(f"acme-weather 1.{n}.0 active" for n in range(POINTS))
    assert len([f for f in files if len(f) == 64]) == 2 * POINTS
    market.run(_audit_log)
    market.client.close()
    spawned.kill(process)


def _attempt(market: Market, filename: str, data: bytes, signed: Any, token: str, outcome: list[int]) -> None:
    try:
        outcome.append(market.upload(filename, data, signed, token).status_code)
    except httpx.TransportError:
        outcome.append(0)


def _check_whole(market: Market, filename: str, data: bytes, *, published: bool) -> None:
    """What the index names is there, byte for byte; what was acknowledged is named."""
    page = market.client.get("/simple/acme-weather/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    files = {f["filename"]: f["url"] for f in page.json()["files"]} if page.status_code == 200 else {}
    assert filename in files or not published
    for name, url in files.items():
        content = market.client.get(f"/simple/acme-weather/{url}")
        assert content.status_code == 200
        assert name != filename or content.content == data
        assert market.client.get(f"/simple/acme-weather/{url}.metadata").status_code == 200


def _publish_in_the_end(market: Market, filename: str, data: bytes, signed: Any, token: str) -> None:
    answer = market.upload(filename, data, signed, token)
    for _ in range(20):
        if answer.status_code != 429:  # the one that broke off is not yet given up
            break
        time.sleep(float(answer.headers["retry-after"]))
        answer = market.upload(filename, data, signed, token)
    assert answer.status_code == 200, answer.text


async def _audit_log(service: Any) -> None:
    await service.log.audit()


def test_what_broke_off_is_forgotten_with_its_files(tmp_path: Path) -> None:
    settings = prepared(tmp_path, free_port(), publishing={"pending_seconds": 1})
    filename, data = wheel("acme-weather")
    with serving(settings) as market:
        signed, token = market.sign(filename, data), market.token("acme-*")
        market.run(lambda service: _break_off(service, filename, data, signed))
        releases, files = market.left()
        assert (releases, len(files)) == (["acme-weather 1.0.0 pending"], 2)
        answer = market.upload(filename, data, signed, token)
        assert answer.status_code == 429
        for _ in range(100):
            if market.left() == ([], []):
                break
            time.sleep(0.1)
        assert market.left() == ([], [])
        assert market.client.get("/simple/acme-weather/").status_code == 404
        assert market.upload(filename, data, signed, token).status_code == 200


async def _break_off(service: Any, filename: str, data: bytes, signed: Any) -> None:
    """Do the first half of an upload, as a process that is killed then."""
    from lumosai_marketplace.service import checking, pending
    from lumosai_marketplace.service.pending import Candidate
    from lumosai_marketplace.wheels.wheel import read_wheel

    read = read_wheel(filename, data)
    verified = checking.verify(service.verifier, read, signed)
    candidate = Candidate(read, pending.digest(read.metadata), verified, signed)
    assert await pending.claim(service, candidate) is not None
    await service.blobs.put(data)
    await service.blobs.put(read.metadata)


def test_who_lost_the_lease_cannot_finish(tmp_path: Path) -> None:
    from lumosai_marketplace.service import pending
    from lumosai_marketplace.service.pending import Lease
    from lumosai_sdk.errors import ConflictError

    settings = prepared(tmp_path, free_port())
    filename, data = wheel("acme-weather")
    with serving(settings) as market:
        signed = market.sign(filename, data)
        market.run(lambda service: _break_off(service, filename, data, signed))
        with pytest.raises(ConflictError, match="too long"):
            market.run(lambda service: pending.activate(service, Lease(1, "another"), "acme/weather 1.0.0", "eve"))
        market.run(lambda service: pending.forget(service, 1, "another"))
        assert len(market.left()[1]) == 2

"""Threat 8: a log that shows different people different things."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from tests.attacks.marketplace.threats.case import case
from tests.attacks.marketplace.threats.forging import forged, show
from tests.attacks.marketplace.threats.stage import CLOCK, Stage
from tests.marketplace.client.wheels import make

from lumosai_marketplace.client.consent import nobody
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint
from lumosai_marketplace.wheels import read_wheel

if TYPE_CHECKING:
    from collections.abc import Callable


def forking(stage: Stage, more: int = 0) -> Callable[[bytes], bytes]:
    """Return what makes another tree's checkpoint of a true one, signed by the log itself."""
    signer = stage.ground.us.authority.log_signer

    def lie(body: bytes) -> bytes:
        true, _ = note.parse(body.decode())
        return note.sign(Checkpoint(true.origin, true.size + more, b"\1" * 32), signer).encode()

    return lie


async def _another_owner(stage: Stage) -> None:
    """Who has seen the fork remembers it: the honest twin is somebody who has not."""
    stage.mirror.lies.clear()
    stage.owner = stage.world.owner(index=stage.mirror.url)
    assert await stage.install()


@case(8, "a log of another tree", "log.fork", _another_owner)
async def _tree(stage: Stage) -> None:
    stage.mirror.lies["log/checkpoint"] = forking(stage)
    await stage.install()


async def _updates(stage: Stage) -> None:
    stage.mirror.lies.clear()
    assert await stage.update() == "1.1.0"


@case(8, "a log that shows another tree later", "log.fork", _updates)
async def _later(stage: Stage) -> None:
    await stage.install("acme/weather==1.0.0")
    stage.mark()
    stage.mirror.lies["log/checkpoint"] = forking(stage, 5)
    stage.mirror.lies["log/consistency"] = lambda _: web.json_response({"hashes": ["01" * 32] * 3})
    await stage.update()


@case(8, "a log that forgets", "log.rollback", _updates)
async def _forgets(stage: Stage) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{stage.world.url}log/checkpoint?size=1") as answer:
        old = await answer.read()
    await stage.install("acme/weather==1.0.0")
    stage.mark()
    stage.mirror.lies["log/checkpoint"] = lambda _: old
    await stage.update()


@case(8, "a log that showed another machine, whose lock tells, another tree", "log.fork", _another_owner)
async def _lock(stage: Stage) -> None:
    await stage.install()
    lock = stage.owner.market.read_lock()
    seen = lock.indexes[stage.mirror.url]
    true, _ = note.parse(seen.checkpoint)
    other = note.sign(Checkpoint(true.origin, true.size, b"\2" * 32), stage.ground.us.authority.log_signer)
    stage.owner = stage.world.owner(index=stage.mirror.url)
    stage.owner.market.lock.write_bytes(lock.seeing(replace(seen, checkpoint=other)).encode())
    stage.mark()
    async with stage.owner.session(ask=nobody) as session:
        await session.restore()


@case(8, "a signature in a branch of the log that nobody else is shown", "log.fork", _another_owner)
async def _branch(stage: Stage) -> None:
    filename, data = make(version="1.1.0", permissions=CLOCK, pad=60)
    show(stage, filename, data, forged(stage, filename, data, read_wheel(filename, data).facts))
    await stage.install()


@case(8, "a checkpoint by a key that is nobody's", "log.key")
async def _unsigned(stage: Stage) -> None:
    signer = stage.ground.them.authority.log_signer

    def lie(body: bytes) -> bytes:
        return note.sign(note.parse(body.decode())[0], signer).encode()

    stage.mirror.lies["log/checkpoint"] = lie
    await stage.install()

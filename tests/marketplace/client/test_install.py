"""Installing from a real service over HTTP, and what follows: update, rollback, remove, audit."""

# ruff: noqa: PLR2004, TC002 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.marketplace.client.world import Owner, World

from lumosai_marketplace.client.consent import Question, nobody
from lumosai_marketplace.client.keeper import Keeper, read_revoked
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.verify import verify_installed
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.store.check import check
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.permissions import Permissions

WEATHER = Name("acme", "weather")
CLOCK = "clock = true"


@pytest.fixture(scope="module", autouse=True)
def published(world: World) -> None:
    world.publish(version="1.0.0", permissions=CLOCK)
    world.publish(version="1.1.0", permissions=CLOCK)
    world.publish(version="2.0.0rc1", permissions=CLOCK)


async def install(owner: Owner, world: World, text: str = "acme/weather", **options: Any) -> str:
    """Install, and return the version."""
    async with owner.session(**options) as session:
        return (await session.install(Wanted.parse(text), world.url)).plugin.version


async def refused(owner: Owner, world: World, text: str = "acme/weather", **options: Any) -> RefusedError:
    """Try to install; see that nothing of it is there afterwards; return why."""
    before = owner.lock_text, owner.files()
    with pytest.raises(RefusedError) as e:
        await install(owner, world, text, **options)
    assert (owner.lock_text, owner.files()) == before
    return e.value


async def test_a_plugin_is_installed_as_it_was_signed(world: World) -> None:
    owner = world.owner()
    async with owner.session() as session:
        done = await session.install(Wanted(WEATHER), world.url)
    plugin = done.plugin
    assert (plugin.version, done.before, done.changed) == ("1.1.0", "", True)
    assert plugin.signer.subject == "dev@acme.example"
    assert plugin.permissions == Permissions(clock=True)
    assert (plugin.rule, plugin.index, plugin.runtime) == ("acme", world.url, "wasm")
    assert check(owner.market.store, plugin.sha256, plugin.receipt).plugin == "acme/weather"
    lock = owner.market.read_lock()
    assert lock.plugins[WEATHER] == plugin
    assert lock.indexes[world.url].checkpoint.startswith("127.0.0.1\n")
    assert set(lock.indexes[world.url].tuf) == {"root", "timestamp", "snapshot", "targets"}


async def test_installing_twice_changes_nothing(world: World) -> None:
    owner = world.owner()
    await install(owner, world)
    text = owner.lock_text
    async with owner.session() as session:
        assert not (await session.install(Wanted(WEATHER))).changed
    assert owner.lock_text == text


async def test_two_hosts_lock_the_same(world: World) -> None:
    one, two = world.owner(), world.owner()
    await install(one, world)
    await install(two, world)
    assert one.lock_text == two.lock_text


async def test_steps_are_told_in_the_order_of_the_design(world: World) -> None:
    steps: list[str] = []

    def told(step: str, text: str, done: int, total: int) -> None:
        steps.append(step)

    await install(world.owner(), world, told=told)
    assert list(dict.fromkeys(steps)) == ["trust", "resolve", "download", "verify", "ask", "log", "write"]


async def test_a_lock_installs_the_same_elsewhere_and_nothing_else(world: World) -> None:
    first, second = world.owner(), world.owner()
    await install(first, world, "acme/weather==1.0.0")
    second.market.lock.write_text(first.lock_text)
    async with second.session(frozen=True, ask=nobody) as session:
        (done,) = await session.restore()
    assert done.plugin.version == "1.0.0"
    assert second.lock_text == first.lock_text
    assert second.files() == first.files()
    assert (await refused(second, world, "acme/weather==1.1.0", frozen=True)).rule == "lock.locked"
    assert (await refused(world.owner(), world, frozen=True)).rule == "lock.locked"


async def test_a_changed_file_is_put_back(world: World) -> None:
    owner = world.owner()
    await install(owner, world)
    plugin = owner.market.read_lock().plugins[WEATHER]
    component = owner.market.store.entry(plugin.sha256) / "files" / "acme_weather" / "plugin.wasm"
    component.write_bytes(b"evil")
    async with owner.session(ask=nobody) as session:
        assert (await session.install(Wanted(WEATHER))).changed
    check(owner.market.store, plugin.sha256, plugin.receipt)


# --- choosing


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("acme/weather", "1.1.0"),
        ("acme-weather==1.0.0", "1.0.0"),
        ("acme/weather<1.1", "1.0.0"),
        ("acme/weather==2.0.0rc1", "2.0.0rc1"),
    ],
)
async def test_the_version_that_is_meant(world: World, text: str, version: str) -> None:
    assert await install(world.owner(), world, text) == version


async def test_what_is_not_there_is_said_to_be_not_there(world: World) -> None:
    with pytest.raises(NotFoundError, match="acme/nothing"):
        await install(world.owner(), world, "acme/nothing")
    assert (await refused(world.owner(), world, "acme/weather==7")).rule == "index.none"


async def test_without_an_index_it_is_said_where_to_name_one(world: World) -> None:
    async with world.owner().session() as session:
        with pytest.raises(InputError, match="no index") as e:
            await session.install(Wanted(WEATHER))
    assert "[marketplace] index" in str(e.value.hint)


async def test_an_index_that_is_not_trusted_is_not_asked(world: World) -> None:
    owner = world.owner()
    for root in owner.market.roots.iterdir():
        root.unlink()
    e = await refused(owner, world)
    assert e.rule == "tuf.no-root"
    assert f"lumos trust index {world.url}" in str(e.hint)


async def test_a_yanked_version_is_chosen_by_nobody(world: World) -> None:
    world.publish("acme_yanked", "1.0.0")
    world.publish("acme_yanked", "1.1.0")
    owner, late = world.owner(), world.owner()
    assert await install(owner, world, "acme/yanked") == "1.1.0"
    world.yank("1.1.0", "acme/yanked", reason="wrong units")
    assert await install(late, world, "acme/yanked") == "1.0.0"
    e = await refused(world.owner(), world, "acme/yanked==1.1.0")
    assert (e.rule, "wrong units" in e.message) == ("index.yanked", True)
    async with owner.session() as session:  # who has it keeps it, and can have it back
        owner.market.store.remove(owner.market.read_lock().plugins[Name("acme", "yanked")].sha256)
        assert (await session.restore())[0].plugin.version == "1.1.0"
        assert [f.rule for f in await session.audit()] == ["index.yanked"]


async def test_an_audit_hints_at_the_command_that_leads_away_from_a_yanked_version(world: World) -> None:
    hints = []
    for version in ("1.0.0", "1.1.0"):
        world.publish("acme_hasty", version)
    owner = world.owner()
    assert await install(owner, world, "acme/hasty") == "1.1.0"
    world.yank("1.1.0", "acme/hasty")
    async with owner.session() as session:
        hints += [f.hint for f in await session.audit()]
        world.publish("acme_hasty", "1.2.0rc1")  # nobody gets that unasked
        hints += [f.hint for f in await session.audit()]
        world.yank("1.0.0", "acme/hasty")
        hints += [f.hint for f in await session.audit()]
        world.publish("acme_hasty", "1.2.0")
        hints += [f.hint for f in await session.audit()]
    back = "lumos plugin rollback acme/hasty --to 1.0.0"
    assert hints == [back, back, "lumos plugin remove acme/hasty", "lumos plugin update acme/hasty"]


# --- the owner's word


async def test_a_stranger_is_refused_with_the_command_that_lets_them_in(world: World) -> None:
    e = await refused(world.owner(trusted=False), world)
    assert e.rule == "trust.no-rule"
    assert "lumos trust add acme/weather" in str(e.hint)


async def test_yes_grants_no_more_than_the_policy(world: World) -> None:
    e = await refused(world.owner(max_permissions=None), world)
    assert e.rule == "consent.needed"
    assert "know the time" in e.message
    e = await refused(world.owner(max_permissions={"kv": True}), world)
    assert e.rule == "trust.max-permissions"


async def test_whoever_says_no_has_nothing(world: World) -> None:
    asked: list[Question] = []

    async def no(question: Question) -> bool:
        asked.append(question)
        return False

    assert (await refused(world.owner(), world, ask=no)).rule == "consent.declined"
    assert [r.words for r in asked[0].rights] == ["know the time"]
    assert asked[0].to_json()["signer"]["subject"] == "dev@acme.example"


async def test_what_asks_for_nothing_needs_nobody(world: World) -> None:
    world.publish("acme_quiet", "1.0.0")
    assert await install(world.owner(max_permissions=None), world, "acme/quiet", ask=nobody) == "1.0.0"
    assert (await refused(world.owner(), world, ask=nobody)).rule == "consent.nobody"


async def test_python_is_let_in_by_a_rule_that_says_so_and_by_no_other(world: World) -> None:
    world.publish("acme_trusted", "1.0.0", runtime="python")
    assert (await refused(world.owner(), world, "acme/trusted")).rule == "trust.runtime"
    assert await install(world.owner(runtime="python"), world, "acme/trusted") == "1.0.0"


async def test_a_version_that_is_too_young_waits(world: World) -> None:
    assert (await refused(world.owner(min_age="3d"), world)).rule == "trust.min-age"


async def test_two_plugins_of_one_name_do_not_both_get_it(world: World) -> None:
    world.publish("other_weather", "1.0.0")
    owner = world.owner(plugins=["acme/*", "other/*"])
    await install(owner, world)
    assert (await refused(owner, world, "other/weather")).rule == "lock.name"


async def test_a_name_that_a_plugin_of_the_host_has_is_taken(world: World) -> None:
    from dataclasses import replace

    owner = world.owner()
    owner.market = replace(owner.market, taken={"weather": "from lumos-weather-1.0"})
    assert (await refused(owner, world)).rule == "lock.name"


# --- afterwards


async def test_update_rollback_and_remove(world: World) -> None:
    owner = world.owner()
    await install(owner, world, "acme/weather==1.0.0")
    async with owner.session() as session:
        (done,) = await session.update()
        assert (done.before, done.plugin.version) == ("1.0.0", "1.1.0")
        (done,) = await session.update()
        assert not done.changed
        back = await session.rollback(WEATHER)
        assert (back.before, back.plugin.version) == ("1.1.0", "1.0.0")
        with pytest.raises(ConflictError, match="no version"):
            await session.rollback(WEATHER)
        assert (await session.rollback(WEATHER, "2.0.0rc1")).plugin.version == "2.0.0rc1"
        await session.remove(WEATHER)
        with pytest.raises(NotFoundError):
            await session.remove(WEATHER)
    assert owner.market.read_lock().plugins == {}
    assert owner.files() == []


async def test_an_older_version_is_for_a_rollback_alone(world: World) -> None:
    owner = world.owner()
    await install(owner, world)
    e = await refused(owner, world, "acme/weather==1.0.0")
    assert e.rule == "lock.older"
    assert e.hint == "lumos plugin rollback acme/weather --to 1.0.0"


async def test_what_is_kept_for_a_rollback_is_two_versions(world: World) -> None:
    for n in range(5):
        world.publish("acme_often", f"1.{n}.0")
    owner = world.owner()
    await install(owner, world, "acme/often==1.0.0")
    async with owner.session() as session:
        for n in range(1, 5):
            await session.update([Wanted.parse(f"acme/often==1.{n}.0")])
    assert len(owner.market.store.entries()) == 3


async def test_everything_is_verified_once_more_without_a_network(world: World) -> None:
    import time

    owner = world.owner()
    await install(owner, world)
    plugin = owner.market.read_lock().plugins[WEATHER]
    keeper = Keeper(owner.market)
    judged = await asyncio.to_thread(verify_installed, owner.market, keeper, plugin, time.time())
    assert judged.verified.signer == plugin.signer
    with pytest.raises(RefusedError) as stale:
        verify_installed(owner.market, keeper, plugin, time.time() + 30 * 86_400)
    assert stale.value.rule == "tuf.stale"
    from dataclasses import replace

    with pytest.raises(RefusedError) as more:
        verify_installed(owner.market, keeper, replace(plugin, permissions=Permissions(kv=True)), time.time())
    assert more.value.rule == "lock.changed"
    owner.market.policy.write_text("")
    with pytest.raises(RefusedError) as untrusted:
        verify_installed(owner.market, keeper, plugin, time.time())
    assert untrusted.value.rule == "trust.no-rule"


async def test_an_audit_finds_what_was_revoked_and_the_host_is_told(world: World) -> None:
    name = Name("acme", "bad")
    sha = world.publish("acme_bad", "1.0.0")
    owner = world.owner()
    await install(owner, world, "acme/bad")
    async with owner.session() as session:
        assert await session.audit() == []
        world.quarantine("acme/bad", "it sends your keys home")
        rules = {f.rule for f in await session.audit()}
    assert {"tuf.revoked", "index.quarantined"} <= rules
    assert sha in read_revoked(owner.market.revoked)[world.url]
    assert (await refused(world.owner(), world, "acme/bad")).rule == "index.quarantined"
    assert owner.market.read_lock().plugins[name].sha256 == sha


async def test_an_audit_tells_the_advisories_that_are_about_this_version(world: World) -> None:
    world.publish("acme_hole", "1.0.0")
    world.publish("acme_hole", "1.0.1")
    affected = [
        {
            "package": {"ecosystem": "LumosAI", "name": "acme/hole"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0.1"}]}],
        }
    ]
    document = {"summary": "it leaks", "affected": affected, "database_specific": {"severity": "HIGH"}}
    _advise(world, document)
    owner = world.owner()
    await install(owner, world, "acme/hole==1.0.0")
    async with owner.session() as session:
        (found,) = await session.audit()
        assert (found.rule, found.hint) == ("advisory", "lumos plugin update acme/hole")
        assert "(high): it leaks" in found.text
        await session.update()
        assert await session.audit() == []


def _advise(world: World, document: dict[str, Any]) -> None:
    from lumosai_marketplace.service import advisories, osv
    from lumosai_marketplace.service.people import Person

    body = osv.AdvisoryBody.model_validate(document)
    world.run(advisories.create(world.service, Person(1, "dev@acme.example", admin=True), body))


async def test_an_audit_says_what_it_could_not_ask(world: World) -> None:
    owner = world.owner()
    await install(owner, world)
    lock = owner.lock_text.replace(world.url, "http://127.0.0.1:9/")
    owner.market.lock.write_text(lock)
    async with owner.session() as session:
        (finding,) = await session.audit()
    assert finding.bad
    assert finding.rule == "tuf.no-root"


async def test_of_two_at_once_one_waits_and_both_are_whole(world: World) -> None:
    owner = world.owner()
    world.publish("acme_news", "1.0.0")

    async def one(text: str) -> None:
        await install(owner, world, text)

    await asyncio.gather(one("acme/weather"), one("acme/news"))
    assert sorted(map(str, owner.market.read_lock().plugins)) == ["acme/news", "acme/weather"]

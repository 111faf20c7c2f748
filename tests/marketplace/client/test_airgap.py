"""A bundle is carried to a machine without a network, and verified there as from an index."""

from __future__ import annotations

import asyncio
import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai_marketplace.client import airgap
from lumosai_marketplace.client.install import install
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from tests.marketplace.client.world import Owner, World

WEATHER = Name("acme", "weather")


@pytest.fixture(scope="module", autouse=True)
def published(world: World) -> None:
    world.publish(version="1.0.0")
    world.publish("acme_news", "1.0.0")


async def online(world: World) -> Owner:
    owner = world.owner()
    async with owner.session() as session:
        for text in ("acme/weather", "acme/news"):
            await session.install(Wanted.parse(text), world.url)
    return owner


async def pack(owner: Owner, path: Path, *names: Name, since: Owner | None = None) -> Path:
    lock = owner.market.read_lock()
    plugins = [p for n, p in lock.plugins.items() if not names or n in names]
    seen = {u: s.checkpoint for u, s in since.market.read_lock().indexes.items()} if since else {}
    airgap.write(path, await airgap.pack(owner.market, Keeper(owner.market), plugins, seen))
    return path


async def carry(owner: Owner, path: Path, name: Name = WEATHER, **options: Any) -> str:
    (carried,) = await asyncio.to_thread(airgap.unpack, path)
    async with owner.session(**options) as session:
        trust = await asyncio.to_thread(carried.trust, Keeper(owner.market))
        done = await install(owner.market, carried, trust, Wanted(name), session.options)
    return done.plugin.version


async def test_what_is_carried_is_installed_and_locked_as_elsewhere(world: World, tmp_path: Path) -> None:
    first, second = await online(world), world.owner()
    path = await pack(first, tmp_path / "plugins.tar")
    assert await carry(second, path) == "1.0.0"
    assert await carry(second, path, Name("acme", "news")) == "1.0.0"
    assert second.market.read_lock().plugins == first.market.read_lock().plugins


async def test_a_machine_that_has_seen_the_log_wants_its_growth_proven(world: World, tmp_path: Path) -> None:
    first, second = await online(world), await online(world)
    world.publish("acme_late", "1.0.0")
    async with first.session() as session:
        await session.install(Wanted.parse("acme/late"), world.url)
    late = Name("acme", "late")
    with pytest.raises(RefusedError) as e:
        await carry(second, await pack(first, tmp_path / "a.tar", late), late)
    assert e.value.rule == "log.unproven"
    assert "--since" in str(e.value.hint)
    assert await carry(second, await pack(first, tmp_path / "b.tar", late, since=second), late) == "1.0.0"


async def test_the_other_machine_has_rules_of_its_own(world: World, tmp_path: Path) -> None:
    path = await pack(await online(world), tmp_path / "plugins.tar")
    for other, rule in (
        (world.owner(trusted=False), "trust.no-rule"),
        (world.owner(subject="x@y.example"), "trust.subject"),
    ):
        with pytest.raises(RefusedError) as e:
            await carry(other, path)
        assert (e.value.rule, other.files()) == (rule, [])


async def test_a_machine_that_does_not_trust_the_index_takes_nothing_of_it(world: World, tmp_path: Path) -> None:
    path = await pack(await online(world), tmp_path / "plugins.tar")
    other = world.owner()
    for root in other.market.roots.iterdir():
        root.unlink()
    with pytest.raises(RefusedError) as e:
        await carry(other, path)
    assert e.value.rule == "tuf.no-root"


def flipped(data: bytes) -> bytes:
    """Return what differs in one bit, in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def changed(path: Path, begin: str, change: Any) -> Path:
    """Return a bundle of which the members that begin so were changed."""
    out = path.with_name(f"changed-{path.name}")
    with tarfile.open(path) as old, tarfile.open(out, "w") as new:
        for info in old:
            file = old.extractfile(info)
            data = file.read() if file else b""
            if info.name.startswith(begin):
                data = change(data)
                info.size = len(data)
            new.addfile(info, io.BytesIO(data))
    return out


@pytest.mark.parametrize(
    ("begin", "rule"),
    [
        ("wheels/", "index.hash"),
        ("provenance/", "signature."),
        ("0/tuf/timestamp", "tuf."),
        ("0/tuf/targets/", "tuf."),
    ],
)
async def test_what_was_changed_on_the_way(world: World, tmp_path: Path, begin: str, rule: str) -> None:
    path = await pack(await online(world), tmp_path / "plugins.tar")
    other = world.owner()
    evil = changed(path, begin, flipped)
    with pytest.raises(RefusedError) as e:
        await carry(other, evil)
    assert e.value.rule.startswith(rule)
    assert other.files() == []
    assert await carry(other, path) == "1.0.0"


def member(name: str, data: bytes = b"", **fields: Any) -> bytes:
    """Return an archive of one member; *fields* are what its header says, whatever follows it."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT) + data.ljust(-(-len(data) // 512) * 512, b"\0") + b"\0" * 1024


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense" * 200,
        member("bundle.json", b"[]"),
        member("bundle.json", b'{"format": 2}'),
        member("bundle.json", b'{"format": 1, "indexes": [{"url": "x"}], "plugins": []}'),
        member("../../etc/passwd", b"x", type=tarfile.SYMTYPE, linkname="/etc"),
        member("bundle.json", b"[" * 100_000),
        member("bundle.json", b"", size=10**15),
    ],
)
def test_what_is_no_bundle(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "plugins.tar"
    path.write_bytes(data)
    with pytest.raises(InputError, match="no bundle"):
        airgap.unpack(path)

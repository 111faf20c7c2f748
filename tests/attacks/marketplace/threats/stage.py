"""Where an attack is played: a real service, a host's owner, and between them a mirror that speaks TLS and may lie."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tests.marketplace.client.world import AUTHOR, Owner, World, running
from tests.marketplace.service.issuer import Issuer, issuing
from tests.marketplace.trust.making import Instance, Tree

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.service.db.models import Namespace, Project, Release
from lumosai_marketplace.service.operating import Operator

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.marketplace.client.mirror import Mirror

    from lumosai_marketplace.authority.ca import SigningCa
    from lumosai_marketplace.authority.ct import CtKey
    from lumosai_marketplace.log.note import NoteSigner

CLOCK = "clock = true"
WIDER = 'clock = true\nhttp = ["GET https://api.example.org/*"]'
WEATHER = "acme/weather==1.1.0"
SQUATTED = ("weather", "amce", "acmehq", "acmew")
WORKFLOW = ".github/workflows/release.yml"


@dataclass(frozen=True)
class Retired:
    """The keys that the instance had before: whoever finds them can still sign."""

    ca: SigningCa
    ct: CtKey
    log: NoteSigner


@dataclass(frozen=True)
class Ground:
    """What all attacks share. ``us`` signs with the instance's own keys into a log that it shows to nobody else."""

    world: World
    issuer: Issuer
    retired: Retired
    us: Instance
    them: Instance
    tls: ssl.SSLContext


@dataclass
class Stage:
    """One attack's own: a mirror and an owner who has nothing installed yet. ``wanted`` is what is going to be."""

    ground: Ground
    mirror: Mirror
    owner: Owner
    folder: Path
    wanted: str = WEATHER
    before: Any = field(default=None)

    @property
    def world(self) -> World:
        return self.ground.world

    async def install(self, text: str = "", **options: Any) -> str:
        """Install what is wanted, as the command line does, from the mirror; return the version."""
        async with self.owner.session(**options) as session:
            return (await session.install(Wanted.parse(text or self.wanted), self.mirror.url)).plugin.version

    async def update(self, text: str = "", **options: Any) -> str:
        """Bring what is installed to what is wanted; return the version."""
        async with self.owner.session(**options) as session:
            return (await session.update([Wanted.parse(text or self.wanted)]))[0].plugin.version

    async def send(self, path: str, data: Any, token: str | None = None) -> Any:
        """Send something to the service, as whoever has *token*."""
        async with Index(self.mirror.url, token=token) as index:
            return await index.send(path, data)

    def mark(self) -> None:
        """Take what is there now for what was there before."""
        self.before = self.state()

    def state(self) -> tuple[Any, ...]:
        """Return all that an attack could leave: the host's files, its lock, and what the service has."""
        kept = self.world.settings.folder / "files"
        return _tree(self.owner.base, self.owner.market.folder), _tree(kept), self.world.run(_releases(self.world))


def _tree(root: Path, but: Path | None = None) -> list[str]:
    """Return all that lies below a folder, with the hashes of files; *but* keeps what a client has seen of indexes."""
    found = [p for p in root.rglob("*") if but is None or not p.is_relative_to(but)]
    return sorted(
        f"{p.relative_to(root)} {hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else 'folder'}"
        for p in found
        if p != root / ".lumos"
    )


async def _releases(world: World) -> Sequence[str]:
    async with world.service.reads() as session:
        query = select(Project.wire, Release.version, Release.state).join(Release, Release.project_id == Project.id)
        releases = [" ".join(row) for row in (await session.execute(query)).all()]
        return sorted([*releases, *await session.scalars(select(Namespace.name))])


@contextmanager
def grounded(folder: Path, tls: ssl.SSLContext) -> Iterator[Ground]:
    """Yield the service with four plugins in it, whose instance has changed its keys before the first was signed."""
    with issuing() as issuer:
        trusted = {"url": issuer.url, "kind": "github", "jwks_url": f"{issuer.url}/keys"}
        with running(folder, trust={"issuers": [trusted]}) as world:
            retired = _changed_keys(world)
            for version, permissions in (("1.0.0", CLOCK), ("1.1.0", CLOCK), ("2.0.0", WIDER)):
                world.publish(version=version, permissions=permissions)
            world.publish("other_weather", "9.0.0")
            authority = world.service.authority
            assert authority is not None
            us = Instance(authority, Tree("127.0.0.1"))
            them = Instance(Authority.create(folder / "them", url=world.settings.url), Tree("127.0.0.1"))
            world.run(_workflow(world, issuer))
            for name in SQUATTED:
                world.run(_given(world, name))
            yield Ground(world, issuer, retired, us, them, tls)


def _changed_keys(world: World) -> Retired:
    """Give the instance new keys, and retire the old ones as stolen."""
    authority = world.service.authority
    assert authority is not None
    then = authority._now()
    for part in ("ca", "ct", "log"):
        world.run(Operator(world.service, "admin").rotate(part, retire=True))
    return Retired(then.ca, then.ct, then.log)


async def _given(world: World, name: str) -> None:
    """Let the author have another namespace, as an operator may who has not looked closely."""
    operator = Operator(world.service, "admin")
    await operator.add_namespace(name, AUTHOR)
    await operator.approve_namespace(name)


async def _workflow(world: World, issuer: Issuer) -> None:
    """Register a repository's workflow as a publisher of acme/built."""
    body = {
        "issuer": issuer.url,
        "plugin": "built",
        "repository": "https://github.com/acme/weather",
        "repository_id": "123",
        "owner_id": "45",
        "workflow": WORKFLOW,
        "ref": "refs/tags/*",
    }
    async with Index(world.url, token=world.token) as index:
        await index.send("api/v1/namespaces/acme/publishers", body)

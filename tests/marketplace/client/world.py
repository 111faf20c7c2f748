"""A real service on 127.0.0.1, plugins published in it by their author, and a host's owner beside it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from tests.marketplace.client.wheels import make

from lumosai_marketplace.client import publish
from lumosai_marketplace.client.consent import up_to_policy
from lumosai_marketplace.client.install import Options
from lumosai_marketplace.client.keeper import Keeper, trust_root
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.publish import Signed
from lumosai_marketplace.client.session import Session
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import credentials
from lumosai_marketplace.service.app import bare_app
from lumosai_marketplace.service.db.models import Namespace, Publisher, User
from lumosai_marketplace.service.guard import Guard
from lumosai_marketplace.service.initialize import initialize
from lumosai_marketplace.service.settings import LimitSettings, Settings
from lumosai_marketplace.service.state import Service
from lumosai_marketplace.service.states import set_project, set_release
from lumosai_marketplace.trust.policy import Policy, Rule
from lumosai_sdk.permissions import Permissions

T = TypeVar("T")
AUTHOR = "dev@acme.example"
NAMESPACES = ("acme", "other")


@dataclass
class World:
    """The service at ``url``, in a thread of its own."""

    folder: Path
    url: str
    settings: Settings
    root: bytes
    service: Service
    loop: asyncio.AbstractEventLoop
    app: Any
    token: str = ""
    _hosts: int = field(default=0)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in the service's own event loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def publish(self, name: str = "acme_weather", version: str = "1.0.0", **more: Any) -> str:
        """Publish a wheel as its author would; return its hash."""
        filename, data = make(name, version, **more)
        return self.publish_bytes(filename, data)

    def publish_bytes(self, filename: str, data: bytes, *, subject: str = AUTHOR) -> str:
        """Sign and upload a wheel."""
        signed = self.sign(filename, data, subject=subject)
        self.run(publish.upload(self.url, self.token, signed))
        return str(signed.wheel.sha256)

    def sign(self, filename: str, data: bytes, *, subject: str = AUTHOR) -> Signed:
        """Return a signed wheel."""
        folder = self.folder / "dist" / subject
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / filename
        path.write_bytes(data)
        trust = self.run(Keeper(self.owner().market).refresh(self.url))
        assert self.service.authority is not None
        return publish.sign(path, trust, self.service.authority.identity_token(subject))

    def yank(self, version: str, plugin: str = "acme/weather", action: Any = "yank", reason: str = "wrong") -> None:
        self.run(set_release(self.service, Name.parse(plugin), version, action, reason, "admin"))

    def quarantine(self, plugin: str = "acme/weather", reason: str = "malware") -> None:
        self.run(set_project(self.service, Name.parse(plugin), "quarantine", reason, "admin"))

    def owner(self, *, trusted: bool = True, index: str | None = None, **rule: Any) -> Owner:
        """Return a new host's owner, who trusts the index by its root, and its author by a rule."""
        self._hosts += 1
        base = self.folder / f"host{self._hosts}"
        base.mkdir()
        owner = Owner(base, Market.at(base, base / ".lumos"))
        trust_root(owner.market, index or self.url, self.root)
        if trusted:
            owner.trust(self.rule(**rule))
        return owner

    def rule(self, **other: Any) -> Rule:
        told = {
            "name": "acme",
            "plugins": ["acme/*"],
            "issuer": f"{self.settings.url}/sigstore/oauth2",
            "subject": AUTHOR,
            "max_permissions": {"clock": True, "http": ["GET https://api.example.org/*"]},
        }
        return Rule.model_validate({k: v for k, v in {**told, **other}.items() if v is not None})


@dataclass
class Owner:
    """A host's files."""

    base: Path
    market: Market

    def trust(self, rule: Rule) -> None:
        Policy.load(self.market.policy).add(rule)

    @asynccontextmanager
    async def session(self, url: str | None = None, **options: Any) -> AsyncIterator[Session]:
        from dataclasses import replace

        market = replace(self.market, index=url) if url else self.market
        async with Session(market, Options(**{"ask": up_to_policy, **options})) as session:
            yield session

    @property
    def lock_text(self) -> str:
        return self.market.lock.read_text() if self.market.lock.exists() else ""

    def files(self) -> list[str]:
        """Return all files in the store but the ones that guard it."""
        root = self.market.store.root
        found = [p for p in root.rglob("*") if p.is_file() and p.name != ".guard" and p.parent.name != "refs"]
        return sorted(str(p.relative_to(root)) for p in found)


NONE = Permissions()


@contextmanager
def running(folder: Path, **more: Any) -> Iterator[World]:
    """Yield a world, its service running; *more* are settings."""
    # The protocol is named: asyncio switches delays off (TCP_NODELAY) for sockets that say they are TCP.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        settings = Settings(
            url=url, data=folder / "service", base=folder, limits=LimitSettings(uploads_per_hour=100_000), **more
        )
        made = asyncio.run(initialize(settings))
        app = bare_app(settings)
        config = uvicorn.Config(Guard(app, settings, app.state.metrics), log_level="warning", lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        _wait(lambda: server.started)
        world = World(folder, f"{url}/", settings, made.root, app.state.service, _loop_of(server), app)
        world.token = world.run(_people(world.service))
        try:
            yield world
        finally:
            server.should_exit = True
            thread.join(30)


def _loop_of(server: uvicorn.Server) -> asyncio.AbstractEventLoop:
    (first, *_) = server.servers
    loop = first.get_loop()
    assert isinstance(loop, asyncio.AbstractEventLoop)
    return loop


def _wait(ready: Any) -> None:
    until = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < until, "the service does not start"
        time.sleep(0.02)


async def _people(service: Service) -> str:
    """Let the author have namespaces, and return a token of theirs."""
    issuer = f"{service.settings.url}/sigstore/oauth2"
    now = service.clock()
    async with service.sessions() as session, session.begin():
        user = User(subject=AUTHOR, password="", admin=False, created=now)
        session.add(user)
        await session.flush()
        for name in NAMESPACES:
            namespace = Namespace(name=name, owner_id=user.id, proof="admin", challenge="", created=now)
            session.add(namespace)
            await session.flush()
            session.add(_publisher(namespace.id, issuer, now))
        return await credentials.issue(
            session, projects=credentials.ALL, label="tests", created=now, seconds=1e6, user_id=user.id
        )


def _publisher(namespace: int, issuer: str, now: float) -> Publisher:
    empty = dict.fromkeys(("repository", "repository_id", "owner_id", "workflow", "ref"), "")
    return Publisher(namespace_id=namespace, plugin="", issuer=issuer, subject=AUTHOR, created=now, **empty)

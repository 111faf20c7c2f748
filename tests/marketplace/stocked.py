"""A service without its signatures, on SQLite or PostgreSQL, and rows in it as uploads make them."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.postgres import database

from lumosai_marketplace.authority.oidc import TokenVerifier
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import credentials, events, problems, routing
from lumosai_marketplace.service.blobs import Blobs
from lumosai_marketplace.service.db import engine as db
from lumosai_marketplace.service.db.models import Namespace, Project, Release, User
from lumosai_marketplace.service.guard import Guard
from lumosai_marketplace.service.judging import Judges
from lumosai_marketplace.service.loading import build
from lumosai_marketplace.service.metrics import Metrics
from lumosai_marketplace.service.pending import new_project
from lumosai_marketplace.service.state import Service
from lumosai_marketplace.service.versions import refresh_latest
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PluginFacts

URL = "https://index.example"
NOW = 1_790_000_000.0
OWNER, OTHER, BOSS = "dev@acme.example", "eve@other.example", "boss@index.example"
WORKFLOW = Signer(
    issuer="https://token.actions.example",
    subject="https://git.example/acme/weather/.github/workflows/release.yml@refs/tags/v1",
    repository="https://git.example/acme/weather",
    repository_id="77",
    owner_id="7",
    workflow=".github/workflows/release.yml",
    ref="refs/tags/v1",
    commit="c" * 40,
)
OTHERS = Signer(issuer="https://index.example/sigstore/oauth2", subject=OTHER)


class Stock:
    """The service, and what its tests put into it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.now = NOW
        service.clock = lambda: self.now

    async def people(self) -> None:
        async with self.service.sessions() as session, session.begin():
            for subject in (OWNER, OTHER, BOSS):
                session.add(User(subject=subject, password="", admin=subject == BOSS, created=NOW))

    async def namespace(self, name: str, owner: str = OWNER, proof: str | None = None) -> int:
        async with self.service.sessions() as session, session.begin():
            found = await session.scalar(select(Namespace).where(Namespace.name == name))
            if found is None:
                user = (await session.scalars(select(User).where(User.subject == owner))).one()
                told = f"dns:{name}.example" if proof is None else proof
                found = Namespace(name=name, owner_id=user.id, proof=told, challenge="", created=NOW - 1e7)
                session.add(found)
                await session.flush()
            return found.id

    async def publish(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        summary: str = "",
        readme: str = "",
        keywords: Sequence[str] = (),
        permissions: Mapping[str, Any] | None = None,
        contributes: Mapping[str, Any] | None = None,
        runtime: str = "wasm",
        signer: Signer = WORKFLOW,
        downloads: int = 0,
        state: str = "active",
        manifest: Mapping[str, Any] | None = None,
        age: float = 86_400.0,
    ) -> int:
        """Put a release down as an upload leaves it; return its project's number."""
        parsed = Name.parse(name)
        namespace_id = await self.namespace(parsed.namespace)
        facts = PluginFacts(
            parsed.screen, version, runtime, ">=1.0,<2", permissions or {}, "a" * 64 if runtime == "wasm" else ""
        )
        tool = {"id": f"{parsed.plugin}.run", "target": "run", "description": f"Runs {parsed.plugin}."}
        told = {"name": parsed.plugin, "contributes": contributes or {"tool": [tool]}, **(manifest or {})}
        filename = f"{parsed.wire.replace('-', '_')}-{version}-py3-none-any.whl"
        async with self.service.sessions() as session, session.begin():
            project = await session.scalar(select(Project).where(Project.wire == parsed.wire))
            if project is None:
                namespace = await session.get_one(Namespace, namespace_id)
                project = new_project(namespace, parsed.wire, self.now - age)
                project.downloads = downloads
                session.add(project)
                await session.flush()
            release = Release(
                project_id=project.id,
                version=version,
                state=state,
                state_reason="",
                filename=filename,
                sha256=hashlib.sha256(f"{filename} {readme} {told}".encode()).hexdigest(),
                size=12_345,
                metadata_sha256="0" * 64,
                requires_python=">=3.11",
                summary=summary,
                readme=readme,
                metadata_json=json.dumps({"keywords": list(keywords), "readme_type": "text/markdown"}),
                manifest_json=json.dumps(told),
                facts_json=json.dumps(facts.to_json()),
                signer_json=json.dumps(signer.to_json()),
                provenance_json="{}",
                signed=self.now,
                log_index=41,
                uploaded=self.now,
            )
            session.add(release)
            await session.flush()
            await refresh_latest(session, project)
            await events.told(self.service, session, "release.published", project, release)
            return project.id

    async def token(self, subject: str = OWNER) -> dict[str, str]:
        """Return the header of somebody who is signed in."""
        async with self.service.sessions() as session, session.begin():
            user = (await session.scalars(select(User).where(User.subject == subject))).one()
            secret = await credentials.issue(
                session, projects=credentials.ALL, label="tests", created=self.now, seconds=1e6, user_id=user.id
            )
        return {"Authorization": f"Bearer {secret}"}


_tables: bytes = b""
"""A database file with the tables in it: to make them takes longer than most tests."""


@asynccontextmanager
async def stocked(folder: Path, url: str = "", **changes: Any) -> AsyncIterator[Stock]:
    """Open a service with its people."""
    global _tables  # noqa: PLW0603 - one for all tests of a process
    if _tables and not url:
        (folder / "index.db").write_bytes(_tables)
    limits = {"requests_per_minute": 1_000_000, **changes.pop("limits", {})}
    settings = build({"url": URL, "data": folder, "database": {"url": url}, "limits": limits, **changes})
    engine = db.make_engine(settings)
    async with db.upgraded(engine):
        if not _tables and not url:
            with closing(sqlite3.connect(folder / "index.db")) as made_first:
                _tables = made_first.serialize()
        service = Service(
            settings=settings,
            engine=engine,
            sessions=db.sessions(engine),
            reads=db.reads(engine),
            blobs=Blobs.of(settings),
            key=b"k" * 32,
            verifier=Judges(None),
            tokens=TokenVerifier([]),
        )
        made = Stock(service)
        await made.people()
        yield made


@asynccontextmanager
async def asking(stock: Stock, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the service's app, with all that stands before it."""
    app = FastAPI()
    problems.install(app)
    routing.include_all(app)
    app.state.service, app.state.metrics = stock.service, Metrics()
    transport = httpx.ASGITransport(Guard(app, stock.service.settings, app.state.metrics), **options)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        yield client


@pytest.fixture(params=["sqlite", "postgresql"])
async def stock(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stock]:
    """A service with its people, on each of the databases (or on those that a test names as its parameter)."""
    url = database(request.getfixturevalue("postgres")) if request.param == "postgresql" else ""
    async with stocked(tmp_path, url) as made:
        yield made


@pytest.fixture
async def client(stock: Stock) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(stock) as made:
        yield made


ON_SQLITE = pytest.mark.parametrize("stock", ["sqlite"], indirect=True)
"""For what is refused before any database is asked."""

"""A real service on this machine, and what its tests do with it: wheels, signatures, uploads."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import select
from tests.marketplace.wheels import making

from lumosai_marketplace.service.app import create_app
from lumosai_marketplace.service.db.models import Project, Release, User
from lumosai_marketplace.service.initialize import initialize
from lumosai_marketplace.service.loading import build
from lumosai_marketplace.service.opening import opened
from lumosai_marketplace.service.settings import Settings
from lumosai_marketplace.statement import PLUGIN, PUBLISH, Statement
from lumosai_marketplace.trust import signing
from lumosai_marketplace.wheels.wheel import read_wheel

AUTHOR, OTHER, BOSS = "dev@acme.example", "eve@other.example", "boss@index.example"
PASSWORD = "correct horse battery"


def wheel(
    name: str = "acme-weather",
    version: str = "1.0.0",
    *,
    code: str = "def forecast(place: str) -> str:\n    return place\n",
    permissions: str = "",
    extra: Mapping[str, bytes] | None = None,
) -> tuple[str, bytes]:
    """Return the file name and the bytes of an honest plugin in Python, or one with *extra* files."""
    project, plugin = name.replace("-", "_"), name.partition("-")[2]
    info = f"{project}-{version}.dist-info"
    manifest = (
        f'schema = 1\nname = "{plugin}"\nversion = "{version}"\napi = ">=1.0,<2"\nruntime = "python"\n{permissions}\n'
        f'[[contributes.tool]]\nid = "{plugin}.forecast"\ntarget = "{project}.tools:forecast"\n'
    )
    metadata = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: The weather\nRequires-Python: >=3.11\n"
        "Description-Content-Type: text/markdown\n\n# Weather\n\nTells it.\n"
    )
    files = {
        f"{project}/__init__.py": b'"""The weather."""\n',
        f"{project}/lumos-plugin.toml": manifest.encode(),
        f"{project}/tools.py": f"from __future__ import annotations\n\n\n{code}".encode(),
        **(extra or {}),
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": making.WHEEL.encode(),
        f"{info}/entry_points.txt": f"[lumosai.plugins]\n{plugin} = {project}\n".encode(),
    }
    return f"{project}-{version}-py3-none-any.whl", making.packed(files, info)


def statements(filename: str, data: bytes) -> tuple[Statement, Statement]:
    """Return what an honest author says of a wheel."""
    read = read_wheel(filename, data)
    return (
        Statement(filename, read.sha256, PUBLISH),
        Statement(filename, read.sha256, PLUGIN, read.facts.to_json()),
    )


@dataclass
class Market:
    """A service that listens, and its operators' door."""

    settings: Settings
    client: httpx.Client = field(init=False)
    signed_in: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=30)

    @property
    def url(self) -> str:
        return self.settings.url

    def run(self, action: Any) -> Any:
        """Do something with a second ``Service`` on the same data, as the command line does."""

        async def main() -> Any:
            async with opened(self.settings) as service:
                return await action(service)

        return asyncio.run(main())

    def sign_in(self, subject: str = AUTHOR) -> str:
        """Return a sign-in token, got the way a terminal gets one."""
        begun = self.client.post("/login/device/code", data={"client_id": "tests"}).json()
        with httpx.Client(base_url=self.url, headers={"Sec-Fetch-Site": "same-origin"}) as browser:
            form = {"subject": subject, "password": PASSWORD, "user_code": begun["user_code"]}
            assert browser.post("/login", data=form).status_code == 303
            approval = {"user_code": begun["user_code"], "decision": "approve"}
            assert browser.post("/login/device", data=approval).status_code == 200
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
        return str(self.client.post("/login/token", data=form).json()["access_token"])

    def token(self, *projects: str, subject: str = AUTHOR) -> str:
        """Return an upload token."""
        made = self.client.post("/api/v1/tokens", json={"projects": projects}, headers=self.bearer(subject))
        assert made.status_code == 201, made.text
        return str(made.json()["token"])

    def access(self, subject: str = AUTHOR) -> str:
        """Return a sign-in token, the same each time."""
        if subject not in self.signed_in:
            self.signed_in[subject] = self.sign_in(subject)
        return self.signed_in[subject]

    def bearer(self, subject: str = AUTHOR) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access(subject)}"}

    def identity(self, subject: str = AUTHOR, audience: str | None = None) -> str:
        """Return an identity token for somebody who has signed in."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": self.access(subject),
            "requested_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "audience": audience or self.settings.signing_audiences[0],
        }
        answer = self.client.post("/login/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def sign(self, filename: str, data: bytes, subject: str = AUTHOR) -> list[dict[str, Any]]:
        """Sign a wheel twice, with the instance of the service."""
        return self.sign_statements(statements(filename, data), self.identity(subject))

    def sign_statements(self, said: Sequence[Statement], identity: str) -> list[dict[str, Any]]:
        config = self.client.get("/sigstore/trust/client_trust_config.json").json()
        return signing.sign_all(said, identity, config, self.settings.signing_audiences[0])

    def upload(
        self,
        filename: str,
        data: bytes,
        signed: Sequence[Mapping[str, Any]] | None,
        token: str,
        /,
        **fields: str,
    ) -> httpx.Response:
        """Upload as twine does, with *fields* changed."""
        name, version = filename.split("-")[:2]
        form = {
            ":action": "file_upload",
            "protocol_version": "1",
            "filetype": "bdist_wheel",
            "pyversion": "py3",
            "metadata_version": "2.1",
            "name": name.replace("_", "-"),
            "version": version,
            "sha256_digest": hashlib.sha256(data).hexdigest(),
        }
        if signed is not None:
            form["attestations"] = json.dumps(signed)
        return self.client.post(
            "/legacy/", data={**form, **fields}, files={"content": (filename, data)}, auth=("__token__", token)
        )

    def publish(self, name: str = "acme-weather", version: str = "1.0.0", **options: Any) -> tuple[str, bytes]:
        """Make, sign and upload a plugin."""
        filename, data = wheel(name, version, **options)
        answer = self.upload(filename, data, self.sign(filename, data), self.token(f"{name.partition('-')[0]}-*"))
        assert answer.status_code == 200, answer.text
        return filename, data

    def left(self) -> tuple[list[str], list[str]]:
        """Return what is kept: the states of releases, and the files."""

        async def releases(service: Any) -> list[str]:
            async with service.reads() as session:
                query = select(Project.wire, Release.version, Release.state).join(
                    Release, Release.project_id == Project.id
                )
                return sorted(" ".join(row) for row in (await session.execute(query)).all())

        kept = self.settings.folder / "files"
        return self.run(releases), sorted(p.name for p in kept.rglob("*") if p.is_file())


@cache
def _kept() -> str:
    """What is kept of the password: made once, as it is meant to take long."""
    from lumosai_marketplace.service import passwords

    return passwords.hashed(PASSWORD)


async def populate(service: Any) -> None:
    """Make three people, and a namespace for each of two."""
    from lumosai_marketplace.service import namespaces
    from lumosai_marketplace.service.people import Person

    people = {}
    async with service.sessions() as session, session.begin():
        for subject in (AUTHOR, OTHER, BOSS):
            user = User(subject=subject, password=_kept(), admin=subject == BOSS, created=service.clock())
            session.add(user)
            await session.flush()
            people[subject] = Person(user.id, subject, user.admin)
    for name, subject in (("acme", AUTHOR), ("other", OTHER)):
        await namespaces.add(service, name, people[subject])
        await namespaces.set_proof(service, name, "admin", BOSS)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def settings_for(folder: Path, port: int, **changes: Any) -> Settings:
    limits = {"sign_ins_per_hour": 10_000, "uploads_per_hour": 10_000, "requests_per_minute": 1_000_000}
    changes["limits"] = {**limits, **changes.get("limits", {})}
    return build({"url": f"http://127.0.0.1:{port}", "data": folder, "server": {"port": port}, **changes})


def prepared(folder: Path, port: int, **changes: Any) -> Settings:
    """Return settings of an initialized service, with its people."""
    settings = settings_for(folder, port, **changes)
    asyncio.run(initialize(settings))

    async def main() -> None:
        async with opened(settings) as service:
            await populate(service)

    asyncio.run(main())
    return settings


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[Market]:
    """Serve in a thread, on the port of the settings."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings), port=settings.server.port, log_level="warning", lifespan="on", proxy_headers=False
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    market = Market(settings)
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            thread.join(0.01)
        yield market
    finally:
        market.client.close()
        server.should_exit = True
        thread.join(20)

"""Whose names are whose, and how that is proven."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest
from tests.marketplace.service.market import AUTHOR, BOSS, OTHER, Market, free_port, prepared, serving

from lumosai_marketplace.service import dnstxt


@contextmanager
def repositories(files: dict[str, bytes]) -> Iterator[str]:
    """Serve files of repositories."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Dns:
    """A DNS server that answers each question with the same texts."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.port = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self._stop = asyncio.Event()
            self._ready.set()
            await self._stop.wait()
            server.close()

        self._loop.run_until_complete(serve())
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readexactly(int.from_bytes(await reader.readexactly(2)))
        records = b"".join(self._record(t.encode()) for t in self.texts)
        head = asked[:2] + b"\x81\x80\x00\x01" + len(self.texts).to_bytes(2) + bytes(4)
        answer = head + asked[12:] + records
        writer.write(len(answer).to_bytes(2) + answer)
        await writer.drain()
        writer.close()

    def _record(self, text: bytes) -> bytes:
        data = bytes([len(text)]) + text
        return b"\xc0\x0c\x00\x10\x00\x01" + bytes(4) + len(data).to_bytes(2) + data

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


@pytest.fixture(scope="module")
def proving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Market, Dns, dict[str, bytes]]]:
    files: dict[str, bytes] = {}
    with Dns() as dns, repositories(files) as url:
        hosts = {"github": f"{url}/{{owner}}/{{repository}}/HEAD/lumos-namespace.txt"}
        proof = {"resolver": f"127.0.0.1:{dns.port}", "hosts": hosts}
        with serving(prepared(tmp_path_factory.mktemp("proofs"), free_port(), proof=proof)) as market:
            yield market, dns, files


def claim(market: Market, name: str, subject: str = AUTHOR) -> str:
    answer = market.client.post("/api/v1/namespaces", json={"name": name}, headers=market.bearer(subject))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["challenge"])


def prove(market: Market, name: str, method: str, target: str, subject: str = AUTHOR) -> Any:
    body = {"method": method, "target": target}
    return market.client.post(f"/api/v1/namespaces/{name}/proof", json=body, headers=market.bearer(subject))


def test_a_domain_proves_the_namespace_of_its_name(proving: tuple[Market, Dns, dict[str, bytes]]) -> None:
    market, dns, _ = proving
    challenge = claim(market, "umbrella")
    assert prove(market, "umbrella", "dns", "umbrella.example").status_code == 409
    dns.texts = ["v=spf1 -all", challenge]
    assert prove(market, "umbrella", "dns", "umbrella.example").json()["proof"] == "dns:umbrella.example"
    shown = market.client.get("/api/v1/namespaces/umbrella", headers=market.bearer()).json()
    assert [p["subject"] for p in shown["publishers"]] == [AUTHOR]  # the owner, signing in here, may sign


@pytest.mark.parametrize(
    "domain", ["evil.example", "initech.evil.example", "x.initech.example", "initech.example.evil"]
)
def test_a_domain_of_another_name_proves_nothing(proving: tuple[Market, Dns, dict[str, bytes]], domain: str) -> None:
    market, dns, _ = proving
    bearer = market.bearer()
    if market.client.get("/api/v1/namespaces/initech", headers=bearer).status_code == 404:
        dns.texts = [claim(market, "initech")]
    assert prove(market, "initech", "dns", domain).status_code in {403, 422}


def test_a_repository_of_the_same_owner_proves_the_namespace(proving: tuple[Market, Dns, dict[str, bytes]]) -> None:
    market, _, files = proving
    challenge = claim(market, "hooli")
    files["/hooli/plugins/HEAD/lumos-namespace.txt"] = f"\n{challenge}\n".encode()
    files["/evil/hooli/HEAD/lumos-namespace.txt"] = challenge.encode()
    assert prove(market, "hooli", "github", "evil/hooli").status_code == 403
    assert prove(market, "hooli", "github", "hooli/other").status_code == 409
    assert prove(market, "hooli", "github", "hooli/plugins/../../evil/hooli").status_code == 422
    assert prove(market, "hooli", "gopher", "hooli/plugins").status_code == 422
    assert prove(market, "hooli", "github", "hooli/plugins", OTHER).status_code == 403
    assert prove(market, "hooli", "github", "hooli/plugins").json()["proof"] == "github:hooli/plugins"


@pytest.mark.parametrize(
    ("name", "status", "rule"),
    [
        ("acme", 403, None),
        ("lumosai", 403, "index.reserved"),
        ("acmee", 403, "index.squat"),
        ("acrne", 403, "index.squat"),
        ("0ther", 422, None),
        ("a-b", 422, None),
        ("Acme", 422, None),
        ("x" * 40, 422, None),
    ],
)
def test_names_that_cannot_be_claimed(
    proving: tuple[Market, Dns, dict[str, bytes]], name: str, status: int, rule: str | None
) -> None:
    market, _, _ = proving
    answer = market.client.post("/api/v1/namespaces", json={"name": name}, headers=market.bearer(OTHER))
    assert (answer.status_code, answer.json().get("rule")) == ((409, None) if name == "acme" else (status, rule))


def test_a_claim_that_nobody_proves_keeps_the_name_for_a_week(proving: tuple[Market, Dns, dict[str, bytes]]) -> None:
    market, _, _ = proving
    claim(market, "stark", OTHER)
    body = {"name": "stark"}
    assert market.client.post("/api/v1/namespaces", json=body, headers=market.bearer()).status_code == 409

    async def age(service: Any) -> None:
        from sqlalchemy import update

        from lumosai_marketplace.service.db.models import Namespace

        async with service.sessions() as session, session.begin():
            await session.execute(update(Namespace).where(Namespace.name == "stark").values(created=1.0))

    market.run(age)
    assert market.client.post("/api/v1/namespaces", json=body, headers=market.bearer()).status_code == 201


def test_nobody_claims_without_end(proving: tuple[Market, Dns, dict[str, bytes]]) -> None:
    market, _, _ = proving
    names = ["zugzug", "quixotry", "vortigern", "blimpish", "mnemonic", "kerfuffle", "jabberwock", "syzygetic",
             "pumpernickel", "wainscoting", "huckleberry"]  # fmt: skip
    answers = [
        market.client.post("/api/v1/namespaces", json={"name": name}, headers=market.bearer(OTHER)).status_code
        for name in names
    ]
    assert answers[0] == 201
    assert answers[-1] == 409


def test_operators_see_and_decide_more(proving: tuple[Market, Dns, dict[str, bytes]]) -> None:
    market, _, _ = proving
    claim(market, "wonka")
    assert market.client.post("/api/v1/namespaces/wonka/approve", headers=market.bearer()).status_code == 403
    assert (
        market.client.post("/api/v1/namespaces/wonka/approve", headers=market.bearer(BOSS)).json()["proof"] == "admin"
    )
    mine = market.client.get("/api/v1/namespaces", headers=market.bearer(OTHER)).json()["namespaces"]
    everybody = market.client.get("/api/v1/namespaces", headers=market.bearer(BOSS)).json()["namespaces"]
    assert "wonka" in str(everybody)
    assert "wonka" not in str(mine)
    assert market.client.get("/api/v1/namespaces/wonka", headers=market.bearer(OTHER)).status_code == 403
    assert market.client.get("/api/v1/namespaces", headers={}).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00",
        b"\x00\x00\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00",
        bytes(2) + b"\x81\x80\x00\x01\xff\xff" + bytes(4),
        bytes(2) + b"\x81\x82\x00\x01\x00\x00" + bytes(4),
    ],
)
async def test_answers_of_dns_that_are_none(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    question = dnstxt._question("_lumos.acme.example")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        body = answer and answer + question
        writer.write(len(body).to_bytes(2) + body)
        await writer.drain()
        writer.close()

    monkeypatch.setattr("secrets.randbelow", lambda _: 0)
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises((ValueError, OSError, EOFError)):
            await dnstxt.query("_lumos.acme.example", f"127.0.0.1:{port}")


async def test_a_name_that_is_not_there_has_no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.read(200))[2:]
        body = asked[:2] + b"\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00" + asked[12:]
        writer.write(len(body).to_bytes(2) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await dnstxt.query("_lumos.acme.example", f"127.0.0.1:{port}") == []
    with pytest.raises(ValueError, match="not a name"):
        await dnstxt.query("a..b", "127.0.0.1:1")

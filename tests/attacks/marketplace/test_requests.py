"""Attacks by requests alone: what lies behind a proxy, redirects, and values that no database takes."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator

import pytest
from tests.marketplace.service.market import Market, free_port, prepared, serving


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    settings = prepared(tmp_path_factory.mktemp("asked"), free_port())
    with serving(settings) as made:
        yield made


def raw(market: Market, path: str, host: str) -> tuple[int, str]:
    """Return status and Location of an answer to exactly that path."""
    with socket.create_connection(("127.0.0.1", market.settings.server.port), 10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    head = answer.partition("\r\n\r\n")[0].split("\r\n")
    found = [line.partition(": ")[2] for line in head if line.lower().startswith("location:")]
    return int(head[0].split()[1]), found[0] if found else ""


@pytest.mark.parametrize("host", ["127.0.0.1", "203.0.113.66", "localhost:1"])
@pytest.mark.parametrize("path", ["/simple", "/legacy", "//evil.example/simple", "/simple/Acme.Weather/"])
def test_no_redirect_leads_out(market: Market, path: str, host: str) -> None:
    """Neither to a name that the request brought (caches keep it), nor from TLS to the HTTP behind a proxy."""
    status, location = raw(market, path, host)
    assert status in {301, 307, 404, 405}
    assert not location.startswith("//")
    assert ":" not in location


def test_a_proxy_that_nobody_named_does_not_open_the_metrics(market: Market) -> None:
    """It is on this machine, and so seems everybody behind it to be."""
    assert market.client.get("/metrics").status_code == 200
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        assert market.client.get("/metrics", headers={name: "203.0.113.9"}).status_code == 404


def cursor(*place: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/plugins/acme/weather%00",
        f"/api/v1/advisories?cursor={cursor(1.0, chr(0xD800))}",
        f"/api/v1/advisories?cursor={cursor(1.0, chr(0))}",
        f"/api/v1/plugins/acme/weather/versions?cursor={cursor(True)}",
    ],
)
def test_what_no_database_takes_is_no_failure_of_ours(market: Market, path: str) -> None:
    assert market.client.get(path).status_code in {400, 404, 422}


@pytest.mark.parametrize("number", ["9" * 30, "0", "-1", str(1 << 31)])
def test_numbers_out_of_bounds(market: Market, number: str) -> None:
    for path in (f"/api/v1/tokens/{number}", f"/api/v1/namespaces/acme/publishers/{number}"):
        assert market.client.delete(path, headers=market.bearer()).status_code == 422


def test_what_is_kept_is_for_nobody_else_on_the_machine(market: Market) -> None:
    """The folder may be an old one, that others can look into."""
    for path in market.settings.folder.glob("index.db*"):
        assert path.stat().st_mode & 0o077 == 0, path

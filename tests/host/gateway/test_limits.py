"""How much callers may ask, which pages may, and what is told of whom was refused."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from lumosai.config.load import build
from lumosai.config.model import CallLimits
from lumosai.gateway.audit import Audit
from lumosai.gateway.errors import TooManyRequestsError
from lumosai.gateway.limits import Meters, neighbourhood
from lumosai.gateway.workers.table import Table
from lumosai_sdk import AuthRequest, Principal
from lumosai_sdk.errors import ConfigError, UnauthenticatedError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import Allowance
from lumosai_sdk.types.events import AuditChanged, AuditRefused

Open = Callable[..., Any]
AUTH = {"auth": ["tokens"]}
EVERYTHING = frozenset({"*"})


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# --- the buckets


def test_a_burst_is_let_through_and_then_the_rate() -> None:
    clock = Clock()
    meters = Meters(CallLimits(rate=2, burst=3, concurrency=99), Table.private(99), clock=clock)
    for left in (2, 1, 0):
        _, told = meters.enter("a")
        assert dict(told)[b"ratelimit-policy"] == b'"requests";q=3;w=2'
        assert dict(told)[b"ratelimit"].startswith(b'"requests";r=%d;' % left)
    with pytest.raises(TooManyRequestsError) as caught:
        meters.enter("a")
    assert caught.value.retry_after == pytest.approx(0.5)
    meters.enter("b")
    clock.now += 0.5
    meters.enter("a")
    with pytest.raises(TooManyRequestsError):
        meters.enter("a")


def test_so_many_may_be_under_way_and_no_more() -> None:
    meters = Meters(CallLimits(rate=1000, burst=1000, concurrency=2), Table.private(99))
    first, _ = meters.enter("a")
    meters.enter("a")
    with pytest.raises(TooManyRequestsError, match="at once"):
        meters.enter("a")
    first.leave()
    meters.enter("a")


def test_who_is_refused_for_the_rate_is_not_under_way() -> None:
    meters = Meters(CallLimits(rate=1, burst=1, concurrency=1), Table.private(99), clock=Clock())
    meters.enter("a")[0].leave()
    for _ in range(3):
        with pytest.raises(TooManyRequestsError, match="a second"):
            meters.enter("a")


def test_an_allowance_of_its_own_wins() -> None:
    meters = Meters(CallLimits(rate=1, burst=1, concurrency=1), Table.private(99), clock=Clock())
    own = Allowance(rate=5.0, burst=10, concurrency=10)
    for _ in range(10):
        meters.enter("a", own)
    with pytest.raises(TooManyRequestsError):
        meters.enter("a", own)


@pytest.mark.parametrize("own", [{"rate": 0}, {"rate": float("nan")}, {"burst": -1}, {"concurrency": 0},
                                 {"rate": float("inf")}])  # fmt: skip
def test_an_allowance_that_is_none_is_refused(own: Any) -> None:
    with pytest.raises(ValueError, match="allowance"):
        Allowance(**own)


def test_many_addresses_take_bounded_memory_and_none_gets_a_new_start() -> None:
    clock = Clock()
    meters = Meters(CallLimits(rate=1, burst=2, concurrency=9), Table.private(100), clock=clock)
    meters.charge("attacker")
    meters.charge("attacker")
    for n in range(20_000):
        with suppress(TooManyRequestsError):
            meters.charge(f"address-{n}")
    assert len(meters) == 100
    with pytest.raises(TooManyRequestsError):
        meters.charge("attacker")
    clock.now += 10
    for n in range(100):
        meters.charge(f"later-{n}")
    assert len(meters) == 100


@pytest.mark.parametrize(
    ("address", "party"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("", ""), ("x" * 99, "x" * 64),
     ("2001:db8:1:2:3::4", "2001:0db8:0001:0002"), ("2001:db8:1:2:ffff::", "2001:0db8:0001:0002")],
)  # fmt: skip
def test_a_party_of_ipv6_is_its_network(address: str, party: str) -> None:
    assert neighbourhood(address) == party


# --- the service


class Tokens:
    """Who brings a word is who it says."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        word = request.headers.get("authorization", "").removeprefix("Bearer ")
        if word == "wrong":
            raise UnauthenticatedError("wrong")
        if not word:
            return None
        own = Allowance(rate=1.0, burst=2) if word == "slow" else None
        return Principal("someone", scopes=EVERYTHING, credential=f"key:{word}", allowance=own)


def bearer(word: str) -> dict[str, str]:
    return {"authorization": f"Bearer {word}"}


def known(service: Any) -> None:
    contribute(service.host, "auth", "tokens", Tokens())


async def test_a_caller_who_asks_too_much_is_told_when_to_come_again(gateway: Open) -> None:
    async with gateway(server=AUTH) as g:
        known(g)
        first = await g.client.get("/v1/agents", headers=bearer("slow"))
        assert (first.status_code, first.headers["ratelimit-policy"]) == (200, '"requests";q=2;w=2')
        assert first.headers["ratelimit"].startswith('"requests";r=1;')
        await g.client.get("/v1/agents", headers=bearer("slow"))
        refused = await g.client.get("/v1/agents", headers=bearer("slow"))
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit"].startswith('"requests";r=0;')
        # The limit is the key's, not the person's.
        assert (await g.client.get("/v1/agents", headers=bearer("other"))).status_code == 200


async def test_openais_clients_are_refused_in_their_words(gateway: Open) -> None:
    async with gateway(server={**AUTH, "limits": {"caller": {"rate": 0.1, "burst": 1}}}) as g:
        known(g)
        body = {"model": "echo", "messages": [{"role": "user", "content": "x"}]}
        assert (await g.client.post("/v1/chat/completions", json=body, headers=bearer("a"))).status_code == 200
        refused = await g.client.post("/v1/chat/completions", json=body, headers=bearer("a"))
        assert (refused.status_code, refused.json()["error"]["type"]) == (429, "rate_limit_error")
        assert refused.headers["x-should-retry"] == "true"


async def test_who_fails_to_authenticate_is_held_back_but_locks_nobody_out(gateway: Open) -> None:
    async with gateway(server={**AUTH, "limits": {"address": {"rate": 0.1, "burst": 3}}}) as g:
        known(g)
        found = [(await g.client.get("/v1/agents", headers=bearer("wrong"))).status_code for _ in range(6)]
        assert found == [401, 401, 401, 429, 429, 429]
        assert (await g.client.get("/v1/agents", headers=bearer("right"))).status_code == 200
        assert (await g.client.get("/healthz")).status_code == 429


async def test_whoever_invents_addresses_is_one_caller_all_the_same(gateway: Open) -> None:
    async with gateway(server={**AUTH, "limits": {"address": {"rate": 0.1, "burst": 3}}}) as g:
        known(g)
        found = [
            (await g.client.get("/v1/agents", headers={"x-forwarded-for": f"192.0.2.{n}", "x-real-ip": "1.1.1.1",
                                                       "forwarded": f"for=192.0.2.{n}"})).status_code
            for n in range(5)
        ]  # fmt: skip
        assert found == [401, 401, 401, 429, 429]


@pytest.mark.parametrize(
    ("said", "address"),
    [("198.51.100.7", "198.51.100.7"), ("1.1.1.1, 198.51.100.7, 10.0.0.9", "198.51.100.7"), ("nonsense", "10.1.2.3"),
     ("1.1.1.1, nonsense", "10.1.2.3"), ("", "10.1.2.3"), ("10.0.0.1", "10.0.0.1"),
     ("6.6.6.6," * 500 + "7.7.7.7", "7.7.7.7")],
)  # fmt: skip
async def test_of_a_trusted_proxy_the_last_stranger_counts(gateway: Open, said: str, address: str) -> None:
    async with gateway(server={**AUTH, "trusted_proxies": ["10.0.0.0/8"]}, client=("10.1.2.3", 5)) as g:
        known(g)
        events: list[Any] = []
        g.host.bus.listen(events.append)
        await g.client.get("/v1/agents", headers={"x-forwarded-for": said})
        assert [e.address for e in events if isinstance(e, AuditRefused)] == [address]


async def test_a_stream_counts_until_it_ends(gateway: Open) -> None:
    async with gateway(server={**AUTH, "limits": {"caller": {"concurrency": 1}}}) as g:
        known(g)
        both = await asyncio.gather(*(g.client.get("/v1/models", headers=bearer("a")) for _ in range(2)))
        assert sorted(r.status_code for r in both) in ([200, 200], [200, 429])
        assert (await g.client.get("/v1/agents", headers=bearer("a"))).status_code == 200


async def test_without_authentication_the_owner_is_not_counted(gateway: Open) -> None:
    async with gateway(server={"limits": {"address": {"burst": 1}, "caller": {"burst": 1}}}) as g:
        for _ in range(5):
            answer = await g.client.get("/v1/agents")
            assert (answer.status_code, "ratelimit" in answer.headers) == (200, False)


# --- pages of other origins

PAGE = {"origin": "https://app.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
ASKS = {**PAGE, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}


async def test_a_page_that_is_allowed_may_call_and_another_may_not(gateway: Open) -> None:
    async with gateway(server={**AUTH, "cors": {"origins": ["https://app.example"]}}) as g:
        known(g)
        asked = await g.client.options("/v1/agents/echo/runs", headers=ASKS)
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "https://app.example"
        assert asked.headers["access-control-allow-headers"] == "authorization,content-type"
        assert "access-control-allow-credentials" not in asked.headers
        answer = await g.client.get("/v1/agents", headers={**PAGE, **bearer("a")})
        assert (answer.status_code, "origin" in answer.headers["vary"].split(", ")) == (200, True)
        assert {"etag", "retry-after"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        refused = await g.client.get("/v1/agents", headers=PAGE)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://app.example")
        for origin in ("https://evil.example", "https://app.example.evil.example", "http://app.example", "null"):
            other = await g.client.options("/v1/agents", headers={**ASKS, "origin": origin})
            assert other.status_code == 403
            assert "access-control-allow-origin" not in other.headers


async def test_every_page_may_be_allowed_but_without_credentials(gateway: Open) -> None:
    async with gateway(server={**AUTH, "cors": {"origins": ["*"]}}) as g:
        known(g)
        answer = await g.client.get("/v1/agents", headers={**PAGE, **bearer("a")})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
        assert (await g.client.get("/v1/agents", headers={**bearer("a"), "origin": "null"})).status_code == 403


@pytest.mark.parametrize("server", [
    {**AUTH, "cors": {"origins": ["*"], "credentials": True}}, {"cors": {"origins": ["*"]}},
    {"cors": {"origins": ["null"]}}, {"cors": {"origins": ["https://app.example/"]}},
    {"cors": {"origins": ["https://*.example"]}}, {"trusted_proxies": ["proxy"]}, {"trusted_proxies": ["10.0.0.1/8"]},
    {"limits": {"caller": {"rate": 0}}},
])  # fmt: skip
def test_what_would_open_the_door_is_no_configuration(server: Any) -> None:
    with pytest.raises(ConfigError):
        build({"server": server})


# --- audits


async def test_refusals_and_changes_are_told_and_uses_are_not(gateway: Open) -> None:
    async with gateway(server=AUTH, client=("192.0.2.9", 5)) as g:
        known(g)
        events: list[Any] = []
        g.host.bus.listen(events.append)
        await g.client.get("/v1/agents?x=secret-in-query", headers=bearer("wrong"))
        await g.client.get("/v1/agents", headers=bearer("ada"))
        await g.client.post("/v1/agents/echo/runs", json={"input": "x"}, headers=bearer("ada"))
        await g.client.post("/v1/plugins/time/disable", headers=bearer("ada"))
        refused, changed = (
            next(e for e in events if isinstance(e, AuditRefused)),
            [e for e in events if isinstance(e, AuditChanged)],
        )
        assert (refused.status, refused.code, refused.address) == (401, "unauthenticated", "192.0.2.9")
        assert "secret" not in str(refused.to_json())
        [change] = changed
        assert (change.caller, change.credential, change.action) == ("default/someone", "key:ada", "plugin.manage")
        assert (change.method, change.path, change.status) == ("POST", "/v1/plugins/time/disable", 200)


def test_a_flood_of_refusals_is_counted_and_not_told_one_by_one() -> None:
    told: list[Any] = []

    class Bus:
        publish = staticmethod(told.append)

    clock = Clock()
    bus: Any = Bus()
    audit = Audit(bus, clock)
    scope = {"method": "GET", "path": "/v1/lumos_0123456789ab_" + "x" * 43}
    for _ in range(5000):
        audit.answered(scope, 401)
    assert len(told) == 200
    clock.now += 1
    audit.answered(scope, 401)
    assert told[-1].untold == 4800
    assert "xxx" not in told[-1].path

"""Attacks on a person: to find out their password, or to keep them from signing in by trying to."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Self

import pytest

from lumosai_marketplace.errors import RateLimitedError
from lumosai_marketplace.service import passwords, people

OWN = "198.51.100.7"
PERSON = "dev@acme.example"


class Reads:
    """A database with one person in it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def scalar(self, _query: Any) -> Any:
        return SimpleNamespace(id=1, subject=PERSON, admin=False, password="right")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def is_right(told: str, kept: str) -> bool:
        return told == kept

    monkeypatch.setattr(passwords, "is_right", is_right)
    limits = SimpleNamespace(sign_ins_per_hour=30)
    return SimpleNamespace(shared={}, settings=SimpleNamespace(limits=limits), reads=Reads)


async def attempt(service: Any, address: str, password: str = "wrong") -> bool | None:
    """Try to sign in; None where that is not even tried."""
    request: Any = SimpleNamespace(scope={"lumos.address": address})
    try:
        return await people.sign_in(request, service, PERSON, password) is not None
    except RateLimitedError:
        return None


async def tried(service: Any, addresses: list[str]) -> int:
    """Return how many guesses were looked at."""
    return len([a for a in addresses if await attempt(service, a) is not None])


async def test_who_tries_wrong_passwords_locks_nobody_out_but_themselves(service: Any) -> None:
    assert await tried(service, ["203.0.113.1"] * 100) == 30
    assert await attempt(service, "203.0.113.1", "right") is None
    assert await attempt(service, OWN, "right") is True


async def test_many_networks_find_out_nothing_and_keep_nobody_out_who_was_there_before(service: Any) -> None:
    assert await attempt(service, OWN, "right") is True
    everywhere = [f"203.0.{n % 200}.{n // 200}" for n in range(2000)]
    assert await tried(service, everywhere) <= 300
    assert await attempt(service, "192.0.2.1", "right") is None  # brute force ends, for whoever is new
    assert await attempt(service, OWN, "right") is True
    assert await tried(service, [OWN] * 100) <= 30  # nor is that a way round


async def test_a_provider_of_networks_is_one_network(service: Any) -> None:
    assert await tried(service, [f"2001:db8:1:{n:x}::1" for n in range(2000)]) == 120

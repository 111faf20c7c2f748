# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from lumosai_marketplace.errors import RateLimitedError
from lumosai_marketplace.service.ratelimit import Limiter, address_of, network_of


def test_a_bucket_empties_and_fills_again() -> None:
    now = [0.0]
    limiter = Limiter(2, 10, clock=lambda: now[0])
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(RateLimitedError) as raised:
        limiter.take("a")
    assert raised.value.after == pytest.approx(5)
    limiter.take("b")
    now[0] = 5.0
    limiter.take("a")
    with pytest.raises(RateLimitedError):
        limiter.take("a")


def test_many_keys_take_bounded_room() -> None:
    limiter = Limiter(1, 60, most=10)
    for number in range(100):
        limiter.take(str(number))
    assert len(limiter._buckets) == 10


@pytest.mark.parametrize(
    ("client", "told", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not from a proxy: not believed
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),  # what stands before is the client's own word
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.66, nonsense", "10.0.0.1"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
def test_whose_address_counts(client: str, told: str, address: str) -> None:
    scope: dict[str, Any] = {"client": (client, 1), "headers": [(b"x-forwarded-for", told.encode())] if told else []}
    assert address_of(scope, [ip_network("10.0.0.0/8")]) == address


def test_networks() -> None:
    assert network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("nonsense") == "unknown"

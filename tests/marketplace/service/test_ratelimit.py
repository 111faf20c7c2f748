# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import contextlib
from ipaddress import ip_network
from typing import Any

import pytest

from lumosai_marketplace.errors import RateLimitedError
from lumosai_marketplace.service.ratelimit import Limiter, address_of, network_of, networks_of


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
    assert [n for n, _ in networks_of("2001:db8:1:2:3::4")] == ["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"]
    assert [n for a in ("203.0.113.9", "nonsense") for n, _ in networks_of(a)] == ["203.0.113.9", "unknown"]


def test_a_network_of_networks_has_a_limit_and_none_uses_up_its_neighbours() -> None:
    limiter = Limiter(2, 1e9)
    for _ in range(50):
        with contextlib.suppress(RateLimitedError):
            limiter.take_network("2001:db8:1:1::1", "sign-ins")
    limiter.take_network("2001:db8:1:2::1", "sign-ins")  # the first has used up no more than its own two
    taken = 0
    for n in range(1000):
        with contextlib.suppress(RateLimitedError):
            limiter.take_network(f"2001:db8:2:{n:x}::1", "sign-ins")
            taken += 1
    assert taken == 8
    taken = 0
    for n in range(1000):
        with contextlib.suppress(RateLimitedError):
            limiter.take_network(f"2001:db8:{n + 3:x}::1", "sign-ins")
            taken += 1
    assert taken <= 128

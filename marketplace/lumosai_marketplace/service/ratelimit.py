"""How often somebody may ask: buckets of tokens that fill up again, one a network or upload token."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from lumosai_marketplace.errors import RateLimitedError

if TYPE_CHECKING:
    from starlette.types import Scope

Clock = Callable[[], float]
_MOST = 100_000
_HOPS = 16
_WIDE = ((48, 4.0), (32, 64.0))
"""Of IPv6: what one customer may be given, and what a provider has; and how many times the limit they have."""


class Limiter:
    """*amount* requests in *seconds*, at once or one by one, for each key. It remembers a bounded number of keys."""

    def __init__(self, amount: float, seconds: float, *, clock: Clock = time.monotonic, most: int = _MOST) -> None:
        self._amount = amount
        self._rate = amount / seconds
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, what: str = "requests", *, times: float = 1) -> None:
        """Take one from *key*'s bucket, which has *times* the amount. Raises RateLimitedError when it is empty."""
        now, amount, rate = self._clock(), self._amount * times, self._rate * times
        left, at = self._buckets.pop(key, (amount, now))
        left = min(amount, left + (now - at) * rate)
        taken = left >= 1
        self._buckets[key] = (left - 1 if taken else left, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if not taken:
            raise RateLimitedError(f"too many {what}", (1 - left) / rate)

    def take_network(self, address: str, what: str, prefix: str = "") -> None:
        """Take one for the network of *address*, and for those that it is part of: who has a /48 has 65,536 networks.

        The smallest comes first: who has used up theirs uses up nothing of their neighbours'. Raises RateLimitedError.
        """
        for network, times in networks_of(address):
            self.take(f"{prefix}{network}", what, times=times)


def address_of(scope: Scope, proxies: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return the address of who asks: the nearest one that is no proxy of ours (X-Forwarded-For, from the right)."""
    address = _clean(scope["client"][0] if scope.get("client") else "")
    told = b",".join(v for k, v in scope["headers"] if k == b"x-forwarded-for").decode("latin-1").split(",")
    for hop in reversed(told[-_HOPS:]):
        if not _is_proxy(address, proxies) or not (before := _clean(hop)):
            break
        address = before
    return address


def network_of(address: str) -> str:
    """Return what counts as one network: an IPv4 address, or the /64 that a single customer is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def networks_of(address: str) -> list[tuple[str, float]]:
    """Return the networks that an address counts for, the smallest first, and how many customers' worth each has."""
    network = network_of(address)
    if ":" not in network:
        return [(network, 1)]
    wide = ((str(IPv6Network(network).supernet(new_prefix=prefix)), times) for prefix, times in _WIDE)
    return [(network, 1), *wide]


def within(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Tell whether *address* is in one of *networks*."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in n for n in networks)


def _is_proxy(address: str, proxies: Sequence[IPv4Network | IPv6Network]) -> bool:
    return bool(proxies) and within(address, proxies)


def _clean(text: str) -> str:
    try:
        parsed = ip_address(text.strip())
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return str(mapped or parsed)

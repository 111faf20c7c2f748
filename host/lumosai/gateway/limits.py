"""How often, and how many at once: a bucket a caller, and one an address for those nobody knows.

The bucket is the generic cell rate algorithm: one number, the time at which it will be empty. What is told of it are
the fields of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from lumosai.config.model import CallLimits
from lumosai.gateway.errors import TooManyRequestsError
from lumosai.gateway.reply import Header
from lumosai_sdk.types.auth import Allowance

CAPACITY = 10_000
CROWD = 10.0
"""Those for whom there is no room left in the table have this many callers' allowance together."""


class Meter:
    """One caller's bucket, and how many of its requests are under way."""

    __slots__ = ("empty_at", "running")

    def __init__(self) -> None:
        self.empty_at = 0.0
        self.running = 0

    def take(self, now: float, rate: float, burst: float) -> float:
        """Take a token and return 0.0, or return the seconds until there will be one."""
        at = max(self.empty_at, now)
        wait = at - now - (burst - 1) / rate
        if wait > 1e-9:  # noqa: PLR2004 - what rounding makes of nothing
            return wait
        self.empty_at = at + 1 / rate
        return 0.0

    def leave(self) -> None:
        """A request ended."""
        self.running -= 1

    def is_idle(self, now: float) -> bool:
        """Tell whether forgetting this one gives its caller nothing."""
        return not self.running and self.empty_at <= now


class Meters:
    """The meters of many callers, in bounded memory: none is forgotten while that would give its caller anything."""

    def __init__(
        self, limits: CallLimits, capacity: int = CAPACITY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = limits
        self._capacity = capacity
        self._clock = clock
        self._meters: OrderedDict[str, Meter] = OrderedDict()
        self._crowd = Meter()

    def __len__(self) -> int:
        return len(self._meters)

    def enter(self, key: str, own: Allowance | None = None) -> tuple[Meter, list[Header]]:
        """Count a request that begins; return its meter, to be left when it ends, and what is told of its limits.

        Raises TooManyRequestsError.
        """
        meter = self.begin(key, own)
        try:
            return meter, self.charge(key, own)
        except TooManyRequestsError:
            meter.leave()
            raise

    def begin(self, key: str, own: Allowance | None = None) -> Meter:
        """Count a request as under way, for nothing more. Raises TooManyRequestsError."""
        meter, times = self._meter(key, self._clock())
        most = (own and own.concurrency) or self._limits.concurrency
        if meter.running >= most * times:
            raise TooManyRequestsError(f"more than {most} requests at once", 1.0)
        meter.running += 1
        return meter

    def charge(self, key: str, own: Allowance | None = None) -> list[Header]:
        """Take a token and return what is told of the limits. Raises TooManyRequestsError."""
        now = self._clock()
        meter, times = self._meter(key, now)
        rate = (own and own.rate) or self._limits.rate
        burst = (own and own.burst) or self._limits.burst
        if wait := meter.take(now, rate * times, burst * times):
            told = [policy(rate, burst), (b"ratelimit", b'"requests";r=0;t=%d' % math.ceil(wait))]
            raise TooManyRequestsError(f"more than {rate:g} requests a second", wait, told)
        owed = meter.empty_at - now
        left = max(0, int(burst - owed * rate / times + 1e-9))
        return [policy(rate, burst), (b"ratelimit", b'"requests";r=%d;t=%d' % (left, math.ceil(owed)))]

    def _meter(self, key: str, now: float) -> tuple[Meter, float]:
        """Return who counts for *key*, and how many callers' allowance it has."""
        meter = self._meters.get(key)
        if meter is not None:
            self._meters.move_to_end(key)
            return meter, 1.0
        if len(self._meters) >= self._capacity and not self._forget(now):
            return self._crowd, CROWD
        made = self._meters[key] = Meter()
        return made, 1.0

    def _forget(self, now: float) -> bool:
        key, oldest = next(iter(self._meters.items()))
        if not oldest.is_idle(now):
            # A long stream must not stand in the way of what is behind it.
            self._meters.move_to_end(key)
            key, oldest = next(iter(self._meters.items()))
        if oldest.is_idle(now):
            del self._meters[key]
            return True
        return False


@lru_cache(maxsize=256)
def policy(rate: float, burst: int) -> Header:
    """Return ``RateLimit-Policy``."""
    return b"ratelimit-policy", b'"requests";q=%d;w=%d' % (burst, max(1, math.ceil(burst / rate)))


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """Return what one party holds: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    if ip.version == 4:  # noqa: PLR2004
        return address
    mapped = ip.ipv4_mapped
    return str(mapped) if mapped else ip.exploded[:19]

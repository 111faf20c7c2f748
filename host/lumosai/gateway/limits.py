"""How often, and how many at once: a bucket a caller, and one an address for those nobody knows.

The bucket is the generic cell rate algorithm: one number, the time at which it will be empty. What is told of it are
the fields of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address

from lumosai.config.model import CallLimits
from lumosai.gateway.errors import TooManyRequestsError
from lumosai.gateway.reply import Header
from lumosai.gateway.workers.table import Table
from lumosai_sdk.types.auth import Allowance

CROWD = 10.0
"""Those for whom there is no room left in the table have this many callers' allowance together."""


def take(empty_at: float, now: float, rate: float, burst: float) -> tuple[float, float]:
    """Take a token of a bucket that will be empty at *empty_at*.

    Returns 0.0 and when it will be empty then, or the seconds until there will be a token, and *empty_at*.
    """
    at = max(empty_at, now)
    wait = at - now - (burst - 1) / rate
    if wait > 1e-9:  # noqa: PLR2004 - what rounding makes of nothing
        return wait, empty_at
    return 0.0, at + 1 / rate


class Meter:
    """A row of a table: one caller's bucket, and how many of its requests are under way."""

    __slots__ = ("_counts", "_table", "digest", "row")

    def __init__(self, table: Table, row: int, digest: int = 0) -> None:
        self._table = table
        self._counts = table.own
        self.row = row
        self.digest = digest

    def enter(self, most: float) -> bool:
        """Count one more as under way, or return False: it would be too many.

        It is counted before it is looked at: of two processes in which the last place is asked for, none may get it,
        but never both.
        """
        self._counts[self.row] += 1
        if self._table.running(self.row) <= most:
            return True
        self._counts[self.row] -= 1
        return False

    def leave(self) -> None:
        """A request ended."""
        self._counts[self.row] -= 1

    def is_of(self, digest: int) -> bool:
        """Tell whether the row is that caller's still."""
        return self._table.digests[self.row] == digest


class Meters:
    """The meters of many callers, in bounded memory: none is forgotten while that would give its caller anything."""

    def __init__(
        self,
        limits: CallLimits,
        table: Table,
        secret: bytes = b"",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Count in *table*. Nobody who does not know the *secret* can choose who shares a caller's part of it.

        *clock* is one for all processes.
        """
        self.limits = limits
        self._table = table
        self._secret = secret
        self._clock = clock
        self._known: dict[str, Meter] = {}
        self._crowd = Meter(table, table.crowd)

    def __len__(self) -> int:
        return len(self._table)

    def enter(self, key: str, own: Allowance | None = None) -> tuple[Meter, list[Header]]:
        """Count a request that begins; return its meter, to be left when it ends, and what is told of its limits.

        Raises TooManyRequestsError.
        """
        meter = self.begin(key, own)
        try:
            return meter, self._charge(meter, own)
        except TooManyRequestsError:
            meter.leave()
            raise

    def begin(self, key: str, own: Allowance | None = None) -> Meter:
        """Count a request as under way, for nothing more. Raises TooManyRequestsError."""
        most = (own and own.concurrency) or self.limits.concurrency
        while True:
            meter = self._meter(key)
            if not meter.enter(most * CROWD if meter is self._crowd else most):
                raise TooManyRequestsError(f"more than {most} requests at once", 1.0)
            if meter is self._crowd or meter.is_of(meter.digest):
                return meter
            meter.leave()  # in this moment the row, which was idle, became somebody else's

    def charge(self, key: str, own: Allowance | None = None) -> list[Header]:
        """Take a token and return what is told of the limits. Raises TooManyRequestsError."""
        return self._charge(self._meter(key), own)

    def _charge(self, meter: Meter, own: Allowance | None) -> list[Header]:
        now, emptied = self._clock(), self._table.empty_at
        rate = (own and own.rate) or self.limits.rate
        burst = (own and own.burst) or self.limits.burst
        times = CROWD if meter is self._crowd else 1.0
        wait, empty_at = take(emptied[meter.row], now, rate * times, burst * times)
        if wait:
            told = [policy(rate, burst), (b"ratelimit", b'"requests";r=0;t=%d' % math.ceil(wait))]
            raise TooManyRequestsError(f"more than {rate:g} requests a second", wait, told)
        emptied[meter.row] = empty_at
        owed = empty_at - now
        left = max(0, int(burst - owed * rate / times + 1e-9))
        return [policy(rate, burst), (b"ratelimit", b'"requests";r=%d;t=%d' % (left, math.ceil(owed)))]

    def _meter(self, key: str) -> Meter:
        """Return who counts for *key*: a meter of its own, or the crowd's."""
        meter = self._known.get(key)
        if meter is not None and meter.is_of(meter.digest):
            return meter
        digest = int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, key=self._secret).digest())
        digest = digest or 1
        row = self._table.row_of(digest, self._clock())
        if row == self._table.crowd:
            return self._crowd
        if len(self._known) >= self._table.rows:
            self._known.clear()
        meter = self._known[key] = Meter(self._table, row, digest)
        return meter


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

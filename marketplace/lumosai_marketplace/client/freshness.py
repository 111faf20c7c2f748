"""How old it is what an index has said about revoked wheels: cheap to tell, by a host at its start, and no network."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumosai_sdk.errors import LumosError

_MAX = 64 * 1024
_LAST = 2.0**36


@dataclass(frozen=True, slots=True)
class Freshness:
    """When an index was last asked, and until when its metadata said to go by the answer (0: it never was)."""

    url: str
    refreshed: float
    expires: float

    def is_stale(self, now: float) -> bool:
        """Tell whether the index should have been asked again. A time in the future is no answer."""
        return now > self.expires or self.refreshed > now + 600

    def words(self) -> str:
        """Say it."""
        if not self.refreshed:
            return f"{self.url} has never told this host what it revokes; lumos plugin audit asks it"
        good = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.expires))
        return f"what {self.url} revokes was to be asked again by {good}, and was not; lumos plugin audit asks it"


def freshness(folder: Path, url: str) -> Freshness:
    """Return how old the revocations of the index *url* are; *folder* is where what was seen of indexes is kept."""
    from lumosai_marketplace.client.keeper import slug

    try:
        with (folder / "tuf" / slug(url) / "state.json").open("rb") as file:
            state: dict[str, Any] = json.loads(file.read(_MAX))
        refreshed = float(state["refreshed"])
        expires = float(state.get("expires", refreshed))
        if 0 < refreshed < _LAST and 0 < expires < _LAST:  # which is neither infinite, nor no number
            return Freshness(url, refreshed, expires)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, LumosError):
        pass
    return Freshness(url, 0.0, 0.0)


def stale(folder: Path, urls: Iterable[str], now: float) -> dict[str, str]:
    """Return, by address, what is to be said of indexes whose revocations are older than they may be."""
    from lumosai_marketplace.trust.rules import LOCAL

    found = [freshness(folder, u) for u in dict.fromkeys(urls) if u != LOCAL]
    return {f.url: f.words() for f in found if f.is_stale(now)}

"""A marketplace of one's own in the process of a host, on the loopback interface alone: what the tour shows."""

from __future__ import annotations

from lumosai_marketplace.embedded.seeding import Seed, Seeding
from lumosai_marketplace.embedded.serving import Embedded, listen, start
from lumosai_marketplace.embedded.sources import Source, sources

__all__ = ["Embedded", "Seed", "Seeding", "Source", "listen", "sources", "start"]

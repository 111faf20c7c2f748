"""Downloads, counted so that nobody makes a plugin popular with a loop.

A network counts once a day for a plugin: a /24 of IPv4; of IPv6 a /64, of which a /48 has sixteen at most. What is kept
of a network is a keyed hash that is another one each day, and that only for two days. What is asked for by robots and
mirrors is not counted. Counts are gathered in memory and written every few seconds; a crash loses those.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_network
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, ForeignKey, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from lumosai_marketplace.service.db.models import Base, Download, Project, Release
from lumosai_marketplace.service.search.indexing import next_serial
from lumosai_marketplace.service.search.schema import SearchDocument
from lumosai_sdk import safe
from lumosai_sdk.addresses import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.state import Service

log = logging.getLogger("lumosai.marketplace")
DAY: Final = 86_400.0
FLUSH_SECONDS: Final = 5.0
MOST_WAITING: Final = 20_000
"""Downloads that wait to be written; more are not counted."""
MOST_OF_NETWORK: Final = 500
"""Plugins that one network counts for, a day and process."""
SLOTS: Final = 16
"""Networks that a /48 counts for: whoever has one has 65,536 of /64."""
KEPT_DAYS: Final = 2
_HASH = 32
_ROBOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|mirror|bandersnatch|devpi|artifactory|nexus|pulp|renovate|scan|archive"
    r"|preview|monitor|headless|python-requests|python-urllib|go-http-client|^curl|^wget|^java",
    re.IGNORECASE,
)


class DownloadDay(Base):
    """Downloads of a plugin on a day, in days since the epoch."""

    __tablename__ = "download_days"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


Seen = tuple[int, int, str]
"""Plugin, day, network."""


class Downloads:
    """What one process has seen and not yet written."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._waiting: set[Seen] = set()
        self._written: set[Seen] = set()
        self._of_network: Counter[str] = Counter()
        self._day = -1
        self._lock = Lock()

    def saw(self, project_id: int, address: str, agent: str) -> bool:
        """Note a whole download; tell whether it may count. From any thread."""
        with self._lock:
            return self._saw(project_id, address, agent)

    def _saw(self, project_id: int, address: str, agent: str) -> bool:
        day = int(self._service.clock() // DAY)
        if day != self._day:
            self._day, self._written = day, set()
            self._of_network.clear()
        network = network_of(address)
        if not network or is_robot(agent) or len(self._waiting) >= MOST_WAITING:
            return False
        hashed = self._hash(network, day)
        seen = (project_id, day, hashed)
        if seen in self._waiting or seen in self._written or self._of_network[hashed] >= MOST_OF_NETWORK:
            return False
        self._of_network[hashed] += 1
        self._waiting.add(seen)
        return True

    async def write(self) -> int:
        """Write what waits; return how many downloads it made. What cannot be written waits on."""
        with self._lock:
            taken, self._waiting = self._waiting, set()
        if not taken:
            return 0
        try:
            async with self._service.sessions() as session, session.begin():
                counted = await add(session, taken)
        except BaseException:
            with self._lock:
                self._waiting |= taken
            raise
        with self._lock:
            if len(self._written) < MOST_WAITING:
                self._written |= {s for s in taken if s[1] == self._day}
        return counted

    def _hash(self, network: str, day: int) -> str:
        """Return what is kept of a network. Of a /48, its /64 share sixteen."""
        if ":" in network:
            slot = int(self._service.keyed_hash(f"slot {day}", network)[:8], 16) % SLOTS
            network = f"{ip_network(network).supernet(new_prefix=48)} {slot}"
        return self._service.keyed_hash(f"download {day}", network)[:_HASH]


def of(service: Service) -> Downloads:
    """Return the counter of a service."""
    found: Downloads = service.shared.setdefault("downloads", Downloads(service))
    return found


async def keep(service: Service) -> None:
    """Write every few seconds, and tidy up once an hour. Ends when it is cancelled, and writes what is left."""
    counter, turns = of(service), 0
    try:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await _try(counter.write())
            turns += 1
            if turns % 720 == 1:
                await _try(forget(service))
    finally:
        await asyncio.shield(_try(counter.write()))


async def _try(work: Any) -> None:
    try:
        await work
    except Exception as e:  # noqa: BLE001 - tried again the next time
        log.warning("counting downloads failed: %s", safe.line(f"{type(e).__name__}: {e}")[:500])


async def add(session: AsyncSession, seen: Iterable[Seen]) -> int:
    """Write downloads that nobody has written yet, and count them in all totals. Returns how many they were."""
    rows = [{"project_id": p, "day": d, "seen": s} for p, d, s in sorted(seen)]
    made = _insert(session)(Download).on_conflict_do_nothing().returning(Download.project_id, Download.day)
    fresh: Counter[tuple[int, int]] = Counter()
    for begin in range(0, len(rows), 1000):
        done = await session.execute(made.values(rows[begin : begin + 1000]))
        fresh.update((p, d) for p, d in done)
    totals: Counter[int] = Counter()
    for (project_id, day), number in sorted(fresh.items()):
        totals[project_id] += number
        await _add_day(session, project_id, day, number)
    if totals:
        await _add_totals(session, totals)
    return totals.total()


async def forget(service: Service) -> None:
    """Forget the networks of days gone by; their counts stay."""
    oldest = int(service.clock() // DAY) - KEPT_DAYS
    async with service.sessions() as session, session.begin():
        await session.execute(delete(Download).where(Download.day < oldest))


async def days(session: AsyncSession, project_id: int, first: int) -> dict[int, int]:
    """Return the downloads of each day from *first* on that has any."""
    query = select(DownloadDay.day, DownloadDay.number).where(
        DownloadDay.project_id == project_id, DownloadDay.day >= first
    )
    return dict((await session.execute(query.order_by(DownloadDay.day))).all())


async def totals(session: AsyncSession) -> dict[str, int]:
    """Return how much there is of everything."""
    listed = select(func.count(), func.coalesce(func.sum(SearchDocument.downloads), 0)).where(SearchDocument.listed)
    plugins, downloads = (await session.execute(listed)).one()
    shown = select(func.count()).select_from(Release).where(Release.state.in_(["active", "yanked"]))
    publishers = select(func.count(Project.namespace_id.distinct())).where(Project.latest_id.is_not(None))
    return {
        "plugins": plugins,
        "releases": await session.scalar(shown) or 0,
        "publishers": await session.scalar(publishers) or 0,
        "downloads": int(downloads),
    }


def network_of(address: str) -> str:
    """Return the network that counts once: /24 or /64; empty for what is no address."""
    parsed = parse(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if parsed is None:
        return ""
    return str(ip_network((parsed, 24 if isinstance(parsed, IPv4Address) else 64), strict=False))


def is_robot(agent: str) -> bool:
    """Tell whether a program that calls itself *agent* installs nothing for anybody; nameless ones do not either."""
    return not agent or _ROBOTS.search(agent[:512]) is not None


def _insert(session: AsyncSession) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite

        return sqlite
    from sqlalchemy.dialects.postgresql import insert as postgresql

    return postgresql


async def _add_day(session: AsyncSession, project_id: int, day: int, number: int) -> None:
    row = _insert(session)(DownloadDay).values(project_id=project_id, day=day, number=number)
    more = {"number": DownloadDay.number + row.excluded.number}
    await session.execute(row.on_conflict_do_update(index_elements=["project_id", "day"], set_=more))


async def _add_totals(session: AsyncSession, numbers: Counter[int]) -> None:
    """Count in the plugins' own rows, in one order in all services, and in what the search knows of them."""
    for project_id, number in sorted(numbers.items()):
        row = update(Project).where(Project.id == project_id).values(downloads=Project.downloads + number)
        await session.execute(row)
    serial = await next_serial(session)
    for project_id, number in numbers.items():
        row = update(SearchDocument).where(SearchDocument.project_id == project_id)
        more = SearchDocument.downloads + number
        await session.execute(row.values(downloads=more, serial=serial))

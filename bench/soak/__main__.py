"""``python -m bench.soak [--minutes 10]``: is the service still what it was, after ten minutes of everybody?

Half of the rate it answers at best (measured first, or ``--rate``), while clients leave early, read slowly, come and go
over WebSockets, and a plugin fails, hangs and is swapped. Told are availability, the share of well-formed requests
whose caller stayed that were answered as they should be, and whether memory, open files and threads stayed flat. Ends
with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

from bench.report import heading, target
from bench.soak.callers import BODY, Crowd, dawdling, leaving, shaken, steady, visiting
from bench.soak.service import Soaked, soaked

AVAILABLE: Final = 0.9999
GROWTH: Final = 0.05
STEADY: Final = 32
SAMPLE_SECONDS: Final = 2.0
SWAP_SECONDS: Final = 15.0
Sample = tuple[int, int, int]


def top_rate(service: Soaked, seconds: float) -> float:
    """Return the runs a second that it answers to 64 connections that do nothing else."""
    url = f"{service.url}/v1/agents/plain/runs"
    argv = [sys.executable, "-m", "bench.load.client", "--url", url, "--connections", "64"]
    argv += ["--seconds", str(seconds), "--warm-up", "2", "--body", BODY.decode()]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return float(json.loads(told.stdout)["rate"])


async def crowded(service: Soaked, rate: float, seconds: float) -> tuple[Crowd, list[Sample]]:
    """Let all call for *seconds*; return how it went, and what the service held meanwhile."""
    crowd = Crowd(service.port, rate / STEADY, asyncio.get_running_loop().time() + seconds)
    callers = [steady] * STEADY + [shaken] * 4 + [leaving] * 4 + [dawdling] * 4 + [visiting] * 4
    samples: list[Sample] = []
    async with asyncio.TaskGroup() as group:
        for caller in callers:
            group.create_task(caller(crowd))
        group.create_task(_watched(crowd, service, samples))
        group.create_task(_swapped(crowd, service))
    return crowd, samples


async def _watched(crowd: Crowd, service: Soaked, samples: list[Sample]) -> None:
    while not crowd.is_over:
        samples.append(await asyncio.to_thread(service.held))
        await asyncio.sleep(SAMPLE_SECONDS)


async def _swapped(crowd: Crowd, service: Soaked) -> None:
    """Give the plugin other code now and then, under load."""
    import aiohttp

    version = 0
    async with aiohttp.ClientSession(base_url=service.url) as session:
        while not crowd.is_over:
            await asyncio.sleep(SWAP_SECONDS)
            version += 1
            service.swap(version)
            async with session.post("/v1/plugins/shaky/reload") as answer:
                crowd.judge(answer.status, await answer.read(), b'"shaky"')
                crowd.rude["swapped a plugin"] += 1


def grown(values: list[int]) -> float:
    """Return by what share the last quarter lies above the quarter after the warm-up, which is the first fifth."""
    left = values[len(values) // 5 :]
    quarter = max(1, len(left) // 4)
    before, after = median(left[:quarter]), median(left[-quarter:])
    return (after - before) / before


def told(crowd: Crowd, samples: list[Sample], rate: float, seconds: float) -> bool:
    """Print how it went and tell whether every target was met."""
    failed = sum(crowd.failed.values())
    available = 1 - failed / crowd.asked
    memory, files, threads = ([s[i] for s in samples] for i in range(3))
    print(heading(f"a soak of {seconds / 60:g} minutes at {rate:,.0f} runs/s"))
    print(f"  {crowd.asked:,} well-formed requests, {failed} answered otherwise than they should be")
    print("  " + ", ".join(f"{n:,} {what}" for what, n in crowd.rude.items()))
    for what, n in crowd.failed.most_common(5):
        print(f"    {n} x {what}")
    print(f"  memory of its own {memory[len(memory) // 5] >> 20} -> {memory[-1] >> 20} MiB, open files {files[-1]}")
    growth = grown(memory)
    met = {
        "availability": available >= AVAILABLE,
        "memory": growth <= GROWTH,
        "files": grown(files) <= 0.2,  # noqa: PLR2004 - they come and go with the connections
        "threads": grown(threads) <= 0.2,  # noqa: PLR2004
    }
    print(target("availability", f"{available:.4%}", f">= {AVAILABLE:.2%}", met=met["availability"]))
    print(target("growth of memory", f"{growth:+.1%}", f"<= {GROWTH:.0%}", met=met["memory"]))
    print(target("growth of open files", f"{grown(files):+.0%}", "<= 20%", met=met["files"]))
    print(target("growth of threads", f"{grown(threads):+.0%}", "<= 20%", met=met["threads"]))
    return all(met.values())


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, help="runs a second; default: half of what it answers at best")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    seconds = options.minutes * 60
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # the service ends with this
    factory = None
    if find_spec("uvloop") is not None:
        import uvloop

        factory = uvloop.new_event_loop
    with tempfile.TemporaryDirectory(prefix="lumos-soak-") as folder:
        with soaked(Path(folder), options.workers) as service:
            time.sleep(3)  # until all workers are there
            rate = options.rate or top_rate(service, 6.0) / 2
            with asyncio.Runner(loop_factory=factory) as runner:
                crowd, samples = runner.run(crowded(service, rate, seconds))
        return 0 if told(crowd, samples, rate, seconds) else 1


if __name__ == "__main__":
    sys.exit(main())

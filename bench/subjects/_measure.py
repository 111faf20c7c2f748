"""What all subjects share: the command line, the warm-up, the clock, and the proof that the work was done."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median, quantiles
from typing import Any

from bench.protocol import ANSWER, CELLS, CITY, TOOL_RESULT, Cell

Run = Callable[[], Awaitable[str]]
Clocks = tuple[float, float]
WARM_UP_RUNS = 30
#: A batch is long enough for the clock and short enough to give a distribution.
BATCH_SECONDS = 0.02


@dataclass(slots=True)
class Probe:
    """The body of the tool that every subject offers: it counts its calls, so that a skipped one is noticed."""

    calls: int = 0

    def weather(self, city: str) -> str:
        """Return the fixed report.

        Raises:
            ValueError: when the framework handed over other arguments than the model gave.
        """
        if city != CITY:
            raise ValueError(f"the tool got city={city!r} instead of {CITY!r}")
        self.calls += 1
        return TOOL_RESULT


@dataclass(frozen=True, slots=True)
class Job:
    """What one process measures."""

    cell: Cell
    base_url: str
    probe: Probe = field(default_factory=Probe)


Opener = Callable[[Job], AbstractAsyncContextManager[Run]]


async def checked_batch(run: Run, size: int) -> Clocks:
    """Make `size` runs, one after the other, and return the CPU and wall seconds they took.

    Raises:
        ValueError: when a run ends with another text than the model gave.
    """
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(size):
        text = await run()
        if text != ANSWER:
            raise ValueError(f"a run ended with {text!r} instead of {ANSWER!r}")
    return time.process_time() - cpu, time.perf_counter() - wall


async def warm_up(run: Run) -> int:
    """Make the runs that fill caches and open connections; return the size of a batch."""
    await checked_batch(run, WARM_UP_RUNS)
    cpu, _ = await checked_batch(run, WARM_UP_RUNS)
    return max(1, min(2000, int(BATCH_SECONDS / max(cpu / WARM_UP_RUNS, 1e-6))))


async def batches(run: Run, size: int, runs: int | None, seconds: float) -> list[Clocks]:
    """Measure batches until `runs` are made, or else until `seconds` have passed."""
    gc.collect()
    if runs is not None:
        return [await checked_batch(run, size) for _ in range(max(1, runs // size))]
    clocks: list[Clocks] = []
    end = time.perf_counter() + seconds
    while not clocks or time.perf_counter() < end:
        clocks.append(await checked_batch(run, size))
    return clocks


def spread(values: list[float]) -> dict[str, float]:
    """Return median, 10th and 90th percentile, rounded to a tenth."""
    cuts = quantiles(values, n=10, method="inclusive") if len(values) > 1 else values * 9
    return {"median": round(median(values), 1), "p10": round(cuts[0], 1), "p90": round(cuts[8], 1)}


async def measured(run: Run, job: Job, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """Measure one slice of time.

    Raises:
        ValueError: when the runs did not do the work: another text, or another number of tool calls.
    """
    before = job.probe.calls
    clocks = await batches(run, size, options.runs, options.seconds)
    total, called = size * len(clocks), job.probe.calls - before
    if called != (total if job.cell.tool else 0):
        raise ValueError(f"{total} runs called the tool {called} times")
    return {
        "cell": job.cell.name,
        "runs": total,
        "tool_calls": called,
        "batch_size": size,
        "cpu_us": spread([cpu / size * 1e6 for cpu, _ in clocks]),
        "wall_us": spread([wall / size * 1e6 for _, wall in clocks]),
    }


async def session(opener: Opener, job: Job, options: argparse.Namespace, about: dict[str, Any]) -> None:
    """Open the agent, warm up, and print one slice; with --on-request, one slice for every line on standard input."""
    async with opener(job) as run:
        size = await warm_up(run)
        if options.runs is not None:
            size = max(1, min(size, options.runs // 10))
        if options.on_request:
            print(json.dumps({"ready": True}), flush=True)
        # The loop may stand still between slices: nothing is under way then.
        for _ in sys.stdin if options.on_request else [""]:
            print(json.dumps(about | await measured(run, job, size, options)), flush=True)


def main(name: str, packages: tuple[str, ...], opener: Opener) -> None:
    """Run one subject from the command line.

    Args:
        name: the subject's name in the report.
        packages: distributions whose versions to report.
        opener: opens the agent for a job, and gives a function that makes one run and returns its text.
    """
    parser = argparse.ArgumentParser(description=f"measure {name}; prints one JSON line")
    parser.add_argument("--cell", choices=sorted(CELLS), required=True)
    parser.add_argument("--runs", type=int, help="measure this many runs, instead of --seconds")
    parser.add_argument("--seconds", type=float, default=2.0, help="measure for this long (default: %(default)s)")
    parser.add_argument("--base-url", default="", help="the model server, http://127.0.0.1:PORT/v1 (cells http*)")
    parser.add_argument("--on-request", action="store_true", help="measure anew for each line on standard input")
    options = parser.parse_args()
    cell = CELLS[options.cell]
    if cell.http and not options.base_url:
        parser.error(f"--cell {cell.name} needs --base-url; start one with: python bench/stub_server.py")
    os.environ["NO_PROXY"] = "127.0.0.1"
    versions = {package: version(package) for package in packages}
    about = {"subject": name, "python": platform.python_version(), "versions": versions}
    asyncio.run(session(opener, Job(cell, options.base_url), options, about))

"""`python -m bench.guardrails`: precision and recall on a labelled set, and what is added to the first token."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from bench.guardrails.injections import ATTACKS, ORDINARY
from bench.guardrails.personal import labelled
from bench.guardrails.second import SECOND_ATTACKS, SECOND_ORDINARY
from lumosai import Agent
from lumosai_plugins.guardrails.finding import find
from lumosai_plugins.guardrails.orders import score
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import ModelDelta
from lumosai_sdk.types.models import ModelChunk, ModelRequest

COUNT = 500
RUNS = 400
ALL = ("normalize", "pii", "secrets", "injection")
ANSWER = "The report names ada@example.com and says that all is well with the other matters. " * 20


def pii() -> None:
    """Print precision and recall of each kind: right is the very characters."""
    print(f"personal data: {COUNT} texts of each kind, as many without\n  {'':8}{'precision':>11}{'recall':>9}")
    texts = labelled(COUNT)
    found = [[(m.kind, m.start, m.end) for m in find(t.text)] for t in texts]
    kinds = list(dict.fromkeys(t.kind for t in texts if t.kind))
    for kind in [*kinds, "all"]:
        wanted = {(n, t.kind, t.start, t.end) for n, t in enumerate(texts) if t.kind and kind in {t.kind, "all"}}
        got = {(n, *m) for n, ms in enumerate(found) for m in ms if kind in {m[0], "all"}}
        right = len(wanted & got)
        print(f"  {kind:8}{right / max(len(got), 1):>11.3f}{right / len(wanted):>9.3f}")


def injection() -> None:
    """Print precision and recall of texts that give orders."""
    for name, attacks, ordinary in (("first", ATTACKS, ORDINARY), ("second", SECOND_ATTACKS, SECOND_ORDINARY)):
        caught = sum(score(t) >= 1 for t in attacks)
        wrong = sum(score(t) >= 1 for t in ordinary)
        print(f"orders: {len(attacks)} texts that give some, {len(ordinary)} that do not")
        print(f"  {name:8}{caught / max(caught + wrong, 1):>11.3f}{caught / len(attacks):>9.3f}")


class Trickling(ScriptedModel):
    """A model whose pieces come one after the other, as those of a server do."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        async for chunk in super().stream(request):
            yield chunk
            await asyncio.sleep(0)


async def first_tokens(processors: tuple[str, ...]) -> list[float]:
    """Return the milliseconds to the first piece of an answer, run by run."""
    out = []
    agent = Agent("a", model="test/m", processors=[f"guardrails.{p}" for p in processors])
    with tempfile.TemporaryDirectory() as folder:
        async with open_host(Path(folder), Trickling(ANSWER), agents=[agent]) as host:
            for n in range(RUNS + 20):
                started = time.perf_counter()
                async for event in host.stream("a", f"Write to ada{n}@example.com about 4111 1111 1111 1111. " * 10):
                    if isinstance(event, ModelDelta):
                        out.append((time.perf_counter() - started) * 1000)
                        break
    return out[20:]


async def latency() -> None:
    """Print what guardrails add to the first token."""
    with_them, without = await first_tokens(ALL), await first_tokens(())
    print(f"first token, ms, {RUNS} runs each\n  {'':24}{'p50':>8}{'p95':>8}")
    p95s = []
    for name, times in ((f"{len(ALL)} guardrails", with_them), ("none", without)):
        p95s.append(statistics.quantiles(times, n=20)[-1])
        print(f"  {name:24}{statistics.median(times):>8.2f}{p95s[-1]:>8.2f}")
    print(f"  added at p95: {p95s[0] - p95s[1]:.2f} ms (target <= 5 ms)")


def main() -> None:
    """Measure and print."""
    pii()
    injection()
    asyncio.run(latency())


if __name__ == "__main__":
    main()

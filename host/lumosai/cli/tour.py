"""The tour: the embedded model answers a question through a plugin's tool, asked over the host's own HTTP service."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.agents.agent import Agent
from lumosai.cli import style
from lumosai.cli.failure import show
from lumosai.cli.output import say, tell
from lumosai.cli.transcript import remark_on, shown
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from lumosai.cli.tourmarket import TourMarket
    from lumosai.host import Host

AGENT = "tour"
QUESTION = "What phase is the moon in today?"
WITHOUT_MOON = "What time is it in Tokyo?"
_TOOLS = ("time", "calculator", "moon")
_SECONDS = 180
_MAX_LINE = 1024 * 1024


def tour_agent(host: Host) -> Agent:
    """Return the agent of the tour, with the tools that are there."""
    have = {e.generation.name for e in host.registry.entries("tool")}
    return Agent(
        AGENT,
        instructions="You are a helpful assistant. Answer briefly.",
        tools=[f"{t}.*" for t in _TOOLS if t in have],
        description="Shows what an agent is",
    )


async def prepare(host: Host) -> None:
    """Add the agent, and fetch its models unless they are there. A fetch that fails is told; the host serves anyway."""
    from lumosai.cli.pulling import pull, pullable

    host.add(tour_agent(host))
    try:
        for ref in pullable(host):
            await pull(host, ref)
    except LumosError as e:
        show(e.message, e.hint)


async def tour(host: Host, url: str, market: TourMarket | None = None) -> None:
    """Ask the question, show the tool call and the answer, visit the marketplace, and say where to look next."""
    question = QUESTION if host.registry.find("tool", "moon.phase") else WITHOUT_MOON
    answered, after = await _answered(host, url, question), ""
    if market is not None:
        from lumosai.cli import tourshow

        if await tourshow.visit(host, url, market):
            after = f"{tourshow.next_steps(market)}\n"
    if answered or after:
        say(f"{after}{next_steps(url, question, market.place.url if after and market else None)}")


async def _answered(host: Host, url: str, question: str) -> bool:
    """Ask, and tell whether there was an answer; why there was none is told."""
    say(f"{style.paint('Question', style.BOLD)}  {question}\n")
    sys.stdout.flush()
    try:
        called = await _asked(url, question)
    except LumosError as e:
        show(e.message, e.hint)
        tell("the host serves on")
        return False
    say(f"\n{_explained(host, called)}\n")
    return True


async def _asked(url: str, question: str) -> list[str]:
    """Show the run and return the tools it called. Raises LumosError with why it failed."""
    called: list[str] = []
    async for event in _events(url, question):
        kind = event.get("type")
        if kind == "model.delta":
            sys.stdout.write(shown(str(event["text"])))
        elif kind == "tool.call":
            called.append(event["tool"])
            say(remark_on(ev.ToolCalled(tool=event["tool"], arguments=event["arguments"])))
        elif kind == "tool.result":
            say(f"{remark_on(ev.ToolReturned(tool=event['tool'], content=event['content'], error=event['error']))}\n")
        elif kind == "run.failed":
            raise LumosError(str(event["error"].get("message")), hint=event["error"].get("hint"))
        sys.stdout.flush()
    say()
    return called


async def _events(url: str, question: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the run's events from the service's stream (server-sent events, WHATWG HTML section 9.2)."""
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    body = {"input": question, "stream": True}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=_MAX_LINE) as session,
            session.post(f"{url}/v1/agents/{AGENT}/runs", json=body) as response,
        ):
            if response.status != 200:  # noqa: PLR2004 - OK
                raise LumosError(_problem(await response.text(), response.status))
            async for line in response.content:
                if line.startswith(b"data:"):
                    yield json.loads(line[5:])
    except (aiohttp.ClientError, TimeoutError, ValueError) as e:
        raise LumosError(f"the service did not answer: {type(e).__name__}: {e}") from None


def _problem(body: str, status: int) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the service answered {status}"


def _explained(host: Host, called: list[str]) -> str:
    model = host.planner.plan(host.runs.agent(AGENT)).models[0]
    tools = [f"{t} (plugin {e.generation.name})" for t in called if (e := host.registry.find("tool", t))]
    via = f", that called {' and '.join(tools)}" if tools else ""
    said = f"That was an agent on {model}, in this process{via}, asked over HTTP."
    return "\n".join(style.paint(line, style.DIM) for line in textwrap.wrap(said, 76, break_on_hyphens=False))


def next_steps(url: str, question: str, market: str | None = None) -> str:
    """Return where to look next."""
    lumos = "lumos" if shutil.which("lumos") else _relative(sys.argv[0])
    body = json.dumps({"input": question, "stream": True})
    steps = [
        (f"{lumos} chat", "talk in the terminal"),
        (f"{lumos} init", "make an agent of your own"),
        (f"{lumos} init --template knowledge", "one that knows your documents, and remembers"),
        (f"{lumos} plugin list", "see what it is made of"),
        (f"{url}/docs", "the HTTP interface"),
        *([(market, "the marketplace, for your browser")] if market else []),
    ]
    docs = Path(__file__).parents[3] / "docs" / "index.md"
    if docs.is_file():
        steps.append((_relative(str(docs)), "the documentation"))
    width = max(len(s) for s, _ in steps) + 2
    listed = "\n".join(f"  {s:<{width}}{style.paint(what, style.DIM)}" for s, what in steps)
    curl = f"  curl -N {url}/v1/agents/{AGENT}/runs \\\n    -H 'content-type: application/json' \\\n    -d '{body}'"
    again, after = style.paint("The question from another terminal", style.BOLD), style.paint("Next", style.BOLD)
    return f"{again}\n{curl}\n\n{after}\n{listed}\n"


def _relative(path: str) -> str:
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return path

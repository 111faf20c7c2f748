"""How well the embedded model uses tools: the right tool, the right arguments, the right answer. Prints the shares.

Two sets of requests: `DEVELOPMENT` is what patterns were written for. `HELD_OUT` was written afterwards, and no pattern
or weight was changed for one of its requests (first run: 21 of 24 tools, 14 of 14 small talk, 21 of 21 arguments). The
threshold was later raised with a sweep over both in view, for the requests whose tool is absent: so the second set is a
fair guess at requests nobody has thought of, no longer a clean one. Both have one author, who knows the tools.

    python bench/local_quality.py            # pulls the models if need be
    python bench/local_quality.py --all      # every request, not only the misses
"""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.answer import answer
from lumosai_plugins.local.arguments import fill
from lumosai_plugins.local.catalog import CATALOG
from lumosai_plugins.local.embed import Embedder
from lumosai_plugins.local.evidence import Request
from lumosai_plugins.local.llama import Llama
from lumosai_plugins.local.pull import pull
from lumosai_plugins.local.relevance import ToolResult
from lumosai_plugins.local.route import Router
from lumosai_plugins.local.store import models_folder
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
_UNITS = ["km", "mile", "kg", "pound", "celsius", "fahrenheit"]


def _tool(id_: str, description: str, required: Sequence[str] = (), **properties: dict[str, Any]) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return ToolSpec(id_, description, schema)


TOOLS = (
    _tool(
        "moon.phase",
        "Tell the phase of the moon on a date: its name, how much of it is lit, its age, the next full and new moon.",
        date={"type": "string", "description": "The date as YYYY-MM-DD; empty for today.", "default": ""},
    ),
    _tool(
        "time.now",
        "Tell the current time, date and day of the week, here or in another city or time zone.",
        timezone={"type": "string", "description": "A city or time zone such as Europe/Paris", "default": ""},
    ),
    _tool(
        "calculator.evaluate",
        "Calculate: work out an arithmetic expression such as a sum, product, power, percentage or square root.",
        ["expression"],
        expression={"type": "string", "minLength": 1, "maxLength": 500},
    ),
    _tool("files.read", "Read a text file", ["path"], path={"type": "string", "description": "Path of the file"}),
    _tool("http.get", "Fetch a web page over HTTP", ["url"], url={"type": "string", "format": "uri"}),
    _tool("ask.person", "Ask the person a question and wait for the answer", ["question"], question={"type": "string"}),
    _tool(
        "weather.forecast",
        "Weather forecast for a city",
        ["city"],
        city={"type": "string"},
        days={"type": "integer", "minimum": 1, "maximum": 7, "default": 1},
    ),
    _tool(
        "units.convert",
        "Convert a quantity from one unit to another",
        ["value", "from_unit", "to_unit"],
        value={"type": "number"},
        from_unit={"type": "string", "enum": _UNITS},
        to_unit={"type": "string", "enum": _UNITS},
    ),
    _tool("notes.search", "Search the user's notes for words", ["query"], query={"type": "string"}),
)


@dataclass(frozen=True)
class Case:
    """A request, the tool it is for (None: none) and the arguments it means."""

    text: str
    tool: str | None = None
    arguments: dict[str, Any] | None = None


DEVELOPMENT = [
    Case("What phase is the moon in tonight?", "moon.phase", {"date": "2026-11-22"}),
    Case("Is it a full moon on 2026-12-24?", "moon.phase", {"date": "2026-12-24"}),
    Case("how does the moon look tomorrow", "moon.phase", {"date": "2026-11-23"}),
    Case("Will the moon be waxing next friday?", "moon.phase", {"date": "2026-11-27"}),
    Case("What time is it in Tokyo?", "time.now", {"timezone": "Asia/Tokyo"}),
    Case("what's the time", "time.now", {}),
    Case("Which day is it today?", "time.now", {}),
    Case("tell me the current time in New York please", "time.now", {"timezone": "America/New_York"}),
    Case("What's today's date?", "time.now", {}),
    Case("What is 17 * 23?", "calculator.evaluate", {"expression": "17 * 23"}),
    Case("calculate (3+4)/2", "calculator.evaluate", {"expression": "(3+4)/2"}),
    Case("How much is 1234 minus 567?", "calculator.evaluate", {"expression": "1234 - 567"}),
    Case("what's 15% of 80", "calculator.evaluate", {"expression": "15 / 100 * 80"}),
    Case("2+2", "calculator.evaluate", {"expression": "2+2"}),
    Case("Add 5 and 9", "calculator.evaluate", {"expression": "5 + 9"}),
    Case("Read the file notes/todo.txt", "files.read", {"path": "notes/todo.txt"}),
    Case("What does README.md say?", "files.read", {"path": "README.md"}),
    Case("show me the contents of config.yaml", "files.read", {"path": "config.yaml"}),
    Case("open /etc/hosts and tell me what is inside", "files.read", {"path": "/etc/hosts"}),
    Case("Fetch https://example.com/", "http.get", {"url": "https://example.com/"}),
    Case("What is on the page https://news.site/today ?", "http.get", {"url": "https://news.site/today"}),
    Case("download http://a.b/c.json", "http.get", {"url": "http://a.b/c.json"}),
    Case("Ask me what my favourite colour is", "ask.person", {"question": "what my favourite colour is"}),
    Case("Please ask the user for their name", "ask.person", {"question": "their name"}),
    Case("Check with me before going on: which folder?", "ask.person", {"question": "which folder?"}),
    Case("Will it rain in Paris tomorrow?", "weather.forecast", {"city": "Paris"}),
    Case("Weather in Berlin for 3 days", "weather.forecast", {"city": "Berlin", "days": 3}),
    Case("do I need an umbrella in London", "weather.forecast", {"city": "London"}),
    Case("Convert 10 km to miles", "units.convert", {"value": 10, "from_unit": "km", "to_unit": "mile"}),
    Case("How many pounds is 5 kg?", "units.convert", {"value": 5, "from_unit": "kg", "to_unit": "pound"}),
    Case(
        "100 fahrenheit in celsius", "units.convert", {"value": 100, "from_unit": "fahrenheit", "to_unit": "celsius"}
    ),
    Case("Find my notes about the garden", "notes.search", {"query": "the garden"}),
    Case("search notes for invoice", "notes.search", {"query": "invoice"}),
    *map(
        Case,
        (
            "Hello, who are you?", "Hi!", "Thanks, that was great", "Tell me a joke", "What can you do?",
            "Write a short poem about the sea", "Why is the sky blue?", "What is the capital of France?",
            "Good morning", "How are you today?", "Explain recursion", "I feel sad", "Who wrote Hamlet?",
            "Give me three names for a cat", "bye", "Translate good night into Spanish",
            "What is the meaning of life?", "What do you think about the moon landing?", "Is time travel possible?",
        ),
    ),
]  # fmt: skip

HELD_OUT = [
    Case("Can I see the full moon this Saturday?", "moon.phase", {"date": "2026-11-28"}),
    Case("Tell me about the moon on 5 January 2027", "moon.phase", {"date": "2027-01-05"}),
    Case("how bright was the moon yesterday", "moon.phase", {"date": "2026-11-21"}),
    Case("Do you know what time they have in Sydney right now?", "time.now", {"timezone": "Australia/Sydney"}),
    Case("current date in London", "time.now", {"timezone": "Europe/London"}),
    Case("is it late already?", "time.now", {}),
    Case("If I buy 12 books at 8 each, what is 12 times 8?", "calculator.evaluate", {"expression": "12 * 8"}),
    Case("Work out 2 to the power of 16", "calculator.evaluate", {"expression": "2 ** 16"}),
    Case("square root of 2025?", "calculator.evaluate", {"expression": "sqrt(2025)"}),
    Case("I owe 45.50 plus 12.25, how much is that", "calculator.evaluate", {"expression": "45.50 + 12.25"}),
    Case("Could you have a look at src/main.py for me?", "files.read", {"path": "src/main.py"}),
    Case("what's written in CHANGELOG", "files.read", {"path": "CHANGELOG"}),
    Case("print 'my notes.txt'", "files.read", {"path": "my notes.txt"}),
    Case("Please get http://localhost:8080/status", "http.get", {"url": "http://localhost:8080/status"}),
    Case("Have a look at example.org and tell me what you see", "http.get", {"url": "https://example.org"}),
    Case("Ask me how many people are coming", "ask.person", {"question": "how many people are coming"}),
    Case('Put this question to the user: "Shall I delete it?"', "ask.person", {"question": "Shall I delete it?"}),
    Case("How cold will it get in Oslo?", "weather.forecast", {"city": "Oslo"}),
    Case("Is it going to be sunny in San Francisco this weekend?", "weather.forecast", {"city": "San Francisco"}),
    Case("rome weather next 5 days", "weather.forecast", {"city": "rome", "days": 5}),
    Case(
        "What is 30 celsius in fahrenheit?",
        "units.convert",
        {"value": 30, "from_unit": "celsius", "to_unit": "fahrenheit"},
    ),
    Case("turn 26.2 miles into km", "units.convert", {"value": 26.2, "from_unit": "mile", "to_unit": "km"}),
    Case("Did I write anything down about the dentist?", "notes.search", {"query": "the dentist"}),
    Case("look through my notes for the word passport", "notes.search", {"query": "passport"}),
    *map(
        Case,
        (
            "Hey", "See you tomorrow!", "What's your favourite book?", "That is not what I meant",
            "Tell me something interesting about whales", "How do airplanes fly?", "I had a long day",
            "Can you help me write a letter to my landlord?", "What is love?", "Who painted the Mona Lisa?",
            "You are wrong", "Sing me a song", "Why do cats purr?", "ok",
        ),
    ),
]  # fmt: skip

ANSWERS = (
    ("What phase is the moon in?", "moon.phase", '{"date":"2026-11-22","phase":"Waxing gibbous"}', "waxing gibbous"),
    ("What is 17 * 23?", "calculator.evaluate", "391", "391"),
    ("What time is it in Tokyo?", "time.now", '{"time":"03:06:00","date":"2026-11-23"}', "03:06"),
    ("How many pounds is 5 kg?", "units.convert", "11.023", "11.023"),
    ("Will it rain in Paris?", "weather.forecast", '{"city":"Paris","summary":"light rain","high":11}', "light rain"),
    ("How warm will it be in Oslo?", "weather.forecast", '{"city":"Oslo","summary":"snow","high":-3,"low":-9}', "-3"),
    ("What does todo.txt say?", "files.read", "Buy milk\nCall the plumber", "Call the plumber"),
    ("Find my notes about the dog", "notes.search", '["Dog food on Friday","Vet: 12 May"]', "Dog food on Friday"),
    ("Ask me for my name", "ask.person", "Ada", "Ada"),
    ("Read secret.txt", "files.read", "Error: no such file: secret.txt", "no such file"),
)  # fmt: skip


@dataclass
class Tally:
    """What came out for a set of requests."""

    routed: list[bool]
    talked: list[bool]
    absent: list[bool]
    filled: list[bool]
    route_ms: list[float]
    fill_ms: list[float]


class Bench:
    """The models, loaded once."""

    def __init__(self, folder: Path, *, show_all: bool) -> None:
        self.router = Router(Embedder(folder))
        self.chat = Llama(folder)
        self._show_all = show_all

    async def llama(self) -> Llama:
        return self.chat

    async def requests(self, cases: Sequence[Case]) -> Tally:
        tally = Tally([], [], [], [], [], [])
        for case in cases:
            await self._request(case, tally)
        return tally

    async def _request(self, case: Case, tally: Tally) -> None:
        request = Request(case.text, NOW)
        started = time.perf_counter()
        tool = self.router.route(request, TOOLS).tool
        tally.route_ms.append(1000 * (time.perf_counter() - started))
        right = (tool.id if tool else None) == case.tool
        (tally.routed if case.tool else tally.talked).append(right)
        if case.tool:
            others = [t for t in TOOLS if t.id != case.tool]
            tally.absent.append(self.router.route(request, others).tool is None)
        shown = f"{case.text!r} -> {tool.id if tool else 'talk'}"
        if case.tool and tool and right:
            arguments = await self._arguments(request, tool, tally)
            right = arguments == case.arguments
            tally.filled.append(right)
            shown += f" {arguments}"
        if self._show_all or not right:
            print(f"  {'ok  ' if right else 'MISS'} {shown}")

    async def _arguments(self, request: Request, tool: ToolSpec, tally: Tally) -> dict[str, Any]:
        started = time.perf_counter()
        arguments = (await fill(request, tool, self.llama)).arguments
        tally.fill_ms.append(1000 * (time.perf_counter() - started))
        return arguments

    async def answers(self) -> tuple[int, int]:
        good = phrased = 0
        for question, tool, content, wanted in ANSWERS:
            request = Request(question, NOW)
            spec = next(t for t in TOOLS if t.id == tool)
            arguments = (await fill(request, spec, self.llama)).arguments
            said = await answer(question, [ToolResult(tool, content, arguments)], self.router, self.llama)
            right = wanted.lower() in said.text.lower()
            good += right
            phrased += said.asked is not None and said.text == said.asked.text.strip()
            if self._show_all or not right:
                print(f"  {'ok  ' if right else 'MISS'} {question!r} -> {said.text!r}")
        return good, phrased


def _share(outcomes: Sequence[bool]) -> str:
    return f"{sum(outcomes)}/{len(outcomes)}"


def _report(name: str, tally: Tally) -> None:
    print(f"{name}: right tool {_share(tally.routed)}, right arguments {_share(tally.filled)}")
    print(f"  no tool for small talk {_share(tally.talked)}, nor where the right one is absent {_share(tally.absent)}")
    print(f"  choosing {mean(tally.route_ms):.0f} ms, arguments {mean(tally.fill_ms):.0f} ms")


async def _run(*, show_all: bool) -> None:
    folder = models_folder()
    for name in CATALOG:
        pull(name, folder)
    bench = Bench(folder, show_all=show_all)
    try:
        for name, cases in (("development", DEVELOPMENT), ("held out", HELD_OUT)):
            _report(name, await bench.requests(cases))
        good, phrased = await bench.answers()
        print(f"answers: right {good}/{len(ANSWERS)}, in the model's own words {phrased}/{len(ANSWERS)}")
    finally:
        bench.chat.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--all", action="store_true", help="show every request, not only the misses")
    asyncio.run(_run(show_all=parser.parse_args().all))


if __name__ == "__main__":
    main()

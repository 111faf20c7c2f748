"""Functions and classes as contributions."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from lumosai_sdk import (
    HttpRequest,
    HttpResponse,
    Message,
    PanelBlock,
    PanelView,
    PluginContext,
    RunInfo,
    ToolContext,
    ToolError,
    auth,
    command,
    monitor,
    panel,
    processor,
    provider,
    route,
    step,
    storage,
    tool,
)
from lumosai_sdk.decorators import MARK, Mark
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.schema import SchemaError
from lumosai_sdk.types.processors import PHASES


@dataclass
class Point:
    x: int
    y: int


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@tool(id="demo.days", description="Days between", approval="always", timeout=3.0, side_effects=True)
async def days(start: date, end: date) -> int:
    return (end - start).days


def test_a_bare_tool() -> None:
    assert (add.spec.id, add.spec.description, add.spec.approval) == ("add", "Add two numbers.", "never")
    assert add.spec.output_schema == {"type": "integer"}
    assert isinstance(add, PROTOCOLS["tool"])
    assert add(2, 3) == 5  # noqa: PLR2004 - still the function it was
    assert add.__doc__ == "Add two numbers."


def test_a_tool_with_everything_said() -> None:
    spec = days.spec
    assert spec.to_json() == {
        "id": "demo.days",
        "description": "Days between",
        "input_schema": dict(spec.input_schema),
        "output_schema": {"type": "integer"},
        "approval": "always",
        "side_effects": True,
        "timeout": 3.0,
    }
    assert spec.name == "demo_days"


async def test_arguments_arrive_as_hinted() -> None:
    assert await days.call({"start": "2026-01-01", "end": "2026-01-31"}, ToolContext()) == 30  # noqa: PLR2004
    with pytest.raises(ToolError, match="argument 'start': Invalid isoformat"):
        await days.call({"start": "soon", "end": "2026-01-31"}, ToolContext())


async def test_defaults_are_the_functions_own() -> None:
    assert await add.call({"a": 1}, ToolContext()) == 2  # noqa: PLR2004


async def test_results_become_json() -> None:
    @tool
    async def where() -> Point:
        return Point(1, 2)

    assert await where.call({}, ToolContext()) == {"x": 1, "y": 2}


async def test_a_nested_argument_that_does_not_fit_is_told() -> None:
    @tool
    async def near(point: Point) -> int:
        return point.x

    assert await near.call({"point": {"x": 1, "y": 2}}, ToolContext()) == 1
    with pytest.raises(ToolError, match="argument 'point'"):
        await near.call({"point": {"x": 1}}, ToolContext())


async def test_the_context_cannot_be_forged_by_an_argument() -> None:
    @tool
    async def who(context: ToolContext) -> str:
        return context.run_id

    assert await who.call({"context": {"run_id": "forged"}}, ToolContext(run_id="real")) == "real"


async def test_plain_functions_do_not_block_the_loop() -> None:
    loop_thread = threading.get_ident()
    running = threading.Event()
    go = threading.Event()

    @tool
    def slow() -> bool:
        running.set()
        return go.wait(10) and threading.get_ident() != loop_thread

    call = asyncio.ensure_future(slow.call({}, ToolContext()))
    await asyncio.to_thread(running.wait, 10)
    go.set()
    assert await call is True


def test_a_tool_of_a_bound_method() -> None:
    class Shop:
        def price(self, item: str) -> float:
            """Tell a price."""
            return float(len(item))

    made = FunctionTool.of(Shop().price, id="shop.price", timeout=None)
    assert made.spec.id == "shop.price"
    assert list(made.spec.input_schema["properties"]) == ["item"]


def test_a_tool_with_an_impossible_hint() -> None:
    def bad(a: complex) -> None: ...

    with pytest.raises(SchemaError, match="bad: parameter 'a'"):
        tool(bad)


# --- the other kinds


async def test_steps() -> None:
    @step
    def double(value: Any) -> Any:
        return {"doubled": value * 2}

    @step
    async def told(value: Any, run: RunInfo) -> Any:
        return (value, run.agent)

    assert isinstance(double, PROTOCOLS["step"])
    assert await double.run(2, RunInfo()) == {"doubled": 4}
    assert await told.run(1, RunInfo(agent="a")) == [1, "a"]


async def test_processors() -> None:
    @processor("output")
    async def shout(value: Any, _: RunInfo) -> Any:
        return value.upper()

    @processor()
    def anything(value: Any, _: RunInfo) -> Any:
        return value

    assert isinstance(shout, PROTOCOLS["processor"])
    assert (shout.phases, anything.phases) == (frozenset({"output"}), frozenset(PHASES))
    assert await shout.process("output", "hi", RunInfo()) == "HI"
    assert await anything.process("input", (Message.user("x"),), RunInfo()) == (Message.user("x"),)


async def test_routes() -> None:
    @route
    def json_of(request: HttpRequest) -> Any:
        return Point(len(request.body), 0)

    @route
    async def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<p>", 201, "text/html")

    assert isinstance(page, PROTOCOLS["route"])
    assert (await json_of.handle(HttpRequest("GET", "/", body=b"abc"))).body == {"x": 3, "y": 0}
    assert (await page.handle(HttpRequest("GET", "/"))).status == 201  # noqa: PLR2004


async def test_panels() -> None:
    view = PanelView("Title", [PanelBlock("table", "T", columns=["a"], rows=[[1]])], refresh=2.0)

    @panel
    async def good(context: PluginContext) -> PanelView:
        return view

    @panel
    def bad(context: PluginContext) -> Any:
        return {"title": "x"}

    assert isinstance(good, PROTOCOLS["panel"])
    assert (await good.view(PluginContext("p"))).to_json() == {
        "title": "Title",
        "blocks": [{"kind": "table", "title": "T", "value": None, "columns": ["a"], "rows": [[1]]}],
        "refresh": 2.0,
    }
    with pytest.raises(TypeError, match="bad must return a PanelView, not dict"):
        await bad.view(PluginContext("p"))


@pytest.mark.parametrize(
    ("mark", "kind"),
    [(provider, "provider"), (storage, "storage"), (monitor, "monitor"), (command, "command"), (auth, "auth")],
)
def test_classes_are_marked(mark: Any, kind: str) -> None:
    methods = [n for n in dir(PROTOCOLS[kind]) if not n.startswith("_")]
    whole = type("Whole", (), {m: lambda self: None for m in methods})
    assert getattr(mark("demo.it")(whole), MARK) == Mark(kind, "demo.it")
    assert isinstance(whole(), PROTOCOLS[kind])
    for missing in methods:
        broken = type("Broken", (), {m: lambda self: None for m in methods if m != missing})
        with pytest.raises(TypeError, match=f"Broken is no {kind}: it lacks {missing}$"):
            mark("demo.it")(broken)

"""The plugin as a host meets it: every contribution passes the conformance tests of its kind."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lumosai_moon import hooks, panel, route, step, tool
from lumosai_moon.command import Moon
from lumosai_moon.processor import Gentle
from lumosai_sdk import BlockedError, HttpRequest, Phase, PluginContext, RunInfo, ToolContext, ToolError
from lumosai_sdk.testing.conformance.command import CommandConformance
from lumosai_sdk.testing.conformance.panel import PanelConformance
from lumosai_sdk.testing.conformance.processor import ProcessorConformance
from lumosai_sdk.testing.conformance.route import RouteConformance
from lumosai_sdk.testing.conformance.step import StepConformance
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.types.events import RunCompleted, RunStarted

CONTEXT = PluginContext("moon", settings={"longest_answer": 20_000})


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_moon") == []


class TestTool(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tool.phase

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"date": "2026-11-24"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"date": "soon"}, {"date": "0001-01-01"}, {"date": "9" * 10_000}]


class TestStep(StepConformance):
    @pytest.fixture
    def step(self) -> Any:
        return step.annotate

    @pytest.fixture
    def value(self) -> Any:
        return {"date": "2026-11-24", "guests": ["Ada", "Alan"]}

    @pytest.fixture
    def refused_values(self) -> Sequence[Any]:
        return [None, 1, [], "2026-11-24", {"date": "soon"}, {"date": {}}]


class TestProcessor(ProcessorConformance):
    @pytest.fixture
    def processor(self) -> Any:
        return Gentle(CONTEXT)

    @pytest.fixture
    def blocked(self) -> Sequence[tuple[Phase, Any]]:
        return [("output", "x" * 20_001)]


class TestRoute(RouteConformance):
    @pytest.fixture
    def route(self) -> Any:
        return route.phase

    @pytest.fixture
    def request_(self) -> HttpRequest:
        return HttpRequest("GET", "/phase", query={"date": "2026-11-24"})


class TestCommand(CommandConformance):
    @pytest.fixture
    def command(self) -> Any:
        return Moon(CONTEXT)

    @pytest.fixture
    def arguments(self) -> Sequence[str]:
        return ["--date", "2026-11-24"]

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Sequence[str]]:
        return [["--date", "soon"], ["--date"], ["--nonsense"]]


class TestPanel(PanelConformance):
    @pytest.fixture
    def panel(self) -> Any:
        return panel.tonight


async def test_the_tool_answers() -> None:
    answer = await tool.phase.call({"date": "2026-11-24"}, ToolContext())
    assert answer["phase"] == "Full moon"
    assert answer["illumination_percent"] == pytest.approx(100, abs=0.2)


async def test_the_tool_tells_the_model_what_is_wrong() -> None:
    with pytest.raises(ToolError, match="YYYY-MM-DD"):
        await tool.phase.call({"date": "next week"}, ToolContext())


async def test_the_step_keeps_what_it_was_given() -> None:
    out = await step.annotate.run({"date": "2026-11-09", "guests": 3}, RunInfo())
    assert out["guests"] == 3
    assert out["moon"]["phase"] == "New moon"


async def test_the_route_answers_with_a_problem() -> None:
    response = await route.phase.handle(HttpRequest("GET", "/phase", query={"date": "soon"}))
    assert (response.status, response.media_type) == (400, "application/problem+json")
    assert "soon" in response.body["detail"]


async def test_the_owner_chooses_how_gentle() -> None:
    strict = Gentle(PluginContext("moon", settings={"longest_answer": 5}))
    assert await strict.process("output", "short", RunInfo()) == "short"
    with pytest.raises(BlockedError, match="longest_answer"):
        await strict.process("output", "longer", RunInfo(agent="poet"))


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_prints(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    moon = Moon(CONTEXT)
    moon.add_arguments(parser)
    arguments = parser.parse_args(["--date", "2026-11-24", *(["--json"] if as_json else [])])
    assert moon.run(arguments, CONTEXT) == 0
    out = capsys.readouterr().out
    assert "Full moon" in out
    assert not as_json or json.loads(out)["date"] == "2026-11-24"


async def test_the_hook_counts_for_the_panel() -> None:
    before = hooks.completed.count
    hooks.lumos_on_event(RunStarted())
    hooks.lumos_on_event(RunCompleted())
    view = await panel.tonight.view(CONTEXT)
    assert [b.value for b in view.blocks if b.kind == "metric"] == [before + 1]

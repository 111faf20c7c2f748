"""Processors that want a person's leave for a call, or another answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai_sdk import ToolCall
from lumosai_sdk.errors import AnswerRefusedError, BlockedError, NeedsApprovalError, OutputInvalidError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.runs import Decision

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel


class Guard:
    """Does at one phase what it is told."""

    def __init__(self, phase: str, do: Callable[[Any], Any]) -> None:
        self.phases = frozenset({phase})
        self._do = do

    async def process(self, phase: Any, value: Any, context: Any) -> Any:
        return self._do(value)


def wants_leave(call: ToolCall) -> ToolCall:
    if "b" in call.arguments:
        raise NeedsApprovalError("disk b is not yours")
    return call


wiped: list[str] = []


async def wipe(disk: str) -> str:
    """Wipe a disk."""
    wiped.append(disk)
    return f"wiped {disk}"


AGENT = Agent("a", model="test/m", tools=[wipe], processors=["g.leave"])
CALLS = (ToolCall("1", "wipe", '{"disk": "a"}'), ToolCall("2", "wipe", '{"disk": "b"}'))


@pytest.mark.parametrize(("approve", "then"), [(True, ["a", "b"]), (False, ["a"])])
async def test_a_call_waits_for_leave_with_the_reason(
    lumos_host: OpenHost, scripted_model: ScriptedModel, approve: bool, then: list[str]
) -> None:
    wiped.clear()
    scripted_model.script([CALLS, "done"])
    async with lumos_host(agents=[AGENT]) as host:
        contribute(host, "processor", "g.leave", Guard("tool_call", wants_leave))
        run = await host.run("a", "wipe")
        assert (run.status, wiped) == ("suspended", ["a"])
        assert [(p.call_id, p.kind, p.question) for p in run.pending] == [("2", "approval", "disk b is not yours")]
        result = await host.resume(run.run_id, {"2": Decision(approve)})
        assert (result.text, wiped) == ("done", then)


async def test_leave_for_one_call_is_none_for_a_later_one_of_its_id(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    wiped.clear()
    again = ToolCall("2", "wipe", '{"disk": "bb"}')
    scripted_model.script([CALLS[1], again, "done"])
    async with lumos_host(agents=[AGENT]) as host:
        contribute(host, "processor", "g.leave", Guard("tool_call", wants_leave))
        run = await host.run("a", "wipe")
        run = await host.resume(run.run_id, {"2": Decision()})
        assert (run.status, wiped) == ("suspended", ["b"])


async def test_those_that_follow_look_at_the_call_too(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    def blocks(call: ToolCall) -> ToolCall:
        raise BlockedError("no")

    scripted_model.script([CALLS, "done"])
    agent = Agent("a", model="test/m", tools=[wipe], processors=["g.leave", "g.block"])
    async with lumos_host(agents=[agent]) as host:
        contribute(host, "processor", "g.leave", Guard("tool_call", wants_leave))
        contribute(host, "processor", "g.block", Guard("tool_call", blocks))
        with pytest.raises(BlockedError):
            await host.run("a", "wipe")


async def test_elsewhere_it_refuses(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    def wants(value: Any) -> Any:
        raise NeedsApprovalError("of what?")

    scripted_model.script("hello")
    for phase in ("input", "model_request", "output"):
        async with lumos_host(agents=[Agent("a", model="test/m", processors=["g.p"])]) as host:
            contribute(host, "processor", "g.p", Guard(phase, wants))
            with pytest.raises(BlockedError):
                await host.run("a", "hi")


async def test_a_model_is_told_why_and_answers_again(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    def polite(text: str) -> str:
        if "please" not in text:
            raise AnswerRefusedError("say please")
        return text

    scripted_model.script(["Go away.", "Go away, please."])
    agent = Agent("a", model="test/m", processors=["g.polite"])
    async with lumos_host(agents=[agent]) as host:
        contribute(host, "processor", "g.polite", Guard("output", polite))
        result = await host.run("a", "hi")
        assert result.text == "Go away, please."
        told = scripted_model.last.messages[-1]
        assert (told.role, told.text) == ("user", "That answer was refused:\n- say please\nAnswer again.")
        scripted_model.script("Never.")
        with pytest.raises(OutputInvalidError, match="is refused after 2 repairs: say please"):
            await host.run("a", "hi")

"""`ask.person` as an agent has it: answered at once, or by resuming the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai import Agent
from lumosai_sdk import Decision, ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

PAINTER = Agent("painter", model="test/any", tools=["ask.person"])
ASK = ToolCall("c1", "ask_person", '{"question": "Which colour?"}')


async def test_somebody_is_there(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    async def answer(pending: Any) -> Decision:
        return Decision(answer=f"{pending.question} Blue.")

    scripted_model.script([ASK, "Painted"])
    async with lumos_host(agents=[PAINTER]) as host:
        assert (await host.run("painter", "Paint", on_pending=answer)).text == "Painted"
    assert scripted_model.last.messages[-1].text == "Which colour? Blue."


async def test_nobody_is_there_and_the_run_waits(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ASK, "Painted"])
    async with lumos_host(agents=[PAINTER]) as host:
        run = await host.run("painter", "Paint")
        assert (run.status, run.pending[0].question) == ("suspended", "Which colour?")
        done = await host.resume(run.run_id, {"c1": Decision(answer="Red")})
    assert done.text == "Painted"
    assert scripted_model.last.messages[-1].text == "Red"

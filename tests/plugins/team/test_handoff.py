"""Conversations that are handed over: who answers, what it sees, within which limits, and on the thread after that."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs.handing import MOST
from lumosai.runs.handovers import HOLDERS
from lumosai.runs.state import TRAIL
from lumosai_sdk import Principal, ToolCall
from lumosai_sdk.errors import BlockedError, LimitExceededError
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import Allowance
from lumosai_sdk.types.events import Event, RunHandedOver
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.processors import Phase, RunInfo
from lumosai_sdk.types.runs import Decision, Limits
from lumosai_sdk.types.storage import RunFilter

refunded: list[str] = []


def refund(order: str) -> str:
    """Pay an order back."""
    refunded.append(order)
    return f"refunded {order}"


def to(agent: str, call: str = "1", **arguments: str) -> ToolCall:
    return ToolCall(call, f"team_handoff_to_{agent}", json.dumps(arguments))


TRIAGE = Agent("triage", model="test/triage", instructions="Sort.", tools=["team.handoff_to_*"])
BILLING = Agent("billing", model="test/billing", instructions="Bill.", description="Knows invoices", tools=[refund])


def team(*handoffs: str, **more: Any) -> dict[str, Any]:
    return {"team": {"settings": {"handoffs": handoffs or ("billing",), **more}}}


def script(**replies: Any) -> ScriptedModel:
    """Return a model that answers as each agent's own list says, in order."""
    left = {name: list(answers) for name, answers in replies.items()}

    def answer(request: ModelRequest) -> Any:
        found = left[request.model]
        return found.pop(0) if len(found) > 1 else found[0]

    return ScriptedModel(answer)


async def test_the_other_agent_answers_in_the_same_run(tmp_path: Path) -> None:
    refunded.clear()
    pay = ToolCall("2", "refund", '{"order": "7"}')
    model = script(triage=[to("billing", reason="order 7")], billing=[pay, "It is paid back."])
    async with open_host(tmp_path, model, agents=[TRIAGE, BILLING], plugins=team()) as host:
        seen: list[Event] = []
        host.bus.listen(seen.append)
        result = await host.run("triage", "Pay me back")
        assert (result.agent, result.text, refunded) == ("triage", "It is paid back.", ["7"])
        (record,) = await host.storage.list_runs(RunFilter())
        assert (record.agent, record.metadata[TRAIL]) == ("triage", ["triage", "billing"])
        assert [(e.agent, e.to) for e in seen if isinstance(e, RunHandedOver)] == [("triage", "billing")]
        first, second, _ = model.requests
        assert [t.id for t in first.tools] == ["team_handoff_to_billing"]
        assert "Knows invoices" in first.tools[0].description
        assert (second.messages[0].text, [t.id for t in second.tools]) == ("Bill.", ["refund"])
        assert [m.role for m in second.messages] == ["system", "user", "assistant", "tool"]
        assert second.messages[-1].text == "billing goes on with the conversation: order 7"


async def test_later_messages_go_to_the_agent_that_has_the_conversation(tmp_path: Path) -> None:
    model = script(triage=[to("billing")], billing=["Which order?", "Paid."])
    async with open_host(tmp_path, model, agents=[TRIAGE, BILLING], plugins=team()) as host:
        await host.run("triage", "Pay me back", thread="t")
        second = await host.run("triage", "Order 7", thread="t")
        assert (second.text, [r.model for r in model.requests]) == ("Paid.", ["triage", "billing", "billing"])
        thread = await host.storage.get_thread("t")
        assert thread is not None
        assert thread.metadata[HOLDERS] == {"triage": "billing"}
        assert model.requests[-1].messages[1].text == "Pay me back"
        # Another thread begins with whom it asks.
        model.script("Hello.")
        assert (await host.run("triage", "Hi", thread="other")).text == "Hello."
        assert model.requests[-1].model == "triage"


async def test_it_may_be_given_back(tmp_path: Path) -> None:
    billing = Agent("billing", model="test/billing", tools=["team.handoff_to_triage"])
    model = script(triage=[to("billing"), "Back with me.", "Still me."], billing=[to("triage", "2")])
    async with open_host(tmp_path, model, agents=[TRIAGE, billing], plugins=team("billing", "triage")) as host:
        assert (await host.run("triage", "Hi", thread="t")).text == "Back with me."
        assert (await host.run("triage", "Hi", thread="t")).text == "Still me."
        assert HOLDERS not in (await host.storage.get_thread("t")).metadata


async def test_threads_may_begin_anew_with_whom_they_ask(tmp_path: Path) -> None:
    model = script(triage=[to("billing"), "Me again."], billing=["Which order?"])
    async with open_host(tmp_path, model, agents=[TRIAGE, BILLING], plugins=team(keep_handoffs=False)) as host:
        await host.run("triage", "Pay me back", thread="t")
        assert (await host.run("triage", "Hello", thread="t")).text == "Me again."


async def test_two_that_send_each_other_on_come_to_an_end(tmp_path: Path) -> None:
    billing = Agent("billing", model="test/billing", tools=["team.handoff_to_triage"])

    def answer(request: ModelRequest) -> Any:
        last = request.messages[-1]
        if last.text.startswith("Error"):
            return last.text
        return to("billing" if request.model == "triage" else "triage", str(len(request.messages)))

    plugins = team("billing", "triage")
    async with open_host(tmp_path, ScriptedModel(answer), agents=[TRIAGE, billing], plugins=plugins) as host:
        result = await host.run("triage", "Hi", limits=Limits(steps=16))
        assert f"handed over {MOST} times" in result.text


async def test_limits_are_the_narrower_of_both(tmp_path: Path) -> None:
    tight = Agent("billing", model="test/billing", tools=[refund], limits=Limits(steps=2))
    model = script(triage=[to("billing")], billing=[ToolCall("2", "refund", '{"order": "7"}')])
    async with open_host(tmp_path, model, agents=[TRIAGE, tight], plugins=team()) as host:
        with pytest.raises(LimitExceededError, match="steps"):
            await host.run("triage", "Pay me back")


async def test_who_may_not_ask_an_agent_is_not_handed_over_to_it(tmp_path: Path) -> None:
    model = script(triage=[to("billing"), "I stay."], billing=["Never."])
    async with open_host(tmp_path, model, agents=[TRIAGE, BILLING], plugins=team()) as host:
        named = Allowance(models=("triage", "test/*"))
        eve = Principal("eve", scopes=frozenset({"agent.run", "tool.call"}), allowance=named)
        assert (await host.run("triage", "Hi", principal=eve, thread="t")).text == "I stay."
    model = script(triage=[to("nobody"), "I stay."])
    triage = Agent("triage", model="test/triage", tools=["team.handoff_to_nobody"])
    async with open_host(tmp_path, model, agents=[triage], plugins=team("nobody")) as host:
        result = await host.run("triage", "Hi")
        assert result.text == "I stay."
        assert "no agent 'nobody'" in result.messages[2].text


async def test_a_run_that_waits_goes_on_as_the_agent_that_had_it(tmp_path: Path) -> None:
    refunded.clear()
    careful = Agent("billing", model="test/billing", tools=[refund], approve=["refund"])
    storage = {"use": "sqlite"}
    pay = ToolCall("2", "refund", '{"order": "7"}')
    model = script(triage=[to("billing")], billing=[pay])
    async with open_host(tmp_path, model, agents=[TRIAGE, careful], plugins=team(), storage=storage) as host:
        run = await host.run("triage", "Pay me back", thread="t")
        assert (run.status, run.agent, run.pending[0].tool) == ("suspended", "triage", "refund")
    model = script(triage=["Wrong one."], billing=["Paid."])
    async with open_host(tmp_path, model, agents=[TRIAGE, careful], plugins=team(), storage=storage) as host:
        result = await host.resume(run.run_id, {"2": Decision()})
        assert (result.text, refunded) == ("Paid.", ["7"])
        assert (await host.runs.get(run.run_id)).metadata[TRAIL] == ["triage", "billing"]


async def test_what_waits_beside_a_handoff_comes_first(tmp_path: Path) -> None:
    """A handoff and a call that needs leave, in one step: the other agent goes on when the call is decided."""
    refunded.clear()
    triage = Agent("triage", model="test/triage", tools=["team.handoff_to_*", refund], approve=["refund"])
    model = script(triage=[(to("billing"), ToolCall("2", "refund", '{"order": "7"}'))], billing=["All done."])
    async with open_host(tmp_path, model, agents=[triage, BILLING], plugins=team()) as host:
        run = await host.run("triage", "Pay me back")
        assert run.status == "suspended"
        result = await host.resume(run.run_id, {"2": Decision(approve=False)})
        assert (result.text, refunded) == ("All done.", [])


async def test_one_step_hands_over_to_one(tmp_path: Path) -> None:
    support = Agent("support", model="test/support")
    model = script(triage=[(to("billing"), to("support", "2"))], billing=["Mine."], support=["No, mine."])
    agents = [TRIAGE, BILLING, support]
    async with open_host(tmp_path, model, agents=agents, plugins=team("billing", "support")) as host:
        result = await host.run("triage", "Hi")
        assert result.text in {"Mine.", "No, mine."}
        assert sum("already" in m.text for m in result.messages) == 1


class Strict:
    """Lets no word through."""

    phases: frozenset[Phase] = frozenset({"input"})

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        if any("secret" in m.text for m in value if isinstance(m, Message)):
            raise BlockedError("not here")
        return value


async def test_the_new_agents_guardrails_see_the_input_too(tmp_path: Path) -> None:
    guarded = Agent("billing", model="test/billing", processors=["test.strict"])
    model = script(triage=[to("billing")], billing=["Hello."])
    async with open_host(tmp_path, model, agents=[TRIAGE, guarded], plugins=team()) as host:
        contribute(host, "processor", "test.strict", Strict())
        assert (await host.run("triage", "Hi")).text == "Hello."
        with pytest.raises(BlockedError):
            await host.run("triage", "the secret")


async def test_the_whole_is_cancelled_at_once(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def answer(request: ModelRequest) -> Any:
        if request.model == "triage":
            return to("billing")
        asked.set()
        await asyncio.sleep(60)
        return ""

    async with open_host(tmp_path, ScriptedModel(answer), agents=[TRIAGE, BILLING], plugins=team()) as host:
        running = asyncio.create_task(host.run("triage", "Hi"))
        await asyncio.wait_for(asked.wait(), 5)
        (record,) = await host.storage.list_runs(RunFilter())
        await host.cancel(record.id)
        await asyncio.wait([running], timeout=5)
        assert (await host.runs.get(record.id)).status == "cancelled"

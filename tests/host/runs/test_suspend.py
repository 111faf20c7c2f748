from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import Decision, Limits, Message, Pending, Principal, ToolCall, ToolContext, ToolError, tool
from lumosai_sdk.errors import ConflictError, InputError, LimitExceededError, NotFoundError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest

YES, NO = Decision(), Decision(approve=False, reason="too dear")


class Shop:
    """Tools that leave a trace."""

    def __init__(self) -> None:
        self.bought: list[str] = []
        self.asked: list[str] = []
        self.buy = self._make_buy()
        self.choose = self._make_choose()

    def _make_buy(self) -> Any:
        @tool(approval="always")
        async def buy(what: str) -> str:
            """Buy something."""
            self.bought.append(what)
            return f"bought {what}"

        return buy

    def _make_choose(self) -> Any:
        @tool
        async def choose(context: ToolContext) -> str:
            """Ask the person."""
            self.asked.append(context.call_id)
            return f"chose {await context.ask('Which colour?')}"

        return choose


@pytest.fixture
def shop() -> Shop:
    return Shop()


def agent(shop: Shop, **more: Any) -> Agent:
    return Agent("a", model="test/m", tools=[shop.buy, shop.choose], **more)


def buy(what: str, id: str = "c1") -> ToolCall:  # noqa: A002
    return ToolCall(id, "buy", f'{{"what": "{what}"}}')


CHOOSE = ToolCall("q1", "choose", "{}")


async def test_a_call_that_needs_leave_suspends_the_run(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop, seen: Any
) -> None:
    scripted_model.script([buy("tea"), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        events = seen(host)
        waiting = await host.run("a", "tea please")
        assert waiting.status == "suspended"
        assert waiting.pending == (Pending("c1", "buy", {"what": "tea"}),)
        assert shop.bought == []
        assert events[-1].type == "run.suspended"
        assert (await host.runs.get(waiting.run_id)).status == "suspended"
        done = await host.resume(waiting.run_id, {"c1": YES})
        assert (done.status, done.text, done.run_id) == ("completed", "enjoy", waiting.run_id)
        assert (shop.bought, done.steps) == (["tea"], 2)
        assert [m.role for m in done.messages] == ["user", "assistant", "tool", "assistant"]
        mine = [e for e in events if e.run_id == done.run_id]
        assert [e.seq for e in mine] == list(range(1, len(mine) + 1))
        assert "run.resumed" in [e.type for e in mine]


async def test_a_no_is_told_to_the_model_with_its_reason(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([buy("tea"), "then not"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "tea please")
        done = await host.resume(waiting.run_id, {"c1": NO})
        assert done.text == "then not"
        assert scripted_model.last.messages[-1].text == "Error: the person declined this call: too dear"
        assert shop.bought == []


@pytest.mark.parametrize("answer", ["", "no", "yes"])
async def test_a_no_with_an_answer_is_a_no(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop, answer: str
) -> None:
    scripted_model.script([buy("tea"), "then not"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "tea please")
        await host.resume(waiting.run_id, {"c1": Decision(approve=False, answer=answer)})
        assert shop.bought == []


async def test_a_decision_is_not_spent_on_a_later_call_of_the_same_id(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([buy("tea"), buy("a car")])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "tea please")
        again = await host.resume(waiting.run_id, {"c1": YES})
        assert again.status == "suspended"
        assert again.pending[0].arguments == {"what": "a car"}
        assert shop.bought == ["tea"]


async def test_two_calls_of_one_id_need_two_decisions(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([(buy("tea", "x"), buy("a car", "x")), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "tea please")
        tea, car = waiting.pending
        assert tea.call_id != car.call_id
        rest = await host.resume(waiting.run_id, {tea.call_id: YES})
        assert (rest.status, rest.pending) == ("suspended", (car,))
        assert shop.bought == ["tea"]
        assert (await host.resume(waiting.run_id, {car.call_id: NO})).text == "enjoy"
        assert shop.bought == ["tea"]


async def test_globs_of_the_agent_ask_for_leave_too(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([CHOOSE, "ok"])
    async with lumos_host(agents=[agent(shop, approve=["ch*"])]) as host:
        waiting = await host.run("a", "?")
        assert [p.kind for p in waiting.pending] == ["approval"]
        asks = await host.resume(waiting.run_id, {"q1": YES})
        assert [(p.kind, p.question) for p in asks.pending] == [("question", "Which colour?")]
        done = await host.resume(waiting.run_id, {"q1": Decision(answer="red")})
        assert done.messages[-2].text == "chose red"


async def test_what_does_not_fit_its_schema_is_not_put_to_a_person(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([ToolCall("c1", "buy", '{"what": 3}'), "sorry"])
    async with lumos_host(agents=[agent(shop)]) as host:
        assert (await host.run("a", "?")).status == "completed"


async def test_a_question_suspends_and_its_answer_resumes(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([CHOOSE, "done"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        assert waiting.pending == (Pending("q1", "choose", {}, "question", "Which colour?"),)
        with pytest.raises(InputError, match=r"'q1' waits for an answer to: Which colour\?"):
            await host.resume(waiting.run_id, {"q1": YES})
        done = await host.resume(waiting.run_id, {"q1": Decision(answer="blue")})
        assert done.messages[-2].text == "chose blue"
        assert shop.asked == ["q1"] * 2


async def test_a_question_can_be_declined(lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop) -> None:
    scripted_model.script([CHOOSE, "fine"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        done = await host.resume(waiting.run_id, {"q1": NO})
        assert done.status == "completed"
        assert "declined" in scripted_model.last.messages[-1].text


async def test_a_question_is_not_swallowed_by_a_careless_tool(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    async def careless(context: ToolContext) -> str:
        try:
            return await context.ask("sure?")
        except Exception:  # noqa: BLE001 - what careless tools do
            return "swallowed"

    scripted_model.script([ToolCall("c", "careless", "{}"), "ok"])
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[careless])]) as host:
        assert (await host.run("a", "?")).status == "suspended"


async def test_one_of_two_decided_leaves_the_other_waiting(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([(buy("tea", "c1"), CHOOSE, buy("cake", "c2")), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        assert [p.call_id for p in waiting.pending] == ["c1", "q1", "c2"]
        half = await host.resume(waiting.run_id, {"c2": YES, "q1": Decision(answer="red")})
        assert (half.status, [p.call_id for p in half.pending]) == ("suspended", ["c1"])
        assert shop.bought == ["cake"]
        nothing = await host.resume(waiting.run_id, {})
        assert [p.call_id for p in nothing.pending] == ["c1"]
        done = await host.resume(waiting.run_id, {"c1": YES})
        assert (done.text, shop.bought) == ("enjoy", ["cake", "tea"])
        answered = {m.tool_call_id for m in scripted_model.last.messages if m.role == "tool"}
        assert answered == {"c1", "q1", "c2"}


async def test_a_run_is_resumed_by_another_host_over_the_same_file(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script(buy("tea"))
    sqlite = {"use": "sqlite"}
    async with lumos_host(agents=[agent(shop)], storage=sqlite) as host:
        waiting = await host.run("a", "tea please", thread="t1", metadata={"order": 7})
    scripted_model.script("enjoy")
    async with lumos_host(agents=[agent(shop)], storage=sqlite) as host:
        record = await host.runs.get(waiting.run_id)
        assert (record.status, record.pending) == ("suspended", waiting.pending)
        events = [e async for e in host.runs.stream_resume(waiting.run_id, {"c1": YES})]
        assert events[0].type == "run.resumed"
        assert events[-1].to_json()["text"] == "enjoy"
        stored = await host.storage.events(waiting.run_id)
        seqs = [e["seq"] for e in stored]
        assert seqs == sorted(set(seqs))
        assert [m.role for m in await host.storage.messages("t1")] == ["user", "assistant", "tool", "assistant"]
        assert (await host.runs.get(waiting.run_id)).metadata == {"order": 7}
    assert shop.bought == ["tea"]


async def test_what_was_asked_for_with_the_request_holds_after_resuming(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    schema = {"type": "object", "required": ["ok"]}
    scripted_model.script([buy("tea"), '{"ok": true}'])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?", output=schema)
        done = await host.resume(waiting.run_id, {"c1": YES})
        assert done.output == {"ok": True}
        scripted_model.script([buy("tea"), "too late"])
        waiting = await host.run("a", "?", limits=Limits(steps=1))
        with pytest.raises(LimitExceededError, match="its limit of 1 steps"):
            await host.resume(waiting.run_id, {"c1": YES})


@pytest.mark.parametrize(
    ("of", "by", "scopes"),
    [
        ({"tool.call"}, {"*"}, {"tool.call"}),
        ({"*"}, {"tool.call"}, {"tool.call"}),
        ({"tool.call", "a"}, {"tool.call", "b"}, {"tool.call"}),
        ({"*"}, {"*"}, {"*"}),
    ],
)
async def test_a_resumed_run_stays_its_owners_with_the_rights_both_have(
    lumos_host: OpenHost, scripted_model: ScriptedModel, of: set[str], by: set[str], scopes: set[str]
) -> None:
    principals: list[Principal] = []

    @tool(approval="always")
    async def look(context: ToolContext) -> None:
        principals.append(context.principal)

    scripted_model.script([ToolCall("c1", "look", "{}"), "ok"])
    owner = Principal("ann", "acme", frozenset(of))
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[look])]) as host:
        waiting = await host.run("a", "?", principal=owner)
        await host.runs.resume(waiting.run_id, {"c1": YES}, None, Principal("ann", "acme", frozenset(by)))
        assert principals == [Principal("ann", "acme", frozenset(scopes))]
        assert (await host.runs.get(waiting.run_id)).owner == "acme/ann"


async def test_nobody_resumes_anothers_run(lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop) -> None:
    scripted_model.script([buy("tea"), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?", principal=Principal("ann", "acme", frozenset({"tool.call"})))
        for stranger in (Principal("eve", "acme"), Principal("ann", "other"), Principal("acme/ann", "")):
            with pytest.raises(NotFoundError):
                await host.runs.resume(waiting.run_id, {"c1": YES}, None, stranger)
        assert shop.bought == []


async def test_resuming_twice_at_once_acts_once(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    for use in ("memory", "sqlite"):
        shop.bought.clear()
        scripted_model.script([buy("tea"), "enjoy"])
        async with lumos_host(agents=[agent(shop)], storage={"use": use}) as host:
            waiting = await host.run("a", "?")
            attempts = (host.resume(waiting.run_id, {"c1": YES}) for _ in range(5))
            outcomes = await asyncio.gather(*attempts, return_exceptions=True)
            assert sorted(type(o).__name__ for o in outcomes) == ["ConflictError"] * 4 + ["RunResult"]
            assert shop.bought == ["tea"]
            with pytest.raises(ConflictError, match="is completed, not suspended"):
                await host.resume(waiting.run_id, {"c1": YES})


async def test_decisions_about_nothing_are_refused(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([buy("tea"), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        with pytest.raises(InputError, match="does not wait for 'zz'; it waits for: c1"):
            await host.resume(waiting.run_id, {"c1": YES, "zz": YES})
        with pytest.raises(NotFoundError):
            await host.resume("run_none", {})
        assert shop.bought == []
        assert (await host.resume(waiting.run_id, {"c1": YES})).text == "enjoy"


async def test_a_suspended_run_can_be_cancelled(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    scripted_model.script([buy("tea"), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        await host.cancel(waiting.run_id)
        record = await host.runs.get(waiting.run_id)
        assert (record.status, record.pending) == ("cancelled", ())
        kept = await host.storage.events(waiting.run_id)
        assert [e["type"] for e in kept[-2:]] == ["run.suspended", "run.cancelled"]
        assert [e["seq"] for e in kept] == list(range(1, len(kept) + 1))
        with pytest.raises(ConflictError, match="is cancelled, not suspended"):
            await host.resume(waiting.run_id, {"c1": YES})


async def test_an_agent_that_is_gone_is_named(lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop) -> None:
    scripted_model.script([buy("tea"), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?")
        del host.agents["a"]
        with pytest.raises(NotFoundError, match="no agent 'a'"):
            await host.resume(waiting.run_id, {"c1": YES})
        host.add(agent(shop))
        assert (await host.resume(waiting.run_id, {"c1": YES})).text == "enjoy"


# --- decided at once


async def test_a_person_at_hand_decides_at_once(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    asked: list[Pending] = []

    async def decide(pending: Pending) -> Decision | None:
        asked.append(pending)
        if pending.kind == "question":
            return Decision(answer="green")
        return YES if pending.arguments["what"] == "tea" else NO

    scripted_model.script([(buy("tea", "1"), buy("a car", "2"), CHOOSE), "enjoy"])
    async with lumos_host(agents=[agent(shop)]) as host:
        result = await host.run("a", "?", on_pending=decide)
        assert (result.status, shop.bought) == ("completed", ["tea"])
        told = [m.text for m in result.messages if m.role == "tool"]
        assert told == ["bought tea", "Error: the person declined this call: too dear", "chose green"]
        assert [p.kind for p in asked] == ["approval", "approval", "question"]


@pytest.mark.parametrize("decision", [Decision(approve=False), Decision(answer=None)])
async def test_a_person_who_does_not_answer(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop, decision: Decision
) -> None:
    async def decide(pending: Pending) -> Decision:
        return decision

    scripted_model.script([CHOOSE, "ok"])
    async with lumos_host(agents=[agent(shop)]) as host:
        result = await host.run("a", "?", on_pending=decide)
        assert result.messages[-2].text == "Error: the person did not answer"


async def test_a_person_who_puts_it_off_suspends_the_run(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    async def later(pending: Pending) -> None:
        return None

    scripted_model.script([(buy("tea"), CHOOSE), "ok"])
    async with lumos_host(agents=[agent(shop)]) as host:
        waiting = await host.run("a", "?", on_pending=later)
        assert [p.call_id for p in waiting.pending] == ["c1", "q1"]
        events = [e async for e in host.runs.stream_resume(waiting.run_id, {}, later)]
        assert events[-1].type == "run.suspended"


async def test_seconds_of_waiting_for_a_person_count_in_the_run(
    lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop
) -> None:
    async def never(pending: Pending) -> None:
        await asyncio.Event().wait()

    scripted_model.script(buy("tea"))
    async with lumos_host(agents=[agent(shop)], limits={"seconds": 0.05}) as host:
        with pytest.raises(LimitExceededError):
            await host.run("a", "?", on_pending=never)


async def test_usage_and_steps_go_on_counting(lumos_host: OpenHost, scripted_model: ScriptedModel, shop: Shop) -> None:
    scripted_model.script([buy("tea"), buy("cake", "c2"), "enjoy"])
    async with lumos_host(agents=[agent(shop)], limits={"steps": 3}) as host:
        one = await host.run("a", "?")
        two = await host.resume(one.run_id, {"c1": YES})
        three = await host.resume(one.run_id, {"c2": YES})
        assert [r.steps for r in (one, two, three)] == [1, 2, 3]
        assert one.usage.total_tokens < two.usage.total_tokens < three.usage.total_tokens


async def test_a_tool_that_fails_after_leave_was_given_is_told(
    lumos_host: OpenHost, scripted_model: ScriptedModel
) -> None:
    @tool(approval="always")
    async def breaks() -> None:
        raise ToolError("sold out")

    def told(request: ModelRequest) -> Any:
        last = request.messages[-1]
        return last.text if last.role == "tool" else ToolCall("c1", "breaks", "{}")

    scripted_model.script(told)
    async with lumos_host(agents=[Agent("a", model="test/m", tools=[breaks])]) as host:
        waiting = await host.run("a", "?")
        done = await host.resume(waiting.run_id, {"c1": YES})
        assert done.messages[-1] == Message.assistant("Error: sold out")

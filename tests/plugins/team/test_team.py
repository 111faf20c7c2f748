"""Agents that ask agents: their runs, their limits, whoever must be asked, and what ends with what."""

# ruff: noqa: PLR2004 - counts say what they are
from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs.children import DEPTH, MAX_DEPTH, PARENT
from lumosai.runs.state import TRAIL
from lumosai_plugins.team.asking import decision
from lumosai_plugins.team.council import voted
from lumosai_sdk import Principal, ToolCall, ToolError
from lumosai_sdk.errors import InputError, LimitExceededError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import Allowance
from lumosai_sdk.types.models import ModelRequest, Usage
from lumosai_sdk.types.runs import Decision, Limits, Pending, RunRequest
from lumosai_sdk.types.storage import RunFilter

wiped: list[str] = []


def wipe(disk: str) -> str:
    """Wipe a disk."""
    wiped.append(disk)
    return f"wiped {disk}"


def ask(agent: str, task: str = "Write a poem", call: str = "1") -> ToolCall:
    return ToolCall(call, f"team_{agent}", json.dumps({"task": task}))


BOSS = Agent("boss", model="test/boss", tools=["team.writer"])
WRITER = Agent("writer", model="test/writer", description="Writes poems", tools=[wipe], approve=["wipe"])
TEAM: dict[str, Any] = {"team": {"settings": {"agents": ["writer", "boss"]}}}


def script(**replies: Any) -> ScriptedModel:
    """Return a model that answers as each agent's own list says, in order."""
    left = {name: list(answers) for name, answers in replies.items()}

    def answer(request: ModelRequest) -> Any:
        found = left[request.model]
        return found.pop(0) if len(found) > 1 else found[0]

    return ScriptedModel(answer)


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.team") == []


async def test_an_agent_is_asked_as_a_tool_and_its_run_is_a_run(tmp_path: Path) -> None:
    model = script(boss=[ask("writer"), "It reads: Roses."], writer=["Roses."])
    async with open_host(tmp_path, model, agents=[BOSS, WRITER], plugins=TEAM) as host:
        result = await host.run("boss", "A poem please", thread="t")
        assert result.text == "It reads: Roses."
        runs = {r.agent: r for r in await host.storage.list_runs(RunFilter())}
        assert runs["writer"].metadata[PARENT] == result.run_id == runs["boss"].id
        assert runs["writer"].thread_id is None, "it sees its task alone"
        assert [m.text for m in model.requests[1].messages] == ["Write a poem"]
        assert model.requests[0].tools[0].description == "Writes poems"
        assert result.usage.total_tokens == runs["boss"].usage.total_tokens > runs["writer"].usage.total_tokens > 0


async def test_one_that_shares_sees_the_conversation(tmp_path: Path) -> None:
    model = script(boss=["Hello.", ask("writer"), "Done."], writer=["Roses."])
    plugins = {"team": {"settings": {"agents": ["writer"], "shared": ["wr*"]}}}
    async with open_host(tmp_path, model, agents=[BOSS, WRITER], plugins=plugins) as host:
        await host.run("boss", "I like blue", thread="t")
        await host.run("boss", "A poem please", thread="t")
        assert [m.text for m in model.requests[2].messages] == ["I like blue", "Hello.", "Write a poem"]


@pytest.mark.parametrize(("answer", "then"), [("yes", ["b"]), ("No!", []), ("rather not", [])])
async def test_what_one_needs_leave_for_is_asked_through_the_other(
    tmp_path: Path, answer: str, then: list[str]
) -> None:
    """Also when the host is another one by then."""
    wiped.clear()
    told = ToolCall("w", "wipe", '{"disk": "b"}')
    stored: dict[str, Any] = {"agents": [BOSS, WRITER], "plugins": TEAM, "storage": {"use": "sqlite"}}
    async with open_host(tmp_path, script(boss=[ask("writer")], writer=[told]), **stored) as host:
        run = await host.run("boss", "Go")
        assert (run.status, wiped) == ("suspended", [])
        [pending] = run.pending
        assert pending.question == 'writer wants to call wipe with {"disk": "b"}. May it? yes or no'
    async with open_host(tmp_path, script(boss=["All done."], writer=["Wiped."]), **stored) as host:
        result = await host.resume(run.run_id, {pending.call_id: Decision(answer=answer)})
        assert (result.text, wiped) == ("All done.", then)
        statuses = {r.agent: r.status for r in await host.storage.list_runs(RunFilter())}
        assert statuses == {"boss": "completed", "writer": "completed"}


def test_leave_is_given_by_a_yes_alone() -> None:
    pending = Pending("1", "wipe")
    assert [decision(pending, a).approve for a in ("Yes.", " ok ", "y", "no", "", "yes please do not", "1")] == [
        True
    ] * 3 + [False] * 4
    assert decision(Pending("1", "ask", kind="question"), "blue") == Decision(answer="blue")


async def test_no_more_is_used_than_is_left(tmp_path: Path) -> None:
    model = script(
        boss=[ask("writer", "word " * 50), ask("writer", call="2"), "Done."], writer=["Roses are red and so on."]
    )
    async with open_host(tmp_path, model, agents=[BOSS, WRITER], plugins=TEAM) as host:
        with pytest.raises(LimitExceededError, match="tokens"):
            await host.run("boss", "Go", limits=Limits(tokens=60))


async def test_agents_that_ask_each_other_end_somewhere(tmp_path: Path) -> None:
    a = Agent("boss", model="test/m", tools=["team.writer"])
    b = Agent("writer", model="test/m", tools=["team.boss"])

    def answer(request: ModelRequest) -> Any:
        last = request.messages[-1]
        return last.text if last.role == "tool" else ToolCall("1", request.tools[0].id, '{"task": "again"}')

    async with open_host(tmp_path, ScriptedModel(answer), agents=[a, b], plugins=TEAM) as host:
        result = await host.run("boss", "Go")
        assert "agents that ask agents" in result.text
        assert len(await host.storage.list_runs(RunFilter())) == MAX_DEPTH + 1


async def test_rights_are_those_of_whoever_asked(tmp_path: Path) -> None:
    """Who may not run the other agent does not have it run, either."""
    model = script(boss=[ask("writer"), "Hm."], writer=["Roses."])
    async with open_host(tmp_path, model, agents=[BOSS, WRITER], plugins=TEAM) as host:
        poor = Principal("eve", scopes=frozenset({"agent.run", "tool.call"}))
        result = await host.run("boss", "Go", principal=poor)
        owners = {r.owner for r in await host.storage.list_runs(RunFilter())}
        assert (result.text, owners) == ("Hm.", {"default/eve"})
        named = Allowance(models=("boss", "test/*"))
        barred = Principal("eve", scopes=frozenset({"agent.run", "tool.call"}), allowance=named)
        model.script([ask("writer"), "Hm."])
        result = await host.run("boss", "Go", principal=barred)
        assert "'eve' may not use 'writer'" in result.messages[2].text


class Slow:
    """A model that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, request: ModelRequest) -> str:
        self.asked.set()
        await self.go.wait()
        return "late"


def slow_script(slow: Slow) -> ScriptedModel:
    async def answer(request: ModelRequest) -> Any:
        if request.model == "writer":
            return await slow(request)
        return request.messages[-1].text if request.messages[-1].role == "tool" else ask("writer")

    return ScriptedModel(answer)


async def statuses(host: Any) -> dict[str, str]:
    return {r.agent: r.status for r in await host.storage.list_runs(RunFilter())}


async def test_all_are_cancelled_together(tmp_path: Path) -> None:
    slow = Slow()
    async with open_host(tmp_path, slow_script(slow), agents=[BOSS, WRITER], plugins=TEAM) as host:
        running = asyncio.create_task(host.run("boss", "Go"))
        await asyncio.wait_for(slow.asked.wait(), 5)
        boss = next(r.id for r in await host.storage.list_runs(RunFilter()) if r.agent == "boss")
        await host.cancel(boss)
        await asyncio.wait([running], timeout=5)
        assert running.done()
        assert await statuses(host) == {"boss": "cancelled", "writer": "cancelled"}
        assert host.runs.active == 0


async def test_one_that_is_cancelled_does_not_end_whoever_asked(tmp_path: Path) -> None:
    slow = Slow()
    async with open_host(tmp_path, slow_script(slow), agents=[BOSS, WRITER], plugins=TEAM) as host:
        running = asyncio.create_task(host.run("boss", "Go"))
        await asyncio.wait_for(slow.asked.wait(), 5)
        writer = next(r.id for r in await host.storage.list_runs(RunFilter()) if r.agent == "writer")
        await host.cancel(writer)
        result = await asyncio.wait_for(running, 5)
        assert "somebody cancelled" in result.text
        assert await statuses(host) == {"boss": "completed", "writer": "cancelled"}


def council(**more: Any) -> dict[str, Any]:
    return {"team": {"settings": {"councils": {"jury": {"members": ["a", "b", "c"], **more}}}}}


MEMBERS = [Agent(n, model=f"test/{n}") for n in "abc"]
CHAIR = Agent("boss", model="test/boss", tools=["team.jury"])


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("Paris", " paris.", "Lyon"), '{"answer": "Paris", "votes": 2, "of": 3}'),
        (("Paris", "Rome", "Lyon"), "Error: the vote is a tie: a: Paris; b: Rome; c: Lyon"),
        ((RuntimeError("x"), "Rome", "Rome"), '{"answer": "Rome", "votes": 2, "of": 2}'),
    ],
)
async def test_a_council_votes(tmp_path: Path, answers: tuple[Any, ...], told: str) -> None:
    a, b, c = answers
    model = script(boss=[ask("jury"), "So be it."], a=[a], b=[b], c=[c])
    async with open_host(tmp_path, model, agents=[CHAIR, *MEMBERS], plugins=council()) as host:
        result = await host.run("boss", "Where?")
        assert result.messages[2].text == told
        assert result.text == "So be it."


async def test_most_of_a_council_must_answer(tmp_path: Path) -> None:
    model = script(boss=[ask("jury"), "Hm."], a=[RuntimeError("x")], b=[RuntimeError("x")], c=["Rome"])
    async with open_host(tmp_path, model, agents=[CHAIR, *MEMBERS], plugins=council()) as host:
        result = await host.run("boss", "Where?")
        assert "only 1 of 3 agents answered" in result.messages[2].text


async def test_a_judge_decides(tmp_path: Path) -> None:
    judge = Agent("judge", model="test/judge")
    model = script(
        boss=[ask("jury", "Where?"), "So be it."], a=["Paris"], b=["Rome"], c=["Lyon"], judge=["Rome it is."]
    )
    plugins = council(decide="judge", judge="judge")
    async with open_host(tmp_path, model, agents=[CHAIR, judge, *MEMBERS], plugins=plugins) as host:
        result = await host.run("boss", "Where?")
        assert result.messages[2].text == "Rome it is."
        asked = next(r for r in model.requests if r.model == "judge").messages[-1].text
        assert json.loads(asked.splitlines()[-1])["answers"] == {"a": "Paris", "b": "Rome", "c": "Lyon"}


async def test_a_council_that_waited_asks_nobody_twice(tmp_path: Path) -> None:
    wiped.clear()
    members = [*MEMBERS[:2], Agent("c", model="test/c", tools=[wipe], approve=["wipe"])]
    told = ToolCall("w", "wipe", '{"disk": "b"}')
    model = script(boss=[ask("jury"), "Done."], a=["x", "other"], b=["x", "other"], c=[told, "x"])
    async with open_host(tmp_path, model, agents=[CHAIR, *members], plugins=council()) as host:
        run = await host.run("boss", "Go")
        assert run.status == "suspended"
        result = await host.resume(run.run_id, {run.pending[0].call_id: Decision(answer="yes")})
        assert (result.text, wiped) == ("Done.", ["b"])
        assert [r.model for r in model.requests].count("a") == 1
        assert await host.storage.kv_keys("team.waiting") == []


@pytest.mark.parametrize(
    "settings",
    [
        {"agents": ["jury"], "councils": {"jury": {"members": ["a", "b"]}}},
        {"councils": {"j": {"members": ["a", "b"], "decide": "judge"}}},
    ],
)
async def test_a_council_that_cannot_decide_is_told_of(tmp_path: Path, settings: dict[str, Any]) -> None:
    async with open_host(tmp_path, ScriptedModel("x"), plugins={"team": {"settings": settings}}) as host:
        plugin = host.plugins.plugins["team"]
        assert plugin.state == "broken"
        assert "[plugins.team.settings.councils." in plugin.reason


def test_a_vote_of_one_mind() -> None:
    assert json.loads(voted({"a": "Yes", "b": "yes."})) == {"answer": "Yes", "votes": 2, "of": 2}
    with pytest.raises(ToolError):
        voted({"a": "yes", "b": "no"})


async def test_what_is_streamed_in_the_course_of_a_run_is_held_to_the_same(tmp_path: Path) -> None:
    async def relay() -> str:
        """Have the writer write, piece by piece."""
        async for _ in host.services.stream(RunRequest("writer", "Write")):
            pass
        return "written"

    model = script(boss=[ToolCall("1", "relay", "{}"), "Done."], writer=["Roses."])
    agents = [Agent("boss", model="test/boss", tools=[relay]), WRITER]
    async with open_host(tmp_path, model, agents=agents, plugins=TEAM) as host:
        result = await host.run("boss", "Go")
        runs = {r.agent: r for r in await host.storage.list_runs(RunFilter())}
        assert runs["writer"].metadata[PARENT] == result.run_id
        assert result.usage.total_tokens > runs["writer"].usage.total_tokens > 0


async def test_agents_asked_at_once_spend_from_one_purse(tmp_path: Path) -> None:
    """What each uses counts where they were asked at once: together they are one call over at most, each of them."""
    boss = Agent("boss", model="test/boss", tools=["team.writer"])
    long = "word " * 40  # some 50 tokens a call
    calls = tuple(ask("writer", call=str(n)) for n in range(6))

    def answer(request: ModelRequest) -> Any:
        if request.model == "boss":
            return calls
        return (ToolCall(f"n{len(request.messages)}", "note", json.dumps({"text": long})),)

    def note(text: str) -> str:
        """Note something."""
        return "noted"

    writer = Agent("writer", model="test/writer", tools=[note])
    async with open_host(tmp_path, ScriptedModel(answer), agents=[boss, writer], plugins=TEAM) as host:
        with pytest.raises(LimitExceededError, match="tokens"):
            await host.run("boss", "Go", limits=Limits(tokens=1000, steps=50))
        runs = await host.storage.list_runs(RunFilter())
        spent = sum(r.usage.total_tokens for r in runs if r.agent == "writer")
        largest = max(r.usage.total_tokens / r.steps for r in runs if r.agent == "writer" and r.steps)
        assert spent <= 1000 + 6 * 3 * largest, "six agents, each with all of the thousand, would be far over"
        boss_run = next(r for r in runs if r.agent == "boss")
        assert boss_run.usage.total_tokens >= spent


async def test_one_that_waited_goes_on_with_what_is_left_alone(tmp_path: Path) -> None:
    wiped.clear()
    model = script(boss=[ask("writer"), "Done."], writer=[ToolCall("w", "wipe", '{"disk": "b"}'), "Wiped."])
    async with open_host(tmp_path, model, agents=[BOSS, WRITER], plugins=TEAM) as host:
        run = await host.run("boss", "Go", limits=Limits(tokens=5000))
        assert run.status == "suspended"
        record = await host.runs.get(run.run_id)
        await host.storage.put_run(replace(record, usage=Usage(5000, 0)))
        with pytest.raises(LimitExceededError, match="tokens"):
            await host.resume(run.run_id, {run.pending[0].call_id: Decision(answer="yes")})
        assert wiped == []


async def test_a_caller_does_not_say_in_whose_course_a_run_is(tmp_path: Path) -> None:
    async with open_host(tmp_path, ScriptedModel("x"), agents=[WRITER], plugins=TEAM) as host:
        for name in (PARENT, DEPTH, TRAIL, "lumos.anything"):
            with pytest.raises(InputError, match="the host's own"):
                await host.run("writer", "Go", metadata={name: "run_1"})
        assert await host.storage.list_runs(RunFilter()) == []


async def test_an_asked_agent_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    """A host that is stopped in the middle: what the other agent had done is not done again."""
    done: list[str] = []

    def note(text: str) -> str:
        """Note something."""
        done.append(text)
        return "noted"

    slow = Slow()
    storage = {"use": "sqlite"}
    writer = Agent("writer", model="test/writer", tools=[note])

    async def answer(request: ModelRequest) -> Any:
        if request.model == "boss":
            return request.messages[-1].text if request.messages[-1].role == "tool" else ask("writer")
        if request.messages[-1].role == "tool":
            return await slow(request)
        return ToolCall("n", "note", '{"text": "once"}')

    async with open_host(tmp_path, ScriptedModel(answer), agents=[BOSS, writer], plugins=TEAM, storage=storage) as host:
        running = asyncio.create_task(host.run("boss", "Go"))
        await asyncio.wait_for(slow.asked.wait(), 5)
        await host.runs.aclose()
        await asyncio.wait([running], timeout=5)
        assert await statuses(host) == {"boss": "interrupted", "writer": "interrupted"}
        boss = next(r for r in await host.storage.list_runs(RunFilter()) if r.agent == "boss")
    slow.go.set()
    async with open_host(tmp_path, ScriptedModel(answer), agents=[BOSS, writer], plugins=TEAM, storage=storage) as host:
        decisions = {p.call_id: Decision() for p in boss.pending}
        result = await host.resume(boss.id, decisions)
        waits = 0
        while result.status == "suspended" and waits < 3:
            waits += 1
            result = await host.resume(boss.id, {p.call_id: Decision(answer="yes") for p in result.pending})
        assert (result.text, done) == ("late", ["once"])
        assert len(await host.storage.list_runs(RunFilter())) == 2

"""Attacks on runs: other people's events, approvals, answers, replayed decisions, floods."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai.cli.checking import problems
from lumosai.config.load import load
from lumosai_sdk import Phase, RunInfo, ToolContext, tool
from lumosai_sdk.errors import (
    ConfigError,
    ConflictError,
    InputError,
    LumosError,
    ModelResponseError,
    NotFoundError,
    OutputInvalidError,
    PluginError,
    Suspend,
)
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.runs import Decision, Pending, RunRequest
from lumosai_sdk.types.storage import RunFilter, Thread

SCOPES = frozenset({"agent.run", "run.resume", "tool.call"})
ALICE, BOB = Principal("alice", scopes=SCOPES), Principal("bob", scopes=SCOPES)
STORES = pytest.mark.parametrize("storage", ["memory", "sqlite"])


class Slow(ScriptedModel):
    """Answers piece by piece."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        for i in range(100):
            yield ModelChunk(f"alice-{i} ")
            await asyncio.sleep(0)
        yield ModelChunk(finish_reason="stop", usage=Usage(1, 1))


class Till:
    """A tool that needs leave and counts how often it ran."""

    def __init__(self) -> None:
        self.paid = 0

        @tool(id="app.pay", approval="always")
        async def pay() -> str:
            """Pay."""
            await asyncio.sleep(0.05)
            self.paid += 1
            return "paid"

        self.pay = pay

    def agent(self) -> Agent:
        return Agent("a", model="test/x", tools=[self.pay])


PAY = ToolCall("c", "app_pay", "{}")


# --- other people's runs


@STORES
async def test_resuming_anothers_run_shows_none_of_its_events(tmp_path: Path, storage: str) -> None:
    async with open_host(tmp_path, Slow(), agents=[Agent("a", model="test/x")], storage={"use": storage}) as host:
        begun = asyncio.Event()

        async def alice() -> None:
            async for _ in host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=ALICE)):
                begun.set()

        running = asyncio.create_task(alice())
        await begun.wait()
        seen: list[object] = []
        while not running.done():
            with pytest.raises(NotFoundError):
                seen += [e async for e in host.runs.stream_resume("run_x", {}, principal=BOB)]
            await asyncio.sleep(0)
        await running
        assert seen == []


async def test_starting_a_run_with_anothers_id_shows_nothing_of_it(tmp_path: Path) -> None:
    async with open_host(tmp_path, Slow(), agents=[Agent("a", model="test/x")]) as host:
        events = host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=ALICE))
        await anext(events)
        for _ in range(3):
            with pytest.raises(ConflictError, match="run 'run_x' is under way"):
                await anext(host.runs.stream(RunRequest("a", "hi", run_id="run_x", principal=BOB)))
        assert [e.type async for e in events][-1] == "run.completed"
        with pytest.raises(ConflictError, match="there is a run"):
            await host.runs.run(RunRequest("a", "mine now", run_id="run_x", principal=BOB))
        assert (await host.runs.get("run_x", ALICE)).messages[0].text == "hi"


async def test_a_strangers_call_does_not_keep_the_owner_from_resuming(tmp_path: Path) -> None:
    till = Till()
    model = ScriptedModel([PAY, "done"])
    async with open_host(tmp_path, model, agents=[till.agent()], storage={"use": "sqlite"}) as host:
        run_id = (await host.run("a", "go", principal=ALICE)).run_id
        strange = [host.runs.resume(run_id, {"c": Decision()}, principal=BOB) for _ in range(5)]
        *refused, done = await asyncio.gather(
            *strange, host.runs.resume(run_id, {"c": Decision()}, principal=ALICE), return_exceptions=True
        )
        assert [type(e) for e in refused] == [NotFoundError] * 5
        assert not isinstance(done, BaseException)
        assert (done.status, till.paid) == ("completed", 1)


async def test_the_owner_follows_what_is_resumed(tmp_path: Path) -> None:
    till = Till()
    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()]) as host:
        run_id = (await host.run("a", "go", principal=ALICE)).run_id
        events = [e.type async for e in host.runs.stream_resume(run_id, {"c": Decision()}, principal=ALICE)]
        assert (events[0], events[-1], till.paid) == ("run.resumed", "run.completed", 1)


# --- leave and answers


@pytest.mark.parametrize("answer", ["no, do not", "yes", ""])
async def test_an_answer_is_no_leave_for_a_call_that_waits_for_leave(tmp_path: Path, answer: str) -> None:
    till = Till()
    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()]) as host:
        result = await host.run("a", "go")
        assert result.pending[0].kind == "approval"
        with pytest.raises(InputError, match="waits for leave, and an answer is none"):
            await host.resume(result.run_id, {"c": Decision(answer=answer)})
        assert till.paid == 0
        assert (await host.runs.get(result.run_id)).status == "suspended"
        assert (await host.resume(result.run_id, {"c": Decision()})).status == "completed"
        assert till.paid == 1


RULES = pytest.mark.parametrize("rule", ["app.ring", "app_ring", "app.*", "*_ring", "*"])


class Bell:
    """A tool that asks for no leave of its own."""

    def __init__(self) -> None:
        self.rung = 0

        @tool(id="app.ring")
        async def ring() -> str:
            """Ring."""
            self.rung += 1
            return "rang"

        self.ring = ring


RING = ToolCall("c", "app_ring", "{}")


@pytest.mark.parametrize("rule", ["app.rign", "app", "APP.RING", "app.ring.*", ""])
async def test_an_approval_rule_that_fits_no_tool_is_an_error(tmp_path: Path, rule: str) -> None:
    bell = Bell()
    agent = Agent("a", model="test/x", tools=[bell.ring], approve=["app.ring", rule])
    async with open_host(tmp_path, ScriptedModel([RING, "done"]), agents=[agent]) as host:
        with pytest.raises(ConfigError, match=r"fits none of its tools; it has: app\.ring"):
            await host.run("a", "go")
        assert bell.rung == 0


@RULES
async def test_an_approval_rule_names_a_tool_as_the_host_or_as_models_do(tmp_path: Path, rule: str) -> None:
    bell = Bell()
    agent = Agent("a", model="test/x", tools=[bell.ring], approve=[rule])
    async with open_host(tmp_path, ScriptedModel([RING, "done"]), agents=[agent]) as host:
        assert [p.kind for p in (await host.run("a", "go")).pending] == ["approval"]
        assert bell.rung == 0


@pytest.mark.parametrize(("rule", "wrong"), [("files.write", []), ("files_*", []), ("*", []), ("file.write", [1])])
def test_the_check_of_a_configuration_finds_rules_that_fit_nothing(tmp_path: Path, rule: str, wrong: list[int]) -> None:
    path = tmp_path / "lumos.toml"
    path.write_text(f'[agents.assistant]\nmodel = "scripted/x"\ntools = ["files.*"]\napprove = ["{rule}"]\n')
    found = [p for p in problems(load(path)) if "agents.assistant.approve" in p]
    assert len(found) == len(wrong)
    assert all(f"{path}:4: " in p and "fits none of the agent's tools" in p for p in found)


async def test_an_answer_at_hand_is_no_leave_either(tmp_path: Path) -> None:
    till = Till()

    async def answers(_: Pending) -> Decision:
        return Decision(answer="no, do not")

    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()]) as host:
        result = await host.run("a", "go", on_pending=answers)
        assert (result.messages[-2].text, till.paid) == ("Error: the person declined this call", 0)


class Asker:
    """A tool that asks several questions of the person, and needs leave for a start."""

    def __init__(self, *questions: str) -> None:
        self.heard: list[tuple[str, str]] = []
        self.begun = 0

        @tool(id="app.two", approval="always")
        async def two(context: ToolContext) -> str:
            """Ask."""
            self.begun += 1
            told = [(q, await context.ask(q)) for q in questions]
            self.heard += told
            return "ok"

        self.agent = Agent("a", model="test/x", tools=[two])


TWO = ToolCall("c", "app_two", "{}")


@STORES
@pytest.mark.parametrize("second", ["Delete the whole disk?", "Delete the draft?"])
async def test_one_answer_answers_one_question(tmp_path: Path, storage: str, second: str) -> None:
    asker = Asker("Delete the draft?", second)
    model = ScriptedModel([TWO, "done"])
    async with open_host(tmp_path, model, agents=[asker.agent], storage={"use": storage}) as host:
        run_id = (await host.run("a", "go")).run_id
        first = await host.resume(run_id, {"c": Decision()})
        assert first.pending == (Pending("c", "app.two", {}, "question", "Delete the draft?"),)
        again = await host.resume(run_id, {"c": Decision(answer="yes")})
        assert again.pending == (Pending("c", "app.two", {}, "question", second),)
        assert asker.heard == []
        assert (await host.resume(run_id, {"c": Decision(answer="never")})).status == "completed"
        assert asker.heard == [("Delete the draft?", "yes"), (second, "never")]


async def test_answers_and_leave_given_at_hand_hold_when_a_later_question_is_put_off(tmp_path: Path) -> None:
    asker = Asker("Which?", "Sure?")
    asked: list[Pending] = []

    async def once(pending: Pending) -> Decision | None:
        asked.append(pending)
        if pending.kind == "approval":
            return Decision()
        return Decision(answer="this") if pending.question == "Which?" else None

    async with open_host(tmp_path, ScriptedModel([TWO, TWO, "done"]), agents=[asker.agent]) as host:
        waiting = await host.run("a", "go", on_pending=once)
        assert [p.question for p in waiting.pending] == ["Sure?"]
        later = await host.resume(waiting.run_id, {"c": Decision(answer="sure")})
        assert asker.heard == [("Which?", "this"), ("Sure?", "sure")]
        # The model makes the same call again, under the same id: nothing said before holds for it.
        assert [p.kind for p in later.pending] == ["approval"]
        assert (asker.begun, len(asked)) == (2, 3)


# --- two hosts over one file

SQLITE = {"use": "sqlite"}


async def test_one_decision_runs_a_call_once_though_two_hosts_are_told(tmp_path: Path) -> None:
    till = Till()
    async with (
        open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()], storage=SQLITE) as first,
        open_host(tmp_path, ScriptedModel("done"), agents=[till.agent()], storage=SQLITE) as second,
    ):
        run_id = (await first.run("a", "go")).run_id
        both = (h.resume(run_id, {"c": Decision()}) for h in (first, second))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sorted(type(o).__name__ for o in outcomes) == ["ConflictError", "RunResult"]
        assert till.paid == 1
        assert (await second.runs.get(run_id)).status == "completed"


async def test_what_is_cancelled_by_one_host_is_not_resumed_by_another(tmp_path: Path) -> None:
    till = Till()
    async with (
        open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()], storage=SQLITE) as first,
        open_host(tmp_path, ScriptedModel("done"), agents=[till.agent()], storage=SQLITE) as second,
    ):
        run_id = (await first.run("a", "go")).run_id
        both = (first.resume(run_id, {"c": Decision()}), second.cancel(run_id))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert [isinstance(o, ConflictError) for o in outcomes].count(True) == 1
        cancelled = isinstance(outcomes[0], ConflictError)
        assert till.paid == (0 if cancelled else 1)
        assert (await first.runs.get(run_id)).status == ("cancelled" if cancelled else "completed")


@STORES
async def test_a_run_that_is_resumed_is_running(tmp_path: Path, storage: str) -> None:
    statuses: list[str] = []

    async def answer(_: ModelRequest) -> str:
        statuses.append((await host.runs.get(run_id)).status)
        return "done"

    till = Till()
    model = ScriptedModel(PAY)
    async with open_host(tmp_path, model, agents=[till.agent()], storage={"use": storage}) as host:
        run_id = (await host.run("a", "go")).run_id
        model.script(answer)
        await host.resume(run_id, {"c": Decision()})
        assert statuses == ["running"]
        assert (await host.runs.get(run_id)).status == "completed"


async def test_who_gives_up_while_resuming_leaves_the_run_to_others(tmp_path: Path) -> None:
    till = Till()
    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()], storage=SQLITE) as host:
        run_id = (await host.run("a", "go")).run_id
        replacing = asyncio.Event()
        real = host.storage.replace_run

        async def replace_run(*records: Any) -> bool:
            replacing.set()
            done: bool = await real(*records)
            return done

        host.storage.replace_run = replace_run
        trying = asyncio.create_task(host.resume(run_id, {"c": Decision()}))
        await replacing.wait()
        trying.cancel()
        await asyncio.wait([trying])
        assert (await host.runs.get(run_id)).status == "suspended"
        assert (await host.resume(run_id, {"c": Decision()})).status == "completed"
        assert till.paid == 1


# --- conversations


@STORES
@pytest.mark.parametrize("heir", [None, "default/bob"])
async def test_a_deleted_conversation_is_not_made_again_by_a_run_under_way(
    tmp_path: Path, storage: str, heir: str | None
) -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def answer(_: ModelRequest) -> str:
        began.set()
        await go.wait()
        return "late"

    agents = [Agent("a", model="test/x")]
    async with open_host(tmp_path, ScriptedModel(answer), agents=agents, storage={"use": storage}) as host:
        running = asyncio.create_task(host.run("a", "private", thread="t", principal=ALICE))
        await began.wait()
        await host.storage.delete_thread("t")
        if heir is not None:
            await host.storage.put_thread(Thread("t", heir))
        go.set()
        assert (await running).text == "late"
        assert list(await host.storage.messages("t")) == []
        kept = await host.storage.get_thread("t")
        assert (kept.owner if kept else None) == heir


@STORES
async def test_a_conversation_that_is_there_is_gone_on_with(tmp_path: Path, storage: str) -> None:
    agents = [Agent("a", model="test/x")]
    async with open_host(tmp_path, ScriptedModel("ok"), agents=agents, storage={"use": storage}) as host:
        await host.storage.put_thread(Thread("t", "default/alice"))
        for who in (ALICE, LOCAL):
            await host.run("a", f"by {who.id}", thread="t", principal=who)
        with pytest.raises(LumosError, match="no thread 't'"):
            await host.run("a", "by bob", thread="t", principal=BOB)
        assert [m.text for m in await host.storage.messages("t")] == ["by alice", "ok", "by local", "ok"]


# --- what models and plugins may not


class Crowd:
    """A tool that counts how often it runs at the same time."""

    def __init__(self) -> None:
        self.now = self.peak = self.calls = 0

        @tool(id="app.slow")
        async def slow() -> str:
            """Be slow."""
            self.now += 1
            self.calls += 1
            self.peak = max(self.peak, self.now)
            await asyncio.sleep(0.001)
            self.now -= 1
            return "x"

        self.agent = Agent("a", model="test/x", tools=[slow])


def many(count: int) -> ScriptedModel:
    return ScriptedModel([tuple(ToolCall(f"c{i}", "app_slow", "{}") for i in range(count)), "done"])


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_does_not_start_thousands_of_calls(tmp_path: Path, *, stream: bool) -> None:
    crowd = Crowd()
    async with open_host(tmp_path, many(129), agents=[crowd.agent]) as host:
        if stream:
            events = [e async for e in host.stream("a", "go")]
            assert "more than 128 tool calls" in events[-1].to_json()["error"]["message"]
        else:
            with pytest.raises(ModelResponseError, match="more than 128 tool calls"):
                await host.run("a", "go")
        assert crowd.calls == 0


@pytest.mark.parametrize(("limits", "peak"), [({}, 16), ({"parallel_tools": 3}, 3), ({"parallel_tools": 1000}, 128)])
async def test_only_so_many_calls_are_made_at_once(tmp_path: Path, limits: dict[str, int], peak: int) -> None:
    crowd = Crowd()
    async with open_host(tmp_path, many(128), agents=[crowd.agent], limits=limits) as host:
        result = await host.run("a", "go")
        assert [m.tool_call_id for m in result.messages if m.role == "tool"] == [f"c{i}" for i in range(128)]
        assert (crowd.calls, crowd.peak) == (128, peak)


class Asking(ScriptedModel):
    """A provider that asks a person, as only tools may."""

    async def complete(self, request: ModelRequest) -> ModelResponse:
        raise Suspend("Whom shall I ask?")


async def test_a_provider_that_asks_a_person_fails_the_run(tmp_path: Path) -> None:
    async with open_host(tmp_path, Asking(), agents=[Agent("a", model="test/x")]) as host:
        with pytest.raises(PluginError, match="only tools may"):
            await host.run("a", "go")
        assert [r.status for r in await host.storage.list_runs(RunFilter())] == ["failed"]


class AskingProcessor:
    """A processor that asks a person."""

    def __init__(self, phase: Phase) -> None:
        self.phases = frozenset({phase})

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        raise Suspend("Whom shall I ask?")


@pytest.mark.parametrize("phase", ["input", "output"])
async def test_a_processor_that_asks_a_person_fails_the_run(tmp_path: Path, phase: Phase) -> None:
    agent = Agent("a", model="test/x", processors=["asks"])
    async with open_host(tmp_path, ScriptedModel("ok"), agents=[agent]) as host:
        contribute(host, "processor", "asks", AskingProcessor(phase))
        with pytest.raises(PluginError, match="only tools may"):
            await host.run("a", "go")
        assert [r.status for r in await host.storage.list_runs(RunFilter())] == ["failed"]


@pytest.mark.parametrize(("person", "tenant"), [("c", "a/b"), ("c", "/"), ("", "a")])
def test_two_people_never_own_the_same_things(person: str, tenant: str) -> None:
    with pytest.raises(ValueError, match="no principal"):
        Principal(person, tenant)


async def test_a_slash_in_a_persons_id_is_all_right(tmp_path: Path) -> None:
    till = Till()
    owner = Principal("b/c", "a", SCOPES)
    async with open_host(tmp_path, ScriptedModel([PAY, "done"]), agents=[till.agent()]) as host:
        run_id = (await host.run("a", "go", principal=owner)).run_id
        assert (await host.runs.get(run_id, owner)).owner == "a/b/c"
        assert (await host.resume(run_id, {"c": Decision()}, principal=owner)).status == "completed"


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"]


@pytest.mark.parametrize("number", NUMBERS)
async def test_what_is_no_number_satisfies_no_schema(tmp_path: Path, number: str) -> None:
    paid: list[float] = []

    @tool(id="app.pay")
    async def pay(amount: float) -> str:
        """Pay."""
        paid.append(amount)
        return "paid"

    schema = {"type": "object", "properties": {"n": {"type": "number"}}}
    model = ScriptedModel([ToolCall("c", "app_pay", f'{{"amount": {number}}}'), f'{{"n": {number}}}'])
    agent = Agent("a", model="test/x", tools=[pay], output=schema)
    async with open_host(tmp_path, model, agents=[agent], limits={"repairs": 0}) as host:
        with pytest.raises(OutputInvalidError, match="not JSON"):
            await host.run("a", "go")
        assert paid == []
        model.script([ToolCall("c", "app_pay", '{"amount": 1e99}'), '{"n": -2.5}'])
        assert (await host.run("a", "go")).output == {"n": -2.5}
        assert paid == [1e99]

"""Models used directly: by routes, within budgets, from the cache."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI

from lumosai import Agent, Host
from lumosai.gateway.direct import DirectModels
from lumosai.runs import backoff
from lumosai.runs.resumption import resumed_request
from lumosai_sdk.errors import (
    BudgetExceededError,
    ModelRateLimitError,
    ModelUnavailableError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import Allowance, AuthRequest, Budget, Principal
from lumosai_sdk.types.caller import RUN, current
from lumosai_sdk.types.events import ModelCompleted, ModelFellBack
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelRequest, ModelResponse, Usage
from lumosai_sdk.types.processors import RunInfo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lumosai_sdk.types.models import ModelChunk

Open = Callable[..., Any]
HELLO = [{"role": "user", "content": "hello there"}]
DOWN = ModelUnavailableError("down", retryable=True)
FAST = {"default": "test/any", "routes": {"fast": {"targets": ["down/m", "test/m"], "retries": 0}}}
CACHED = {"cache": {"settings": {"answers": "always"}}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE", 0.001)
    monkeypatch.setattr(backoff, "CAP", 0.004)


class People:
    """Knows callers by what they say they are."""

    def __init__(self, **allowances: Allowance | None) -> None:
        self.allowances = allowances

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in self.allowances:
            raise UnauthenticatedError("who?")
        return Principal(name, scopes=frozenset({"*"}), credential=f"key:{name}", allowance=self.allowances[name])


def guarded(service: Any, **allowances: Allowance | None) -> None:
    contribute(service.host, "auth", "people", People(**allowances))


async def chat(service: Any, model: str = "fast", headers: Any = None, **body: Any) -> Any:
    sent = {"model": model, "messages": HELLO, **body}
    return await service.client.post("/v1/chat/completions", json=sent, headers=headers)


def said(text: str) -> str:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line and "[DONE]" not in line]
    chunks = [json.loads(line) for line in lines]
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])


async def test_a_route_answers_by_the_next_model_and_says_which(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("from the second")
    async with gateway(Agent("agent", model="fast"), models=FAST) as g:
        contribute(g.host, "provider", "down", down := ScriptedModel(DOWN))
        events: list[Any] = []
        g.host.bus.listen(events.append)
        answer = await chat(g)
        assert answer.json()["choices"][0]["message"]["content"] == "from the second"
        assert (answer.json()["model"], answer.headers["x-lumos-model"]) == ("test/m", "test/m")
        (fell,) = [e for e in events if isinstance(e, ModelFellBack)]
        assert (fell.model, fell.to, fell.error["code"]) == ("down/m", "test/m", "model_unavailable")
        assert [e.model for e in events if isinstance(e, ModelCompleted)] == ["test/m"]
        streamed = await chat(g, stream=True)
        assert (said(streamed.text), streamed.headers["x-lumos-model"]) == ("from the second", "test/m")
        # What was learned of a model in one place holds in all: an agent does not ask it either.
        assert (await g.run("hi", "agent")).json()["text"] == "from the second"
        assert len(down.requests) == 1


async def test_a_stream_that_has_begun_is_not_begun_again(gateway: Open, scripted_model: ScriptedModel) -> None:
    class Breaks(ScriptedModel):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
            async for chunk in super().stream(request):
                yield chunk
                raise DOWN

    async with gateway(models=FAST) as g:
        contribute(g.host, "provider", "down", Breaks("half a sentence"))
        text = (await chat(g, stream=True)).text
        assert '"content":"half"' in text
        assert "model_unavailable" in text
        assert scripted_model.requests == []


async def test_when_all_fail_the_last_failure_is_told_with_when_to_come_back(gateway: Open) -> None:
    async with gateway(models={**FAST, "routes": {"fast": {"targets": ["down/a", "down/b"], "retries": 0}}}) as g:
        error = ModelRateLimitError("slow down", retryable=True, retry_after=90)
        contribute(g.host, "provider", "down", ScriptedModel(error))
        answer = await chat(g)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "90")


async def test_a_response_and_a_plugin_go_by_routes_too(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    async with gateway(models=FAST) as g:
        contribute(g.host, "provider", "down", ScriptedModel(DOWN))
        for stream in (False, True):
            answer = await g.client.post("/v1/responses", json={"model": "fast", "input": "hi", "stream": stream})
            assert answer.headers["x-lumos-model"] == "test/m"
            assert '"model":"test/m"' in answer.text


class Embeds(ScriptedModel):
    """Embeds, or says that it is down."""

    error: Exception | None = None

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        if self.error is not None:
            raise self.error
        return EmbeddingResponse([[1.0] for _ in request.inputs], Usage(len(request.inputs)))


async def test_embeddings_go_by_routes_and_close_none_to_chats(gateway: Open, scripted_model: ScriptedModel) -> None:
    routes = {"emb": {"targets": ["one/m", "two/m"], "retries": 0}, "fast": {"targets": ["test/m", "two/m"]}}
    async with gateway(models={"default": "test/any", "routes": routes}) as g:
        contribute(g.host, "provider", "one", one := Embeds())
        contribute(g.host, "provider", "two", Embeds())
        one.error = DOWN
        answer = await g.client.post("/v1/embeddings", json={"model": "emb", "input": ["a", "b"]})
        assert (answer.json()["model"], len(answer.json()["data"])) == ("two/m", 2)
        # What is no embedding model is still one to chat with, whatever somebody asks of it.
        for _ in range(3):
            await g.client.post("/v1/embeddings", json={"model": "fast", "input": "a"})
        scripted_model.script("well")
        assert (await chat(g)).json()["model"] == "test/m"


async def test_models_tell_what_they_are(gateway: Open) -> None:
    models = {**FAST, "aliases": {"small": "test/m"}}
    async with gateway(models=models) as g:
        listed = {m["id"]: m for m in (await g.client.get("/v1/models")).json()["data"]}
        assert (listed["echo"]["kind"], listed["echo"]["owned_by"]) == ("agent", "lumosai")
        assert (listed["small"]["kind"], listed["small"]["targets"]) == ("alias", ["test/m"])
        assert (listed["fast"]["kind"], listed["fast"]["targets"]) == ("route", ["down/m", "test/m"])
        assert (listed["scripted/echo"]["kind"], listed["scripted/echo"]["owned_by"]) == ("model", "scripted")
        assert (await g.client.get("/v1/models/fast")).json() == listed["fast"]


async def test_a_caller_names_what_it_may_and_nothing_else(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("ok")
    models = {"default": "test/any", "aliases": {"small": "test/secret"}}
    async with gateway(models=models, server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(models=("echo", "small", "scripted/*")))
        g.client.headers["authorization"] = "Bearer ada"
        ids = [m["id"] for m in (await g.client.get("/v1/models")).json()["data"]]
        assert {"echo", "small", "scripted/echo"} <= set(ids)
        assert not [i for i in ids if i.startswith("test/")]
        assert (await g.client.get("/v1/models/test/scripted")).status_code == 404
        assert (await chat(g, "small")).status_code == 200
        # The same model by its own name, by another's, or through what runs agents.
        for model in ("test/secret", "test/other", "Echo", "other"):
            assert (await chat(g, model)).status_code == 403
            assert (await g.client.post("/v1/responses", json={"model": model, "input": "x"})).status_code == 403
        assert (await g.client.post("/v1/embeddings", json={"model": "test/x", "input": "x"})).status_code == 403
        g.host.add(Agent("other", model="test/m"))
        assert (await g.run("hi", "other")).status_code == 403
        assert (await g.run("hi", "echo")).status_code == 200


def used(tokens: int, text: str = "ok") -> ModelResponse:
    return ModelResponse(Message.assistant(text), usage=Usage(tokens, 0))


async def test_a_budget_holds_for_models_and_agents_alike(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(used(60))
    async with gateway(Agent("agent", model="test/m"), server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=100, period="day")), bob=None)
        ada, bob = {"authorization": "Bearer ada"}, {"authorization": "Bearer bob"}
        assert (await chat(g, "test/m", ada)).status_code == 200
        assert (await g.client.post("/v1/agents/agent/runs", json={"input": "hi"}, headers=ada)).status_code == 200
        refused = await chat(g, "test/m", ada)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "budget_exceeded")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert refused.headers["x-should-retry"] == "false"
        problem = await g.client.post("/v1/agents/agent/runs", json={"input": "hi"}, headers=ada)
        assert (problem.status_code, problem.json()["code"]) == (429, "budget_exceeded")
        assert "renews at" in problem.json()["detail"]
        assert "run_id" not in problem.json()  # none was begun, so none is recorded
        assert (await chat(g, "test/m", bob)).status_code == 200
        usage = (await g.client.get("/v1/usage", headers=ada)).json()
        assert (usage["caller"], usage["periods"]["day"]["tokens"], usage["periods"]["day"]["calls"]) == (
            "key:ada",
            120,
            2,
        )
        assert (usage["budget"]["tokens_left"], usage["budget"]["period"]) == (0, "day")
        listed = (await g.client.get("/v1/usage/callers?limit=1", headers=bob)).json()
        assert ([u["caller"] for u in listed["data"]], listed["has_more"]) == (["key:ada"], True)
        more = {"limit": 1, "cursor": listed["next_cursor"]}
        rest = (await g.client.get("/v1/usage/callers", params=more, headers=bob)).json()
        assert ([u["caller"] for u in rest["data"]], rest["has_more"]) == (["key:bob"], False)


async def test_a_run_ends_where_its_callers_budget_does(gateway: Open, scripted_model: ScriptedModel) -> None:
    async def more() -> str:
        return "more"

    call = ModelResponse(Message.assistant("", (ToolCall("c", "more", "{}"),)), "tool_calls", Usage(60, 0))
    scripted_model.script(call)
    async with gateway(Agent("loops", model="test/m", tools=[more]), server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=100)))
        g.client.headers["authorization"] = "Bearer ada"
        problem = (await g.run("go", "loops")).json()
        assert problem["code"] == "budget_exceeded"
        assert (await g.client.get(f"/v1/runs/{problem['run_id']}")).json()["status"] == "failed"
        assert len(scripted_model.requests) == 2


async def test_who_asks_much_at_once_spends_little_more_than_he_may(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    async def slowly(request: ModelRequest) -> ModelResponse:
        await asyncio.sleep(0.01)
        return used(100)

    scripted_model.script(slowly)
    async with gateway(server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=500)))
        ada = {"authorization": "Bearer ada"}
        answers = await asyncio.gather(*(chat(g, "test/m", ada, max_tokens=100) for _ in range(50)))
        assert {a.status_code for a in answers} == {200, 429}
        usage = (await g.client.get("/v1/usage", headers=ada)).json()
        assert usage["periods"]["month"]["tokens"] <= 600


async def test_who_goes_away_before_he_is_told_what_it_cost_pays(gateway: Open) -> None:
    class Endless(ScriptedModel):
        async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
            async for chunk in super().stream(request):
                yield chunk
            await asyncio.Event().wait()

    async with gateway(server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=1000)))
        contribute(g.host, "provider", "endless", Endless("piece by piece"))
        who = Principal("ada", credential="key:ada", allowance=Allowance(budget=Budget(tokens=1000)))
        request = ModelRequest("m", (Message.user("hi"),), max_tokens=700)
        spoken = await DirectModels(g.host).stream("endless/m", request, who)
        await spoken.rest.aclose()
        usage = await g.host.spending.usage("key:ada", None)
        assert usage["periods"]["month"]["tokens"] == 701


async def test_a_run_that_waited_goes_on_within_the_same_budget(gateway: Open, scripted_model: ScriptedModel) -> None:
    async def more() -> str:
        return "more"

    call = ModelResponse(Message.assistant("", (ToolCall("c", "more", "{}"),)), "tool_calls", Usage(100, 0))
    scripted_model.script([call, used(60), used(60)])
    careful = Agent("careful", model="test/m", tools=[more], approve=["more"])
    async with gateway(careful, server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=100)), boss=None)
        g.client.headers["authorization"] = "Bearer ada"
        run = (await g.run("go", "careful")).json()
        who = Principal("ada", scopes=frozenset({"*"}), credential="key:ada")
        record = await g.host.runs.get(run["run_id"], who)
        # Somebody else gives leave, with a key that may spend what it likes: the run is still ada's.
        other = Principal("boss", scopes=frozenset({"*"}), credential="key:boss")
        for by, budget in ((other, Budget(tokens=100)), (who, None)):
            went_on = resumed_request(record, by).principal
            assert (went_on.credential, went_on.allowance and went_on.allowance.budget) == ("key:ada", budget)
        resumed = await g.client.post(f"/v1/runs/{run['run_id']}/resume", json={"decisions": {"c": {"approve": True}}})
        assert (resumed.status_code, resumed.json()["code"]) == (429, "budget_exceeded")


async def test_a_plugin_spends_what_its_caller_may(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(used(60))
    allowance = Allowance(budget=Budget(tokens=100), models=("test/m",))
    who = Principal("ada", scopes=frozenset({"*"}), credential="key:ada", allowance=allowance)
    async with gateway() as g:
        before = RUN.set(RunInfo(principal=who))
        caller = current("plugin")
        RUN.reset(before)
        asked: dict[str, Any] = {"model": "test/m", "messages": [{"role": "user", "content": "hi"}]}
        for _ in range(2):
            await g.host.services.complete(asked, caller)
        with pytest.raises(BudgetExceededError):
            await g.host.services.complete(asked, caller)
        with pytest.raises(PermissionDeniedError):
            await g.host.services.complete({**asked, "model": "test/other"}, caller)


async def test_a_server_that_does_not_count_lets_nobody_off(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script(ModelResponse(Message.assistant("x" * 400)))
    async with gateway(server={"auth": ["people"]}) as g:
        guarded(g, ada=Allowance(budget=Budget(tokens=100)))
        ada = {"authorization": "Bearer ada"}
        assert (await chat(g, "test/m", ada)).status_code == 200
        assert (await chat(g, "test/m", ada)).status_code == 429


async def test_usage_survives_the_service(gateway: Open, scripted_model: ScriptedModel, tmp_path: Any) -> None:
    scripted_model.script(used(60))
    sections: Any = {
        "server": {"auth": ["people"], "budgets": {"tokens": 100}},
        "storage": {"use": "sqlite"},
        "plugins": {"sqlite": {"settings": {"path": str(tmp_path / "kept.db")}}},
    }
    ada = {"authorization": "Bearer ada"}
    codes = []
    for _ in range(3):
        async with gateway(**sections) as g:
            guarded(g, ada=None)
            codes.append((await chat(g, "test/m", ada)).status_code)
    assert codes == [200, 200, 429]


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_is_given_again(gateway: Open, scripted_model: ScriptedModel, stream: bool) -> None:
    long = "one two three " * 10
    scripted_model.script(used(60, long))
    async with gateway(Agent("agent", model="test/m"), plugins=CACHED) as g:

        async def ask(**headers: str) -> tuple[str, str]:
            answer = await chat(g, "test/m", headers or None, stream=stream)
            text = said(answer.text) if stream else answer.json()["choices"][0]["message"]["content"]
            assert text == long
            return answer.headers["x-lumos-cache"], answer.headers["x-lumos-model"]

        assert await ask() == ("miss", "test/m")
        assert await ask() == ("hit", "test/m")
        assert await ask(**{"cache-control": "no-store"}) == ("bypass", "test/m")
        assert await ask(**{"cache-control": "No-Cache"}) == ("miss", "test/m")
        assert len(scripted_model.requests) == 3
        usage = (await g.client.get("/v1/usage")).json()["periods"]["day"]
        assert (usage["calls"], usage["tokens"]) == (3, 180)


async def test_a_run_whose_answer_is_given_again_is_told_in_pieces(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    scripted_model.script("one two three " * 10)
    async with gateway(Agent("agent", model="test/m"), plugins=CACHED) as g:
        for _ in range(2):
            frames = await g.stream("/v1/agents/agent/runs", {"input": "hi", "stream": True})
            deltas = [json.loads(f["data"])["text"] for f in frames if f["event"] == "model.delta"]
            assert len(deltas) > 2
            assert "".join(deltas) == "one two three " * 10
        assert len(scripted_model.requests) == 1


async def test_the_cache_is_off_by_itself(gateway: Open) -> None:
    async with gateway() as g:
        assert g.host.plugins.hooks.implementations("lumos_around_model_call") == []
        assert "x-lumos-cache" not in (await chat(g, "scripted/echo")).headers


async def test_nobody_is_given_what_another_was_told(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([used(1, "for ada"), used(1, "for bob")])
    async with gateway(server={"auth": ["people"]}, plugins=CACHED) as g:
        guarded(g, ada=None, bob=None)
        answers = [await chat(g, "test/m", {"authorization": f"Bearer {n}"}) for n in ("ada", "bob", "ada")]
        assert [a.json()["choices"][0]["message"]["content"] for a in answers] == ["for ada", "for bob", "for ada"]


async def test_the_official_client_by_a_route(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script("from the second")
    async with gateway(models=FAST) as g:
        contribute(g.host, "provider", "down", ScriptedModel(DOWN))
        async with AsyncOpenAI(base_url=f"{g.url}/v1", api_key="k", http_client=g.client, max_retries=0) as client:
            answer = await client.chat.completions.create(model="fast", messages=HELLO)  # type: ignore[arg-type]
            assert (answer.model, answer.choices[0].message.content) == ("test/m", "from the second")
            assert "fast" in [m.id async for m in client.models.list()]
            response = await client.responses.create(model="fast", input="hi")
            assert (response.model, response.output_text) == ("test/m", "from the second")


@pytest.mark.parametrize(
    "field", [{"n": 2}, {"logprobs": True}, {"top_logprobs": 3}, {"audio": {}}, {"functions": []}, {"prediction": {}}]
)
async def test_what_is_not_served_is_refused_by_its_name(gateway: Open, field: dict[str, Any]) -> None:
    async with gateway() as g:
        refused = await chat(g, "scripted/echo", **field)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, next(iter(field)))


async def test_a_configuration_that_is_read_again_changes_routes_and_budgets(tmp_path: Any) -> None:
    file = tmp_path / "lumos.toml"
    start = '[storage]\nuse = "memory"\n[agents]\n[models.routes.fast]\nretries = 0\ntargets = '
    file.write_text(start + '["down/m", "scripted/echo"]')
    who = Principal("ada", credential="key:ada")
    async with Host(file) as host:
        contribute(host, "provider", "down", down := ScriptedModel(DOWN))
        direct, request = DirectModels(host), ModelRequest("", (Message.user("hi"),))
        assert (await direct.complete("fast", request, who)).ref == "scripted/echo"
        file.write_text(start + '["down/m", "scripted/tool", "scripted/echo"]\n[server.budgets]\ntokens = 1')
        await host.reload_config()
        # It is still known that the first one is down, and what was spent before.
        with pytest.raises(BudgetExceededError):
            await direct.complete("fast", request, who)
        assert (await direct.complete("fast", request, Principal("bob"))).ref == "scripted/tool"
        assert len(down.requests) == 1

"""Conversations in OpenAI's protocol are the host's threads: made, read, grown by responses, and pruned."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItem, ConversationItemList
from pydantic import TypeAdapter

from lumosai import Agent
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.messages import ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.scripted import ScriptedModel

Open = Callable[..., Any]
ITEM: TypeAdapter[Any] = TypeAdapter(ConversationItem)
PLAIN = Agent("plain", model="test/any", instructions="You are kind")
PATH = "/v1/conversations"


async def made(service: Any, *said: Any, **body: Any) -> Conversation:
    items = [{"role": "user", "content": s} if isinstance(s, str) else s for s in said]
    answer = await service.client.post(PATH, json={"items": items, **body})
    assert answer.status_code == 200, answer.text
    return Conversation.model_validate(answer.json(), strict=True)


async def items(service: Any, conversation: str, **query: Any) -> ConversationItemList:
    answer = await service.client.get(f"{PATH}/{conversation}/items", params={"order": "asc", **query})
    return ConversationItemList.model_validate(answer.json(), strict=True)


def texts(found: ConversationItemList) -> list[str]:
    return [i.content[0].text for i in found.data if i.type == "message"]  # type: ignore[union-attr]


async def respond(service: Any, model: str, said: Any, **body: Any) -> Any:
    answer = await service.client.post("/v1/responses", json={"model": model, "input": said, **body})
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_conversation_is_made_read_changed_and_deleted(gateway: Open) -> None:
    async with gateway() as g:
        conversation = await made(g, "When does the train leave?", metadata={"topic": "trains"})
        path = f"{PATH}/{conversation.id}"
        assert conversation.metadata == {"topic": "trains"}
        assert (await g.client.get(path)).json() == conversation.model_dump()
        thread = await g.host.storage.get_thread(conversation.id)
        assert thread.title == "When does the train leave?"
        changed = await g.client.post(path, json={"metadata": {"topic": "boats"}})
        assert changed.json()["metadata"] == {"topic": "boats"}
        assert (await g.client.post(path, json={"metadata": {"lumosai.deleted": "1"}})).status_code == 400
        gone = ConversationDeletedResource.model_validate((await g.client.delete(path)).json(), strict=True)
        assert gone.deleted
        for method in ("GET", "DELETE"):
            refused = await g.client.request(method, path)
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["plain", "test/any"])
async def test_responses_go_on_with_a_conversation(
    gateway: Open, scripted_model: ScriptedModel, model: str, stream: bool
) -> None:
    scripted_model.script(["Hello Ada", "You are Ada"])
    async with gateway(PLAIN) as g:
        conversation = await made(g, "We speak English")
        first = {"conversation": conversation.id, "instructions": "Be brief"}
        await respond(g, model, "I am Ada", stream=stream, **first)
        assert "Be brief" in [m.text for m in scripted_model.last.messages]
        await respond(g, model, "Who am I?", stream=stream, conversation={"id": conversation.id})
        said = [m.text for m in scripted_model.last.messages if m.role != "system"]
        assert said == ["We speak English", "I am Ada", "Hello Ada", "Who am I?"]
        assert "Be brief" not in [m.text for m in scripted_model.last.messages]
        assert texts(await items(g, conversation.id)) == [*said, "You are Ada"]
        page = await items(g, conversation.id, limit=2, order="desc")
        assert (texts(page), page.has_more) == (["You are Ada", "Who am I?"], True)


async def test_a_conversation_that_is_not_there_is_not_made(gateway: Open) -> None:
    async with gateway() as g:
        for model in ("echo", "scripted/echo"):
            body = {"model": model, "input": "hi", "conversation": "conv_none"}
            assert (await g.client.post("/v1/responses", json=body)).status_code == 404
        both = {"model": "echo", "input": "hi", "conversation": "c", "previous_response_id": "r"}
        assert (await g.client.post("/v1/responses", json=both)).status_code == 400
        conversation = await made(g)
        response = (await respond(g, "echo", "hi", conversation=conversation.id)).json()
        body = {"model": "echo", "input": "hi", "previous_response_id": response["id"]}
        refused = await g.client.post("/v1/responses", json=body)
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "previous_response_id")


async def test_calls_are_kept_in_a_conversation(gateway: Open, scripted_model: ScriptedModel) -> None:
    scripted_model.script([(ToolCall("c1", "weather", "{}"), ToolCall("c2", "weather", "{}")), "It rains"])
    tools = [{"type": "function", "name": "weather"}]
    async with gateway() as g:
        conversation = (await made(g)).id
        await respond(g, "test/any", "The weather?", conversation=conversation, tools=tools)
        outputs = [{"type": "function_call_output", "call_id": c, "output": "rain"} for c in ("c1", "c2")]
        await respond(g, "test/any", outputs, conversation=conversation, tools=tools)
        found = await items(g, conversation)
        assert [i.type for i in found.data] == [
            "message",
            "function_call",
            "function_call",
            "function_call_output",
            "function_call_output",
            "message",
        ]
        assert len({i.id for i in found.data}) == 6


async def test_items_are_added_read_and_deleted_and_the_others_keep_their_ids(gateway: Open) -> None:
    async with gateway() as g:
        conversation = await made(g, "one", {"role": "user", "content": [_image()]}, metadata={"a": "b"})
        path = f"{PATH}/{conversation.id}/items"
        call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
        said = [{"role": "assistant", "content": "I call"}, call]
        added = await g.client.post(path, json={"items": said})
        assert [i["type"] for i in added.json()["data"]] == ["message", "function_call"]
        before = await items(g, conversation.id)
        ids = [i.id for i in before.data]
        assert len(ids) == 4
        for item in before.data:
            one = (await g.client.get(f"{path}/{item.id}")).json()
            assert ITEM.validate_python(one, strict=True) == item
        for gone, left in ((ids[2], [*ids[:2], ids[3]]), (ids[0], [ids[1], ids[3]]), (ids[3], [ids[1]])):
            answer = await g.client.delete(f"{path}/{gone}")
            assert answer.json()["metadata"] == {"a": "b"}
            assert [i.id for i in (await items(g, conversation.id)).data] == left
            assert (await g.client.get(f"{path}/{gone}")).status_code == 404
        await g.client.post(path, json={"items": [{"role": "user", "content": "new"}]})
        after = [i.id for i in (await items(g, conversation.id)).data]
        assert after[0] == ids[1]
        assert after[1] not in ids
        many = [{"role": "user", "content": "x"}] * 21
        assert (await g.client.post(path, json={"items": many})).status_code == 400


def _image() -> Any:
    return {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}


async def test_deleting_an_item_leaves_no_run_that_holds_it_and_waits_for_none(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    go = asyncio.Event()

    async def wait(_: object) -> str:
        await go.wait()
        return "done"

    async with gateway(PLAIN) as g:
        conversation = (await made(g)).id
        scripted_model.script("noted")
        run_id = (await respond(g, "plain", "my secret", conversation=conversation)).headers["x-lumos-run"]
        secret = (await items(g, conversation)).data[0].id
        scripted_model.script(wait)
        await respond(g, "plain", "hi", conversation=conversation, background=True)
        path = f"{PATH}/{conversation}/items/{secret}"
        assert (await g.client.delete(path)).status_code == 409
        go.set()
        await g.idle()
        assert (await g.client.delete(path)).status_code == 200
        assert (await g.client.get(f"/v1/runs/{run_id}")).status_code == 404
        assert texts(await items(g, conversation)) == ["noted", "hi", "done"]


SCOPES = {"agent.run", "run.resume", "thread.read", "thread.write", "thread.delete"}
SCOPES |= {"response.read", "response.delete", "response.cancel"}


class Names:
    """An authenticator to whom everybody is who they say they are; only Eve may not resume runs."""

    async def authenticate(self, request: AuthRequest) -> Principal:
        name = request.headers["authorization"].removeprefix("Bearer ")
        return Principal(name, "t", frozenset(SCOPES - ({"run.resume"} if name == "eve" else set())))


async def test_what_is_ones_own_is_nobody_elses(gateway: Open) -> None:
    async with gateway(server={"auth": ["names.any"]}) as g:
        contribute(g.host, "auth", "names.any", Names())
        ada, bob = ({"authorization": f"Bearer {name}"} for name in ("ada", "bob"))
        conversation = (await g.client.post(PATH, json={}, headers=ada)).json()["id"]
        body = {"model": "echo", "input": "hi"}
        response = (await g.client.post("/v1/responses", json=body, headers=ada)).json()["id"]
        paths = [f"{PATH}/{conversation}", f"{PATH}/{conversation}/items", f"/v1/responses/{response}"]
        for path in (*paths, f"/v1/responses/{response}/input_items"):
            assert (await g.client.get(path, headers=bob)).status_code == 404
            assert (await g.client.get(path, headers=ada)).status_code == 200
        for path in (paths[0], paths[2]):
            assert (await g.client.delete(path, headers=bob)).status_code == 404
        assert (await g.client.post(f"{paths[2]}/cancel", headers=bob)).status_code == 404
        assert (
            await g.client.post(paths[1], json={"items": [{"role": "user", "content": "x"}]}, headers=bob)
        ).status_code == 404
        for stolen in ({"conversation": conversation}, {"previous_response_id": response}):
            taken = await g.client.post("/v1/responses", json={**body, **stolen}, headers=bob)
            assert taken.status_code == 404
        assert (
            await g.client.post("/v1/responses", json={**body, "model": "test/any"}, headers=ada)
        ).status_code == 403


async def test_nobody_gives_leave_for_anothers_call_or_without_the_scope(
    gateway: Open, scripted_model: ScriptedModel
) -> None:
    scripted_model.script(ToolCall("c1", "calculator_evaluate", '{"expression": "1"}'))
    careful = Agent("careful", model="test/any", tools=["calculator.*"], approve=["*"])
    async with gateway(careful, server={"auth": ["names.any"]}) as g:
        contribute(g.host, "auth", "names.any", Names())
        ada, bob, eve = ({"authorization": f"Bearer {name}"} for name in ("ada", "bob", "eve"))
        for asker, taker, status in ((ada, bob, 404), (eve, eve, 403)):
            body: Any = {"model": "careful", "input": "hi"}
            asked = await g.client.post("/v1/responses", json=body, headers=asker)
            request = asked.json()["output"][0]["id"]
            word = {"type": "mcp_approval_response", "approval_request_id": request, "approve": True}
            for stream in (False, True):
                body = {"model": "careful", "input": [word], "stream": stream}
                assert (await g.client.post("/v1/responses", json=body, headers=taker)).status_code == status

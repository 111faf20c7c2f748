"""Agents that remember, over HTTP, with the host started anew in between."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.plugins.remember.fakes import Vectors, embedded

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_plugins.remember.command import MemoryCommand
from lumosai_sdk import ToolCall
from lumosai_sdk.errors import ModelError
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import Answer, ScriptedModel
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, ModelRequest, Usage

MEMORIES = ["remember.titles", "remember.observations", "remember.recall", "remember.working", "remember.window"]
SETTINGS = {
    "recall": {"model": "words/tiny", "min_score": 0.2},
    "observations": {"messages": 4, "recent": 2, "model": "test/observer"},
    "titles": {"model": "test/titles"},
}


class Words:
    """A provider of embeddings: of the words of a text."""

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("tiny", ("embedding",))]

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([embedded(t) for t in request.inputs], Usage(3, 0), request.model)


class Names:
    """Knows callers by their names; none of them may use a model by itself."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        scopes = frozenset({"thread.read", "thread.delete", "run.read", "agent.run", "tool.call"})
        return Principal(name, "t", scopes) if name else None


def answer(request: ModelRequest) -> Answer:
    """Take notes, name conversations, write down where somebody lives; else say how much was shown."""
    last = request.messages[-1]
    if request.model == "observer":
        return "\n".join(f"- {line}" for line in last.text.splitlines())
    if request.model == "titles":
        return "A life in Lyon"
    if last.role == "user" and "I live in" in last.text:
        return ToolCall("c1", "remember_update_working", json.dumps({"text": f"Lives in {last.text.split()[-1]}"}))
    return f"I was shown {len(request.messages)} messages."


@asynccontextmanager
async def host(folder: Path, vectors: Vectors | None, model: ScriptedModel, schema: str = "") -> AsyncIterator[Any]:
    """Open a host with the vector store it comes with, or another; in PostgreSQL where a schema is named."""
    dsn = {"settings": {"dsn": "env:LUMOS_TEST_POSTGRES", "schema": schema}}
    agent = Agent("a", model="test/chat", memory=MEMORIES, history=40)
    async with open_host(
        folder,
        model,
        agents=[agent],
        storage={"use": "postgres" if schema else "sqlite", "vectors": "sqlite" if vectors is None else "fake.store"},
        plugins={"remember": {"settings": SETTINGS}, **({"postgres": dsn} if schema else {})},
        server={"auth": ["names"]},
    ) as opened:
        contribute(opened, "provider", "words", Words())
        if vectors is not None:
            contribute(opened, "vectors", "fake.store", vectors)
        contribute(opened, "auth", "names", Names())
        yield opened


@asynccontextmanager
async def person(opened: Any, name: str) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(opened), client=("127.0.0.1", 5))
    headers = {"authorization": f"Bearer {name}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def say(client: httpx2.AsyncClient, text: str, thread: str) -> str:
    done = await client.post("/v1/agents/a/runs", json={"input": text, "thread_id": thread})
    assert done.status_code == 200, done.text
    return str(done.json()["text"])


def shown(model: ScriptedModel) -> str:
    """Return what the model of the agent was shown last."""
    last = [r for r in model.requests if r.model == "chat"][-1]
    return "\n".join(m.text for m in last.messages)


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
async def test_what_was_said_is_known_after_a_restart_and_to_nobody_else(
    tmp_path: Path, where: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, model, schema = None, ScriptedModel(answer), ""
    if where == "postgres":
        vectors, schema = Vectors(), "e2e"
        monkeypatch.setenv("LUMOS_TEST_POSTGRES", request.getfixturevalue("dsn"))
    async with host(tmp_path, vectors, model, schema) as opened, person(opened, "ann") as ann:
        await say(ann, "Hello, I live in Lyon", "trip")
        for n in range(4):
            await say(ann, f"The code of door {n} is {n}{n}{n}", "trip")
    async with (
        host(tmp_path, vectors, model, schema) as opened,
        person(opened, "ann") as ann,
        person(opened, "bob") as bob,
    ):
        assert (await ann.get("/v1/threads/trip")).json()["title"] == "A life in Lyon"
        await say(ann, "And now?", "trip")
        told = shown(model)
        assert "<observations>" in told
        assert all(f"{n}{n}{n}" in told for n in range(4)), "noted, or as it was said"
        await say(ann, "What was the code of door 2 again?", "other")
        told = shown(model)
        assert "Lives in Lyon" in told
        assert "The code of door 2 is 222" in told
        await say(bob, "What was the code of door 2 again?", "bobs")
        told = shown(model)
        assert "Lyon" not in told
        assert "222" not in told
        assert (await ann.delete("/v1/threads/trip")).status_code == 204
        await say(ann, "What was the code of door 2 again?", "another")
        assert "222" not in shown(model), "what was deleted is not recalled"


async def test_the_embedded_model_finds_what_was_said_in_other_words(tmp_path: Path) -> None:
    model = ScriptedModel("Noted.")
    agent = Agent("a", model="test/chat", memory=["remember.recall"])
    settings = {"remember": {"settings": {"recall": {"limit": 1, "before": 0, "after": 0}}}}
    async with open_host(tmp_path, model, agents=[agent], plugins=settings) as opened:
        try:
            await opened.embed(["hello"], model="local/minilm")
        except ModelError as e:
            pytest.skip(f"the embedded model is not here: {e.message}")
        for text in ("My sister works as a nurse", "The rent is due on Monday", "I am allergic to peanuts"):
            await opened.run("a", text, thread="t")
        await opened.run("a", "Good bye", thread="t")  # begins when the last is noted
        await opened.run("a", "Which food must I never eat?", thread="other")
        assert "allergic to peanuts" in shown(model)
        await opened.run("a", "What does somebody in my family do for a living?", thread="another")
        assert "nurse" in shown(model)


async def test_a_person_is_forgotten(tmp_path: Path) -> None:
    vectors, model = None, ScriptedModel(answer)
    async with host(tmp_path, vectors, model) as opened, person(opened, "ann") as ann, person(opened, "bob") as bob:
        for client, where in ((ann, "Lyon"), (bob, "Turin")):
            await say(client, f"Hello, I live in {where}", f"in-{where}")
    async with host(tmp_path, vectors, model) as opened:
        command = opened.registry.get("command", "remember.memory")
        parsed = _parsed(command.obj, "forget", "ann", "--tenant", "t", "--yes")
        assert await command.obj.run(parsed, command.generation.context) == 0
    async with host(tmp_path, vectors, model) as opened, person(opened, "ann") as ann, person(opened, "bob") as bob:
        assert (await ann.get("/v1/threads")).json()["data"] == []
        await say(ann, "Where do I live?", "new")
        assert "Lyon" not in shown(model)
        await say(bob, "Where do I live?", "new-bob")
        assert "Lives in Turin" in shown(model)
        store = opened.services.vectors()
        texts = [i.text for c in await store.collections() for i in await store.items(c.name)]
        assert any("Turin" in t for t in texts)
        assert not any("Lyon" in t for t in texts)


def _parsed(command: MemoryCommand, *line: str) -> Any:
    from argparse import ArgumentParser

    parser = ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(line)

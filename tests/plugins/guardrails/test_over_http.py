"""Guardrails while an answer streams over HTTP: data comes back to whoever asked, secrets in pieces never do."""

# ruff: noqa: PLR2004
from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest

KEY = "AKIAIOSFODNN7EXAMPLE"


def answer(request: ModelRequest) -> str:
    return f"I wrote to {request.messages[-1].text.split()[-1]}, the key is {KEY}, and all is well."


@pytest.mark.parametrize("path", ["/v1/agents/a/runs", "/v1/chat/completions"])
async def test_what_is_streamed_is_restored_and_withheld(tmp_path: Path, path: str) -> None:
    model = ScriptedModel(answer, chunk_size=3)
    agent = Agent("a", model="test/m", processors=["guardrails.pii", "guardrails.secrets"])
    async with open_host(tmp_path, model, agents=[agent]) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        body = {"input": "Write to ada@example.com", "stream": True}
        if path.endswith("completions"):
            said = [{"role": "user", "content": body["input"]}]
            body = {"model": "a", "messages": said, "stream": True}
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            text = (await client.post(path, json=body)).text
        data = [line[5:].strip() for line in text.splitlines() if line.startswith("data:")]
        events = [json.loads(d) for d in data if d != "[DONE]"]
        if path.endswith("completions"):
            pieces = [e["choices"][0]["delta"].get("content") or "" for e in events]
        else:
            pieces = [e["text"] for e in events if e["type"] == "model.delta"]
        assert sum(map(bool, pieces)) >= 5, "it came piece by piece"
        assert "".join(pieces) == "I wrote to ada@example.com, the key is [secret withheld], and all is well."
        assert KEY not in text
        assert "ada@example.com" not in model.requests[0].messages[-1].text

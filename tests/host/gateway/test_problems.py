"""What is said when something goes wrong, and what is not."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from lumosai import Agent
from lumosai.gateway.problems import recorded
from lumosai_sdk.errors import LumosError, PluginError, StorageError

Open = Callable[..., Any]


async def test_unknown_paths_and_methods_are_problems(gateway: Open) -> None:
    async with gateway() as g:
        for path in ("/nowhere", "/v1", "/v1/agents/", "/v2/agents", "//v1/agents"):
            response = await g.client.get(path)
            assert (response.status_code, response.json()["code"]) == (404, "not_found"), path
        wrong = await g.client.put("/v1/agents")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
        assert wrong.headers["allow"] == "GET, HEAD"
        openai = await g.client.get("/v1/chat/completions")
        assert (openai.status_code, openai.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/v1/agents/echo/runs", "/v1/chat/completions"])
async def test_a_bug_is_told_by_id_and_logged_by_name(
    gateway: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    async def bug(*_: object) -> None:
        raise ZeroDivisionError("/srv/lumos/secret.py")

    async with gateway() as g:
        monkeypatch.setattr(g.host.runs, "run", bug)
        body = {"input": "x"} if "agents" in path else {"model": "echo", "messages": [{"role": "user", "content": "x"}]}
        with caplog.at_level(logging.ERROR, "lumosai.gateway"):
            response = await g.client.post(path, json=body)
        assert response.status_code == 500
        assert "secret" not in response.text
        assert "Traceback" not in response.text
        request_id = response.headers["x-request-id"]
        assert request_id in response.text
        assert request_id in caplog.text
        assert "ZeroDivisionError" in caplog.text


async def test_a_bug_in_a_stream_is_its_last_event(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as g:
        real = g.host.runs.stream

        async def broken(request: Any) -> Any:
            async for event in real(request):
                yield event
                raise ZeroDivisionError("/srv/lumos/secret.py")

        monkeypatch.setattr(g.host.runs, "stream", broken)
        plain = await g.run(stream=True)
        assert "event: error" in plain.text
        body = {"model": "echo", "messages": [{"role": "user", "content": "x"}], "stream": True}
        chat = await g.client.post("/v1/chat/completions", json=body)
        assert '"error":{"message"' in chat.text
        assert "secret" not in plain.text + chat.text


async def test_a_request_id_of_the_client_is_kept_if_it_is_one(gateway: Open) -> None:
    async with gateway() as g:
        given = await g.client.get("/v1/agents", headers={"x-request-id": "trace-12345678"})
        assert given.headers["x-request-id"] == "trace-12345678"
        for odd in ("short", "x" * 65, "a b c d e f g h", "<script>1"):
            other = await g.client.get("/v1/agents", headers={"x-request-id": odd})
            assert other.headers["x-request-id"].startswith("req_")


async def test_a_plugin_that_is_off_is_503_with_what_to_do(gateway: Open) -> None:
    agent = Agent("sum", model="scripted/tool", tools=["calculator.evaluate"])
    async with gateway(agent, plugins={"calculator": {"enabled": False}}) as g:
        response = await g.run("1+1", agent="sum")
        assert (response.status_code, response.json()["code"]) == (503, "plugin_unavailable")
        assert response.json()["hint"] == "lumos plugin info calculator"
        assert response.headers["retry-after"]


def test_an_error_from_a_record_is_the_error_it_was() -> None:
    full = StorageError("full", hint="make room")
    again = recorded(full.to_json())
    assert type(again) is StorageError
    assert (again.message, again.hint, again.status) == ("full", "make room", 503)
    failed = recorded(PluginError("p", "tool", "why").to_json())
    assert isinstance(failed, PluginError)
    assert (type(failed), failed.plugin) == (PluginError, "p")
    assert type(recorded({"code": "of another version", "message": "x"})) is LumosError

    class LateError(StorageError):
        code = "late"

    assert type(recorded(LateError("x").to_json())) is LateError

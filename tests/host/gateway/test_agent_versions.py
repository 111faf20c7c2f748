"""Versions of agents over HTTP: drafted, compared, asked, published and restored, each by whom it may be."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lumosai import Host
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

FILE = """\
[host]
data_dir = "data"

[server]
auth = ["words"]

[agents.poet]
model = "scripted/echo"  # for now
"""
WORDS = {
    "editor": frozenset({"config.read", "config.manage", "agent.read", "agent.run", "agent.preview"}),
    "tester": frozenset({"agent.read", "agent.run", "agent.preview"}),
    "reader": frozenset({"config.read"}),
    "guest": frozenset({"agent.read", "agent.run"}),
}
VERSIONS = "/v1/agents/poet/versions"


class Words:
    """Knows callers by a word."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        word = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(word, scopes=WORDS[word]) if word in WORDS else None


class Client:
    """Asks as somebody."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def __call__(self, method: str, path: str, body: Any = None, who: str = "editor") -> httpx2.Response:
        headers = {"authorization": f"Bearer {who}", "content-type": "application/json"}
        return await self._http.request(method, path, content=json.dumps(body), headers=headers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lumos.toml"
    path.write_text(FILE)
    return path


def said(file: Path) -> str:
    return file.read_text()


@pytest.fixture
async def ask(file: Path) -> AsyncIterator[Client]:
    async with Host(file) as host:
        contribute(host, "auth", "words", Words())
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
            yield Client(http)


async def test_from_a_draft_to_what_holds_and_back(ask: Client, file: Path) -> None:
    assert (await ask("GET", VERSIONS)).json() == {"data": []}
    made = await ask("POST", VERSIONS, {"config": {"instructions": "Rhyme."}, "note": "rhymes"})
    assert made.status_code == 201, made.text
    assert made.json()["id"] == "poet@2"
    assert (made.json()["state"], made.json()["author"]) == ("draft", "editor")
    assert said(file) == FILE

    compared = (await ask("GET", f"{VERSIONS}/2/changes")).json()
    assert (compared["base"], compared["number"]) == (1, 2)
    assert compared["changes"] == [{"key": "instructions", "was": None, "now": "Rhyme."}]
    assert '+instructions = "Rhyme."' in compared["diff"].splitlines()

    assert (await ask("POST", "/v1/agents/poet@2/runs", {"input": "sea"})).json()["agent"] == "poet@2"
    published = (await ask("POST", f"{VERSIONS}/2/publish")).json()
    assert (published["state"], published["number"]) == ("holds", 2)
    assert "# for now" in said(file)
    assert "Rhyme." in said(file)
    again = await ask("POST", f"{VERSIONS}/2/publish")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")

    restored = (await ask("POST", f"{VERSIONS}/1/restore")).json()
    assert (restored["number"], restored["state"], restored["note"]) == (3, "holds", "restores poet@1")
    assert said(file) == FILE
    listed = (await ask("GET", VERSIONS)).json()["data"]
    assert [(v["number"], v["state"]) for v in listed] == [(3, "holds"), (2, "published"), (1, "published")]
    assert (await ask("GET", f"{VERSIONS}/2")).json()["config"]["instructions"] == "Rhyme."


async def test_wherever_an_agent_is_named_a_version_may_be(ask: Client) -> None:
    await ask("POST", VERSIONS, {"config": {"tools": ["time.*"]}})
    assert (await ask("GET", "/v1/agents/poet@2")).json()["tools"] == ["time.*"]
    said = {"model": "poet@2", "messages": [{"role": "user", "content": "sea"}]}
    for body in (said, {**said, "stream": True}):
        answer = await ask("POST", "/v1/chat/completions", body)
        assert answer.status_code == 200, answer.text
        assert "sea" in answer.text
    answer = await ask("POST", "/v1/responses", {"model": "poet@2", "input": "sea"})
    assert answer.json()["output"][0]["content"][0]["text"] == "sea"


@pytest.mark.parametrize(
    ("who", "read", "write", "run"),
    [("editor", 200, 201, 200), ("tester", 403, 403, 200), ("reader", 200, 403, 403), ("guest", 403, 403, 403)],
)
async def test_each_needs_scopes_of_its_own(ask: Client, who: str, read: int, write: int, run: int) -> None:
    await ask("POST", VERSIONS, {"config": {"instructions": "Rhyme."}})
    for path in (VERSIONS, f"{VERSIONS}/2", f"{VERSIONS}/2/changes"):
        assert (await ask("GET", path, who=who)).status_code == read
    assert (await ask("POST", VERSIONS, {"config": {"history": 1}}, who)).status_code == write
    for version in ("poet@1", "poet@2"):
        assert (await ask("POST", f"/v1/agents/{version}/runs", {"input": "sea"}, who)).status_code == run
        body = {"model": version, "messages": [{"role": "user", "content": "sea"}]}
        assert (await ask("POST", "/v1/chat/completions", body, who)).status_code == run
    if write == 403:
        assert (await ask("POST", f"{VERSIONS}/2/publish", who=who)).status_code == 403
        assert (await ask("POST", f"{VERSIONS}/1/restore", who=who)).status_code == 403


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"temperature": 9}, "config.temperature"),
        ({"instruction": "x"}, "config.instruction"),
        ({"tools": ["timely.*"]}, "config.tools"),
        ({"model": "nobody/at-all"}, "config.model"),
    ],
)
async def test_what_is_wrong_is_told_by_its_key(ask: Client, file: Path, config: dict[str, Any], field: str) -> None:
    answer = await ask("POST", VERSIONS, {"config": config})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(field), answer.text
    assert said(file) == FILE


@pytest.mark.parametrize("number", ["0", "9", "x", "-1", "1.5", "99999999999999", "2%0A", "%C2%B2"])
async def test_a_number_that_is_none_is_not_found(ask: Client, number: str) -> None:
    await ask("POST", VERSIONS, {"config": {"history": 1}})
    for method, path in (("GET", ""), ("GET", "/changes"), ("POST", "/publish"), ("POST", "/restore")):
        assert (await ask(method, f"{VERSIONS}/{number}{path}")).status_code == 404


async def test_bodies_that_are_made_to_do_harm(ask: Client, file: Path) -> None:
    deep: Any = {}
    for _ in range(400):
        deep = {"a": deep}
    for config in ({"output_schema": deep}, {"instructions": "x" * 300_000}, {"description": "\ud800"}):
        answer = await ask("POST", VERSIONS, {"config": config})
        assert answer.status_code in {400, 422}, answer.text
    for path in ("/v1/agents/nobody/versions", "/v1/agents/poet%22%5D/versions", "/v1/agents/poet@2/versions"):
        assert (await ask("POST", path, {"config": {"history": 1}})).status_code == 404
    assert said(file) == FILE

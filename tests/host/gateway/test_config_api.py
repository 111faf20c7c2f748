"""The configuration over HTTP: told without secrets, changed in the file and at once, by whom it may be."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lumosai import Host
from lumosai.gateway.app import create_app
from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

FILE = """\
# Ours: ask before you change it.
[host]
data_dir = "data"

[storage]
use = "memory"

[server]
auth = ["words"]

[limits]
steps = 4  # enough

[agents.echo]
model = "scripted/echo"
tools = ["time.*"]

[plugins.openai.settings]
base_url = "https://someone:hunter2@api.example.org/v1"
api_key = "env:OPENAI_API_KEY"
headers = { x-secret-token = "hunter2" }
"""
WORDS = {
    "owner": frozenset({"*"}),
    "editor": frozenset({"config.read", "config.manage", "plugin.manage", "agent.read", "agent.run"}),
    "writer": frozenset({"config.read", "config.manage"}),
    "reader": frozenset({"config.read"}),
    "nobody": frozenset({"agent.run", "plugin.manage"}),
}
Client = httpx2.AsyncClient


class Words:
    """Knows callers by a word."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        word = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(word, scopes=WORDS[word]) if word in WORDS else None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lumos.toml"
    put(path, FILE)
    path.chmod(0o640)
    return path


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def said(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


Open = Callable[..., AbstractAsyncContextManager[tuple[Host, Client]]]


@pytest.fixture
def opened(file: Path) -> Open:
    @asynccontextmanager
    async def opening(word: str = "owner") -> AsyncIterator[tuple[Host, Client]]:
        async with Host(file) as host:
            contribute(host, "auth", "words", Words())
            transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
            head = {"authorization": f"Bearer {word}"}
            async with Client(transport=transport, base_url="http://localhost", headers=head) as client:
                yield host, client

    return opening


async def change(client: Client, patch: Any, tag: str | None = None, **head: str) -> httpx2.Response:
    """Send a merge patch against the configuration as it is, or as *tag* says it was."""
    if tag is None:
        owner = {"authorization": "Bearer owner"}
        tag = (await client.get("/v1/config", headers=owner)).headers["etag"]
    return await client.patch("/v1/config", json=patch, headers={"if-match": tag, **head})


async def test_it_is_told_without_secrets(opened: Open) -> None:
    async with opened("reader") as (_, client):
        answer = await client.get("/v1/config")
        told = answer.json()
        assert told["file"] == "lumos.toml"
        assert told["config"]["limits"]["steps"] == 4
        assert told["config"]["plugins"]["openai"]["settings"]["api_key"] == "env:OPENAI_API_KEY"
        assert "hunter2" not in answer.text
        assert "problem" not in told
        again = await client.get("/v1/config", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_settings_that_no_schema_explains_are_told_as_secrets(opened: Open, file: Path) -> None:
    put(file, FILE + '[plugins.gone.settings]\nwhere = "hunter2"\nref = "env:KEY"\n')
    async with opened("reader") as (_, client):
        answer = await client.get("/v1/config")
        assert "hunter2" not in answer.text
        assert answer.json()["config"]["plugins"]["gone"]["settings"]["ref"] == "env:KEY"


@pytest.mark.parametrize(("word", "read", "write"), [("nobody", 403, 403), ("reader", 200, 403), ("editor", 200, 200)])
async def test_it_needs_scopes_of_its_own(opened: Open, word: str, read: int, write: int) -> None:
    async with opened(word) as (_, client):
        assert (await client.get("/v1/config")).status_code == read
        assert (await client.get("/v1/config/schema")).status_code == read
        assert (await change(client, {"limits": {"steps": 5}})).status_code == write


async def test_a_change_is_written_and_holds_at_once(opened: Open, file: Path) -> None:
    async with opened("editor") as (host, client):
        patch = {
            "limits": {"steps": 9},
            "agents": {"echo": {"tools": None, "description": "Says it again"}, "second": {"model": "scripted/echo"}},
            "models": {"aliases": {"fast": "scripted/echo"}},
        }
        answer = await change(client, patch)
        assert answer.status_code == 200, answer.text
        assert answer.json()["config"]["limits"]["steps"] == 9
        assert answer.json()["waiting"] == []
        assert answer.headers["etag"] == (await client.get("/v1/config")).headers["etag"]
        text = said(file)
        assert "# Ours: ask before you change it." in text
        assert "steps = 9 # enough" in text.replace("  #", " #")
        assert host.config.limits.steps == 9
        assert (await client.get("/v1/agents/echo")).json()["tools"] == []
        run = await client.post("/v1/agents/second/runs", json={"input": "there"})
        assert run.json()["text"] == "there"
        assert (await change(client, {"agents": {"second": None}})).status_code == 200
        assert (await client.post("/v1/agents/second/runs", json={"input": "x"})).status_code == 404
        assert mode(file) == 0o640


async def test_the_same_by_its_own_media_type(opened: Open) -> None:
    async with opened() as (host, client):
        tag = (await client.get("/v1/config")).headers["etag"]
        head = {"if-match": tag, "content-type": "application/merge-patch+json"}
        assert (await client.patch("/v1/config", content='{"limits": {"steps": 7}}', headers=head)).status_code == 200
        assert host.config.limits.steps == 7
        plain = await client.patch("/v1/config", content="{}", headers={**head, "content-type": "text/plain"})
        assert plain.status_code == 415


async def test_what_nobody_looked_at_is_not_overwritten(opened: Open, file: Path) -> None:
    async with opened() as (_, client):
        blind = await client.patch("/v1/config", json={"limits": {"steps": 5}})
        assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
        seen = (await client.get("/v1/config")).headers["etag"]
        put(file, FILE + "\n# somebody was here\n")
        late = await change(client, {"limits": {"steps": 5}}, seen)
        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        weak = await change(client, {"limits": {"steps": 5}}, f"W/{(await client.get('/v1/config')).headers['etag']}")
        assert weak.status_code == 412
        assert "steps = 4" in said(file)
        assert (await change(client, {"limits": {"steps": 5}}, '"other", *')).status_code == 412
        assert (await change(client, {"limits": {"steps": 5}}, "*")).status_code == 200


async def test_of_two_at_once_one_is_told_to_look_again(opened: Open) -> None:
    async with opened() as (host, client):
        tag = (await client.get("/v1/config")).headers["etag"]
        answers = await asyncio.gather(*(change(client, {"limits": {"steps": 10 + i}}, tag) for i in range(4)))
        assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
        won = next(i for i, a in enumerate(answers) if a.status_code == 200)
        assert host.config.limits.steps == 10 + won


async def test_another_process_that_is_at_it_is_not_disturbed(opened: Open, file: Path) -> None:
    async with opened() as (_, client):
        other = os.open(file.parent, os.O_RDONLY)
        fcntl.flock(other, fcntl.LOCK_EX)
        busy = await change(client, {"limits": {"steps": 5}})
        assert (busy.status_code, busy.json()["code"]) == (409, "conflict")
        os.close(other)
        assert (await change(client, {"limits": {"steps": 5}})).status_code == 200


WRONG = {
    "limits.steps": {"limits": {"steps": 0}},
    "limits.stepps": {"limits": {"stepps": 3}},
    "limits": {"limits": 3},
    "nonsense": {"nonsense": {"a": 1}},
    "agents.no name": {"agents": {"no name": {}}},
    "agents.echo.model": {"agents": {"echo": {"model": "nobody/at-all"}}},
    "agents.echo.tools": {"agents": {"echo": {"tools": ["timely.*"]}}},
    "agents.echo.approve": {"agents": {"echo": {"approve": ["calculator.*"]}}},
    "models.default": {"models": {"default": "fsat"}},
    "plugins.sqlite.settings": {"plugins": {"sqlite": {"settings": {"retention_days": "many"}}}},
    "plugins.nothing": {"plugins": {"nothing": {"enabled": True}}},
    "plugins.time.enabled": {"plugins": {"time": {"enabled": "perhaps"}}},
}


async def test_a_wrong_value_is_told_by_its_key_and_nothing_is_written(opened: Open, file: Path) -> None:
    async with opened() as (host, client):
        before = host.config
        for key, patch in WRONG.items():
            answer = await change(client, patch)
            assert answer.status_code == 422, (key, answer.text)
            assert any(e["field"].startswith(key) for e in answer.json()["errors"]), (key, answer.text)
            assert said(file) == FILE
            assert host.config is before
        for body in ("[]", "3", "null"):
            head = {"if-match": "*", "content-type": "application/json"}
            assert (await client.patch("/v1/config", content=body, headers=head)).status_code == 422
        in_list = await change(client, {"agents": {"echo": {"tools": [None]}}})
        assert (in_list.status_code, said(file)) == (422, FILE)


# What would let a caller who may change settings do more than that: each is the owner's alone.
OWNERS: list[Any] = [
    {"server": {"auth": []}},
    {"server": {"host": "0.0.0.0"}},
    {"server": {"cors": {"origins": ["https://evil.example"]}}},
    {"server": None},
    {"server": {}},
    {"host": {"plugin_paths": ["/tmp/evil"]}},
    {"storage": {"use": "sqlite"}},
    {"sandbox": {"tier": "in-process"}},
    {"marketplace": {"index": "https://evil.example/"}},
    {"plugins": None},
    {"plugins": {"http": None}},
    {"plugins": {"http": {}}},
    {"plugins": {"http": {"grant": {"http": ["* https://*/*"]}}}},
    {"plugins": {"http": {"limits": {"time": "1h"}}}},
    {"plugins": {"http": {"enabled": True, "grant": {"http": ["* https://*/*"]}}}},
    {"plugins": {"openai": {"settings": {"base_url": "https://evil.example/v1"}}}},
    {"plugins": {"openai": {"settings": {"api_key": "file:/etc/passwd"}}}},
    {"plugins": {"openai": {"settings": None}}},
    {"plugins": {"jwt": {"settings": {"issuer": "https://evil.example"}}}},
    {"plugins": {"keys": {"enabled": False}}},
    {"plugins": {"sqlite": {"settings": {"path": "/etc/cron.d/x"}}}},
    {"plugins": {"nothing": {"settings": {"a": 1}}}},
    {"limits": {"steps": 5}, "server": {"auth": []}},
    {"": {"a": 1}},
]


@pytest.mark.parametrize("word", ["editor", "writer"])
async def test_only_an_owner_changes_what_the_host_stands_on(opened: Open, file: Path, word: str) -> None:
    async with opened(word) as (_, client):
        for patch in OWNERS:
            answer = await change(client, patch)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied"), (patch, answer.text)
            assert said(file) == FILE


async def test_plugins_need_the_right_to_manage_them_too(opened: Open) -> None:
    patch = {"plugins": {"calculator": {"enabled": False}}}
    async with opened("writer") as (host, client):
        refused = await change(client, patch)
        assert (refused.status_code, "plugin.manage" in refused.text) == (403, True)
        editor = await change(client, patch, authorization="Bearer editor")
        assert editor.status_code == 200, editor.text
        assert host.plugins.get("calculator").state == "disabled"
        on = await change(client, {"plugins": {"calculator": {"enabled": True}}}, authorization="Bearer editor")
        assert on.status_code == 200
        assert host.plugins.get("calculator").state == "enabled"


async def test_an_owner_changes_the_rest_and_is_told_what_waits(opened: Open, file: Path) -> None:
    async with opened() as (host, client):
        answer = await change(client, {"server": {"port": 9999}, "limits": {"steps": 5}})
        assert answer.json()["waiting"] == ["[server] port"]
        assert answer.json()["config"]["server"]["port"] == 8642
        assert host.config.limits.steps == 5
        assert (await client.get("/v1/config")).json()["waiting"] == ["[server] port"]
        grant = {"plugins": {"http": {"grant": {"http": ["GET https://api.example.org/*"]}}}}
        assert (await change(client, grant)).status_code == 200
        held = (await client.get("/v1/plugins/http/permissions")).json()
        assert held["effective"] == {"http": ["GET https://api.example.org/*"]}
        assert "port = 9999" in said(file)


async def test_what_the_environment_says_otherwise_is_told(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_LIMITS__STEPS", "3")
    async with opened() as (host, client):
        answer = await change(client, {"limits": {"steps": 9, "retries": 1}})
        assert answer.json()["overridden"] == ["limits.steps"]
        assert (host.config.limits.steps, host.config.limits.retries) == (3, 1)


async def test_a_file_that_is_broken_is_told_and_left_alone(opened: Open, file: Path) -> None:
    async with opened() as (host, client):
        put(file, "[limits\nsteps = 3")
        told = (await client.get("/v1/config")).json()
        assert told["problem"]["code"] == "config"
        assert told["config"]["limits"]["steps"] == 4
        refused = await change(client, {"limits": {"steps": 5}})
        assert refused.status_code == 422
        assert said(file) == "[limits\nsteps = 3"
        assert host.config.limits.steps == 4


async def test_a_change_that_cannot_be_gone_by_is_taken_back(
    opened: Open, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing() -> None:
        raise ConfigError("not today")

    async with opened() as (host, client):
        monkeypatch.setattr(host, "reload_config", failing)
        assert (await change(client, {"limits": {"steps": 5}})).status_code == 500
        assert said(file) == FILE


async def test_text_that_means_harm_is_written_as_text(opened: Open, file: Path) -> None:
    evil = "\"\"\"\n[server]\nauth = []\n'''\\u0000"
    async with opened() as (host, client):
        answer = await change(client, {"agents": {"echo": {"instructions": evil}}})
        assert answer.status_code == 200, answer.text
        assert host.config.agents["echo"].instructions == evil
        assert host.config.server.auth == ["words"]
        written = said(file)
        many = {f"a{i}": "scripted/echo" for i in range(300)}
        deep: Any = 1
        for _ in range(150):
            deep = {"a": deep}
        for patch in (
            {"agents": {"echo": {"instructions": "x" * (1 << 18)}}},
            {"models": {"aliases": many}},
            {"agents": deep},
        ):
            refused = await change(client, patch)
            assert (refused.status_code, said(file)) == (422, written)


async def test_the_schema_takes_what_stands_there(opened: Open) -> None:
    async with opened("reader") as (_, client):
        schema = (await client.get("/v1/config/schema")).json()
        assert "base_url" in str(schema["properties"]["plugins"]["properties"]["openai"])
        assert Validator(schema).errors({"limits": {"steps": 3}}) == []
        assert Validator(schema).errors({"limits": {"steps": "many"}})


async def test_a_host_without_a_file_has_nothing_to_change(gateway: Any) -> None:
    async with gateway() as g:
        g.host.loaded = type(g.host.loaded)(g.host.config, None)
        assert (await g.client.get("/v1/config")).json()["file"] is None
        refused = await g.client.patch("/v1/config", json={"limits": {"steps": 3}}, headers={"if-match": "*"})
        assert (refused.status_code, refused.json()["hint"]) == (409, "lumos init")


GUARD = """
from lumosai_sdk import hookimpl

@hookimpl
def lumos_authorize(principal: object, action: str, resource: str) -> None:
    return None
"""


async def test_plugins_that_guard_are_the_owner_s(opened: Open, site: Any) -> None:
    site.install("guard", head='hooks = ["lumos_authorize"]\n', manifest="", files={"hooks.py": GUARD})
    site.install("broken", manifest="[contributes]\nnonsense = 3\n")
    async with opened("editor") as (_, client):
        for name in ("guard", "broken"):
            answer = await change(client, {"plugins": {name: {"enabled": False}}})
            assert answer.status_code == 403, (name, answer.text)

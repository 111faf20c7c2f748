"""Servers that want OAuth: a person logs in once, the host refreshes, and no token goes where it was not meant to."""

# ruff: noqa: PLR2004 - a mode of a file says what it is
from __future__ import annotations

import asyncio
import json
import logging
import stat
import time
from argparse import Namespace
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.plugins.mcp.authority import Authority, authority

from lumosai_plugins.mcp import looking
from lumosai_plugins.mcp.oauth import provider, tokens
from lumosai_plugins.mcp.settings import OAuth, ServerSettings
from lumosai_plugins.mcp.web import Guard
from lumosai_sdk import PluginContext
from lumosai_sdk.errors import ConfigError, LumosError, ToolError

if TYPE_CHECKING:
    from tests.plugins.mcp.conftest import Open

TOOL = "mcp.cal.agenda"


@pytest.fixture
async def peer() -> AsyncIterator[Authority]:
    async with authority() as made:
        yield made


def servers(peer: Authority, **oauth: Any) -> dict[str, Any]:
    return {"cal": {"url": peer.url, "oauth": oauth, "trust_on_first_use": True}}


def kept(tmp_path: Path) -> Path:
    return tmp_path / "lumos-data" / "plugins" / "mcp" / "oauth" / "cal.json"


async def log_in(peer: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **oauth: Any) -> str:
    """Run ``lumos mcp login cal`` with a browser behind it, and return what it printed."""
    said: list[str] = []
    visits: list[asyncio.Task[Any]] = []

    async def visit(url: str) -> None:
        async with httpx2.AsyncClient(follow_redirects=True, trust_env=False) as browser:
            await browser.get(url)

    def say(text: str) -> None:
        said.append(text)
        if "\n" in text:
            visits.append(asyncio.create_task(visit(text.split("\n")[1])))

    monkeypatch.setattr(looking, "say", say)
    context = PluginContext(
        "mcp", settings={"servers": servers(peer, **oauth)}, data_dir=kept(tmp_path).parent.parent, base=tmp_path
    )
    try:
        await looking.login(Namespace(server="cal"), context)
    finally:
        await asyncio.gather(*visits)
    return "\n".join(said)


async def test_a_person_logs_in_once(
    peer: Authority, with_servers: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = await log_in(peer, tmp_path, monkeypatch)
    assert said.endswith("logged in to cal")
    assert "access-" not in said
    assert stat.S_IMODE(kept(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(tmp_path).parent.stat().st_mode) == 0o700
    assert peer.resources == [peer.url], "the token is for this server alone (RFC 8707)"
    for _ in range(2):
        async with with_servers(servers(peer), agents=[]) as host:
            assert "lunch" in str(await host.call_tool(TOOL, {}))
    assert (peer.grants, len(peer.registered)) == (["authorization_code"], 1)


async def test_a_token_that_ended_is_refreshed_by_a_new_process(
    peer: Authority, with_servers: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(peer, tmp_path, monkeypatch)
    found = json.loads(kept(tmp_path).read_text())
    kept(tmp_path).write_text(json.dumps({**found, "expires_at": 1.0}))
    peer.good = set()
    async with with_servers(servers(peer), agents=[]) as host:
        assert "lunch" in str(await host.call_tool(TOOL, {}))
    assert peer.grants == ["authorization_code", "refresh_token"]
    assert not [t for t in (*peer.seen["mcp"], *peer.seen["elsewhere"]) if "refresh" in t]
    assert json.loads(kept(tmp_path).read_text())["tokens"]["refresh_token"] == "refresh-2"
    assert stat.S_IMODE(kept(tmp_path).stat().st_mode) == 0o600


async def test_a_token_that_ends_while_the_host_runs_is_refreshed(
    peer: Authority, with_servers: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(peer, tmp_path, monkeypatch)
    async with with_servers(servers(peer), agents=[]) as host:
        await host.call_tool(TOOL, {})
        peer.expires_in = 7200
        later = SimpleNamespace(time=lambda: time.time() + 3700)
        monkeypatch.setattr("mcp.client.auth.oauth2.time", later)
        assert "lunch" in str(await host.call_tool(TOOL, {}))
    assert peer.grants == ["authorization_code", "refresh_token"]
    assert peer.seen["mcp"][-1] == "access-2"


@pytest.mark.parametrize("has_ended", [True, False])
async def test_a_token_that_was_taken_back_says_which_command_helps(
    peer: Authority,
    with_servers: Open,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    has_ended: bool,
) -> None:
    caplog.set_level(logging.DEBUG)
    await log_in(peer, tmp_path, monkeypatch)
    async with with_servers(servers(peer), agents=[]) as host:
        await host.call_tool(TOOL, {})
    if has_ended:
        found = json.loads(kept(tmp_path).read_text())
        kept(tmp_path).write_text(json.dumps({**found, "expires_at": 1.0}))
    peer.revoke()
    async with with_servers(servers(peer), agents=[]) as host:
        with pytest.raises(LumosError) as e:
            await host.call_tool(TOOL, {})
    assert "lumos mcp login cal" in f"{e.value.message} {e.value.hint}"
    told = f"{e.value.message} {e.value.hint} {caplog.text}"
    assert not [secret for secret in ("access-1", "refresh-1") if secret in told]


async def test_without_a_login_it_says_which_command_helps(peer: Authority, tmp_path: Path) -> None:
    server = ServerSettings("cal", url=peer.url, oauth=OAuth())
    with pytest.raises(LumosError) as e:
        await looking.offered_by(server, PluginContext("mcp", data_dir=tmp_path))
    assert "lumos mcp login cal" in f"{e.value.message} {e.value.hint}"
    assert not peer.grants


async def test_an_answer_to_another_login_is_refused(
    peer: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer.state = "of-somebody-else"
    with pytest.raises(ToolError, match="State parameter mismatch"):
        await log_in(peer, tmp_path, monkeypatch)
    assert not peer.grants
    assert "tokens" not in json.loads(kept(tmp_path).read_text())


async def test_no_token_follows_a_redirect_to_another_origin(
    peer: Authority, with_servers: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(peer, tmp_path, monkeypatch)
    async with with_servers(servers(peer), agents=[]) as host:
        await host.call_tool(TOOL, {})
    peer.redirect = f"{peer.issuer}/elsewhere"
    async with with_servers(servers(peer), agents=[]) as host:
        with pytest.raises(LumosError):
            await host.call_tool(TOOL, {})
    assert not [t for t in peer.seen["elsewhere"] if "access-" in t]


async def test_a_server_that_moved_does_not_get_anothers_token(
    peer: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log_in(peer, tmp_path, monkeypatch)
    moved = ServerSettings("cal", url="https://other.example/rpc", oauth=OAuth())
    here = ServerSettings("cal", url=peer.url, oauth=OAuth())
    assert await tokens(here, kept(tmp_path).parent.parent).get_tokens() is not None
    assert await tokens(moved, kept(tmp_path).parent.parent).get_tokens() is None


async def test_a_registered_client_is_used(peer: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await log_in(peer, tmp_path, monkeypatch, client_id="mine", issuer=peer.issuer)
    assert (peer.clients, peer.registered) == (["mine"], [])


async def test_its_secret_goes_to_no_other_authority(
    peer: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolError, match=r"elsewhere than at https://right\.example"):
        await log_in(peer, tmp_path, monkeypatch, client_id="mine", issuer="https://right.example")
    assert (peer.clients, peer.grants) == ([], [])


def test_a_registered_client_says_with_whom(tmp_path: Path) -> None:
    server = ServerSettings("cal", url="https://a.example/rpc", oauth=OAuth(client_id="mine"))
    with pytest.raises(ConfigError, match="client_id needs issuer"):
        provider(server, tmp_path)


@pytest.mark.parametrize(
    ("home", "url", "said"),
    [
        ("https://203.0.114.1/rpc", "http://203.0.114.2/token", "only https leaves the server"),
        ("https://203.0.114.1/rpc", "https://127.0.0.1/token", "no public address"),
        ("https://203.0.114.1/rpc", "https://169.254.169.254/latest", "no public address"),
        ("https://203.0.114.1/rpc", "https://[::ffff:10.0.0.1]/token", "no public address"),
        ("http://127.0.0.1:1/rpc", "http://203.0.114.2/token", "only https leaves the server"),
    ],
)
async def test_what_a_server_names_is_not_asked_where_it_may_not_be(home: str, url: str, said: str) -> None:
    sent: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(str(request.url))
        return httpx2.Response(200)

    async with httpx2.AsyncClient(transport=Guard(httpx2.MockTransport(answer), home, 1000)) as http:
        with pytest.raises(httpx2.TransportError, match=said):
            await http.get(url)
    assert sent == []

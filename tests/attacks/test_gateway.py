"""Attacks on the HTTP service: a guard that falls over, details that get out, a log that obeys."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import asyncio
import io
import json
import logging
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.serve import serve
from lumosai_sdk.errors import ModelError
from lumosai_sdk.manifest import RouteContribution
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.http import HttpRequest, HttpResponse

GUARD = """
from lumosai_sdk import hookimpl
from lumosai_sdk.types.auth import Principal

@hookimpl
async def lumos_authenticate(request):
    return Principal("alice", scopes={"*"}) if request.headers.get("authorization") == "Bearer k" else None
"""
KEY = {"authorization": "Bearer k"}
ECHO = Agent("a", model="test/x")
Guarded = Callable[..., AbstractAsyncContextManager[tuple[Any, httpx2.AsyncClient]]]


@asynccontextmanager
async def _served(host: Any) -> AsyncIterator[httpx2.AsyncClient]:
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(host, port=0, on_ready=url.set_result))
    waited: list[asyncio.Future[Any]] = [task, url]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        async with httpx2.AsyncClient(base_url=await url, trust_env=False, timeout=20) as client:
            yield client
    finally:
        task.cancel()
        await asyncio.wait([task])


# --- the guard


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """Return a factory of services in whose plugin path a plugin stands that tells callers apart."""
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "path", [*sys.path])
    package = f"lumos_test_guard_{crc32(str(tmp_path).encode()):x}"

    @asynccontextmanager
    async def opened(
        code: str = GUARD, manifest: str = "", **options: Any
    ) -> AsyncIterator[tuple[Any, httpx2.AsyncClient]]:
        root = tmp_path / "plugs" / package
        root.mkdir(parents=True)
        (root / "__init__.py").write_text("")
        (root / "hooks.py").write_text(code)
        (root / "lumos-plugin.toml").write_text(
            'schema = 1\nname = "guard"\nversion = "1"\napi = ">=1.0,<2"\nhooks = ["lumos_authenticate"]\n' + manifest
        )
        paths = {"plugin_paths": ["plugs"]}
        async with open_host(tmp_path, ScriptedModel("x"), host=paths, **options) as host, _served(host) as http:
            yield host, http

    return opened


async def test_a_guard_lets_in_whom_it_knows(guarded: Guarded) -> None:
    async with guarded() as (_, http):
        assert (await http.get("/v1/agents")).status_code == 401
        assert (await http.get("/v1/agents", headers=KEY)).status_code == 200
        assert (await http.get("/healthz")).status_code == 200


async def test_a_guard_that_is_switched_off_while_serving_leaves_the_door_shut(guarded: Guarded) -> None:
    async with guarded() as (host, http):
        await host.plugins.disable("guard")
        answer = await http.get("/v1/agents", headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (503, "auth_unavailable")
        assert (await http.get("/healthz")).status_code == 200
        await host.plugins.enable("guard")
        assert (await http.get("/v1/agents", headers=KEY)).status_code == 200


async def test_a_guard_that_is_removed_while_serving_leaves_the_door_shut(guarded: Guarded, tmp_path: Path) -> None:
    async with guarded() as (host, http):
        shutil.rmtree(tmp_path / "plugs")
        await host.plugins.refresh()
        assert "guard" not in host.plugins.plugins
        assert (await http.get("/v1/agents")).status_code == 503


@pytest.mark.parametrize(
    ("code", "manifest"),
    [
        ("raise RuntimeError('x')\n", ""),
        (GUARD, "no such key = 1\n"),
        (GUARD, "unknown = 1\n"),
        (GUARD, "[permissions]\nhttp = 5\n"),
    ],
)
async def test_a_guard_that_is_broken_from_the_start_leaves_the_door_shut(
    guarded: Guarded, code: str, manifest: str
) -> None:
    async with guarded(code, manifest) as (host, http):
        assert "broken" in [p.state for p in host.plugins.plugins.values()]
        assert (await http.get("/v1/agents", headers=KEY)).status_code == 503


@pytest.mark.parametrize("options", [{"safe_mode": True}, {"plugins": {"guard": {"enabled": False}}}])
async def test_a_guard_that_may_not_run_leaves_the_door_shut(guarded: Guarded, options: dict[str, Any]) -> None:
    async with guarded(**options) as (_, http):
        assert (await http.get("/v1/agents", headers=KEY)).status_code == 503


async def test_without_a_guard_this_machine_is_the_owner(guarded: Guarded) -> None:
    # A plugin that is broken, but never said that it guards anything.
    async with guarded("", "name = 5") as (host, http):
        [broken] = [p for p in host.plugins.plugins.values() if p.state == "broken"]
        manifest = Path(broken.record["root"]) / "lumos-plugin.toml"
        assert (await http.get("/v1/agents")).status_code == 503
        manifest.write_text("nonsense")
        async with _served(host) as again:
            assert (await again.get("/v1/agents")).status_code == 200


# --- what is withheld


class _Auth:
    def __init__(self, *scopes: str) -> None:
        self._scopes = frozenset(scopes)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        return Principal("alice", scopes=self._scopes)


def _fail(_: object) -> str:
    raise RuntimeError("/home/owner/secret token=INSIDE")


async def _told(http: httpx2.AsyncClient) -> list[str]:
    """Return all that a caller can read of a run whose plugins failed."""
    answer = await http.post("/v1/agents/a/runs", json={"input": "x"})
    told = [answer.text]
    run = f"/v1/runs/{json.loads(told[0])['run_id']}"
    events = {"accept": "text/event-stream"}
    for path, headers in (("/v1/runs", {}), (run, {}), (f"{run}/events", {}), (f"{run}/events", events)):
        told.append((await http.get(path, headers=headers)).text)
    streamed = await http.post("/v1/agents/a/runs", json={"input": "x", "stream": True})
    return [*told, streamed.text]


@pytest.mark.parametrize("models", [["test/x"], ["test/x", "test/y"]])
async def test_what_is_withheld_from_an_answer_is_withheld_from_record_and_stream(
    tmp_path: Path, models: list[str]
) -> None:
    auth = {"auth": ["tok"]}
    async with open_host(tmp_path, ScriptedModel(_fail), agents=[Agent("a", model=models)], server=auth) as host:
        contribute(host, "auth", "tok", _Auth("agent.run", "run.read"))
        async with _served(host) as http:
            told = await _told(http)
    assert [t for t in told if "INSIDE" in t] == []
    assert all("plugin_error" in t and "plugin 'test'" in t for t in told)


async def test_an_owner_reads_why_a_run_failed(tmp_path: Path) -> None:
    async with open_host(tmp_path, ScriptedModel(_fail), agents=[ECHO]) as host, _served(host) as http:
        assert [t for t in await _told(http) if "INSIDE" not in t] == []


async def test_what_a_model_says_is_told_to_everybody(tmp_path: Path) -> None:
    model = ScriptedModel(ModelError("the model is overloaded"))
    async with open_host(tmp_path, model, agents=[ECHO], server={"auth": ["tok"]}) as host:
        contribute(host, "auth", "tok", _Auth("agent.run", "run.read"))
        async with _served(host) as http:
            assert [t for t in await _told(http) if "overloaded" not in t] == []


# --- the log


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Yield what the service's log holds."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger("lumosai").addHandler(handler)
    yield text
    logging.getLogger("lumosai").removeHandler(handler)


EVIL = "\x1b]0;pwned\x07\x9b2J\u202e\nrequest req_forged: all is well\r\u2028request req_forged"


async def test_what_a_model_says_moves_no_cursor_in_the_log(tmp_path: Path, log: io.StringIO) -> None:
    async with open_host(tmp_path, ScriptedModel(ModelError(EVIL)), agents=[ECHO]) as host, _served(host) as http:
        await http.post("/v1/agents/a/runs", json={"input": "x"})
    [line] = log.getvalue().splitlines()
    assert line.startswith("request req_")
    assert "all is well" in line
    assert [c for c in "\x1b\x07\x9b\u202e\r" if c in line] == []


async def test_a_bug_moves_no_cursor_in_the_log_either(
    tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_host(tmp_path, ScriptedModel("x"), agents=[ECHO]) as host, _served(host) as http:

        async def bug(*_: object) -> None:
            raise RuntimeError(EVIL)

        monkeypatch.setattr(type(host.storage), "list_runs", bug)
        assert (await http.get("/v1/runs")).status_code == 500
    first, *traceback, last = log.getvalue().splitlines()
    assert "GET /v1/runs failed" in first
    assert any("RuntimeError" in line for line in traceback)
    assert all(line.startswith("  ") for line in traceback)
    assert "the host failed" in last
    assert [c for c in "\x1b\x07\x9b\u202e\r" if c in log.getvalue()] == []


# --- routes of plugins


class _Route:
    def __init__(self, headers: Any) -> None:
        self._headers = headers

    async def handle(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("x", headers=self._headers)


@pytest.mark.parametrize(
    "headers", [None, ["x-plugin-a"], "x", 5, {"x-plugin-a": None}, {5: "x"}, {"x-plugin-a": "\n"}]
)
async def test_a_route_that_answers_nonsense_is_the_plugins_failure(tmp_path: Path, headers: Any) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host, _served(host) as http:
        contribute(host, "route", "odd.x", _Route(headers), path="/x", methods=["GET"])
        answer = await http.get("/plugins/odd/x")
        assert (answer.status_code, answer.json()["code"]) == (502, "plugin_error")


async def test_a_route_may_answer_with_headers(tmp_path: Path) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host, _served(host) as http:
        contribute(host, "route", "odd.x", _Route({"X-Plugin-A": "b"}), path="/x", methods=["GET"])
        answer = await http.get("/plugins/odd/x")
        assert (answer.status_code, answer.headers["x-plugin-a"]) == (200, "b")


@pytest.mark.parametrize(
    "path",
    ["/" + "{a}" * 9, "/{a}{b}", "/x{a}{b}y", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", "/{a", "/a}", "/{}", "/{a-b}"],
)
def test_a_route_whose_parameters_take_for_ever_to_match_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        RouteContribution(id="x.y", target="a:b", path=path)


@pytest.mark.parametrize("path", ["/", "/a/{b}.json", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}", "/{a}-{b}"])
def test_a_route_may_have_parameters(path: str) -> None:
    assert RouteContribution(id="x.y", target="a:b", path=path).path == path


async def test_a_path_that_almost_fits_is_told_apart_at_once(tmp_path: Path) -> None:
    # What a plugin contributes while it runs has no manifest that could refuse it.
    async with open_host(tmp_path, ScriptedModel("x")) as host, _served(host) as http:
        for name, path in (("many", "/" + "{a}" * 64), ("dashes", "/" + "-".join(["{a}"] * 8) + "!")):
            contribute(host, "route", f"odd.{name}", _Route({}), path=path, methods=["GET"])
        assert (await http.get("/plugins/odd/" + "-" * 20_000 + "/")).status_code == 404
        assert (await http.get("/plugins/odd/" + "-" * 20_000 + "!")).status_code == 200


@pytest.mark.parametrize(
    ("route", "path", "fits"),
    [
        ("/", "/", True),
        ("/", "/x", False),
        ("/a", "/a", True),
        ("/a", "/A", False),
        ("/{a}", "/x", True),
        ("/{a}", "/", False),
        ("/{a}", "/x/y", False),
        ("/{a}.json", "/x.json.json", True),
        ("/{a}.json", "/.json", False),
        ("/{a}-{b}", "/x-y", True),
        ("/{a}-{b}", "/--y", True),
        ("/{a}-{b}", "/---", True),
        ("/{a}-{b}", "/--", False),
        ("/{a}-{b}", "/x-", False),
        ("/v{a}/{b}", "/v1/x", True),
        ("/v{a}/{b}", "/v/x", False),
        ("/{a}.{b}.c", "/1.c", False),
        ("/{a}.{b}.c", "/1.2.c", True),
    ],
)
async def test_which_paths_a_route_serves(tmp_path: Path, route: str, path: str, *, fits: bool) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host, _served(host) as http:
        contribute(host, "route", "odd.x", _Route({}), path=route, methods=["GET"])
        assert (await http.get(f"/plugins/odd{path}")).status_code == (200 if fits else 404)


# --- pages


@pytest.mark.parametrize("scheme", ["chrome-extension", "file", "moz-extension", "xhttp", ""])
async def test_a_page_of_another_scheme_is_no_page_of_the_service(tmp_path: Path, scheme: str) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host, _served(host) as http:
        at = str(http.base_url).removeprefix("http://").rstrip("/")
        assert (await http.get("/v1/agents", headers={"origin": f"{scheme}://{at}"})).status_code == 403
        assert (await http.get("/v1/agents", headers={"origin": f"http://{at}"})).status_code == 200

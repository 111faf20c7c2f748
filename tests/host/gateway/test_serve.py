"""Listening and stopping."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai.gateway import listening as module
from lumosai.gateway.serve import serve
from lumosai_sdk import Principal
from lumosai_sdk.errors import ConfigError, MissingExtraError
from lumosai_sdk.testing.hosts import contribute

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

Open = Callable[..., Any]


@contextmanager
def taken() -> Iterator[int]:
    """Hold a port."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        yield holder.getsockname()[1]


async def test_a_taken_port_is_named_with_its_setting(lumos_host: OpenHost) -> None:
    with taken() as port:
        async with lumos_host() as host:
            with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is taken") as caught:
                await serve(host, port=port)
    assert "[server] port" in str(caught.value.hint)
    assert "LUMOS_SERVER__PORT" in str(caught.value.hint)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.7"])
async def test_strangers_are_not_listened_to_while_nobody_asks_who_they_are(lumos_host: OpenHost, address: str) -> None:
    async with lumos_host() as host:
        with pytest.raises(ConfigError, match="can be reached from elsewhere") as caught:
            await serve(host, address=address, port=0)
    assert "[server] auth" in str(caught.value.hint)


async def test_an_address_that_is_none_is_named_with_its_setting(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        with pytest.raises(ConfigError, match="no address") as caught:
            await serve(host, address="not an address", port=0)
    assert "[server] host" in str(caught.value.hint)


async def test_an_authenticator_that_is_not_there_keeps_the_service_from_starting(lumos_host: OpenHost) -> None:
    async with lumos_host(server={"auth": ["keys.bearer"], "host": "0.0.0.0"}) as host:
        with pytest.raises(ConfigError, match=r"\[server\] auth: no auth 'keys.bearer'"):
            await serve(host, port=0)


async def test_with_an_authenticator_any_address_may_be_listened_on(lumos_host: OpenHost) -> None:
    class Nobody:
        async def authenticate(self, request: object) -> Principal | None:
            return None

    async with lumos_host(server={"auth": ["keys.bearer"], "host": "0.0.0.0", "port": 0}) as host:
        contribute(host, "auth", "keys.bearer", Nobody())
        async with listening(host) as url:
            assert url.startswith("http://0.0.0.0:")


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
async def test_a_missing_extra_is_named_with_its_command(
    lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    real = util.find_spec
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == missing else real(name))
    async with lumos_host() as host:
        with pytest.raises(MissingExtraError) as caught:
            await serve(host, port=0)
    assert caught.value.hint == "pip install 'lumosai[server]'"


@asynccontextmanager
async def listening(host: Any, **options: Any) -> AsyncIterator[str]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(host, on_ready=ready.set_result, **options))
    waited: list[asyncio.Future[Any]] = [task, ready]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    yield ready.result() if not task.done() else str(task.result())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_url_is_told_once_it_answers(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        for address in ("localhost", "127.0.0.1", "::1"):
            async with listening(host, address=address, port=0) as url:
                told = await asyncio.to_thread(_get, f"{url}/healthz")
                assert told["status"] == "ok"


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


PROGRAM = """
import asyncio, sys
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai.gateway.serve import run, serve

async def main():
    rules = [{"match": "slow", "reply": "finished", "delay": 0.6}, {"match": "stuck", "reply": "no", "delay": 3000}]
    config = build({
        "storage": {"use": "sqlite"}, "host": {"data_dir": sys.argv[1]}, "agents": {}, "server": {"drain": 1},
        "limits": {"model_timeout": 3600},
        "plugins": {"scripted": {"settings": {"rules": rules}}},
    })
    async with Host(config, agents=[Agent("a", model="scripted/script")]) as host:
        await serve(host, port=0, on_ready=lambda url: print(url, flush=True))
    print("closed", flush=True)

run(main())
"""


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start a service of its own process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(folder), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _post(url: str, text: str) -> Any:
    data = json.dumps({"input": text}).encode()
    request = urllib.request.Request(
        f"{url}/v1/agents/a/runs", data, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as e:
        with e:
            return e.code, json.load(e)


async def _started(url: str) -> None:
    while not (await asyncio.to_thread(_get, f"{url}/v1/runs?status=running"))["data"]:  # noqa: ASYNC110 - elsewhere
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_runs_finish_and_the_host_close(tmp_path: Path, number: signal.Signals) -> None:
    async with program(tmp_path) as (process, url):
        run = asyncio.create_task(asyncio.to_thread(_post, url, "slow"))
        await _started(url)
        process.send_signal(number)
        status, result = await run
        assert (status, result["text"]) == (200, "finished")
        out, err = await process.communicate()
        assert (process.returncode, out.decode()) == (0, "closed\n"), err.decode()
    assert _statuses(tmp_path) == ["completed"]


async def test_what_does_not_finish_is_interrupted_and_recorded(tmp_path: Path) -> None:
    async with program(tmp_path) as (process, url):
        run = asyncio.create_task(asyncio.to_thread(_post, url, "stuck"))
        await _started(url)
        process.send_signal(signal.SIGTERM)
        status, problem = await run
        assert (status, problem["code"]) == (503, "interrupted")
        assert f"POST /v1/runs/{problem['run_id']}/resume" in problem["hint"]
        out, err = await process.communicate()
        assert (process.returncode, out.decode()) == (0, "closed\n"), err.decode()
    assert _statuses(tmp_path) == ["interrupted"]


async def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    async with program(tmp_path) as (process, url):
        run = asyncio.create_task(asyncio.to_thread(_post, url, "stuck"))
        await _started(url)
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(process.communicate(), 20)
        assert (process.returncode, out.decode()) == (0, "closed\n"), err.decode()
        await asyncio.gather(run, return_exceptions=True)
    assert _statuses(tmp_path) == ["interrupted"]


def _statuses(folder: Path) -> list[str]:
    """Return how the runs stand in the record that the process left."""
    import sqlite3

    [path] = folder.rglob("*.db")
    connection = sqlite3.connect(path)
    try:
        return [status for (status,) in connection.execute("SELECT status FROM runs")]
    finally:
        connection.close()

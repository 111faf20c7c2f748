"""A configuration that changes while its host runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lumosai import Host
from lumosai.gateway.serve import serve
from lumosai_sdk.errors import ConfigError, InputError, ModelError
from lumosai_sdk.types.events import HostWarning

TOML = """
[storage]
use = "memory"
[server]
port = 0
[agents.a]
model = "quick"
[models.aliases]
quick = "scripted/echo"
"""


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    (tmp_path / "lumos.toml").write_text(TOML, encoding="utf-8")
    async with Host(tmp_path / "lumos.toml") as made:
        yield made


@pytest.fixture
def told(host: Host) -> list[str]:
    out: list[str] = []
    host.bus.listen(lambda e: out.append(e.detail) if isinstance(e, HostWarning) else None)
    return out


def change(host: Host, before: str, after: str) -> None:
    assert host.loaded.path is not None
    text = host.loaded.path.read_text(encoding="utf-8")
    assert before in text
    host.loaded.path.write_text(text.replace(before, after), encoding="utf-8")


async def test_agents_models_and_limits_are_taken_over(host: Host) -> None:
    assert (await host.run("a", "x" * 20)).text == "x" * 20
    change(host, 'quick = "scripted/echo"', 'quick = "scripted/script"\n[limits]\ninput = 10')
    change(host, "[agents.a]", '[agents.b]\nmodel = "scripted/echo"\n[agents.a]')
    await host.reload_config()
    with pytest.raises(InputError, match="the limit is 10"):
        await host.run("a", "x" * 20)
    with pytest.raises(ModelError, match="scripted/script"):
        await host.run("a", "x")
    assert (await host.run("b", "x")).text == "x"
    change(host, "[agents.b]", "[agents.c]")
    await host.reload_config()
    assert sorted(host.agents) == ["a", "c"]


async def test_prices_are_taken_over(host: Host) -> None:
    assert (await host.run("a", "x y z")).usage.cost is None
    change(host, "[models.aliases]", '[models.prices]\n"scripted/echo" = { input = 1e6, output = 0 }\n[models.aliases]')
    await host.reload_config()
    assert (await host.run("a", "x y z")).usage.cost


async def test_what_the_host_stands_on_waits_and_that_is_told_once(host: Host, told: list[str]) -> None:
    change(host, 'use = "memory"', 'use = "sqlite"')
    change(host, "port = 0", "port = 1\ndrain = 7")
    for _ in range(2):
        await host.reload_config()
    assert told == ["[server] port, [storage] use: what is new there holds from the next start"]
    assert (host.config.storage.use, host.config.server.port, host.config.server.drain) == ("memory", 0, 7)


async def test_a_broken_file_changes_nothing(host: Host) -> None:
    change(host, "[agents.a]", "[agents.b]\nmodle = 1\n[agents.a]")
    with pytest.raises(ConfigError, match=r"lumos\.toml:7: agents\.b\.modle: unknown key; did you mean 'model'"):
        await host.reload_config()
    assert list(host.agents) == ["a"]
    assert (await host.run("a", "x")).text == "x"


async def test_runs_under_way_go_on_as_they_began(host: Host) -> None:
    change(host, 'quick = "scripted/echo"', 'quick = "scripted/script"')
    runs = [asyncio.create_task(host.run("a", f"run {n}")) for n in range(5)]
    await asyncio.sleep(0)
    await host.reload_config()
    assert [r.text for r in await asyncio.gather(*runs)] == [f"run {n}" for n in range(5)]


# --- SIGHUP


@pytest.fixture
def hangup() -> Iterator[Callable[[], None]]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield lambda: os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)


async def until(found: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not found():  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGHUP")
async def test_sighup_reads_the_file_again_and_a_broken_one_is_told(
    host: Host, told: list[str], hangup: Callable[[], None]
) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(host, on_ready=ready.set_result))
    await ready
    change(host, "[agents.a]", "[agents.b]\nmodle = 1\n[agents.a]")
    hangup()
    await until(lambda: told)
    assert told[0].startswith("the configuration stays as it was: ")
    assert ":7: agents.b.modle" in told[0]
    change(host, "modle = 1", 'model = "quick"')
    hangup()
    await until(lambda: "b" in host.agents)
    serving.cancel()
    await asyncio.wait([serving])
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL

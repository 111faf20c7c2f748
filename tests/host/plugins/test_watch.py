from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from lumosai.plugins.watch import Watcher, installed_folders
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.testing.hosts import OpenHost


class Seen:
    """What a watcher called, with something to wait on."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.errors: list[str] = []
        self.raising: BaseException | None = None
        self.happened = asyncio.Event()

    def callback(self, name: str) -> Callable[[], Awaitable[None]]:
        async def call() -> None:
            self.calls.append(name)
            self.happened.set()
            if self.raising is not None:
                raise self.raising

        return call

    async def next(self) -> None:
        async with asyncio.timeout(10):
            await self.happened.wait()
        self.happened.clear()


@asynccontextmanager
async def watching(folder: Path, config: Path | None, settle: float = 0.05) -> AsyncIterator[Seen]:
    seen = Seen()
    watcher = Watcher(
        [str(folder)],
        config,
        on_plugins=seen.callback("plugins"),
        on_config=seen.callback("config"),
        on_error=seen.errors.append,
        settle=settle,
        interval=0.005,
    )
    task = asyncio.create_task(watcher.run())
    await asyncio.sleep(0.02)
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_change_of_either_is_told_once(tmp_path: Path) -> None:
    site, config = tmp_path / "site", tmp_path / "lumos.toml"
    site.mkdir()
    async with watching(site, config) as seen:
        (site / "a").mkdir()
        await seen.next()
        config.write_text("[host]")
        await seen.next()
        config.unlink()
        await seen.next()
        await asyncio.sleep(0.05)
        assert seen.calls == ["plugins", "config", "config"]


async def test_nothing_is_told_while_things_still_change(tmp_path: Path) -> None:
    async with watching(tmp_path, None, settle=0.3) as seen:
        for i in range(10):
            (tmp_path / str(i)).mkdir()
            await asyncio.sleep(0.02)
        assert seen.calls == []
        await seen.next()
        await asyncio.sleep(0.05)
        assert seen.calls == ["plugins"]


@pytest.mark.parametrize("error", [ConfigError("bad key"), OSError("disk"), KeyError("bug")])
async def test_a_change_that_cannot_be_taken_up_does_not_end_the_watching(tmp_path: Path, error: Exception) -> None:
    async with watching(tmp_path, None) as seen:
        seen.raising = error
        (tmp_path / "a").mkdir()
        await seen.next()
        seen.raising = None
        (tmp_path / "b").mkdir()
        await seen.next()
        assert len(seen.errors) == 1
        assert str(error) in seen.errors[0]


def test_pips_folders_are_watched() -> None:
    assert any(f.endswith("site-packages") for f in installed_folders())
    assert all(Path(f).is_dir() for f in installed_folders())


async def test_a_host_follows_its_file(lumos_host: OpenHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai.plugins.watch.INTERVAL", 0.005)
    monkeypatch.setattr(Watcher.__init__, "__kwdefaults__", {"settle": 0.02, "interval": 0.005})
    async with lumos_host() as host:
        task = asyncio.create_task(host.watch())
        await asyncio.sleep(0.02)

        async def until(condition: Callable[[], Any]) -> None:
            async with asyncio.timeout(10):
                while not condition():  # noqa: ASYNC110 - the host has nothing to wait on for it
                    await asyncio.sleep(0.005)

        with host.bus.follow() as events:
            toml = tmp_path / "lumos.toml"
            toml.write_text("[plugins.time]\nenabled = false\n")
            await until(lambda: host.plugins.get("time").state == "disabled")
            toml.write_text("[plugins.time]\nenabled = 3 = 4\n")
            async with asyncio.timeout(10):
                async for event in events:
                    if event.type == "system.warning" and "not TOML" in event.detail:
                        break
            toml.write_text("")
            await until(lambda: host.plugins.get("time").state == "enabled")
        task.cancel()
        await asyncio.wait([task])


async def test_an_upgrade_under_way_is_waited_for_however_long_it_stands_still(tmp_path: Path) -> None:
    (tmp_path / "~eft-1.0.dist-info").mkdir()  # an earlier upgrade was killed here
    async with watching(tmp_path, None) as seen:
        (tmp_path / "plugin-1.0.dist-info").mkdir()
        await seen.next()

        (tmp_path / "plugin-1.0.dist-info").rename(tmp_path / "~lugin-1.0.dist-info")
        await asyncio.sleep(0.3)  # six times as long as settling takes
        assert seen.calls == ["plugins"]

        (tmp_path / "plugin-2.0.dist-info").mkdir()
        (tmp_path / "~lugin-1.0.dist-info").rmdir()
        await seen.next()
        assert seen.calls == ["plugins", "plugins"]

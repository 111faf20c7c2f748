"""Notices, in a running host, that plugins were installed, upgraded or removed, or that ``lumos.toml`` changed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from lumosai.plugins.index import stamp
from lumosai_sdk.errors import LumosError

INTERVAL = 0.5
SETTLE = 1.5
UPGRADE = 60.0


class Watcher:
    """Polls a few ``stat`` calls' worth of state and calls back when it has changed and then stayed still.

    *written* are files that tell of the plugins of marketplaces: ``lumos.lock``, and what their indexes revoke.

    Waiting until it is still matters: in the middle of an upgrade pip has removed the old version and not yet put the
    new one in place, and a plugin must not vanish for that moment.
    """

    def __init__(
        self,
        folders: list[str],
        config: Path | None,
        *,
        written: Sequence[Path] = (),
        on_plugins: Callable[[], Awaitable[object]],
        on_config: Callable[[], Awaitable[object]],
        on_error: Callable[[str], None],
        settle: float = SETTLE,
        interval: float = INTERVAL,
    ) -> None:
        self._folders = folders
        self._config = config
        self._written = written
        self._on_plugins = on_plugins
        self._on_config = on_config
        self._on_error = on_error
        self._settle = settle
        self._interval = interval
        # An upgrade that was killed leaves these for ever: only new ones tell of one under way.
        self._leftovers = self._set_aside()

    async def run(self) -> None:
        """Watch until cancelled."""
        plugins, config, written = self._plugin_state(), self._config_state(), self._written_state()
        while True:
            await asyncio.sleep(self._interval)
            if (now := self._written_state()) != written:
                # Each is written in one step, and after all that it names: there is nothing to wait for.
                written = now
                await self._call(self._on_plugins)
            if self._plugin_state() != plugins:
                plugins = await self._settled()
                await self._call(self._on_plugins)
            if (now := self._config_state()) != config:
                config = now
                await self._call(self._on_config)

    async def _settled(self) -> object:
        state, waited = self._plugin_state(), 0.0
        while True:
            await asyncio.sleep(self._settle)
            now = self._plugin_state()
            waited += self._settle
            if now == state and (waited >= UPGRADE or not self._set_aside() - self._leftovers):
                self._leftovers = self._set_aside()
                return now
            state = now

    def _set_aside(self) -> set[str]:
        """Return what pip has moved out of the way (``~name``) until what replaces it is in place."""
        found: set[str] = set()
        for folder in self._folders:
            with suppress(OSError):
                found.update(e.path for e in os.scandir(folder) if e.name.startswith("~"))
        return found

    async def _call(self, callback: Callable[[], Awaitable[object]]) -> None:
        try:
            await callback()
        except LumosError as e:
            self._on_error(str(e))
        except Exception as e:  # noqa: BLE001 - one change that cannot be taken up must not end the watching
            self._on_error(f"a change could not be taken up: {type(e).__name__}: {e}")

    def _plugin_state(self) -> object:
        return [stamp(f) for f in self._folders]

    def _written_state(self) -> object:
        return [stamp(str(p)) for p in self._written]

    def _config_state(self) -> object:
        return stamp(str(self._config)) if self._config else None


def installed_folders() -> list[str]:
    """Return the folders in which pip puts distributions."""
    return [p for p in dict.fromkeys(sys.path) if p.endswith(("site-packages", "dist-packages")) and os.path.isdir(p)]

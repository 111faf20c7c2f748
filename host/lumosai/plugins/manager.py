"""The life of plugins in a running host: found, loaded, enabled, disabled, swapped, removed."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
import threading
import time
from collections.abc import Callable
from contextvars import Context
from pathlib import Path
from types import ModuleType
from typing import Any

from lumosai.config.load import Loaded
from lumosai.config.model import PluginConfig
from lumosai.events.bus import EventBus
from lumosai.hookspecs import HostInfo
from lumosai.plugins import index, modules
from lumosai.plugins.fingerprint import fingerprint
from lumosai.plugins.generation import Generation
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.index import Record
from lumosai.plugins.listing import why_off
from lumosai.plugins.plugin import Changes, Plugin, State
from lumosai.plugins.registry import Registry
from lumosai.plugins.revoking import is_held_back, stale
from lumosai.plugins.sandboxing import sandbox_policy
from lumosai.plugins.settings import absolute_files, granted, plugin_grant, plugin_settings
from lumosai.version import __version__
from lumosai_sdk.errors import ConfigError, ConflictError, LumosError, NotFoundError, PluginError
from lumosai_sdk.kinds import PROTOCOLS
from lumosai_sdk.permissions import Grant
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.services import HostServices

__all__ = ["Changes", "Plugin", "PluginManager", "State"]


class PluginManager:
    """Keeps the registry and the hooks in step with what is installed and what the owner decided."""

    def __init__(
        self, bus: EventBus, loaded: Loaded, *, safe_mode: bool = False, services: HostServices | None = None
    ) -> None:
        """Read what the configuration says of plugins; *safe_mode* holds without it, too.

        *services* are the host's, for the plugins' contexts.
        """
        self.registry = Registry()
        self.hooks = Hooks(self._contributed, self._withheld)
        self.plugins: dict[str, Plugin] = {}
        self._bus = bus
        self._base = loaded.base
        self._config_file = loaded.path
        self._data_dir = loaded.data_dir
        self._services = services
        self._configs = dict(loaded.config.plugins)
        self._sandbox = loaded.config.sandbox
        self._market = loaded.config.marketplace
        self._refused: dict[str, str] = {}
        self._paths = loaded.plugin_paths
        self._delivered = loaded.delivered
        self._safe_mode = safe_mode or loaded.config.host.safe_mode
        self._retiring: set[asyncio.Task[None]] = set()
        # One change at a time: each looks at what there is, waits for hooks, and acts on what it saw.
        self._changing = asyncio.Lock()
        self._thread = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._info = HostInfo(__version__, str(self._data_dir))
        self.on_change: Callable[[], None] = lambda: None
        # What the host itself stands on, such as its storage, stays as it is until the next start.
        self._held: set[str] = set()

    def hold(self, name: str) -> None:
        """Keep a plugin as it is for the life of this host."""
        self._held.add(name)

    # --- what is installed

    async def start(self) -> None:
        """Find the plugins, enable those that may be, and tell them that the host is up."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        async with self._changing:
            records = self._scan()
            self._look_how_old(records)
            for record in records:
                self._admit(record)
            for name in self._configs.keys() - self.plugins.keys():
                self._bus.warn(f"[plugins.{name}]: there is no such plugin")
            await self._start_hooks(None)

    async def refresh(self) -> Changes:
        """Look again at what is installed: add, swap and remove. Calls in flight finish on what they began with."""
        async with self._changing:
            return await self._refresh()

    async def _refresh(self) -> Changes:
        importlib.invalidate_caches()
        records = {r["name"]: r for r in await asyncio.to_thread(self._scan)}
        removed = [n for n in self.plugins if n not in records and n not in self._held]
        for name in removed:
            await self._remove(name)
        added = [n for n in records if n not in self.plugins]
        swapped = [n for n, r in records.items() if n not in added and fingerprint(r) != self.plugins[n].mark]
        for name in swapped:
            await self._swap(records[name])
        for name in added:
            await self._add(records[name])
        self.on_change()
        return Changes(tuple(added), tuple(swapped), tuple(removed))

    def _look_how_old(self, records: list[Record]) -> None:
        """See whose revocations are too old to go by, say so, and remember it where the owner does not run such."""
        found = stale(records, self._delivered)
        for why in found.values():
            self._bus.warn(why)
        self._refused = found if self._market.stale == "refuse" else {}

    async def reconsider(self) -> None:
        """Switch on what was off for revocations that were too old, now that they are not."""
        async with self._changing:
            if not self._refused:
                return
            before, self._refused = self._refused, stale([p.record for p in self.plugins.values()], self._delivered)
            for name in [p.name for p in self.plugins.values() if is_held_back(p.record, before)]:
                if self.plugins[name].state == "disabled" and self._why_off(self.plugins[name]) is None:
                    await self._switch_on(name)
            self.on_change()

    def _scan(self) -> list[Record]:
        return index.load(self._paths, delivered=self._delivered)

    def _admit(self, record: Record) -> Plugin:
        plugin = self.plugins[record["name"]] = Plugin(record, fingerprint(record))
        if "error" in record:
            self._break(plugin, record["error"])
        elif why := self._why_off(plugin):
            self._put_off(plugin, why)
        else:
            self._enable(plugin)
        return plugin

    def _why_off(self, plugin: Plugin) -> str | None:
        enabled = self._config(plugin.name).enabled
        return why_off(plugin.record, enabled=enabled, safe_mode=self._safe_mode, refused=self._refused)

    async def _add(self, record: Record) -> None:
        plugin = self._admit(record)
        self._tell(ev.PluginAdded, plugin, plugin.state)
        await self._start_hooks(plugin.name)

    async def _remove(self, name: str) -> None:
        plugin = self.plugins.pop(name)
        await self._take_out(plugin, None)
        modules.forget(plugin.record)
        self._tell(ev.PluginRemoved, plugin)

    async def _swap(self, record: Record, *, keep: bool = True) -> None:
        """Put a new generation in place of the old; if it cannot run, the old one goes on, if it may (*keep*)."""
        old = self.plugins[record["name"]]
        if old.name in self._held:
            old.mark = fingerprint(record)
            what = record["error"] if record.get("revoked") else "what changed"
            self._bus.warn(f"plugin {old.name!r} is in use by the host; {what}: that is taken up at the next start")
            return
        if record.get("revoked"):
            await self._revoke(old, record)
            return
        keep = keep and old.state == "enabled"
        if "error" in record and keep:
            self._keep(old, fingerprint(record), record["error"])
            return
        if old.state == "enabled":
            await self._stop_hooks(old)
        forgotten = modules.forget(old.record)
        hooks = self.hooks.unregister(old.name)
        # From here to the new entries there is no await: no call can fall between the versions.
        plugin = self._admit(record)
        plugin.failures = old.failures
        if plugin.state == "broken" and keep:
            self._restore(old, forgotten, hooks)
            self._keep(old, plugin.mark, plugin.reason)
        else:
            self._retire(old)
            self._tell(ev.PluginSwapped, plugin, f"{old.version} -> {plugin.version}")
        await self._start_hooks(plugin.name)

    async def _revoke(self, old: Plugin, record: Record) -> None:
        """Take a plugin out whose wheel was revoked while it ran: it does not go on. Calls in flight end as they do."""
        await self._take_out(old, why := record["error"])
        modules.forget(old.record)
        plugin = self.plugins[old.name] = Plugin(record, fingerprint(record), "broken", why)
        self.registry.note_absent(record, f"the plugin is {why}")
        self._tell(ev.PluginDisabled, plugin, why)
        self._bus.warn(f"plugin {plugin.name!r} is {why}")

    def _keep(self, old: Plugin, mark: str, why: str) -> None:
        old.mark, old.reason = mark, f"{old.version} goes on as it was; what is there now cannot run: {why}"
        self._tell(ev.PluginFailed, old, old.reason)

    def _restore(self, old: Plugin, forgotten: dict[str, ModuleType], hooks: ModuleType | None) -> None:
        modules.forget(self.plugins[old.name].record)
        sys.modules.update(forgotten)
        self.plugins[old.name] = old
        if old.generation is not None:
            self.registry.publish(old.generation)
            if hooks is not None:
                self.hooks.register(old.generation, hooks)

    # --- what the owner decides

    async def enable(self, name: str) -> Plugin:
        """Switch a plugin on. Raises NotFoundError, or PluginError when it is broken or may not run."""
        async with self._changing:
            self.get(name)
            self._configs[name] = self._config(name, enabled=True)
            plugin = await self._switch_on(name)
            self.on_change()
        if plugin.state != "enabled":
            raise PluginError(name, "cannot be enabled", plugin.reason)
        return plugin

    async def _switch_on(self, name: str) -> Plugin:
        plugin = self.get(name)
        if plugin.state == "enabled":
            return plugin
        plugin = self._admit(plugin.record)
        if plugin.state == "enabled":
            self._tell(ev.PluginEnabled, plugin)
            await self._start_hooks(name)
        return plugin

    async def disable(self, name: str) -> Plugin:
        """Switch a plugin off; calls in flight finish first. Raises NotFoundError, ConflictError for one in use."""
        async with self._changing:
            self.get(name)
            self._check_spare(name)
            self._configs[name] = self._config(name, enabled=False)
            plugin = await self._switch_off(name)
            self.on_change()
        return plugin

    def _check_spare(self, name: str) -> None:
        if name in self._held:
            raise ConflictError(f"plugin {name!r} is in use by the host", hint="[storage] use = …, and start anew")

    async def _switch_off(self, name: str) -> Plugin:
        plugin = self.get(name)
        await self._take_out(plugin, "the plugin is disabled")
        plugin.state, plugin.reason = "disabled", self._why_off(plugin) or ""
        self._tell(ev.PluginDisabled, plugin)
        return plugin

    async def reload(self, name: str) -> Plugin:
        """Load a plugin's code anew, changed or not. Raises NotFoundError, ConflictError for one in use."""
        async with self._changing:
            record = self.get(name).record
            self._check_spare(name)
            importlib.invalidate_caches()
            fresh = next((r for r in await asyncio.to_thread(self._scan) if r["name"] == name), record)
            await self._swap(fresh)
            self.on_change()
        return self.plugins[name]

    async def configure(self, configs: dict[str, PluginConfig]) -> None:
        """Take over changed plugin tables of the configuration. What a plugin cannot use is told as its failure."""
        async with self._changing:
            for name in list(self.plugins):
                old, new = self._configs.get(name, PluginConfig()), configs.get(name, PluginConfig())
                if old != new:
                    self._configs[name] = new
                    await self._reconfigure(name, old, new)
            self._configs = dict(configs)
            self.on_change()

    async def _reconfigure(self, name: str, old: PluginConfig, new: PluginConfig) -> None:
        plugin = self.plugins[name]
        if not new.enabled and name not in self._held:
            await self._switch_off(name)
        elif plugin.state == "enabled":
            # Settings that are wrong leave the plugin as it was, but a right that was taken is gone at once.
            await self._swap(plugin.record, keep=old.grant == new.grant)
        else:
            await self._switch_on(name)

    def get(self, name: str) -> Plugin:
        """Return a plugin. Raises NotFoundError."""
        if name not in self.plugins:
            raise NotFoundError("plugin", name, self.plugins)
        return self.plugins[name]

    def grant(self, name: str) -> Grant:
        """Return what a plugin asks for and holds."""
        record = self.get(name).record
        return plugin_grant(record, granted(record, self._config(name)))

    def _config(self, name: str, **changes: Any) -> PluginConfig:
        config = self._configs.get(name, PluginConfig())
        return config.model_copy(update=changes) if changes else config

    # --- in and out

    def _enable(self, plugin: Plugin) -> None:
        try:
            generation = Generation(plugin.record, self._context(plugin), self._failed)
            plugin.generation = generation
            self.registry.publish(generation)
            if plugin.record.get("hooks"):
                self.hooks.register(generation)
        except LumosError as e:
            self._retire(plugin)
            hint = "lumos config check" if isinstance(e, ConfigError) else e.hint
            self._break(plugin, str(e.why if isinstance(e, PluginError) else e.message), hint or "")
        else:
            plugin.state, plugin.reason = "enabled", ""

    def _context(self, plugin: Plugin) -> PluginContext:
        config = self._config(plugin.name)
        grant = plugin_grant(plugin.record, granted(plugin.record, config))
        return PluginContext(
            name=plugin.name,
            version=plugin.version,
            settings=plugin_settings(plugin.record, config.settings, self._base),
            permissions=absolute_files(grant.effective, self._base),
            granted=absolute_files(grant.granted, self._base),
            data_dir=self._data_dir / "plugins" / plugin.name,
            root=Path(plugin.record["root"]),
            base=self._base,
            config=self._config_file,
            emit=self._emit,
            services=self._services,
            sandbox=sandbox_policy(self._sandbox, config, self._base, delivered=index.is_delivered(plugin.record)),
        )

    def _break(self, plugin: Plugin, why: str, hint: str = "") -> None:
        plugin.state, plugin.reason, plugin.generation = "broken", why, None
        self.registry.withdraw(plugin.name, "the plugin is broken")
        self.registry.note_absent(plugin.record, f"the plugin is broken: {why}", hint)
        self._tell(ev.PluginFailed, plugin, why)

    def _put_off(self, plugin: Plugin, why: str) -> None:
        plugin.state, plugin.reason = "disabled", why
        self.registry.note_absent(plugin.record, f"the plugin is off ({plugin.reason})")

    async def _take_out(self, plugin: Plugin, why: str | None) -> None:
        if plugin.state == "enabled":
            await self._stop_hooks(plugin)
        self.registry.withdraw(plugin.name, why)
        self.hooks.unregister(plugin.name)
        self._retire(plugin)

    def _retire(self, plugin: Plugin) -> None:
        if plugin.generation is not None:
            # Of nobody's context: what a plugin does at its end it does not do for whoever switched it off.
            ending = plugin.generation.retire()
            task = asyncio.create_task(ending, name=f"lumos-retire-{plugin.name}", context=Context())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
            plugin.generation = None

    async def _start_hooks(self, only: str | None) -> None:
        await self.hooks.gather("lumos_startup", only=only, host=self._info)

    async def _stop_hooks(self, plugin: Plugin) -> None:
        await self.hooks.gather("lumos_shutdown", only=plugin.name, host=self._info)

    def _contributed(self, generation: Generation, kind: str, data: Record, obj: Any) -> None:
        if kind not in PROTOCOLS:
            raise ValueError(f"there is no kind {kind!r}")
        if not isinstance(obj, PROTOCOLS[kind]):
            raise TypeError(f"{data['id']!r} is no {kind}")
        if not self._runs(generation):
            return
        generation.put(data["target"], obj)
        self.registry.add(generation, kind, data)

    def _withheld(self, generation: Generation, kind: str, id: str, why: str) -> None:  # noqa: A002
        if self._runs(generation):
            self.registry.withhold(generation.name, kind, id, why)

    def _runs(self, generation: Generation) -> bool:
        """Tell whether a generation is its plugin's present one, and not what was swapped out or failed to come in."""
        plugin = self.plugins.get(generation.name)
        return plugin is not None and plugin.generation is generation

    # --- telling

    def _emit(self, event: ev.Event) -> None:
        """Publish for a plugin, which may stand in a thread of its own: the bus belongs to the event loop."""
        if threading.get_ident() == self._thread or self._loop is None:
            self._bus.publish(event)
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody listens any more
            self._loop.call_soon_threadsafe(self._bus.publish, event)

    def _failed(self, generation: Generation, reason: str) -> None:
        plugin = self.plugins.get(generation.name)
        if plugin is not None:
            plugin.failures += 1
        event = ev.PluginFailed(
            at=time.time(), plugin=generation.name, version=generation.context.version, detail=reason
        )
        self._bus.publish(event)

    def _tell(self, event: type[ev.PluginEvent], plugin: Plugin, detail: str = "") -> None:
        self._bus.publish(event(at=time.time(), plugin=plugin.name, version=plugin.version, detail=detail))

    async def aclose(self) -> None:
        """Tell the plugins, wait for calls in flight, close everything."""
        async with self._changing:
            await self.hooks.gather("lumos_shutdown", host=self._info)
            for plugin in self.plugins.values():
                self._retire(plugin)
        while self._retiring:
            await asyncio.gather(*self._retiring)

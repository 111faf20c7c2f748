"""``/v1/plugins``: what is installed, what it asks for and may do, and switching it on and off."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.plugin_log import check_room, followed
from lumosai.gateway.plugin_shapes import ChangesView, PluginHealth, PluginPermissions, PluginSummary, PluginView
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import Listing
from lumosai.gateway.stream import EventReply
from lumosai.hookspecs import Health
from lumosai.host import Host
from lumosai.plugins.manager import Plugin
from lumosai_sdk.errors import LumosError

HEALTH_SECONDS = 5.0
_SHOWN = ("id", "description", "title", "path", "methods", "phases", "capabilities", "approval", "side_effects")


async def list_plugins(call: Call) -> ASGIApp:
    """Return every installed plugin."""
    plugins = call.gate.host.plugins.plugins
    return json_reply({"data": [plugins[name].to_json() for name in sorted(plugins)]})


async def get_plugin(call: Call) -> ASGIApp:
    """Return one plugin with its contributions, permissions and health. Raises NotFoundError."""
    host = call.gate.host
    return json_reply(await _view(host, host.plugins.get(call.params["name"])))


async def plugin_permissions(call: Call) -> ASGIApp:
    """Return what a plugin asks for, is granted and may do, in plain words too. Raises NotFoundError."""
    host = call.gate.host
    plugin = host.plugins.get(call.params["name"])
    told = {"name": plugin.name, "runtime": plugin.record.get("runtime", "python")}
    return json_reply({**told, **_permissions(host, plugin), "rights": _rights(host, plugin)})


def _rights(host: Host, plugin: Plugin) -> list[dict[str, Any]]:
    from lumosai_marketplace.trust.permissions import rights
    from lumosai_marketplace.trust.words import RISKS

    try:
        grant = host.plugins.grant(plugin.name)
        asked = rights(grant.requested, plugin.record.get("runtime", "python"))
        held = {(r.kind, r.rule) for r in rights(grant.effective)}
    except LumosError:
        return []
    worst_first = sorted(asked, key=lambda r: -RISKS.index(r.risk))
    return [{**r.to_json(), "granted": r.kind == "runtime" or (r.kind, r.rule) in held} for r in worst_first]


async def plugin_health(call: Call) -> ASGIApp:
    """Return how a plugin stands and what it says of itself. Raises NotFoundError."""
    host = call.gate.host
    plugin = host.plugins.get(call.params["name"])
    shown = plugin.to_json()
    out = {k: shown[k] for k in ("name", "state", "failures", "circuit", "reason") if k in shown}
    return json_reply({**out, "health": await _health(host, plugin.name)})


async def enable_plugin(call: Call) -> ASGIApp:
    """Switch a plugin on. Raises NotFoundError, PluginError when it is broken."""
    host, name = call.gate.host, call.params["name"]
    plugin = await host.plugins.enable(name)
    elsewhere = await call.gate.peers.changes.plugins("enable", name)
    return json_reply({**await _view(host, plugin), **elsewhere})


async def disable_plugin(call: Call) -> ASGIApp:
    """Switch a plugin off. Raises NotFoundError, ConflictError for the one that holds the storage."""
    host, name = call.gate.host, call.params["name"]
    plugin = await host.plugins.disable(name)
    elsewhere = await call.gate.peers.changes.plugins("disable", name)
    return json_reply({**await _view(host, plugin), **elsewhere})


async def reload_plugin(call: Call) -> ASGIApp:
    """Load a plugin's code anew. Raises NotFoundError, ConflictError for the one that holds the storage."""
    host, name = call.gate.host, call.params["name"]
    plugin = await host.plugins.reload(name)
    elsewhere = await call.gate.peers.changes.plugins("reload", name)
    return json_reply({**await _view(host, plugin), **elsewhere})


async def follow_plugin(call: Call) -> ASGIApp:
    """Follow what a plugin logs, and the events about it. Raises NotFoundError, ConflictError for too many."""
    host = call.gate.host
    name = host.plugins.get(call.params["name"]).name
    check_room(name)
    return EventReply(followed(host, name))


async def refresh_plugins(call: Call) -> ASGIApp:
    """Look again at what is installed."""
    changes = await call.gate.host.plugins.refresh()
    return json_reply({**asdict(changes), **await call.gate.peers.changes.plugins("refresh")})


async def _view(host: Host, plugin: Plugin) -> dict[str, Any]:
    contributes = plugin.record.get("contributes", {})
    return {
        **plugin.to_json(),
        "contributions": {k: [{f: c[f] for f in _SHOWN if c.get(f)} for c in v] for k, v in contributes.items()},
        "permissions": _permissions(host, plugin),
        "health": await _health(host, plugin.name),
        "sandbox": _sandbox(plugin),
    }


def _sandbox(plugin: Plugin) -> dict[str, Any] | None:
    """Return what a sandboxed plugin used and may use; None for one that is not held in any."""
    if plugin.record.get("runtime") != "wasm" or plugin.generation is None:
        return None
    from lumosai_sandbox.plugin import live

    held = live(plugin.generation.context)
    return held.metrics() if held is not None else {"loaded": False}


def _permissions(host: Host, plugin: Plugin) -> dict[str, Any]:
    try:
        grant = host.plugins.grant(plugin.name)
    except LumosError:
        return {"requested": {}, "granted": {}, "effective": {}, "missing": {}}  # a broken manifest asks for nothing
    parts = ("requested", "granted", "effective", "missing")
    return {part: getattr(grant, part).to_json() for part in parts}


async def _health(host: Host, name: str) -> dict[str, Any] | None:
    """Return what the plugin says of itself, or None when it says nothing."""
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            outcomes = await host.plugins.hooks.gather("lumos_health", only=name)
    except TimeoutError:
        return {"ok": False, "detail": f"no answer in {HEALTH_SECONDS:g} s"}
    for outcome in outcomes:
        if outcome.error is not None:
            return {"ok": False, "detail": f"lumos_health: {type(outcome.error).__name__}: {outcome.error}"}
        if isinstance(outcome.value, Health):
            return {"ok": outcome.value.ok, "detail": outcome.value.detail}
    return None


SUMMARY = {
    "name": "moon",
    "version": "0.1.0",
    "state": "enabled",
    "runtime": "python",
    "distribution": "lumosai_moon-0.1.0",
    "built_in": False,
    "description": "The phases of the moon",
    "contributes": {"tool": ["moon.phase"]},
    "failures": 0,
}
VIEW = {
    **SUMMARY,
    "contributions": {"tool": [{"id": "moon.phase", "description": "Tell the phase of the moon on a date"}]},
    "permissions": {"requested": {}, "granted": {}, "effective": {}, "missing": {}},
    "health": None,
    "sandbox": None,
}
RULE = "GET https://api.example.org/*"
PERMISSIONS = {
    "name": "moon",
    "runtime": "wasm",
    "requested": {"http": [RULE]},
    "granted": {"http": [RULE]},
    "effective": {"http": [RULE]},
    "missing": {},
    "rights": [
        {"kind": "http", "rule": RULE, "words": "read from https://api.example.org", "risk": "low", "granted": True}
    ],
}
_ALL = "Other processes of the service do the same; `siblings` tells which could not."
_NOW = f"It holds until the host restarts; `lumos plugin {{0}} NAME` writes it into lumos.toml. {_ALL}"

LOG = """event: following
data: {"plugin":"moon"}

event: log
data: {"at":1790000000.0,"level":"info","message":"asked for 2026-12-24"}

"""

OPERATIONS = (
    Operation(
        "GET",
        "/v1/plugins",
        list_plugins,
        "listPlugins",
        "List plugins",
        "plugins",
        action="plugin.read",
        answers=Listing[PluginSummary],
        example={"data": [SUMMARY]},
        stable=True,
    ),
    Operation(
        "POST",
        "/v1/plugins/refresh",
        refresh_plugins,
        "refreshPlugins",
        "Look again at what is installed",
        "plugins",
        action="plugin.manage",
        description=f"New plugins are added, changed swapped, missing ones removed. Calls in flight finish. {_ALL}",
        answers=ChangesView,
        example={"added": ["moon"], "swapped": [], "removed": []},
    ),
    Operation(
        "GET",
        "/v1/plugins/{name}",
        get_plugin,
        "getPlugin",
        "Get a plugin, its contributions, permissions and health",
        "plugins",
        action="plugin.read",
        resource="name",
        answers=PluginView,
        example=VIEW,
    ),
    Operation(
        "GET",
        "/v1/plugins/{name}/permissions",
        plugin_permissions,
        "getPluginPermissions",
        "Get what a plugin asks for, is granted, and may do",
        "plugins",
        action="plugin.read",
        resource="name",
        description="Each thing it asks for in plain words, with its risk, the riskiest first.",
        answers=PluginPermissions,
        example=PERMISSIONS,
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/plugins/{name}/health",
        plugin_health,
        "getPluginHealth",
        "Ask a plugin how it is",
        "plugins",
        action="plugin.read",
        resource="name",
        description="It has 5 seconds to answer.",
        answers=PluginHealth,
        example={"name": "moon", "state": "enabled", "failures": 0, "health": {"ok": True, "detail": ""}},
    ),
    Operation(
        "POST",
        "/v1/plugins/{name}/enable",
        enable_plugin,
        "enablePlugin",
        "Switch a plugin on",
        "plugins",
        action="plugin.manage",
        resource="name",
        description=_NOW.format("enable"),
        answers=PluginView,
        example=VIEW,
    ),
    Operation(
        "POST",
        "/v1/plugins/{name}/disable",
        disable_plugin,
        "disablePlugin",
        "Switch a plugin off",
        "plugins",
        action="plugin.manage",
        resource="name",
        description=f"Calls in flight finish. {_NOW.format('disable')}",
        answers=PluginView,
        example={**VIEW, "state": "disabled", "reason": "disabled; lumos plugin enable moon"},
    ),
    Operation(
        "POST",
        "/v1/plugins/{name}/reload",
        reload_plugin,
        "reloadPlugin",
        "Load a plugin's code anew",
        "plugins",
        action="plugin.manage",
        resource="name",
        description=f"Calls in flight finish on the old code, new ones go to the new. {_ALL}",
        answers=PluginView,
        example=VIEW,
    ),
    Operation(
        "GET",
        "/v1/plugins/{name}/log",
        follow_plugin,
        "followPlugin",
        "Follow a plugin's log and the events about it",
        "plugins",
        action="plugin.manage",
        resource="name",
        description="Server-sent events without end: first `following`, then `log` for a line, `event` for an event, "
        "and `left_out` where more came than the client took.",
        media_type="text/event-stream",
        example=LOG,
    ),
)

"""``lumos plugin info``: everything about one plugin."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.output import pairs, say, say_json
from lumosai.config.hiding import hidden
from lumosai.plugins.listing import contributions
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError
from lumosai_sdk.permissions import Grant, Permissions

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai.plugins.index import Record
    from lumosai.plugins.manager import Plugin

_MARKETPLACE = re.compile(r"[a-z0-9]+/[a-z0-9-]+", re.ASCII)
TIERS = {"jail": "a jailed worker process", "process": "the host's own process", "refused": "no tier"}
_WORDS = {
    "http": "make web requests: {}",
    "files": "use files: {}",
    "env": "read the environment variables {}",
    "secrets": "read the secrets {}",
    "models": "ask the models {}",
    "tools": "call the tools {}",
    "kv": "keep small values",
    "clock": "know the time",
    "random": "get random numbers",
}


def run(arguments: argparse.Namespace) -> int:
    """Show the plugin; one of a marketplace that is not installed is asked for there. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    if _MARKETPLACE.fullmatch(arguments.name):
        from lumosai.cli.plugins.offered import delivered_as, tell_offered

        if (installed := delivered_as(arguments)) is None:
            return tell_offered(arguments)
        arguments.name = installed

    return with_host(arguments, _told)


async def _told(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.cli.plugins.sandboxed import interfaces

    plugin, grant = host.plugins.get(arguments.name), host.plugins.grant(arguments.name)
    known = await interfaces(plugin.record, host.loaded)
    if arguments.json:
        say_json(_json(host, plugin, grant) | ({"interfaces": known} if known else {}))
    else:
        _show(host, plugin, grant)
        _section("interfaces", [(name, ", ".join(found) or "none") for name, found in known.items()])
    return 0


def _json(host: Host, plugin: Plugin, grant: Grant) -> dict[str, Any]:
    record = plugin.record
    return {
        **plugin.to_json(),
        "root": record.get("root"),
        "homepage": record.get("homepage", ""),
        "api": record.get("api", ""),
        "hooks": list(record.get("hooks", ())),
        **({"marketplace": record["delivered"]} if "delivered" in record else {}),
        "permissions": {
            "requested": grant.requested.to_json(),
            "effective": grant.effective.to_json(),
            "missing": grant.missing.to_json(),
        },
        "settings": settings(record, _given(host, plugin)),
        **({"sandbox": _sandbox(host, record)} if record.get("runtime") == "wasm" else {}),
    }


def _show(host: Host, plugin: Plugin, grant: Grant) -> None:
    record = plugin.record
    state = plugin.state + (f": {plugin.reason}" if plugin.reason else "")
    pairs(
        [
            ("plugin", f"{plugin.name} {plugin.version}"),
            ("about", record.get("description", "")),
            ("state", state),
            ("from", f"{record['dist']}{' (built in)' if plugin.is_built_in else ''}"),
            *_delivered(record),
            ("folder", record.get("root", "not found")),
            ("runtime", record.get("runtime", "?")),
            *_held(host, record),
            ("hooks", ", ".join(record.get("hooks", ())) or "none"),
            ("failures", plugin.failures),
        ]
    )
    _section("gives", [(f"{kind} {c['id']}", c.get("description", "")) for kind, c in contributions(record)])
    _permissions(plugin.name, grant)
    told = settings(record, _given(host, plugin))
    _section("settings", [(s["name"], _setting(s)) for s in told])


def _delivered(record: Record) -> list[tuple[str, str]]:
    told = record.get("delivered")
    if not told:
        return []
    signer = told["signer"]
    return [
        ("plugin of", told["plugin"]),
        ("index", told["index"]),
        ("signer", signer.get("repository") or signer["subject"]),
    ]


def _sandbox(host: Host, record: Record) -> dict[str, Any]:
    from lumosai.cli.plugins.sandboxed import failed, held

    try:
        return held(record, host.loaded)
    except LumosError as e:
        return {"tier": "refused", "why": failed(e)}


def _held(host: Host, record: Record) -> list[tuple[str, str]]:
    if record.get("runtime") != "wasm":
        return []
    from lumosai.cli.plugins.sandboxed import limits_in_words

    told = _sandbox(host, record)
    rows = [("runs in", f"{TIERS[told['tier']]} ({told['why']})")]
    return [*rows, ("limits", limits_in_words(told["limits"]))] if "limits" in told else rows


def _section(title: str, entries: list[tuple[str, str]]) -> None:
    if entries:
        say(f"\n{style.paint(title, style.BOLD)}")
        pairs([(safe.line(name), text) for name, text in entries], "  ")


def _permissions(name: str, grant: Grant) -> None:
    say(f"\n{style.paint('permissions', style.BOLD)}")
    if not grant.requested:
        say("  asks for nothing")
        return
    for line in in_words(grant.requested):
        say(f"  asks to {safe.line(line)}")
    for line in in_words(grant.effective):
        say(f"  {style.paint('may', style.GREEN)} {safe.line(line)}")
    if grant.missing:
        say("  not granted yet; as far as you want it, add to lumos.toml:\n")
        say("\n".join(f"    {safe.line(line)}" for line in grant_lines(name, grant.missing)))


def in_words(permissions: Permissions) -> list[str]:
    """Return what permissions allow, one a line, in plain words."""
    out = []
    for f in fields(Permissions):
        value = getattr(permissions, f.name)
        if value is True:
            out.append(_WORDS[f.name])
        elif value:
            out.append(_WORDS[f.name].format(", ".join(value)))
    return out


def grant_lines(name: str, permissions: Permissions) -> list[str]:
    """Return the lines of ``lumos.toml`` that grant *permissions* to a plugin."""
    given = permissions.to_json().items()
    return [f"[plugins.{name}.grant]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in given)]


def _given(host: Host, plugin: Plugin) -> dict[str, Any]:
    config = host.config.plugins.get(plugin.name)
    return dict(config.settings) if config else {}


def settings(record: Record, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plugin's settings: name, type, default, what the configuration gives, description."""
    properties = (record.get("settings_schema") or {}).get("properties", {})
    out = []
    for name, about in properties.items():
        value = hidden(given.get(name), about, name)
        kind = about.get("type") or ("enum" if "enum" in about else "any")
        kind = "secret" if about.get("format") == "secret" else kind
        out.append(
            {"name": name, "type": kind, "default": about.get("default"), "value": value}
            | {"choices": about.get("enum"), "description": about.get("description", "")}
        )
    return out


def _setting(setting: dict[str, Any]) -> str:
    parts = [f"{setting['description']} "] if setting["description"] else []
    choices = setting["choices"]
    kind = " | ".join(json.dumps(c) for c in choices) if choices else setting["type"]
    default = "" if setting["default"] is None else f", default {json.dumps(setting['default'], ensure_ascii=False)}"
    parts.append(f"({kind}{default})")
    if setting["value"] is not None:
        parts.append(f" now {json.dumps(setting['value'], ensure_ascii=False)}")
    return "".join(parts)

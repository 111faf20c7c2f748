"""The rights of ``lumos plugin run``: from flags to permissions, and from what was denied back to the flag."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lumosai_sdk.errors import InputError, LumosError
from lumosai_sdk.permissions import METHODS, FileRule, HttpRule, Permissions
from lumosai_sdk.secrets import Secret

_SWITCHES = ("kv", "clock", "random")
_MAX_SHOWN = 200


def permissions(arguments: argparse.Namespace, base: Path) -> Permissions:
    """Return what the flags allow; relative folders start at *base*. Raises InputError naming the flag."""
    http = tuple(http_rule(r) for r in arguments.allow_http)
    return Permissions.from_json(
        {
            "http": http,
            "files": tuple(_file_rule(r, base) for r in arguments.allow_file),
            "env": tuple(arguments.allow_env),
            "tools": tuple(arguments.allow_tool),
            "models": tuple(arguments.allow_model),
            "secrets": tuple(rule for s in arguments.secret for rule in secret_rules(s, http)),
            **{name: True for name in _SWITCHES if getattr(arguments, name)},
        }
    )


def http_rule(text: str) -> str:
    """Return a rule in the manifest's grammar: a URL without a method means GET. Raises InputError."""
    first = text.strip().partition(" ")[0]
    rule = text.strip() if first.upper() in METHODS else f"GET {text.strip()}"
    try:
        HttpRule.parse(rule)
    except InputError as e:
        raise InputError(f"--allow-http: {e.message}", hint="--allow-http 'GET https://api.example.org/*'") from None
    return rule


def _file_rule(text: str, base: Path) -> str:
    words = text.strip()
    rule = FileRule.parse(words if words.partition(" ")[0] in {"read", "write"} else f"read {words}")
    return f"{rule.mode} {(base / rule.root).absolute()}"


def secret_rules(text: str, http: tuple[str, ...]) -> list[str]:
    """Return ``NAME to HOST`` for each host a secret is bound to: what it names, or all. Raises InputError."""
    name, _, rest = text.partition("=")
    _, _, host = rest.partition(" to ")
    hosts = [host.strip()] if host.strip() else list(dict.fromkeys(HttpRule.parse(r).host for r in http))
    if not hosts:
        raise InputError(f"--secret {name}: it is of use with --allow-http alone, and bound to the hosts allowed there")
    return [f"{name} to {h}" for h in hosts]


def secrets(texts: list[str]) -> dict[str, Secret]:
    """Return the secrets that ``NAME=REF`` flags name. Raises InputError."""
    out = {}
    for text in texts:
        name, eq, rest = text.partition("=")
        reference = rest.partition(" to ")[0].strip()
        try:
            if not name or not eq:
                raise InputError(f"--secret: {name!r} has no reference")
            out[name] = Secret(reference, Path.cwd())
        except LumosError as e:
            shown = f"--secret {name}: {e.message}" if eq else e.message
            raise InputError(shown, hint="--secret api_key=env:API_KEY") from None
    return out


def flag_for(function: str, texts: tuple[str, ...]) -> str | None:
    """Return the flag that would have allowed a call of the host, such as ``--allow-env HOME``; None for no such."""
    interface = function.partition(".")[0]
    if interface in _SWITCHES:
        return f"--{interface}"
    value = _wanted(interface, function, texts)
    flags = {"tools": "tool", "model": "model", "http": "http", "files": "file", "env": "env"}
    if interface == "secrets":
        return f"--secret {shlex.quote(f'{value}=env:NAME')}"
    return f"--allow-{flags[interface]} {shlex.quote(value[:_MAX_SHOWN])}" if interface in flags and value else None


def _wanted(interface: str, function: str, texts: tuple[str, ...]) -> str:
    first = texts[0] if texts else ""
    if interface == "http":
        return _http_wanted(_parsed(first))
    if interface == "model":
        return str(_parsed(first).get("model") or "*")
    if interface == "files":
        folder = first if function.endswith("list-folder") else str(Path(first).parent)
        return f"{'write' if function.endswith('write') else 'read'} {folder}"
    return first


def _http_wanted(request: Mapping[str, Any]) -> str:
    try:
        parts = urlsplit(str(request.get("url", "")))
        where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return ""
    method = str(request.get("method") or "GET").upper()
    return f"{method} {where}" if parts.scheme and parts.netloc else ""


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}

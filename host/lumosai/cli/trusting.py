"""What ``lumos trust`` does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import pairs, say, say_json, table, tell
from lumosai.cli.plugins.market import market_of
from lumosai.cli.words import counted
from lumosai.config.load import load
from lumosai_sdk import safe
from lumosai_sdk.errors import ConfigError, InputError

if TYPE_CHECKING:
    from lumosai_marketplace.client.market import Market
    from lumosai_marketplace.trust.policy import Policy, Rule

_MAX_ROOT = 512_000


def show(arguments: argparse.Namespace) -> int:
    """Show rules and indexes. Raises ConfigError."""
    market = market_of(load(arguments.config))
    policy = market.read_policy()
    indexes = _indexes(market)
    if arguments.json:
        rules = [r.to_toml() | {"label": r.label} for r in policy.rules]
        say_json({"path": str(policy.path), "rules": rules, "indexes": indexes})
        return 0
    table([row(r) for r in policy.rules], ["rule", "plugins", "signer", "most"], empty="no rule: nothing is let in")
    if indexes:
        say()
        pairs([(i["name"], f"root {i['fingerprint'][:16]}…") for i in indexes])
    return 0


def row(rule: Rule) -> dict[str, Any]:
    """Return what a table says of a rule."""
    who = rule.repository or rule.subject or rule.owner_id or rule.instance
    most = "" if rule.max_permissions is None else json.dumps(rule.max_permissions.to_json())
    return {"rule": rule.label, "plugins": list(rule.plugins), "signer": who, "most": most}


def _indexes(market: Market) -> list[dict[str, str]]:
    from lumosai_marketplace.client.keeper import fingerprint

    found = sorted(market.roots.glob("*.root.json")) if market.roots.is_dir() else []
    return [{"name": p.name.removesuffix(".root.json"), "fingerprint": fingerprint(p.read_bytes())} for p in found]


def check(arguments: argparse.Namespace) -> int:
    """Check the file, or what it says of a plugin. Raises ConfigError, InputError, RefusedError."""
    policy = market_of(load(arguments.config)).read_policy()
    if arguments.plugin is not None:
        from lumosai.cli.trustcheck import judge

        return judge(arguments, policy)
    if arguments.json:
        say_json({"ok": True, "path": str(policy.path), "rules": len(policy.rules)})
    else:
        say(f"{policy.path}: fine, {counted(len(policy.rules), 'rule')}; what none lets in is refused")
    return 0


def add(arguments: argparse.Namespace) -> int:
    """Add a rule. Raises ConfigError, InputError."""
    policy = market_of(load(arguments.config)).read_policy()
    rule = _rule(arguments, policy)
    policy.add(rule)
    if arguments.json:
        say_json({"ok": True, "path": str(policy.path), "rule": rule.to_toml()})
    else:
        say(f"{policy.path}: the rule {rule.label!r} lets in {safe.line(', '.join(rule.plugins))}")
    return 0


def _rule(arguments: argparse.Namespace, policy: Policy) -> Rule:
    from pydantic import ValidationError

    from lumosai_marketplace.trust.policy import Rule

    plain = ("instance", "index", "issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")
    told = {k: getattr(arguments, k) for k in (*plain, "min_age", "runtime") if getattr(arguments, k) is not None}
    told["plugins"] = arguments.plugins
    told["name"] = arguments.name or policy.free_name(arguments.plugins[0].rstrip("/*") or "all")
    if arguments.kinds is not None:
        told["kinds"] = [k.strip() for k in arguments.kinds.split(",")]
    if arguments.max_permissions is not None:
        told["max_permissions"] = parsed_permissions(arguments.max_permissions)
    try:
        return Rule.model_validate(told)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        raise InputError(f"no such rule: {where} {first['msg'].removeprefix('Value error, ')}".strip()) from None


def parsed_permissions(text: str) -> dict[str, Any]:
    """Return the table that a JSON text is. Raises InputError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(
            "permissions are a JSON object, as [permissions] of a manifest",
            hint='\'{"http": ["GET https://api.example.org/*"]}\'',
        )
    return value


def remove(arguments: argparse.Namespace) -> int:
    """Remove a rule. Raises NotFoundError, ConfigError."""
    policy = market_of(load(arguments.config)).read_policy().remove(arguments.name)
    if arguments.json:
        say_json({"ok": True, "path": str(policy.path), "rules": len(policy.rules)})
    else:
        say(f"{policy.path}: the rule {safe.line(arguments.name)!r} is gone")
    return 0


def index(arguments: argparse.Namespace) -> int:
    """Trust an index, by a root or a fingerprint from elsewhere, or by comparing it. Raises LumosError."""
    from lumosai.cli.loops import run_async
    from lumosai_marketplace.client.keeper import fingerprint, first_root, trust_root

    market = market_of(load(arguments.config))
    root = _file(Path(arguments.root)) if arguments.root else run_async(lambda: first_root(arguments.url))
    found = fingerprint(root)
    if arguments.fingerprint is not None and arguments.fingerprint.lower() != found:
        raise InputError(f"the root's fingerprint is {found}, and not that: the index is another, or its root is")
    if arguments.root is None and arguments.fingerprint is None:
        _compare(arguments, found)
    path = trust_root(market, arguments.url, root, replace=arguments.replace)
    if arguments.json:
        say_json({"ok": True, "index": arguments.url, "path": str(path), "fingerprint": found})
    else:
        say(f"{arguments.url} is trusted, by {path}")
    return 0


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as f:
            return f.read(_MAX_ROOT + 1)
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None


def _compare(arguments: argparse.Namespace, found: str) -> None:
    """Let the person compare. Raises InputError where there is none, or they say no."""
    from lumosai.cli.asking import can_ask, read_terminal
    from lumosai.cli.loops import run_async

    if arguments.json or not can_ask():
        raise InputError(
            "whether this is the right index is not known",
            hint=f"if whoever runs it says the same: lumos trust index {arguments.url} --fingerprint {found}",
        )
    tell(f"the root of {safe.line(arguments.url)} has the fingerprint\n  {found}")
    tell("compare it with what whoever runs the index says, by a way that is not the index")
    said = run_async(lambda: read_terminal("is it the same? [y/N] "))
    sys.stderr.flush()
    if (said or "").strip().casefold() not in {"y", "yes"}:
        raise InputError("the index is not trusted: you said no")

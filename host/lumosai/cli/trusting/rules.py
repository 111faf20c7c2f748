"""``lumos trust show``, ``add``, ``remove`` and ``check``: the rules of ``lumos-trust.toml``."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.exits import OK
from lumosai.cli.output import pairs, say, say_json, table
from lumosai.cli.words import counted
from lumosai.config.load import load
from lumosai_sdk import safe
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.trust.policy import Policy, Request, Rule
    from lumosai_sdk.permissions import Permissions

_WHO = ("instance", "index", "issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises ConfigError, InputError, NotFoundError, RefusedError."""
    handler = {"show": _show, "add": _add, "remove": _remove, "check": _check}[arguments.subcommand]
    return handler(arguments, _policy(arguments))


def _policy(arguments: argparse.Namespace) -> Policy:
    from lumosai_marketplace.trust.policy import FILE_NAME, Policy

    path = Path(arguments.file).absolute() if arguments.file else load(arguments.config).base / FILE_NAME
    return Policy.load(path)


def _show(arguments: argparse.Namespace, policy: Policy) -> int:
    indexes = _indexes(policy)
    if arguments.json:
        rules = [{"label": r.label, "where": policy.where(r), **r.to_toml()} for r in policy.rules]
        say_json({"path": str(policy.path), "default": "deny", "rules": rules, "indexes": indexes})
        return OK
    rows = [_row(r) for r in policy.rules]
    table(rows, ["rule", "plugins", "signer", "runtime", "most"], empty=f"no rules in {policy.path}: nothing is let in")
    if indexes:
        say()
        pairs([("indexes known by", ", ".join(indexes))])
    return OK


def _indexes(policy: Policy) -> list[str]:
    """Return the roots that lie beside the rules."""
    return sorted(p.name for p in (policy.path.parent / "lumos-trust").glob("*.root.json"))


def _row(rule: Rule) -> dict[str, Any]:
    most = rule.max_permissions
    return {
        "rule": rule.label,
        "plugins": rule.plugins,
        "signer": _signer(rule),
        "runtime": rule.runtime,
        "most": "as you agree" if most is None else json.dumps(most.to_json()) if most else "nothing",
    }


def _signer(rule: Rule) -> str:
    who = rule.repository or rule.subject or (f"owner {rule.owner_id}" if rule.owner_id else "")
    return " ".join(p for p in (who, f"({rule.issuer})" if rule.issuer else f"instance {rule.instance}") if p)


def _add(arguments: argparse.Namespace, policy: Policy) -> int:
    rule = _rule(arguments, policy)
    changed = policy.add(rule)
    if arguments.json:
        say_json({"path": str(policy.path), "label": rule.label, "where": changed.where(rule), **rule.to_toml()})
    else:
        say(f"{rule.label}: {', '.join(rule.plugins)} by {safe.line(_signer(rule))}, in {changed.where(rule)}")
    return OK


def _rule(arguments: argparse.Namespace, policy: Policy) -> Rule:
    from pydantic import ValidationError

    from lumosai_marketplace.trust.policy import Rule

    told = {k: getattr(arguments, k) for k in (*_WHO, "runtime", "min_age")}
    named = arguments.name or policy.free_name(_called(arguments.plugins))
    most = None if arguments.max_permissions is None else _json(arguments.max_permissions)
    given = {"name": named, "plugins": arguments.plugins, **told, "kinds": arguments.kind, "max_permissions": most}
    try:
        return Rule.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        flag = "".join(f"--{str(p).replace('_', '-')}: " for p in first["loc"][:1] if p != "plugins")
        raise InputError(f"{flag}{first['msg'].removeprefix('Value error, ')}", hint="lumos trust add --help") from None


def _called(plugins: list[str]) -> str:
    """Return a name for a rule: its namespace or its plugin, as ``lumos trust remove`` is told it."""
    return plugins[0].removesuffix("/*").replace("*", "any").replace("?", "any")[:70]


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError(
            "--max-permissions is a JSON object", hint='--max-permissions \'{"http": ["GET https://api.example/*"]}\''
        )
    return value


def _remove(arguments: argparse.Namespace, policy: Policy) -> int:
    changed = policy.remove(arguments.name)
    if arguments.json:
        say_json({"path": str(policy.path), "removed": arguments.name, "left": [r.label for r in changed.rules]})
    else:
        say(f"{arguments.name} is gone; {counted(len(changed.rules), 'rule')} left in {policy.path}")
    return OK


def _check(arguments: argparse.Namespace, policy: Policy) -> int:
    if arguments.plugin is None:
        _say_file(arguments, policy)
    elif arguments.issuer is None and arguments.instance is None:
        _say_candidates(arguments, policy)
    else:
        rule = policy.decide(_request(arguments))
        where = policy.where(rule)
        if arguments.json:
            say_json({"ok": True, "plugin": arguments.plugin, "rule": rule.label, "where": where})
        else:
            say(f"{arguments.plugin} is let in by {rule.label} ({where})")
    return OK


def _say_file(arguments: argparse.Namespace, policy: Policy) -> None:
    if arguments.json:
        say_json({"ok": True, "path": str(policy.path), "rules": len(policy.rules)})
    else:
        say(f"{policy.path}: fine, {counted(len(policy.rules), 'rule')}; what none lets in is refused")


def _say_candidates(arguments: argparse.Namespace, policy: Policy) -> None:
    from lumosai_marketplace.names import Name

    found = policy.candidates(Name.parse(arguments.plugin))
    if arguments.json:
        rules = [{"label": r.label, "where": policy.where(r), **r.to_toml()} for r in found]
        say_json({"ok": True, "plugin": arguments.plugin, "rules": rules})
        return
    table([_row(r) for r in found], ["rule", "plugins", "signer", "runtime", "most"], empty="no rule names it")


def _request(arguments: argparse.Namespace) -> Request:
    from lumosai_marketplace.names import Name
    from lumosai_marketplace.signer import Signer
    from lumosai_marketplace.trust.policy import Request

    told = {k: getattr(arguments, k) or "" for k in _WHO}
    return Request(
        name=Name.parse(arguments.plugin),
        version="(any version)",
        instance=told.pop("instance"),
        index=told.pop("index"),
        signer=Signer(**told),
        signed=0.0,  # long ago: what is asked here is who, and not when
        now=time.time(),
        runtime=arguments.runtime,
        kinds=frozenset(arguments.kind),
        permissions=_permissions(arguments.max_permissions),
    )


def _permissions(text: str | None) -> Permissions:
    from lumosai_sdk.permissions import Permissions

    return Permissions() if text is None else Permissions.from_json(_json(text))

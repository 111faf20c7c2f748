"""``lumos trust check PLUGIN``: which rules decide about a plugin, and what they say of a signer."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from lumosai.cli.exits import OK
from lumosai.cli.output import say, say_json, table
from lumosai.cli.trusting import parsed_permissions, row
from lumosai_sdk.permissions import Permissions

if TYPE_CHECKING:
    from lumosai_marketplace.trust.policy import Policy, Request

_SIGNER = ("issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")


def judge(arguments: argparse.Namespace, policy: Policy) -> int:
    """Tell. Raises RefusedError where a signer is named and no rule lets the plugin in, InputError for no name."""
    if not any(getattr(arguments, k) for k in (*_SIGNER, "instance")):
        return _candidates(arguments, policy)
    rule = policy.decide(_request(arguments))
    where = policy.where(rule)
    if arguments.json:
        say_json({"ok": True, "plugin": arguments.plugin, "rule": rule.label, "where": where})
    else:
        say(f"{arguments.plugin} is let in by {rule.label} ({where})")
    return OK


def _candidates(arguments: argparse.Namespace, policy: Policy) -> int:
    from lumosai_marketplace.names import Name

    found = policy.candidates(Name.parse(arguments.plugin))
    if arguments.json:
        rules = [{"label": r.label, "where": policy.where(r), **r.to_toml()} for r in found]
        say_json({"ok": True, "plugin": arguments.plugin, "rules": rules})
        return OK
    empty = f"no rule names {arguments.plugin}: it is not let in"
    table([{**row(r), "where": policy.where(r)} for r in found], ["rule", "plugins", "signer", "where"], empty=empty)
    return OK


def _request(arguments: argparse.Namespace) -> Request:
    from lumosai_marketplace.names import Name
    from lumosai_marketplace.signer import Signer
    from lumosai_marketplace.trust.policy import Request

    asks = parsed_permissions(arguments.asks) if arguments.asks is not None else {}
    return Request(
        name=Name.parse(arguments.plugin),
        version="(any version)",
        signer=Signer(**{k: getattr(arguments, k) or "" for k in _SIGNER}),
        instance=arguments.instance or "",
        index=arguments.index or "",
        signed=0.0,  # long ago: who is asked for here, and not when
        now=time.time(),
        runtime=arguments.runtime or "wasm",
        kinds=frozenset(k.strip() for k in (arguments.kinds or "").split(",") if k.strip()),
        permissions=Permissions.from_json(asks),
    )

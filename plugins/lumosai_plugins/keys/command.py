"""``lumos key``: make, list, rotate and revoke keys. A secret is shown once, when it is made."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, get_args

from lumosai_plugins.keys import spans
from lumosai_plugins.keys.key import Key, Secret, new_token
from lumosai_plugins.keys.roles import ROLES, SCOPES, scopes_of
from lumosai_plugins.keys.store import KeyStore
from lumosai_plugins.keys.table import table
from lumosai_sdk import safe
from lumosai_sdk.decorators import command
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.types.auth import Period
from lumosai_sdk.types.plugins import PluginContext

LONGEST_NAME = 64
MOST_TOKENS = 2**53


@command("keys.key")
class KeyCommand:
    """Makes, lists, rotates and revokes API keys. A running host takes it up at its next request."""

    def __init__(self, context: PluginContext) -> None:
        self._store = KeyStore.of(context)
        self._settings = context.settings

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="create|list|rotate|revoke", help="what to do"
        )
        _create_arguments(group.add_parser("create", help="make a key and show it, once"))
        listed = group.add_parser("list", help="list the keys, without their secrets")
        rotate = group.add_parser("rotate", help="give a key a new secret; the old one is taken for a while")
        rotate.add_argument("id", metavar="ID", help="the key's id")
        rotate.add_argument("--grace", metavar="SPAN", help="how long the old one is taken: 0, 30m, 24h, 7d")
        revoke = group.add_parser("revoke", help="take a key no more, from now on")
        revoke.add_argument("id", metavar="ID", help="the key's id")
        revoke.add_argument("--forget", action="store_true", help="remove it from the list as well")
        for made in (listed, rotate, revoke):
            made.add_argument("--json", action="store_true", help="print JSON")

    def run(self, arguments: Namespace, context: PluginContext) -> int:  # noqa: ARG002 - the contract's
        """Do it. Raises InputError, NotFoundError, ConflictError, ConfigError."""
        does: Mapping[str, Callable[[Namespace], int]] = {
            "create": self._create,
            "list": self._list,
            "rotate": self._rotate,
            "revoke": self._revoke,
        }
        return does[arguments.subcommand](arguments)

    def _create(self, arguments: Namespace) -> int:
        now = time.time()
        key_id, secret, token = new_token()
        lasts = spans.seconds(arguments.expires or self._settings.get("expires", "90d"))
        if lasts == 0:
            raise InputError("a key that is expired already is good for nothing", hint="--expires 90d, or never")
        key = Key(
            key_id,
            _name(arguments.name),
            _name(arguments.subject or arguments.name),
            arguments.tenant,
            scopes_of(arguments.role, arguments.scope),
            now,
            (Secret.of(secret),),
            None if lasts is None else now + lasts,
            rate=arguments.rate,
            burst=arguments.burst,
            concurrency=arguments.concurrency,
            budget_tokens=None if arguments.budget_tokens is None else _whole(arguments.budget_tokens),
            budget_cost=arguments.budget_cost,
            budget_period=arguments.period,
            models=tuple(arguments.models),
        )
        _check(key)
        with self._store.changing() as keys:
            keys[key_id] = key
        return _show_once(key, token, as_json=arguments.json)

    def _list(self, arguments: Namespace) -> int:
        now, used = time.time(), self._store.last_used()
        keys = sorted(self._store.keys().values(), key=lambda k: k.created)
        if arguments.json:
            return _say_json([_told(k, now, used) for k in keys])
        rows = [
            {
                "id": k.id,
                "name": k.name,
                "caller": f"{k.tenant}/{k.subject}",
                "may": ", ".join(k.scopes),
                **({"spend": _spend(k)} if any(k.budget for k in keys) else {}),
                "state": k.state(now),
                "expires": spans.day(k.expires, "never"),
                "used": spans.day(used.get(k.id), "never"),
            }
            for k in keys
        ]
        _say(table(rows) if rows else "no keys; lumos key create NAME --role run makes one")
        return 0

    def _rotate(self, arguments: Namespace) -> int:
        grace = spans.seconds(arguments.grace or self._settings.get("grace", "24h"))
        if grace is None:
            raise InputError("an old secret is not taken for ever", hint="--grace 24h")
        now = time.time()
        with self._store.changing() as keys:
            key = _known(keys, arguments.id)
            if (state := key.state(now)) != "active":
                raise ConflictError(f"the key {key.id} is {state}", hint="lumos key create makes another")
            _, secret, token = new_token(key.id)
            keys[key.id] = key = key.rotated(secret, now + grace, now)
        return _show_once(key, token, as_json=arguments.json)

    def _revoke(self, arguments: Namespace) -> int:
        now = time.time()
        with self._store.changing() as keys:
            key = _known(keys, arguments.id)
            # The hashes go as well: nothing brings this key back.
            key = replace(key, revoked=key.revoked or now, secrets=(Secret.of(new_token()[1]),))
            if arguments.forget:
                del keys[key.id]
            else:
                keys[key.id] = key
        if arguments.json:
            return _say_json(_told(key, now, self._store.last_used()))
        _say(f"{'forgotten' if arguments.forget else 'revoked'}: {key.id} ({safe.line(key.name)})")
        return 0


def _create_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="what the key is called, and for whom it is")
    parser.add_argument("--role", action="append", default=[], choices=sorted(ROLES), help="what it may do")
    parser.add_argument("--scope", action="append", default=[], metavar="SCOPE", help=f"or each: {', '.join(SCOPES)}")
    parser.add_argument("--subject", metavar="ID", help="whose threads and runs it sees (default: NAME)")
    parser.add_argument("--tenant", default="default", metavar="TENANT", help="to which tenant it belongs")
    parser.add_argument("--expires", metavar="SPAN", help="how long it is good for: 12h, 90d, never")
    parser.add_argument("--rate", type=float, metavar="N", help="requests a second")
    parser.add_argument("--burst", type=int, metavar="N", help="requests that may come at once")
    parser.add_argument("--concurrency", type=int, metavar="N", help="requests that may be under way at a time")
    parser.add_argument("--budget-cost", type=float, metavar="USD", help="US dollars it may spend on models")
    parser.add_argument("--budget-tokens", type=float, metavar="N", help="tokens it may spend on models, such as 1e6")
    parser.add_argument(
        "--period", choices=get_args(Period), default="month", help="in which it may spend that (default: month)"
    )
    parser.add_argument(
        "--models", action="append", default=[], metavar="GLOB", help="what it may use: an agent, alias, route or model"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _whole(number: float) -> int:
    if not 1 <= number < MOST_TOKENS:
        raise InputError("a budget of tokens is a number from 1", hint="--budget-tokens 1e6")
    return int(number)


def _name(text: str) -> str:
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable() or text != text.strip():
        raise InputError(f"a name is 1 to {LONGEST_NAME} characters that can be printed")
    return text


def _check(key: Key) -> None:
    try:
        _name(key.tenant)
        key.principal  # noqa: B018 - raises
    except ValueError as e:
        raise InputError(
            f"such a key cannot be: {e}", hint="a tenant has no / in it, limits and budgets are above 0"
        ) from None


def _known(keys: Mapping[str, Key], key_id: str) -> Key:
    if key_id not in keys:
        raise NotFoundError("key", safe.line(key_id)[:64], keys, hint="lumos key list")
    return keys[key_id]


def _told(key: Key, now: float, used: Mapping[str, float]) -> dict[str, Any]:
    """Return what JSON tells of a key: neither secrets nor their hashes."""
    return {
        "id": key.id,
        "name": key.name,
        "tenant": key.tenant,
        "subject": key.subject,
        "scopes": list(key.scopes),
        "state": key.state(now),
        "created": spans.minute(key.created),
        "expires": spans.minute(key.expires),
        "revoked": spans.minute(key.revoked),
        "last_used": spans.minute(used.get(key.id)),
        "secrets": sum(s.until is None or now < s.until for s in key.secrets) if key.state(now) == "active" else 0,
        "limits": {"rate": key.rate, "burst": key.burst, "concurrency": key.concurrency},
        "budget": key.budget and key.budget.to_json(),
        "models": list(key.models),
    }


def _spend(key: Key) -> str:
    """Return a key's budget in words."""
    budget = key.budget
    if budget is None:
        return "any"
    limits = [f"${budget.cost:g}" if budget.cost else "", f"{budget.tokens:,} tokens" if budget.tokens else ""]
    words = " and ".join(limit for limit in limits if limit)
    return words if budget.period == "total" else f"{words} a {budget.period}"


def _show_once(key: Key, token: str, *, as_json: bool) -> int:
    if as_json:
        return _say_json({"key": token, **_told(key, time.time(), {})})
    _say(token)
    # Beside the result, so that a script takes the key alone.
    sys.stdout.flush()
    until = next((s.until for s in key.secrets if s.until is not None), None)
    lines = [
        f"{key.tenant}/{safe.line(key.subject)} may {', '.join(key.scopes)}, until {spans.day(key.expires, 'revoked')}",
        "this is shown once: keep it where secrets are kept",
    ]
    if until is not None:
        lines.insert(1, f"the secret before it is taken until {spans.minute(until)}")
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _say_json(value: Any) -> int:
    _say(safe.json_text(json.dumps(value, indent=2, ensure_ascii=False)))
    return 0

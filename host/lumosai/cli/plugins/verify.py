"""``lumos plugin verify``: everything that was verified at the install, once more, without a network."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import OK, REFUSED
from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.agreeing import who
from lumosai.cli.plugins.market import installed_name, market_of, refusals, show_refusal, when
from lumosai.config.load import load
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.judge import Judged
    from lumosai_marketplace.client.keeper import Keeper
    from lumosai_marketplace.client.lock import Locked
    from lumosai_marketplace.client.market import Market


def run(arguments: argparse.Namespace) -> int:
    """Verify what is named, or everything. Raises LumosError."""
    return refusals(arguments, lambda: _verify(arguments))


def _verify(arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client.keeper import Keeper
    from lumosai_marketplace.client.update import installed

    market = market_of(load(arguments.config))
    keeper = Keeper(market)
    names = [installed_name(market, n) for n in arguments.names] or list(market.read_lock().plugins)
    results = [_one(market, keeper, installed(market, n), quiet=arguments.json) for n in names]
    ok = all(r["ok"] for r in results)
    if arguments.json:
        say_json({"ok": ok, "plugins": results})
    elif not results:
        tell("nothing is installed from a marketplace")
    return OK if ok else REFUSED


def _one(market: Market, keeper: Keeper, locked: Locked, *, quiet: bool) -> dict[str, Any]:
    from lumosai_marketplace.client.own import is_own
    from lumosai_marketplace.client.verify import verify_installed
    from lumosai_marketplace.errors import RefusedError

    what = safe.line(f"{locked.name} {locked.version}")
    try:
        judged = verify_installed(market, keeper, locked, time.time())
    except RefusedError as e:
        if not quiet:
            say(f"{style.paint('✗', style.RED)} {what}")
            show_refusal(e)
        return {"plugin": locked.name.screen, "version": locked.version, "ok": False, "refused": e.to_json()}
    if not quiet:
        by = "you, on this machine" if is_own(locked) else safe.line(who(judged.verified.signer))
        at = when(judged.verified.signed)
        say(f"{style.paint('✓', style.GREEN)} {what}: signed by {by}, {at}, log index {judged.verified.log_index}")
    return _good(locked, judged)


def _good(locked: Locked, judged: Judged) -> dict[str, Any]:
    return {
        "plugin": locked.name.screen,
        "version": locked.version,
        "ok": True,
        "signer": judged.verified.signer.to_json(),
        "signed": judged.verified.signed,
        "log_index": judged.verified.log_index,
        "rule": judged.rule,
    }

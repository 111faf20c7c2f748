"""``lumos plugin namespace``: the first half of one's plugins' names, claimed and proven at an index."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lumosai.cli.exits import USAGE
from lumosai.cli.output import say, say_json, table, tell
from lumosai.cli.plugins.login import tokens
from lumosai.cli.plugins.market import index_url, refusals
from lumosai.config.load import load
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index

_PATH = "api/v1/namespaces"


def run(arguments: argparse.Namespace) -> int:
    """List one's namespaces, claim one, or have a proof of it looked for. Raises LumosError."""
    if arguments.prove and not arguments.name:
        tell("--prove needs the namespace: lumos plugin namespace acme --prove dns:acme.example")
        return USAGE
    return refusals(arguments, lambda: _done(arguments))


def _done(arguments: argparse.Namespace) -> int:
    from lumosai.cli.loops import run_async
    from lumosai_marketplace.client.index import Index

    url = index_url(load(arguments.config), arguments.index)

    async def main() -> Any:
        async with Index(url, token=tokens().need(url)) as index:
            if not arguments.name:
                return (await index.json(_PATH))["namespaces"]
            if arguments.prove:
                method, _, target = arguments.prove.partition(":")
                path = f"{_PATH}/{quote(arguments.name, safe='')}/proof"
                return await index.send(path, {"method": method, "target": target})
            return await _claimed(index, arguments.name)

    found = run_async(main)
    if arguments.json:
        say_json(found)
    elif arguments.name:
        _show(found)
    else:
        rows = [{**n, "proof": n["proof"] or "not proven yet"} for n in found]
        table(rows, ["name", "proof"], empty="none yet: lumos plugin namespace NAME claims one")
    return 0


async def _claimed(index: Index, name: str) -> Any:
    """Return the namespace, claimed unless it is one's own already."""
    mine = (await index.json(_PATH))["namespaces"]
    if any(n["name"] == name for n in mine):
        return await index.json(f"{_PATH}/{quote(name, safe='')}")
    return await index.send(_PATH, {"name": name})


def _show(told: Mapping[str, Any]) -> None:
    name = safe.line(told["name"])
    if told["proof"]:
        say(f"the namespace {name} is yours, proven by {safe.line(told['proof'])}")
        return
    say(f"you have claimed the namespace {name}; nothing is published in it until one of these is there:")
    for proof in told["proofs"]:
        say(f"  {safe.line(proof)}")
    say(f"then: lumos plugin namespace {name} --prove METHOD:TARGET, as in dns:{name}.example")

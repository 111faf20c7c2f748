"""The tour's second part: a sandboxed plugin is found in a marketplace, installed verified, and called in its jail."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.failure import report, show
from lumosai.cli.output import say, table, tell
from lumosai.cli.plugins.market import market_of, show_refusal
from lumosai.cli.plugins.progress import Steps, steps
from lumosai.cli.transcript import remark_on
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from lumosai.cli.tourmarket import TourMarket
    from lumosai.host import Host
    from lumosai_marketplace.client.consent import Question
    from lumosai_marketplace.client.install import Installed
    from lumosai_marketplace.client.market import Market
    from lumosai_marketplace.client.session import Session
    from lumosai_marketplace.embedded import Seed, Seeding

PLUGIN, TOOL, WORD = "hash", "hash.digest", "digest"
RULE = "tour"
_ARGUMENTS = {"text": "LumosAI"}
_SECONDS = 60
_TAKEN_UP = 15.0
_WHERE = {"jail": "in a process of its own that may do nothing but compute"}
_LANGUAGES = {"c": "C", "zig": "Zig", "js": "JavaScript", "rust": "Rust", "python": "Python"}


async def visit(host: Host, url: str, market: TourMarket) -> bool:
    """Search, install, call; tell whether it came to its end. What fails is told, and the host serves on."""
    from lumosai_marketplace.errors import RefusedError

    say(f"{style.paint('A plugin from a marketplace', style.BOLD)}  in this process, at {market.place.url}\n")
    sys.stdout.flush()
    try:
        await _visit(host, url, market)
    except RefusedError as e:
        show_refusal(e)
    except LumosError as e:
        show(e.message, e.hint)
    except Exception as e:  # noqa: BLE001 - it is a tour: whatever it is, the host goes on
        report(e)
    else:
        return True
    tell("the host serves on\n")
    return False


async def _visit(host: Host, url: str, market: TourMarket) -> None:
    from lumosai_marketplace.client.install import Options
    from lumosai_marketplace.client.resolve import Wanted
    from lumosai_marketplace.client.session import Session

    seed = await _stocked(market)
    owner = await asyncio.to_thread(_owner, market)
    async with Session(owner, Options(ask=_agree)) as session:
        _typed(f"plugin search {WORD}")
        await _search(session, market.place.url)
        _typed(f"plugin install {seed.source.name}")
        _installed(await session.install(Wanted(seed.source.name)))
    await _call(host, url)


# --- the marketplace, and trust in it


async def _stocked(market: TourMarket) -> Seed:
    """Wait until the plugin is there. Raises LumosError where it will not be."""
    with steps("starting the marketplace", announced=False) as told:
        await market.started.wait()
        if market.seeding is None:
            raise market.problem or LumosError("the marketplace did not start")
        seed = market.seeding.find(PLUGIN)
        if seed is None:
            raise LumosError(f"this checkout has no plugin {PLUGIN}")
        await _followed(seed, told)
    if seed.state != "there":
        raise LumosError(f"{seed.source.name} could not be published: {seed.why}", hint=seed.hint or None)
    return seed


async def _followed(seed: Seed, told: Steps) -> None:
    """Tell what is done with a plugin until that is over."""
    before = ""
    while not seed.settled.is_set():
        if seed.state not in {before, "waiting"}:
            told(f"{seed.state} {seed.source.name} ({_LANGUAGES[seed.source.language]})")
        before = seed.state
        await asyncio.sleep(0.1)


def _owner(market: TourMarket) -> Market:
    """Return the tour's files as an owner's, who trusts the marketplace, and its author for its own namespace."""
    from lumosai_marketplace.client.keeper import trust_root
    from lumosai_marketplace.embedded.people import AUTHOR
    from lumosai_marketplace.embedded.sources import NAMESPACE
    from lumosai_marketplace.trust.policy import Rule

    owner, embedded = market_of(market.loaded), market.embedded
    if embedded is None:
        raise LumosError("the marketplace does not serve")
    trust_root(owner, embedded.url, embedded.root)
    policy = owner.read_policy()
    if all(r.label != RULE for r in policy.rules):
        issuer = f"{embedded.url}sigstore/oauth2"
        policy.add(Rule(name=RULE, plugins=(f"{NAMESPACE}/*",), issuer=issuer, subject=AUTHOR))
        where = _shorter(str(owner.policy), Path.cwd())
        say(f"{_dim(f'{where} now lets in {NAMESPACE}/* if {AUTHOR} has signed it')}\n")
        sys.stdout.flush()
    return owner


# --- search, install, call


async def _search(session: Session, url: str) -> None:
    found = await session.index(url).search(WORD)
    rows = [_row(r) for r in found.get("items", ()) if isinstance(r, dict)]
    table(rows, ["name", "version", "risk", "signer", "summary"], empty="nothing found")
    say()
    sys.stdout.flush()


def _row(result: dict[str, Any]) -> dict[str, Any]:
    publisher = result.get("publisher")
    return {**result, "signer": publisher.get("subject") if isinstance(publisher, dict) else ""}


async def _agree(question: Question) -> bool:
    """Show what the owner of a host is asked, and answer as --yes does: up to the policy."""
    from lumosai.cli.plugins import agreeing
    from lumosai_marketplace.client.consent import up_to_policy

    agreeing.show(question)
    return await up_to_policy(question)


def _installed(done: Installed) -> None:
    from lumosai.cli.plugins import install

    plugin = done.plugin
    facts = [
        ("wheel", f"sha256 {plugin.sha256[:16]}…, the file that was signed"),
        ("signature", f"{plugin.signer.subject}, by the rule {plugin.rule!r} of lumos-trust.toml"),
        ("log", f"entry {plugin.log_index}, in a tree with the root {plugin.log_root[:16]}…"),
    ]
    for name, text in facts:
        say(f"  {style.paint('✓', style.GREEN)} {style.paint(f'{name:<11}', style.DIM)}{safe.line(text)}")
    install.show([done], argparse.Namespace(json=False), nothing="")
    say()
    sys.stdout.flush()


async def _call(host: Host, url: str) -> None:
    """Call the tool over HTTP, once the host has noticed that it is there. Raises LumosError."""
    with steps("the host takes it up", lines=False, announced=False):
        await _taken_up(host)
        answer = await _asked(f"{url}/v1/tools/{TOOL}/call", {"arguments": _ARGUMENTS})
    arguments = json.dumps(_ARGUMENTS)
    say(remark_on(ev.ToolCalled(tool=TOOL, arguments=arguments)))
    say(remark_on(ev.ToolReturned(tool=TOOL, content=json.dumps(answer.get("result")), error=False)))
    told = await _asked(f"{url}/v1/plugins/{PLUGIN}")
    say(f"\n{_explained(told.get('sandbox') or {})}\n")
    sys.stdout.flush()


def _explained(sandbox: dict[str, Any]) -> str:
    where = _WHERE.get(str(sandbox.get("tier")), "in the host's own process")
    return _dim(f"That was C as WebAssembly, {where}, called over HTTP.")


async def _taken_up(host: Host) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + _TAKEN_UP
    while host.registry.find("tool", TOOL) is None:
        if loop.time() > until:
            raise LumosError(f"the host has not taken up {PLUGIN}", hint="lumos plugin doctor")
        await asyncio.sleep(0.05)


async def _asked(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON that is answered. Raises LumosError with the problem that was told."""
    import aiohttp

    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        method = "GET" if body is None else "POST"
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, url, json=body) as response,
        ):
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as e:
        raise LumosError(f"the service did not answer: {type(e).__name__}: {e}") from None
    if response.status != 200 or not isinstance(answer, dict):  # noqa: PLR2004 - OK
        told = answer if isinstance(answer, dict) else {}
        raise LumosError(str(told.get("detail") or f"the service answered {response.status}"), hint=told.get("hint"))
    return answer


# --- what next


def _typed(words: str) -> None:
    say(style.paint(f"$ lumos {words}", style.CYAN))
    sys.stdout.flush()


def next_steps(market: TourMarket) -> str:
    """Return what to do in the marketplace from another terminal."""
    folder = market.place.folder
    lumos = "lumos" if shutil.which("lumos") else _shorter(sys.argv[0], folder)
    lines = [
        f"cd {_shorter(str(folder), Path.cwd())}",
        f"{lumos} plugin search csv",
        f"{lumos} plugin install lumosai/csv",
    ]
    head = style.paint("The marketplace from another terminal", style.BOLD)
    said = style.paint("your own files stay as they are", style.DIM)
    return "\n".join([f"{head}  {said}", *(f"  {line}" for line in lines), ""])


def _shorter(path: str, start: Path) -> str:
    """Return a path from a folder, or from the root where that is shorter."""
    full = os.path.abspath(path)  # noqa: PTH100 - as it is typed, links not followed
    return min(os.path.relpath(full, start), full, key=len)


async def rest(market: TourMarket) -> None:
    """Tell what is still being built, and when that is over what is there and what was left out."""
    seeding = market.seeding
    if seeding is None:
        return
    if names := [s.source.name.plugin for s in seeding.seeds if not s.settled.is_set()]:
        _remark(f"building {', '.join(names)}")
    await market.filled.wait()
    if market.problem is not None:
        report(market.problem)
    if any(s.new for s in seeding.seeds):
        _remark(f"it has {', '.join(s.source.name.plugin for s in seeding.seeds if s.state == 'there')}")
    for why, left in _left_out(seeding).items():
        _remark(f"without {', '.join(left)}: {why}; make plugins says what they need")


def _left_out(seeding: Seeding) -> dict[str, list[str]]:
    """Return the plugins that were left out, by the reason."""
    out: dict[str, list[str]] = {}
    for seed in seeding.seeds:
        if seed.state == "left out":
            out.setdefault(safe.line((seed.why.splitlines() or ["?"])[0]), []).append(seed.source.name.plugin)
    return out


def _remark(text: str) -> None:
    say(_dim(f"marketplace: {text}"))
    sys.stdout.flush()


def _dim(text: str) -> str:
    return "\n".join(style.paint(line, style.DIM) for line in textwrap.wrap(text, 76, break_on_hyphens=False))

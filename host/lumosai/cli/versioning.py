"""``lumos agents versions|draft|compare|publish|restore``: agents that are changed, tried, and put in force."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lumosai.cli.exits import OK
from lumosai.cli.output import say, say_json, table, tell
from lumosai.cli.parser import Parser
from lumosai.cli.style import CYAN, DIM, GREEN, RED, paint
from lumosai.cli.words import ago
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai.agents.versions.version import Version
    from lumosai.host import Host

_COLOURS = {"+": GREEN, "-": RED, "@": CYAN}


def configure(parser: Parser, group: Any) -> list[Parser]:
    """Declare the subcommands and return their parsers."""
    versions = parser.add(group, "versions", "list an agent's versions", ["lumos agents versions assistant"])
    draft = parser.add(
        group,
        "draft",
        "make a draft of an agent, to be tried as AGENT@NUMBER",
        [
            "lumos agents draft assistant --set temperature=0.2",
            "lumos agents draft assistant --set 'tools=[\"time.*\"]' --unset output_schema",
            "lumos agents draft assistant            opens $EDITOR",
            'lumos run assistant@2 "What time is it?"',
        ],
    )
    compare = parser.add(
        group,
        "compare",
        "show what a version changes",
        ["lumos agents compare assistant 2", "lumos agents compare assistant 1 2"],
    )
    publish = parser.add(
        group,
        "publish",
        "let a draft hold: write it into lumos.toml",
        ["lumos agents publish assistant", "lumos agents publish assistant 3"],
    )
    restore = parser.add(group, "restore", "let an earlier version hold again", ["lumos agents restore assistant 1"])
    for made in (versions, draft, compare, publish, restore):
        made.add_argument("agent", metavar="AGENT", help="the agent")
    _draft_options(draft)
    compare.add_argument("numbers", metavar="[BASE] NUMBER", nargs="+", type=number, help="what, against what holds")
    publish.add_argument("number", metavar="NUMBER", nargs="?", type=number, help="the draft (default: the newest)")
    restore.add_argument("number", metavar="NUMBER", type=number, help="the version")
    restore.add_argument("-m", "--note", default="", help="why")
    return [versions, draft, compare, publish, restore]


def _draft_options(draft: Parser) -> None:
    draft.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="set a key; VALUE is TOML, or text"
    )
    draft.add_argument("--unset", action="append", default=[], metavar="KEY", help="take a key out")
    draft.add_argument("--file", metavar="FILE", help="the agent's whole table as TOML; - is standard input")
    draft.add_argument("--base", type=number, metavar="NUMBER", help="change this version (default: what holds)")
    draft.add_argument("-m", "--note", default="", help="what it is for")


def number(text: str) -> int:
    """Return a version's number. Raises ArgumentTypeError."""
    digits = text.rpartition("@")[2]
    if not (digits.isascii() and digits.isdigit() and 0 < int(digits) < 10**8):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a version")
    return int(digits)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError, SystemExit for wrong usage."""
    from lumosai.cli.hosting import with_host

    work = {
        "show": _show,
        "versions": _versions,
        "draft": _draft,
        "compare": _compare,
        "publish": _publish,
        "restore": _restore,
    }
    return with_host(arguments, work[arguments.subcommand])


async def _show(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.agents.versions.comparing import as_toml
    from lumosai.agents.versions.version import parted
    from lumosai.cli.transcript import show_text

    named = parted(arguments.agent)
    if named is None:
        agent, found = arguments.agent, await _written(host, arguments.agent)
    else:
        agent, found = named[0], (await host.versions.get(*named)).table
    if arguments.json:
        say_json(found)
    else:
        show_text(as_toml(agent, found))
    return OK


async def _written(host: Host, agent: str) -> Mapping[str, Any]:
    from lumosai_sdk.errors import NotFoundError

    if host.loaded.path is not None:
        return (await host.versions.history(agent)).table
    config = host.config.agents.get(agent)
    if config is None:
        raise NotFoundError("agent", agent, host.config.agents, hint="lumos agents")
    return config.model_dump(mode="json", exclude_unset=True)


async def _versions(host: Host, arguments: argparse.Namespace) -> int:
    history = await host.versions.history(arguments.agent)
    if arguments.json:
        say_json([v.view(history.state(v)) for v in history.versions])
        return OK
    now = time.time()
    rows = [
        {**v.view(history.state(v)), "version": v.id, "made": f"{ago(now - v.created_at)} ago", "by": v.author}
        for v in history.versions
    ]
    empty = f"no versions yet (lumos agents draft {arguments.agent})"
    table(rows, ["version", "state", "made", "by", "note"], empty=empty, whole={"version"})
    if rows and history.holds is None:
        tell("lumos.toml says something else: it becomes a version when something is drafted or published")
    return OK


async def _draft(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.cli.drafting import patch_of

    agent = arguments.agent
    history = await host.versions.history(agent)
    base = history.table if arguments.base is None else (await host.versions.get(agent, arguments.base)).table
    patch = patch_of(arguments, base)
    made = await host.versions.draft(agent, patch, base=arguments.base, note=arguments.note)
    hints = (f'lumos run {made.id} "…"', f"lumos agents compare {agent} {made.number}", f"lumos agents publish {agent}")
    return _told(arguments, made, "draft", f"{made.id} is drafted; to try, look, and let it hold:", *hints)


async def _compare(host: Host, arguments: argparse.Namespace) -> int:
    *before, last = arguments.numbers
    if len(before) > 1:
        raise SystemExit(_too_many())
    found = await host.versions.compare(arguments.agent, last, before[0] if before else None)
    if arguments.json:
        say_json(asdict(found))
    elif not found.diff:
        say("they are the same")
    for line in () if arguments.json else found.diff.splitlines():
        code = DIM if line.startswith(("---", "+++")) else _COLOURS.get(line[:1], "")
        say(paint(safe.line(line), code) if code else safe.line(line))
    return OK


def _too_many() -> int:
    from lumosai.cli.exits import USAGE
    from lumosai.cli.failure import show

    show("two versions are compared at most", "lumos agents compare assistant 1 2")
    return USAGE


async def _publish(host: Host, arguments: argparse.Namespace) -> int:
    made = await host.versions.publish(arguments.agent, arguments.number)
    return _told(arguments, made, "holds", f"{made.id} holds now; lumos.toml says so")


async def _restore(host: Host, arguments: argparse.Namespace) -> int:
    made = await host.versions.restore(arguments.agent, arguments.number, note=arguments.note)
    return _told(arguments, made, "holds", f"what {arguments.agent}@{arguments.number} says holds again, as {made.id}")


def _told(arguments: argparse.Namespace, version: Version, state: str, text: str, *hints: str) -> int:
    if arguments.json:
        say_json(version.view(state))
        return OK
    say(text)
    for hint in hints:
        say(f"  {paint(hint, DIM)}")
    return OK

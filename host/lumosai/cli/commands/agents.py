"""``lumos agents``: the configured agents, and their versions."""

from __future__ import annotations

import argparse

from lumosai.cli import versioning
from lumosai.cli.output import say, say_ids, say_json, table
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos agents", "lumos agents assistant", "lumos agents draft assistant --set history=10"])
    group = parser.subcommands(default="list", word="show")
    listing = parser.add(group, "list", "list the agents", ["lumos agents", "lumos agents --json"])
    add_ids(listing)
    show = parser.add(
        group,
        "show",
        "show an agent, or a version of one, as it stands in lumos.toml",
        ["lumos agents assistant", "lumos agents show assistant@2"],
    )
    show.add_argument("agent", metavar="AGENT", help="the agent, or a version such as assistant@2")
    made = [listing, show, *versioning.configure(parser, group)]
    for each in made:
        add_config(each)
        add_json(each)
    for each in made[1:]:
        add_safe_mode(each)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError."""
    if arguments.subcommand == "list":
        return _list(arguments)
    return versioning.run(arguments)


def _list(arguments: argparse.Namespace) -> int:
    from lumosai.agents.agent import Agent
    from lumosai.cli.hosting import default_agent
    from lumosai.config.load import load

    config = load(arguments.config).config
    default = default_agent(config)
    agents = [Agent.from_config(i, c).to_json() for i, c in config.agents.items()]
    if arguments.json:
        say_json([{**a, "default": a["id"] == default} for a in agents])
    elif arguments.quiet:
        say_ids(a["id"] for a in agents)
    else:
        rows = [{**a, "id": f"{a['id']} *" if a["id"] == default else a["id"]} for a in agents]
        models = {"model": config.models.default}
        table([{**r, "model": r["model"] or models["model"]} for r in rows], ["id", "model", "tools", "description"])
        say("\n* answers when none is named")
    return 0

"""``lumos agents``: the configured agents."""

from __future__ import annotations

import argparse

from lumosai.cli.output import say, say_ids, say_json, table
from lumosai.cli.parser import Parser, add_config, add_ids, add_json


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.describe(["lumos agents", "lumos agents --json"])
    add_config(parser)
    add_json(parser)
    add_ids(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the agents. Raises ConfigError."""
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

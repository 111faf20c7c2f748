"""The commands by name. Their modules are imported when they are called, not before."""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """A command's one line of help, and the group it is listed in. Its module is ``lumosai.cli.commands.<name>``."""

    help: str
    group: str


COMMANDS: Final[dict[str, Command]] = {
    "init": Command("make a lumos.toml, and more if you like, from a template", "start"),
    "up": Command("start the host and its HTTP service", "start"),
    "dev": Command("like up, and take up changed plugin code while you write it", "start"),
    "run": Command("ask an agent one thing", "talk"),
    "chat": Command("talk with an agent", "talk"),
    "agents": Command("list the agents; draft, compare, publish, restore versions of them", "look"),
    "tools": Command("list, show and call tools", "look"),
    "models": Command("list models, fetch embedded ones", "look"),
    "runs": Command("list, show, resume and cancel runs", "look"),
    "threads": Command("list, show and delete conversations", "look"),
    "usage": Command("see what callers spent on models", "look"),
    "plugin": Command("find, install, list, switch, check, write and publish plugins", "manage"),
    "trust": Command("say whose plugins are let in: indexes, publishers", "manage"),
    "log": Command("follow an index's transparency log", "manage"),
    "marketplace": Command("run an index of plugins of your own", "manage"),
    "config": Command("show and check the configuration", "manage"),
    "completion": Command("print the shell's completion script", "manage"),
}

GROUPS: Final = {"start": "get going", "talk": "talk to agents", "look": "look and handle", "manage": "manage"}

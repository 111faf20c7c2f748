"""``lumos chat``: a conversation with an agent."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.exits import OK
from lumosai.cli.parser import Parser, add_config, add_safe_mode

if TYPE_CHECKING:
    from lumosai.cli.chatting.surface import Surface
    from lumosai.host import Host


def configure(parser: Parser) -> None:
    """Declare the arguments."""
    parser.describe(["lumos chat", "lumos chat assistant --thread trip-to-rome", 'printf "hello\\n" | lumos chat'])
    parser.add_argument("agent", metavar="AGENT", nargs="?", help="whom to talk to (default: the default agent)")
    parser.add_argument("--thread", metavar="ID", help="go on with this conversation")
    add_config(parser)
    add_safe_mode(parser)


def run(arguments: argparse.Namespace) -> int:
    """Talk until the person leaves. Raises LumosError for what cannot even start."""
    from lumosai.cli.hosting import run_async

    return run_async(lambda: _chat(arguments))


async def _chat(arguments: argparse.Namespace) -> int:
    from lumosai.cli.chatting.conversation import Conversation
    from lumosai.cli.hosting import default_agent, open_host

    async with open_host(arguments) as host:
        agent = (await host.runs.find(arguments.agent or default_agent(host.config))).id
        surface, at_terminal = _surface(host)
        conversation = Conversation(host, surface, agent, arguments.thread, arguments)
        if at_terminal:
            surface.note(_greeting(host, agent))
        await conversation.hold()
        if at_terminal:
            surface.note(f"go on later with:\n  lumos chat {conversation.agent} --thread {conversation.thread}")
    return OK


def _surface(host: Host) -> tuple[Surface, bool]:
    import sys

    from lumosai.cli.chatting.lines import Lines
    from lumosai.cli.style import is_tty

    if is_tty(sys.stdin) and is_tty(sys.stdout):
        from lumosai.cli.chatting.terminal import Terminal

        return Terminal(host.loaded.data_dir / "chat-history"), True
    return Lines(), False


def _greeting(host: Host, agent: str) -> str:
    from lumosai.cli.words import counted

    plan = host.planner.plan(host.runs.agent(agent))
    return (
        f"{agent} on {', then '.join(plan.models)}, {counted(len(plan.by_name), 'tool')}\n"
        "/help shows the commands; Ctrl-C stops an answer, Ctrl-D leaves"
    )

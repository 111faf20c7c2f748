"""``lumos run``: one request to an agent."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from lumosai.cli import style
from lumosai.cli.exits import MEANINGS, OK, SUSPENDED
from lumosai.cli.output import say_end, say_json
from lumosai.cli.parser import Parser, add_config, add_json, add_safe_mode

if TYPE_CHECKING:
    from lumosai.cli.asking import Nobody, Person
    from lumosai.config.model import Config
    from lumosai.host import Host

_MAX_STDIN = 16 * 1024 * 1024
_MAX_SCHEMA = 1024 * 1024


def configure(parser: Parser) -> None:
    """Declare the arguments."""
    parser.describe(
        [
            'lumos run "What time is it in Tokyo?"',
            'lumos run assistant "What is 17 % of 240?" --json',
            "git diff | lumos run reviewer -",
            'lumos run "Plan a day in Rome" --output-schema plan.json',
        ],
        {SUSPENDED: MEANINGS[SUSPENDED]},
    )
    parser.add_argument(
        "words",
        metavar="[AGENT] QUESTION",
        nargs="*",
        help="what to ask, of whom; - reads the question from standard input",
    )
    parser.add_argument("--thread", metavar="ID", help="go on with this conversation, or begin it")
    parser.add_argument("--output-schema", metavar="FILE", help="a JSON Schema the answer must satisfy")
    parser.add_argument("-y", "--yes", action="store_true", help="allow every tool call that needs leave")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not show tool calls")
    add_json(parser)
    parser.add_argument("--stream-json", action="store_true", help="print every event as a line of JSON, as it happens")
    add_config(parser)
    add_safe_mode(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the agent. Raises LumosError for what cannot even start."""
    from lumosai.cli.finish import error_json
    from lumosai.cli.hosting import run_async
    from lumosai_sdk.errors import LumosError

    try:
        return run_async(lambda: _run(arguments))
    except LumosError as e:
        if arguments.json or arguments.stream_json:
            say_json(error_json(e), indent=None if arguments.stream_json else 2)
        raise


async def _run(arguments: argparse.Namespace) -> int:
    from lumosai.cli.hosting import open_host
    from lumosai.config.load import load

    loaded = load(arguments.config)
    agent, question = _request(arguments.words, loaded.config)
    schema = _schema(arguments.output_schema)
    async with open_host(arguments, loaded=loaded) as host:
        if arguments.json:
            return await _whole(host, agent, question, schema, arguments)
        return await _followed(host, agent, question, schema, arguments)


async def _whole(host: Host, agent: str, question: str, schema: Any, arguments: argparse.Namespace) -> int:
    who = person(arguments)
    result = await host.run(agent, question, thread=arguments.thread, output=schema, on_pending=who.decide)
    say_json(result.to_json())
    return SUSPENDED if result.status == "suspended" else OK


async def _followed(host: Host, agent: str, question: str, schema: Any, arguments: argparse.Namespace) -> int:
    from lumosai.cli.finish import finish
    from lumosai.cli.transcript import follow

    who = person(arguments)
    events = host.stream(agent, question, thread=arguments.thread, output=schema, on_pending=who.decide)
    outcome = await follow(events, view(arguments, host.agents.get(agent)))
    return finish(outcome, arguments, quiet=arguments.stream_json)


class EventLines:
    """A View of JSON lines."""

    def event(self, event: Any) -> None:
        """Print the event."""
        say_json(event.to_json(), indent=None)
        say_end()


def view(arguments: argparse.Namespace, agent: Any = None) -> Any:
    """Return the View that the options ask for. What a processor may still change is not shown before it has."""
    from lumosai.cli.transcript import Transcript

    if arguments.stream_json:
        return EventLines()
    streaming = style.is_tty(sys.stdout) and not getattr(agent, "processors", ())
    return Transcript(streaming=streaming, quiet=arguments.quiet)


def person(arguments: argparse.Namespace) -> Person | Nobody:
    """Return who decides about pending calls."""
    from lumosai.cli.asking import Nobody, Person, can_ask, read_terminal

    if can_ask() and not (arguments.json or arguments.stream_json):
        return Person(read_terminal, approve_all=arguments.yes)
    return Nobody(approve_all=arguments.yes)


def _request(words: list[str], config: Config) -> tuple[str, str]:
    """Return agent and question. Raises InputError, SystemExit for wrong usage."""
    from lumosai.cli.hosting import default_agent

    if len(words) == 1 and words[0] in config.agents:
        _usage(f"{words[0]!r} is an agent; what should it be asked?", f'lumos run {words[0]} "…"')
    if len(words) == 1:
        agent, question = default_agent(config), words[0]
    elif len(words) == 2:  # noqa: PLR2004 - agent and question
        agent, question = words
    else:
        why = "what should be asked?" if not words else "put the question in quotes"
        _usage(why, 'lumos run "What time is it in Tokyo?"')
    return agent, _stdin() if question == "-" else question


def _usage(why: str, hint: str) -> NoReturn:
    from lumosai.cli.exits import USAGE
    from lumosai.cli.failure import show

    show(why, hint)
    raise SystemExit(USAGE)


def _stdin() -> str:
    from lumosai_sdk.errors import InputError

    text = sys.stdin.read(_MAX_STDIN + 1)
    if len(text) > _MAX_STDIN:
        raise InputError(f"standard input has more than {_MAX_STDIN} characters")
    return text


def _schema(path: str | None) -> Any:
    """Read a JSON Schema. Raises InputError naming file and line."""
    from pathlib import Path

    from lumosai_sdk.errors import InputError

    if path is None:
        return None
    try:
        with Path(path).open("rb") as f:
            value = json.loads(f.read(_MAX_SCHEMA))
    except OSError as e:
        raise InputError(f"{path}: {e.strerror}") from None
    except ValueError as e:
        raise InputError(f"{path}: not JSON: {e}") from None
    if not isinstance(value, dict):
        raise InputError(f"{path}: a JSON Schema is an object")
    return value

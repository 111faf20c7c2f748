"""``lumos runs``: what agents did, and what still waits."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any, get_args

from lumosai.cli.exits import MEANINGS, OK, SUSPENDED
from lumosai.cli.output import pairs, say, say_ids, say_json, table, tell
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode
from lumosai.cli.words import ago
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai_sdk.types.runs import Decision
    from lumosai_sdk.types.storage import RunRecord


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    from lumosai_sdk.types.runs import RunStatus

    parser.describe(["lumos runs", "lumos runs run_01a2", "lumos runs resume run_01a2 --approve call_1"])
    group = parser.subcommands(default="list", word="show")
    listing = parser.add(group, "list", "list runs, the newest first", ["lumos runs", "lumos runs --status suspended"])
    listing.add_argument("--agent", help="of this agent only")
    listing.add_argument("--status", choices=get_args(RunStatus), help="of this status only")
    listing.add_argument("--thread", metavar="ID", help="of this conversation only")
    listing.add_argument("-n", "--limit", type=count, default=20, help="at most so many (default: 20)")
    add_ids(listing)
    show = parser.add(
        group, "show", "show a run and its events", ["lumos runs run_01a2", "lumos runs show run_01a2 --json"]
    )
    show.add_argument("id", metavar="RUN", help="the run")
    cancel = parser.add(
        group, "cancel", "cancel a run that waits, or that a running host works on", ["lumos runs cancel run_01a2"]
    )
    cancel.add_argument("id", metavar="RUN", help="the run")
    for made in (listing, show, cancel, _resume_parser(parser, group)):
        add_config(made)
        add_json(made)
        add_safe_mode(made)


_SHOWN = 500


def _resume_parser(parser: Parser, group: object) -> Parser:
    made = parser.add(
        group,
        "resume",
        "go on with a suspended run",
        [
            "lumos runs resume run_01a2 --approve call_1",
            "lumos runs resume run_01a2 --decline 'call_1=too dear'",
            "lumos runs resume run_01a2 --answer call_2=Tokyo",
        ],
        exits={SUSPENDED: MEANINGS[SUSPENDED]},
    )
    made.add_argument("id", metavar="RUN", help="the run")
    made.add_argument("--approve", metavar="CALL", action="append", default=[], help="allow this call")
    made.add_argument("--decline", metavar="CALL[=WHY]", action="append", default=[], help="refuse this call")
    made.add_argument("--answer", metavar="CALL=TEXT", action="append", default=[], help="answer this call's question")
    made.add_argument("-y", "--yes", action="store_true", help="allow every call that needs leave")
    made.add_argument("-q", "--quiet", action="store_true", help="do not show tool calls")
    made.add_argument("--stream-json", action="store_true", help="print every event as a line of JSON")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    work = {"list": _list, "show": _show, "resume": _resume, "cancel": _cancel}[arguments.subcommand]
    return with_host(arguments, work)


async def _list(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai_sdk.types.storage import RunFilter

    where = RunFilter(arguments.agent, arguments.status, arguments.thread, limit=arguments.limit)
    runs = await host.storage.list_runs(where)
    if arguments.json:
        say_json([_told(r) for r in runs])
    elif arguments.quiet:
        say_ids(record.id for record in runs)
    else:
        now = time.time()
        rows = [{**_told(r), "age": ago(now - r.created_at), "question": _question(r)} for r in runs]
        table(rows, ["id", "status", "agent", "age", "question"], empty="no runs yet", whole=("id",))
    return OK


def _told(record: RunRecord) -> dict[str, Any]:
    out = record.to_json()
    del out["messages"]
    return out


def _question(record: RunRecord) -> str:
    return next((m.text[:_SHOWN] for m in record.messages if m.role == "user"), "")


async def _show(host: Host, arguments: argparse.Namespace) -> int:
    record = await host.runs.get(arguments.id)
    events = await host.storage.events(arguments.id)
    if arguments.json:
        say_json({**record.to_json(), "events": list(events)})
        return OK
    usage = record.usage
    pairs(
        [
            ("run", record.id),
            ("agent", record.agent),
            ("status", record.status),
            ("began", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created_at))),
            ("thread", record.thread_id or "none"),
            ("steps", record.steps),
            ("tokens", f"{usage.input_tokens} in, {usage.output_tokens} out"),
            *([("error", record.error["message"])] if record.error else []),
        ]
    )
    say()
    for event in events:
        say(_event_line(event, record.created_at))
    if record.status == "suspended":
        _tell_pending(record, arguments)
    return OK


def _event_line(event: Any, began: float) -> str:
    import sys

    from lumosai.cli.output import cut
    from lumosai.cli.style import DIM, paint, width

    said = next(
        (str(event[k]) for k in ("text", "content", "arguments", "input", "error", "model") if event.get(k)), ""
    )
    tool = f"{event['tool']} " if event.get("tool") else ""
    head = f"{float(event['at']) - began:8.3f}  {event['type']:<16}"
    room = max(width(sys.stdout) - len(head) - 2, 20)
    return f"{paint(head, DIM)}  {cut(safe.line(tool + said), room)}".rstrip()


def _tell_pending(record: RunRecord, arguments: argparse.Namespace) -> None:
    from lumosai.cli.finish import tell_suspended
    from lumosai.cli.transcript import Outcome

    say()
    tell_suspended(Outcome(record.id, record.status, pending=record.pending), arguments)


async def _resume(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.cli.commands.run import person, view
    from lumosai.cli.finish import finish
    from lumosai.cli.transcript import follow

    decisions, who = _decisions(arguments), person(arguments)
    if arguments.json:
        result = await host.runs.resume(arguments.id, decisions, who.decide)
        say_json(result.to_json())
        return SUSPENDED if result.status == "suspended" else OK
    record = await host.runs.get(arguments.id)
    events = host.runs.stream_resume(arguments.id, decisions, who.decide)
    outcome = await follow(events, view(arguments, host.agents.get(record.agent)))
    return finish(outcome, arguments, quiet=arguments.stream_json)


def _decisions(arguments: argparse.Namespace) -> dict[str, Decision]:
    """Return the decisions by call. Raises InputError for an answer without its text."""
    from lumosai_sdk.errors import InputError
    from lumosai_sdk.types.runs import Decision

    out = {call: Decision() for call in arguments.approve}
    for given in arguments.decline:
        call, _, why = given.partition("=")
        out[call] = Decision(approve=False, reason=why)
    for given in arguments.answer:
        call, equals, text = given.partition("=")
        if not equals:
            raise InputError(f"--answer {given}: the text is missing", hint=f"--answer {given}=TEXT")
        out[call] = Decision(answer=text)
    return out


async def _cancel(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai_sdk.errors import ConflictError

    try:
        await host.cancel(arguments.id)
    except ConflictError:
        if (await host.runs.get(arguments.id)).status != "running":
            raise
        await _cancel_elsewhere(host, arguments.id)
    if arguments.json:
        say_json({"id": arguments.id, "status": "cancelled"})
    else:
        tell(f"run {safe.line(arguments.id)} is cancelled")
    return OK


async def _cancel_elsewhere(host: Host, run_id: str) -> None:
    """Cancel a run of the host that serves: only the process it runs in can."""
    import asyncio

    from lumosai.cli.running import ask

    await asyncio.to_thread(ask, host.loaded, "POST", "v1", "runs", run_id, "cancel")


def count(text: str) -> int:
    """Read how many to list."""
    value = int(text)
    if not 0 < value <= 1000:  # noqa: PLR2004 - a page, not a dump
        raise argparse.ArgumentTypeError("from 1 to 1000")
    return value

"""``lumos schedules`` and ``lumos queue``."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lumosai_sdk.decorators import command
from lumosai_sdk.errors import NotFoundError
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_plugins.schedules.items import Item
    from lumosai_plugins.schedules.store import Store
    from lumosai_sdk.types.plugins import PluginContext

Does = Callable[[Namespace, "Store", "PluginContext"], Awaitable[int]]


@command("schedules.schedules")
class SchedulesCommand:
    """Looks at schedules, adds and removes them."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="list|add|remove|run|history", help="what to do"
        )
        listed = group.add_parser("list", help="show the schedules, and when each is due next")
        listed.add_argument("--json", action="store_true", help="print JSON")
        _job_arguments(group.add_parser("add", help="add a schedule, kept in the storage"))
        for name, what in (("remove", "remove a schedule that was added"), ("run", "put it in the queue now")):
            group.add_parser(name, help=what).add_argument("name", metavar="NAME", help="the schedule")
        history = group.add_parser("history", help="show what became of its runs")
        history.add_argument("name", metavar="NAME", nargs="?", help="the schedule; all of them without it")
        history.add_argument("--json", action="store_true", help="print JSON")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        does: Mapping[str, Does] = {
            "list": _list,
            "add": _add,
            "remove": _remove,
            "run": _run,
            "history": _history,
        }
        return await does[arguments.subcommand](arguments, _store(context), context)


def _job_arguments(add: ArgumentParser) -> None:
    add.add_argument("name", metavar="NAME", help="small letters, digits, _ and -")
    add.add_argument("--agent", required=True, help="the agent that is run")
    add.add_argument("--input", required=True, help="what it is asked")
    when = add.add_mutually_exclusive_group(required=True)
    when.add_argument("--cron", help="minute, hour, day, month, weekday")
    when.add_argument("--every", type=float, metavar="SECONDS", help="seconds between two runs")
    when.add_argument("--at", metavar="TIME", help="once, as in 2027-01-31T09:00")
    add.add_argument("--timezone", default="UTC", help="the time zone of --cron and --at; default: UTC")
    add.add_argument("--thread", help="the conversation each run goes on with")
    add.add_argument("--queue", default="default", help="the queue its runs stand in")
    add.add_argument("--missed", choices=("once", "skip"), default="once", help="whether a missed run is made up for")
    add.add_argument("--overlap", action="store_true", help="whether a run may begin while the one before is at work")


@command("schedules.queue")
class QueueCommand:
    """Looks at the queue, and works on it."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="list|add|work|retry|dead|remove", help="what to do"
        )
        for name, what in (("list", "show the tasks"), ("dead", "show the dead letters")):
            group.add_parser(name, help=what).add_argument("--json", action="store_true", help="print JSON")
        add = group.add_parser("add", help="put a task in the queue")
        add.add_argument("agent", metavar="AGENT", help="the agent that is run")
        add.add_argument("input", metavar="INPUT", help="what it is asked")
        add.add_argument("--queue", default="default", help="the queue it stands in")
        add.add_argument("--thread", help="the conversation it goes on with")
        add.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="when it may begin, from now")
        group.add_parser("work", help="do all that is due now, then end")
        for name, what in (("retry", "put a dead letter in the queue again"), ("remove", "take a task out")):
            group.add_parser(name, help=what).add_argument("id", metavar="TASK", help="the task")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        does: Mapping[str, Does] = {
            "list": _items,
            "dead": _dead,
            "add": _enqueue,
            "work": _work,
            "retry": _retry,
            "remove": _discard,
        }
        return await does[arguments.subcommand](arguments, _store(context), context)


async def _list(arguments: Namespace, store: Store, _: PluginContext) -> int:
    rows = []
    for job in (await store.jobs()).values():
        due = job.due_after(await store.last(job)) if job.enabled else None
        rows.append({**job.to_json(), "next": None if due is None else _time(due)})
    none = "no schedules: lumos schedules add, or [plugins.schedules.settings.jobs.<name>] in lumos.toml"
    _show(arguments, rows, lambda r: f"{r['name']:20} {_when(r):24} {r['agent']:16} next {r['next'] or 'never'}", none)
    return 0


def _when(row: Mapping[str, Any]) -> str:
    if "every" in row:
        return f"every {row['every']:g} s"
    return f"{row.get('cron') or row.get('at')} {row['timezone']}"


async def _add(arguments: Namespace, store: Store, context: PluginContext) -> int:
    from lumosai_plugins.schedules.jobs import FIELDS, Job

    given = {k: v for k, v in vars(arguments).items() if k in FIELDS and v is not None}
    job = Job.of(arguments.name, given)
    await store.add_job(job)
    due = job.due_after(await store.last(job))
    say(f"{job.name}: next {'never' if due is None else _time(due)}")
    if not store.settings.work:
        say("no host with this configuration does the work: set work = true in [plugins.schedules.settings]")
    agents = [str(a["id"]) for a in context.host.agents()]
    if job.agent.partition("@")[0] not in agents:  # one given to a host in code is not known here
        say(f"no agent {job.agent!r} in this configuration; there are: {', '.join(agents)}")
    return 0


async def _remove(arguments: Namespace, store: Store, _: PluginContext) -> int:
    await store.remove_job(arguments.name)
    say(f"{arguments.name}: removed")
    return 0


async def _run(arguments: Namespace, store: Store, _: PluginContext) -> int:
    jobs = await store.jobs()
    if arguments.name not in jobs:
        raise NotFoundError("schedule", arguments.name, jobs)
    item = store.item(jobs[arguments.name], store.clock(), suffix="-now")
    await store.add(item)
    say(item.id)
    return 0


async def _history(arguments: Namespace, store: Store, _: PluginContext) -> int:
    found = [i for i in await store.items() if i.job is not None and arguments.name in {None, i.job}]
    jobs = await store.jobs()
    if arguments.name is not None and not found and arguments.name not in jobs:
        raise NotFoundError("schedule", arguments.name, jobs)
    _show(arguments, [i.to_json() for i in found], _row, "nothing yet: lumos schedules list tells what is next")
    return 0


async def _items(arguments: Namespace, store: Store, _: PluginContext) -> int:
    _show(arguments, [i.to_json() for i in await store.items()], _row, "the queue is empty")
    return 0


async def _dead(arguments: Namespace, store: Store, _: PluginContext) -> int:
    _show(arguments, [i.to_json() for i in await store.items() if i.state == "dead"], _row, "no dead letters")
    return 0


def _row(row: Mapping[str, Any]) -> str:
    told = str(row.get("error") or row.get("text") or row["input"]).replace("\n", " ")[:60]
    return f"{row['id']:40} {row['state']:9} {row['agent']:16} {row.get('attempts', 0)}  {told}"


async def _enqueue(arguments: Namespace, store: Store, _: PluginContext) -> int:
    more = {"queue": arguments.queue, "thread": arguments.thread, "due": store.clock() + max(0.0, arguments.delay)}
    item = store.task(arguments.agent, arguments.input, **more)
    await store.add(item)
    say(item.id)
    return 0


async def _work(_: Namespace, store: Store, context: PluginContext) -> int:
    from lumosai_plugins.schedules.worker import Worker

    worker = Worker(context.host, store, context.log)
    try:
        done = await worker.drain()
    finally:
        await worker.stop()
    say(f"{done} task{'' if done == 1 else 's'} worked on")
    return 0


async def _retry(arguments: Namespace, store: Store, _: PluginContext) -> int:
    say((await store.retry(await _found(arguments.id, store))).id)
    return 0


async def _discard(arguments: Namespace, store: Store, _: PluginContext) -> int:
    await store.remove(await _found(arguments.id, store))
    say(f"{arguments.id}: removed")
    return 0


async def _found(item_id: str, store: Store) -> Item:
    item = await store.get(item_id)
    if item is None:
        raise NotFoundError("task", item_id, hint="lumos queue list")
    return item


def _store(context: PluginContext) -> Store:
    from lumosai_plugins.schedules.settings import Settings
    from lumosai_plugins.schedules.store import Store

    return Store(context.host.kv(), Settings.of(context.settings), time.time)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _show(
    arguments: Namespace, rows: list[dict[str, Any]], line: Callable[[Mapping[str, Any]], str], none: str
) -> None:
    if arguments.json:
        say_json(rows)
    else:
        say("\n".join(map(line, rows)) or none)

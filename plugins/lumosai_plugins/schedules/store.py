"""Where schedules and tasks are kept: in the host's own storage, so that they outlive it and several hosts share them.

Each step is one atomic write: a task is put under an id that its time gives, so that of several hosts that find it due
one puts it there; who works on it holds a lease, which ends by itself with its host.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lumosai_plugins.schedules.items import OPEN, Item
from lumosai_plugins.schedules.jobs import Job
from lumosai_sdk.errors import ConflictError, InputError, LimitExceededError, NotFoundError

if TYPE_CHECKING:
    from lumosai_plugins.schedules.settings import Settings
    from lumosai_sdk.kinds.storage import KeyValueStore

JOBS = "schedules.jobs"
STATES = "schedules.states"
ITEMS = "schedules.items"
LEASES = "schedules.leases"
MAX_JOBS = 1000
Clock = Callable[[], float]


class Store:
    """Schedules and tasks."""

    def __init__(self, kv: KeyValueStore, settings: Settings, clock: Clock) -> None:
        self.kv = kv
        self.settings = settings
        self.clock = clock
        self._over: set[str] = set()

    async def jobs(self) -> dict[str, Job]:
        """Return all schedules by name; those of the configuration come first."""
        names = [n for n in await self.kv.kv_keys(JOBS) if n not in self.settings.jobs]
        kept = [(n, await self.kv.kv_get(JOBS, n)) for n in names]
        return {**self.settings.jobs, **{n: Job.from_kept(n, d) for n, d in kept if d is not None}}

    async def add_job(self, job: Job) -> None:
        """Keep a schedule. Raises ConflictError for a name that is taken, InputError for a queue that is none."""
        self._check_queue(job.queue)
        if job.name in self.settings.jobs:
            raise ConflictError(f"there is a schedule {job.name!r} in lumos.toml")
        if len(await self.kv.kv_keys(JOBS)) >= MAX_JOBS:
            raise LimitExceededError("schedules", MAX_JOBS, hint="remove some")
        if not await self.kv.kv_add(JOBS, job.name, job.kept()):
            raise ConflictError(f"there is a schedule {job.name!r} already", hint=f"lumos schedules remove {job.name}")
        await self.kv.kv_set(STATES, job.name, {"last": self._from(job), "mark": job.mark})

    async def remove_job(self, name: str) -> None:
        """Forget a schedule; what stands in the queue is done. Raises NotFoundError, ConflictError."""
        if name in self.settings.jobs:
            raise ConflictError(f"the schedule {name!r} stands in lumos.toml", hint="take it out there")
        if not await self.kv.kv_delete(JOBS, name):
            raise NotFoundError("schedule", name[:70], await self.jobs())
        await self.kv.kv_delete(STATES, name)

    async def last(self, job: Job) -> float:
        """Return the time up to which a schedule has been looked after; a new one, or a changed one, starts now."""
        kept = await self.kv.kv_get(STATES, job.name)
        if kept is not None and kept["mark"] == job.mark:
            return float(kept["last"])
        start = self._from(job)
        await self.looked_after(job, start)
        return start

    async def looked_after(self, job: Job, until: float) -> None:
        """Note that a schedule has been looked after."""
        await self.kv.kv_set(STATES, job.name, {"last": until, "mark": job.mark})

    def _from(self, job: Job) -> float:
        return 0.0 if job.at is not None else self.clock()

    def item(self, job: Job, due: float, *, suffix: str = "") -> Item:
        """Return a schedule's task for a time, under the id which that time has."""
        return Item(
            _id(due, job.name + suffix),
            job.agent,
            job.input,
            due,
            self.clock(),
            job=job.name,
            queue=job.queue,
            thread=job.thread,
            overlap=job.overlap,
            principal=job.principal,
        )

    async def add(self, item: Item) -> bool:
        """Put a task in the queue; tell whether it was not there. Raises LimitExceededError, InputError."""
        self._check_queue(item.queue)
        if len(await self.kv.kv_keys(ITEMS)) >= self.settings.max_items:
            raise LimitExceededError("tasks in the queue", self.settings.max_items, hint="lumos queue list")
        return await self.kv.kv_add(ITEMS, item.id, item.kept())

    def task(self, agent: str, text: str, **more: Any) -> Item:
        """Return a new task that no schedule asked for."""
        now = self.clock()
        due = more.pop("due", now)
        return Item(_id(due, f"task-{uuid4().hex[:12]}"), agent, text, due, due, **more)

    def _check_queue(self, name: str) -> None:
        if name not in self.settings.queues:
            raise InputError(
                f"there is no queue {name[:70]!r}; there are: {', '.join(sorted(self.settings.queues))}",
                hint="[plugins.schedules.settings.queues] names them",
            )

    async def get(self, item_id: str) -> Item | None:
        """Return a task."""
        kept = await self.kv.kv_get(ITEMS, item_id)
        return None if kept is None else Item.from_kept(kept)

    async def put(self, item: Item) -> None:
        """Note how a task stands. What is done is forgotten in time; dead letters are not."""
        is_over = item.state in {"done", "suspended"}
        await self.kv.kv_set(ITEMS, item.id, item.kept(), self.settings.history if is_over else None)

    async def items(self) -> Sequence[Item]:
        """Return all tasks, in the order in which they were due."""
        found = [await self.get(i) for i in await self.kv.kv_keys(ITEMS)]
        return [i for i in found if i is not None]

    async def open_items(self) -> Sequence[Item]:
        """Return the tasks that are not over. Which are, is remembered: an id never comes back."""
        keys = await self.kv.kv_keys(ITEMS)
        self._over &= set(keys)
        out: list[Item] = []
        for key in keys:
            item = None if key in self._over else await self.get(key)
            if item is not None and item.state in OPEN:
                out.append(item)
            elif item is not None:
                self._over.add(key)
        return out

    async def retry(self, item: Item) -> Item:
        """Put a dead letter in the queue again, as a new task. Raises ConflictError for one that is not dead."""
        if item.state != "dead":
            raise ConflictError(f"the task {item.id!r} is {item.state}, not dead")
        more = {"job": item.job, "queue": item.queue, "thread": item.thread, "principal": item.principal}
        fresh = self.task(item.agent, item.input, overlap=item.overlap, **more)
        await self.add(fresh)
        await self.kv.kv_delete(ITEMS, item.id)
        return fresh

    async def remove(self, item: Item) -> None:
        """Take a task out. Raises ConflictError for one that is being worked on."""
        if await self.kv.kv_get(LEASES, f"item:{item.id}") is not None:
            raise ConflictError(f"the task {item.id!r} is being worked on", hint=f"lumos runs cancel {item.run}")
        await self.kv.kv_delete(ITEMS, item.id)


def _id(due: float, name: str) -> str:
    """Return an id that sorts by time."""
    return f"{int(due * 1000):014d}-{name}"


def mine(things: Iterable[Item], owner: str) -> list[Item]:
    """Return the tasks of an owner's."""
    return [t for t in things if t.owner == owner]

"""What ``lumos.toml`` says of schedules and queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lumosai_plugins.schedules.jobs import Job
from lumosai_sdk.errors import ConfigError, InputError

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Queue:
    """How a queue's tasks are done."""

    concurrency: int = 4
    attempts: int = 3
    backoff: float = 10.0
    max_backoff: float = 3600.0

    def wait(self, attempt: int) -> float:
        """Return the seconds after a failed try, counted from 1."""
        return float(min(self.max_backoff, self.backoff * 2 ** min(attempt - 1, 60)))


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    jobs: Mapping[str, Job] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    work: bool = False
    api: bool = False
    after: float = 5.0
    poll: float = 1.0
    lease: float = 30.0
    history: float = 7 * DAY
    max_items: int = 10_000

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Settings:
        """Read the plugin's settings. Raises ConfigError, MissingExtraError."""
        queues = {"default": Queue(), **{n: Queue(**q) for n, q in given.get("queues", {}).items()}}
        try:
            jobs = {n: Job.of(n, j) for n, j in given.get("jobs", {}).items()}
        except InputError as e:
            raise ConfigError(f"[plugins.schedules.settings.jobs]: {e.message}", hint=e.hint) from None
        for job in jobs.values():
            if job.queue not in queues:
                raise ConfigError(
                    f"[plugins.schedules.settings.jobs.{job.name}]: there is no queue {job.queue!r}",
                    hint=f"name it: [plugins.schedules.settings.queues.{job.queue}]",
                )
        return cls(
            jobs,
            queues,
            bool(given.get("work", bool(jobs))),
            bool(given.get("api", False)),
            float(given.get("after", 5.0)),
            float(given.get("poll", 1.0)),
            float(given.get("lease", 30.0)),
            float(given.get("history_days", 7.0)) * DAY,
            int(given.get("max_items", 10_000)),
        )

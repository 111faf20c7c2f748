"""``runs``, ``plugin.*`` and ``system.*``: what no record holds, kept for a while for those who come back."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lumosai.gateway.reply import dump
from lumosai.gateway.ws import bounds
from lumosai.gateway.ws.frames import event_text, told
from lumosai.gateway.ws.subscription import Subscription
from lumosai.host import Host
from lumosai.runs.recorder import owner_of
from lumosai_sdk.types.events import Event

LIFE = frozenset({"run.started", "run.resumed", "run.suspended", "run.completed", "run.failed", "run.cancelled"})
WAITING = 10_000
_TOLD = ("type", "run_id", "seq", "at", "agent", "thread_id")


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it is sent: its number, topics, whose it is (None: no caller's), JSON."""

    number: int
    topics: tuple[str, ...]
    owner: str | None
    body: bytes


class Broadcast:
    """All who follow a topic that is not one run's. Nothing is kept before somebody does."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._boot = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[Kept] = deque()
        self._kept_bytes = 0
        self._topics: dict[str, dict[Subscription, None]] = {}
        self._stop: Callable[[], None] | None = None
        self._waiting: OrderedDict[str, str] = OrderedDict()
        """Whose the runs are that wait for a person: such a run is not under way when it is cancelled."""

    @property
    def prefix(self) -> str:
        """What the ids of this process begin with."""
        return f"{self._boot}."

    def attach(self, subscription: Subscription, after: str | None) -> None:
        """Send what is kept since *after*, or tell that some of it is not; then what happens."""
        if self._stop is None:
            self._stop = self._host.bus.listen(self._take)
        self._topics.setdefault(subscription.topic, {})[subscription] = None
        subscription.seen, subscription.sent = self._number, f"{self.prefix}{self._number}"
        if after is not None:
            self._replay(subscription, after)

    def _replay(self, subscription: Subscription, after: str) -> None:
        boot, _, number = after.rpartition(".")
        oldest = self._kept[0].number if self._kept else self._number + 1
        known = boot == self._boot and int(number) <= self._number
        since = int(number) if known else 0
        if not known or since + 1 < oldest:
            subscription.outbox.push(told("gap", topic=subscription.topic, after=after))
        subscription.seen = since
        for kept in tuple(self._kept):
            if kept.number > since and subscription.topic in kept.topics:
                self._send(kept, subscription, {})
        subscription.seen = self._number

    def detach(self, subscription: Subscription) -> None:
        followers = self._topics.get(subscription.topic, {})
        followers.pop(subscription, None)
        if not followers:
            self._topics.pop(subscription.topic, None)

    def close(self) -> None:
        if self._stop is not None:
            self._stop()

    def _take(self, event: Event) -> None:
        kept = self._kept_form(event)
        if kept is None:
            return
        self._kept.append(kept)
        self._kept_bytes += len(kept.body)
        while len(self._kept) > bounds.KEPT_EVENTS or self._kept_bytes > bounds.KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft().body)
        for topic in kept.topics:
            texts: dict[str, str] = {}
            for subscription in tuple(self._topics.get(topic, ())):
                self._send(kept, subscription, texts)

    def _kept_form(self, event: Event) -> Kept | None:
        kind, _, _ = event.type.partition(".")
        if kind == "run":
            return self._of_run(event) if event.type in LIFE else None
        if kind == "plugin":
            topics: tuple[str, ...] = ("plugin.*", f"plugin.{getattr(event, 'plugin', '')}")
        elif kind == "system":
            topics = ("system.*",)
        else:
            return None
        return self._numbered(topics, None, event.to_json())

    def _of_run(self, event: Event) -> Kept | None:
        """Return an outline: what a run says is for those who follow it."""
        state = self._host.runs.under_way(event.run_id)
        known = self._waiting.pop(event.run_id, "")
        owner = known if state is None else owner_of(state.request.principal)
        if event.type == "run.suspended":
            self._waiting[event.run_id] = owner
            if len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)
        told_fields = {name: getattr(event, name) for name in _TOLD if hasattr(event, name)}
        return self._numbered(("runs",), owner, told_fields)

    def _numbered(self, topics: tuple[str, ...], owner: str | None, event: dict[str, Any]) -> Kept | None:
        self._number += 1
        body = dump(event)
        return Kept(self._number, topics, owner, body) if len(body) <= bounds.FEW_BYTES else None

    def _send(self, kept: Kept, subscription: Subscription, texts: dict[str, str]) -> None:
        if subscription.owner is not None and kept.owner not in {None, subscription.owner}:
            return
        topic = subscription.topic
        if topic not in texts:
            texts[topic] = event_text(topic, f"{self.prefix}{kept.number}", kept.body)
        subscription.send(kept.number, texts[topic])

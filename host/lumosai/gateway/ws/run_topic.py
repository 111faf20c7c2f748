"""``run.<id>``: the events of a run, recorded ones first, to all who follow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lumosai.gateway.problems import shown_record
from lumosai.gateway.reply import dump
from lumosai.gateway.run_events import ENDED, recorded_events
from lumosai.gateway.ws.frames import event_text, told
from lumosai.gateway.ws.subscription import Subscription
from lumosai.host import Host
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import Event

POLL, POLL_WAITING = 1.0, 10.0
STRANGER = {"lumos.principal": Principal("stranger")}
OPEN = frozenset({"running", "suspended"})


class RunTopic:
    """A run and its followers. Each event becomes JSON once, however many they are."""

    __slots__ = ("_host", "_stop", "_subscriptions", "due", "name", "run_id")

    def __init__(self, host: Host, name: str, run_id: str) -> None:
        self._host = host
        self.name = name
        self.run_id = run_id
        self._subscriptions: dict[Subscription, Callable[[str], None]] = {}
        self._stop: Callable[[], None] | None = None
        self.due = 0.0

    def __len__(self) -> int:
        return len(self._subscriptions)

    def attach(self, subscription: Subscription, on_end: Callable[[str], None]) -> None:
        """Let a subscription have what happens from now on. *on_end* is told the run's status when it has ended."""
        if self._stop is None:
            self._stop = self._host.bus.listen(self._take, self.run_id)
            self.due = time.monotonic() + POLL
        self._subscriptions[subscription] = on_end

    def detach(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)
        if not self._subscriptions and self._stop is not None:
            self._stop()
            self._stop = None

    async def catch_up(self, subscription: Subscription) -> None:
        """Send what is recorded after what the subscription has seen, as fast as it is taken; then what happened since.

        Raises StorageError.
        """
        while subscription in self._subscriptions:
            subscription.hold()
            for event in await recorded_events(self._host, self.run_id, subscription.seen):
                await subscription.outbox.room.wait()
                subscription.send(int(event["seq"]), self._text(event, sees_all=subscription.sees_all))
            if not subscription.lost:
                break
        subscription.release()
        if subscription not in self._subscriptions:
            return
        record = await self._host.runs.get(self.run_id)
        if record.status not in OPEN and self._host.runs.under_way(self.run_id) is None:
            # A record says that its run has ended before its last events are in.
            for event in await recorded_events(self._host, self.run_id, subscription.seen):
                subscription.send(int(event["seq"]), self._text(event, sees_all=subscription.sees_all))
            self._end(subscription, record.status)

    def _take(self, event: Event) -> None:
        self._tell(event.to_json())

    def _tell(self, event: Mapping[str, Any]) -> None:
        texts: dict[bool, str] = {}
        seq = int(event["seq"])
        for subscription in tuple(self._subscriptions):
            sees_all = subscription.sees_all
            if sees_all not in texts:
                texts[sees_all] = self._text(event, sees_all=sees_all)
            subscription.offer(seq, texts[sees_all])
        if event["type"] in ENDED and event["type"] != "run.suspended":
            for subscription in tuple(self._subscriptions):
                if subscription.seen >= seq:
                    self._end(subscription, str(event["type"]).removeprefix("run."))

    def _text(self, event: Mapping[str, Any], *, sees_all: bool) -> str:
        error = event.get("error")
        if not sees_all and isinstance(error, Mapping):
            event = {**event, "error": shown_record(STRANGER, self.run_id, error)}
        return event_text(self.name, str(event["seq"]), dump(event))

    def _end(self, subscription: Subscription, status: str) -> None:
        on_end = self._subscriptions.get(subscription)
        if on_end is None:
            return
        self.detach(subscription)
        subscription.outbox.push(told("unsubscribed", topic=self.name, reason="ended", status=status))
        on_end(status)

    async def poll(self) -> None:
        """Look at the record of a run that is not under way here, if it is time: another process may go on with it."""
        now = time.monotonic()
        if now < self.due or not self._subscriptions or self._host.runs.under_way(self.run_id) is not None:
            return
        record = await self._host.runs.get(self.run_id)
        self.due = now + (POLL if record.status == "running" else POLL_WAITING)
        for event in await recorded_events(self._host, self.run_id, min(s.seen for s in self._subscriptions)):
            self._tell(event)
        if record.status not in OPEN:
            for subscription in tuple(self._subscriptions):
                self._end(subscription, record.status)

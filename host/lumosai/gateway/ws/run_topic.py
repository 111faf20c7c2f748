"""``run.<id>``: the events of a run, recorded ones first, to all who follow it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lumosai.gateway.peers.follow import Follow
from lumosai.gateway.peers.peers import Peers
from lumosai.gateway.problems import shown_record
from lumosai.gateway.reply import dump
from lumosai.gateway.run_events import ENDED
from lumosai.gateway.ws import bounds
from lumosai.gateway.ws.frames import event_text, told
from lumosai.gateway.ws.subscription import Subscription
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import ModelDelta
from lumosai_sdk.types.storage import RunRecord

POLL, POLL_WAITING = 1.0, 10.0
STRANGER = {"lumos.principal": Principal("stranger")}
OPEN = frozenset({"running", "suspended"})


class RunTopic:
    """A run and its followers. Each event becomes JSON once, however many they are."""

    __slots__ = ("_follow", "_held", "_joining", "_peers", "_subscriptions", "due", "name", "run_id")

    def __init__(self, peers: Peers, name: str, run_id: str) -> None:
        self._peers = peers
        self.name = name
        self.run_id = run_id
        self._subscriptions: dict[Subscription, Callable[[str], None]] = {}
        self._follow: Follow | None = None
        self._joining = asyncio.Lock()
        self._held: list[Mapping[str, Any]] | None = None
        """What happens while the record is read for all: it comes after that."""
        self.due = 0.0

    def __len__(self) -> int:
        return len(self._subscriptions)

    def attach(self, subscription: Subscription, on_end: Callable[[str], None]) -> None:
        """Let a subscription have what happens from now on. *on_end* is told the run's status when it has ended."""
        if self._follow is None:
            self._follow = Follow(self._peers, self.run_id, self._take, self.look_again)
            self.due = time.monotonic() + POLL
        self._subscriptions[subscription] = on_end

    def detach(self, subscription: Subscription) -> None:
        self._subscriptions.pop(subscription, None)
        if not self._subscriptions and self._follow is not None:
            self._follow.close()
            self._follow = None

    def look_again(self) -> None:
        """Let the record be read at the next occasion: the run goes on elsewhere, or something was missed."""
        self.due = 0.0

    async def catch_up(self, subscription: Subscription) -> None:
        """Send what is recorded after what the subscription has seen, as fast as it is taken; then what happened since.

        Raises StorageError.
        """
        await self._join()
        while subscription in self._subscriptions:
            subscription.hold()
            for event in await self._events(subscription.seen):
                await subscription.outbox.room.wait()
                subscription.send(int(event["seq"]), self._text(event, sees_all=subscription.sees_all))
            if not subscription.lost:
                break
        subscription.release()
        if subscription not in self._subscriptions:
            return
        record = await self._peers.runs.get(self.run_id)
        if record.status not in OPEN and not self._is_live:
            # A record says that its run has ended before its last events are in.
            for event in await self._events(subscription.seen):
                subscription.send(int(event["seq"]), self._text(event, sees_all=subscription.sees_all))
            self._end(subscription, record.status)

    @property
    def _is_live(self) -> bool:
        return self._follow is not None and self._follow.is_live

    async def _events(self, after: int) -> Sequence[Mapping[str, Any]]:
        return [] if self._follow is None else await self._follow.events(after)

    async def _join(self) -> RunRecord | None:
        """Hear the run where it runs, and let all have what was missed until then. Raises StorageError."""
        async with self._joining:
            if self._is_live or self._follow is None:
                return None
            self._held = []
            try:
                record = await self._follow.join(await self._peers.runs.get(self.run_id))
                # Those that hold are about to read it themselves.
                if seen := [s.seen for s in self._subscriptions if not s.is_held]:
                    self._held[:0] = await self._events(min(seen))
                return record
            finally:
                held, self._held = self._held, None
                for event in held:
                    self._tell(event)

    def _take(self, event: Mapping[str, Any]) -> None:
        if self._held is None:
            self._tell(event)
        elif len(self._held) < bounds.KEPT_EVENTS or event["type"] != ModelDelta.type:
            self._held.append(event)

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
        """Look at the record of a run that is not heard of, if it is time: another process may go on with it."""
        now = time.monotonic()
        if now < self.due or not self._subscriptions or self._is_live:
            return
        record = await self._join()
        if record is None:
            return
        self.due = now + (POLL if record.status == "running" else POLL_WAITING)
        if record.status not in OPEN:
            for subscription in tuple(self._subscriptions):
                self._end(subscription, record.status)

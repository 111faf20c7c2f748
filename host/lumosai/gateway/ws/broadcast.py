"""``runs``, ``plugin.*`` and ``system.*``: what no record holds, kept for a while for those who come back."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any

from lumosai.gateway.peers.bounds import LINGER_SECONDS
from lumosai.gateway.peers.peers import Peers
from lumosai.gateway.peers.topics import Outline
from lumosai.gateway.reply import dump
from lumosai.gateway.ws import bounds
from lumosai.gateway.ws.frames import event_text, told
from lumosai.gateway.ws.subscription import Subscription
from lumosai.runs.recorder import owner_of
from lumosai_sdk.types.events import Event

LIFE = frozenset({"run.started", "run.resumed", "run.suspended", "run.completed", "run.failed", "run.cancelled"})
WAITING = 10_000
_TOLD = ("type", "run_id", "seq", "at", "agent", "thread_id")


class Broadcast:
    """All who follow a topic that is not one run's, here or in a sibling. Nothing is kept before somebody does here."""

    def __init__(self, peers: Peers) -> None:
        self._host = peers.host
        self._peers = peers.topics
        peers.topics.broadcast = self
        self._boot = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, Outline]] = deque()
        self._kept_bytes = 0
        self._topics: dict[str, dict[Subscription, None]] = {}
        self._stop: Callable[[], None] | None = None
        self._kinds: frozenset[str] = frozenset()
        """What siblings want."""
        self._heard: frozenset[str] = frozenset()
        """What is wanted of siblings."""
        self._is_kept = False
        self._leaving: asyncio.TimerHandle | None = None
        self._waiting: OrderedDict[str, str] = OrderedDict()
        """Whose the runs are that wait for a person: such a run is not under way when it is cancelled."""

    @property
    def prefix(self) -> str:
        """What the ids of this process begin with."""
        return f"{self._boot}."

    async def hear(self, topic: str) -> None:
        """Return when the siblings know that a topic's events are wanted, as far as they answer."""
        self._heard |= {"run" if topic == "runs" else topic.partition(".")[0]}
        await self._peers.want(self._heard)

    def attach(self, subscription: Subscription, after: str | None) -> None:
        """Send what is kept since *after*, or tell that some of it is not; then what happens."""
        self._is_kept = True
        self._listen()
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        self._topics.setdefault(subscription.topic, {})[subscription] = None
        subscription.seen, subscription.sent = self._number, f"{self.prefix}{self._number}"
        if after is not None:
            self._replay(subscription, after)

    def _listen(self) -> None:
        if self._stop is None:
            self._stop = self._host.bus.listen(self._take)

    def _replay(self, subscription: Subscription, after: str) -> None:
        boot, _, number = after.rpartition(".")
        oldest = self._kept[0][0] if self._kept else self._number + 1
        known = boot == self._boot and int(number) <= self._number
        since = int(number) if known else 0
        if not known or since + 1 < oldest:
            subscription.outbox.push(told("gap", topic=subscription.topic, after=after))
        subscription.seen = since
        for number_kept, outline in tuple(self._kept):
            if number_kept > since and subscription.topic in outline.topics:
                self._send(number_kept, outline, subscription, {})
        subscription.seen = self._number

    def detach(self, subscription: Subscription) -> None:
        followers = self._topics.get(subscription.topic, {})
        followers.pop(subscription, None)
        if not followers:
            self._topics.pop(subscription.topic, None)
        if not self._topics and self._is_kept and self._leaving is None:
            self._leaving = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._forget)

    def _forget(self) -> None:
        """Keep nothing more, and want nothing of siblings: who comes back now is told of a gap."""
        self._leaving = None
        self._is_kept = False
        self._boot, self._number = secrets.token_hex(4), 0
        self._kept.clear()
        self._kept_bytes = 0
        self._heard = frozenset()
        self._peers.unwant()
        if not self._kinds:
            self.close()

    def close(self) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None

    # --- siblings

    def want(self, kinds: frozenset[str]) -> None:
        """Tell siblings of events of these kinds, and of no others."""
        self._kinds = kinds
        if kinds:
            self._listen()
        elif not self._is_kept:
            self.close()

    def told(self, outline: Outline, event: Mapping[str, Any]) -> None:
        """Take what happened in a sibling."""
        if event["type"] == "run.suspended":
            self._wait(str(event.get("run_id")), outline.owner or "")
        else:
            self._waiting.pop(str(event.get("run_id")), None)
        if self._is_kept:
            self._keep(outline)

    def gap(self) -> None:
        """Tell all who follow that events of a sibling may have been missed."""
        for topic, followers in self._topics.items():
            for subscription in followers:
                subscription.outbox.push(told("gap", topic=topic, after=subscription.sent))

    # --- what happens

    def _take(self, event: Event) -> None:
        kind, _, _ = event.type.partition(".")
        if not self._is_kept and kind not in self._kinds:
            return
        outline = self._outline(kind, event)
        if outline is None or len(outline.body) > bounds.FEW_BYTES:
            return
        if kind in self._kinds:
            self._peers.take(outline)
        if self._is_kept:
            self._keep(outline)

    def _keep(self, outline: Outline) -> None:
        self._number += 1
        self._kept.append((self._number, outline))
        self._kept_bytes += len(outline.body)
        while len(self._kept) > bounds.KEPT_EVENTS or self._kept_bytes > bounds.KEPT_BYTES:
            self._kept_bytes -= len(self._kept.popleft()[1].body)
        for topic in outline.topics:
            texts: dict[str, str] = {}
            for subscription in tuple(self._topics.get(topic, ())):
                self._send(self._number, outline, subscription, texts)

    def _outline(self, kind: str, event: Event) -> Outline | None:
        if kind == "run":
            return self._of_run(event) if event.type in LIFE else None
        if kind == "plugin":
            topics = ("plugin.*", f"plugin.{getattr(event, 'plugin', '')}")
            return Outline(kind, topics, None, dump(event.to_json()))
        if kind == "system":
            return Outline(kind, ("system.*",), None, dump(event.to_json()))
        return None

    def _of_run(self, event: Event) -> Outline:
        """Return an outline: what a run says is for those who follow it."""
        state = self._host.runs.under_way(event.run_id)
        known = self._waiting.pop(event.run_id, "")
        owner = known if state is None else owner_of(state.request.principal)
        if event.type == "run.suspended":
            self._wait(event.run_id, owner)
        told_fields = {name: getattr(event, name) for name in _TOLD if hasattr(event, name)}
        return Outline("run", ("runs",), owner, dump(told_fields))

    def _wait(self, run_id: str, owner: str) -> None:
        self._waiting[run_id] = owner
        if len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)

    def _send(self, number: int, outline: Outline, subscription: Subscription, texts: dict[str, str]) -> None:
        if subscription.owner is not None and outline.owner not in {None, subscription.owner}:
            return
        topic = subscription.topic
        if topic not in texts:
            texts[topic] = event_text(topic, f"{self.prefix}{number}", outline.body)
        subscription.send(number, texts[topic])

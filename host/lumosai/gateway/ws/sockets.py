"""All WebSockets of a service: what they follow, what looks after them, and the runs that go on without them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from lumosai.gateway.asgi import Receive, Scope, Send
from lumosai.gateway.errors import StoppingError, TooManyRequestsError, UpgradeRequiredError
from lumosai.gateway.peers.peers import Peers
from lumosai.gateway.problems import failure, log
from lumosai.gateway.ws import bounds, topics
from lumosai.gateway.ws.broadcast import Broadcast
from lumosai.gateway.ws.opening import OPENING
from lumosai.gateway.ws.outbox import Budget
from lumosai.gateway.ws.run_topic import RunTopic
from lumosai.gateway.ws.session import Session
from lumosai.gateway.ws.subscription import Subscription
from lumosai_sdk.errors import LumosError


class Sockets:
    """The endpoint, and what its connections share."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.host = peers.host
        self.budget = Budget()
        self.broadcast = Broadcast(peers)
        self.sessions: set[Session] = set()
        self._runs: dict[str, RunTopic] = {}
        self._kept: dict[asyncio.Task[None], str] = {}
        self._sweeper: asyncio.Task[None] | None = None
        peers.runs.on_moved = self._moved

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        opening = scope.get(OPENING)
        if opening is None:
            error: LumosError = UpgradeRequiredError(
                "this is a WebSocket", hint="docs/reference/websocket.md tells more"
            )
            await failure(scope, error)(scope, receive, send)
        elif len(self.sessions) >= bounds.CONNECTIONS:
            error = StoppingError(f"{bounds.CONNECTIONS} WebSockets are open already", hint="try again later")
            await failure(scope, error)(scope, receive, send)
        else:
            await self._hold(Session(self, scope, opening))

    async def _hold(self, session: Session) -> None:
        self.sessions.add(session)
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.create_task(self._sweep(), name="lumos-websockets")
        try:
            await session.serve()
        finally:
            self.sessions.discard(session)

    # --- topics

    def run_topic(self, run_id: str) -> RunTopic:
        """Return the topic of a run; it is kept while it is followed."""
        if run_id not in self._runs:
            self._runs[run_id] = RunTopic(self.peers, topics.RUN + run_id, run_id)
        return self._runs[run_id]

    def _moved(self, run_id: str) -> None:
        topic = self._runs.get(run_id)
        if topic is not None:
            topic.look_again()
            self.peers.spawn(topic.poll())

    def leave(self, subscription: Subscription) -> None:
        """End a subscription."""
        if not subscription.topic.startswith(topics.RUN):
            self.broadcast.detach(subscription)
            return
        run_id = subscription.topic.removeprefix(topics.RUN)
        topic = self._runs.get(run_id)
        if topic is not None:
            topic.detach(subscription)
            if not len(topic):
                del self._runs[run_id]

    # --- runs without their connection

    def check_kept(self, owner: str) -> None:
        """Raise TooManyRequestsError where a caller has too many runs that nothing but their end would end."""
        if sum(1 for other in self._kept.values() if other == owner) >= bounds.RUNS:
            raise TooManyRequestsError(f"{bounds.RUNS} runs with `keep` are under way already", 1.0)

    def keep(self, task: asyncio.Task[None], owner: str) -> None:
        """Let a run go on when its connection has ended."""
        self._kept[task] = owner
        task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._kept.pop(task, None)

    # --- looking after them

    async def _sweep(self) -> None:
        while self.sessions:
            await asyncio.sleep(bounds.SWEEP)
            now = time.monotonic()
            for session in tuple(self.sessions):
                self._guarded(session.look, now)
            for topic in tuple(self._runs.values()):
                with suppress(LumosError):  # a storage that fails now is asked again
                    await topic.poll()

    def _guarded(self, look: Callable[[float], None], now: float) -> None:
        try:
            look(now)
        except Exception:  # noqa: BLE001 - one connection must not keep the others from being looked after
            log.exception("looking after a WebSocket failed")

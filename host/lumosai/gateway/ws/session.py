"""One WebSocket, from its first frame to its last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from lumosai.gateway.asgi import Scope
from lumosai.gateway.call import parsed, validated
from lumosai.gateway.errors import BadRequestError, InvalidFieldsError, StoppingError, TooManyRequestsError
from lumosai.gateway.identity import ANONYMOUS
from lumosai.gateway.limits import Meter
from lumosai.gateway.problems import log, problem
from lumosai.gateway.ws import bounds, commands, frames
from lumosai.gateway.ws.opening import WIRE, Opening, is_token
from lumosai.gateway.ws.outbox import Outbox
from lumosai.gateway.ws.rate import Rate
from lumosai.gateway.ws.subscription import Subscription
from lumosai.runs.recorder import owner_of
from lumosai.runs.tools import authorize
from lumosai.version import __version__
from lumosai_sdk.errors import ConflictError, LumosError, UnauthenticatedError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.processors import RunInfo

if TYPE_CHECKING:
    from lumosai.gateway.ws.protocol import Wire
    from lumosai.gateway.ws.sockets import Sockets

_FORM = (BadRequestError, InvalidFieldsError, TooManyRequestsError)


class Session:
    """A connection: what it follows, what it runs, what waits for it."""

    def __init__(self, sockets: Sockets, scope: Scope, opening: Opening) -> None:
        self.sockets = sockets
        self.host = sockets.host
        self.scope = scope
        self.opening = opening
        self.subscriptions: dict[str, Subscription] = {}
        self.runs: dict[str, asyncio.Task[None]] = {}
        self.outbox = Outbox(sockets.budget, self._overflowed)
        self.draining = False
        self._wire: Wire | None = scope.get(WIRE)
        self._batches = b"batch=true" in scope["query_string"].split(b"&")
        self._rate = Rate()
        self._refusals = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept: set[str] = set()
        self._end: tuple[int, str, Callable[[], str] | None] | None = None
        self._last_in = self._last_out = time.monotonic()
        self._sending_since: float | None = None
        self._recheck_at = self._last_in + bounds.RECHECK

    @property
    def principal(self) -> Principal:
        """Whose it is."""
        found: Principal = self.scope["lumos.principal"]
        return found

    @property
    def owner(self) -> str:
        """To whom what it makes belongs."""
        return owner_of(self.principal)

    # --- its life

    async def serve(self) -> None:
        """Serve the connection until it ends, and leave nothing behind."""
        await self.opening.accept()
        if self._wire is not None:
            self._wire.on_drain = self.drain
        writer = asyncio.create_task(self._write())
        try:
            if await self._introduced():
                RUN.set(RunInfo(principal=self.principal))
                self.tell("welcome", version=__version__, caller=self.owner, bounds=_bounds())
                while (text := await self._message()) is not None:
                    await self._take(text)
        except asyncio.CancelledError:
            # The server stops and its patience is over.
            self.end(1012, "the service stops", self._draining_frame)
        finally:
            await self._leave(writer)

    async def _leave(self, writer: asyncio.Task[None]) -> None:
        for subscription in self.subscriptions.values():
            self.sockets.leave(subscription)
        for run_id, task in self.runs.items():
            if run_id in self._kept:
                continue
            if self.host.runs.is_stopping:  # it was the service that ended the connection: they have the time to end
                self.sockets.keep(task, self.owner)
            else:
                task.cancel()
        for task in self._tasks:
            task.cancel()
        if self._end is None:
            writer.cancel()
        await asyncio.wait([writer], timeout=bounds.TELL_SECONDS)
        writer.cancel()
        self.outbox.end()
        self.outbox.clear()

    async def _introduced(self) -> bool:
        """Return whether it is known whose the connection is: from the start, or by the first message."""
        if self.principal is not ANONYMOUS:
            return True
        text = None
        try:
            async with asyncio.timeout(bounds.AUTH_SECONDS):
                text = await self._message()
        except TimeoutError:
            pass
        try:
            await self._authenticate(text)
        except LumosError as e:
            self.problem(e)
            self.end(4001, "unauthenticated")
            return False
        return True

    async def _authenticate(self, text: str | None) -> None:
        if text is None or len(text) > bounds.FEW_BYTES:
            raise UnauthenticatedError("the first message did not say whose the connection is")
        data = parsed(text.encode("utf-8", "replace"), "the message")
        frame = validated(frames.Auth, data)
        token = frame.token.encode("utf-8", "replace")
        if not is_token(token):
            raise BadRequestError("a token is of visible ASCII characters")
        self.scope["headers"].append((b"authorization", b"Bearer " + token))
        assert self.opening.recognise is not None  # noqa: S101 - whoever may be unknown was looked at by the guards
        self.scope["lumos.principal"] = await self.opening.recognise(self.scope)

    # --- what comes in

    async def _message(self) -> str | None:
        message = await self.opening.receive()
        while message["type"] == "websocket.connect":
            message = await self.opening.receive()
        self._last_in = time.monotonic()
        if message["type"] != "websocket.receive":
            return None
        text = message.get("text")
        if text is None:
            self.end(1003, "messages are text")
        return text

    async def _take(self, text: str) -> None:
        if self._end is not None:
            return  # what is still on its way when the connection ends is not begun
        ref = None
        try:
            if not self._rate.take():
                raise TooManyRequestsError(f"more than {bounds.RATE:g} messages a second", 1.0)
            data = parsed(text.encode("utf-8", "replace"), "the message")
            kind, ref = _kind(data)
            await commands.HANDLERS[kind](self, validated(frames.CLIENT[kind], data))
        except LumosError as e:
            self.problem(e, ref)
            self._count(e)
        except Exception:  # noqa: BLE001 - a bug must not take the connection's runs with it
            log.exception("request %s: a frame failed", self.scope.get("lumos.request_id", "-"))
            self.problem(LumosError("the host failed", hint="its log tells why, under the request_id"), ref)

    def _count(self, error: LumosError) -> None:
        if isinstance(error, _FORM):
            self._refusals += 1
            if self._refusals >= bounds.REFUSALS:
                self.end(4029, "too many messages were refused")

    # --- what commands need

    async def allow(self, action: str, resource: str) -> None:
        """Return if the caller may, and is not asking too much.

        Raises PermissionDeniedError, TooManyRequestsError, BudgetExceededError.
        """
        self.scope["lumos.action"] = action
        if self.opening.callers is not None:
            self.opening.callers.charge(self._key(), self.principal.allowance)
        await authorize(self.host.plugins.hooks, self.principal, action, resource)
        if action == "agent.run":
            await self.host.spending.check(self.principal)

    def begin(self) -> Meter | None:
        """Count a run that begins. Raises TooManyRequestsError, StoppingError."""
        if self.draining:
            raise StoppingError("the host is stopping")
        if len(self.runs) >= bounds.RUNS:
            raise TooManyRequestsError(f"{bounds.RUNS} runs of this connection are under way already", 1.0)
        if self.opening.callers is None:
            return None
        return self.opening.callers.begin(self._key(), self.principal.allowance)

    def _key(self) -> str:
        return self.principal.credential or self.owner

    def subscribe(self, topic: str, seen: int = 0, prefix: str = "") -> Subscription:
        """Return a new subscription. Raises ConflictError for a topic that is followed, TooManyRequestsError."""
        if topic in self.subscriptions:
            raise ConflictError(f"{topic!r} is followed already")
        if len(self.subscriptions) >= bounds.SUBSCRIPTIONS:
            raise TooManyRequestsError(f"{bounds.SUBSCRIPTIONS} topics are followed already", 1.0)
        owner = None if self.principal.allows("*") else self.owner
        sees_all = self.principal.allows("plugin.manage")
        made = Subscription(topic, self.outbox, owner, sees_all=sees_all, prefix=prefix)
        made.seen, made.sent = seen, str(seen) if seen else ""
        self.subscriptions[topic] = made
        return made

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that ends with the connection."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def start(self, run_id: str, work: Coroutine[Any, Any, None], *, keep: bool) -> None:
        """Let a run of this connection begin; one that is kept does not end with it."""
        task = self.runs[run_id] = asyncio.create_task(work)
        if keep:
            self._kept.add(run_id)
            self.sockets.keep(task, self.owner)

    def changed(self, action: str) -> None:
        """Note for the audit that a frame has changed something."""
        self.opening.audit.answered({**self.scope, "method": "WS", "lumos.action": action}, 200)

    # --- what goes out

    def tell(self, kind: str, **fields: Any) -> None:
        """Queue a frame."""
        self.outbox.push(frames.told(kind, **fields))

    def problem(self, error: LumosError, ref: Any = None, run_id: str | None = None) -> None:
        """Queue what went wrong with a frame."""
        scope = dict(self.scope) if run_id is None else {**self.scope, "lumos.run_id": run_id}
        self.tell("problem", id=ref, problem=problem(scope, error))
        self.opening.audit.answered({**scope, "method": "WS", "lumos.code": error.code}, error.status)

    async def _write(self) -> None:
        try:
            while True:
                await self.outbox.wait()
                if not await self._send_next():
                    break
            await self._last_word()
        except OSError:
            return  # the client is gone

    async def _send_next(self) -> bool:
        items = self.outbox.batch() if self._batches else [i] if (i := self.outbox.pop()) is not None else []
        if items:
            texts = [text for text, _, _ in items]
            await self._send(f"[{','.join(texts)}]" if self._batches else texts[0])
            for _, subscription, event_id in items:
                if subscription is not None:
                    subscription.sent = event_id
        return bool(items)

    async def _send(self, text: str) -> None:
        self._sending_since = self._last_out = time.monotonic()
        await self.opening.send({"type": "websocket.send", "text": text})
        self._sending_since = None

    async def _last_word(self) -> None:
        assert self._end is not None  # noqa: S101 - nothing else ends the queue
        code, reason, last = self._end
        if last is not None:
            await self._send(f"[{last()}]" if self._batches else last())
        await self.opening.send({"type": "websocket.close", "code": code, "reason": reason})

    # --- how it ends

    def end(self, code: int, reason: str, last: Callable[[], str] | None = None) -> None:
        """Send what waits, *last*, and close; who does not take that in time is cut off."""
        if self._end is not None:
            return
        self._end = code, reason, last
        for subscription in self.subscriptions.values():
            self.sockets.leave(subscription)
        self.outbox.end()
        if self._wire is not None:
            asyncio.get_running_loop().call_later(bounds.TELL_SECONDS, self._wire.cut)

    def _overflowed(self) -> None:
        self.end(4008, "events were not taken fast enough", lambda: frames.told("overflow", resume=self.resume()))

    def resume(self) -> dict[str, str | None]:
        """Return where to go on from, for each topic."""
        return {topic: s.sent or None for topic, s in self.subscriptions.items()}

    def drain(self) -> None:
        """Start nothing more, let the connection's runs finish, then close."""
        self.draining = True
        self.spawn(self._drained())

    async def _drained(self) -> None:
        if self.runs:
            await asyncio.wait(list(self.runs.values()))
        self.end(1012, "the service stops", self._draining_frame)

    def _draining_frame(self) -> str:
        return frames.told("draining", resume=self.resume())

    # --- being looked after

    def look(self, now: float) -> None:
        """Ping where it is quiet; end what is idle, stuck, or whose caller is not known any more."""
        if self._sending_since is not None and now - self._sending_since > bounds.STALLED:
            if self._wire is not None:
                self._wire.cut()
        elif now - self._last_out > bounds.QUIET and not len(self.outbox):
            self.tell("ping", at=time.time())
        if not self.subscriptions and not self.runs and now - self._last_in > bounds.IDLE:
            self.end(1000, "idle")
        if now > self._recheck_at and self.principal is not ANONYMOUS:
            self._recheck_at = now + bounds.RECHECK
            self.spawn(self._recheck())

    async def _recheck(self) -> None:
        if self.opening.recognise is None:
            return
        try:
            known = await self.opening.recognise(self.scope)
        except LumosError as e:
            self.problem(e)
            known = ANONYMOUS
        if known != self.principal:
            self.end(4001, "the caller is not who it was")


def _kind(data: Any) -> tuple[str, Any]:
    """Return a frame's type and id. Raises BadRequestError for no type there is."""
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in frames.CLIENT:
        raise BadRequestError("a message is a JSON object with a type", hint=f"types: {', '.join(frames.CLIENT)}")
    ref = data.get("id")
    return kind, ref if isinstance(ref, str | int) and len(str(ref)) <= 64 else None  # noqa: PLR2004


def _bounds() -> dict[str, Any]:
    return {
        "message_bytes": bounds.MESSAGE_BYTES,
        "messages_per_second": bounds.RATE,
        "subscriptions": bounds.SUBSCRIPTIONS,
        "runs": bounds.RUNS,
    }

"""What each frame of a client does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from lumosai.gateway.limits import Meter
from lumosai.gateway.problems import log
from lumosai.gateway.resources.run_start import run_request
from lumosai.gateway.ws import frames, topics
from lumosai.gateway.ws.run_topic import RunTopic
from lumosai.gateway.ws.subscription import Subscription
from lumosai.ids import MadeId, new_id
from lumosai_sdk.errors import ConflictError, InputError, LumosError, NotFoundError, Suspend
from lumosai_sdk.types.events import Event, RunResumed
from lumosai_sdk.types.trace import TRACE, read_trace

if TYPE_CHECKING:
    from lumosai.gateway.ws.session import Session


async def auth(session: Session, frame: frames.Auth) -> None:  # noqa: ARG001 - as the others
    """Raise ConflictError: the caller is known by now."""
    raise ConflictError("it is known already whose the connection is")


async def ping(session: Session, frame: frames.Ping) -> None:
    """Answer."""
    session.tell("pong", id=frame.id)


async def subscribe(session: Session, frame: frames.Subscribe) -> None:
    """Follow a topic. Raises InputError, NotFoundError, PermissionDeniedError, ConflictError, TooManyRequestsError."""
    action, resource = topics.needed(frame.topic)
    await session.allow(action, resource)
    if frame.topic.startswith(topics.RUN):
        await _subscribe_run(session, frame, resource)
        return
    broadcast = session.sockets.broadcast
    await broadcast.hear(frame.topic)
    made = session.subscribe(frame.topic, prefix=broadcast.prefix)
    session.tell("subscribed", id=frame.id, topic=frame.topic)
    broadcast.attach(made, frame.after)


async def _subscribe_run(session: Session, frame: frames.Subscribe, run_id: str) -> None:
    after = frame.after or "0"
    if not after.isdecimal():
        raise InputError("after: of a run it is the seq of an event")
    await session.sockets.peers.runs.get(run_id, session.principal)
    made = session.subscribe(frame.topic, int(after))
    session.tell("subscribed", id=frame.id, topic=frame.topic)
    topic = session.sockets.run_topic(run_id)
    made.hold()
    topic.attach(made, lambda _: _forget(session, made))
    session.spawn(_catch_up(session, topic, made))


def _forget(session: Session, subscription: Subscription) -> None:
    session.subscriptions.pop(subscription.topic, None)
    session.sockets.leave(subscription)


async def _catch_up(session: Session, topic: RunTopic, subscription: Subscription) -> None:
    try:
        await topic.catch_up(subscription)
    except LumosError as e:
        _forget(session, subscription)
        session.problem(e, run_id=topic.run_id)


async def unsubscribe(session: Session, frame: frames.Unsubscribe) -> None:
    """Follow a topic no more. Raises NotFoundError."""
    found = session.subscriptions.get(frame.topic)
    if found is None:
        raise NotFoundError("subscription", frame.topic, session.subscriptions)
    _forget(session, found)
    session.tell("unsubscribed", id=frame.id, topic=frame.topic, reason="asked")


async def run(session: Session, frame: frames.Run) -> None:
    """Run an agent and follow it. Raises LumosError where it cannot start."""
    await session.allow("agent.run", frame.agent)
    await session.host.runs.find(frame.agent, session.principal)
    if frame.keep:
        session.sockets.check_kept(session.owner)
    run_id = MadeId(new_id("run"))
    request = run_request(frame.agent, frame, run_id, session.principal)
    made = session.subscribe(topics.RUN + run_id)
    try:
        meter = session.begin()
    except LumosError:
        del session.subscriptions[made.topic]
        raise
    session.tell("started", id=frame.id, run_id=run_id, topic=made.topic)
    session.sockets.run_topic(run_id).attach(made, lambda _: _forget(session, made))

    async def work() -> None:
        if frame.traceparent and (trace := read_trace(frame.traceparent, frame.tracestate)) is not None:
            TRACE.set(trace)  # in the task of this run alone
        try:
            await session.host.runs.run(request)
        except LumosError:
            if made.seen:
                return  # its last event has told
            _forget(session, made)
            raise

    _start(session, run_id, frame, work(), meter)


async def decide(session: Session, frame: frames.Decide) -> None:
    """Go on with a suspended run. Raises LumosError where it cannot be."""
    await session.allow("run.resume", frame.run_id)
    await session.host.runs.get(frame.run_id, session.principal)
    if frame.run_id in session.runs:
        raise ConflictError(f"run {frame.run_id!r} is under way")
    if frame.keep:
        session.sockets.check_kept(session.owner)
    meter = session.begin()
    decisions = {i: d.decision() for i, d in frame.decisions.items()}

    async def work() -> None:
        # As an event of the run, so that the answer comes before whatever the run says next.
        stop = session.host.bus.listen(resumed, frame.run_id)
        try:
            await session.host.runs.resume(frame.run_id, decisions, principal=session.principal)
        except LumosError:
            if not goes_on:
                raise
        finally:
            stop()

    goes_on = False

    def resumed(event: Event) -> None:
        nonlocal goes_on
        if isinstance(event, RunResumed) and not goes_on:
            goes_on = True
            session.tell("started", id=frame.id, run_id=frame.run_id, topic=topics.RUN + frame.run_id)
            session.changed("run.resume")

    _start(session, frame.run_id, frame, work(), meter)


def _start(
    session: Session,
    run_id: str,
    frame: frames.Run | frames.Decide,
    work: Coroutine[Any, Any, None],
    meter: Meter | None,
) -> None:
    """Let *work* run; without ``keep`` it ends with the connection."""

    async def told() -> None:
        try:
            await work
        except LumosError as e:
            session.problem(e, frame.id, run_id)
        except Suspend as e:
            session.problem(ConflictError(f"a person has to answer first: {e.question}"), frame.id, run_id)
        except Exception:  # noqa: BLE001 - it is nobody's to hear but the log's
            log.exception("run %s failed", run_id)
            session.problem(LumosError("the host failed"), frame.id, run_id)
        finally:
            session.runs.pop(run_id, None)
            if meter is not None:
                meter.leave()

    session.start(run_id, told(), keep=frame.keep)


async def cancel(session: Session, frame: frames.Cancel) -> None:
    """Cancel a run. Raises NotFoundError, ConflictError."""
    await session.allow("run.cancel", frame.run_id)
    await session.sockets.peers.runs.cancel(frame.run_id, session.principal)
    session.tell("cancelling", id=frame.id, run_id=frame.run_id)
    session.changed("run.cancel")


HANDLERS: dict[str, Callable[[Session, Any], Awaitable[None]]] = {
    "auth": auth,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "run": run,
    "cancel": cancel,
    "decide": decide,
    "ping": ping,
}

"""Doing what is asked once, however often it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lumosai.gateway.asgi import ASGIApp, Message, Receive, Scope, Send
from lumosai.gateway.call import Call
from lumosai.gateway.errors import AnswerNotKeptError, KeyReusedError, RequestUnderWayError, UnknownOutcomeError
from lumosai.gateway.idempotency.book import Note
from lumosai.gateway.idempotency.key import place_of, print_of
from lumosai.gateway.problems import FAILED
from lumosai.gateway.reply import Reply
from lumosai.ids import new_id
from lumosai.runs.hostid import is_alive
from lumosai.runs.tools import authorize
from lumosai_sdk.errors import ConflictError, LumosError
from lumosai_sdk.types.storage import RunRecord

if TYPE_CHECKING:
    from lumosai.gateway.operation import Operation

LONGEST = 256 * 1024
"""Bytes of an answer that is kept; what is longer is told to be gone, or made again from the run's record."""
REPLAYED = (b"idempotency-replayed", b"true")
_NOT_ANEW = frozenset({"completed", "suspended", "interrupted"})
"""What a run is that must not be begun once more: it was done, or it can go on."""


async def once(call: Call, operation: Operation, key: bytes) -> ASGIApp:
    """Return the answer to a request with a *key*: what it was answered before, if it came before.

    What failed may be tried again. Raises KeyReusedError, RequestUnderWayError, AnswerNotKeptError,
    UnknownOutcomeError, or what the operation raises.
    """
    book = call.gate.book
    if not book.seconds:
        return await operation.answer(call)
    if resource := operation.resource_of(call):
        await _authorize(call, operation.action, resource)
    call.taken = await call.raw()
    call.leave = []
    call.run_id = call.params.get("run_id") or new_id("run")
    place, note = place_of(call, key), Note(print_of(call, call.taken), book.me, call.run_id)
    if (found := await book.begin(place, note)) is not None:
        if found.asked != note.asked:
            raise KeyReusedError
        return await _again(call, operation, place, found)
    try:
        reply = await operation.answer(call)
    except BaseException:
        if not await _is_interrupted(call):
            await book.release(place)
        raise
    note = replace(note, run=call.scope.get("lumos.run_id", ""), ended=True, leave=call.leave)
    if not isinstance(reply, Reply):
        return _Stream(call, reply, place, note)
    await book.end(place, replace(note, answer=_kept(reply)))
    return reply


async def _is_interrupted(call: Call) -> bool:
    """Tell whether the request made a run that the host's stop broke off: it can go on, and is not to be begun anew."""
    run_id = call.scope.get("lumos.run_id", "")
    try:
        record = await call.gate.host.storage.get_run(run_id) if run_id else None
    except LumosError:
        return True  # nobody can tell: better not done twice
    return record is not None and record.status == "interrupted"


def _kept(reply: Reply) -> dict[str, object] | None:
    if len(reply.body) > LONGEST:
        return None
    headers = [[k.decode("latin-1"), v.decode("latin-1")] for k, v in reply.headers]
    return {"status": reply.status, "headers": headers, "body": reply.body.decode()}


class _Stream:
    """A stream, whose end tells whether what was asked is done."""

    def __init__(self, call: Call, reply: ASGIApp, place: str, note: Note) -> None:
        self._call = call
        self._reply = reply
        self._place = place
        self._note = note
        self._whole = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            await send(message)
            self._whole = message["type"] == "http.response.body" and not message.get("more_body")

        book = self._call.gate.book
        try:
            await self._reply(scope, receive, watched)
        finally:
            if await self._is_done(scope):
                await book.end(self._place, self._note)
            else:
                await book.release(self._place)

    async def _is_done(self, scope: Scope) -> bool:
        if not self._note.run:
            return self._whole and FAILED not in scope
        try:
            record = await self._call.gate.host.storage.get_run(self._note.run)
        except LumosError:
            return True  # nobody can tell: better not done twice
        return record is not None and record.status in _NOT_ANEW


async def _again(call: Call, operation: Operation, place: str, note: Note) -> ASGIApp:
    """Return the answer to what was asked before."""
    if note.answer is not None:
        await _allow(call, operation, note)
        return _replayed(call, note.answer)
    record = await call.gate.host.storage.get_run(note.run) if note.run else None
    if record is not None:
        call.scope["lumos.run_id"] = record.id
        if reply := await _made_again(call, operation, note, record):
            return reply
    if call.gate.book.is_under_way(place, note):
        raise RequestUnderWayError
    raise AnswerNotKeptError(note.run) if note.ended else UnknownOutcomeError(record.id if record else "")


async def _made_again(call: Call, operation: Operation, note: Note, record: RunRecord) -> ASGIApp | None:
    """Return the answer to what made a run, from its record, as far as that can be."""
    if operation.once is None or operation.once.again is None:
        return None
    await _allow(call, operation, note)
    if record.status == "interrupted" or (record.status == "running" and not is_alive(record.host)):
        on = f"POST /v1/runs/{record.id}/resume goes on with it" if record.request else "it cannot go on"
        raise ConflictError(
            f"run {record.id!r} was interrupted: its host stopped before it ended",
            hint=f"GET /v1/runs/{record.id} tells how far it came; {on}; a new Idempotency-Key starts another",
        )
    reply = await operation.once.again(call, record)
    if reply is not None:
        _mark(call)
    return reply


async def _allow(call: Call, operation: Operation, note: Note) -> None:
    """Return if the caller still may what it was allowed when it asked first. Raises PermissionDeniedError."""
    for action, resource in note.leave or ([operation.action, next(iter(call.params.values()), "")],):
        await _authorize(call, action, resource)


async def _authorize(call: Call, action: str, resource: str) -> None:
    # Not ``call.allow``: being told once more costs nothing, so no budget is asked.
    await authorize(call.gate.host.plugins.hooks, call.principal, action, resource)


def _replayed(call: Call, answer: Mapping[str, Any]) -> Reply:
    _mark(call)
    reply = Reply(answer["body"].encode(), answer["status"])
    reply.headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer["headers"]]
    return reply


def _mark(call: Call) -> None:
    call.scope.setdefault("lumos.headers", []).append(REPLAYED)
    call.scope["lumos.action"] = ""  # nothing is changed: there is nothing for the audit

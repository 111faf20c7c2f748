"""Responses that are kept: in the store, by id, for 30 days, each with its input and with whom it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lumosai.gateway.call import Call
from lumosai.gateway.errors import InvalidFieldsError
from lumosai.gateway.responses import settling
from lumosai.gateway.responses.input_items import Item
from lumosai.gateway.responses.items import messages_of
from lumosai.runs.recorder import check_owner, owner_of
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.types.messages import Message

NAMESPACE = "lumosai.responses"
SECONDS = 30 * 86_400.0
MAX_CHAIN = 500
UNSETTLED = frozenset({"queued", "in_progress"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A response as it is kept. ``run_id`` and ``skip`` (how many of its messages were the input) while it runs."""

    owner: str
    response: dict[str, Any]
    input: list[Item]
    run_id: str = ""
    skip: int = 0

    @property
    def unsettled(self) -> bool:
        """Tell whether it was still being made when it was last looked at."""
        return self.response["status"] in UNSETTLED


async def keep(call: Call, response: dict[str, Any], given: Sequence[Item], run_id: str = "", skip: int = 0) -> None:
    """Keep a response of the caller's. Raises StorageError."""
    await _put(call, Kept(owner_of(call.principal), response, list(given), run_id, skip))


async def load(call: Call, response_id: str) -> Kept:
    """Return a response, with what has become of it if it was made in the background. Raises NotFoundError."""
    data = await call.gate.host.storage.kv_get(NAMESPACE, response_id)
    if data is None:
        raise NotFoundError("response", response_id, hint="they are kept for 30 days, unless store is false")
    found = Kept(**data)
    check_owner("response", response_id, found.owner, call.principal)
    if not found.unsettled:
        return found
    changes = await settling.settled(call, found.run_id, found.skip)
    if changes is None:
        return found
    found = replace(found, response={**found.response, **changes})
    await _put(call, found)
    return found


async def delete(call: Call, response_id: str) -> None:
    """Delete a response. Raises NotFoundError, InputError while it is being made."""
    if (await load(call, response_id)).unsettled:
        raise InputError(f"response {response_id!r} is being made", hint=f"POST /v1/responses/{response_id}/cancel")
    await call.gate.host.storage.kv_delete(NAMESPACE, response_id)


async def history(call: Call, response_id: str) -> list[Message]:
    """Return the messages of a response and of those it continues, oldest first, without instructions.

    Raises NotFoundError when one of them is not kept, InvalidFieldsError when there is nothing, or too much, to go on.
    """
    turns: list[Kept] = []
    wanted: str | None = response_id
    while wanted is not None:
        if len(turns) == MAX_CHAIN:
            raise _refused(f"more than {MAX_CHAIN} responses continue each other here: use a conversation")
        turns.append(await load(call, wanted))
        wanted = turns[-1].response["previous_response_id"]
    if (thread := turns[-1].response["conversation"]) is not None:
        raise _refused(f"it is part of conversation {thread['id']!r}: continue that")
    if turns[0].unsettled:
        raise _refused(f"response {response_id!r} is still being made")
    items = [i for t in reversed(turns) for i in (*t.input, *t.response["output"])]
    return messages_of(items)


def _refused(message: str) -> InvalidFieldsError:
    return InvalidFieldsError([{"field": "previous_response_id", "message": message}])


async def _put(call: Call, kept: Kept) -> None:
    value = {
        "owner": kept.owner,
        "response": kept.response,
        "input": kept.input,
        "run_id": kept.run_id,
        "skip": kept.skip,
    }
    await call.gate.host.storage.kv_set(NAMESPACE, kept.response["id"], value, SECONDS)
    await call.gate.peers.shared()

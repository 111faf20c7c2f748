"""Who is behind a plugin's call: the person, and the run, if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lumosai.ids import new_id
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import CHAIN, RUN, Caller
from lumosai_sdk.types.processors import RunInfo

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai.runs.state import RunState
    from lumosai_sdk.types.auth import Principal


def run_of(host: Host, caller: Caller) -> RunState | None:
    """Return the run under way that a call came from, if it is of the same tenant and person."""
    state = host.runs.under_way(caller.run_id) if caller.run_id else None
    if state is None:
        return None
    who = state.request.principal
    return state if (who.tenant, who.id) == (caller.tenant, caller.subject) else None


def principal_of(caller: Caller, state: RunState | None) -> Principal:
    """Return whose rights a call is held against. Raises InputError for a caller that is nobody."""
    if state is not None:
        return state.request.principal
    try:
        return caller.principal
    except ValueError as e:
        raise InputError(str(e)) from None


@contextmanager
def on_behalf(caller: Caller, principal: Principal) -> Iterator[RunInfo]:
    """Let what is called from here know for whom, and through which plugins."""
    info = RunInfo(caller.run_id or new_id("call"), caller.agent, caller.thread_id, principal)
    run, chain = RUN.set(info), CHAIN.set(caller.chain)
    try:
        yield info
    finally:
        RUN.reset(run)
        CHAIN.reset(chain)

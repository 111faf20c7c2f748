"""On whose behalf a guest runs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.processors import RunInfo


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is behind a call: the tenant and person, the run, and the plugins through which it came, outermost first.

    ``chain`` ends with the plugin that is called. What it may ask its host for is held against every one of them where
    rights could be laundered (``tools``). ``scopes`` are the person's; without any, the host's own doors are shut.
    """

    tenant: str = "default"
    subject: str = "local"
    run_id: str = ""
    agent: str = ""
    thread_id: str | None = None
    call_id: str = ""
    chain: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()

    @property
    def principal(self) -> Principal:
        """The person, as the host's authorizers know them. Raises ValueError for a caller that names none."""
        return Principal(self.subject, self.tenant, self.scopes)


NOBODY = Caller(scopes=frozenset({"*"}))
"""What the host does for plugins, on their account."""

RUN: ContextVar[RunInfo | None] = ContextVar("lumosai_run", default=None)
"""What the host is at work for: set where a run, or a call without one, begins."""
CHAIN: ContextVar[tuple[str, ...]] = ContextVar("lumosai_chain", default=())
"""The plugins through which a call came, outermost first, without the one that is called."""


def current(plugin: str, call_id: str = "") -> Caller:
    """Return who is behind the call of *plugin* that is being made; without a run, its own account."""
    run = RUN.get()
    chain = (*CHAIN.get(), plugin)
    if run is None:
        return Caller(chain=chain, call_id=call_id, scopes=NOBODY.scopes)
    who = run.principal
    return Caller(who.tenant, who.id, run.run_id, run.agent, run.thread_id, call_id, chain, who.scopes)

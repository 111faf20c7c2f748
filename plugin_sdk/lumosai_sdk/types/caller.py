"""On whose behalf a guest runs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from lumosai_sdk.types.auth import Allowance, Principal
from lumosai_sdk.types.processors import RunInfo


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is behind a call: the tenant and person, the run, and the plugins through which it came, outermost first.

    ``chain`` ends with the plugin that is called. What it may ask its host for is held against every one of them where
    rights could be laundered (``tools``). ``scopes`` are the person's; without any, the host's own doors are shut.
    ``credential`` and ``allowance`` are what the person showed: what is spent for it counts there.
    """

    tenant: str = "default"
    subject: str = "local"
    run_id: str = ""
    agent: str = ""
    thread_id: str | None = None
    call_id: str = ""
    chain: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()
    credential: str = ""
    allowance: Allowance | None = None

    @property
    def principal(self) -> Principal:
        """The person, as the host's authorizers know them. Raises ValueError for a caller that names none."""
        return Principal(self.subject, self.tenant, self.scopes, self.credential, self.allowance)


@dataclass(slots=True)
class Caching:
    """What a request wants of a cache of answers, and what came of it (``Cache-Control``, RFC 9111 section 5.2.1).

    ``read``: an answer that was kept will do. ``write``: the answer may be kept. A cache sets ``status`` to ``hit``,
    ``miss`` or ``bypass`` before the first piece of an answer is told.
    """

    read: bool = True
    write: bool = True
    status: str = ""


NOBODY = Caller(scopes=frozenset({"*"}))
"""What the host does for plugins, on their account."""

RUN: ContextVar[RunInfo | None] = ContextVar("lumosai_run", default=None)
"""What the host is at work for: set where a run, or a call without one, begins."""
CACHING: ContextVar[Caching | None] = ContextVar("lumosai_caching", default=None)
"""What the request that is being answered wants of caches; None: it did not say."""
CHAIN: ContextVar[tuple[str, ...]] = ContextVar("lumosai_chain", default=())
"""The plugins through which a call came, outermost first, without the one that is called."""


def current(plugin: str, call_id: str = "") -> Caller:
    """Return who is behind the call of *plugin* that is being made; without a run, its own account."""
    run = RUN.get()
    chain = (*CHAIN.get(), plugin)
    if run is None:
        return Caller(chain=chain, call_id=call_id, scopes=NOBODY.scopes)
    who = run.principal
    return Caller(
        who.tenant,
        who.id,
        run.run_id,
        run.agent,
        run.thread_id,
        call_id,
        chain,
        who.scopes,
        who.credential,
        who.allowance,
    )

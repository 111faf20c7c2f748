"""On whose behalf a guest runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is behind a call: the tenant and person, the run, and the plugins through which it came, outermost first.

    ``chain`` ends with the plugin that is called. What it may ask its host for is held against every one of them where
    rights could be laundered (``tools``).
    """

    tenant: str = "default"
    subject: str = "local"
    run_id: str = ""
    agent: str = ""
    thread_id: str | None = None
    call_id: str = ""
    chain: tuple[str, ...] = ()


NOBODY = Caller()

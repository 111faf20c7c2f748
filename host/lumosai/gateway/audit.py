"""Who was refused what, and who changed what, as events. No secret is in them: neither headers, query nor body."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lumosai.events.bus import EventBus
from lumosai.gateway.asgi import Scope
from lumosai.gateway.heads import without_keys
from lumosai.gateway.limits import take
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import AuditChanged, AuditRefused

REFUSED = frozenset({401, 403, 408, 413, 429, 431})
USES = frozenset({"", "agent.run", "model.call"})
"""What changes nothing by itself, or leaves a record of its own."""
READS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST = 256
RATE, BURST = 100.0, 200.0


class Audit:
    """Publishes ``audit.refused`` and ``audit.changed``. A flood of refusals is counted instead of told one by one."""

    def __init__(self, bus: EventBus, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._clock = clock
        self._empty_at = 0.0
        self._untold = 0

    def answered(self, scope: Scope, status: int) -> None:
        """Take note of a request whose answer begins."""
        if status in REFUSED or "lumos.refused" in scope:
            self._refused(scope, status)
        elif status < 400 and scope["method"] not in READS and scope.get("lumos.action", "") not in USES:  # noqa: PLR2004
            self._bus.publish(AuditChanged(at=time.time(), **_told(scope, status)))

    def _refused(self, scope: Scope, status: int) -> None:
        wait, self._empty_at = take(self._empty_at, self._clock(), RATE, BURST)
        if wait:
            self._untold += 1
            return
        untold, self._untold = self._untold, 0
        code = scope.get("lumos.code", "")
        self._bus.publish(AuditRefused(at=time.time(), code=code, untold=untold, **_told(scope, status)))


def _told(scope: Scope, status: int) -> dict[str, Any]:
    principal: Principal | None = scope.get("lumos.principal")
    client = scope.get("client")
    return {
        "caller": f"{principal.tenant}/{principal.id}" if principal else "",
        "credential": principal.credential if principal else "",
        "address": scope.get("lumos.address") or (client[0] if client else ""),
        "method": scope["method"],
        "path": without_keys(scope["path"])[:LONGEST],
        "action": scope.get("lumos.action", ""),
        "status": status,
        "request_id": scope.get("lumos.request_id", ""),
    }

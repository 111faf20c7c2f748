"""Asking the host that runs already, over its HTTP service on this machine."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import quote

from lumosai.config.load import Loaded
from lumosai_sdk.errors import ConflictError, LumosError

_SECONDS = 30.0
_MAX_BYTES = 4 * 1024 * 1024


class NotRunningError(ConflictError):
    """No host answers at the configured address."""


def ask(loaded: Loaded, method: str, *path: str, body: Any = None) -> Any:
    """Return what the running host answers to a request for */path/parts*; *body* is sent as JSON.

    Raises NotRunningError when there is none, LumosError with its words when it refuses.
    """
    server = loaded.config.server
    address = f"{server.host}:{server.port}"
    connection = http.client.HTTPConnection(server.host, server.port, timeout=_SECONDS)
    sent, headers = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
    try:
        connection.request(method, "/" + "/".join(quote(p, safe="") for p in path), sent, headers)
        response = connection.getresponse()
        answer = response.read(_MAX_BYTES)
    except (OSError, http.client.HTTPException) as e:
        raise NotRunningError(f"no host answers at {address}: {e}", hint="lumos up") from None
    finally:
        connection.close()
    value = _parsed(answer, address)
    if response.status >= http.client.BAD_REQUEST:
        problem = value if isinstance(value, dict) else {}
        detail = problem.get("detail") or f"{address} answered {response.status}"
        raise LumosError(str(detail), hint=problem.get("hint"))
    return value


def _parsed(body: bytes, address: str) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        raise LumosError(f"what answers at {address} is no LumosAI host", hint="lumos config show server") from None

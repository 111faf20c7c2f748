"""Pieces of a response: counts of tokens, errors, requests for leave."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from lumosai.gateway.asgi import Scope
from lumosai.gateway.problems import stream_error
from lumosai.gateway.responses.input_items import Item
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.models import Usage
from lumosai_sdk.types.runs import Pending

_MCPR = "mcpr_"


def usage_view(used: Usage) -> dict[str, Any]:
    """Return token counts as responses tell them."""
    return {
        "input_tokens": used.input_tokens,
        "input_tokens_details": {"cached_tokens": used.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": used.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": used.total_tokens,
    }


def error_view(scope: Scope, error: LumosError) -> dict[str, Any]:
    """Return what a failed response tells of its failure, as far as its caller may know."""
    told: dict[str, Any] = stream_error(scope, error)["error"]
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        code = "rate_limit_exceeded"
    else:
        code = "server_error" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_prompt"
    return {"code": code, "message": told["message"]}


def approval_request(run_id: str, pending: Pending) -> Item:
    """Return a request for leave; its id names the run and the call."""
    return {
        "id": f"{_MCPR}{run_id}/{pending.call_id}",
        "type": "mcp_approval_request",
        "server_label": pending.tool.partition(".")[0],
        "name": pending.tool,
        "arguments": json.dumps(dict(pending.arguments), ensure_ascii=False),
    }


def asked_of(request_id: str) -> tuple[str, str]:
    """Return the run and the call that a request for leave is about; empty if it is none of this host's."""
    run_id, _, call_id = request_id.removeprefix(_MCPR).partition("/")
    return (run_id, call_id) if request_id.startswith(_MCPR) else ("", "")

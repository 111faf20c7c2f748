"""Models for plugins: asked as without an agent, and counted against the run that the plugin works for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai.gateway.direct import DirectModels
from lumosai.runs.limits import check_spent, priced
from lumosai.runs.tools import authorize
from lumosai.services.behind import on_behalf, principal_of, run_of
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest, OutputSchema, Usage

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai.runs.state import RunState
    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.caller import Caller

MOST_MESSAGES = 2048
MAX_DEPTH = 4
"""Plugins in a chain of calls, first and last among them."""


async def complete(host: Host, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """Return ``{"text", "finish_reason", "usage", "model"}``. Raises LumosError."""
    state, principal, ref = await _admitted(host, request["model"], caller)
    asked = _asked(request, host.config.limits.input)
    with on_behalf(caller, principal):
        answer = await DirectModels(host).complete(request["model"], asked, principal)
    response, ref = answer.response, answer.ref
    usage = _counted(host, response.usage, ref, state)
    return {
        "text": response.message.text,
        "finish_reason": response.finish_reason,
        "usage": usage.to_json(),
        "model": ref,
    }


async def embed(host: Host, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    """Return ``{"vectors", "usage", "model"}``. Raises LumosError."""
    state, principal, ref = await _admitted(host, request["model"], caller)
    inputs = request["inputs"]
    _check_size(sum(map(len, inputs)), host.config.limits.input)
    with on_behalf(caller, principal):
        response = await host.embed(inputs, model=request["model"], principal=principal)
    ref = response.model
    usage = _counted(host, response.usage, ref, state)
    return {"vectors": [list(map(float, v)) for v in response.vectors], "usage": usage.to_json(), "model": ref}


async def _admitted(host: Host, model: str, caller: Caller) -> tuple[RunState | None, Principal, str]:
    """Return the run a call is in, whose it is, and the model's whole name. Raises LumosError for one that is none."""
    _check_way(model, caller)
    state = run_of(host, caller)
    principal = principal_of(caller, state)
    ref = host.planner.resolve(model)
    await authorize(host.plugins.hooks, principal, "model.call", ref)
    if state is not None:
        check_spent(state)
    return state, principal, ref


def _check_way(model: str, caller: Caller) -> None:
    """Raise PermissionDeniedError for a call that comes through too many plugins: a provider may ask for itself."""
    if len(caller.chain) >= MAX_DEPTH:
        way = " → ".join(caller.chain)
        raise PermissionDeniedError(f"{model!r}: plugins call each other at most {MAX_DEPTH} deep ({way})")


def _counted(host: Host, usage: Usage, ref: str, state: RunState | None) -> Usage:
    required = state is not None and state.limits.cost is not None
    usage = priced(usage, ref, host.config.models.prices, required=required)
    if state is not None:
        state.spend(usage)
    return usage


def _asked(request: Mapping[str, Any], most: int) -> ModelRequest:
    if len(request["messages"]) > MOST_MESSAGES:
        raise InputError(f"a request has at most {MOST_MESSAGES} messages")
    messages = tuple(Message.from_json(m) for m in request["messages"])
    _check_size(sum(len(m.text) for m in messages), most)
    schema = request.get("output_schema")
    return ModelRequest(
        "",
        messages,
        output=None if schema is None else OutputSchema(schema),
        temperature=request.get("temperature"),
        max_tokens=request.get("max_tokens"),
    )


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise InputError(f"the input has {size} characters, the limit is {most}")

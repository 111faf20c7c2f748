"""A call of a model that is counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from lumosai.spending.spending import Spending, estimated, guessed
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.models import ModelRequest, ModelResponse

ModelCall = Callable[[ModelRequest], Awaitable[ModelResponse]]


async def metered(
    spending: Spending, principal: Principal, ref: str, request: ModelRequest, call: ModelCall, *, required: bool
) -> ModelResponse:
    """Return the answer to *request*, counted on its caller's account, with what it cost.

    Raises BudgetExceededError before the call; ConfigError where its cost is *required* and its price not known.
    """
    limited = spending.budget(principal) is not None
    hold = await spending.begin(principal, ref, *estimated(request)) if limited else None
    try:
        response = await call(request)
    except Exception:
        if hold is not None:
            hold.release()
        raise
    except BaseException:
        if hold is not None:
            hold.forfeit()
        raise
    try:
        if response.cached:
            return response
        if limited and not response.usage.total_tokens:
            # A server that does not count lets nobody off.
            spending.spent(principal, ref, guessed(request, response), required=required)
            return response
        usage = spending.spent(principal, ref, response.usage, required=required)
    finally:
        if hold is not None:
            hold.release()
    return response if usage is response.usage else replace(response, usage=usage)

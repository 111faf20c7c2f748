"""``/v1/usage``: what callers spent on models, and what they may spend."""

from __future__ import annotations

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.operation import Operation
from lumosai.gateway.pages import PageQuery, place_of, reply_with
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import Page, SpendingView
from lumosai.spending.spending import name_of


async def own_usage(call: Call) -> ASGIApp:
    """Return what the caller spent. Raises StorageError."""
    spending, principal = call.gate.host.spending, call.principal
    return json_reply(await spending.usage(name_of(principal), spending.budget(principal)))


async def callers(call: Call) -> ASGIApp:
    """Return what each caller spent, by name. Raises StorageError."""
    query, spending = call.query(PageQuery), call.gate.host.spending
    place = place_of(call, query, (str,))
    names = [n for n in await spending.ledger.names() if place is None or n > place[0]]
    kept = names[: query.limit]
    # Whose budget is a key's own, only that key's requests tell.
    data = [await spending.usage(name, None) for name in kept]
    return reply_with(call, query, data, [kept[-1]] if len(names) > len(kept) else None)


SPENT = {
    "caller": "key:3f9a1c0b7d42",
    "periods": {
        "day": {"period": "2026-11-23", "calls": 12, "tokens": 9120, "cost": 0.0214},
        "month": {"period": "2026-11", "calls": 340, "tokens": 251033, "cost": 0.6127},
        "total": {"period": "total", "calls": 1022, "tokens": 801402, "cost": 1.9033},
    },
    "budget": {
        "tokens": None,
        "cost": 5.0,
        "period": "month",
        "tokens_left": None,
        "cost_left": 4.3873,
        "renews": "2026-12-01T00:00:00Z",
    },
}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/usage",
        own_usage,
        "getUsage",
        "See what you spent",
        "usage",
        action="usage.read",
        description="Calls of models, tokens and US dollars, directly and through agents, by all processes that share "
        "the storage.",
        answers=SpendingView,
        example=SPENT,
    ),
    Operation(
        "GET",
        "/v1/usage/callers",
        callers,
        "listUsage",
        "See what each caller spent",
        "usage",
        action="usage.manage",
        query=PageQuery,
        answers=Page[SpendingView],
        example={"data": [{**SPENT, "budget": None}], "has_more": False, "next_cursor": None},
    ),
)

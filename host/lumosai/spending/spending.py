"""Budgets: what a call of a model may still cost its caller, and what it did.

A call is let in while what was spent, and what is set aside for the calls under way, is below the budget. What is set
aside is the prompt's estimated tokens and as many as the answer may have (``max_tokens``, else EXPECTED). So calls
that come at once cannot all slip through the same hole: what is overspent is at most what calls under way cost beyond
what was set aside for them, and in each other process what it lets in within a few seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lumosai.config.model import Config, PriceConfig
from lumosai.runs.limits import priced
from lumosai.spending.account import Account, Spent
from lumosai.spending.ledger import Ledger
from lumosai_sdk.errors import BudgetExceededError
from lumosai_sdk.types.auth import Budget, Principal
from lumosai_sdk.types.models import ModelRequest, ModelResponse, Usage

EXPECTED = 1000
"""Tokens that are set aside for an answer whose request has no ``max_tokens``."""
CHARACTERS = 4
"""Of a token, more or less, in the languages most is written in."""


class Hold:
    """What is set aside for a call under way."""

    __slots__ = ("_account", "_ledger", "_reserved", "_settled")

    def __init__(self, ledger: Ledger, account: Account, reserved: Spent) -> None:
        self._ledger = ledger
        self._account = account
        self._reserved = reserved
        self._settled = False
        account.held_tokens += reserved.tokens
        account.held_cost += reserved.cost

    def release(self) -> None:
        """The call failed and cost nothing, or what it cost is counted."""
        if not self._settled:
            self._settled = True
            self._account.held_tokens -= self._reserved.tokens
            self._account.held_cost -= self._reserved.cost

    def forfeit(self) -> None:
        """The call was cut off: nobody tells what it cost, so what was set aside counts."""
        if not self._settled:
            self.release()
            self._account.add(self._reserved)
            self._ledger.changed(self._account)


class Spending:
    """Who spent what on models, and who may spend more."""

    def __init__(self, config: Callable[[], Config], ledger: Ledger) -> None:
        self._config = config
        self.ledger = ledger

    def budget(self, principal: Principal) -> Budget | None:
        """Return a caller's budget: its own, or ``[server.budgets]``."""
        allowance = principal.allowance
        if allowance is not None and allowance.budget is not None:
            return allowance.budget
        return self._config().server.budgets.budget

    async def check(self, principal: Principal) -> None:
        """Raise BudgetExceededError for a caller who has nothing left, StorageError where that cannot be known."""
        budget = self.budget(principal)
        if budget is not None:
            account = self.ledger.account(name_of(principal))
            await self.ledger.fresh(account)
            self._check(account, budget)

    async def begin(self, principal: Principal, ref: str, tokens_in: int, tokens_out: int) -> Hold | None:
        """Set aside what a call may cost. None without a budget. Raises BudgetExceededError, StorageError."""
        budget = self.budget(principal)
        if budget is None:
            return None
        account = self.ledger.account(name_of(principal))
        await self.ledger.fresh(account)
        self._check(account, budget)
        reserve = priced(Usage(tokens_in, tokens_out), ref, self._prices, required=False)
        return Hold(self.ledger, account, Spent(1, reserve.total_tokens, reserve.cost or 0.0))

    def spent(self, principal: Principal, ref: str, usage: Usage, *, required: bool = False) -> Usage:
        """Count a call that was answered, and return its usage with what it cost.

        Raises ConfigError when its cost is *required*, or limited by a budget, and its price is not known: the tokens
        are counted.
        """
        account = self.ledger.account(name_of(principal))
        budget = self.budget(principal)
        required = required or (budget is not None and budget.cost is not None)
        cost = usage.cost or 0.0
        try:
            usage = priced(usage, ref, self._prices, required=required)
            cost = usage.cost or 0.0
        finally:
            account.add(Spent(1, usage.total_tokens, cost))
            self.ledger.changed(account)
        return usage

    async def usage(self, name: str, budget: Budget | None) -> dict[str, Any]:
        """Return what a caller spent, by period, and what it may. Raises StorageError."""
        account = self.ledger.account(name)
        await self.ledger.now(account)
        labels = self.ledger.account(name).labels
        return {
            "caller": name,
            "periods": {p: {"period": labels[p], **account.total(p).to_json()} for p in labels},
            "budget": None if budget is None else self._left(account, budget),
        }

    @property
    def _prices(self) -> dict[str, PriceConfig]:
        return self._config().models.prices

    def _left(self, account: Account, budget: Budget) -> dict[str, Any]:
        spent, renews = account.total(budget.period), self.ledger.calendar.end(budget.period)
        return {
            **budget.to_json(),
            "tokens_left": None if budget.tokens is None else max(0, budget.tokens - spent.tokens),
            "cost_left": None if budget.cost is None else round(max(0.0, budget.cost - spent.cost), 9),
            "renews": None if renews is None else f"{datetime.fromtimestamp(renews, UTC):%Y-%m-%dT%H:%M:%SZ}",
        }

    def _check(self, account: Account, budget: Budget) -> None:
        spent = account.total(budget.period)
        if budget.tokens is not None and spent.tokens + account.held_tokens >= budget.tokens:
            raise self._exceeded(budget, f"{budget.tokens} tokens", is_spent=spent.tokens >= budget.tokens)
        if budget.cost is not None and spent.cost + account.held_cost >= budget.cost:
            raise self._exceeded(budget, f"{budget.cost:g} US dollars", is_spent=spent.cost >= budget.cost)

    def _exceeded(self, budget: Budget, limit: str, *, is_spent: bool) -> BudgetExceededError:
        if not is_spent:
            return BudgetExceededError(f"what is left of {limit} is set aside for calls under way", 1.0)
        now, ends = self.ledger.calendar.clock(), self.ledger.calendar.end(budget.period)
        if ends is None:
            return BudgetExceededError(f"the budget of {limit} is spent", None)
        when = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%dT%H:%MZ}"
        message = f"the budget of {limit} a {budget.period} is spent; it renews at {when}"
        return BudgetExceededError(message, max(1.0, ends - now))


def name_of(principal: Principal) -> str:
    """Return whose account a call is counted on: the credential's, or the caller's."""
    return principal.credential or f"{principal.tenant}/{principal.id}"


def tokens_of(characters: int) -> int:
    """Return about how many tokens a text has."""
    return characters // CHARACTERS + 1


def estimated(request: ModelRequest) -> tuple[int, int]:
    """Return about how many tokens a request has, and how many its answer may have."""
    characters = sum(len(m.text) for m in request.messages)
    characters += sum(len(t.description) + len(str(t.input_schema)) for t in request.tools)
    return tokens_of(characters), request.max_tokens or EXPECTED


def guessed(request: ModelRequest, response: ModelResponse) -> Usage:
    """Return about what a call used of whose tokens nobody told."""
    message = response.message
    characters = len(message.text) + sum(len(c.arguments) for c in message.tool_calls)
    return Usage(estimated(request)[0], tokens_of(characters))

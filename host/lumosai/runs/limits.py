"""Where runs stop."""

from __future__ import annotations

from lumosai.config.model import PriceConfig
from lumosai.runs.state import RunState
from lumosai_sdk.errors import ConfigError, LimitExceededError
from lumosai_sdk.types.models import Usage


def check_before_step(state: RunState) -> None:
    """Raise LimitExceededError when the run may not call a model once more."""
    limits = state.limits
    if limits.steps is not None and state.steps >= limits.steps:
        raise LimitExceededError("steps", limits.steps, hint="raise [limits] steps, or the agent's limits.steps")
    check_spent(state)


def check_spent(state: RunState) -> None:
    """Raise LimitExceededError when the run, or one in whose course it was begun, has no tokens or money left."""
    at: RunState | None = state
    while at is not None:
        limits = at.limits
        if limits.tokens is not None and at.usage.total_tokens >= limits.tokens:
            raise LimitExceededError(
                "tokens", limits.tokens, hint="raise [limits] tokens, or the agent's limits.tokens"
            )
        if limits.cost is not None and (at.usage.cost or 0.0) >= limits.cost:
            raise LimitExceededError("dollars", limits.cost, hint="raise [limits] cost, or the agent's limits.cost")
        at = at.parent


def priced(usage: Usage, model: str, prices: dict[str, PriceConfig], *, required: bool) -> Usage:
    """Return *usage* with its cost, from the configured prices, if the provider did not tell it.

    Raises ConfigError when a cost limit is in force and the model has no price: an unknown cost cannot be limited.
    """
    if usage.cost is not None or not (prices or required):
        return usage
    price = prices.get(model)
    if price is None:
        if required:
            raise ConfigError(
                f"a cost limit is set, but the price of {model!r} is not known",
                hint=f'[models.prices."{model}"] input = …, output = … (US dollars a million tokens)',
            )
        return usage
    cached = price.input if price.cached is None else price.cached
    cost = (
        (usage.input_tokens - usage.cached_tokens) * price.input
        + usage.cached_tokens * cached
        + usage.output_tokens * price.output
    ) / 1e6
    return Usage(usage.input_tokens, usage.output_tokens, usage.cached_tokens, cost)

"""Agents that differ by who asks: which of an agent's variants a request is answered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from lumosai.agents.leave import rules
from lumosai_sdk.errors import ConfigError, LumosError
from lumosai_sdk.types.runs import RunRequest

if TYPE_CHECKING:
    from lumosai.agents.agent import Agent
    from lumosai.config.model import VariantConfig, WhenConfig


def adapted(agent: Agent, request: RunRequest) -> Agent:
    """Return the agent as it answers a request. Raises LumosError when ``agent.adapt`` fails."""
    if agent.adapt is None:
        return agent
    try:
        made = agent.adapt(agent, request)
    except LumosError:
        raise
    except Exception as e:
        raise LumosError(f"agent {agent.id!r}: its adapt failed: {type(e).__name__}: {e}") from e
    if made.id != agent.id:
        raise LumosError(f"agent {agent.id!r}: its adapt returned another agent, {made.id!r}")
    return made


class Variants:
    """The ``adapt`` of an agent with variants in ``lumos.toml``: the first one that fits, else the agent as it is."""

    def __init__(self, agent: Agent, variants: Sequence[VariantConfig]) -> None:
        """Make ready the variants of *agent*. Raises ConfigError for one that would fit nobody, or change nothing."""
        self._choices = [(v.when, _changed(agent, v, n)) for n, v in enumerate(variants, 1)]

    def __call__(self, agent: Agent, request: RunRequest) -> Agent:
        return next((made for when, made in self._choices if fits(when, request)), agent)


def fits(when: WhenConfig, request: RunRequest) -> bool:
    """Tell whether a request is one that a variant is for."""
    principal = request.principal
    return (
        _one_of(when.tenant, principal.tenant)
        and _one_of(when.person, principal.id)
        and all(_same(wanted, request.metadata.get(key)) for key, wanted in when.metadata.items())
    )


def _one_of(globs: Sequence[str], value: str) -> bool:
    return not globs or any(fnmatchcase(value, g) for g in globs)


def _same(wanted: Any, given: Any) -> bool:
    # True is no 1 here: a caller must say what was written.
    return type(wanted) is type(given) and bool(wanted == given)


def _changed(agent: Agent, variant: VariantConfig, number: int) -> Agent:
    changes: Mapping[str, Any] = {k: getattr(variant, k) for k in variant.model_fields_set - {"when"}}
    if not changes:
        raise ConfigError(f"agents.{agent.id}: variant {number} changes nothing")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in changes.items()}
    if variant.approve:
        fields["approve"] = rules(variant.approve)
    return replace(agent, **fields)

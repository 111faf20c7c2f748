"""Which calls of tools wait for a person's leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError, InputError
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from lumosai.agents.agent import Agent
    from lumosai.config.model import ApproveConfig

Condition: TypeAlias = Mapping[str, Any] | Callable[[Mapping[str, Any]], bool]
"""JSON Schema that the arguments satisfy, or a function of them that says yes."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Calls of the tools that fit the glob ``tool`` need leave ``when`` their arguments are such."""

    tool: str
    when: Condition

    def wanted(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a call with these arguments needs leave. A function that fails has not said no."""
        if not callable(self.when):
            return _validator(orjson.dumps(self.when, option=orjson.OPT_SORT_KEYS)).is_valid(dict(arguments))
        try:
            return bool(self.when(arguments))
        except Exception:  # noqa: BLE001 - whatever it was, nobody said that the call may be made
            return True

    def __str__(self) -> str:
        told = "a function says so" if callable(self.when) else orjson.dumps(self.when).decode()
        return f"{self.tool} when {told}"


Rule: TypeAlias = str | Leave


def needs_leave(spec: ToolSpec, agent: Agent | None, arguments: Mapping[str, Any] | None = None) -> bool:
    """Tell whether a call waits for a person, by the tool's own word or by that of the *agent* at work.

    Without *arguments*: whether each call does.
    """
    if spec.approval == "always":
        return True
    mine = [r for r in agent.approve if fits(spec, glob(r))] if agent is not None else []
    return any(isinstance(r, str) or (arguments is not None and r.wanted(arguments)) for r in mine)


def conditions(spec: ToolSpec, agent: Agent) -> tuple[Leave, ...]:
    """Return what decides for each call of a tool by itself. Raises ConfigError for a schema that is none."""
    mine = tuple(r for r in agent.approve if isinstance(r, Leave) and fits(spec, r.tool))
    for rule in (r for r in mine if not callable(r.when)):
        try:
            rule.wanted({})
        except InputError as e:
            raise ConfigError(f"agent {agent.id!r}: approve {rule.tool!r}: {e.message}") from None
    return mine


def rules(given: Sequence[str | ApproveConfig]) -> tuple[Rule, ...]:
    """Return rules as ``lumos.toml`` has them."""
    return tuple(r if isinstance(r, str) else Leave(r.tool, r.when) for r in given)


def glob(rule: Rule) -> str:
    """Return which tools a rule is about."""
    return rule if isinstance(rule, str) else rule.tool


def fits(spec: ToolSpec, pattern: str) -> bool:
    """Tell whether a glob means a tool, by its id or by the name models know it under."""
    return fnmatchcase(spec.id, pattern) or fnmatchcase(spec.name, pattern)


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Validator:
    return Validator(orjson.loads(schema))

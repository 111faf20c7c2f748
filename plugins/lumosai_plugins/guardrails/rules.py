"""The processor ``guardrails.rules``: what inputs and answers must, or must not, look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lumosai_plugins.guardrails.patterns import Pattern
from lumosai_sdk.errors import AnswerRefusedError, BlockedError, ConfigError
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import Phase, RunInfo

_PHASES: Final[frozenset[Phase]] = frozenset({"input", "output"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and what is said to whoever breaks it. A text that takes too long to look at breaks it, too."""

    say: str
    deny: Pattern | None
    require: Pattern | None
    max_chars: int | None

    def holds(self, text: str) -> bool:
        return (
            (self.max_chars is None or len(text) <= self.max_chars)
            and (self.deny is None or self.deny.found_in(text) is False)
            and (self.require is None or self.require.found_in(text) is True)
        )


class Rules:
    """Refuses inputs, and has models answer again.

    Raises ConfigError for a pattern that is none, MissingExtraError.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("rules", {})
        self._input = [_rule(r, f"input[{n}]") for n, r in enumerate(settings.get("input", ()))]
        self._output = [_rule(r, f"output[{n}]") for n, r in enumerate(settings.get("output", ()))]

    @property
    def phases(self) -> frozenset[Phase]:
        return _PHASES

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:  # noqa: ARG002
        """Return the value. Raises BlockedError for an input, AnswerRefusedError for an answer, that breaks a rule."""
        if phase == "output":
            if said := _broken(self._output, value):
                raise AnswerRefusedError(said)
        elif said := next((s for m in value if m.role == "user" and (s := _broken(self._input, m.text))), ""):
            raise BlockedError(said)
        return value


def _broken(rules: Sequence[Rule], text: str) -> str:
    return next((r.say for r in rules if not r.holds(text)), "")


def _rule(given: Mapping[str, Any], where: str) -> Rule:
    patterns: dict[str, Pattern | None] = {"deny": None, "require": None}
    for key in patterns:
        if key in given:
            try:
                patterns[key] = Pattern(given[key])
            except ValueError as e:
                raise ConfigError(f"[plugins.guardrails.settings.rules] {where}.{key}: {e}") from None
    return Rule(given["say"], patterns["deny"], patterns["require"], given.get("max_chars"))

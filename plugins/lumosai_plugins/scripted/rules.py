"""The rules of ``scripted/script``: when a rule fits, and what it then says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lumosai_sdk.errors import (
    ConfigError,
    ContextLengthError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.testing.scripted import Answer, call_id
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import ModelRequest, ModelResponse

_ERRORS: Mapping[str, type[ModelError]] = {
    "auth": ModelAuthError,
    "context_length": ContextLengthError,
    "error": ModelError,
    "rate_limit": ModelRateLimitError,
    "response": ModelResponseError,
    "unavailable": ModelUnavailableError,
}
_PLACEHOLDER = re.compile(r"\{(\w{1,64})\}")
# Longer messages are matched by their beginning: an owner's careless pattern must not be fed a megabyte.
_LOOKED_AT = 10_000
_NOISE = "\ufffd\x00{]>\u202e ~~ <|endoftext|> \x1b[2J"
NO_TOOL = "no_such_tool"


@dataclass(slots=True)
class Rule:
    """One rule of the settings, ready to be tried. ``left`` counts down the ``times`` it may still be followed."""

    answer: Callable[[ModelRequest, Mapping[str, str]], Answer]
    needle: str = ""
    pattern: re.Pattern[str] | None = None
    role: str = "any"
    left: int = -1
    delay: float = 0.0
    chunk_size: int | None = None
    cut: bool = False

    def fit(self, message: Message, text: str) -> dict[str, str] | None:
        """Return the placeholders' values when the rule fits, else None."""
        if self.left == 0 or self.role not in {"any", message.role} or self.needle not in text.casefold():
            return None
        if self.pattern is None:
            return {"input": text}
        if (found := self.pattern.search(text)) is None:
            return None
        groups = {str(i): g or "" for i, g in enumerate((found[0], *found.groups()))}
        return {"input": text, **groups, **{k: v or "" for k, v in found.groupdict().items()}}


class Rules:
    """The rules, tried in order."""

    def __init__(self, settings: list[Mapping[str, Any]]) -> None:
        """Raises ConfigError naming the rule that cannot be used."""
        self._rules = [_rule(item, f"plugins.scripted.settings.rules[{i}]") for i, item in enumerate(settings)]

    def pick(self, request: ModelRequest) -> tuple[Rule, Answer]:
        """Return the rule that fits the last user or tool message, and its answer. Raises ModelError if none does."""
        message = next((m for m in reversed(request.messages) if m.role in {"user", "tool"}), Message.user(""))
        text = message.text[:_LOOKED_AT]
        for rule in self._rules:
            if (values := rule.fit(message, text)) is not None:
                rule.left -= rule.left > 0
                return rule, rule.answer(request, values)
        raise ModelError(
            f"scripted/script: no rule fits the {message.role} message {text[:80]!r}",
            hint="add one to [[plugins.scripted.settings.rules]]; a rule without match and regex fits everything",
        )


def _rule(item: Mapping[str, Any], where: str) -> Rule:
    try:
        pattern = re.compile(item["regex"]) if "regex" in item else None
    except re.error as e:
        raise ConfigError(f"{where}.regex: {e}") from None
    return Rule(
        _answer(item, where),
        item.get("match", "").casefold(),
        pattern,
        item.get("on", "any"),
        item.get("times", -1),
        item.get("delay", 0.0),
        item.get("chunk_size"),
        item.get("garbage") == "cut",
    )


def _answer(item: Mapping[str, Any], where: str) -> Callable[[ModelRequest, Mapping[str, str]], Answer]:
    if "reply" in item:
        return lambda _, values: _fill(item["reply"], values)
    if "tool" in item:
        name = item["tool"].replace(".", "_")
        return lambda request, values: _call(request, name, json.dumps(_fill(item.get("arguments", {}), values)))
    if "error" in item:
        return lambda _, values: _error(item["error"], values)
    if "garbage" in item:
        return lambda request, _: _garbage(item["garbage"], request)
    raise ConfigError(f"{where}: a rule needs one of reply, tool, error, garbage")


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda m: values.get(m[1], m[0]), value)
    if isinstance(value, Mapping):
        return {k: _fill(v, values) for k, v in value.items()}
    return [_fill(v, values) for v in value] if isinstance(value, list) else value


def _call(request: ModelRequest, name: str, arguments: str) -> ToolCall:
    return ToolCall(call_id(request), name, arguments)


def _error(item: Mapping[str, Any], values: Mapping[str, str]) -> ModelError:
    kind = _ERRORS[item.get("kind", "error")]
    message = _fill(item.get("message", f"scripted/script: a scripted {kind.code} error"), values)
    return kind(message, retryable=item.get("retryable", False), retry_after=item.get("retry_after"))


def _garbage(kind: str, request: ModelRequest) -> Answer:
    if kind == "tool":
        return _call(request, NO_TOOL, "{}")
    if kind == "arguments":
        return _call(request, request.tools[0].name if request.tools else NO_TOOL, '{"half of": ')
    return ModelResponse(Message.assistant(_NOISE), model=request.model)

"""The processor ``guardrails.pii``: models read placeholders, whoever asked reads the data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from lumosai_plugins.guardrails.finding import KINDS, find
from lumosai_plugins.guardrails.globs import fits, names
from lumosai_plugins.guardrails.holding import Held
from lumosai_plugins.guardrails.matches import Match, replaced
from lumosai_plugins.guardrails.texts import changed
from lumosai_plugins.guardrails.vault import PLACEHOLDER, Vault, Vaults
from lumosai_sdk.errors import BlockedError
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import Phase, RunInfo

_PHASES: frozenset[Phase] = frozenset({"input", "model_request", "tool_call", "stream"})


class Pii:
    """Puts placeholders in the place of personal data before a model reads it, and takes them out of its answers.

    What is kept of a conversation is what people wrote. A tool is given the data only if its owner says so.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("pii", {})
        self._kinds: Sequence[str] = settings.get("kinds", KINDS)
        self._mode: str = settings.get("mode", "restore")
        self._tools = names(settings.get("tools", ()))
        self._vaults = Vaults(context.data_dir)

    @property
    def phases(self) -> frozenset[Phase]:
        return _PHASES

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:
        """Return the value as it may pass. Raises BlockedError for an input with data, where that is to be blocked."""
        if phase == "input":
            if self._mode == "block":
                self._refuse(value)
            return value
        vault = self._vaults.of(context.run_id)
        if phase == "model_request":
            return tuple(self._masked(m, vault) for m in value)
        return self._called(value, vault)

    def open(self, context: RunInfo) -> Held:
        """Return what shows an answer: with the data where it may be read, without any where not."""
        vault = self._vaults.of(context.run_id)
        if self._mode == "restore":
            return Held(placeholders, lambda _, piece: vault.values.get(piece, piece))
        return Held(partial(find, kinds=self._kinds), lambda kind, _: f"[{kind}]")

    def _masked(self, message: Message, vault: Vault) -> Message:
        # The model alone writes placeholders. What looks like one and was written by anybody else, be it one of this
        # very run that a page has learnt of, must not get somebody's data later.
        own = vault.values if message.role == "assistant" else {}

        def masked(text: str) -> str:
            plain = PLACEHOLDER.sub(lambda m: m[0] if m[0] in own else f"({m[0][1:-1]})", text)
            return replaced(plain, find(plain, self._kinds), vault.put)

        [out] = changed((message,), masked)
        return out

    def _called(self, call: ToolCall, vault: Vault) -> ToolCall:
        if self._mode != "restore" or not fits(call.name, self._tools):
            return call
        # A value stands in the arguments as JSON has it.
        return replace(
            call,
            arguments=PLACEHOLDER.sub(
                lambda m: json.dumps(vault.values[m[0]])[1:-1] if m[0] in vault.values else m[0], call.arguments
            ),
        )

    def _refuse(self, messages: Sequence[Message]) -> None:
        kinds = {m.kind for message in messages for m in find(message.text, self._kinds)}
        if kinds:
            raise BlockedError(
                f"the input holds personal data ({', '.join(sorted(kinds))})", hint="leave it out, and ask again"
            )


def placeholders(text: str) -> Iterator[Match]:
    """Yield what looks like a placeholder."""
    return (Match(*m.span(), "placeholder") for m in PLACEHOLDER.finditer(text))

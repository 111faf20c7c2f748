"""``model``: models the owner allowed, by name; the host pays, counts and authorizes."""

from __future__ import annotations

import json
from typing import Any

from lumosai_sandbox.capabilities import arguments
from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import Caller

MOST_INPUTS = 2048
_COMPLETE = frozenset({"model", "messages", "temperature", "max_tokens", "output_schema"})
_EMBED = frozenset({"model", "inputs"})


class Models:
    """Model calls of a plugin."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    def functions(self) -> Functions:
        return {"model.complete": (1, self._complete), "model.embed": (1, self._embed)}

    async def _complete(self, caller: Caller, text: str) -> str:
        request = self._checked(text, _COMPLETE)
        messages = request.get("messages")
        if not isinstance(messages, list) or not messages:
            raise InputError("'messages' must be a list of messages")
        arguments.number(request, "temperature", None, 0, 2)
        if request.get("max_tokens") is not None:
            arguments.whole(request, "max_tokens", 1, 1, 1_000_000)
        if not isinstance(request.get("output_schema"), dict | None):
            raise InputError("'output_schema' must be a JSON Schema, an object")
        return json.dumps(dict(await self._rights.services.complete(request, caller)))

    async def _embed(self, caller: Caller, text: str) -> str:
        request = self._checked(text, _EMBED)
        inputs = request.get("inputs")
        if not isinstance(inputs, list) or not all(isinstance(i, str) for i in inputs) or len(inputs) > MOST_INPUTS:
            raise InputError(f"'inputs' must be a list of at most {MOST_INPUTS} strings")
        return json.dumps(dict(await self._rights.services.embed(request, caller)))

    def _checked(self, text: str, known: frozenset[str]) -> dict[str, Any]:
        request = arguments.fields(text, "request", known)
        self._rights.check_name("models", arguments.text(request, "model"))
        return request

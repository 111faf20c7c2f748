"""``tools``: other tools, for a plugin and all those through which its call came."""

from __future__ import annotations

import json

from lumosai_sandbox.capabilities.arguments import limit, value
from lumosai_sandbox.capabilities.plugin import Functions, Rights
from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import Caller

MAX_RESULT = 1024 * 1024
_MAX_ID = 256


class Tools:
    """Calls of tools by a plugin. How long the chain is, and what the others in it may, is for the host to see to."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    def functions(self) -> Functions:
        return {"tools.call": (2, self._call)}

    async def _call(self, caller: Caller, id: str, arguments: str) -> str:  # noqa: A002 - the contract's word
        if not 0 < len(id) <= _MAX_ID:
            raise InputError("this is no tool's id")
        self._rights.check_name("tools", id)
        given = value(arguments, "arguments")
        if not isinstance(given, dict):
            raise InputError("arguments must be a JSON object")
        result = json.dumps(await self._rights.services.call_tool(id, given, caller))
        if len(result) > MAX_RESULT:
            raise limit(f"the result of {id!r} has {len(result)} characters, the limit is {MAX_RESULT}")
        return result

"""The tool ``agui.client``: functions of the application a person is using, called where the person is.

A run that calls one waits for it, as it waits for the answer to a question; the application's next request has the
result. Which functions there are the application says with each request, and the model is told in its instructions.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from lumosai_plugins.agui.sharing import shared_with
from lumosai_sdk import ToolContext, ToolError, tool

ID = "agui.client"
MAX_RESULT = 100_000
HOUR = 3600.0
_ASKED = "agui"


@tool(id=ID, timeout=HOUR, side_effects=True)
async def client(
    function: Annotated[str, {"minLength": 1, "maxLength": 128}], arguments: dict[str, Any], context: ToolContext
) -> str:
    """Call a function of the application the person is using, one of those it offers, and return its result.

    Args:
        function: The function's name.
        arguments: Its arguments, as its schema wants them.
        context: The call.
    """
    if context.run_id == "":
        raise ToolError("there is no application: nobody's run makes this call")
    shared = shared_with(context.run_id)
    if shared is not None and function not in shared.functions and context.call_id not in shared.answered:
        offered = ", ".join(sorted(shared.functions)) or "none"
        raise ToolError(f"the application offers no function {function!r}; it offers: {offered}")
    return (await context.ask(question(function, arguments)))[:MAX_RESULT]


def question(function: str, arguments: dict[str, Any]) -> str:
    """Return the call as the question its run waits with."""
    return json.dumps({_ASKED: {"function": function, "arguments": arguments}}, sort_keys=True, ensure_ascii=False)

"""A server's request to a model: the owner's model, the caller's account, text in and text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.services import HostServices

if TYPE_CHECKING:
    from mcp_types import CreateMessageRequestParams, CreateMessageResult

    from lumosai_plugins.mcp.settings import ServerSettings

MAX_MESSAGES = 64
MAX_CHARACTERS = 64 * 1024


async def sampled(
    services: HostServices, settings: ServerSettings, params: CreateMessageRequestParams, caller: Caller
) -> CreateMessageResult:
    """Return the model's answer. Raises LumosError, InputError for what is more than text."""
    from mcp_types import CreateMessageResult, TextContent

    request: dict[str, Any] = {
        "model": settings.sampling,
        "messages": _messages(params),
        "max_tokens": min(params.max_tokens, settings.sampling_max_tokens),
    }
    if params.temperature is not None:
        request["temperature"] = params.temperature
    answer = await services.complete(request, caller)
    stopped = "maxTokens" if answer.get("finish_reason") == "length" else "endTurn"
    text = TextContent(type="text", text=str(answer["text"]))
    return CreateMessageResult(role="assistant", content=text, model=str(answer["model"]), stop_reason=stopped)


def _messages(params: CreateMessageRequestParams) -> list[dict[str, Any]]:
    system = [{"role": "system", "content": params.system_prompt}] if params.system_prompt else []
    out = [*system, *({"role": m.role, "content": _text(m.content)} for m in params.messages[:MAX_MESSAGES])]
    if len(params.messages) > MAX_MESSAGES or sum(len(m["content"]) for m in out) > MAX_CHARACTERS:
        raise InputError(f"a server may ask with {MAX_MESSAGES} messages of {MAX_CHARACTERS} characters in all")
    return out


def _text(content: Any) -> str:
    blocks = content if isinstance(content, list) else [content]
    if any(b.type != "text" for b in blocks):
        raise InputError("a server may ask with text only")
    return "\n".join(b.text for b in blocks)

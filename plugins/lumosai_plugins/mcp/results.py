"""What a server answered, as a JSON value of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp.text import clean
from lumosai_sdk.errors import ToolError

if TYPE_CHECKING:
    from mcp_types import CallToolResult, GetPromptResult, ReadResourceResult

MAX_ERROR = 4000


def value(result: CallToolResult, most: int) -> Any:
    """Return a call's result: structured content where there is some, else the text of its blocks.

    Raises ToolError for a result that says it is an error.
    """
    if result.is_error:
        raise ToolError(clean(_text(result.content), MAX_ERROR) or "the tool failed and did not say why")
    if result.structured_content is not None:
        text = json.dumps(result.structured_content, ensure_ascii=False)
        return result.structured_content if len(text) <= most else cut(text, most)
    return cut(_text(result.content), most)


def resource(result: ReadResourceResult, most: int) -> str:
    """Return the text of a resource."""
    return cut("\n".join(_contents(c) for c in result.contents), most)


def prompt(result: GetPromptResult, most: int) -> str:
    """Return a prompt's messages, each under its role."""
    return cut("\n\n".join(f"{m.role}: {_text([m.content])}" for m in result.messages), most)


def cut(text: str, most: int) -> str:
    """Return *text*, or its beginning and a note that it was cut."""
    return text if len(text) <= most else f"{text[:most]}\n[cut here: {len(text)} characters, the limit is {most}]"


def _text(blocks: Iterable[Any]) -> str:
    return "\n".join(_block(b) for b in blocks)


def _block(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type == "resource":
        return _contents(block.resource)
    if block.type == "resource_link":
        return f"[{block.name}: {block.uri}]"
    return f"[{block.type}, {getattr(block, 'mime_type', '')}, {len(getattr(block, 'data', '')) * 3 // 4} bytes]"


def _contents(contents: Any) -> str:
    text = getattr(contents, "text", None)
    if text is not None:
        return str(text)
    return f"[{contents.uri}: {contents.mime_type or 'binary'}, {len(contents.blob) * 3 // 4} bytes]"

"""Right ``tools``: other tools of the host."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.host.bridge import call as ask
from lumosai_sdk.host.bridge import text


def call(id: str, arguments: dict[str, Any] | None = None, /, **more: Any) -> Any:  # noqa: A002
    """Call a tool by its id and return its JSON result; arguments as an object, by keyword, or both."""
    return ask("tools.call", id, text({**(arguments or {}), **more}))

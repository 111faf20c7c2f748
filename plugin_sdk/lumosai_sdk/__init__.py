"""The contract between LumosAI and its plugins. Everything an author needs is importable from here.

Names are resolved on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lumosai_sdk.version import API_VERSION

if TYPE_CHECKING:
    from lumosai_sdk.decorators import (
        auth,
        command,
        memory,
        monitor,
        panel,
        processor,
        provider,
        route,
        scorer,
        step,
        storage,
        tool,
        vectors,
    )
    from lumosai_sdk.errors import (
        BlockedError,
        ConfigError,
        InputError,
        LumosError,
        ModelError,
        PermissionDeniedError,
        PluginError,
        StorageError,
        ToolError,
    )
    from lumosai_sdk.hooks import hookimpl
    from lumosai_sdk.permissions import Permissions
    from lumosai_sdk.secrets import Secret
    from lumosai_sdk.types.auth import AuthRequest, Principal
    from lumosai_sdk.types.events import Event
    from lumosai_sdk.types.http import HttpRequest, HttpResponse
    from lumosai_sdk.types.memory import Turn
    from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
    from lumosai_sdk.types.models import (
        EmbeddingRequest,
        EmbeddingResponse,
        ModelChunk,
        ModelInfo,
        ModelRequest,
        ModelResponse,
        OutputSchema,
        ToolCallDelta,
        Usage,
    )
    from lumosai_sdk.types.panels import PanelBlock, PanelView
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.processors import Phase, RunInfo
    from lumosai_sdk.types.runs import Decision, Limits, Pending, RunRequest, RunResult
    from lumosai_sdk.types.scores import Sample, Score
    from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread
    from lumosai_sdk.types.tools import ToolContext, ToolSpec
    from lumosai_sdk.types.vectors import CollectionInfo, VectorHit, VectorItem

_HOMES = {
    "decorators": "auth command memory monitor panel processor provider route scorer step storage tool vectors",
    "errors": "BlockedError ConfigError InputError LumosError ModelError PermissionDeniedError PluginError "
    "StorageError ToolError",
    "hooks": "hookimpl",
    "permissions": "Permissions",
    "secrets": "Secret",
    "types.auth": "AuthRequest Principal",
    "types.events": "Event",
    "types.http": "HttpRequest HttpResponse",
    "types.memory": "Turn",
    "types.messages": "ImagePart Message TextPart ToolCall",
    "types.models": "EmbeddingRequest EmbeddingResponse ModelChunk ModelInfo ModelRequest ModelResponse OutputSchema "
    "ToolCallDelta Usage",
    "types.panels": "PanelBlock PanelView",
    "types.plugins": "PluginContext",
    "types.processors": "Phase RunInfo",
    "types.runs": "Decision Limits Pending RunRequest RunResult",
    "types.scores": "Sample Score",
    "types.storage": "RunFilter RunRecord Thread",
    "types.tools": "ToolContext ToolSpec",
    "types.vectors": "CollectionInfo VectorHit VectorItem",
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "API_VERSION",
    "AuthRequest",
    "BlockedError",
    "CollectionInfo",
    "ConfigError",
    "Decision",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "Event",
    "HttpRequest",
    "HttpResponse",
    "ImagePart",
    "InputError",
    "Limits",
    "LumosError",
    "Message",
    "ModelChunk",
    "ModelError",
    "ModelInfo",
    "ModelRequest",
    "ModelResponse",
    "OutputSchema",
    "PanelBlock",
    "PanelView",
    "Pending",
    "PermissionDeniedError",
    "Permissions",
    "Phase",
    "PluginContext",
    "PluginError",
    "Principal",
    "RunFilter",
    "RunInfo",
    "RunRecord",
    "RunRequest",
    "RunResult",
    "Sample",
    "Score",
    "Secret",
    "StorageError",
    "TextPart",
    "Thread",
    "ToolCall",
    "ToolCallDelta",
    "ToolContext",
    "ToolError",
    "ToolSpec",
    "Turn",
    "Usage",
    "VectorHit",
    "VectorItem",
    "auth",
    "command",
    "hookimpl",
    "memory",
    "monitor",
    "panel",
    "processor",
    "provider",
    "route",
    "scorer",
    "step",
    "storage",
    "tool",
    "vectors",
]


def __getattr__(name: str) -> Any:
    try:
        module = _MODULES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value

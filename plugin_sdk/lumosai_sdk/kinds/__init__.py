"""One Protocol a contribution kind."""

from __future__ import annotations

from typing import Final

from lumosai_sdk.kinds.auth import Authenticator
from lumosai_sdk.kinds.command import Command
from lumosai_sdk.kinds.memory import Memory
from lumosai_sdk.kinds.monitor import Hearer, Monitor
from lumosai_sdk.kinds.panel import Panel
from lumosai_sdk.kinds.processor import Processor, StreamFilter, StreamProcessor
from lumosai_sdk.kinds.provider import ChatProvider, EmbeddingProvider, Provider, Puller
from lumosai_sdk.kinds.route import Route
from lumosai_sdk.kinds.scorer import Scorer
from lumosai_sdk.kinds.step import Step
from lumosai_sdk.kinds.storage import ConversationStore, HealthReporter, KeyValueStore, RunStore, Storage
from lumosai_sdk.kinds.tool import Tool
from lumosai_sdk.kinds.vectors import VectorStore

PROTOCOLS: Final[dict[str, type]] = {
    "tool": Tool,
    "provider": Provider,
    "storage": Storage,
    "monitor": Monitor,
    "step": Step,
    "processor": Processor,
    "route": Route,
    "command": Command,
    "panel": Panel,
    "auth": Authenticator,
    "memory": Memory,
    "vectors": VectorStore,
    "scorer": Scorer,
}
"""Kind → the Protocol its implementations meet."""

__all__ = [
    "PROTOCOLS",
    "Authenticator",
    "ChatProvider",
    "Command",
    "ConversationStore",
    "EmbeddingProvider",
    "HealthReporter",
    "Hearer",
    "KeyValueStore",
    "Memory",
    "Monitor",
    "Panel",
    "Processor",
    "Provider",
    "Puller",
    "Route",
    "RunStore",
    "Scorer",
    "Step",
    "Storage",
    "StreamFilter",
    "StreamProcessor",
    "Tool",
    "VectorStore",
]

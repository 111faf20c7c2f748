"""What MCP clients are offered of the host: its tools, and its agents as tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from lumosai_plugins.mcp.settings import Expose
    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.services import TrustedServices

_ODD = re.compile(r"[^A-Za-z0-9_-]")
MAX_INPUT = 1_000_000
AGENT_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "input": {"type": "string", "minLength": 1, "maxLength": MAX_INPUT, "description": "What the agent is asked"},
        "thread": {"type": "string", "maxLength": 128, "description": "The conversation to go on with, if any"},
    },
    "required": ["input"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Item:
    """A tool for MCP clients. ``guarded``: each call needs a person's leave."""

    name: str
    kind: Literal["tool", "agent"]
    id: str
    description: str
    schema: Mapping[str, Any]
    guarded: bool = False
    side_effects: bool = True


class Catalog:
    """What is exposed, as it is now: plugins come and go while a client is connected."""

    def __init__(self, services: TrustedServices, expose: Expose) -> None:
        self._services = services
        self._expose = expose

    def items(self, principal: Principal) -> Sequence[Item]:
        """Return what a caller is offered, by name. Of two that would have one name the agent is it."""
        found: dict[str, Item] = {}
        for item in (*self._agents(principal), *self._tools(principal)):
            found.setdefault(item.name, item)
        return [found[n] for n in sorted(found)]

    def find(self, name: str, principal: Principal) -> Item | None:
        """Return what a caller means by a name, None for what it is not offered."""
        return next((i for i in self.items(principal) if i.name == name), None)

    def _agents(self, principal: Principal) -> Iterator[Item]:
        for agent in self._services.agents(self._expose.agents, principal):
            id_ = str(agent["id"])
            about = str(agent.get("description") or f"Ask the agent {id_}.")
            yield Item(f"agent_{_ODD.sub('_', id_)}", "agent", id_, about, AGENT_SCHEMA)

    def _tools(self, principal: Principal) -> Iterator[Item]:
        if not self._expose.tools or not principal.allows("tool.call"):
            return
        for spec in self._services.tools(list(self._expose.tools)):
            guarded = spec.approval == "always"
            yield Item(spec.name, "tool", spec.id, spec.description, spec.input_schema, guarded, spec.side_effects)

"""Agent cards: what a host tells other agents of one of its own (A2A 1.0, section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from a2a import types as a2a
from a2a.server.request_handlers.response_helpers import agent_card_to_dict

TEXT = "text/plain"
_MODES = (TEXT, "application/json", "image/png", "image/jpeg", "image/gif", "image/webp")


def card(agent: Mapping[str, Any], url: str, version: str, *, with_token: bool) -> dict[str, Any]:
    """Return the card of an agent that is called at *url*, readable for clients of 1.0 and of 0.3."""
    name = str(agent["id"])
    about = str(agent.get("description") or f"The agent {name}.")
    made = a2a.AgentCard(
        name=name,
        description=about,
        version=version,
        supported_interfaces=[
            a2a.AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version=v) for v in ("1.0", "0.3")
        ],
        capabilities=a2a.AgentCapabilities(streaming=True, push_notifications=False, extended_agent_card=False),
        default_input_modes=_MODES,
        default_output_modes=[TEXT],
        skills=[a2a.AgentSkill(id=name, name=name, description=about, tags=["agent"])],
    )
    if with_token:
        scheme = a2a.SecurityScheme(http_auth_security_scheme=a2a.HTTPAuthSecurityScheme(scheme="Bearer"))
        made.security_schemes["bearer"].CopyFrom(scheme)
        made.security_requirements.append(a2a.SecurityRequirement(schemes={"bearer": a2a.StringList()}))
    return agent_card_to_dict(made)

"""The AsyncAPI 3.0 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0) of ``/v1/ws``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from lumosai.gateway.ws.frames import CLIENT, CLOSES, SERVER, Sent
from lumosai.gateway.ws.opening import PATH, PROTOCOL
from lumosai.version import __version__

if TYPE_CHECKING:
    from pydantic import BaseModel

_REF = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Return the document, made of the frames."""
    wanted = [(m, "validation") for m in CLIENT.values()] + [(m, "serialization") for m in SERVER.values()]
    schemas, definitions = models_json_schema(wanted, ref_template=_REF)  # type: ignore[arg-type]
    messages = {
        **{f"client.{k}": _message(k, m, schemas[m, "validation"]) for k, m in CLIENT.items()},
        **{f"server.{k}": _message(k, m, schemas[m, "serialization"]) for k, m in SERVER.items()},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "LumosAI",
            "version": __version__,
            "description": "Runs and what happens on the host, many at once over one WebSocket.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "local": {
                "host": "127.0.0.1:8642",
                "protocol": "ws",
                "protocolVersion": "13",
                "security": [{"$ref": "#/components/securitySchemes/bearer"}],
            }
        },
        "channels": {"ws": _channel(messages)},
        "operations": {
            "receiveFrames": _operation("receive", "What clients send.", "client."),
            "sendFrames": _operation("send", "What the service sends.", "server."),
        },
        "components": {
            "messages": messages,
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "x-close-codes": {str(code): text for code, text in CLOSES.items()},
    }


def _channel(messages: Mapping[str, Any]) -> dict[str, Any]:
    query = {"batch": {"type": "string", "enum": ["true"], "description": "Let a message be an array of frames."}}
    return {
        "address": PATH,
        "description": f"The subprotocol is `{PROTOCOL}`; it may be left out.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"ws": {"method": "GET", "query": {"type": "object", "properties": query}}},
    }


def _operation(action: str, summary: str, prefix: str) -> dict[str, Any]:
    frames = CLIENT if prefix == "client." else SERVER
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/ws"},
        "messages": [{"$ref": f"#/channels/ws/messages/{prefix}{kind}"} for kind in frames],
    }


def _message(kind: str, model: type[BaseModel], schema: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": kind,
        "summary": inspect.cleandoc(model.__doc__ or "").replace("``", "`"),
        "payload": schema,
        "examples": [{"payload": getattr(model, "example")}],  # noqa: B009 - either kind of frame has one
    }
    if issubclass(model, Sent) and model.action:
        out["x-lumos-action"] = model.action
    return out

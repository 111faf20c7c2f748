"""The events of a run as JSON Schema, for the document: what a client can generate types from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import TypeAdapter

from lumosai.gateway.shapes import EventView
from lumosai_sdk.types import events

RUN_EVENT: Final = "RunEvent"
RUN_EVENTS: Final[tuple[type[events.Event], ...]] = (
    events.RunStarted,
    events.RunResumed,
    events.RunHandedOver,
    events.RunSuspended,
    events.RunCompleted,
    events.RunFailed,
    events.RunCancelled,
    events.ModelStarted,
    events.ModelDelta,
    events.ModelCompleted,
    events.ModelRetried,
    events.ModelFellBack,
    events.ToolCalled,
    events.ToolReturned,
)
_REF = "#/components/schemas/{model}"
_NAMES = {"Usage": "UsageView", "Pending": "PendingView"}  # the shapes that answers have for them


def put_run_events(schemas: dict[str, Any]) -> None:
    """Put each event of a run into *schemas*, and ``RunEvent``, any of them, wherever ``EventView`` is said."""
    schemas.pop(EventView.__name__, None)
    schemas |= {name: renamed(schema, {EventView.__name__: RUN_EVENT}) for name, schema in schemas.items()}
    schemas |= run_event_schemas()


def run_event_schemas() -> dict[str, Any]:
    """Return the schema of each event of a run by its name, and ``RunEvent``."""
    found = {cls.__name__: _schema(cls) for cls in RUN_EVENTS}
    mapping = {cls.type: _REF.format(model=cls.__name__) for cls in RUN_EVENTS}
    any_of = {
        "description": "An event of a run. A later version may send types that are not here: pass over them.",
        "oneOf": [{"$ref": ref} for ref in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return {**found, RUN_EVENT: any_of}


def _schema(cls: type[events.Event]) -> dict[str, Any]:
    """Return one event's schema: all its fields are always there, whatever their defaults are."""
    made = TypeAdapter(cls).json_schema(ref_template=_REF, mode="serialization")
    properties: dict[str, Any] = {"type": {"const": cls.type, "type": "string"}}
    for name, described in made["properties"].items():
        properties[name] = renamed({k: v for k, v in described.items() if k != "default"}, _NAMES)
    return {
        "title": cls.__name__,
        "type": "object",
        "description": " ".join((cls.__doc__ or "").split()),
        "properties": properties,
        "required": list(properties),
    }


def renamed(schema: Any, names: Mapping[str, str]) -> Any:
    """Return a schema with references to the first of each pair of *names* turned to the second."""
    if isinstance(schema, dict):
        return {k: renamed(v, names) for k, v in schema.items()}
    if isinstance(schema, list):
        return [renamed(v, names) for v in schema]
    for name, shown in names.items():
        if schema == _REF.format(model=name):
            return _REF.format(model=shown)
    return schema

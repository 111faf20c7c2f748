"""The service's OpenAPI document: what FastAPI finds out by itself, and what it cannot know of problems and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from lumosai_marketplace.service import people
from lumosai_marketplace.service.problems import PROBLEM

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.dependencies.models import Dependant

SCHEMES: Final = {
    "signedIn": {"type": "http", "scheme": "bearer", "description": "A sign-in token: `lumos plugin login`."},
    "upload": {
        "type": "http",
        "scheme": "basic",
        "description": "An upload token as the password of `__token__`; as a bearer token it counts too.",
    },
}
VERSION: Final = "1.0"
_UPLOADS: Final = "/legacy/"
_TEXT: Final = {"type": "string"}
_SCHEMA: Final = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": {**_TEXT, "description": "What happened."},
        "code": {**_TEXT, "description": "Stable, for programs."},
        "request_id": {**_TEXT, "description": "Under which the service's log tells more."},
        "rule": {**_TEXT, "description": "The rule that refused, where one did: `guard.pth`."},
        "hint": {**_TEXT, "description": "What to do next."},
    },
}
_FASTAPIS: Final = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document of all routes that are meant for programs."""
    from fastapi.openapi.utils import get_openapi
    from fastapi.routing import iter_route_contexts

    told = get_openapi(title=app.title, version=VERSION, routes=app.routes)
    components = told.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    components["schemas"] = {**{k: v for k, v in schemas.items() if k not in _FASTAPIS}, "Problem": _SCHEMA}
    components["securitySchemes"] = dict(SCHEMES)
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            if operation := told["paths"].get(route.path_format, {}).get(method.lower()):
                _mend(operation, route)
    return told


def _mend(operation: dict[str, Any], route: Any) -> None:
    """Say how an operation fails, and whom it is for."""
    operation["tags"] = list(dict.fromkeys(operation.get("tags", ())))
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = {k: v for k, v in operation["responses"].items() if k != "422"}
    operation["responses"] = {**responses, "default": {"description": "A problem.", "content": problem}}
    if route.path_format == _UPLOADS:
        operation["security"] = [{"upload": []}]
    elif people.signed_in in _asked(route.dependant):
        operation["security"] = [{"signedIn": []}]


def _asked(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _asked(inner)

"""The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1), made of the operations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lumosai.gateway.errors import PreconditionRequiredError
from lumosai.gateway.event_shapes import RUN_EVENT, put_run_events, renamed
from lumosai.gateway.operation import Operation
from lumosai.gateway.pages import PageQuery
from lumosai.gateway.problems import OPENAI_FAMILY, PROBLEM, phrase
from lumosai.gateway.refusals import refusals
from lumosai.gateway.shapes import OpenAIError, Problem
from lumosai.version import __version__

_REF = "#/components/schemas/{model}"
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_PARAMETERS = {
    "agent_id": ("An agent's id; `assistant@2` is a version of one.", "assistant"),
    "conversation_id": ("A conversation's id.", "conv_01985f1e2c4b"),
    "item_id": ("An item's id.", "msg_9f2c41"),
    "model": ("An agent, an alias, or `<provider>/<model>`.", "local/smollm2"),
    "name": ("A plugin's name.", "moon"),
    "number": ("A version's number.", "2"),
    "panel_id": ("A panel's id.", "moon.tonight"),
    "path": ("What follows the plugin's prefix; it may hold slashes.", "phase"),
    "plugin": ("A plugin's name.", "moon"),
    "response_id": ("A response's id.", "resp_01985f1e2c4c"),
    "run_id": ("A run's id.", "run_01JD3X9K7Q"),
    "thread_id": ("A conversation's id.", "trip-to-oslo"),
    "tool_id": ("A tool's id.", "calculator.evaluate"),
}
_TAGS = {
    "agents": "What can be run.",
    "runs": "Running agents, and what became of it.",
    "threads": "Conversations.",
    "openai": "What OpenAI's clients speak; errors have OpenAI's shape here.",
    "usage": "What callers spent on models, and may spend.",
    "tools": "What agents can call, and you.",
    "plugins": "What is installed and what it may do.",
    "config": "What the host goes by.",
    "panels": "Pieces of user interface, as data.",
    "plugin routes": "What plugins serve.",
    "service": "The service itself.",
}
_PROBLEM_EXAMPLE = {
    "type": "urn:lumosai:problem:not_found",
    "title": "Not Found",
    "status": 404,
    "detail": "no agent 'asistant'; did you mean 'assistant'?",
    "code": "not_found",
    "hint": "lumos agents",
    "request_id": "req_6f1d0c9be2a44d17",
}
_OPENAI_EXAMPLE = {
    "error": {
        "message": "no model 'gpt'; there are: assistant",
        "type": "not_found_error",
        "param": None,
        "code": "not_found",
    }
}
# Before OpenAPI 3.2 (itemSchema) the schema of an event stream is that of each event.
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "One event; `data` is JSON.",
    "properties": {"event": {"type": "string"}, "id": {"type": "string"}, "data": {}},
    "required": ["data"],
}
_RUN_EVENT = {**_EVENT, "properties": {**_EVENT["properties"], "data": {"$ref": _REF.format(model=RUN_EVENT)}}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A request that comes again with the key, the path and the body of one before is not done again "
    "but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The `ETag` of what is to be changed, as the caller saw it; `*` changes it however it is.",
    "schema": {"type": "string", "minLength": 1},
    "example": '"9f2c41d0a7b84e53bd0c6a1f57e3920d"',
}
_ETAG = {
    "description": "Names this state of it, for `If-None-Match` (answered 304) and `If-Match`.",
    "schema": {"type": "string"},
}
_NEXT = {"description": 'The page that follows: `<…>; rel="next"` (RFC 8288).', "schema": {"type": "string"}}
_LOCATION = {"description": "Where it is from now on.", "schema": {"type": "string"}}
_GONE = {
    "Deprecation": {
        "description": "Since when, `@` and seconds of the epoch (RFC 9745).",
        "schema": {"type": "string"},
    },
    "Sunset": {"description": "When it may be gone (RFC 8594).", "schema": {"type": "string"}},
}
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, or a token of an issuer the host trusts. Without `[server] auth` the service is on "
    "loopback alone and asks for none.",
}
Models = dict[tuple[type[BaseModel], str], dict[str, Any]]


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document of these operations."""
    made, definitions = models_json_schema(list(dict.fromkeys(_wanted(operations))), ref_template=_REF)
    models, schemas = _named(made, definitions.get("$defs", {}))
    put_run_events(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = _PARAMETER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, models)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LumosAI",
            "version": __version__,
            "description": "Agents, their runs, tools and plugins over HTTP. Errors are problem details (RFC 9457).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _shared_failures(operations, models),
            "securitySchemes": {"bearer": _BEARER},
        },
        "security": [{"bearer": []}, {}],
    }


def _named(models: Mapping[Any, Any], schemas: dict[str, Any]) -> tuple[Models, dict[str, Any]]:
    """Return them with lists and pages by their titles: ``ToolViewList``, and not ``Listing_ToolView_``."""
    names = {name: schema["title"] for name, schema in schemas.items() if name.endswith("_")}
    named: Models = {k: renamed(v, names) for k, v in models.items()}
    return named, {names.get(k, k): renamed(v, names) for k, v in schemas.items()}


def _wanted(operations: Iterable[Operation]) -> list[tuple[type[BaseModel], Any]]:
    out: list[tuple[type[BaseModel], Any]] = [(Problem, "serialization"), (OpenAIError, "serialization")]
    for operation in operations:
        if operation.takes is not None:
            out.append((operation.takes, "validation"))
        if operation.answers is not None:
            out.append((operation.answers, "serialization"))
    return out


def _operation(operation: Operation, models: Models) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, models),
    }
    if operation.description:
        out["description"] = operation.description
    if operation.action:
        out["x-lumos-action"] = operation.action
    else:
        out["security"] = [{}]
    if operation.deprecated is not None:
        out["deprecated"] = True
        out["description"] = f"{operation.deprecated.words} {operation.description}".strip()
        if operation.deprecated.sunset is not None:
            out["x-lumos-sunset"] = operation.deprecated.sunset.isoformat()
    headers = [*([_KEY] if operation.once else []), *([_IF_MATCH] if _is_conditional(operation) else [])]
    if parameters := [*_path_parameters(operation), *_query_parameters(operation), *headers]:
        out["parameters"] = parameters
    if operation.takes is not None:
        content = {"schema": models[operation.takes, "validation"], "example": operation.takes_example}
        out["requestBody"] = {"required": True, "content": {"application/json": content}}
    return out


def _responses(operation: Operation, models: Models) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.open_answer:
        success["content"] = {"*/*": {"schema": {}, "example": operation.example}}
    elif operation.answers is not None:
        schema = models[operation.answers, "serialization"]
        success["content"] = {operation.media_type: {"schema": schema, "example": operation.example}}
    elif operation.example is not None:
        success["content"] = {operation.media_type: {"schema": {}, "example": operation.example}}
    if operation.stream_example:
        event = _RUN_EVENT if operation.tag == "runs" else _EVENT
        success["content"]["text/event-stream"] = {"schema": event, "example": operation.stream_example}
    if headers := _headers(operation):
        success["headers"] = headers
    out = {"2XX" if operation.open_answer else str(operation.status): success}
    if operation.stable:
        out["304"] = {"description": "It is as `If-None-Match` says that it was", "headers": {"ETag": _ETAG}}
    for status, codes in refusals(operation).items():
        told = " or ".join(f"`{code}`" for code in codes)
        out[str(status)] = {"$ref": f"#/components/responses/{_shared_name(operation, status)}", "description": told}
    return {**out, "default": _failure(operation, models)}


def _headers(operation: Operation) -> dict[str, Any]:
    out: dict[str, Any] = {"ETag": _ETAG} if operation.stable or _is_conditional(operation) else {}
    if operation.query is not None and issubclass(operation.query, PageQuery):
        out["Link"] = _NEXT
    if operation.status == HTTPStatus.CREATED and not operation.path.endswith("/messages"):
        out["Location"] = _LOCATION
    return {**out, **_GONE} if operation.deprecated is not None else out


def _is_conditional(operation: Operation) -> bool:
    return PreconditionRequiredError in operation.problems


def _shared_name(operation: Operation, status: int) -> str:
    return f"{'OpenAIError' if operation.path.startswith(OPENAI_FAMILY) else 'Problem'}{status}"


def _shared_failures(operations: Iterable[Operation], models: Models) -> dict[str, Any]:
    """Return an answer for each status that some operation refuses with: what differs is said where it is used."""
    out: dict[str, Any] = {}
    for operation in operations:
        for status, codes in refusals(operation).items():
            name = _shared_name(operation, status)
            if name not in out:
                shared = _failure(operation, models)
                (content,) = shared["content"].values()
                content["example"] = _example(content["example"], status, codes[0])
                out[name] = {**shared, "description": phrase(status)}
    return dict(sorted(out.items()))


def _example(example: dict[str, Any], status: int, code: str) -> dict[str, Any]:
    if "error" in example:
        return {"error": {**example["error"], "message": "what was wrong, in words", "code": code}}
    made = {**example, "type": f"urn:lumosai:problem:{code}", "title": phrase(status), "status": status}
    return {**made, "code": code, "detail": "what was wrong, in words", "hint": "what to do next"}


def _failure(operation: Operation, models: Models) -> dict[str, Any]:
    if operation.path.startswith(OPENAI_FAMILY):
        content = {"schema": models[OpenAIError, "serialization"], "example": _OPENAI_EXAMPLE}
        return {"description": "What went wrong", "content": {"application/json": content}}
    content = {"schema": models[Problem, "serialization"], "example": _PROBLEM_EXAMPLE}
    return {"description": "What went wrong", "content": {PROBLEM.decode(): content}}


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    out = []
    for name in _PARAMETER.findall(operation.path):
        description, example = _PARAMETERS[name]
        schema = {"type": "string", "minLength": 1}
        out.append(
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": description,
                "schema": schema,
                "example": example,
            }
        )
    return out


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    properties: dict[str, Any] = operation.query.model_json_schema()["properties"]
    out = []
    for name, described in properties.items():
        schema = dict(described)
        description = schema.pop("description", "")
        if schema.get("default", "") is None:
            del schema["default"]
        # A query cannot hold null: leaving the parameter out is how it is said.
        branches = [b for b in schema.pop("anyOf", []) if b.get("type") != "null"]
        schema |= branches[0] if branches else {}
        out.append({"name": name, "in": "query", "description": description, "schema": schema})
    return out

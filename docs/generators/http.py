"""The HTTP service, from its OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from generators.json_schema import rows
from generators.markdown import block, code, page, prose, sentence, table

HEAD = ("field", "type", "default", "what it is")
INTRO = """
`lumos up` serves this. [`openapi.json`](openapi.json) is the same for programs, and the running service has it at
`/openapi.json`, and a page for people at `/docs`.

A body is JSON, in and out. Errors are problem details (RFC 9457, `application/problem+json`) with the `code` of [the
error](errors.md); below `/v1/chat`, `/v1/responses`, `/v1/conversations`, `/v1/embeddings` and
`/v1/models` they have OpenAI's shape. Every answer carries
an `X-Request-Id`. Lists come in pages: pass `next_cursor` as `cursor` to get the one that follows, or follow the
`Link` with `rel="next"`. What changes rarely has an `ETag`: sent back as `If-None-Match`, it is answered 304 while
nothing has changed. What will go says so with `Deprecation` and `Sunset` long before.

Any operation may be refused with `bad_request` (400), `unauthenticated` (401), `permission_denied` (403),
`too_many_requests` (429), `head_too_large` (431), `error` (500), `auth_unavailable` or `stopping` (503); one that takes
a body with `request_timeout` (408), `body_too_large` (413) or `unsupported_media_type` (415) as well.

Without authentication only this machine is served: see [what is trusted](../explanation/trust.md). With it, *needs*
tells the scope a caller must have.
"""
_ANY = frozenset({"auth_unavailable", "bad_request", "body_too_large", "error", "head_too_large", "permission_denied",
                  "request_timeout", "stopping", "too_many_requests", "unauthenticated",
                  "unsupported_media_type"})  # fmt: skip
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """Return the page and the document."""
    found = openapi()
    return {
        "http.md": page("HTTP", INTRO, *_tags(found)),
        "openapi.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n",
    }


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the service."""
    from lumosai.gateway.app import RESOURCES
    from lumosai.gateway.openapi import document
    from lumosai.gateway.resources.root import Documents

    operations = Documents([o for resource in RESOURCES for o in resource.OPERATIONS]).operations
    plain: dict[str, Any] = json.loads(json.dumps(document(operations)))
    return plain


def operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield ``(method, path, operation)``."""
    for path, item in found["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def _tags(found: dict[str, Any]) -> Iterator[str]:
    for tag in found["tags"]:
        yield f"## {tag['name'][0].upper()}{tag['name'][1:]}"
        yield tag["description"]
        for method, path, operation in operations(found):
            if tag["name"] in operation["tags"]:
                yield from _operation(found, method, path, operation)


def _operation(found: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### `{method} {path}`"
    action = operation.get("x-lumos-action")
    yield prose(sentence(operation["summary"])) + (f" Needs {code(action)}." if action else "")
    yield prose(operation.get("description", ""))
    parameters = operation.get("parameters", ())
    if any(p["name"] == "Idempotency-Key" for p in parameters):
        yield "Takes an [`Idempotency-Key`](../how-to/retry.md)."
    query = [p for p in parameters if p["in"] == "query"]
    if query:
        yield table(("query", "type", "default", "what it is"), (_query(p) for p in query))
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        yield table(HEAD, rows(_resolved(found, content["schema"])))
        yield block("json", _pretty(content["example"]))
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            yield from _response(status, response)
    yield _problems(operation["responses"])


def _problems(responses: dict[str, Any]) -> str:
    """Return the codes that an operation is refused with, besides those that any is."""
    found = {s: r["description"].split(" or ") for s, r in responses.items() if "$ref" in r}
    told = [f"{code} ({s})" for s, codes in found.items() for code in codes if code.strip("`") not in _ANY]
    return f"Refused with {', '.join(told)}." if told else ""


def _query(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    schema = {**parameter["schema"], "description": parameter.get("description", "")}
    required = [parameter["name"]] if parameter.get("required") else []
    return next(rows({"properties": {parameter["name"]: schema}, "required": required}))


def _response(status: str, response: dict[str, Any]) -> Iterator[str]:
    contents = response.get("content", {})
    if not contents:
        yield f"Answers {status}."
    for media_type, content in contents.items():
        yield f"Answers {status}" + (":" if media_type == "application/json" else f", `{media_type}`:")
        example = content.get("example")
        is_json = media_type.endswith("json") and not isinstance(example, str)
        yield block("json" if is_json else "text", _pretty(example) if is_json else str(example))


def _resolved(found: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return found["components"]["schemas"][name] if name else schema


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)

"""What an index answers over HTTP, from its OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from generators.http import operations
from generators.json_schema import reference, rows
from generators.markdown import code, page, prose, sentence, table

INTRO = """
`lumos marketplace serve` serves this. [`marketplace-openapi.json`](marketplace-openapi.json) is the same for programs,
and a running service has its own at `/openapi.json`.

Clients for Python packages find what they know: PEP 503, 691, 700, 714, 740 and 792 below `/simple/`, `/files/` and
`/integrity/`, the upload that twine and uv make at `/legacy/`, and trusted publishing below `/_/oidc/`. Signing tools
find Fulcio, Rekor and a timestamp authority below `/sigstore/`, TUF clients a repository below `/tuf/`, and whoever
watches the log finds it below `/log/` (C2SP checkpoints and tiles). The rest is below `/api/v1/`.

Errors are problem details (RFC 9457, `application/problem+json`): `code`, `detail`, `hint`, and `rule` where [a
rule](refusals.md) has refused. Every answer carries an `X-Request-Id`. Lists come in pages: pass `next` as `cursor`.
Who asks too often is answered 429, with `Retry-After`. `/health` tells whether the service and its database answer,
and `/metrics` has Prometheus' metrics for the networks in `[server] metrics`.
"""
TAGS: Mapping[str, tuple[str, str]] = {
    "index": ("The index", "What pip, uv and `lumos plugin install` read."),
    "publish": ("Publishing", "Uploads, and the tokens for them."),
    "plugins": ("Plugins", "What people and programs look for."),
    "advisories": ("Advisories", "What is known to be wrong with plugins, in the OSV format."),
    "namespaces": ("Namespaces", "Whose names are whose, and who may sign for them."),
    "states": ("States", "What becomes of plugins and versions."),
    "webhooks": ("Webhooks", "Who is told of what happens in a namespace."),
    "accounts": ("Accounts", "Signing in, and upload tokens."),
    "log": ("The transparency log", "Everything that was ever signed here, for everybody."),
    "sigstore": ("Signing", "The private sigstore instance, if the index runs one."),
    "trust": ("Trust", "The TUF repository: keys, and what is revoked."),
}
_NEEDS = {"signedIn": "somebody who is signed in", "upload": "an upload token"}
_LISTED = re.compile(r"Listed_(\w+)_")
_HEAD = ("", "in", "type", "default", "what it is")


def pages() -> dict[str, str]:
    """Return the page and the document."""
    found = openapi()
    return {
        "marketplace-http.md": page("Marketplace HTTP", INTRO, *_tags(found), *_answers(found)),
        "marketplace-openapi.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n",
    }


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of an index with default settings."""
    from lumosai_marketplace.service.app import bare_app
    from lumosai_marketplace.service.settings import Settings

    plain: dict[str, Any] = json.loads(json.dumps(bare_app(Settings()).openapi()))
    return plain


def unsorted_operations() -> list[str]:
    """Return the operations that stand below no heading of the page."""
    return [f"{m} {p}" for m, p, o in operations(openapi()) if o["tags"][0] not in TAGS]


def _tags(found: dict[str, Any]) -> Iterator[str]:
    for tag, (title, told) in TAGS.items():
        yield f"## {title}"
        yield told
        for method, path, operation in operations(found):
            if operation["tags"][0] == tag:
                yield from _operation(found, method, path, operation)


def _operation(found: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    needs = [_NEEDS[scheme] for asked in operation.get("security", ()) for scheme in asked]
    yield f"### `{method} {path}`"
    yield prose(sentence(operation["description"])) + (f" Needs {' or '.join(needs)}." if needs else "")
    if told := [*_parameters(operation), *_body(found, operation)]:
        yield table(_HEAD, told)
    yield f"Answers {', '.join(_answer(s, r) for s, r in operation['responses'].items() if s != 'default')}."


def _parameters(operation: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for parameter in operation.get("parameters", ()):
        schema = {**parameter["schema"], "description": parameter.get("description", "")}
        required = [parameter["name"]] if parameter.get("required") else []
        if parameter["in"] == "path" and not (schema["description"] or "enum" in schema):
            continue  # its name says it
        row = next(rows({"properties": {parameter["name"]: schema}, "required": required}))
        yield row[0], parameter["in"], *row[1:]


def _body(found: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for row in rows(_resolved(found, content["schema"])):
            yield row[0], "body", *row[1:]


def _answer(status: str, response: dict[str, Any]) -> str:
    told = [_content(kind, content.get("schema", {})) for kind, content in response.get("content", {}).items()]
    return " ".join([status, *([f"with {' or '.join(told)}"] if told else [])])


def _content(media_type: str, schema: dict[str, Any]) -> str:
    inner = schema.get("items", schema)
    link = _link(inner["$ref"]) if "$ref" in inner else ""
    return (f"a list of {link}" if "items" in schema else link) or code(media_type)


def _link(ref: str) -> str:
    name = ref.rpartition("/")[2]
    if listed := _LISTED.fullmatch(name):
        return f"a page (`items`, `next`) of {_link(listed[1])}"
    return f"[{code(_name(name))}](#{_name(name).lower()})"


def _name(schema: str) -> str:
    return schema.removesuffix("Model")


def _answers(found: dict[str, Any]) -> Iterator[str]:
    """Tell the fields of what is answered, each schema once."""
    answered = _answered(found)
    yield "## What is answered"
    yield "An answer holds these; a field that is a table or a list of tables holds one of the others."
    for schema, told in found["components"]["schemas"].items():
        if schema in answered and not _LISTED.fullmatch(schema):
            yield f"### `{_name(schema)}` {{ #{_name(schema).lower()} }}"
            yield prose(told.get("description", ""))
            yield table(("field", "type", "what it is"), _fields(told))


def _fields(model: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for (key, kind, _, text), schema in zip(rows(model), model["properties"].values(), strict=True):
        inner = reference(schema)
        yield key, f"{'list of ' if schema.get('type') == 'array' else ''}{_link(inner)}" if inner else kind, text


def _answered(found: dict[str, Any]) -> set[str]:
    """Return the schemas that answers are made of, whatever is within them included."""
    schemas = found["components"]["schemas"]
    left = [r for _, _, o in operations(found) for r in o["responses"].values()]
    seen: set[str] = set()
    names = _references(left)
    while names:
        name = names.pop()
        if name not in seen:
            seen.add(name)
            names |= _references(schemas[name])
    return seen


def _references(value: Any) -> set[str]:
    return {r.rpartition("/")[2] for r in re.findall(r"#/components/schemas/\w+", json.dumps(value))}


def _resolved(found: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return found["components"]["schemas"][name] if name else schema

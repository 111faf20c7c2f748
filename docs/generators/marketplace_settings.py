"""``marketplace.toml``: every key, and the environment variable that wins over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generators.json_schema import reference, rows
from generators.markdown import code, line, page, table
from lumosai_marketplace.service.settings import ENVIRONMENT, Settings

HEAD = ("key", "type", "default", "what it is, and its variable")
INTRO = """
The settings of an index: `lumos marketplace serve` reads them. The file is looked for in this order: `--config FILE`,
the environment variable `LUMOS_MARKETPLACE_CONFIG`, `marketplace.toml` in the working directory. `lumos marketplace
init` writes one. Relative paths start at the folder of the file.

Every key has an environment variable that wins over it. Lists and tables are written there as JSON. A secret is never
written as itself: write `env:NAME` for an environment variable, or `file:path` for a file. An unknown key is an error,
and so is a value of the wrong type; both name the file, the line and the nearest key.
"""
# What the models leave unsaid, because the name says it, or the table's own line.
MORE: dict[str, dict[str, str]] = {
    "BlobSettings": {"region": "Region of the store."},
    "PublishingSettings": {"scanner_seconds": "Seconds that the scanner may take."},
    "IssuerSettings": {
        "url": "Its address: `iss` of its tokens.",
        "kind": "What its tokens say: a person's address (`email`), or a workflow (`github`).",
        "jwks_url": "Where its keys are; default: as its discovery document says.",
        "server": "For `github`: where the repositories are.",
    },
}
_LISTED = {"IssuerSettings": "[[trust.issuers]]"}


def pages() -> dict[str, str]:
    """Return the page."""
    schema = _schema()
    return {"marketplace.md": page("Marketplace settings", INTRO, *_sections(schema))}


def undescribed() -> list[str]:
    """Return the keys whose description is nowhere, or in two places."""
    schema = _schema()
    models = {"Settings": _plain(schema), **schema["$defs"]}
    return [
        f"{name}.{key}"
        for name, model in models.items()
        for key, value in model["properties"].items()
        if bool(value.get("description")) == (key in MORE.get(name, {}))
    ]


def _schema() -> dict[str, Any]:
    schema = Settings.model_json_schema(mode="serialization")
    return {**schema, "properties": {k: v for k, v in schema["properties"].items() if k != "base"}}


def _sections(schema: Mapping[str, Any]) -> Iterator[str]:
    yield table(HEAD, _rows(_plain(schema), "Settings", ()))
    for key, value in schema["properties"].items():
        if model := reference(value):
            yield from _section(schema, key, model)


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**schema, "properties": {k: v for k, v in schema["properties"].items() if not reference(v)}}


def _section(schema: Mapping[str, Any], key: str, model: str) -> Iterator[str]:
    definition = schema["$defs"][model]
    yield f"## `[{key}]` {{ #{key} }}"
    yield line(definition["description"])
    yield table(HEAD, _rows(definition, model, (key,)))
    for value in definition["properties"].values():
        if inner := reference(value):
            below = schema["$defs"][inner]
            yield f"### `{_LISTED[inner]}`"
            yield line(below["description"])
            yield table((*HEAD[:3], "what it is"), rows(below, MORE.get(inner)))


def _rows(model: Mapping[str, Any], name: str, path: tuple[str, ...]) -> Iterator[tuple[str, str, str, str]]:
    for key, kind, default, text in rows(model, MORE.get(name)):
        variable = ENVIRONMENT + "__".join((*path, key.strip("`"))).upper()
        yield key, kind, default, f"{text} {code(variable)}"

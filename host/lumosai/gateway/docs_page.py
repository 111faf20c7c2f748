"""A page that lists the operations. It loads nothing and runs nothing: no script, no font, no other host."""

from __future__ import annotations

import json
from html import escape
from typing import Any

POLICY = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
)
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}
summary{cursor:pointer;padding:.3rem 0}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f4f5f7;padding:.7rem;overflow:auto;border-radius:6px}.m{display:inline-block;width:4.5rem;font-weight:600}
@media(prefers-color-scheme:dark){body{color:#e4e6eb;background:#18191a}pre{background:#242526}a{color:#7ab7ff}}
"""


def render(document: dict[str, Any]) -> bytes:
    """Return the page of an OpenAPI document."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])}</p>",
        "<p>The contract: <a href='/openapi.json'>/openapi.json</a> (OpenAPI 3.1)</p>",
    ]
    for tag in document["tags"]:
        parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>")
        parts += [_operation(m, p, o) for m, p, o in _tagged(document, tag["name"])]
    return "".join(parts).encode()


def _tagged(document: dict[str, Any], tag: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    title = f"<span class=m>{method}</span> <code>{escape(path)}</code> {escape(operation['summary'])}"
    out = f"<details><summary>{title}</summary>"
    out += f"<p>{escape(operation.get('description', ''))}</p>"
    if operation.get("deprecated"):
        out += "<p><strong>It will go.</strong></p>"
    if "x-lumos-action" in operation:
        out += f"<p>Needs the scope <code>{escape(operation['x-lumos-action'])}</code>.</p>"
    if "requestBody" in operation:
        out += _example("Request", operation["requestBody"]["content"]["application/json"]["example"])
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            if status != "default":
                out += _example(f"{status} {media_type}", content.get("example"))
    return f"{out}</details>"


def _example(title: str, example: Any) -> str:
    text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    return f"<p>{escape(title)}</p><pre>{escape(text)}</pre>"

"""The Python client: what ``lumosai.client`` exports, and every operation as a method."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

import lumosai.client
from generators.markdown import block, line, page
from generators.python_source import Source, class_text
from lumosai.client import errors

INTRO = """
`from lumosai.client import Client`, or `AsyncClient`, whose methods are awaited: [call the
service](../how-to/clients.md) shows how. The methods are made from [the document](http.md); the types of what they take
and return are in `lumosai.client.models`.
"""


def pages() -> dict[str, str]:
    """Return the page."""
    return {"client.md": page("The Python client", INTRO, *_clients(), "## Operations", *_operations(), *_rest())}


def _clients() -> Iterator[str]:
    for name in ("Client", "AsyncClient"):
        yield f"## {name}"
        yield class_text(Source.of(getattr(lumosai.client, name)))


def _operations() -> Iterator[str]:
    yield "Of `Client`; `AsyncClient` has the same."
    source = Source.of(import_module("lumosai.client._generated.operations").Operations)
    methods = [node for node in source.node.body if isinstance(node, ast.FunctionDef)]
    for node in methods:
        yield f"### {node.name}"
        yield block("python", source.head(node))
        yield line(ast.get_docstring(node) or "")


def _rest() -> Iterator[str]:
    yield "## Streams, retries, answers"
    for name in ("EventStream", "ServerSentEvent", "Retries", "Answer"):
        yield f"### {name}"
        yield class_text(Source.of(getattr(lumosai.client, name)))
    yield "### etag"
    yield line(lumosai.client.etag.__doc__ or "")
    yield "## Errors"
    for name in sorted(n for n in lumosai.client.__all__ if isinstance(getattr(errors, n, None), type)):
        cls = getattr(errors, name)
        parent = "" if not issubclass(cls, Exception) else f"({cls.__mro__[1].__name__})"
        yield f"- `{name}{parent}`: {line(cls.__doc__ or '')}"

"""The contract of sandboxed plugins, from the WIT files themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generators.markdown import code, page
from lumosai_sdk import wit
from lumosai_sdk.wireerrors import CODES

INTRO = """
What a [sandboxed plugin](../explanation/sandbox.md) and its host ask of each other, in
[WIT](https://component-model.bytecodealliance.org/design/wit.html). The files: [`host.wit`](host.wit), what a plugin
may import, and [`guest.wit`](guest.wit), what it exports. Authors rarely see them: [the libraries of five
languages](../how-to/contribute/sandboxed.md) stand before them.

Every function takes texts and returns `result<string, string>`. Names, paths and keys are bare; what has structure is
JSON, and so is every answer and every error. Bytes are base64 within JSON.
"""
ERRORS = """
`{"code", "message"}`, and perhaps `"hint"` and `"retry_after"` (seconds), in both directions. The codes:
"""
IMPORTS = """
A component that imports an interface its manifest does not ask for is not loaded. What is asked for and not granted
answers `denied`.
"""
EXPORTS = """
`plugin`, and an interface for each kind that is contributed. `id` is the id of a contribution.
"""
_INTERFACE = re.compile(
    r"(?P<doc>(?:^///[^\n]*\n)*)^interface (?P<name>[a-z-]+) \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL
)
_FUNCTION = re.compile(r"(?P<doc>(?:^  ///[^\n]*\n)*)^  (?P<name>[a-z-]+): func\((?P<takes>[^)]*)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface: its name, what stands above it, and its functions as ``(name, parameters, words)``."""

    name: str
    doc: str
    functions: tuple[tuple[str, str, str], ...]


def pages() -> dict[str, str]:
    """Return the page and the files."""
    files = {name: wit.source(name) for name in ("host.wit", "guest.wit")}
    parts = ["## Errors", ERRORS + ", ".join(code(c) for c in sorted(CODES)) + ".", "## Imports", IMPORTS]
    parts += _told(files["host.wit"])
    parts += ["## Exports", EXPORTS, *_told(files["guest.wit"])]
    return {"wit.md": page("Contract (WIT)", INTRO, f"The package is `{wit.PACKAGE}@{wit.CURRENT}`.", *parts), **files}


def interfaces(text: str) -> list[Interface]:
    """Return the interfaces of a WIT file, in its order."""
    return [Interface(m["name"], _words(m["doc"]), tuple(_functions(m["body"]))) for m in _INTERFACE.finditer(text)]


def _functions(body: str) -> Iterator[tuple[str, str, str]]:
    for m in _FUNCTION.finditer(body):
        takes = ", ".join(p.partition(":")[0].strip() for p in m["takes"].split(",") if p.strip())
        yield m["name"], takes, _words(m["doc"])


def _told(text: str) -> Iterator[str]:
    for found in interfaces(text):
        yield f"### {found.name}"
        yield found.doc
        yield "\n".join(f"- {code(f'{name}({takes})')}: {doc}" for name, takes, doc in found.functions)


def _words(doc: str) -> str:
    return " ".join(line.strip().removeprefix("///").strip() for line in doc.splitlines())

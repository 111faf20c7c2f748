"""Write the clients' generated parts from the documents: ``make clients``; with ``--check`` only tell what is stale.

The types of the Python client are datamodel-code-generator's. Its methods are written here, one for each operation, and
one more where the operation streams or answers in pages. The TypeScript client's types are openapi-typescript's; where
there is no npm they are not made, and a stamp tells whether they are those of the document.
"""
# ruff: noqa: INP001, T201 - a script

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/reference/openapi.json"
PYTHON = ROOT / "host/lumosai/client/_generated"
TYPESCRIPT = ROOT / "clients/typescript"
SCHEMA, STAMP = "src/schema.ts", "src/schema.stamp"
MODELS = (
    "--input-file-type=openapi",
    "--openapi-scopes=schemas",
    "--output-model-type=typing.TypedDict",
    "--no-use-closed-typed-dict",
    "--target-python-version=3.11",
    "--enum-field-as-literal=all",
    "--use-schema-description",
    "--use-single-line-docstring",
    "--use-field-description",
    "--use-double-quotes",
    "--disable-timestamp",
    "--disable-warnings",
    "--formatters=builtin",
)
MADE = "Made from docs/reference/openapi.json by `make clients`: change that, or tools/clients.py."
METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
JSON, EVENTS, ANY = "application/json", "text/event-stream", "*/*"


@dataclass(frozen=True)
class Argument:
    """A parameter of an operation, as its method takes it."""

    name: str
    wire: str
    place: str
    type: str
    required: bool

    @classmethod
    def of(cls, parameter: dict[str, Any]) -> Argument:
        """Return what a parameter of the document is."""
        name = parameter["name"]
        return cls(_snake(name), name, parameter["in"], _type(parameter["schema"]), parameter.get("required", False))


class Operation:
    """An operation of the document."""

    def __init__(self, path: str, method: str, found: dict[str, Any], document: dict[str, Any]) -> None:
        self.path = path
        self.method = method.upper()
        self.name = _snake(found["operationId"])
        self.told = [found["summary"] + ".", found.get("description", "")]
        self.arguments = [Argument.of(p) for p in found.get("parameters", ())]
        self.content = next(r.get("content", {}) for s, r in found["responses"].items() if s.startswith("2"))
        self.body = found.get("requestBody", {}).get("content", {})
        self._schemas = document["components"]["schemas"]

    @property
    def is_open(self) -> bool:
        """Whether a plugin answers it, with anything."""
        return ANY in self.content

    @property
    def json(self) -> str:
        """The media type of its answer in JSON, empty where it has none."""
        return next((m for m in self.content if m == JSON or m.endswith("+json")), "")

    @property
    def page(self) -> tuple[str, str, str] | None:
        """The type of an entry, the parameter that asks for the next page, and the member that tells it."""
        properties = self._schemas.get(self.answer.removeprefix("models."), {}).get("properties", {})
        queries = {a.wire for a in self.arguments}
        for parameter, member in (("cursor", "next_cursor"), ("after", "last_id")):
            if parameter in queries and member in properties:
                return _type(properties["data"]["items"]), parameter, member
        return None

    @property
    def answer(self) -> str:
        """The type of the answer."""
        if self.is_open:
            return "Answer"
        if self.json:
            return _type(self.content[self.json]["schema"])
        return "str" if self.content else "None"

    @property
    def event(self) -> str:
        """The type of an event of its stream, empty where it has none."""
        schema = self.content.get(EVENTS, {}).get("schema")
        if schema is None:
            return ""
        data = schema.get("properties", {}).get("data", {})
        return _type(data) if data else "ServerSentEvent"

    @property
    def body_type(self) -> tuple[str, str]:
        """The media type of its body, and its type."""
        for media_type, content in self.body.items():
            if media_type.endswith("json"):
                return media_type, _type(content["schema"])
        return "", ""


def python_files() -> dict[str, str]:
    """Return the Python client's generated files by name."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    _without_stream(document)
    found = [Operation(p, m, item[m], document) for p, item in document["paths"].items() for m in METHODS if m in item]
    out = {
        "__init__.py": f'"""{MADE}"""\n',
        "models.py": _models(document),
        "operations.py": _module(found, is_async=False),
        "async_operations.py": _module(found, is_async=True),
    }
    return {name: _formatted(name, text) for name, text in out.items()}


def _without_stream(document: dict[str, Any]) -> None:
    """Take ``stream`` out of bodies: a method returns an answer or a stream, so it is the method that says which."""
    for item in document["paths"].values():
        for operation in item.values():
            contents = operation.get("requestBody", {}).get("content", {})
            if any(EVENTS in r.get("content", {}) for r in operation["responses"].values()):
                for content in contents.values():
                    name = content["schema"]["$ref"].rpartition("/")[2]
                    document["components"]["schemas"][name]["properties"].pop("stream", None)


def _models(document: dict[str, Any]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "openapi.json"), Path(folder, "models.py")
        source.write_text(json.dumps(document), encoding="utf-8")
        options = [*MODELS, f'--custom-file-header="""{MADE}"""', f"--input={source}", f"--output={made}"]
        subprocess.run([sys.executable, "-m", "datamodel_code_generator", *options], check=True, cwd=folder)  # noqa: S603
        return made.read_text(encoding="utf-8")


def _formatted(name: str, text: str) -> str:
    for verb in (("check", "--fix", "--exit-zero"), ("format",)):
        command = [sys.executable, "-m", "ruff", *verb, "--quiet", f"--stdin-filename={PYTHON / name}", "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout  # noqa: S603
    return text


def _module(operations: list[Operation], *, is_async: bool) -> str:
    kind, iterators = ("Async", "AsyncIterator") if is_async else ("", "Iterator")
    home = "async_transport" if is_async else "sync_transport"
    head = f'''"""{MADE}"""

from __future__ import annotations

from collections.abc import {iterators}, Mapping
from typing import Any, Literal, Unpack

from lumosai.client._generated import models
from lumosai.client.{home} import {kind}Transport
from lumosai.client.request import Answer, Request, segment, segments
from lumosai.client.streams import {kind}EventStream, ServerSentEvent, shown_data, shown_event


class {kind}Operations({kind}Transport):
    """Every operation of the service."""
'''
    methods = (m for o in operations for m in _methods(o, is_async=is_async))
    return head + "".join("\n" + textwrap.indent(m, "    ") for m in methods)


def _methods(operation: Operation, *, is_async: bool) -> Iterator[str]:
    if not operation.event or operation.json:
        yield _plain(operation, is_async=is_async)
    if operation.event:
        yield _streaming(operation, is_async=is_async)
    if operation.page is not None:
        yield _paging(operation, is_async=is_async)


def _plain(operation: Operation, *, is_async: bool) -> str:
    answer = operation.answer
    send = {"None": "_nothing", "str": "_text", "Answer": "_whole"}.get(answer, "_json")
    call = f"{'await ' if is_async else ''}self.{send}({_request(operation)})"
    is_typed = send == "_json"
    last = {True: f"answer: {answer} = {call}\nreturn answer", False: call if answer == "None" else f"return {call}"}
    return _method(operation, operation.name, answer, last[is_typed], is_async=is_async)


def _streaming(operation: Operation, *, is_async: bool) -> str:
    event, kind = operation.event, "AsyncEventStream" if is_async else "EventStream"
    show = "shown_event" if event == "ServerSentEvent" else "shown_data"
    call = f"{'await ' if is_async else ''}self._events({_request(operation, is_stream=True)}, {show})"
    name = f"{operation.name}_stream" if operation.json else operation.name
    return _method(operation, name, f"{kind}[{event}]", f"return {call}", is_async=is_async)


def _paging(operation: Operation, *, is_async: bool) -> str:
    assert operation.page is not None  # noqa: S101 - asked before
    entry, parameter, member = operation.page
    given = [a for a in operation.arguments if a.place == "path"]
    named = [a for a in operation.arguments if a.place == "query" and a.wire != parameter]
    passed = [a.name for a in given] + [f"{a.name}={a.name}" for a in named] + [f"{parameter}=place"]
    call = f"return self._pages(lambda place: self.{operation.name}({', '.join(passed)}), {member!r})"
    name = "iter_" + operation.name.partition("_")[2]
    answer = f"{'AsyncIterator' if is_async else 'Iterator'}[{entry}]"
    signature = _signature([*given, *named], "", is_keyed=False)
    doc = f'"""Go through what ``{operation.name}`` lists, page after page, as it is needed."""'
    return f"def {name}({signature}) -> {answer}:\n{textwrap.indent(doc + chr(10) + call, '    ')}\n"


def _method(operation: Operation, name: str, answer: str, last: str, *, is_async: bool) -> str:
    is_keyed = any(a.wire == "Idempotency-Key" for a in operation.arguments)
    shown = [a for a in operation.arguments if a.wire != "Idempotency-Key"]
    body = operation.body_type[1]
    if operation.is_open and operation.method in {"POST", "PUT", "PATCH"}:
        body = "bytes"
    head = f"{'async ' if is_async else ''}def {name}({_signature(shown, body, is_keyed=is_keyed)}) -> {answer}:"
    return head + "\n" + textwrap.indent(f"{_doc(operation)}\n{last}\n", "    ")


def _signature(arguments: list[Argument], body: str, *, is_keyed: bool) -> str:
    given = [f"{a.name}: {a.type}" for a in arguments if a.place == "path"]
    parts = ["self", *given, *(["/"] if given else [])]
    more = [a for a in arguments if a.place != "path"]
    named = [f"{a.name}: {a.type}" + ("" if a.required else " | None = None") for a in more]
    if body == "bytes":
        named += ["content: bytes = b''", "content_type: str = 'application/json'"]
    elif body and not body.startswith("models."):
        named.insert(0, f"body: {body}")
    if is_keyed:
        named.append("idempotency_key: str | None = None")
    if named:
        parts += ["*", *named]
    if body.startswith("models."):
        parts.append(f"**body: Unpack[{body}]")
    return ", ".join(parts)


def _request(operation: Operation, *, is_stream: bool = False) -> str:
    parts = [repr(operation.method), _path(operation)]
    for place, name in (("query", "query"), ("header", "headers")):
        found = [a for a in operation.arguments if a.place == place and a.wire != "Idempotency-Key"]
        if found:
            parts.append(f"{name}={{{', '.join(f'{a.wire.lower()!r}: {a.name}' for a in found)}}}")
    media_type, body = operation.body_type
    if body:
        parts.append("body={**body, 'stream': True}" if is_stream else "body=body")
    if media_type not in {"", JSON}:
        parts.append(f"content_type={media_type!r}")
    if operation.is_open:
        parts.append("accept='*/*'")
        if operation.method in {"POST", "PUT", "PATCH"}:
            parts.append("content=content, content_type=content_type")
    elif is_stream:
        parts.append(f"accept={EVENTS!r}")
    elif operation.content and operation.json != JSON:
        parts.append(f"accept={next(iter(operation.content))!r}")
    if any(a.wire == "Idempotency-Key" for a in operation.arguments):
        parts.append("idempotency_key=idempotency_key or ''")
    return f"Request({', '.join(parts)})"


def _path(operation: Operation) -> str:
    given = [a for a in operation.arguments if a.place == "path"]
    if not given:
        return repr(operation.path)
    path = operation.path
    for argument in given:
        quote = "segments" if operation.is_open and argument.wire == "path" else "segment"
        path = path.replace(f"{{{argument.wire}}}", f"{{{quote}({argument.name})}}")
    return f"f{path!r}"


def _doc(operation: Operation) -> str:
    first, more = operation.told
    if not more:
        return f'"""{first}"""'
    wrapped = textwrap.fill(more, 108, break_long_words=False, break_on_hyphens=False)
    return f'"""{first}\n\n{wrapped}\n"""'


def _type(schema: dict[str, Any]) -> str:
    """Return the annotation of a schema; what is more than a name, a plain type or a choice is a mapping."""
    if "$ref" in schema:
        return "models." + schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if schema.get("type") == "object":
        return "Mapping[str, Any]"
    return TYPES.get(str(schema.get("type")), "Any")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def typescript_stamp() -> str:
    """Return what the types of the TypeScript client depend on: the documents and the locked generator."""
    parts = [
        DOCUMENT,
        DOCUMENT.with_name("asyncapi.json"),
        *(TYPESCRIPT / n for n in ("generate.mjs", "package-lock.json")),
    ]
    return "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(ROOT)}\n" for p in parts)


def write_typescript() -> None:
    """Generate the types of the TypeScript client, with the generator its lock names."""
    npm = ["npm", "--silent", "--prefix", str(TYPESCRIPT)]
    subprocess.run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], check=True, cwd=TYPESCRIPT)  # noqa: S603
    subprocess.run([*npm, "run", "generate"], check=True, cwd=TYPESCRIPT)  # noqa: S603
    (TYPESCRIPT / STAMP).write_text(typescript_stamp(), encoding="utf-8")


def stale(files: dict[str, str]) -> list[str]:
    """Return what is not what the document gives."""
    out = []
    for name, text in files.items():
        path = PYTHON / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            out.append(str(path.relative_to(ROOT)))
    stamp = TYPESCRIPT / STAMP
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != typescript_stamp():
        out.append(str((TYPESCRIPT / SCHEMA).relative_to(ROOT)))
    return out


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("--python-only", action="store_true", help="leave the TypeScript client as it is")
    options = parser.parse_args(arguments)
    files = python_files()
    if options.check:
        found = stale(files)
        if found:
            print("not what docs/reference/openapi.json gives; run: make clients", *found, sep="\n  ")
        return 1 if found else 0
    for name, text in files.items():
        (PYTHON / name).write_text(text, encoding="utf-8", newline="\n")
    if not options.python_only:
        write_typescript()
    return 0


if __name__ == "__main__":
    sys.exit(main())

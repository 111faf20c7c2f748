"""Classes and functions as they are written, without their bodies."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_overloads

from generators.markdown import block, line, prose

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DECORATORS = {"property", "classmethod", "staticmethod"}


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of source and what was parsed from it."""

    text: str
    node: Any

    @classmethod
    def of(cls, thing: Any) -> Source:
        """Read the source of a class or function."""
        text = textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))
        return cls(text, ast.parse(text).body[0])

    def head(self, node: Function) -> str:
        """Return a function's head as it is written, ending in ``: ...``."""
        first = node.body[0]
        lines = self.text.splitlines()[node.lineno - 1 : first.lineno]
        lines[-1] = lines[-1].encode()[: first.col_offset].decode()
        written = re.sub(r"\s*#.*", "", "\n".join(lines)).rstrip().rstrip(":")
        return f"{textwrap.dedent(written)}: ..."

    def segment(self, node: ast.AST) -> str:
        """Return a node as it is written, on one line."""
        return " ".join((ast.get_source_segment(self.text, node) or "").split())


def function_text(thing: Any) -> str:
    """Return a function's head (those of its overloads, if it has any) and docstring."""
    sources = [Source.of(f) for f in get_overloads(thing) or [thing]]
    heads = "\n".join(s.head(s.node) for s in sources)
    return f"{block('python', heads)}\n\n{prose(inspect.getdoc(thing))}"


def class_text(source: Source, *, constructor: bool = True) -> str:
    """Return a class's head, docstring and documented methods; its *constructor* if that is for readers."""
    node = source.node
    parts = [block("python", "\n".join(_class_lines(source, constructor=constructor))), prose(ast.get_docstring(node))]
    methods = [m for m in node.body if isinstance(m, Function) and not m.name.startswith("_")]
    if told := [f"- `{m.name}`: {line(doc)}" for m in methods if (doc := ast.get_docstring(m))]:
        parts.append("\n".join(told))
    return "\n\n".join(parts)


def _class_lines(source: Source, *, constructor: bool) -> Iterator[str]:
    node: ast.ClassDef = source.node
    bases = ", ".join(source.segment(b) for b in node.bases)
    yield f"class {node.name}({bases}):" if bases else f"class {node.name}:"
    fields = [text for item in node.body if (text := _field(source, item))]
    methods = [text for item in node.body for text in _method(source, item, constructor=constructor)]
    between = [""] if fields and methods else []
    yield from (textwrap.indent(text, "    ") for text in [*fields, *between, *methods] or ["..."])


def _field(source: Source, item: ast.stmt) -> str:
    if not isinstance(item, ast.AnnAssign) or source.segment(item.target).startswith("_"):
        return ""
    return "" if source.segment(item.annotation) == "ClassVar[str]" else source.segment(item)


def _method(source: Source, item: ast.stmt, *, constructor: bool) -> Iterator[str]:
    if isinstance(item, Function) and _is_shown(item, constructor=constructor):
        yield from (f"@{d}" for decorator in item.decorator_list if (d := source.segment(decorator)) in _DECORATORS)
        yield source.head(item)


def _is_shown(item: Function, *, constructor: bool) -> bool:
    return not item.name.startswith("_") or (constructor and item.name == "__init__" and len(item.args.args) > 1)

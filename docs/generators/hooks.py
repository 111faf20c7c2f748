"""Every hook, with its exact signature."""

from __future__ import annotations

import ast
import inspect

from generators.markdown import block, line, page, prose
from generators.python_source import Function, Source, class_text
from lumosai import hookspecs

HOW = """
A plugin names the hooks it implements in its [manifest](manifest.md); [intercept with hooks](../how-to/hooks.md)
shows how.
"""
_TYPES = ("HostInfo", "Health", "Contributions", "AroundRun", "AroundModelCall", "AroundToolCall")


def pages() -> dict[str, str]:
    """Return the page."""
    text = inspect.getsource(hookspecs)
    sources = {_name(n): Source(text, n) for n in ast.parse(text).body if _name(n)}
    hooks = (_hook(sources[name]) for name in names())
    types = (_type(sources[name], name) for name in _TYPES)
    return {"hooks.md": page("Hooks", prose(hookspecs.__doc__), HOW, *hooks, "## Types", *types)}


def names() -> list[str]:
    """Return the names of all hooks."""
    return [n for n in vars(hookspecs) if n.startswith("lumos_")]


def _name(node: ast.stmt) -> str:
    if isinstance(node, Function | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _hook(source: Source) -> str:
    node = source.node
    return f"## {node.name}\n\n{block('python', source.head(node))}\n\n{line(ast.get_docstring(node))}{_options(node)}"


def _options(node: Function) -> str:
    written = " ".join(ast.unparse(d) for d in node.decorator_list)
    told = {
        "historic=True": " Called also for plugins that come later.",
        "firstresult=True": " The first implementation that returns something other than `None` decides.",
    }
    return "".join(text for option, text in told.items() if option in written)


def _type(source: Source, name: str) -> str:
    if isinstance(source.node, ast.ClassDef):
        return f"### {name}\n\n{class_text(source)}"
    return f"### {name}\n\n" + block("python", source.segment(source.node))

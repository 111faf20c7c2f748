"""A program, run as a notebook runs a cell: what it prints is kept, and its last expression is its value."""

from __future__ import annotations

import ast
import json
import linecache
import sys
import traceback
from types import CodeType
from typing import Any

from lumosai_code.output import Output, shortened

FILE = "<code>"
MOST_RESULT = 200_000
"""Characters of JSON; a larger result is shown cut."""
MOST_FRAMES = 5
_CONTAINERS = (list, tuple, dict, set, frozenset)
_KEPT: list[Any] = []
"""What a program made is not taken apart when it ends: the instance goes, and what is deep would take its stack."""
DEEPEST = 90
"""Brackets within brackets: the parser takes some hundreds, and more of the stack than the sandbox has."""


def execute(source: str, inputs: dict[str, Any]) -> tuple[str, Any, str | None]:
    """Return what *source* printed, its last expression's value as JSON, and the error that ended it (or None)."""
    output = Output()
    sys.stdout = sys.stderr = output
    sys.__stdout__ = sys.__stderr__ = output  # type: ignore[misc,assignment]
    linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
    try:
        value = _run(source, {"__name__": "__main__", "__builtins__": __builtins__, "inputs": inputs})
        _KEPT.append(value)
        return output.text(), as_json(value), None
    except BaseException as e:  # noqa: BLE001 - whatever it was: the model reads it, and mends its program
        _KEPT.append(e)
        return output.text(), None, _told(e)


def _run(source: str, names: dict[str, Any]) -> Any:
    _refuse_deep(source)
    tree = ast.parse(source, FILE)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    _KEPT.append(names)
    exec(_compiled(tree), names)  # noqa: S102 - that is the plugin; the sandbox around it is the guard
    if not isinstance(last, ast.Expr):
        return None
    return eval(_compiled(ast.Expression(last.value)), names)  # noqa: S307 - as above


def _compiled(tree: ast.Module | ast.Expression) -> CodeType:
    return compile(tree, FILE, "eval" if isinstance(tree, ast.Expression) else "exec", dont_inherit=True)


def _refuse_deep(source: str) -> None:
    """Raise SyntaxError for brackets that may be nested too deeply; those in texts count as well."""
    depth = 0
    for character in source:
        if character in "([{":
            depth += 1
            if depth > DEEPEST:
                raise SyntaxError(f"more than {DEEPEST} brackets are open at a time")
        elif character in ")]}" and depth:
            depth -= 1


# --- the value


def as_json(value: Any) -> Any:
    """Return *value* if JSON can hold it and it is not too large, else a text that shows it."""
    if value is None or isinstance(value, bool):
        return value
    if _deep(value):
        return f"<{type(value).__name__}, nested more than {DEEPEST} levels deep>"
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        if len(text.encode()) <= MOST_RESULT:
            return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        return shortened(plain(repr(value)), MOST_RESULT)
    except Exception as e:  # noqa: BLE001 - a __repr__ of the program's own
        return f"<{type(value).__name__} that cannot be shown: {type(e).__name__}>"


def _deep(value: Any) -> bool:
    """Tell whether containers lie within containers so deeply that showing them takes more stack than there is."""
    level = [value]
    for _ in range(DEEPEST):
        inside = {id(v): v for v in level if isinstance(v, _CONTAINERS)}
        if not inside:
            return False
        level = [c for v in inside.values() for c in (v.values() if isinstance(v, dict) else v)]
    return True


# --- the error


def _told(error: BaseException) -> str:
    """Return an error in words, then the lines of the program that led to it, the innermost first."""
    if isinstance(error, SystemExit):
        return f"SystemExit: the program ended itself with {error.code!r}"
    said = shortened("".join(traceback.format_exception_only(error)).strip(), 4000)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == FILE]
    lines = [f"  line {f.lineno}, in {f.name}: {shortened(f.line or '', 200)}" for f in reversed(frames)]
    if len(lines) > 2 * MOST_FRAMES:
        lines[MOST_FRAMES:-MOST_FRAMES] = [f"  … {len(lines) - 2 * MOST_FRAMES} more …"]
    hint = getattr(error, "hint", None)
    return plain("\n".join([said, *lines, *([f"hint: {hint}"] if isinstance(hint, str) else [])]))


def plain(text: str) -> str:
    """Return *text* without half characters (surrogates), which no JSON may hold."""
    return text.encode("utf-8", "replace").decode()

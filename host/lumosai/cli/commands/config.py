"""``lumos config``: what the configuration says, and whether it holds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import pairs, say, say_json
from lumosai.cli.parser import Parser, add_config, add_json, add_safe_mode

if TYPE_CHECKING:
    from lumosai.config.load import Loaded


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos config show", "lumos config check", "lumos config schema > lumos.schema.json"])
    group = parser.subcommands(default="show")
    show = parser.add(
        group,
        "show",
        "show the configuration in force: defaults, file, environment",
        ["lumos config show", "lumos config show agents", "lumos config show --json"],
    )
    show.add_argument("section", metavar="SECTION", nargs="?", help="this part only, such as agents or plugins.http")
    check = parser.add(
        group,
        "check",
        "check the configuration, and what it says of plugins, tools and models",
        ["lumos config check", "lumos config check --config production.toml"],
        exits={FAILURE: "something is wrong with it"},
    )
    schema = parser.add(
        group,
        "schema",
        "print the JSON Schema of lumos.toml, installed plugins' settings included",
        ["lumos config schema > lumos.schema.json"],
    )
    path = parser.add(group, "path", "tell which files are used", ["lumos config path"])
    for made in (show, check, schema, path):
        add_config(made)
        add_json(made)
    add_safe_mode(check)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises ConfigError."""
    handler = {"show": _show, "check": _check, "schema": _schema, "path": _path}[arguments.subcommand]
    return handler(arguments)


def _loaded(arguments: argparse.Namespace) -> Loaded:
    from lumosai.config.load import load

    return load(arguments.config)


def _show(arguments: argparse.Namespace) -> int:
    from lumosai.config.hiding import hidden_config
    from lumosai.plugins import index

    loaded = _loaded(arguments)
    records = index.load(loaded.plugin_paths, delivered=loaded.delivered)
    value: Any = hidden_config(loaded.config.model_dump(mode="json", exclude_none=True), records)
    if arguments.section:
        value = _section(value, arguments.section)
    if arguments.json:
        say_json(value)
    else:
        import tomlkit

        from lumosai.cli.transcript import show_text

        for part in reversed(arguments.section.split(".") if arguments.section else []):
            value = {part: value}
        show_text(tomlkit.dumps(_without_empty(value)))
    return OK


def _without_empty(value: Any) -> Any:
    """Return *value* without empty tables, which say nothing."""
    if not isinstance(value, dict):
        return value
    kept = {k: _without_empty(v) for k, v in value.items()}
    return {k: v for k, v in kept.items() if v not in ({}, None)}


def _section(value: Any, dotted: str) -> Any:
    from lumosai_sdk.errors import NotFoundError

    for part in dotted.split("."):
        if not isinstance(value, dict) or part not in value:
            raise NotFoundError("section", dotted, value if isinstance(value, dict) else ())
        value = value[part]
    return value


def _check(arguments: argparse.Namespace) -> int:
    from lumosai.cli.checking import problems
    from lumosai.cli.failure import show
    from lumosai.cli.words import counted

    loaded = _loaded(arguments)
    found = problems(loaded, safe_mode=arguments.safe_mode)
    where = str(loaded.path or "the defaults")
    if arguments.json:
        say_json({"path": str(loaded.path) if loaded.path else None, "ok": not found, "problems": found})
    elif found:
        for problem in found:
            show(problem)
        say(f"{where}: {counted(len(found), 'problem')}")
    else:
        say(f"{where}: fine")
    return FAILURE if found else OK


def _schema(arguments: argparse.Namespace) -> int:
    from lumosai.config.schema import schema_with
    from lumosai.plugins import index

    loaded = _loaded(arguments)
    say_json(schema_with(index.load(loaded.plugin_paths, delivered=loaded.delivered)))
    return OK


def _path(arguments: argparse.Namespace) -> int:
    from lumosai.plugins.index import cache_path

    loaded = _loaded(arguments)
    out = {
        "configuration": str(loaded.path) if loaded.path else None,
        "data": str(loaded.data_dir),
        "plugin index": cache_path(loaded.delivered),
    }
    if arguments.json:
        say_json(out)
    else:
        pairs([(k, v or "none; the defaults hold (lumos init makes one)") for k, v in out.items()])
    return OK

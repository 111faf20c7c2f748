"""``lumos tools``: what agents can call."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import pairs, say, say_ids, say_json, table
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode

if TYPE_CHECKING:
    from lumosai.host import Host


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(
        ["lumos tools", "lumos tools time.now", """lumos tools call time.now '{"timezone": "Asia/Tokyo"}'"""]
    )
    group = parser.subcommands(default="list", word="show")
    listing = parser.add(group, "list", "list the tools", ["lumos tools", "lumos tools --json"])
    add_ids(listing)
    show = parser.add(group, "show", "show a tool and its arguments", ["lumos tools time.now"])
    show.add_argument("id", metavar="ID", help="the tool")
    call = parser.add(
        group, "call", "call a tool directly", ["""lumos tools call calculator.evaluate '{"expression": "6 * 7"}'"""]
    )
    call.add_argument("id", metavar="ID", help="the tool")
    call.add_argument("arguments", metavar="JSON", nargs="?", default="{}", help="its arguments (default: {})")
    for made in (listing, show, call):
        add_config(made)
        add_json(made)
        add_safe_mode(made)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    return with_host(arguments, {"list": _list, "show": _show, "call": _call}[arguments.subcommand])


async def _list(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.agents.plan import listed_tool

    tools = [listed_tool(e) for e in host.registry.entries("tool")]
    if arguments.json:
        say_json(tools)
    elif arguments.quiet:
        say_ids(tool["id"] for tool in tools)
    else:
        rows = [_row(t) for t in tools]
        columns = ["id", "plugin", "needs leave", "description"]
        table(rows, columns if any(r.get("needs leave") for r in rows) else ["id", "plugin", "description"])
    return 0


async def _show(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.agents.plan import tool_view

    tool = tool_view(host.registry.get("tool", arguments.id))
    if arguments.json:
        say_json(tool)
        return 0
    pairs(
        [
            ("id", tool["id"]),
            ("plugin", tool["plugin"]),
            ("description", tool["description"]),
            ("needs leave", "for every call" if tool.get("approval") == "always" else "no"),
            ("changes things", "yes" if tool.get("side_effects") else "no"),
            ("arguments", _arguments(tool.get("input_schema", {}))),
        ]
    )
    example = json.dumps(_example(tool.get("input_schema", {})), ensure_ascii=False)
    say(f"\nlumos tools call {tool['id']} '{example}'")
    return 0


async def _call(host: Host, arguments: argparse.Namespace) -> int:
    value = await host.call_tool(arguments.id, _parsed(arguments.arguments))
    if isinstance(value, str) and not arguments.json:
        from lumosai.cli.transcript import show_text

        show_text(value)
    else:
        say_json(value)
    return 0


def _row(tool: dict[str, Any]) -> dict[str, Any]:
    if error := tool.get("error"):
        return {**tool, "state": "broken", "description": f"broken: {error['message']}"}
    return {**tool, "needs leave": tool["approval"] == "always"}


def _parsed(text: str) -> dict[str, Any]:
    from lumosai_sdk.errors import InputError

    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"the arguments are not JSON: {e}", hint="""quote them: '{"city": "Tokyo"}'""") from None
    if not isinstance(value, dict):
        raise InputError(f"the arguments must be a JSON object, not {type(value).__name__}")
    return value


def _arguments(schema: dict[str, Any]) -> str:
    properties, required = schema.get("properties", {}), schema.get("required", ())
    if not properties:
        return "none"
    return "\n".join(
        f"{name} ({_type(about)}{', required' if name in required else ''})"
        + (f": {about['description']}" if about.get("description") else "")
        for name, about in properties.items()
    )


def _type(about: dict[str, Any]) -> str:
    if "enum" in about:
        return " | ".join(json.dumps(v, ensure_ascii=False) for v in about["enum"])
    kind = about.get("type", "any")
    return " | ".join(kind) if isinstance(kind, list) else str(kind)


def _example(schema: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    properties = schema.get("properties", {})
    return {n: empty.get(str(properties.get(n, {}).get("type")), "…") for n in schema.get("required", ())}

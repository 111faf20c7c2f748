"""``lumos plugin``: each of its subcommands is a module of ``lumosai.cli.plugins``."""

from __future__ import annotations

import argparse
from importlib import import_module

from lumosai.cli.commands.plugin_authoring import add_build, add_dev, add_inspect, add_new, add_run, add_test
from lumosai.cli.commands.plugin_market import ADD
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode

_MODULES = {"enable": "switch", "disable": "switch", "import": "bring"}


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(
        [
            "lumos plugin list",
            "lumos plugin info http",
            "lumos plugin install acme/weather",
            "lumos plugin new weather --lang python",
            'lumos plugin run hash.wasm sha256 \'{"text": "hi"}\'',
        ]
    )
    group = parser.subcommands(default="list")
    _list(parser, group)
    info = parser.add(
        group,
        "info",
        "tell everything about a plugin: state, permissions, contributions, settings",
        ["lumos plugin info http", "lumos plugin info http --json", "lumos plugin info acme/weather"],
    )
    info.add_argument("name", metavar="NAME", help="the plugin; NAMESPACE/NAME for one of an index, installed or not")
    info.add_argument("--index", metavar="URL", help="the index (default: as lumos.toml or lumos.lock says)")
    add_config(info)
    add_json(info)
    for name, what in (("enable", "switch a plugin on"), ("disable", "switch a plugin off")):
        switch = parser.add(group, name, f"{what} in lumos.toml", [f"lumos plugin {name} http"])
        switch.add_argument("name", metavar="NAME", help="the plugin")
        add_config(switch)
        add_json(switch)
    _doctor(parser, group)
    reload = parser.add(group, "reload", "make a running host load a plugin's code anew", ["lumos plugin reload moon"])
    reload.add_argument("name", metavar="NAME", help="the plugin")
    add_config(reload)
    add_json(reload)
    for add in (add_new, add_dev, add_build, add_test, add_inspect, add_run, *ADD):
        add(parser, group)


def _list(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "list",
        "list the installed plugins",
        ["lumos plugin list", "lumos plugin list --json", "lumos plugin list -q"],
    )
    add_config(made)
    add_json(made)
    add_ids(made)
    add_safe_mode(made)


def _doctor(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "doctor",
        "check plugins: index, manifest, code, names",
        ["lumos plugin doctor", "lumos plugin doctor weather --deep", "lumos plugin doctor --json"],
        exits={1: "something is broken"},
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="only these plugins (default: all)")
    made.add_argument(
        "--deep", action="store_true", help="compile the sandboxed ones too, and hold them against their manifests"
    )
    add_config(made)
    add_json(made)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand."""
    name = _MODULES.get(arguments.subcommand, arguments.subcommand)
    return int(import_module(f"lumosai.cli.plugins.{name}").run(arguments))

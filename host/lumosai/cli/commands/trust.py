"""``lumos trust``: whose plugins are let in, ``lumos-trust.toml``, and by which roots indexes are known."""

from __future__ import annotations

import argparse
from importlib import import_module

from lumosai.cli.exits import REFUSED
from lumosai.cli.parser import Parser, add_config, add_json

_WHO = (
    ("instance", "URL", "the sigstore instance that has verified the signer, or `local`"),
    ("index", "URL", "the index it is got from"),
    ("issuer", "URL", "who has vouched for the signer: an OpenID provider"),
    ("subject", "WHO", "the signer: an e-mail address or a workflow's URI; a glob in a rule"),
    ("repository", "URL", "the repository whose workflow signs"),
    ("repository-id", "NUMBER", "its number: a repository's name can be registered anew"),
    ("owner-id", "NUMBER", "the number of the account that owns the repository"),
    ("workflow", "FILE", "the workflow's file within the repository"),
    ("ref", "REF", "the branch or tag it runs on; a glob in a rule"),
)


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(
        [
            "lumos trust show",
            "lumos trust index https://plugins.example.org/",
            "lumos trust add 'local/*' --instance local",
        ]
    )
    group = parser.subcommands(default="show")
    show = parser.add(group, "show", "list the rules, and the indexes that are known", ["lumos trust show --json"])
    _add(parser, group)
    remove = parser.add(group, "remove", "take a rule out of lumos-trust.toml", ["lumos trust remove acme"])
    remove.add_argument("name", metavar="RULE", help="the rule, as lumos trust show calls it")
    check = _check(parser, group)
    index = _index(parser, group)
    for made in (show, remove, check):
        _file(made)
    for made in (show, remove, check, index):
        add_config(made)
        add_json(made)


def _add(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "add",
        "add a rule to lumos-trust.toml",
        [
            "lumos trust add 'local/*' --instance local",
            "lumos trust add 'acme/*' --issuer https://accounts.example.org --subject '*@acme.com'",
            (
                "lumos trust add acme/weather --issuer https://token.actions.githubusercontent.com"
                " --repository https://github.com/acme/weather --repository-id 123"
            ),
        ],
    )
    made.add_argument("plugins", metavar="PLUGINS", nargs="+", help="plugins: acme/weather, or globs such as acme/*")
    made.add_argument("--name", metavar="RULE", help="what the rule is called (default: after the plugins)")
    for flag, what, about in _WHO:
        made.add_argument(f"--{flag}", metavar=what, help=about)
    made.add_argument("--kind", metavar="KIND", action="append", help="a kind of contribution it may bring; repeatable")
    made.add_argument("--runtime", choices=["wasm", "python"], help="python: it may run inside the host, unsandboxed")
    made.add_argument("--max-permissions", metavar="JSON", help="the most it may ask for, as [permissions] has it")
    made.add_argument("--min-age", metavar="TIME", help="how long ago it must have been signed at least: 3d, 12h")
    _file(made)
    add_config(made)
    add_json(made)


def _check(parser: Parser, group: object) -> Parser:
    made = parser.add(
        group,
        "check",
        "check the file; tell which rule decides about a plugin, and how it does about a signer",
        [
            "lumos trust check",
            "lumos trust check acme/weather",
            "lumos trust check acme/weather --issuer https://accounts.example.org --subject dev@acme.com",
        ],
        exits={REFUSED: "no rule lets that plugin by that signer in"},
    )
    made.add_argument("plugin", metavar="PLUGIN", nargs="?", help="the plugin, such as acme/weather")
    for flag, what, about in _WHO:
        made.add_argument(f"--{flag}", metavar=what, help=about)
    made.add_argument("--kind", metavar="KIND", action="append", default=[], help="a kind it brings; repeatable")
    made.add_argument("--runtime", choices=["wasm", "python"], default="wasm", help="how it runs (default: wasm)")
    made.add_argument("--max-permissions", metavar="JSON", help="what it asks for (default: nothing)")
    return made


def _index(parser: Parser, group: object) -> Parser:
    made = parser.add(
        group,
        "index",
        "know an index by its TUF root, which everything else it says is verified by",
        [
            "lumos trust index https://plugins.example.org/",
            "lumos trust index https://plugins.example.org/ --root 1.root.json",
            "lumos trust index https://plugins.example.org/ --fingerprint 3f7c…",
        ],
    )
    made.add_argument("url", metavar="URL", help="the index")
    known = made.add_mutually_exclusive_group()
    known.add_argument("--root", metavar="FILE", help="the root, got from its owner by another way")
    known.add_argument("--fingerprint", metavar="SHA256", help="the root's SHA-256, told by its owner another way")
    made.add_argument("--replace", action="store_true", help="take it in place of the root that is trusted now")
    return made


def _file(made: Parser) -> None:
    made.add_argument("--file", metavar="FILE", help="the rules (default: lumos-trust.toml beside lumos.toml)")


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand."""
    from lumosai.cli.plugins.market import refusals

    module = "index" if arguments.subcommand == "index" else "rules"
    return refusals(arguments, lambda: int(import_module(f"lumosai.cli.trusting.{module}").run(arguments)))

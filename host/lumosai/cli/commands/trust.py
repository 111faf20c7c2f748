"""``lumos trust``: the rules of ``lumos-trust.toml``, and the indexes that are trusted."""

from __future__ import annotations

import argparse
from importlib import import_module

from lumosai.cli.exits import REFUSED
from lumosai.cli.parser import Parser, add_config, add_json

_FLAGS = (
    ("--instance", "TEXT", "the sigstore instance that has verified the signer: an index's address, or local"),
    ("--index", "URL", "the index it is got from"),
    ("--issuer", "URL", "who vouches for the signer"),
    ("--subject", "TEXT", "the signer: an e-mail address, or a workflow's URI; * stands for any rest"),
    ("--repository", "URL", "the repository whose workflow signs"),
    ("--repository-id", "NUMBER", "its number: a name can be registered anew by somebody else"),
    ("--owner-id", "NUMBER", "the number of the account that owns the repository"),
    ("--workflow", "FILE", "the workflow's file in the repository"),
    ("--ref", "REF", "the branch or tag, such as refs/tags/v*"),
    ("--kinds", "KINDS", "the kinds of contributions it may bring, separated by commas"),
    ("--runtime", "RUNTIME", "python: it may run inside the host, with all its rights"),
    ("--max-permissions", "JSON", "the most it may ask for, as [permissions] of a manifest; --yes grants up to this"),
    ("--min-age", "AGE", "how long ago it must have been signed, such as 3d"),
    ("--name", "NAME", "what messages call the rule (default: made of the plugin's name)"),
)


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos trust show", "lumos trust index https://plugins.example.org/", "lumos trust check"])
    group = parser.subcommands(default="show")
    show = parser.add(group, "show", "show the rules, and the indexes that are trusted", ["lumos trust show --json"])
    check = _check(parser, group)
    add = parser.add(
        group,
        "add",
        "add a rule: whose plugins are let in, and with what",
        [
            "lumos trust add 'acme/*' --issuer https://token.actions.githubusercontent.com \\",
            "    --repository https://github.com/acme/plugins --repository-id 123",
        ],
    )
    add.add_argument("plugins", metavar="PLUGIN", nargs="+", help="a plugin, or a glob such as acme/*")
    for flag, metavar, text in _FLAGS:
        add.add_argument(flag, metavar=metavar, help=text)
    remove = parser.add(group, "remove", "remove a rule", ["lumos trust remove acme"])
    remove.add_argument("name", metavar="NAME", help="what the rule is called")
    for made in (show, check, add, remove, _index(parser, group)):
        add_config(made)
        add_json(made)


def _check(parser: Parser, group: object) -> Parser:
    made = parser.add(
        group,
        "check",
        "check lumos-trust.toml; or tell which rules decide about a plugin, and how they do about a signer",
        [
            "lumos trust check",
            "lumos trust check acme/weather",
            "lumos trust check acme/weather --issuer https://accounts.example.org --subject dev@acme.com",
        ],
        exits={1: "it cannot be used; it says why", REFUSED: "no rule lets in that plugin by that signer"},
    )
    made.add_argument("plugin", metavar="PLUGIN", nargs="?", help="a plugin, such as acme/weather")
    for flag, metavar, text in _FLAGS:
        if flag not in {"--min-age", "--name", "--max-permissions"}:
            made.add_argument(flag, metavar=metavar, help=text)
    made.add_argument("--asks", metavar="JSON", help="what it asks for, as [permissions] of a manifest")
    return made


def _index(parser: Parser, group: object) -> Parser:
    made = parser.add(
        group,
        "index",
        "trust an index, by the root of its TUF repository",
        [
            "lumos trust index https://plugins.example.org/ --fingerprint 3b7c…",
            "lumos trust index https://plugins.example.org/ --root 1.root.json",
        ],
    )
    made.add_argument("url", metavar="URL", help="the index")
    made.add_argument("--root", metavar="FILE", help="its 1.root.json, got in a way you trust")
    made.add_argument("--fingerprint", metavar="SHA256", help="the hash of its 1.root.json, got in a way you trust")
    made.add_argument("--replace", action="store_true", help="trust this root in place of another")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand."""
    from lumosai.cli.plugins.market import refusals

    return refusals(
        arguments, lambda: int(getattr(import_module("lumosai.cli.trusting"), arguments.subcommand)(arguments))
    )

"""``lumos marketplace``: each of its subcommands is a module of ``lumosai.cli.marketplace``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from lumosai.cli.parser import Parser, add_json

_MODULES = {"rotate-keys": "rotate_keys", "yank": "change", "quarantine": "change", "archive": "change"}
_USERS = {
    "list": "who may sign in",
    "add": "let somebody sign in",
    "password": "give somebody another password",
    "disable": "let somebody sign in no longer",
}
_NAMESPACES = {
    "list": "whose they are",
    "add": "give one to somebody",
    "approve": "believe a claim without a proof",
    "allow": "allow the name of a plugin that was refused as too near to another's",
}
_PUBLISHERS = {"list": "who they are", "add": "register one", "remove": "take one's right away"}
_TOKENS = {"list": "what there is", "add": "make one, and show it once", "remove": "make one worthless"}
_ADVISORIES = {"list": "what there is", "add": "publish one", "withdraw": "say that one was wrong"}
_GITHUB = "https://token.actions.githubusercontent.com"
_PARTS = ("root", "ca", "ct", "log", "tsa", "oidc", "tuf-root", "tuf-targets", "tuf-snapshot", "tuf-timestamp")


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(
        [
            "lumos marketplace init --url https://plugins.example.org",
            "lumos marketplace user add dev@example.org",
            "lumos marketplace serve",
        ]
    )
    group = parser.subcommands()
    for add in (_init, _serve, _user, _namespace, _publisher, _token, _changes, _advisory, _audit, _rotate, _expires):
        add(parser, group)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand."""
    name = _MODULES.get(arguments.subcommand, arguments.subcommand)
    return int(import_module(f"lumosai.cli.marketplace.{name}").run(arguments))


def _init(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "init",
        "make what an index needs: settings, tables, keys, a sigstore instance",
        ["lumos marketplace init", "lumos marketplace init --url https://plugins.example.org --data /var/lib/lumos"],
    )
    made.add_argument("--url", metavar="URL", help="the URL that clients will use (default: this machine's own)")
    made.add_argument("--data", metavar="FOLDER", help="where everything is kept (default: marketplace-data)")
    made.add_argument("--passphrase", metavar="REFERENCE", help="protect the keys with it: env:NAME or file:path")
    _common(made)


def _serve(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "serve",
        "serve the index, in the foreground",
        ["lumos marketplace serve", "lumos marketplace serve --port 8643"],
    )
    made.add_argument("--host", metavar="ADDRESS", help="where to listen (default: [server] host)")
    made.add_argument("--port", metavar="PORT", type=int, help="the port (default: [server] port)")
    _config(made)


def _user(parser: Parser, group: object) -> None:
    examples = ["lumos marketplace user", "lumos marketplace user add dev@example.org"]
    made = _acting(parser.add(group, "user", "manage who may sign in", examples), _USERS, "EMAIL", "whom")
    made.add_argument("--admin", action="store_true", help="may run the index over HTTP, too")
    made.add_argument("--password", metavar="REFERENCE", help="env:NAME or file:path (default: it is asked for)")


def _namespace(parser: Parser, group: object) -> None:
    examples = ["lumos marketplace namespace", "lumos marketplace namespace add acme --owner dev@example.org"]
    made = parser.add(group, "namespace", "manage whose names are whose", examples)
    _acting(made, _NAMESPACES, "NAME", "the namespace; to allow a plugin's name, that: acme/weather")
    made.add_argument("--owner", metavar="EMAIL", help="whose it is to be, to add it")


def _publisher(parser: Parser, group: object) -> None:
    examples = [
        "lumos marketplace publisher list acme",
        "lumos marketplace publisher add acme --subject dev@example.org --issuer https://accounts.example.org",
        "lumos marketplace publisher add acme --repository-id 1 --owner-id 2 --workflow .github/workflows/release.yml",
        "lumos marketplace publisher remove acme --id 1",
    ]
    made = parser.add(group, "publisher", "manage whose signatures a namespace takes for its own", examples)
    _acting(made, _PUBLISHERS, "NAMESPACE", "whose")
    made.add_argument("--plugin", metavar="NAME", default="", help="of this plugin only (default: of the namespace)")
    made.add_argument("--issuer", metavar="URL", default=_GITHUB, help=f"who says who they are (default: {_GITHUB})")
    made.add_argument("--subject", metavar="SUBJECT", default="", help="a person: what certificates call them")
    made.add_argument("--repository", metavar="URL", default="", help="a workflow: its repository, for people to read")
    made.add_argument("--repository-id", metavar="NUMBER", default="", help="a workflow: its repository's number")
    made.add_argument(
        "--owner-id", metavar="NUMBER", default="", help="a workflow: the number of the repository's owner"
    )
    made.add_argument("--workflow", metavar="PATH", default="", help="a workflow: .github/workflows/release.yml")
    made.add_argument("--ref", metavar="REF", default="", help="a workflow: refs/tags/* and the like (default: any)")
    made.add_argument("--id", metavar="NUMBER", type=int, help="which one, to remove it")


def _token(parser: Parser, group: object) -> None:
    examples = [
        "lumos marketplace token",
        "lumos marketplace token add dev@example.org --project acme-weather",
        "lumos marketplace token remove --id 1",
    ]
    made = _acting(parser.add(group, "token", "manage upload tokens", examples), _TOKENS, "EMAIL", "whose, to add one")
    made.add_argument(
        "--project", metavar="NAME", action="append", default=[], help="what it is for: acme-weather, acme-*"
    )
    made.add_argument("--days", metavar="COUNT", type=int, default=90, help="how long it is good (default: 90)")
    made.add_argument("--label", metavar="TEXT", default="", help="what it is called")
    made.add_argument("--id", metavar="NUMBER", type=int, help="which one, to remove it")


def _changes(parser: Parser, group: object) -> None:
    whole, one = "acme/weather", "acme/weather==1.0.0"
    either = f"{one}, or {whole} for the whole plugin"
    for name, what, example, told in (
        ("yank", "take a version back: nobody begins with it, who has it keeps it", one, f"the version: {one}"),
        ("quarantine", "hide a version, or a whole plugin, and revoke it on every host", one, either),
        ("archive", "take no new versions of a plugin", whole, f"the plugin: {whole}"),
    ):
        made = parser.add(group, name, what, [f"lumos marketplace {name} {example} --reason 'it leaks'"])
        made.add_argument("name", metavar="NAME", help=told)
        made.add_argument("--reason", metavar="TEXT", default="", help="told to everybody who asks for it")
        made.add_argument("--undo", action="store_true", help="take that back")
        _common(made)


def _advisory(parser: Parser, group: object) -> None:
    examples = [
        "lumos marketplace advisory list acme/weather",
        "lumos marketplace advisory add acme/weather --fixed 1.2.1 --severity high --summary 'it tells where you are'",
        "lumos marketplace advisory add --file advisory.json",
        "lumos marketplace advisory withdraw LUMOS-2345-6789-cfgh",
    ]
    made = parser.add(group, "advisory", "tell what is wrong with versions of a plugin", examples)
    _acting(made, _ADVISORIES, "NAME", "the plugin; to withdraw an advisory, its id")
    made.add_argument("--summary", metavar="TEXT", help="what is wrong, in a line")
    made.add_argument("--details", metavar="TEXT", default="", help="all there is to say, in Markdown")
    made.add_argument("--introduced", metavar="VERSION", help="the first affected version (default: the first of all)")
    made.add_argument("--fixed", metavar="VERSION", help="the first version that is affected no longer")
    made.add_argument("--version", metavar="VERSION", action="append", default=[], help="just this one is affected")
    made.add_argument("--severity", choices=("low", "moderate", "high", "critical"), help="how bad it is")
    made.add_argument("--alias", metavar="ID", action="append", default=[], help="what others call it: CVE-2026-1234")
    made.add_argument("--link", metavar="URL", action="append", default=[], help="a page about it")
    made.add_argument("--file", metavar="FILE", help="all of that in the OSV format, instead")
    made.add_argument("--limit", metavar="COUNT", type=int, default=50, help="how many to list (default: 50)")


def _audit(parser: Parser, group: object) -> None:
    made = parser.add(
        group, "audit", "show who did what", ["lumos marketplace audit", "lumos marketplace audit acme/weather"]
    )
    made.add_argument("name", metavar="SUBJECT", nargs="?", help="a plugin, a namespace or a person")
    made.add_argument("--limit", metavar="COUNT", type=int, default=50, help="how many lines (default: 50)")
    _common(made)


def _rotate(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "rotate-keys",
        "give a part of the sigstore instance, or of the TUF repository, a new key",
        ["lumos marketplace rotate-keys ca", "lumos marketplace rotate-keys tuf-root --offline /media/keys"],
    )
    made.add_argument("part", metavar="PART", choices=_PARTS, help=", ".join(_PARTS))
    made.add_argument("--retire", action="store_true", help="trust what the earlier key signs from now on no longer")
    _offline(made)
    _common(made)


def _expires(parser: Parser, group: object) -> None:
    made = parser.add(
        group,
        "expires",
        "tell when the TUF metadata expire, without which clients believe nothing; or sign the root anew",
        ["lumos marketplace expires", "lumos marketplace expires --renew --offline /media/keys"],
    )
    made.add_argument("--renew", action="store_true", help="sign the root anew, with the keys it has")
    _offline(made)
    _common(made)


def _offline(made: Parser) -> None:
    made.add_argument(
        "--offline", metavar="FOLDER", help="where the TUF root's keys are (default: tuf/offline of data)"
    )


def _acting(made: Parser, actions: Mapping[str, str], metavar: str, told: str) -> Parser:
    """Declare what can be done, the first of which is done where nothing is said, and to whom."""
    listed = "; ".join(f"{action}: {meaning}" for action, meaning in actions.items())
    made.add_argument("action", choices=tuple(actions), nargs="?", default="list", metavar="ACTION", help=listed)
    made.add_argument("name", metavar=metavar, nargs="?", help=told)
    _common(made)
    return made


def _common(parser: Any) -> None:
    _config(parser)
    add_json(parser)


def _config(parser: Any) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="the settings (default: $LUMOS_MARKETPLACE_CONFIG, or marketplace.toml in this folder)",
    )

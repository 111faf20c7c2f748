"""The subcommands of ``lumos plugin`` that deal with marketplaces, as the parser knows them."""

from __future__ import annotations

from lumosai.cli.exits import MEANINGS, REFUSED
from lumosai.cli.parser import Parser, add_config, add_json

_REFUSED = {REFUSED: MEANINGS[REFUSED]}


def add_search(parser: Parser, group: object) -> None:
    """Declare ``search``."""
    made = parser.add(
        group,
        "search",
        "search an index for plugins",
        ["lumos plugin search weather", "lumos plugin search pdf --kind tool --json"],
    )
    made.add_argument("words", metavar="WORD", nargs="+", help="what to look for")
    made.add_argument("--kind", metavar="KIND", help="only plugins that bring this kind: tool, provider, storage, …")
    made.add_argument("--limit", metavar="COUNT", type=int, default=20, help="how many to show (default: 20)")
    _index(made)
    add_config(made)
    add_json(made)


def add_install(parser: Parser, group: object) -> None:
    """Declare ``install``."""
    made = parser.add(
        group,
        "install",
        "install signed plugins: verified, or not at all",
        [
            "lumos plugin install acme/weather",
            "lumos plugin install acme/weather==1.2 --index https://plugins.example.org/",
            "lumos plugin install ./dist/acme_words-1.0.0-py3-none-any.whl",
            "lumos plugin install --locked",
        ],
        exits=_REFUSED,
    )
    made.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="what to install: a plugin of an index; or ./FILE.whl or ./FOLDER, your own, which you sign by it"
        " (default: all that lumos.lock names)",
    )
    made.add_argument("--locked", action="store_true", help="refuse whatever would change lumos.lock")
    made.add_argument("--native", action="store_true", help="let in native code, in plugins that are not sandboxed")
    _changing(made)


def add_update(parser: Parser, group: object) -> None:
    """Declare ``update``."""
    made = parser.add(
        group,
        "update",
        "bring installed plugins to their newest version",
        ["lumos plugin update", "lumos plugin update acme/weather --yes"],
        exits=_REFUSED,
    )
    made.add_argument("names", metavar="NAME", nargs="*", help="what to update (default: all that lumos.lock names)")
    _changing(made, index=False)


def add_rollback(parser: Parser, group: object) -> None:
    """Declare ``rollback``."""
    made = parser.add(
        group,
        "rollback",
        "bring an installed plugin back to an earlier version",
        ["lumos plugin rollback acme/weather", "lumos plugin rollback acme/weather --to 1.2.0"],
        exits=_REFUSED,
    )
    made.add_argument("name", metavar="NAME", help="the plugin")
    made.add_argument("--to", metavar="VERSION", help="the version (default: the one before)")
    _changing(made, index=False, pre=False)


def add_remove(parser: Parser, group: object) -> None:
    """Declare ``remove``."""
    made = parser.add(
        group, "remove", "remove plugins that came from a marketplace", ["lumos plugin remove acme/weather"]
    )
    made.add_argument("names", metavar="NAME", nargs="+", help="what to remove")
    add_config(made)
    add_json(made)


def add_verify(parser: Parser, group: object) -> None:
    """Declare ``verify``."""
    made = parser.add(
        group,
        "verify",
        "verify installed plugins once more: files, signatures, rules; without a network",
        ["lumos plugin verify", "lumos plugin verify acme/weather --json"],
        exits=_REFUSED,
    )
    made.add_argument("names", metavar="NAME", nargs="*", help="what to verify (default: all that lumos.lock names)")
    add_config(made)
    add_json(made)


def add_audit(parser: Parser, group: object) -> None:
    """Declare ``audit``."""
    made = parser.add(
        group,
        "audit",
        "ask the indexes about installed plugins: advisories, yanks, quarantine, revocations",
        ["lumos plugin audit", "lumos plugin audit --json"],
        exits={1: "something should not stay as it is, or could not be told", **_REFUSED},
    )
    add_config(made)
    add_json(made)


def add_lock(parser: Parser, group: object) -> None:
    """Declare ``lock``."""
    made = parser.add(
        group,
        "lock",
        "show what lumos.lock says, and whether the store holds it",
        ["lumos plugin lock", "lumos plugin lock --check"],
        exits={1: "with --check: the store does not hold what the lock says"},
    )
    made.add_argument("--check", action="store_true", help="let the exit code tell whether the store holds all of it")
    add_config(made)
    add_json(made)


def add_bundle(parser: Parser, group: object) -> None:
    """Declare ``bundle``."""
    made = parser.add(
        group,
        "bundle",
        "pack installed plugins, with all that proves them, for a machine without a network",
        ["lumos plugin bundle --out plugins.tar", "lumos plugin bundle acme/weather --since their/lumos.lock"],
        exits=_REFUSED,
    )
    made.add_argument("names", metavar="NAME", nargs="*", help="what to pack (default: all that lumos.lock names)")
    made.add_argument(
        "--out", metavar="FILE", default="lumos-plugins.tar", help="the file (default: lumos-plugins.tar)"
    )
    made.add_argument(
        "--since", metavar="FILE", help="the other machine's lumos.lock: the log's growth since is proven"
    )
    add_config(made)
    add_json(made)


def add_import(parser: Parser, group: object) -> None:
    """Declare ``import``."""
    made = parser.add(
        group,
        "import",
        "install plugins from a bundle, verified as from an index",
        ["lumos plugin import lumos-plugins.tar"],
        exits=_REFUSED,
    )
    made.add_argument("file", metavar="FILE", help="the bundle")
    made.add_argument("names", metavar="NAME", nargs="*", help="what to install of it (default: everything)")
    _changing(made, index=False, pre=False)


def add_sign(parser: Parser, group: object) -> None:
    """Declare ``sign``."""
    made = parser.add(
        group,
        "sign",
        "sign a plugin's wheel with your identity",
        [
            "lumos plugin sign",
            "lumos plugin sign dist/acme_weather-1.0.0-py3-none-any.whl",
            "lumos plugin sign --local dist/acme_weather-1.0.0-py3-none-any.whl",
        ],
        exits=_REFUSED,
    )
    made.add_argument(
        "--local", action="store_true", help="sign it as yours for this machine alone, with keys that stay on it"
    )
    _what(made)


def add_publish(parser: Parser, group: object) -> None:
    """Declare ``publish``."""
    made = parser.add(
        group,
        "publish",
        "build, sign and upload a plugin, and follow it until it is there for everybody",
        ["lumos plugin publish", "lumos plugin publish ./weather --index https://plugins.example.org/"],
        exits=_REFUSED,
    )
    _what(made)


def add_yank(parser: Parser, group: object) -> None:
    """Declare ``yank``."""
    made = parser.add(
        group,
        "yank",
        "take a version of your plugin out of everybody's choice, or put it back",
        ["lumos plugin yank acme/weather 1.0.0 --reason 'wrong units'", "lumos plugin yank acme/weather 1.0.0 --undo"],
        exits=_REFUSED,
    )
    made.add_argument("name", metavar="NAME", help="the plugin")
    made.add_argument("version", metavar="VERSION", help="the version")
    made.add_argument("--reason", metavar="TEXT", default="", help="why, for those who have it")
    made.add_argument("--undo", action="store_true", help="put it back")
    _index(made)
    add_config(made)
    add_json(made)


def add_namespace(parser: Parser, group: object) -> None:
    """Declare ``namespace``."""
    made = parser.add(
        group,
        "namespace",
        "claim the first half of your plugins' names at an index, and prove that it is yours",
        [
            "lumos plugin namespace",
            "lumos plugin namespace acme",
            "lumos plugin namespace acme --prove dns:acme.example",
        ],
        exits=_REFUSED,
    )
    made.add_argument(
        "name", metavar="NAME", nargs="?", help="the namespace to claim or to look at (default: list yours)"
    )
    made.add_argument(
        "--prove", metavar="METHOD:TARGET", help="have the index look for the proof that it has asked for"
    )
    _index(made)
    add_config(made)
    add_json(made)


def add_login(parser: Parser, group: object) -> None:
    """Declare ``login``."""
    made = parser.add(
        group,
        "login",
        "sign in to an index, with a browser on this or any other device",
        ["lumos plugin login --index https://plugins.example.org/", "lumos plugin login --out"],
    )
    made.add_argument("--out", action="store_true", help="forget the sign-in")
    _index(made)
    add_config(made)
    add_json(made)


ADD = (
    add_search,
    add_install,
    add_update,
    add_rollback,
    add_remove,
    add_verify,
    add_audit,
    add_lock,
    add_bundle,
    add_import,
    add_sign,
    add_publish,
    add_yank,
    add_namespace,
    add_login,
)


def _what(made: Parser) -> None:
    made.add_argument(
        "what", metavar="WHAT", nargs="?", default=".", help="a wheel, or the plugin's folder to build it of"
    )
    made.add_argument(
        "--token", metavar="FILE", help="a file with an identity token (default: the machine's, or login)"
    )
    _index(made)
    add_config(made)
    add_json(made)


def _changing(made: Parser, *, index: bool = True, pre: bool = True) -> None:
    made.add_argument(
        "-y", "--yes", action="store_true", help="ask nothing: grant what lumos-trust.toml allows, and no more"
    )
    if pre:
        made.add_argument("--pre", action="store_true", help="take pre-releases too")
    if index:
        _index(made)
    add_config(made)
    add_json(made)


def _index(made: Parser) -> None:
    made.add_argument("--index", metavar="URL", help="the index (default: as lumos.toml or lumos.lock says)")

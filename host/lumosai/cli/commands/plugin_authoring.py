"""The subcommands of ``lumos plugin`` for those who write plugins, as the parser knows them."""

from __future__ import annotations

from lumosai.cli.exits import CRASHED, DENIED, LIMIT, MEANINGS
from lumosai.cli.parser import Parser, add_config, add_json

LANGUAGES = ("python", "js", "c", "zig", "rust")
_ALSO = {"ts": "js", "typescript": "js", "javascript": "js", "py": "python", "rs": "rust"}
RUNTIMES = ("python", "wasm", "both")


def add_new(parser: Parser, group: object) -> None:
    """Declare ``new``."""
    made = parser.add(
        group,
        "new",
        "begin a plugin: code, manifest and tests that work",
        [
            "lumos plugin new weather --lang python",
            "lumos plugin new acme/digest --lang zig --folder ./digest --yes",
            "lumos plugin new convert --from convert.wasm",
        ],
    )
    made.add_argument("name", metavar="NAME", help="what it is called: weather; or acme/weather, to publish it as that")
    made.add_argument(
        "--lang", type=_language, choices=LANGUAGES, help=f"its language: {', '.join(LANGUAGES)} (default: python)"
    )
    made.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        help="make it of a component that was written for something else: its plain functions become tools",
    )
    made.add_argument("--folder", metavar="FOLDER", help="where to make it (default: ./NAME)")
    made.add_argument("-y", "--yes", action="store_true", help="ask nothing; take the defaults for what is not given")
    add_json(made)


def _language(name: str) -> str:
    """Return a language as it is called here."""
    return _ALSO.get(name.lower(), name.lower())


def add_dev(parser: Parser, group: object) -> None:
    """Declare ``dev``."""
    made = parser.add(
        group,
        "dev",
        "build and load a plugin anew whenever you save, and show its log",
        [
            "lumos plugin dev",
            "lumos plugin dev ./weather",
            """lumos plugin dev --call weather.now --with '{"city": "Rome"}'""",
        ],
        exits={0: "stopped by Ctrl-C or SIGTERM, everything closed"},
    )
    _folder(made)
    made.add_argument("--call", metavar="TOOL", help="call this tool after each build, and show what it answers")
    made.add_argument(
        "--with", dest="arguments", metavar="JSON", default="{}", help="the arguments of --call (default: {})"
    )
    made.add_argument(
        "--runtime",
        choices=RUNTIMES[:2],
        help="load the sources as they are (python), or what is built from them (wasm, the default for all but Python)",
    )
    made.add_argument("--alone", action="store_true", help="use a host of its own even where one runs already")
    add_config(made)


def add_build(parser: Parser, group: object) -> None:
    """Declare ``build``."""
    made = parser.add(
        group,
        "build",
        "build a plugin: WebAssembly component, manifest, wheel",
        ["lumos plugin build", "lumos plugin build ./weather --out dist --json", "lumos plugin build --check"],
    )
    _folder(made)
    made.add_argument("--out", metavar="FOLDER", help="where the results go (default: dist in the plugin's folder)")
    made.add_argument("--check", action="store_true", help="build twice, and fail where the results differ")
    made.add_argument("--no-compile", action="store_true", help="leave the compiling to the first call")
    add_json(made)


def add_test(parser: Parser, group: object) -> None:
    """Declare ``test``."""
    made = parser.add(
        group,
        "test",
        "run a plugin's tests, on its sources and on what is built from them",
        ["lumos plugin test", "lumos plugin test ./weather --runtime wasm", "lumos plugin test -- -k rome -x"],
    )
    _folder(made)
    made.add_argument(
        "--runtime",
        choices=RUNTIMES,
        help="where the plugin runs in the tests (default: both for Python, else wasm)",
    )
    made.add_argument("--no-build", action="store_true", help="test what was built before")
    made.passes_on = True
    made.usage = (
        "lumos plugin test [-h] [--runtime {python,wasm,both}] [--no-build]\n" + " " * 25 + "[FOLDER] [-- PYTEST …]"
    )
    made.description = f"{made.description}\nWhat stands after -- is handed to pytest."


def add_inspect(parser: Parser, group: object) -> None:
    """Declare ``inspect``."""
    made = parser.add(
        group,
        "inspect",
        "tell what a WebAssembly file is and would need, without running any of it",
        ["lumos plugin inspect hash.wasm", "lumos plugin inspect hash.wasm --json"],
        exits={CRASHED: "it cannot run here; the output says why"},
    )
    made.add_argument("wasm", metavar="FILE", help="the component")
    add_config(made)
    add_json(made)


def add_run(parser: Parser, group: object) -> None:
    """Declare ``run``."""
    made = parser.add(
        group,
        "run",
        "call a function of a component, with the rights you name and no others",
        [
            'lumos plugin run hash.wasm sha256 \'{"text": "hi"}\'',
            "lumos plugin run weather.wasm weather.now @rome.json \\",
            "    --allow-http 'GET https://api.example.org/*'",
        ],
        exits={c: MEANINGS[c] for c in (DENIED, LIMIT, CRASHED)},
    )
    made.add_argument("wasm", metavar="FILE", help="the component")
    made.add_argument("function", metavar="FUNCTION", nargs="?", help="a tool's id or an exported function's name")
    made.add_argument("arguments", metavar="JSON", nargs="?", help="its arguments; @FILE or - to read them")
    _rights(made)
    made.add_argument("--memory", metavar="SIZE", help="the memory it may use, such as 64MiB")
    made.add_argument("--time", metavar="TIME", help="the time a call may take, such as 2s")
    made.add_argument("--tier", choices=("jail", "process"), help="where it runs (default: as lumos.toml says)")
    add_config(made)
    add_json(made)


def _rights(made: Parser) -> None:
    rights = made.add_argument_group("rights", "what the component may do; each may be given several times")
    for flag, metavar, text in (
        ("--allow-http", "RULE", "web requests: 'GET https://api.example.org/v1/*'; a bare URL means GET"),
        ("--allow-file", "RULE", "a folder: 'read ./docs' or 'write ./out'; a bare folder means read"),
        ("--allow-env", "NAME", "an environment variable"),
        ("--allow-tool", "ID", "a tool of the host that lumos.toml describes"),
        ("--allow-model", "NAME", "a model of that host, such as openai/gpt-5"),
        ("--secret", "NAME=REF", "a secret for an allowed host: 'key=env:KEY', or 'key=env:KEY to api.example.org'"),
    ):
        rights.add_argument(flag, metavar=metavar, action="append", default=[], help=text)
    for flag, text in (
        ("--kv", "keep small values, for this call alone"),
        ("--clock", "know the time"),
        ("--random", "get random numbers"),
    ):
        rights.add_argument(flag, action="store_true", help=text)


def _folder(made: Parser) -> None:
    made.add_argument("folder", metavar="FOLDER", nargs="?", default=".", help="the plugin (default: this folder)")

"""``lumos plugin new``: a plugin that works, to be made one's own."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from lumosai.cli import style
from lumosai.cli.commands.plugin_authoring import LANGUAGES
from lumosai.cli.exits import OK
from lumosai.cli.output import say, say_json, tell

_ABOUT = {
    "python": "runs as it is while you write it, and as a component once it is built",
    "js": "JavaScript or TypeScript",
    "c": "small and fast",
    "zig": "small and fast",
    "rust": "small and fast",
}


def run(arguments: argparse.Namespace) -> int:
    """Make the plugin. Raises InputError, ConflictError when something is there already."""
    from lumosai_sdk.building.scaffold import scaffold

    namespace, name = _checked(arguments.name)
    folder = Path(arguments.folder or name)
    _check_free(folder)
    if arguments.source:
        from lumosai.cli.plugins.adopt import adopt

        language, made = "component", sorted(adopt(name, arguments.source, folder, namespace))
    else:
        language = arguments.lang or _chosen(yes=arguments.yes or arguments.json)
        made = sorted(scaffold(name, language, folder, namespace))
    if arguments.json:
        say_json({"name": name, "language": language, "folder": str(folder.absolute()), "files": _names(made, folder)})
        return OK
    for path in made:
        say(f"{style.paint('made', style.GREEN)} {path}")
    where = "" if folder.absolute() == Path.cwd() else f"  cd {shlex.quote(str(folder))}\n"
    then = (
        f"  pip install {shlex.quote(str(folder))}"
        if arguments.source
        else f"{where}  lumos plugin test\n  lumos plugin dev"
    )
    say(f"\nnext:\n{then}")
    return OK


def _names(paths: list[Path], folder: Path) -> list[str]:
    return [str(p.relative_to(folder)) for p in paths]


def _checked(name: str) -> tuple[str, str]:
    """Return namespace and name of ``weather`` or ``acme/weather``. Raises InputError."""
    from lumosai_sdk.building.scaffold import NAMESPACE, NAMESPACES
    from lumosai_sdk.errors import InputError
    from lumosai_sdk.manifest import NAME

    namespace, slash, plugin = name.rpartition("/")
    if not re.fullmatch(NAME, plugin) or (slash and not re.fullmatch(NAMESPACES, namespace)):
        raise InputError(
            f"{name!r} is no name for a plugin: lower case letters, digits and dashes, a letter first;"
            " before it a namespace and a slash, if it is to be published",
            hint=f"lumos plugin new {_tamed(name)}",
        )
    return namespace or NAMESPACE, plugin


def _tamed(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:64] or "my-plugin"


def _check_free(folder: Path) -> None:
    """Raise ConflictError for a folder with something in it: nothing of it must be lost."""
    from lumosai_sdk.errors import ConflictError

    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(
            f"there is something already: {folder}", hint="--folder makes it elsewhere; nothing was touched"
        )


def _chosen(*, yes: bool) -> str:
    """Return the language: asked for where somebody is there, else Python."""
    if yes or not style.is_tty(sys.stdin):
        return LANGUAGES[0]
    tell("In which language?")
    for number, language in enumerate(LANGUAGES, 1):
        tell(f"  {number}  {language:<8} {style.paint(_ABOUT[language], style.DIM, sys.stderr)}")
    while True:
        sys.stderr.write(f"language [{LANGUAGES[0]}]: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        answer = line.strip().lower() or LANGUAGES[0]
        if answer.isdecimal() and 1 <= int(answer) <= len(LANGUAGES):
            return LANGUAGES[int(answer) - 1]
        if answer in LANGUAGES:
            return answer
        tell(f"{answer!r} is none of them")

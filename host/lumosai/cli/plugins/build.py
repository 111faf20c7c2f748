"""``lumos plugin build``: from a folder of sources to a wheel that may be handed on."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import pairs, say, say_json
from lumosai.cli.plugins.compiling import compiled
from lumosai.cli.plugins.making import make
from lumosai.cli.plugins.progress import Clock, Steps, in_bytes, steps
from lumosai.cli.plugins.source import source
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Artefact
    from lumosai_sdk.building import Built


def run(arguments: argparse.Namespace) -> int:
    """Build the plugin. Raises LumosError: a missing tool is named with the command that installs it."""
    where = source(Path(arguments.folder))
    if not where.buildable:
        raise InputError(
            f"{where.folder} is a package without a pyproject.toml: it runs as it is, there is nothing to build",
            hint=f"lumos plugin new {where.manifest.name} makes a folder that can be built",
        )
    out = Path(arguments.out) if arguments.out else None
    clock = Clock()
    with steps(f"building {where.manifest.name}") as told:
        made = make(where.folder, out, told)
        seconds = str(clock)
        differing = _differing(where.folder, made, told) if arguments.check else []
        artefact = None if arguments.no_compile else _warmed(made.wasm, told)
    report = {**described(made, artefact), "time": seconds}
    if arguments.check:
        report["reproducible"] = not differing
        report["differing"] = differing
    if arguments.json:
        say_json(report)
    else:
        _show(report)
    return FAILURE if differing else OK


def described(made: Built, artefact: Artefact | None) -> dict[str, Any]:
    """Return what is told of a finished build."""
    from lumosai_sdk.manifest import load

    manifest = load(made.manifest)
    contributes = {k: [c.id for c in v] for k, v in manifest.contributes if v}
    return {
        "name": manifest.name,
        "version": manifest.version,
        "files": [fact(f) for f in (made.wheel, made.wasm, made.manifest) if f is not None],
        "contributes": contributes,
        "permissions": manifest.permissions,
        "imports": None if artefact is None else list(artefact.shape.imports),
    }


def fact(path: Path) -> dict[str, Any]:
    """Return a file's name, size in bytes and SHA-256."""
    data = path.read_bytes()
    return {"path": str(path), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _warmed(wasm: Path, told: Steps) -> Artefact:
    """Compile a component as the first call would, and keep what comes out. Raises UnfitComponentError."""
    told(f"compiling {wasm.name}, as the first call would")
    return asyncio.run(compiled(wasm))


def _differing(folder: Path, made: Built, told: Steps) -> list[str]:
    """Build a second time, elsewhere; return the files that came out otherwise."""
    told("building a second time, to compare")
    with TemporaryDirectory(prefix="lumos-check-") as other:
        again = make(folder, Path(other), told)
        couples = ((made.wasm, again.wasm), (made.manifest, again.manifest), (made.wheel, again.wheel))
        return [a.name for a, b in couples if a is not None and (b is None or a.read_bytes() != b.read_bytes())]


def _show(report: dict[str, Any]) -> None:
    from lumosai.cli.plugins.info import in_words
    from lumosai_sdk.permissions import Permissions

    say(f"{style.paint('built', style.GREEN)} {report['name']} {report['version']} in {report['time']}\n")
    for made in report["files"]:
        say(f"  {style.paint(shown(made['path']), style.BOLD)}  {in_bytes(made['size'])}")
        if not made["path"].endswith(".toml"):
            say(style.paint(f"    sha256 {made['sha256']}", style.DIM))
    say()
    gives = [f"{kind} {name}" for kind, ids in report["contributes"].items() for name in ids]
    asked = in_words(Permissions.from_json(report["permissions"]))
    rows = [("gives", "\n".join(gives) or "nothing"), ("asks to", "\n".join(asked) or "do nothing but compute")]
    if report["imports"] is not None:
        rows.append(("imports", ", ".join(sorted(short(i) for i in report["imports"])) or "nothing"))
    pairs(rows, "  ")
    if "reproducible" in report:
        _show_check(report["differing"])
    sys.stdout.flush()


def _show_check(differing: list[str]) -> None:
    if differing:
        say(f"\n{style.paint('✗', style.RED)} a second build differs in: {', '.join(differing)}")
    else:
        say(f"\n{style.paint('✓', style.GREEN)} a second build gave the same bytes")


def short(interface: str) -> str:
    """Return ``kv`` for ``lumos:plugin/kv@1.0.0``, and any other interface's name as it is."""
    from lumosai_sdk.wit import PACKAGE

    return interface.removeprefix(f"{PACKAGE}/").partition("@")[0] if interface.startswith(PACKAGE) else interface


def shown(path: str) -> str:
    """Return a path from here where that is shorter."""
    full = Path(path).absolute()
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(full)

"""``lumos plugin inspect``: what a component is and would need. None of its code is run."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import CRASHED, OK
from lumosai.cli.output import pairs, say, say_json
from lumosai.cli.plugins.build import fact, short
from lumosai.cli.plugins.compiling import UnfitComponentError, compiled, component, is_large
from lumosai.cli.plugins.info import TIERS
from lumosai.cli.plugins.progress import Steps, in_bytes, steps
from lumosai.cli.plugins.schematext import signature
from lumosai.cli.plugins.tiers import decided, policy
from lumosai.config.load import load
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Shape

_KINDS = {
    "plugin": "a plugin for LumosAI",
    "component": "a component that was not made for LumosAI; its functions become tools",
}
_WASI = "linked but empty: no files, variables, arguments, streams or network"


def run(arguments: argparse.Namespace) -> int:
    """Show the component. Raises InputError for a file that cannot be read, MissingExtraError."""
    path = component(arguments.wasm)
    with steps(f"looking at {path.name}", lines=is_large(path), announced=False) as told:
        report = asyncio.run(_report(path, arguments.config, told))
    if arguments.json:
        say_json(report)
    else:
        _show(report)
    return OK if report["runs"] else CRASHED


async def _report(path: Path, explicit: str | None, told: Steps) -> dict[str, Any]:
    from lumosai_sandbox.fit import needed

    loaded = load(explicit)
    report: dict[str, Any] = fact(path)
    try:
        artefact = await compiled(path, policy(loaded).cache, told)
    except UnfitComponentError as e:
        return {**report, "runs": False, "why": e.message}
    shape = artefact.shape
    where, why = decided(shape, policy(loaded))
    if shape.unmet:
        where, why = "refused", f"it imports what this host does not offer: {', '.join(shape.unmet)}"
    return {
        **report,
        "runs": where != "refused",
        "tier": where,
        "why": why,
        "kind": "plugin" if shape.ours else "component",
        "wasi": shape.wasi,
        "imports": list(shape.imports),
        "exports": list(shape.exports),
        "unmet": list(shape.unmet),
        "functions": _functions_of(path, shape),
        "skipped": [{"name": name, "why": why} for name, why in shape.skipped],
        "permissions": list(needed(shape).values()) if shape.ours else [],
    }


def _functions_of(path: Path, shape: Shape) -> list[dict[str, Any]]:
    """Return its plain functions; of a plugin, which would have to run to tell, the tools of the manifest beside it."""
    from lumosai.cli.plugins.guest import declared, exported

    found = declared(path) if shape.ours else exported(shape)
    return [
        {
            "name": f.id,
            "description": f.description,
            "parameters": list(f.parameters),
            "input_schema": f.input_schema,
            "output_schema": f.output_schema,
        }
        for f in found
    ]


def _show(report: dict[str, Any]) -> None:
    mark = style.paint("✓", style.GREEN) if report["runs"] else style.paint("✗", style.RED)
    name = Path(report["path"]).name
    if "kind" not in report:
        say(f"{mark} {safe.line(name)}\n")
        pairs([*_file(report), ("refused", report["why"])], "  ")
        return
    say(f"{mark} {safe.line(name)}: {_KINDS[report['kind']]}\n")
    pairs(
        [
            *_file(report),
            ("runs in", f"{TIERS[report['tier']]} ({report['why']})"),
            ("imports", _listed(report["imports"])),
            ("exports", _listed(report["exports"])),
            *([("WASI", _WASI)] if report["wasi"] else []),
        ],
        "  ",
    )
    _functions(report)
    _rights(report)
    sys.stdout.flush()


def _file(report: dict[str, Any]) -> list[tuple[str, Any]]:
    return [("size", in_bytes(report["size"])), ("sha256", report["sha256"])]


def _listed(names: list[str]) -> str:
    ours = [short(n) for n in names if short(n) != n]
    return "\n".join([*([", ".join(ours)] if ours else []), *(n for n in names if short(n) == n)]) or "nothing"


def _functions(report: dict[str, Any]) -> None:
    if report["functions"]:
        title = "functions" if report["kind"] == "component" else "tools, as the manifest beside it has them"
        say(f"\n{style.paint(title, style.BOLD)}")
    for f in report["functions"]:
        for line in _wrapped(safe.line(signature(f["name"], f["input_schema"], f["output_schema"]))):
            say(f"  {line}")
    if report["skipped"]:
        say(f"\n{style.paint('cannot be called', style.BOLD)}")
        pairs([(safe.line(s["name"]), s["why"]) for s in report["skipped"]], "  ")


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(style.width(sys.stdout) - 2, 20), subsequent_indent="    ")


def _rights(report: dict[str, Any]) -> None:
    say(f"\n{style.paint('rights', style.BOLD)}")
    if not report["permissions"]:
        say("  it needs none: it can do nothing but compute")
        return
    say("  its manifest would ask for (what stands in capitals is its author's to say):\n")
    say("\n".join(["    [permissions]", *(f"    {line}" for line in report["permissions"])]))

"""A sandboxed plugin's component, held against its manifest without compiling it."""

from __future__ import annotations

from typing import Any

from lumosai_marketplace.wheels import component
from lumosai_marketplace.wheels.findings import Findings
from lumosai_sandbox import fit
from lumosai_sandbox.artefacts.shape import Shape
from lumosai_sdk import wit
from lumosai_sdk.errors import PluginLoadError
from lumosai_sdk.manifest import Manifest

_OURS = f"{wit.PACKAGE}/"


def check(path: str, wasm: bytes, manifest: Manifest, findings: Findings) -> tuple[str, ...]:
    """Find what the component at *path* imports and its manifest does not ask for. Return the full names it imports."""
    try:
        found = component.read(wasm)
    except component.MalformedError as e:
        findings.add("component", path, str(e))
        return ()
    if odd := [n for n in (*found.imports, *found.exports) if not (n.isascii() and n.isprintable())]:
        findings.add("component", path, f"it has the name {odd[0]!r}")
        return ()
    ours = any(n.startswith(_OURS) for n in found.exports)
    try:
        fit.check(manifest.name, path, _shape(found, ours=ours), _record(manifest, ours=ours))
    except PluginLoadError as e:
        findings.add("component", path, f"{e.why} ({e.hint})" if e.hint else e.why)
    return found.imports


def _shape(found: component.Interfaces, *, ours: bool) -> Shape:
    # What another's component imports beside the contract is answered with refusals: it needs no right.
    unmet = tuple(n for n in found.imports if (ours or n.startswith(_OURS)) and not _is_served(n))
    wasi = any(n.startswith("wasi:") for n in found.imports)
    return Shape(found.imports, found.exports, ours, wasi, unmet=unmet)


def _record(manifest: Manifest, *, ours: bool) -> dict[str, Any]:
    """Return what ``fit`` looks at. The functions of another's component are known to the compiler only."""
    contributes = {k: [{"id": i.id, "target": i.target} for i in v] for k, v in manifest.contributes if v}
    return {"permissions": manifest.permissions, "contributes": contributes if ours else {}}


def _is_served(name: str) -> bool:
    """Tell whether an import is of the contract of this host: of its major version, and no later minor one."""
    interface, _, version = name.removeprefix(_OURS).partition("@")
    try:
        wanted, have = ([int(p) for p in v.split(".")] for v in (version, wit.CURRENT))
    except ValueError:
        return False
    known = name.startswith(_OURS) and interface in wit.imports()
    return known and len(wanted) == len(have) and wanted[0] == have[0] and wanted <= have

"""``read_wheel``: the bytes of a stranger's file in, a plugin that keeps to every rule out. None of it is run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.names import Name
from lumosai_marketplace.statement import PluginFacts
from lumosai_marketplace.wheels import filename as filenames
from lumosai_marketplace.wheels.archive import Archive
from lumosai_marketplace.wheels.findings import Findings
from lumosai_marketplace.wheels.guard import Guard
from lumosai_marketplace.wheels.record import Member

if TYPE_CHECKING:
    from lumosai_sdk.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Wheel:
    """A plugin's wheel that the guard let in.

    ``metadata`` is the METADATA file, ``core`` the same as JSON (PEP 566) without the description, which is
    ``readme``, of the media type ``readme_type``. ``package`` is the import name, which is also the folder.
    ``component`` is the WebAssembly of a sandboxed plugin. ``facts`` say nothing of the source. ``files`` are all
    there are, by path.
    """

    filename: str
    sha256: str
    size: int
    name: Name
    version: str
    requires_python: str
    metadata: bytes
    core: Mapping[str, Any]
    readme: str
    readme_type: str
    manifest: Manifest
    manifest_text: str
    package: str
    component: bytes | None
    facts: PluginFacts
    files: tuple[Member, ...]


def read_wheel(filename: str, data: bytes, *, native: bool = False) -> Wheel:
    """Read a wheel without running or importing any of it; *native* lets in native code, in plugins in Python.

    Raises RefusedError with the rule of the first finding (``guard.pth``, …), and all of them in its message.
    """
    findings = Findings(filename)
    label = filenames.parse(filename, findings, native=native)
    archive = Archive.open(data, findings)
    guard = Guard(label, archive, findings, native=native)
    guard.look()
    component, world = _component(guard, findings)
    findings.check()
    if guard.manifest is None:
        raise AssertionError("a missing manifest is a finding")
    return Wheel(
        filename=filename,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        name=label.name,
        version=label.version,
        requires_python=guard.core.requires_python,
        metadata=guard.kept[f"{label.info}/METADATA"],
        core=guard.core.fields,
        readme=guard.core.readme,
        readme_type=guard.core.readme_type,
        manifest=guard.manifest,
        manifest_text=guard.manifest_text,
        package=label.project,
        component=component,
        facts=_facts(guard, guard.manifest, world),
        files=tuple(guard.members[name] for name in sorted(guard.members)),
    )


def _component(guard: Guard, findings: Findings) -> tuple[bytes | None, tuple[str, ...]]:
    manifest = guard.sandboxed
    if manifest is None:
        return None, ()
    path = f"{guard.label.project}/{manifest.module}"
    wasm = guard.kept.get(path)
    if wasm is None:
        findings.add("component", path, "it is missing, or cannot be read")
        return None, ()
    from lumosai_marketplace.wheels import sandboxed

    return wasm, sandboxed.check(path, wasm, manifest, findings)


def _facts(guard: Guard, manifest: Manifest, world: tuple[str, ...]) -> PluginFacts:
    sandboxed = guard.sandboxed
    return PluginFacts(
        name=guard.label.name.screen,
        version=manifest.version,
        runtime=manifest.runtime,
        api=manifest.api,
        permissions=manifest.permissions,
        wasm_sha256="" if sandboxed is None else guard.members[f"{guard.label.project}/{sandboxed.module}"].sha256,
        world=world,
    )

"""``lumos-plugin.toml`` of a wheel: one, where it belongs, and of the plugin that the file's name says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lumosai_marketplace.wheels import texts
from lumosai_marketplace.wheels.filename import Label
from lumosai_marketplace.wheels.findings import Findings
from lumosai_marketplace.wheels.metadata import is_link
from lumosai_sdk.errors import ManifestError
from lumosai_sdk.manifest import FILE_NAME, Manifest, parse

MAX_BYTES = 512 * 1024
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
__all__ = ["FILE_NAME", "MAX_BYTES", "check_single", "check_targets", "read"]


def check_single(path: str, names: Collection[str], findings: Findings) -> None:
    """Find manifests beside the one at *path*, and that one missing."""
    for name in names:
        if name != path and name.rpartition("/")[2].lower() == FILE_NAME:
            findings.add("several", name, f"it is another manifest than {path}")
    if path not in names:
        findings.add("manifest", path, "it is missing")


def read(path: str, data: bytes, label: Label, findings: Findings) -> Manifest | None:
    """Read the manifest at *path* and hold it against the file's name; None, with a finding, where it is none."""
    try:
        manifest = parse(data, label.name.plugin, path)
    except ManifestError as e:
        findings.add("manifest", path, e.why)
        return None
    if manifest.name != label.name.plugin:
        findings.add("name", path, f"it is of the plugin {manifest.name!r}, the file of {label.name.plugin!r}")
    if manifest.version != label.version:
        findings.add("version", path, f"it has the version {manifest.version!r}, the file {label.version!r}")
    if manifest.homepage and not is_link(manifest.homepage):
        findings.add("link", path, f"{manifest.homepage!r} is no http or https address")
    texts.check(path, manifest.model_dump(), findings)
    return manifest


def check_targets(path: str, manifest: Manifest, names: Collection[str], findings: Findings, *, native: bool) -> None:
    """Find code of a plugin in Python that is not in its wheel: the host would import it from elsewhere."""
    package = path.partition("/")[0]
    for what, module in _modules(manifest, package):
        if not _MODULE.fullmatch(module) or module.partition(".")[0] != package:
            findings.add("target", path, f"{what} leads to {module!r}, outside of {package}")
        elif not native and not {f"{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py")} & set(names):
            findings.add("target", path, f"{what} leads to {module!r}, which is not in the wheel")


def _modules(manifest: Manifest, package: str) -> Iterator[tuple[str, str]]:
    for kind, items in manifest.contributes:
        for item in items:
            yield f"{kind} {item.id}", item.target.partition(":")[0]
    if manifest.hooks or manifest.hooks_module:
        yield "hooks_module", manifest.hooks_module or f"{package}.hooks"

"""WHEEL, ``entry_points.txt`` and ``top_level.txt``: small files that installers and hosts act on."""

from __future__ import annotations

import re

from lumosai_marketplace.wheels.filename import Label
from lumosai_marketplace.wheels.findings import Findings

MAX_BYTES = 16 * 1024
GROUP = "lumosai.plugins"
_LINE = re.compile(r"(?P<key>[A-Za-z-]{1,40}): *(?P<value>[ -~]*)", re.ASCII)
_KEYS = frozenset({"wheel-version", "generator", "root-is-purelib", "tag"})
_SINGLE = frozenset({"wheel-version", "root-is-purelib"})
# What a configuration parser reads as something else, or a host that looks for the group's name as text: not this.
_POINTS = re.compile(
    rf"\s*\[{re.escape(GROUP)}\][ \t]*\r?\n\s*(?P<name>[a-z][a-z0-9-]*)[ \t]*=[ \t]*(?P<package>[A-Za-z0-9_.]+)\s*",
    re.ASCII,
)
_SECTION = re.compile(r"^[ \t]*\[([^\]\r\n]*)\]", re.MULTILINE)


def check_wheel(path: str, data: bytes, label: Label, findings: Findings, *, native: bool) -> None:
    """Hold WHEEL (at *path*) against the file's name."""
    try:
        said = _values(data)
    except ValueError as e:
        findings.add("wheel-file", path, str(e))
        return
    if said.get("wheel-version") != ["1.0"]:
        findings.add("wheel-file", path, f"Wheel-Version is {said.get('wheel-version')}, not 1.0")
    if said.get("root-is-purelib") != ["true"] and not native:
        findings.add("tag", path, "Root-Is-Purelib is not true: it is for one platform")
    if set(said.get("tag", ())) != label.tags:
        findings.add("tag", path, f"its tags are {said.get('tag', [])[:8]}, and not those of the file's name")


def _values(data: bytes) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for line in data.decode().replace("\r\n", "\n").rstrip("\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found is None or (key := found["key"].lower()) not in _KEYS:
            raise ValueError(f"not a line of a WHEEL file: {line[:60]!r}")
        out.setdefault(key, []).append(found["value"].rstrip().lower() if key in _SINGLE else found["value"].rstrip())
    return out


def check_entry_points(path: str, data: bytes, label: Label, findings: Findings) -> None:
    """Find all that ``entry_points.txt`` (at *path*) says beyond the plugin's own name and package."""
    text = data.decode("utf-8", "replace")
    others = sorted({s.strip() for s in _SECTION.findall(text)} - {GROUP})
    if others:
        findings.add("entry-points", path, f"it has the group {', '.join(others[:8])}")
    found = _POINTS.fullmatch(text)
    if found is None:
        if not others:
            findings.add("entry-points", path, f"it is not [{GROUP}] and a line NAME = PACKAGE")
        return
    if found["package"] != label.project:
        findings.add("entry-points", path, f"it leads to {found['package']}, not to {label.project}")
    if found["name"] != label.name.plugin:
        findings.add("name", path, f"it names the plugin {found['name']!r}, the file {label.name.plugin!r}")


def check_top_level(path: str, data: bytes, label: Label, findings: Findings) -> None:
    """Find packages that ``top_level.txt`` (at *path*) claims and the wheel has not."""
    if data.decode("utf-8", "replace").split() != [label.project]:
        findings.add("top-level", path, f"it claims other packages than {label.project}")

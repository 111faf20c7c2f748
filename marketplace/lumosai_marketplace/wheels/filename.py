"""A wheel's file name (binary distribution format, PEP 427 and PEP 625), in its normalised form only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lumosai_marketplace.names import Name
from lumosai_marketplace.wheels.findings import Findings
from lumosai_sdk.errors import InputError

PURE = "py3-none-any"
MAX_LENGTH = 200
MAX_VERSION = 64
_SHAPE = re.compile(
    r"(?P<project>[a-z0-9]+(?:_[a-z0-9]+)*)-(?P<version>[a-z0-9.!+_]+)-(?P<tag>[A-Za-z0-9_.]+-[A-Za-z0-9_.]+-[A-Za-z0-9_.]+)\.whl",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Label:
    """What a file name says. ``project`` is the name with underscores, which is also the package's."""

    project: str
    version: str
    tag: str
    name: Name

    @property
    def info(self) -> str:
        """The name of the ``.dist-info`` folder."""
        return f"{self.project}-{self.version}.dist-info"

    @property
    def tags(self) -> frozenset[str]:
        """All tags that the compressed one stands for (PEP 425)."""
        python, abi, platform = (part.split(".") for part in self.tag.split("-"))
        return frozenset(f"{p}-{a}-{f}" for p in python for a in abi for f in platform)

    def check_pure(self, findings: Findings) -> None:
        """Find a tag for some platforms, or some Pythons, only."""
        if self.tag != PURE:
            findings.add("tag", "", f"it is for {self.tag}, not {PURE}")


def parse(filename: str, findings: Findings, *, native: bool) -> Label:
    """Read a file name. Raises RefusedError where it names no plugin; what else is wrong becomes a finding."""
    found = _SHAPE.fullmatch(filename) if len(filename) <= MAX_LENGTH else None
    name = _name(found["project"]) if found else None
    if found is None or name is None:
        findings.add("filename", "", "it is not NAMESPACE_PLUGIN-VERSION-py3-none-any.whl, normalised")
        raise findings.refusal()
    label = Label(found["project"], found["version"], found["tag"], name)
    _check_version(label.version, findings)
    if not native:
        label.check_pure(findings)
    return label


def _name(project: str) -> Name | None:
    try:
        name = Name.parse(project)
    except InputError:
        return None
    return name if name.wire.replace("-", "_") == project else None


def _check_version(text: str, findings: Findings) -> None:
    from packaging.version import InvalidVersion, Version

    try:
        version = Version(text) if len(text) <= MAX_VERSION else None
    except InvalidVersion:
        version = None
    if version is None:
        findings.add("filename", "", f"{text!r} is no version (PEP 440)")
    elif str(version) != text:
        findings.add("version", "", f"the version {text!r} is written {str(version)!r}")
    elif version.local:
        findings.add("version", "", f"{text!r} is a version of somebody's own: what stands behind + is not published")

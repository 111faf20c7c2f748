"""METADATA, the core metadata of a distribution (PEP 566, 643, 639, 794): read strictly, and made JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from lumosai_marketplace.wheels import texts
from lumosai_marketplace.wheels.filename import Label
from lumosai_marketplace.wheels.findings import Findings

MAX_BYTES = 1024 * 1024
MAX_HEADERS = 128 * 1024
MAX_LINES = 4000
MAX_REQUIREMENTS = 200
MAX_REQUIREMENT = 1000
MAX_EXPRESSION = 500
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}:[^\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]*", re.ASCII)
_CONTINUED = re.compile(r"[ \t][^\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]*")
_BLANK = re.compile(rb"\r?\n\r?\n")
_FORBIDDEN = ("requires", "provides", "obsoletes", "provides_dist", "obsoletes_dist", "requires_external")
_NEWEST: Literal["2.5"] = "2.5"
_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6")
_LINKS = ("home_page", "download_url")


@dataclass(frozen=True, slots=True)
class Core:
    """Core metadata. ``fields`` is all but the description, which is ``readme``, of the media type ``readme_type``."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    readme: str = ""
    readme_type: str = "text/plain"

    @property
    def requires_python(self) -> str:
        """The versions of Python it is for; empty: any."""
        return str(self.fields.get("requires_python", ""))


def read(path: str, data: bytes, label: Label, findings: Findings) -> Core:
    """Read METADATA (at *path*), and hold it against the file's name; empty where it cannot be read."""
    headers, body = _divided(data)
    try:
        text = _headers(headers)
        readme = body.decode()
    except ValueError as e:
        findings.add("metadata", path, str(e))
        return Core()
    fields = _parsed(path, text, findings)
    said = fields.pop("description", "")
    if said and readme.strip():
        findings.add("metadata", path, "it has two descriptions")
    _check_identity(path, fields, label, findings)
    _check_links(path, _links(fields), findings)
    texts.check(path, [fields, readme, said], findings)
    kind = str(fields.get("description_content_type", "text/plain")).partition(";")[0].strip().lower()
    return Core(fields, readme or said, kind)


def _divided(data: bytes) -> tuple[bytes, bytes]:
    """Return the headers, and what stands behind the first empty line: readers of mail take that for anything."""
    blank = _BLANK.search(data)
    return (data, b"") if blank is None else (data[: blank.start()], data[blank.end() :])


def _headers(data: bytes) -> str:
    """Return the headers as text. Raises ValueError for what readers would differ about."""
    if len(data) > MAX_HEADERS:
        raise ValueError(f"its headers have more than {MAX_HEADERS} bytes")
    lines = data.decode().replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > MAX_LINES:
        raise ValueError(f"its headers have more than {MAX_LINES} lines")
    for number, line in enumerate(lines, 1):
        if not (_HEADER.fullmatch(line) or (number > 1 and _CONTINUED.fullmatch(line))):
            raise ValueError(f"line {number} is no header: {line[:60]!r}")
    return "\n".join(lines) + "\n\n"


def _parsed(path: str, text: str, findings: Findings) -> dict[str, Any]:
    from packaging.metadata import Metadata, parse_email

    fields: dict[str, Any] = {}
    try:
        raw, unparsed = parse_email(text)
        fields.update(sorted(raw.items()))
        if unparsed:
            findings.add("metadata", path, f"unknown, or there twice, or no text: {', '.join(sorted(unparsed)[:8])}")
        if why := _too_much(fields):
            findings.add("metadata", path, why)
        else:
            # Builders used fields before the version that has them; their meaning is the same.
            _check_version(path, raw.pop("metadata_version", ""), findings)
            Metadata.from_raw({**raw, "metadata_version": _NEWEST}, validate=True)
    except ExceptionGroup as e:
        findings.add("metadata", path, "; ".join(sorted(str(inner) for inner in e.exceptions)[:8]))
    except Exception as e:  # noqa: BLE001 - readers of mail fail in many ways over what a stranger wrote
        findings.add("metadata", path, f"it cannot be read: {type(e).__name__}")
    return fields


def _check_version(path: str, version: str, findings: Findings) -> None:
    if version not in _VERSIONS:
        findings.add("metadata", path, f"it is of the metadata version {version!r}; known: {', '.join(_VERSIONS)}")


def _too_much(raw: Mapping[str, Any]) -> str:
    """Return what would take too long to check, if anything."""
    requirements = raw.get("requires_dist", ())
    if len(requirements) > MAX_REQUIREMENTS or any(len(r) > MAX_REQUIREMENT for r in requirements):
        return f"it has more than {MAX_REQUIREMENTS} requirements, or one of more than {MAX_REQUIREMENT} characters"
    for key in ("license_expression", "requires_python", "description_content_type", "name", "version"):
        if len(str(raw.get(key, ""))) > MAX_EXPRESSION:
            return f"its {key} has more than {MAX_EXPRESSION} characters"
    return ""


def _check_identity(path: str, fields: Mapping[str, Any], label: Label, findings: Findings) -> None:
    from packaging.utils import canonicalize_name

    if canonicalize_name(str(fields.get("name", ""))) != label.name.wire:
        findings.add("name", path, f"it names {fields.get('name')!r}, the file {label.name.wire!r}")
    if fields.get("version") != label.version:
        findings.add("version", path, f"it has the version {fields.get('version')!r}, the file {label.version!r}")
    if found := [f for f in _FORBIDDEN if fields.get(f)]:
        findings.add("metadata", path, f"{', '.join(found)}: a plugin does not speak for other distributions")
    imported = [n.partition(";")[0].strip() for n in fields.get("import_names", ())]
    if fields.get("import_namespaces") or any(n.partition(".")[0] != label.project for n in imported):
        findings.add("metadata", path, f"it claims other import names than {label.project}")


def _links(fields: Mapping[str, Any]) -> Iterable[str]:
    yield from (str(fields[k]) for k in _LINKS if fields.get(k))
    yield from fields.get("project_urls", {}).values()


def _check_links(path: str, links: Iterable[str], findings: Findings) -> None:
    for link in links:
        if not is_link(link):
            findings.add("link", path, f"{link!r} is no http or https address")


def is_link(text: str) -> bool:
    """Tell whether *text* can be shown as a link: ``javascript:`` and the like cannot."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text == "UNKNOWN" or (parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable())


def check_requirements(path: str, core: Core, findings: Findings, *, sandboxed: bool) -> None:
    """Find requirements that are none of versions of named distributions; a sandboxed plugin has none at all."""
    from packaging.requirements import InvalidRequirement, Requirement

    requirements = list(core.fields.get("requires_dist", ()))[: MAX_REQUIREMENTS + 1]
    for text in requirements:
        try:
            url = Requirement(text[:MAX_REQUIREMENT]).url
        except (InvalidRequirement, RecursionError):
            findings.add("requirement", path, f"{text[:80]!r} is no requirement")
            continue
        if url is not None:
            findings.add("url-dependency", path, f"it requires {text[:80]!r}")
    if sandboxed and requirements:
        findings.add("requirement", path, f"a sandboxed plugin requires nothing, it requires {requirements[0][:80]!r}")

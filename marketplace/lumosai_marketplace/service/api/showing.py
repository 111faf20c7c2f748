"""From what is known of plugins to answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.client.advisories import affects, severity
from lumosai_marketplace.service.api.models import (
    AdvisoryShort,
    ChangeModel,
    ContributionModel,
    HitModel,
    NoticeModel,
    PluginModel,
    ProvenanceModel,
    PublisherModel,
    RightModel,
    SignerModel,
    SourceModel,
    VersionModel,
    VersionShort,
    WasmModel,
    at,
)
from lumosai_marketplace.service.plugins import Plugin, Texts, Version, contributions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumosai_marketplace.service.search.query import Hit
    from lumosai_marketplace.service.state import Service


@dataclass(frozen=True, slots=True)
class Here:
    """The service as links need it: its URL, and whether the log is its own."""

    url: str
    has_log: bool

    @classmethod
    def of(cls, service: Service) -> Here:
        """Return the place of a service."""
        return cls(service.settings.url, service.log is not None)


_KNOWN = frozenset({"id", "description", "target", "input_schema", "output_schema"})


def hit(found: Hit) -> HitModel:
    """Return a hit of the search."""
    publisher = PublisherModel(
        namespace=found.name.namespace,
        proof=found.proof,
        repository=found.signer.get("repository", ""),
        subject=found.signer.get("subject", ""),
    )
    return HitModel(
        name=found.name.screen,
        wire=found.name.wire,
        version=found.version,
        summary=found.summary,
        kinds=list(found.kinds),
        permissions=list(found.permissions),
        runtime=found.runtime,
        risk=found.risk,
        verified=found.verified,
        publisher=publisher,
        downloads=found.downloads,
        created=at(found.created),
        updated=at(found.updated),
    )


def plugin(found: Plugin, texts: Texts | None, here: Here) -> PluginModel:
    """Return a plugin; *texts* are those of its latest version."""
    latest = found.latest
    shown = None if latest is None or texts is None else version(found, latest, texts, here)
    signer = latest.signer if latest else None
    return PluginModel(
        name=found.name.screen,
        wire=found.name.wire,
        status=found.project.status,
        reason=found.project.status_reason,
        verified=found.verified,
        publisher=PublisherModel(
            namespace=found.name.namespace,
            proof=found.namespace.proof,
            repository=signer.repository if signer else "",
            subject=signer.subject if signer else "",
        ),
        downloads=found.project.downloads,
        created=at(found.project.created),
        versions=len(found.versions),
        version=latest.version if latest else "",
        summary=shown.summary if shown else "",
        latest=shown,
        advisories=[advisory(a) for a in found.advisories],
        install=f"lumos plugin install {found.name.screen} --index {here.url}/",
    )


def short(found: Plugin, one: Version) -> VersionShort:
    """Return a version in a list of them."""
    return VersionShort(
        version=one.version,
        state=one.state,
        reason=one.reason,
        uploaded=at(one.uploaded),
        size=one.size,
        requires_python=one.requires_python,
        runtime=one.runtime,
        risk=one.risk,
        signer=SignerModel.model_validate(one.signer),
        signer_changed=found.signer_changed(one),
        changes=changes(one, found.before(one)),
        log_index=one.log_index,
    )


def version(found: Plugin, one: Version, texts: Texts, here: Here) -> VersionModel:
    """Return all about a version."""
    manifest, names = texts.manifest, (found.name.screen, found.name.wire)
    return VersionModel(
        **dict(short(found, one)),
        summary=texts.summary or str(manifest.get("description", "")),
        homepage=homepage(manifest),
        api=str(one.facts.get("api", "")),
        filename=one.filename,
        sha256=one.sha256,
        url=f"{here.url}/files/{one.sha256}/{one.filename}",
        permissions=dict(one.facts.get("permissions") or {}),
        rights=[RightModel.model_validate(r) for r in one.rights],
        provenance=provenance(found, one, here),
        contributions=[contribution(kind, item) for kind, item in contributions(manifest)],
        settings_schema=manifest.get("settings_schema"),
        limits=dict(manifest.get("limits") or {}),
        notices=[NoticeModel.model_validate(n) for n in texts.notices],
        advisories=[a["id"] for a in found.advisories if affects(a, names, one.version)],
    )


def homepage(manifest: Mapping[str, Any]) -> str:
    """Return where a plugin says it is at home; empty for what is no https:// address."""
    told = str(manifest.get("homepage", ""))
    return told if told.startswith("https://") and told.isascii() and not set(told) & set(' "<>\\^`{|}') else ""


def changes(one: Version, before: Version | None) -> list[ChangeModel]:
    """Return what a version asks for otherwise than another."""
    return [ChangeModel.model_validate(c.to_json()) for c in one.changes(before)]


def provenance(found: Plugin, one: Version, here: Here) -> ProvenanceModel:
    """Return where a version comes from."""
    source, wasm = one.facts.get("source"), one.facts.get("wasm")
    return ProvenanceModel(
        signer=SignerModel.model_validate(one.signer),
        signed=at(one.signed),
        log_index=one.log_index,
        log_url=f"{here.url}/log/entries/{one.log_index}" if here.has_log else "",
        provenance_url=f"{here.url}/integrity/{found.name.wire}/{one.version}/{one.filename}/provenance",
        source=SourceModel(**source) if source else None,
        wasm=WasmModel(**wasm) if wasm else None,
    )


def contribution(kind: str, item: Mapping[str, Any]) -> ContributionModel:
    """Return a contribution; where its code is, is the plugin's own affair."""
    return ContributionModel(
        kind=kind,
        id=item["id"],
        description=item.get("description", ""),
        input_schema=item.get("input_schema"),
        output_schema=item.get("output_schema"),
        details={k: v for k, v in item.items() if k not in _KNOWN},
    )


def advisory(document: Mapping[str, Any]) -> AdvisoryShort:
    """Return an advisory in a list."""
    return AdvisoryShort(
        id=document["id"],
        summary=document.get("summary", ""),
        severity=severity(document),
        withdrawn=bool(document.get("withdrawn")),
        modified=document["modified"],
    )

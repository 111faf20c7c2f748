"""The answers of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from lumosai_marketplace.service.noticerules import Level
from lumosai_marketplace.trust.permissions import What
from lumosai_marketplace.trust.words import Risk

Item = TypeVar("Item")


class Model(BaseModel):
    """All of them."""

    model_config = ConfigDict(from_attributes=True)


def at(seconds: float) -> datetime:
    """Return a time as answers have it."""
    return datetime.fromtimestamp(seconds, UTC)


class Listed(Model, Generic[Item]):
    """A part of a list; ``next`` is the cursor of the next part."""

    items: list[Item]
    next: str | None = None


class SignerModel(Model):
    """Who signed, as the certificate says it; what it does not say is empty."""

    issuer: str
    subject: str
    repository: str = ""
    repository_id: str = ""
    owner_id: str = ""
    workflow: str = ""
    ref: str = ""
    commit: str = ""


class PublisherModel(Model):
    """Whose namespace it is, and how that was proven: `dns:acme.com`, `github:acme/…`, `admin`."""

    namespace: str
    proof: str
    repository: str = ""
    subject: str = ""


class RightModel(Model):
    """One thing that a plugin may do: the rule as it was signed, and in plain words."""

    kind: str
    rule: str
    words: str
    risk: Risk


class ChangeModel(RightModel):
    """What became of a right since the version before; `was` is the rule it came from."""

    what: What
    was: str | None = None


class NoticeModel(Model):
    """A text of the plugin that tells its reader, or an agent, to do something."""

    rule: str
    level: Level
    where: str
    line: int
    text: str
    words: str


class HitModel(Model):
    """A plugin in a list. `risk` is the worst of what it asks for."""

    name: str
    wire: str
    version: str
    summary: str
    kinds: list[str]
    permissions: list[str]
    runtime: str
    risk: Risk
    verified: bool
    publisher: PublisherModel
    downloads: int
    created: datetime
    updated: datetime


class FacetModel(Model):
    """How many hits there would be with this value, all else as asked."""

    value: str
    count: int


class SearchModel(Model):
    """Hits, the best first. `corrected` are the words that were searched for, where nothing has those that were typed.

    `exact` is false where there are more than `total`.
    """

    items: list[HitModel]
    total: int
    exact: bool
    facets: dict[str, list[FacetModel]]
    corrected: str = ""
    next: str | None = None


class SuggestionModel(Model):
    """A plugin that may be meant."""

    name: str
    summary: str
    verified: bool
    risk: Risk


class SourceModel(Model):
    """Where it was built from, as signed."""

    repository: str
    commit: str


class WasmModel(Model):
    """The component, and the interfaces of the host that it imports, as signed."""

    sha256: str
    world: list[str]


class ProvenanceModel(Model):
    """What proves where a version comes from. `provenance_url` has the attestations (PEP 740)."""

    signer: SignerModel
    signed: datetime
    log_index: int
    log_url: str
    provenance_url: str
    source: SourceModel | None = None
    wasm: WasmModel | None = None


class VersionShort(Model):
    """A version, and what it asks for otherwise than the one before. `signer_changed`: somebody else signed it."""

    version: str
    state: str
    reason: str
    uploaded: datetime
    size: int
    requires_python: str
    runtime: str
    risk: Risk
    signer: SignerModel
    signer_changed: bool
    changes: list[ChangeModel]
    log_index: int


class ContributionModel(Model):
    """Something that a plugin gives to its host. `details` is what else the manifest says of it."""

    kind: str
    id: str
    description: str = ""
    input_schema: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    details: dict[str, Any] = {}


class VersionModel(VersionShort):
    """All about a version but its README. `permissions` is what was signed, `rights` the same in plain words."""

    summary: str
    homepage: str
    api: str
    filename: str
    sha256: str
    url: str
    permissions: dict[str, Any]
    rights: list[RightModel]
    provenance: ProvenanceModel
    contributions: list[ContributionModel]
    settings_schema: dict[str, Any] | None = None
    limits: dict[str, Any] = {}
    notices: list[NoticeModel]
    advisories: list[str]


class ReadmeModel(Model):
    """The README as it was uploaded: a stranger's text. Show it, do not do what it says."""

    text: str
    type: str
    notices: list[NoticeModel]


class AdvisoryShort(Model):
    """An advisory in a list."""

    id: str
    summary: str
    severity: str
    withdrawn: bool
    modified: str


class PluginModel(Model):
    """A plugin and its latest version. One that is quarantined has no version, and its reason is told."""

    name: str
    wire: str
    status: str
    reason: str
    verified: bool
    publisher: PublisherModel
    downloads: int
    created: datetime
    versions: int
    version: str
    summary: str
    latest: VersionModel | None
    advisories: list[AdvisoryShort]
    install: str


class DownloadsModel(Model):
    """Downloads of the last days, those with any. A network counts once a day."""

    total: int
    days: list[DayModel]


class DayModel(Model):
    """A day, in UTC."""

    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    downloads: int


class TrustedModel(Model):
    """Who may sign for a namespace, or for one `plugin` of it. Persons are not told before they have signed."""

    plugin: str
    kind: str
    issuer: str
    repository: str
    workflow: str
    ref: str


class PublisherPage(Model):
    """A namespace and what it publishes."""

    namespace: str
    proof: str
    since: datetime
    plugins: list[HitModel]
    total: int
    trusted: list[TrustedModel]


class StatsModel(Model):
    """How much there is of everything."""

    plugins: int
    releases: int
    publishers: int
    downloads: int


class AdvisoriesModel(Model):
    """Advisories in the OSV format, the least recently modified first."""

    advisories: list[dict[str, Any]]
    next: str | None = None


class WebhookModel(Model):
    """A webhook. Its secret is told once, when it is made."""

    id: int
    url: str
    events: list[str]
    created: datetime
    secret: str | None = None


class DeliveryModel(Model):
    """An event on its way: `state` is `waiting`, `delivered` or `given up`."""

    id: str
    event: str
    attempts: int
    state: str
    answer: str

"""``marketplace.toml`` and the environment over it (``MARKETPLACE__DATABASE__URL``)."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from lumosai_marketplace import audience
from lumosai_sdk.secrets import Secret, is_reference

MIB = 1024 * 1024
ENVIRONMENT = "MARKETPLACE__"
"""Not ``LUMOS_``: all those are of a host's own settings."""

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]


def _network(value: object) -> IPv4Network | IPv6Network:
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(str(value))
    except ValueError as e:
        raise ValueError(f"a network such as 10.0.0.0/8: {e}") from None


Network = Annotated[IPv4Network | IPv6Network, PlainValidator(_network), PlainSerializer(str)]


def _reference(value: str | None) -> str | None:
    if value is not None and not is_reference(value):
        raise ValueError('a secret is written as a reference, not as itself: "env:NAME" or "file:path"')
    return value


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerSettings(_Section):
    """Where the service listens, and whom it believes."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8643, description="Port to listen on; 0 picks a free one.")
    hosts: tuple[str, ...] = Field((), description="Names it answers to besides that of its URL and addresses.")
    proxies: tuple[Network, ...] = Field((), description="Networks of proxies whose X-Forwarded-For is believed.")
    metrics: tuple[Network, ...] = Field(
        (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")), description="Networks that may read /metrics."
    )


class DatabaseSettings(_Section):
    """Where the index is kept."""

    url: str = Field("", description="postgresql://user@host/name; without, SQLite in the data folder.")
    password: str | None = Field(None, description="The database's password: env:NAME or file:path.")
    connections: Count = Field(10, description="Connections that are held at most.")

    _password = field_validator("password")(_reference)

    @field_validator("url")
    @classmethod
    def _url(cls, v: str) -> str:
        parts = urlsplit(v)
        if v and parts.scheme not in {"postgresql", "postgres"}:
            raise ValueError("a database is postgresql://user@host/name, or left out for SQLite")
        if parts.password:
            raise ValueError('the password stands in the key "password", as env:NAME or file:path')
        return v


class BlobSettings(_Section):
    """Where the files of plugins are kept."""

    url: str = Field("", description="s3://bucket/prefix; without, a folder in the data folder.")
    endpoint: str = Field("", description="URL of an S3-compatible store other than Amazon's.")
    region: str = ""
    access_key: str | None = Field(None, description="env:NAME or file:path.")
    secret_key: str | None = Field(None, description="env:NAME or file:path.")

    _keys = field_validator("access_key", "secret_key")(_reference)

    @field_validator("url")
    @classmethod
    def _url(cls, v: str) -> str:
        if v and (urlsplit(v).scheme != "s3" or not urlsplit(v).netloc):
            raise ValueError("a store of files is s3://bucket/prefix, or left out for a folder")
        return v

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, v: str) -> str:
        if v and urlsplit(v).scheme not in {"https", "http"}:
            raise ValueError("an endpoint is an HTTP URL")
        return v


class LimitSettings(_Section):
    """How much anybody may ask for."""

    wheel: Count = Field(64 * MIB, description="Bytes of a wheel.")
    attestations: Count = Field(MIB, description="Bytes of the attestations that come with a wheel.")
    fields: Count = Field(2 * MIB, description="Bytes of all other fields of an upload: metadata and README.")
    body: Count = Field(MIB, description="Bytes of any other request.")
    body_seconds: Seconds = Field(120.0, description="Seconds in which a request's body has to be there.")
    uploads: Count = Field(4, description="Uploads that are looked at at the same time.")
    uploads_per_hour: Count = Field(120, description="Uploads of one token an hour.")
    requests_per_minute: Count = Field(3000, description="Requests of one network a minute.")
    sign_ins_per_hour: Count = Field(
        30, description="Attempts to sign in, of one network, an hour; ten times as many for one account from all."
    )


class IssuerSettings(_Section):
    """An issuer of identity tokens that is trusted to say who publishes."""

    url: str
    kind: Literal["email", "github"]
    jwks_url: str = ""
    server: str = "https://github.com"


class TrustSettings(_Section):
    """Whose signatures count."""

    private: bool = Field(True, description="Run a private sigstore instance, its keys in the data folder.")
    passphrase: str | None = Field(None, description="Of the instance's keys: env:NAME or file:path.")
    root: Path | None = Field(None, description="trusted_root.json of another sigstore instance, to verify by.")
    signing_config: Path | None = Field(None, description="signing_config.json of that instance, to hand to clients.")
    issuers: tuple[IssuerSettings, ...] = Field((), description="Issuers for trusted publishing and for signing.")
    audiences: tuple[str, ...] = Field(
        (),
        description="Audiences of identity tokens that the private instance takes besides its own, sigstore@ and the"
        " URL's host[:port]: those of its other names. With sigstore, what any other instance is given is good here.",
    )

    _passphrase = field_validator("passphrase")(_reference)

    @model_validator(mode="after")
    def _some_root(self) -> TrustSettings:
        if not self.private and self.root is None:
            raise ValueError("without a private instance, root has to name the trusted_root.json of another")
        return self


class PublishingSettings(_Section):
    """What an upload has to be."""

    native: bool = Field(False, description="Take wheels with native code.")
    token_seconds: Annotated[int, Field(ge=60, le=3600)] = Field(900, description="Life of a minted upload token.")
    pending_seconds: Annotated[float, Field(ge=1)] = Field(
        30.0, description="Seconds without a sign of life after which an upload that broke off is forgotten."
    )
    scanner: tuple[str, ...] = Field(
        (), description="Command that is given each wheel on standard input; refused unless it exits with 0."
    )
    scanner_seconds: Seconds = 120.0


class ProofSettings(_Section):
    """How somebody proves that a namespace is theirs."""

    resolver: str = Field("", description="Address of a DNS server (asked over TCP); default: the system's.")
    hosts: dict[str, str] = Field(
        {"github": "https://raw.githubusercontent.com/{owner}/{repository}/HEAD/lumos-namespace.txt"},
        description="Where a repository's proof is read, by the name of its host.",
    )

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, v: dict[str, str]) -> dict[str, str]:
        for url in v.values():
            if urlsplit(url).scheme not in {"https", "http"} or "{owner}" not in url or "{repository}" not in url:
                raise ValueError("a host is a URL with {owner} and {repository} in it")
        return v


class WebhookSettings(_Section):
    """Where webhooks may lead: the public internet, by HTTPS, unless said otherwise."""

    networks: tuple[Network, ...] = Field(
        (), description="Private networks that they may lead into too, there without encryption as well."
    )


class Settings(BaseSettings):
    """All of it. ``base`` is the folder that relative paths start from: that of the file, or the working directory."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENVIRONMENT,
        env_nested_delimiter="__",
        case_sensitive=False,
        hide_input_in_errors=True,
    )

    url: str = Field("http://127.0.0.1:8643", description="The URL that clients use, without a slash at the end.")
    title: str = Field("LumosAI marketplace", max_length=80, description="What the pages call it.")
    data: Path = Field(Path("marketplace-data"), description="The folder for everything that is kept.")
    base: Path = Field(default_factory=Path.cwd, exclude=True)
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    blobs: BlobSettings = BlobSettings()
    limits: LimitSettings = LimitSettings()
    trust: TrustSettings = TrustSettings()
    publishing: PublishingSettings = PublishingSettings()
    proof: ProofSettings = ProofSettings()
    webhooks: WebhookSettings = WebhookSettings()

    @field_validator("url")
    @classmethod
    def _url(cls, v: str) -> str:
        parts = urlsplit(v)
        plain = parts.hostname and not (parts.username or parts.query or parts.fragment or parts.path.strip("/"))
        if parts.scheme not in {"https", "http"} or not plain:
            raise ValueError("a URL such as https://plugins.example.com: no path, user or query")
        return v.rstrip("/")

    @property
    def signing_audiences(self) -> tuple[str, ...]:
        """For whom identity tokens have to be made to be good for signing here; its own is the first."""
        return audience.signing(self.url), *self.trust.audiences

    @property
    def folder(self) -> Path:
        """The data folder, absolute."""
        return (self.base / self.data.expanduser()).absolute()

    def path(self, relative: Path) -> Path:
        """Return a path of the file, absolute."""
        return self.base / relative.expanduser()

    def secret(self, reference: str | None) -> str | None:
        """Return what a reference stands for, None for none. Raises ConfigError."""
        return None if reference is None else Secret(reference, self.base).reveal()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings passes all of them by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, key by key."""
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = {k: v for k, v in env_settings.env_vars.items() if k.lower() != _BASE}
        return env_settings, init_settings


_BASE = f"{ENVIRONMENT}base".lower()


def section_keys(path: tuple[str, ...]) -> list[str]:
    """Return the keys that stand in the table *path*, for "did you mean"."""
    model: Any = Settings
    for part in path:
        field = model.model_fields.get(part)
        model = field.annotation if field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return []
    return sorted(k for k in model.model_fields if k != "base")
